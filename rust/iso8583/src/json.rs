//! The JSON shape of a message: flat texts by number, then nested values under `subfields`.

use crate::wipe::Wiped;

use crate::encode::{Encoded, Path};
use crate::encoding::nibble;
use crate::message::{Kind, Message};
use crate::text::wipe;
use crate::value::Value;

impl Message {
    /// JSON text of the message; card data starred unless `reveal`.
    pub fn to_json(&self, reveal: bool) -> Wiped {
        let room = self.bytes.len().saturating_mul(6).saturating_add(256);
        let mut out = Wiped::new(Vec::with_capacity(room));
        out.extend_from_slice(b"{\"mti\":\"");
        out.extend_from_slice(self.mti().as_bytes());
        out.extend_from_slice(b"\",\"bitmap\":\"");
        let words = self.head.words.iter().take(self.head.bitmaps);
        words
            .flat_map(|word| word.to_be_bytes())
            .for_each(|byte| push_hex(byte, &mut out));
        out.push(b'"');
        if !self.header().is_empty() {
            out.extend_from_slice(b",\"_header\":\"");
            self.header()
                .iter()
                .for_each(|byte| push_hex(*byte, &mut out));
            out.push(b'"');
        }
        let mut nested = false;
        for element in self.elements() {
            out.push(b',');
            self.push_member(element, reveal, &mut out);
            nested |= self.has_children(element);
        }
        if !self.rest().is_empty() {
            out.extend_from_slice(b",\"_rest\":\"");
            let hidden = if reveal { None } else { Some(*b"**") };
            for byte in self.rest() {
                let pair = [nibble::to_char(byte >> 4), nibble::to_char(*byte)];
                out.extend(hidden.unwrap_or(pair));
            }
            out.push(b'"');
        }
        if nested {
            out.extend_from_slice(b",\"subfields\":{");
            let composites = self
                .elements()
                .filter(|element| self.has_children(*element));
            for (place, element) in composites.enumerate() {
                comma(place, &mut out);
                self.push_key(element, &mut out);
                self.push_nested(element, reveal, &mut out);
            }
            out.push(b'}');
        }
        out.push(b'}');
        out
    }

    /// What is inside an element, or its text where nothing is, in the clear.
    pub(crate) fn nested(&self, field: u16) -> Option<Encoded<Value>> {
        let index = self.element(field)?;
        let mut out = Wiped::new(Vec::new());
        if self.has_children(index) {
            self.push_nested(index, true, &mut out);
        } else {
            self.push_quoted(index, true, &mut out);
        }
        let value = Value::from_json(&out);
        Some(
            value.map_err(|error| Path::top(&field.to_string()).error(error.expected, error.found)),
        )
    }

    fn push_member(&self, index: usize, reveal: bool, out: &mut Vec<u8>) {
        self.push_key(index, out);
        self.push_quoted(index, reveal, out);
    }

    fn push_key(&self, index: usize, out: &mut Vec<u8>) {
        out.push(b'"');
        match self.node(index).and_then(|node| self.definition(node)) {
            Some(definition) if !definition.key.is_empty() => {
                out.extend_from_slice(definition.key.as_bytes());
            }
            _ => out.extend_from_slice(self.key(index).as_bytes()),
        }
        out.extend_from_slice(b"\":");
    }

    fn push_quoted(&self, index: usize, reveal: bool, out: &mut Vec<u8>) {
        out.push(b'"');
        let from = out.len();
        self.push_text(index, !reveal, out);
        let text = out.get(from..).unwrap_or(&[]);
        if text.iter().fold(false, |odd, byte| odd | is_odd(*byte)) {
            // a character that must be escaped is rare: what was written is written again
            wipe(out, from);
            self.characters(index, !reveal, |character| push_escaped(character, out));
        }
        out.push(b'"');
    }

    fn push_nested(&self, index: usize, reveal: bool, out: &mut Vec<u8>) {
        let datasets = || {
            self.children(index).filter(|child| {
                self.node(*child)
                    .is_some_and(|node| node.kind == Kind::Dataset)
            })
        };
        match datasets().count() {
            0 => self.push_object(index, reveal, out),
            1 => datasets().for_each(|dataset| self.push_object(dataset, reveal, out)),
            _ => {
                out.push(b'[');
                for (place, dataset) in datasets().enumerate() {
                    comma(place, out);
                    self.push_object(dataset, reveal, out);
                }
                out.push(b']');
            }
        }
    }

    /// Children by key; a tag that comes more than once has an array, at its first place.
    fn push_object(&self, index: usize, reveal: bool, out: &mut Vec<u8>) {
        out.push(b'{');
        let mut place = 0_usize;
        if self
            .node(index)
            .is_some_and(|node| node.kind == Kind::Dataset)
        {
            out.extend_from_slice(b"\"_dataset\":\"");
            self.id_bytes(index)
                .iter()
                .for_each(|byte| push_hex(*byte, out));
            out.push(b'"');
            place = 1;
        }
        let repeats = self.has_repeated_tags(index);
        for child in self.children(index) {
            let same = |other: &usize| self.is_same_tag(child, *other);
            if repeats
                && self
                    .children(index)
                    .take_while(|other| *other < child)
                    .any(|it| same(&it))
            {
                continue;
            }
            comma(place, out);
            place = place.saturating_add(1);
            self.push_key(child, out);
            if !repeats || self.children(index).filter(same).nth(1).is_none() {
                self.push_value(child, reveal, out);
                continue;
            }
            out.push(b'[');
            for (repeat, tag) in self.children(index).filter(same).enumerate() {
                comma(repeat, out);
                self.push_value(tag, reveal, out);
            }
            out.push(b']');
        }
        out.push(b'}');
    }

    fn push_value(&self, index: usize, reveal: bool, out: &mut Vec<u8>) {
        if self.has_children(index) {
            self.push_object(index, reveal, out);
        } else {
            self.push_quoted(index, reveal, out);
        }
    }

    fn has_repeated_tags(&self, index: usize) -> bool {
        let tagged = |child: &usize| self.node(*child).is_some_and(|node| node.tag_bytes > 0);
        let tags = || {
            let tagged = self.children(index).filter(tagged);
            tagged.map(|child| self.id_bytes(child))
        };
        if !may_repeat(tags()) {
            return false;
        }
        let mut tags: Vec<&[u8]> = tags().collect();
        tags.sort_unstable();
        tags.windows(2).any(|pair| pair.first() == pair.last())
    }

    fn is_same_tag(&self, left: usize, right: usize) -> bool {
        left == right
            || (self.node(left).is_some_and(|node| node.tag_bytes > 0)
                && self.id_bytes(left) == self.id_bytes(right))
    }
}

/// Whether a byte of a text does not stand for itself in JSON, or is not of ASCII. All bytes of a
/// text are looked at without a branch, which is quicker than to stop at the first one.
fn is_odd(byte: u8) -> bool {
    let printable = byte.wrapping_sub(b' ') <= b'~' - b' ';
    let escaped = (byte ^ b'"').min(byte ^ b'\\') == 0;
    !printable | escaped
}

/// Whether two tags look alike at a glance; says so of all that are, and of few that are not.
fn may_repeat<'a>(mut tags: impl Iterator<Item = &'a [u8]>) -> bool {
    let mut seen = [0_u64; 16];
    tags.any(|tag| {
        let number = tag.iter().fold(0_usize, |number, byte| {
            number.wrapping_mul(31).wrapping_add(usize::from(*byte))
        });
        let bit = 1_u64.wrapping_shl(u32::try_from(number & 63).unwrap_or(0));
        let slot = seen.get_mut(number >> 6 & 15);
        slot.is_none_or(|slot| std::mem::replace(slot, *slot | bit) & bit != 0)
    })
}

fn comma(place: usize, out: &mut Vec<u8>) {
    if place > 0 {
        out.push(b',');
    }
}

fn push_hex(byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&[nibble::to_char(byte >> 4), nibble::to_char(byte)]);
}

fn push_escaped(character: char, out: &mut Vec<u8>) {
    match character {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        ' '..='~' => out.push(u8::try_from(u32::from(character)).unwrap_or(b'?')),
        _ if u32::from(character) < 0x20 => {
            out.extend_from_slice(b"\\u00");
            push_hex(u8::try_from(u32::from(character)).unwrap_or(0), out);
        }
        _ => {
            let mut buffer = [0; 4];
            out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        }
    }
}
