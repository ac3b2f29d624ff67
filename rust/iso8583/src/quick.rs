//! The short way to write a value, for the fields that most of a message is made of: packed
//! digits, bytes and plain letters, of a fixed length or behind a count.
//!
//! It writes what `write` writes or nothing at all; then `write` does the work, or names the fault.

use crate::encoding::charset::{ALL_NIBBLES, DIGITS};
use crate::encoding::{Coding, nibble};
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
