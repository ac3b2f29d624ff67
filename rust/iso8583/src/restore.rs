//! Bytes inside an element that was written anew: where a value did not change, neither do they.

use std::ops::Range;

use crate::encoding::Coding;
use crate::message::Message;
use crate::wipe::Wiped;

/// A field without anything inside: its path, its text, and its bytes in the body.
type Leaf = (String, String, Range<usize>);

impl Message {
    /// The body of this message with the bytes that `base` has for the same values in some of
    /// its elements: pads, and letters of either case. None where nothing differs.
    pub(crate) fn restored(&self, base: &Message, fields: &[u16]) -> Option<Wiped> {
        let mut body = self.encode();
        let mut differs = false;
        for field in fields {
            let mut known = base.leaves_of(*field);
            for (path, text, to) in self.leaves_of(*field) {
                let same = |leaf: &Leaf| leaf.0 == path && leaf.1 == text;
                let Some(at) = known.iter().position(same) else {
                    continue;
                };
                let (_, _, from) = known.remove(at);
                let before = base.bytes.get(from).unwrap_or(&[]);
                let Some(now) = body.get_mut(to) else {
                    continue;
                };
                if now.len() == before.len() && *now != *before {
                    now.copy_from_slice(before);
                    differs = true;
                }
            }
        }
        differs.then_some(body)
    }

    /// Whether the values inside some elements are those of `other`, at the same places.
    pub(crate) fn says_as(&self, other: &Message, fields: &[u16]) -> bool {
        self.fields().eq(other.fields())
            && fields
                .iter()
                .all(|field| self.leaves_of(*field) == other.leaves_of(*field))
    }

    fn leaves_of(&self, field: u16) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        if let Some(element) = self.element(field) {
            self.add_byte_leaves(element, "", &mut leaves);
        }
        leaves
    }

    fn add_byte_leaves(&self, index: usize, path: &str, leaves: &mut Vec<Leaf>) {
        // parts of packed digits share bytes, and bytes of hex text lie elsewhere
        let packed = |index| {
            let node = self.node(index);
            node.is_some_and(|node| self.coding(node) == Coding::Bcd)
        };
        for child in self.children(index) {
            let path = format!("{path}.{}", self.key(child));
            if self.has_children(child) {
                self.add_byte_leaves(child, &path, leaves);
                continue;
            }
            let Some(node) = self.node(child).filter(|_| !packed(index)) else {
                continue;
            };
            let (from, to) = (node.start as usize >> 1, (node.stop as usize).div_ceil(2));
            if to <= self.head.end {
                leaves.push((path, self.text(child, false), from..to));
            }
        }
    }
}
