//! From a path such as "55.9F26" to its node.

use crate::encoding::nibble;
use crate::message::{Kind, Message};
use crate::spec::Definition;

/// Where a path leads: a node, or the id of a data set.
pub(crate) struct Found {
    pub(crate) index: usize,
    pub(crate) dataset_id: bool,
}

/// What a key is called that is no number of a data element.
pub(crate) fn no_element(key: &str) -> &'static str {
    if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit()) {
        "another number"
    } else {
        "another key"
    }
}

/// The number of a data element in its only form: "4", and not "04".
pub fn element_number(key: &str) -> Option<u16> {
    let digits = key.as_bytes();
    if digits.len() > 3 || digits.first().is_none_or(|first| *first == b'0') {
        return None;
    }
    digits.iter().try_fold(0_u16, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(u16::from(digit))
    })
}

impl Message {
    pub(crate) fn resolve(&self, path: &str) -> Option<Found> {
        let (first, rest) = match path.split_once('.') {
            None => (path, None),
            Some((first, rest)) => (first, Some(rest)),
        };
        let element = element_number(first).and_then(|field| self.element(field))?;
        match rest {
            None => Some(Found {
                index: element,
                dataset_id: false,
            }),
            Some(rest) => self.inside(element, rest),
        }
    }

    fn inside(&self, parent: usize, path: &str) -> Option<Found> {
        let (first, rest) = match path.split_once('.') {
            None => (path, None),
            Some((first, rest)) => (first, Some(rest)),
        };
        let is_dataset = |index: &usize| {
            self.node(*index)
                .is_some_and(|node| node.kind == Kind::Dataset)
        };
        if rest.is_none() && first.eq_ignore_ascii_case("_dataset") {
            let holder = if is_dataset(&parent) {
                Some(parent)
            } else {
                self.children(parent).find(is_dataset)
            };
            return holder.map(|index| Found {
                index,
                dataset_id: true,
            });
        }
        // a tag is found in any data set; only then may the key name the data set itself
        let within = self
            .children(parent)
            .filter(is_dataset)
            .find_map(|dataset| self.inside(dataset, path));
        if within.is_some() {
            return within;
        }
        self.children(parent)
            .filter(|index| self.is_called(*index, first))
            .find_map(|index| match rest {
                None => Some(Found {
                    index,
                    dataset_id: false,
                }),
                Some(rest) => self.inside(index, rest),
            })
    }

    /// Every place that a path leads to, in the order of the bytes: a tag may come more than once,
    /// and in more than one data set.
    pub(crate) fn resolve_all(&self, path: &str) -> Vec<usize> {
        let mut found = Vec::new();
        let Some((first, rest)) = path.split_once('.') else {
            found.extend(self.resolve(path).map(|it| it.index));
            return found;
        };
        if let Some(element) = self.resolve(first) {
            self.collect(element.index, rest, &mut found);
        }
        found
    }

    fn collect(&self, parent: usize, path: &str, found: &mut Vec<usize>) {
        let (first, rest) = match path.split_once('.') {
            None => (path, None),
            Some((first, rest)) => (first, Some(rest)),
        };
        let is_dataset = |index: &usize| {
            let node = self.node(*index);
            node.is_some_and(|node| node.kind == Kind::Dataset)
        };
        let before = found.len();
        for dataset in self.children(parent).filter(is_dataset) {
            self.collect(dataset, path, found);
        }
        if found.len() > before {
            return;
        }
        for index in self
            .children(parent)
            .filter(|index| self.is_called(*index, first))
        {
            match rest {
                None => found.push(index),
                Some(rest) => self.collect(index, rest, found),
            }
        }
    }

    pub(crate) fn is_called(&self, index: usize, key: &str) -> bool {
        let Some(node) = self.node(index) else {
            return false;
        };
        match node.kind {
            Kind::Element | Kind::Part => self
                .definition(node)
                .is_some_and(|definition| &*definition.key == key || is_lead(definition, key)),
            Kind::Bitmap => key.eq_ignore_ascii_case("_bitmap"),
            Kind::AsciiTag | Kind::EbcdicTag => self.key(index).eq_ignore_ascii_case(key),
            _ => spells(key, self.id_bytes(index)),
        }
    }
}

/// Keys that start with an underscore are of either case, as `_bitmap` is.
fn is_lead(definition: &Definition, key: &str) -> bool {
    definition.key.starts_with('_') && definition.key.eq_ignore_ascii_case(key)
}

/// Whether hex text of either case stands for these bytes.
pub(crate) fn spells(key: &str, bytes: &[u8]) -> bool {
    let mut halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    key.len() == bytes.len().saturating_mul(2)
        && key
            .bytes()
            .all(|character| nibble::from_char(character) == halves.next())
}
