//! Half-bytes: packed digits and hex text.

/// What a nibble is that is no digit, for error texts.
pub(crate) const ABOVE_NINE: &str = "a nibble above 9";

/// The lower-case hex character of the low half of `value`.
pub(crate) fn to_char(value: u8) -> u8 {
    let value = value & 0x0f;
    if value < 10 {
        b'0'.wrapping_add(value)
    } else {
        b'a'.wrapping_add(value.wrapping_sub(10))
    }
}

/// The value of a hex character, of either case.
pub(crate) fn from_char(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(character.wrapping_sub(b'a').wrapping_add(10)),
        b'A'..=b'F' => Some(character.wrapping_sub(b'A').wrapping_add(10)),
        _ => None,
    }
}

/// For each character its value as a digit; 256 where it is none.
pub(crate) type Digits = [u16; 256];
pub(crate) const DECIMAL: Digits = digits(10);
/// Of either case.
pub(crate) const HEXADECIMAL: Digits = digits(16);

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "evaluated by the compiler; the index stays below 256"
)]
const fn digits(base: u32) -> Digits {
    let mut table = [256; 256];
    let mut character = 0;
    while character < 256 {
        if let Some(value) = (character as u8 as char).to_digit(base) {
            table[character] = value as u16;
        }
        character += 1;
    }
    table
}

/// The upper-case hex character of the low half of `value`.
pub(crate) fn to_upper(value: u8) -> u8 {
    to_char(value).to_ascii_uppercase()
}

/// The upper-case hex character in EBCDIC; the same in every page.
pub(crate) fn to_ebcdic(value: u8) -> u8 {
    let value = value & 0x0f;
    if value < 10 {
        0xf0 | value
    } else {
        0xc1_u8.wrapping_add(value.wrapping_sub(10))
    }
}

/// The value of a hex character in EBCDIC, of either case.
pub(crate) fn from_ebcdic(byte: u8) -> Option<u8> {
    match byte {
        0xf0..=0xf9 => Some(byte & 0x0f),
        0xc1..=0xc6 | 0x81..=0x86 => Some((byte & 0x0f).wrapping_add(9)),
        _ => None,
    }
}

/// The half-byte at a position counted in half-bytes; zero beyond the end.
pub(crate) fn at(bytes: &[u8], position: usize) -> u8 {
    let byte = bytes.get(position >> 1).copied().unwrap_or(0);
    if position & 1 == 0 {
        byte >> 4
    } else {
        byte & 0x0f
    }
}

/// The position of the first half-byte in `from..to` that is no decimal digit.
pub(crate) fn first_non_digit(bytes: &[u8], from: usize, to: usize) -> Option<usize> {
    let whole_from = from.wrapping_add(1) >> 1;
    let whole = bytes.get(whole_from..to >> 1).unwrap_or(&[]);
    let clean = whole.iter().all(|byte| byte & 0x0f < 10 && byte >> 4 < 10);
    let head_clean = from & 1 == 0 || at(bytes, from) < 10;
    let tail_clean = to & 1 == 0 || from >= to || at(bytes, to.wrapping_sub(1)) < 10;
    if clean && head_clean && tail_clean {
        return None;
    }
    (from..to).find(|position| at(bytes, *position) > 9)
}

/// The position of the first half-byte in `from..to` that is none of `allowed`, a set of bits.
pub(crate) fn first_not_in(bytes: &[u8], from: usize, to: usize, allowed: u16) -> Option<usize> {
    (from..to).find(|position| allowed >> at(bytes, *position) & 1 == 0)
}

/// Lower-case hex text of bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [to_char(byte >> 4), to_char(*byte)])
        .map(char::from)
        .collect()
}

/// Bytes of hex text; the position of the first character that is no hex, or of the odd end.
pub(crate) fn parse_hex(text: &str) -> Result<Vec<u8>, usize> {
    let characters = text.as_bytes();
    let mut bytes = Vec::with_capacity(characters.len() >> 1);
    for (index, pair) in characters.chunks(2).enumerate() {
        let start = index << 1;
        let [high, low] = pair else { return Err(start) };
        let high = from_char(*high).ok_or(start)?;
        let low = from_char(*low).ok_or(start | 1)?;
        bytes.push(high << 4 | low);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_nibble_is_found_at_its_position() {
        let bytes = [0x12, 0x3a, 0x56];
        assert_eq!(first_non_digit(&bytes, 0, 6), Some(3));
        assert_eq!(first_non_digit(&bytes, 0, 3), None);
        assert_eq!(first_non_digit(&bytes, 4, 6), None);
        assert_eq!(first_non_digit(&bytes, 3, 4), Some(3));
    }

    #[test]
    fn hex_text_round_trips_and_names_the_bad_character() {
        assert_eq!(parse_hex("00fF"), Ok(vec![0, 255]));
        assert_eq!(hex(&[0, 255]), "00ff");
        assert_eq!(parse_hex("00g0"), Err(2));
        assert_eq!(parse_hex("000"), Err(2));
    }
}
