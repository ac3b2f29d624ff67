//! Conditions: what another value must be for a layout to count.

use crate::decode::Decoder;
use crate::encode::{Path, Scope};
use crate::mask;
use crate::message::Node;
use crate::spec::{Condition, Definition, NONE, Source, Spec};

impl Condition {
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| fits(pattern, text))
    }

    /// Whether it holds whenever another one does.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let taken = |text: &str| {
            let stem = text.strip_suffix('*');
            let open = |pattern: &str| stem.is_none() || pattern.ends_with('*');
            let mut patterns = self.patterns.iter();
            patterns.any(|it| open(it) && fits(it, stem.unwrap_or(text)))
        };
        self.source == other.source && other.patterns.iter().all(|text| taken(text))
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

    /// What is written: the definition itself, or its first alternative that counts.
    pub(crate) fn chosen<'a>(
        &'a self,
        (id, definition): (u16, &'a Definition),
        path: &Path<'_>,
    ) -> (u16, &'a Definition) {
        if definition.choices.is_empty() {
            return (id, definition);
        }
        let mut choices = definition.choices.iter();
        let counts = |when: &Condition| self.holds(when, path);
        let choice = choices.find(|choice| choice.when.as_deref().is_none_or(counts));
        let chosen = choice.and_then(|it| Some((it.definition, self.definition(it.definition)?)));
        chosen.unwrap_or((id, definition))
    }
}

impl<'a> Decoder<'a> {
    /// The first alternative of a field that counts; None where it has none.
    pub(crate) fn chosen(&self, definition: &Definition) -> Option<(u16, &'a Definition)> {
        let mut choices = definition.choices.iter();
        let counts = |when: &Condition| self.holds(when, 1);
        let choice = choices.find(|choice| choice.when.as_deref().is_none_or(counts))?;
        Some((choice.definition, self.spec.definition(choice.definition)?))
    }
}

impl Decoder<'_> {
    /// Whether a condition holds for a field in the composite that is `above` levels further out
    /// than the innermost open one, counted from 1.
    pub(crate) fn holds(&self, when: &Condition, above: usize) -> bool {
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
                let beside = self.parents.len().checked_sub(above);
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
            if self.spec.stands_for(id, node.definition) {
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
