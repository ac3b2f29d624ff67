//! Values to bytes, validated against the specification.

use zeroize::Zeroizing;

use crate::bitmap;
use crate::encoding::{Coding, nibble};
use crate::error::EncodeError;
use crate::mask;
use crate::message::Message;
use crate::spec::{Definition, Length, Sensitivity, Spec};

pub(crate) type Encoded<T> = Result<T, EncodeError>;

/// One data element of a message that is put together.
#[derive(Clone, Copy)]
pub enum Part<'a> {
    /// An element's bytes with its length prefix, taken over as they are.
    Wire(u16, &'a [u8]),
    /// A text that goes through the field's encoder.
    Text(u16, &'a str),
}

impl Part<'_> {
    fn field(&self) -> u16 {
        match self {
            Self::Wire(field, _) | Self::Text(field, _) => *field,
        }
    }
}

/// Where an encoder stands, as a list from the inside out.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    pub(crate) parent: Option<&'a Path<'a>>,
    pub(crate) key: &'a str,
}

impl<'a> Path<'a> {
    pub(crate) fn top(key: &'a str) -> Self {
        Self { parent: None, key }
    }

    pub(crate) fn join(&'a self, key: &'a str) -> Self {
        Self {
            parent: Some(self),
            key,
        }
    }

    pub(crate) fn text(&self) -> String {
        match self.parent {
            None => self.key.to_owned(),
            Some(parent) => format!("{}.{}", parent.text(), self.key),
        }
    }

    pub(crate) fn error(
        &self,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> EncodeError {
        EncodeError::new(&self.text(), expected, found)
    }
}

impl Message {
    /// The very bytes the message was decoded from, built field by field.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(self.bytes.len()));
        out.extend_from_slice(self.bytes.get(..2).unwrap_or(&[]));
        out.extend_from_slice(self.bitmap_bytes());
        for element in self.elements() {
            out.extend_from_slice(self.wire_of(element));
        }
        out
    }
}

impl Spec {
    /// Put a message together from a message type and elements, given in any order.
    pub fn assemble(&self, mti: &str, parts: &[Part<'_>]) -> Result<Vec<u8>, EncodeError> {
        let mut order: Vec<&Part<'_>> = parts.iter().collect();
        order.sort_by_key(|part| part.field());
        let numbers: Vec<usize> = order.iter().map(|part| usize::from(part.field())).collect();
        let mut out = self.head(mti, &numbers, 1)?;
        for part in order {
            match part {
                Part::Wire(_, bytes) => out.extend_from_slice(bytes),
                Part::Text(field, text) => {
                    if let Some((_, definition)) = self.element(usize::from(*field)) {
                        let path = Path::top(&definition.key);
                        self.write_text(definition, text, &path, &mut out)?;
                    }
                }
            }
        }
        Ok(out)
    }

    /// Message type and bitmaps for the elements `numbers`, which are in order.
    pub(crate) fn head(
        &self,
        mti: &str,
        numbers: &[usize],
        bitmaps_min: usize,
    ) -> Encoded<Vec<u8>> {
        let digits = mti.len() == 4 && mti.bytes().all(|digit| digit.is_ascii_digit());
        let message_type = nibble::parse_hex(mti).ok().filter(|_| digits);
        let message_type = message_type
            .ok_or_else(|| Path::top("mti").error("four digits", "another message type"))?;
        let mut words = [0_u64; 3];
        let mut previous = 0;
        for number in numbers {
            let refused =
                |expected, found| Err(Path::top(&number.to_string()).error(expected, found));
            if *number == previous {
                return refused("each element once", "it twice");
            }
            previous = *number;
            if self.element(*number).is_none() {
                return refused("an element of this dialect", "one it does not have");
            }
            let place = number.saturating_sub(1).div_euclid(64);
            let bit = number.saturating_sub(place.saturating_mul(64));
            if let Some(word) = words.get_mut(place) {
                *word = bitmap::with(*word, bit);
            }
        }
        let used = words
            .iter()
            .rposition(|word| *word != 0)
            .map_or(1, |last| last.saturating_add(1));
        let count = used.max(bitmaps_min).min(self.bitmaps_max);
        let mut out = Vec::with_capacity(512);
        out.extend_from_slice(&message_type);
        for (place, word) in words.iter().take(count).enumerate() {
            let more = place.saturating_add(1) < count;
            let word = if more { *word | bitmap::FIRST } else { *word };
            out.extend_from_slice(&word.to_be_bytes());
        }
        Ok(out)
    }

    /// One field from its text, with its length prefix.
    pub(crate) fn write_text(
        &self,
        definition: &Definition,
        text: &str,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let content = reserve(definition, out);
        let half_bytes = write_plain(definition, text, path, out)?;
        self.check_layouts(
            definition,
            half_bytes,
            out.get(content..).unwrap_or(&[]),
            path,
        )?;
        finish(definition, content, half_bytes, path, out)
    }

    /// A composite given as one text must hold what its layouts say.
    pub(crate) fn check_layouts(
        &self,
        definition: &Definition,
        half_bytes: usize,
        content: &[u8],
        path: &Path<'_>,
    ) -> Encoded<usize> {
        if definition.layouts.is_empty() || half_bytes == 0 {
            return Ok(0);
        }
        let mut decoder = crate::decode::Decoder {
            spec: self,
            body: content,
            nodes: Vec::new(),
        };
        let start = usize::from(half_bytes & 1 == 1 && definition.pad.left);
        let outcome = decoder.composite(definition, start, start.saturating_add(half_bytes));
        outcome.map_err(|fault| {
            let fault = fault.under(&path.text());
            let expected = format!("{} at byte {} of its content", fault.expected, fault.offset);
            EncodeError::new(&fault.path, expected, fault.found)
        })
    }
}

/// Leave room for the length prefix; gives the place where the content starts.
pub(crate) fn reserve(definition: &Definition, out: &mut Vec<u8>) -> usize {
    if let Length::Counted { prefix, .. } = definition.length {
        out.resize(out.len().saturating_add(prefix.bytes), 0);
    }
    out.len()
}

/// Check the length of what was written from `content` on, and fill in the prefix.
pub(crate) fn finish(
    definition: &Definition,
    content: usize,
    half_bytes: usize,
    path: &Path<'_>,
    out: &mut [u8],
) -> Encoded<()> {
    let per_unit = definition.unit.half_bytes();
    let word = definition.unit.word();
    if half_bytes.checked_rem(per_unit) != Some(0) {
        return Err(path.error(format!("whole {word}"), format!("{half_bytes} half-bytes")));
    }
    let units = half_bytes.div_euclid(per_unit);
    match definition.length {
        Length::Rest => Ok(()),
        Length::Fixed(wanted) if wanted == units => Ok(()),
        Length::Fixed(wanted) => Err(path.error(definition.unit.count(wanted), units.to_string())),
        Length::Counted { min, max, .. } if units < min || units > max => {
            Err(path.error(format!("{min} to {max} {word}"), units.to_string()))
        }
        Length::Counted { prefix, .. } => {
            let from = content.saturating_sub(prefix.bytes);
            if let Some(wire) = out.get_mut(from..content) {
                prefix.write(units, wire);
            }
            Ok(())
        }
    }
}

/// Append a text's bytes; gives the half-bytes written, without the pad.
pub(crate) fn write_plain(
    definition: &Definition,
    text: &str,
    path: &Path<'_>,
    out: &mut Vec<u8>,
) -> Encoded<usize> {
    if definition.coding.is_nibbles() {
        return write_nibbles(definition, text, path, out);
    }
    if definition.sensitivity != Sensitivity::None && mask::is_masked(text) {
        return Err(masked_text(path));
    }
    let before = out.len();
    for character in text.chars() {
        let byte = match definition.coding {
            Coding::Ebcdic(page) => page.encode(character),
            _ => u8::try_from(u32::from(character)).ok().filter(u8::is_ascii),
        };
        let byte = byte.filter(|byte| crate::decode::fits(definition, *byte));
        out.push(byte.ok_or_else(|| {
            path.error(
                "characters of its set",
                "a character that the set does not have",
            )
        })?);
    }
    Ok(out.len().saturating_sub(before).saturating_mul(2))
}

fn write_nibbles(
    definition: &Definition,
    text: &str,
    path: &Path<'_>,
    out: &mut Vec<u8>,
) -> Encoded<usize> {
    let digits_only = definition.coding == Coding::Bcd && !definition.letters;
    let odd = text.len() & 1 == 1;
    let mut held = (odd && definition.pad.left).then_some(definition.pad.nibble);
    for character in text.bytes() {
        let value = nibble::from_char(character).filter(|value| *value < 10 || !digits_only);
        let Some(value) = value else {
            if character == b'*' {
                return Err(masked_text(path));
            }
            let wanted = if digits_only {
                "decimal digits"
            } else {
                "hex digits"
            };
            return Err(path.error(wanted, "another character"));
        };
        match held.take() {
            None => held = Some(value),
            Some(high) => out.push(high << 4 | value),
        }
    }
    if let Some(high) = held {
        out.push(high << 4 | definition.pad.nibble);
    }
    Ok(text.len())
}

fn masked_text(path: &Path<'_>) -> EncodeError {
    path.error("the value itself", "masked text")
}
