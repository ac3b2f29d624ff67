//! The short way to read and write a value, for the fields that most of a message is made of:
//! packed digits, bytes and plain letters, of a fixed length or behind a count.
//!
//! It does what `decode` and `write` do or nothing at all; then they do the work, or name the
//! fault.

use crate::check::allows;
use crate::decode::Decoder;
use crate::encoding::charset::{ALL_NIBBLES, Class, DIGITS};
use crate::encoding::{Coding, nibble};
use crate::message::{Kind, Node};
use crate::spec::{Definition, Length, LetterTable, NO_LETTER, Pad, Sensitivity};

/// Which of the short ways a field can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quick {
    No,
    Digits,
    Hex,
    Letters,
}

impl Quick {
    /// The short way for a field, if there is one.
    pub(crate) fn of(definition: &Definition) -> Self {
        let plain_length = match definition.length {
            Length::Fixed(_) => true,
            Length::Counted(counted) => {
                counted.area == 0 && !counted.even && matches!(definition.unit_half_bytes, 1 | 2)
            }
            Length::Rest | Length::Until(_) | Length::Chosen => false,
        };
        if definition.fill.is_some() || definition.pad.taken_off || !plain_length {
            return Self::No;
        }
        match (definition.coding, definition.nibbles) {
            (Coding::Bcd, DIGITS) => Self::Digits,
            (Coding::Bcd, ALL_NIBBLES) | (Coding::Binary, _) => Self::Hex,
            // whether a text is masked is looked at on the long way
            (Coding::Text(_), _)
                if definition.letters.is_some() && definition.sensitivity == Sensitivity::None =>
            {
                Self::Letters
            }
            _ => Self::No,
        }
    }
}

/// What has to be looked at when a field is read the short way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// It is read the long way.
    Long,
    Nothing,
    Digits,
    /// Every byte, in the definition's table.
    Bytes,
}

impl Look {
    /// How a field is read.
    pub(crate) fn of(definition: &Definition) -> Self {
        let plain_length = match definition.length {
            Length::Fixed(_) => true,
            Length::Counted(counted) => {
                let short = counted.prefix.is_binary() && counted.prefix.bytes == 1;
                short && counted.own == 0 && counted.area == 0 && !counted.even
            }
            _ => false,
        };
        let varied = definition.is_tailed() || definition.pad.taken_off;
        if !plain_length || varied || !definition.choices.is_empty() {
            return Self::Long;
        }
        match (definition.coding, &definition.charset) {
            (Coding::Bcd, _) if definition.nibbles == DIGITS => Self::Digits,
            (Coding::Bcd, _) if definition.nibbles != ALL_NIBBLES => Self::Long,
            (Coding::Bcd | Coding::Binary, _) | (Coding::Text(_), None) => Self::Nothing,
            (Coding::Text(_), Some(_)) if definition.class != Class::Signed => Self::Bytes,
            _ => Self::Long,
        }
    }
}

impl Decoder<'_> {
    /// Read a field that starts at a byte and ends before `end`: its node is pushed, and the
    /// offset behind it given. None, and nothing pushed, where it takes the long way. Offsets are
    /// far below what would wrap around.
    #[inline]
    pub(crate) fn look(
        &mut self,
        definition: &Definition,
        (id, kind): (u16, Kind),
        at: usize,
        end: usize,
    ) -> Option<usize> {
        let (content, half_bytes) = match &definition.length {
            Length::Counted(counted) => {
                let units = usize::from(*self.body.get(at)?);
                if units < counted.min || units > counted.max {
                    return None;
                }
                let half_bytes = units.wrapping_mul(definition.unit_half_bytes);
                (at.wrapping_add(1), half_bytes)
            }
            _ => (at, definition.fixed_half_bytes),
        };
        let odd = half_bytes & 1;
        let next = content.wrapping_add(half_bytes.wrapping_add(odd) >> 1);
        let octets = self.body.get(content..next).filter(|_| next <= end)?;
        let padded = odd & usize::from(definition.pad.left);
        let clean = match definition.look {
            Look::Long => false,
            Look::Nothing => true,
            Look::Digits => {
                let to = padded.wrapping_add(half_bytes);
                nibble::first_non_digit(octets, padded, to).is_none()
            }
            Look::Bytes => definition
                .charset
                .as_ref()
                .is_some_and(|charset| octets.iter().all(|byte| allows(charset, *byte))),
        };
        if !clean {
            return None;
        }
        let start = content.wrapping_mul(2).wrapping_add(padded);
        let mut node = Node::new(id, kind, at, start, start.wrapping_add(half_bytes));
        node.next = u32::try_from(self.nodes.len().wrapping_add(1)).unwrap_or(u32::MAX);
        self.nodes.push(node);
        Some(next)
    }
}

/// Write a text with its length in front; gives the place where the content starts and its
/// half-bytes without the pad. None, and nothing written, where it takes the long way.
pub(crate) fn write(
    definition: &Definition,
    text: &str,
    out: &mut Vec<u8>,
) -> Option<(usize, usize)> {
    let half_bytes = match definition.quick {
        Quick::No => return None,
        Quick::Digits | Quick::Hex => text.len(),
        Quick::Letters => text.len().saturating_mul(2),
    };
    let mark = out.len();
    match definition.length {
        Length::Fixed(_) if half_bytes == definition.fixed_half_bytes => {}
        Length::Counted(counted) => {
            let odd = half_bytes & 1;
            let units = match definition.unit_half_bytes {
                1 => half_bytes,
                _ if odd == 0 => half_bytes >> 1,
                _ => return None,
            };
            if units < counted.min || units > counted.max {
                return None;
            }
            let count = units.saturating_add(counted.own);
            match (counted.prefix.bytes, u8::try_from(count)) {
                (1, Ok(count)) if counted.prefix.is_binary() => out.push(count),
                (prefix_bytes, _) => {
                    out.resize(mark.saturating_add(prefix_bytes), 0);
                    counted.prefix.write(count, out.get_mut(mark..)?);
                }
            }
        }
        _ => return None,
    }
    let content = out.len();
    let clean = match (definition.quick, &definition.letters) {
        (Quick::Digits, _) => push_digits(&nibble::DECIMAL, text, definition.pad, out),
        (Quick::Hex, _) => push_digits(&nibble::HEXADECIMAL, text, definition.pad, out),
        (Quick::Letters, Some(letters)) => push_letters(letters, text, out),
        _ => false,
    };
    if !clean {
        out.truncate(mark);
        return None;
    }
    Some((content, half_bytes))
}

/// Append a text by a table; false if one of its characters has no place in it.
fn push_letters(table: &LetterTable, text: &str, out: &mut Vec<u8>) -> bool {
    let from = out.len();
    out.resize(from.saturating_add(text.len()), 0);
    let room = out.get_mut(from..).unwrap_or(&mut []);
    let mut seen = 0;
    for (to, letter) in room.iter_mut().zip(text.bytes()) {
        let entry = table.get(usize::from(letter)).copied().unwrap_or(NO_LETTER);
        seen |= entry;
        *to = entry.to_be_bytes()[1];
    }
    seen & NO_LETTER == 0
}

/// Append digits two to a byte, with the pad where their number is odd; false if one is none.
fn push_digits(table: &nibble::Digits, text: &str, pad: Pad, out: &mut Vec<u8>) -> bool {
    let value = |digit: u8| table.get(usize::from(digit)).copied().unwrap_or(NO_LETTER);
    let low_byte = |entry: u16| entry.to_be_bytes()[1];
    let mut digits = text.as_bytes();
    let mut seen = 0;
    if digits.len() & 1 == 1 && pad.left {
        let (first, rest) = digits.split_first().unwrap_or((&0, &[]));
        seen = value(*first);
        out.push(pad.nibble << 4 | low_byte(seen));
        digits = rest;
    }
    let from = out.len();
    let pairs = digits.chunks_exact(2);
    let last = pairs.remainder().first();
    out.resize(from.saturating_add(digits.len() >> 1), 0);
    let room = out.get_mut(from..).unwrap_or(&mut []);
    for (to, pair) in room.iter_mut().zip(pairs) {
        let [high, low] = pair else { return false };
        let (high, low) = (value(*high), value(*low));
        seen |= high | low;
        *to = low_byte(high) << 4 | low_byte(low);
    }
    if let Some(last) = last {
        let entry = value(*last);
        seen |= entry;
        out.push(low_byte(entry) << 4 | pad.nibble);
    }
    seen & NO_LETTER == 0
}
