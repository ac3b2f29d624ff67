//! One value from its text: characters and digits to bytes, with the length in front.

use crate::check::allows;
use crate::encode::{Encoded, Path};
use crate::encoding::charset::{ALL_NIBBLES, Class, DIGITS};
use crate::encoding::{Coding, Letters, nibble};
use crate::error::EncodeError;
use crate::mask;
use crate::spec::{Definition, Fill, Length, NibbleStyle, Sensitivity};

/// Leave room for the length prefix; gives the place where the content starts.
pub(crate) fn reserve(definition: &Definition, out: &mut Vec<u8>) -> usize {
    if let Length::Counted(counted) = definition.length {
        out.resize(out.len().saturating_add(counted.prefix.bytes), 0);
    }
    out.len()
}

/// Check the length of what was written from `content` on, and fill in the prefix and the area.
pub(crate) fn finish(
    definition: &Definition,
    content: usize,
    half_bytes: usize,
    path: &Path<'_>,
    out: &mut Vec<u8>,
) -> Encoded<()> {
    let word = definition.unit.word();
    let units = match (definition.coding, definition.length) {
        (Coding::Signed(_), Length::Fixed(wanted))
            if half_bytes == definition.half_bytes(wanted) =>
        {
            wanted
        }
        (Coding::Signed(_), _) => half_bytes.saturating_sub(1),
        _ if definition.unit_half_bytes == 1 => half_bytes,
        _ if half_bytes.checked_rem(definition.unit_half_bytes) == Some(0) => half_bytes
            .checked_div(definition.unit_half_bytes)
            .unwrap_or(0),
        _ => return Err(path.error(format!("whole {word}"), format!("{half_bytes} half-bytes"))),
    };
    match definition.length {
        Length::Rest | Length::Chosen => Ok(()),
        Length::Until(until) => {
            if units < until.min || units > until.max {
                let expected = format!("{} to {} {word}", until.min, until.max);
                return Err(path.error(expected, units.to_string()));
            }
            let written = out.get(content..).unwrap_or(&[]);
            if written.contains(&until.terminator) {
                return Err(path.error("a value without its terminator", "one with it"));
            }
            out.push(until.terminator);
            Ok(())
        }
        Length::Fixed(wanted) if wanted == units => Ok(()),
        Length::Fixed(wanted) => Err(path.error(definition.unit.count(wanted), units.to_string())),
        Length::Counted(counted) => {
            let (min, max) = (counted.min, counted.max);
            if units < min || units > max {
                return Err(path.error(format!("{min} to {max} {word}"), units.to_string()));
            }
            if counted.even && units & 1 == 1 {
                return Err(path.error(format!("an even number of {word}"), units.to_string()));
            }
            let from = content.saturating_sub(counted.prefix.bytes);
            if let Some(wire) = out.get_mut(from..content) {
                counted
                    .prefix
                    .write(units.saturating_add(counted.own), wire);
            }
            if counted.area > 0 {
                out.resize(content.saturating_add(counted.area), filler(definition));
            }
            Ok(())
        }
    }
}

/// The byte that fills an area behind its value.
fn filler(definition: &Definition) -> u8 {
    let character = definition.fill.map(|fill| fill.character);
    match definition.coding {
        Coding::Text(letters) | Coding::Hex(letters) => {
            letters.encode(character.unwrap_or(' ')).unwrap_or(0)
        }
        _ => {
            let digit = character.and_then(|it| u8::try_from(it).ok());
            let value = digit.and_then(nibble::from_char).unwrap_or(0);
            value << 4 | value
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
    let mut filled = zeroize::Zeroizing::new(String::new());
    let text = match definition.fill {
        None => text,
        Some(fill) => {
            *filled = fill_up(definition, fill, text);
            &filled
        }
    };
    match definition.coding {
        Coding::Bcd | Coding::Binary => return write_nibbles(definition, text, path, out),
        Coding::Signed(letters) => return write_signed(definition, letters, text, path, out),
        Coding::Zoned => return write_zoned(text, path, out),
        Coding::Text(_) | Coding::Hex(_) => {}
    }
    if definition.sensitivity != Sensitivity::None && mask::is_masked(text) {
        return Err(masked_text(path));
    }
    let before = out.len();
    for (place, character) in text.chars().enumerate() {
        let byte = byte_of(definition, character, place == 0);
        out.push(byte.ok_or_else(|| {
            path.error(
                definition.wanted(),
                "a character that the set does not have",
            )
        })?);
    }
    Ok(out.len().saturating_sub(before).saturating_mul(2))
}

pub(crate) fn byte_of(definition: &Definition, character: char, first: bool) -> Option<u8> {
    let sign = first && definition.class == Class::Signed && Class::Ans.has(character);
    let byte = match definition.coding {
        Coding::Hex(letters) => letters.encode(character.to_ascii_uppercase()),
        Coding::Text(letters) => letters.encode(character),
        _ => None,
    };
    byte.filter(|byte| {
        let charset = definition.charset.as_ref();
        sign || charset.is_none_or(|charset| allows(charset, *byte))
    })
}

/// The text with what the specification fills it up with.
pub(crate) fn fill_up(definition: &Definition, fill: Fill, text: &str) -> String {
    let units = match definition.length {
        Length::Fixed(units) => units,
        Length::Counted(counted) if counted.area > 0 || counted.min > 0 => counted.min,
        Length::Counted(counted) => counted.max,
        Length::Rest | Length::Until(_) | Length::Chosen => 0,
    };
    let half_bytes = units.saturating_mul(definition.unit_half_bytes);
    let wanted = match definition.coding {
        Coding::Bcd | Coding::Binary => half_bytes,
        Coding::Signed(_) => units,
        Coding::Text(_) | Coding::Hex(_) | Coding::Zoned => half_bytes >> 1,
    };
    // a sign stays in front of the zeros
    let signed = matches!(definition.coding, Coding::Signed(_) | Coding::Zoned)
        || definition.class == Class::Signed;
    let front = text
        .chars()
        .next()
        .filter(|first| signed && fill.left && !first.is_ascii_digit());
    let unsigned = front.map_or(text, |sign| text.get(sign.len_utf8()..).unwrap_or(""));
    let counted = match (front, definition.coding) {
        (Some(_), Coding::Zoned) | (None, _) => unsigned.chars().count(),
        (Some(_), _) => unsigned.chars().count().saturating_add(1),
    };
    let missing = wanted.saturating_sub(counted);
    let pattern = std::iter::once(fill.character).chain(fill.second);
    let filler = pattern.cycle().take(missing);
    if fill.left {
        front
            .into_iter()
            .chain(filler)
            .chain(unsigned.chars())
            .collect()
    } else {
        text.chars().chain(filler).collect()
    }
}

fn write_nibbles(
    definition: &Definition,
    text: &str,
    path: &Path<'_>,
    out: &mut Vec<u8>,
) -> Encoded<usize> {
    let allowed = match definition.coding {
        Coding::Bcd => definition.nibbles,
        _ => ALL_NIBBLES,
    };
    let even = definition.pad.taken_off
        || matches!(definition.length, Length::Counted(counted) if counted.even);
    let odd = text.len() & 1 == 1;
    // where an odd count is rounded up, its pad counts as one of the digits
    let half_bytes = text.len().saturating_add(usize::from(even && odd));
    let mut held = (odd && definition.pad.left).then_some(definition.pad.nibble);
    for character in text.bytes() {
        let value = match character {
            b'=' if definition.style == NibbleStyle::Track => Some(0x0d),
            _ => nibble::from_char(character),
        };
        let value = value.filter(|value| allowed >> value & 1 == 1);
        let Some(value) = value else {
            if character == b'*' {
                return Err(masked_text(path));
            }
            let wanted = if allowed == DIGITS {
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
    Ok(half_bytes)
}

fn write_signed(
    definition: &Definition,
    letters: Letters,
    text: &str,
    path: &Path<'_>,
    out: &mut Vec<u8>,
) -> Encoded<usize> {
    let mut characters = text.chars();
    let sign = characters.next().and_then(|sign| letters.encode(sign));
    let charset = definition.charset.as_ref();
    let sign = sign.filter(|sign| charset.is_none_or(|charset| allows(charset, *sign)));
    let digits = characters.as_str();
    let Some(sign) = sign.filter(|_| digits.bytes().all(|digit| digit.is_ascii_digit())) else {
        return Err(path.error(Class::Signed.words(), "another text"));
    };
    if let Length::Fixed(units) = definition.length
        && digits.len().saturating_add(1) != units
    {
        let found = digits.len().saturating_add(1).to_string();
        return Err(path.error(definition.unit.count(units), found));
    }
    out.push(sign);
    let half_bytes = write_nibbles(definition, digits, path, out)?;
    Ok(half_bytes.saturating_add(3) & !1)
}

fn write_zoned(text: &str, path: &Path<'_>, out: &mut Vec<u8>) -> Encoded<usize> {
    let (zone, digits) = match text.strip_prefix('-') {
        Some(digits) => (0xd0, digits),
        None => match text.strip_prefix('+') {
            Some(digits) => (0xc0, digits),
            None => (0xf0, text),
        },
    };
    let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
    if !plain || (digits.is_empty() && zone != 0xf0) {
        return Err(path.error("a sign and decimal digits", "another text"));
    }
    let last = digits.len().saturating_sub(1);
    for (place, digit) in digits.bytes().enumerate() {
        let zone = if place == last { zone } else { 0xf0 };
        out.push(zone | (digit & 0x0f));
    }
    Ok(digits.len().saturating_mul(2))
}

fn masked_text(path: &Path<'_>) -> EncodeError {
    path.error("the value itself", "masked text")
}
