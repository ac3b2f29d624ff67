//! BER-TLV, kept as it came: tag order, repeats and long lengths survive re-encoding.

use crate::decode::{Decoder, Outcome};
use crate::encoding::nibble;
use crate::error::{self, Fault, bytes};
use crate::message::{Kind, Node};
use crate::spec::{TagEntry, TagTable};
use crate::{NODES_MAX, TEMPLATE_DEPTH_MAX};

/// Longest tag that is read.
const TAG_BYTES_MAX: usize = 4;

/// Whether a tag's first byte announces a template.
pub(crate) fn is_constructed(first: u8) -> bool {
    first & 0x20 != 0
}

/// Bytes of the tag at the start of `bytes`, or None where it does not end in time.
pub(crate) fn tag_length(bytes: &[u8]) -> Option<usize> {
    let (first, more) = bytes.split_first()?;
    if first & 0x1f != 0x1f {
        return Some(1);
    }
    let last = more
        .iter()
        .take(TAG_BYTES_MAX.saturating_sub(1))
        .position(|byte| byte & 0x80 == 0)?;
    last.checked_add(2)
}

/// The length at the start of `bytes`: (bytes it takes, value).
fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    let (first, more) = bytes.split_first()?;
    if first & 0x80 == 0 {
        return Some((1, usize::from(*first)));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 || count > 4 {
        return None;
    }
    let value = more
        .get(..count)?
        .iter()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    Some((count.checked_add(1)?, value))
}

/// Append the shortest length.
pub(crate) fn write_length(value: usize, out: &mut Vec<u8>) {
    let octets = value.to_be_bytes();
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let significant = octets.get(zeros..).unwrap_or(&[]);
    match significant {
        [] => out.push(0),
        [short] if *short < 0x80 => out.push(*short),
        _ => {
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or(0x7f));
            out.extend_from_slice(significant);
        }
    }
}

/// A tag as a number; None where it is longer than any that is read.
pub(crate) fn number(tag: &[u8]) -> Option<u32> {
    if tag.len() > TAG_BYTES_MAX {
        return None;
    }
    Some(
        tag.iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte)),
    )
}

impl<'a> Decoder<'a> {
    pub(crate) fn tlv(
        &mut self,
        tags: &'a TagTable,
        start: usize,
        end: usize,
        depth: usize,
    ) -> Outcome<()> {
        let mut at = start;
        while at < end {
            if self.nodes.len() >= NODES_MAX {
                let expected = format!("at most {NODES_MAX} fields and tags");
                return Err(Fault::boxed(at, expected, "more"));
            }
            let rest = self.body.get(at..end).unwrap_or(&[]);
            let Some(tag_bytes) = tag_length(rest) else {
                let found = format!("{} left", bytes(rest.len()));
                return Err(Fault::boxed(at, "a whole tag", found));
            };
            let (tag, more) = rest.split_at_checked(tag_bytes).unwrap_or((rest, &[]));
            let length_at = at.saturating_add(tag_bytes);
            let key = || nibble::hex(tag).to_ascii_uppercase();
            let Some((length_bytes, length)) = length(more) else {
                let fault = Fault::boxed(length_at, "a definite length", "none");
                return Err(fault.under(&key()));
            };
            let content = length_at.saturating_add(length_bytes);
            let next = content.saturating_add(length);
            if next > end {
                let left = end.saturating_sub(content);
                let expected = format!("at most {}", bytes(left));
                let fault = Fault::boxed(length_at, expected, error::length(length));
                return Err(fault.under(&key()));
            }
            if let Some(definition) = self.tag(tags, tag, at, (content, next), depth) {
                self.examine(definition, content, next)
                    .map_err(|fault| fault.under(&key()))?;
            }
            at = next;
        }
        Ok(())
    }

    /// Open a tag's node; gives its definition if there is more to look at.
    fn tag(
        &mut self,
        tags: &'a TagTable,
        tag: &[u8],
        at: usize,
        (content, next): (usize, usize),
        depth: usize,
    ) -> Option<u16> {
        let known = number(tag).and_then(|number| tags.find(number));
        let definition = known.map_or(tags.unknown, |known| known.definition);
        let (from, to) = (content.saturating_mul(2), next.saturating_mul(2));
        let mut node = Node::new(definition, Kind::Tag, at, from, to);
        node.tag_bytes = u8::try_from(tag.len()).unwrap_or(u8::MAX);
        // a tag with layouts of its own is what they say, and no table around it says otherwise
        let template = tag.first().copied().is_some_and(is_constructed) && !self.has_layouts(known);
        if template {
            node.kind = Kind::Template;
        }
        let index = self.open(node);
        if template {
            let inside = depth.saturating_add(1);
            let parsed =
                inside <= TEMPLATE_DEPTH_MAX && self.tlv(tags, content, next, inside).is_ok();
            if !parsed {
                // what cannot be looked into may hold anything
                self.nodes.truncate(index.saturating_add(1));
                if let Some(node) = self.nodes.get_mut(index) {
                    node.kind = Kind::Opaque;
                }
            }
        }
        self.close(index);
        let examined = !template && known.is_some_and(|known| known.examined);
        examined.then_some(definition)
    }

    fn has_layouts(&self, known: Option<&TagEntry>) -> bool {
        let definition = known.and_then(|known| self.spec.definition(known.definition));
        definition.is_some_and(|definition| !definition.layouts.is_empty())
    }

    /// The value of the last tag, whose definition says more than that it is there.
    #[cold]
    fn examine(&mut self, definition: u16, content: usize, next: usize) -> Outcome<()> {
        let Some(mut definition) = self.spec.definition(definition) else {
            return Ok(());
        };
        let index = self.nodes.len().saturating_sub(1);
        if let Some((id, chosen)) = self.chosen(definition) {
            definition = chosen;
            if let Some(node) = self.nodes.get_mut(index) {
                node.definition = id;
            }
        }
        let (start, stop) = (content.saturating_mul(2), next.saturating_mul(2));
        self.check_part(definition, start, stop)?;
        if !definition.layouts.is_empty() && start < stop {
            if let Some(node) = self.nodes.get_mut(index) {
                // open again: its children are still to come
                node.next = 0;
            }
            self.composite(definition, start, stop)?;
            self.close(index);
        }
        self.trim(index, definition);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_end_where_the_continuation_bit_is_clear() {
        assert_eq!(tag_length(&[0x5a]), Some(1));
        assert_eq!(tag_length(&[0x9f, 0x26, 0x08]), Some(2));
        assert_eq!(tag_length(&[0x9f, 0x81, 0x01]), Some(3));
        assert_eq!(tag_length(&[0x9f, 0x81]), None);
        assert_eq!(tag_length(&[0x9f; 20]), None);
    }

    #[test]
    fn lengths_are_read_in_both_forms_and_written_in_the_shortest() {
        assert_eq!(length(&[0x7f]), Some((1, 127)));
        assert_eq!(length(&[0x81, 0x05]), Some((2, 5)));
        assert_eq!(length(&[0x82, 0x01, 0x00]), Some((3, 256)));
        assert_eq!(length(&[0x80]), None);
        assert_eq!(length(&[0x85, 0, 0, 0, 0, 1]), None);
        for (value, wire) in [(0, vec![0]), (127, vec![127]), (128, vec![0x81, 128])] {
            let mut out = Vec::new();
            write_length(value, &mut out);
            assert_eq!(out, wire);
        }
    }
}
