//! Conditions: what another value must be for a layout to count.

use crate::decode::Decoder;
use crate::encode::{Path, Scope};
use crate::mask;
use crate::message::Node;
use crate::spec::{Condition, NONE, Source, Spec};

impl Condition {
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| fits(pattern, text))
    }
}

/// `?` stands for any one character, `*` at the end for any more.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, open) = match pattern.strip_suffix('*') {
        Some(start) => (start, true),
        None => (pattern, false),
    };
    let mut characters = text.chars();
    let starts = pattern.chars().all(|wanted| {
        characters
            .next()
            .is_some_and(|found| wanted == '?' || wanted == found)
    });
    starts && (open || characters.next().is_none())
}

impl Spec {
    /// Whether a condition holds for what is being written.
    pub(crate) fn holds(&self, when: &Condition, path: &Path<'_>) -> bool {
        let text = match &when.source {
            Source::MessageType => path.scope.map(Scope::message_type),
            Source::Element(number, keys) => {
                path.scope.and_then(|scope| scope.text(self, *number, keys))
            }
            Source::Sibling(keys) => path.sibling(keys),
        };
        text.is_some_and(|text| when.matches(&text))
    }
}

impl Decoder<'_> {
    pub(crate) fn holds(&self, when: &Condition) -> bool {
        let text = match &when.source {
            Source::MessageType => Some(match self.scope {
                Some(scope) => scope.message_type(),
                None => self.mti.iter().map(|digit| char::from(*digit)).collect(),
            }),
            Source::Element(number, keys) => match self.scope {
                Some(scope) => scope.text(self.spec, *number, keys),
                None => self.element_text(*number, keys),
            },
            Source::Sibling(keys) => {
                let beside = self.parents.len().checked_sub(2);
                let parent = beside.and_then(|beside| self.parents.get(beside));
                match (parent, self.scope) {
                    (Some(parent), _) => self.text_inside(*parent, keys),
                    (None, Some(scope)) => scope.sibling(keys),
                    (None, None) => None,
                }
            }
        };
        text.is_some_and(|text| when.matches(&text))
    }

    /// The text of a data element that was read before, or of something in it.
    pub(crate) fn element_text(&self, number: usize, keys: &[Box<str>]) -> Option<String> {
        let id = self.spec.elements.get(number).copied();
        let id = id.filter(|id| *id != NONE)?;
        let mut index = 0;
        loop {
            let node = self.nodes.get(index)?;
            if node.definition == id {
                return self.text_inside(index, keys);
            }
            index = following(node, index)?;
        }
    }

    /// The text of the node, or of what is inside it under `keys`.
    fn text_inside(&self, index: usize, keys: &[Box<str>]) -> Option<String> {
        let Some((key, rest)) = keys.split_first() else {
            return self.text_of(index);
        };
        let mut child = index.checked_add(1)?;
        // the parent of what is being read is not closed yet: its children are all that follows
        let end = match self.nodes.get(index)?.next as usize {
            0 => self.nodes.len(),
            next => next,
        };
        loop {
            let node = self.nodes.get(child).filter(|_| child < end)?;
            let known = self.spec.definition(node.definition);
            if known.is_some_and(|it| it.key.eq_ignore_ascii_case(key)) {
                return self.text_inside(child, rest);
            }
            child = following(node, child)?;
        }
    }

    fn text_of(&self, index: usize) -> Option<String> {
        let node = self.nodes.get(index)?;
        let definition = self.spec.definition(node.definition)?;
        let (start, stop) = (node.start as usize, node.stop as usize);
        let (from, to) = (start >> 1, stop.div_ceil(2));
        let octets = match from.checked_sub(self.body.len()) {
            Some(behind) => {
                let to = to.saturating_sub(self.body.len());
                self.scratch.as_deref()?.get(behind..to)?
            }
            None => self.body.get(from..to)?,
        };
        let shift = from.saturating_mul(2);
        let (start, stop) = (start.saturating_sub(shift), stop.saturating_sub(shift));
        let mut text = String::with_capacity(octets.len().saturating_mul(2));
        mask::emit_text(Some(definition), octets, (start, stop), |it| text.push(it));
        Some(text)
    }
}

/// The next node beside one; None behind the one that is being read.
fn following(node: &Node, index: usize) -> Option<usize> {
    let next = node.next as usize;
    (next > index).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_are_texts_with_open_places() {
        assert!(fits("0100", "0100") && !fits("0100", "0101") && !fits("0100", "01000"));
        assert!(fits("01*", "0100") && fits("01*", "01") && !fits("01*", "0200"));
        assert!(fits("?1?0", "0110") && !fits("?1?0", "0200") && !fits("??", "1"));
        assert!(fits("*", ""));
    }
}
