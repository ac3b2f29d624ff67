//! How characters and digits lie in bytes.

pub(crate) mod charset;
pub(crate) mod decimal;
pub(crate) mod ebcdic;
pub(crate) mod nibble;

use ebcdic::Page;

/// How characters of one byte each are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letters {
    /// Bytes below 128.
    Ascii,
    /// Every byte is the Unicode character of its number.
    Latin1,
    Ebcdic(Page),
    /// ASCII, with characters of their own for the bytes from 128 on.
    LosslessAscii,
    /// A set with stand-ins for what it does not have.
    Replacing(Basis),
}

/// A set of characters that has stand-ins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Basis {
    Ascii,
    Latin1,
    Ebcdic(Page),
}

/// What is done with bytes and characters that a set does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unmapped {
    /// They are a fault.
    Strict,
    /// Bytes are shown as U+FFFD, characters are written as question marks.
    Replace,
    /// Bytes are shown as characters of the private area, which are written as those bytes.
    Lossless,
}

/// The private character of byte 0; those of bytes from 128 on are what the WHATWG's encoding
/// standard calls x-user-defined.
const PRIVATE: u32 = 0xf700;
/// What stands for a byte without a character.
const REPLACEMENT: char = '\u{fffd}';
/// What stands for a character without a byte.
const SUBSTITUTE: char = '?';

impl Letters {
    pub(crate) fn decode(self, byte: u8) -> char {
        match self {
            Self::Ascii | Self::Latin1 => char::from(byte),
            Self::Ebcdic(page) => page.decode(byte),
            Self::LosslessAscii => private(byte),
            Self::Replacing(Basis::Ascii) if !byte.is_ascii() => REPLACEMENT,
            Self::Replacing(basis) => basis.letters().decode(byte),
        }
    }

    /// The same set with another policy.
    pub(crate) fn with(self, unmapped: Unmapped) -> Self {
        let basis = match self {
            Self::Ascii | Self::LosslessAscii => Basis::Ascii,
            Self::Latin1 => Basis::Latin1,
            Self::Ebcdic(page) => Basis::Ebcdic(page),
            Self::Replacing(basis) => basis,
        };
        match (unmapped, basis) {
            (Unmapped::Replace, _) => Self::Replacing(basis),
            // the other sets have a character for every byte
            (Unmapped::Lossless, Basis::Ascii) => Self::LosslessAscii,
            _ => basis.letters(),
        }
    }

    /// What a byte is, for error texts: a kind of character, but never which one.
    pub(crate) fn kind(self, byte: u8) -> &'static str {
        match (self, byte) {
            (Self::Ascii, 0xf0..=0xf9) => "what is a digit in EBCDIC, not in ASCII",
            (Self::Ascii, 0x80..) => "a byte that is no ASCII character",
            (Self::Ebcdic(_), b'0'..=b'9') => "what is a digit in ASCII, not in EBCDIC",
            _ => match self.decode(byte) {
                ' ' => "a blank",
                character if character.is_ascii_digit() => "a digit",
                character if character.is_alphabetic() => "a letter",
                character if character.is_control() => "a control character",
                _ => "a special character",
            },
        }
    }

    pub(crate) fn encode(self, character: char) -> Option<u8> {
        match self {
            Self::Ascii => u8::try_from(u32::from(character)).ok().filter(u8::is_ascii),
            Self::Latin1 => u8::try_from(u32::from(character)).ok(),
            Self::Ebcdic(page) => page.encode(character),
            Self::LosslessAscii => u8::try_from(u32::from(character))
                .ok()
                .filter(u8::is_ascii)
                .or_else(|| private_byte(character)),
            Self::Replacing(basis) => {
                let letters = basis.letters();
                letters
                    .encode(character)
                    .or_else(|| letters.encode(SUBSTITUTE))
            }
        }
    }
}

impl Basis {
    fn letters(self) -> Letters {
        match self {
            Self::Ascii => Letters::Ascii,
            Self::Latin1 => Letters::Latin1,
            Self::Ebcdic(page) => Letters::Ebcdic(page),
        }
    }
}

fn private(byte: u8) -> char {
    if byte.is_ascii() {
        return char::from(byte);
    }
    char::from_u32(PRIVATE | u32::from(byte)).unwrap_or(REPLACEMENT)
}

fn private_byte(character: char) -> Option<u8> {
    let byte = u32::from(character).checked_sub(PRIVATE)?;
    u8::try_from(byte).ok().filter(|byte| !byte.is_ascii())
}

/// How the content of a field is coded, apart from its length prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Two digits in a byte.
    Bcd,
    /// Any bytes; their text is hex.
    Binary,
    /// One character in a byte.
    Text(Letters),
    /// Each byte of the value is written as two hex characters.
    Hex(Letters),
    /// One character, then packed digits: amounts of class x+n.
    Signed(Letters),
    /// EBCDIC digits whose last one carries the sign in its zone.
    Zoned,
}

impl Coding {
    /// Whether the text of this coding shows half-bytes.
    pub(crate) fn is_nibbles(self) -> bool {
        matches!(self, Self::Bcd | Self::Binary)
    }

    /// The characters that it is written in, where it is.
    pub(crate) fn letters(self) -> Letters {
        match self {
            Self::Text(letters) | Self::Hex(letters) | Self::Signed(letters) => letters,
            Self::Zoned => Letters::Ebcdic(Page::P037),
            Self::Bcd | Self::Binary => Letters::Latin1,
        }
    }

    /// What lies inside such a field, for the parts that do not say it themselves.
    pub(crate) fn inside(self) -> Self {
        match self {
            Self::Hex(_) => Self::Binary,
            other => other,
        }
    }

    /// Half-bytes on the wire of one unit.
    pub(crate) fn half_bytes(self, unit: Unit) -> usize {
        match (self, unit) {
            (Self::Hex(_), Unit::Bytes) => 4,
            (Self::Bcd | Self::Binary, Unit::Digits | Unit::Nibbles) => 1,
            _ => 2,
        }
    }
}

/// What a length counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Half-bytes that hold decimal digits.
    Digits,
    /// Half-bytes of any value.
    Nibbles,
    /// Bytes.
    Bytes,
    /// Characters of one byte each.
    Chars,
}

impl Unit {
    /// A number of units, for error texts.
    pub(crate) fn count(self, number: usize) -> String {
        let word = self.word();
        let word = if number == 1 {
            word.trim_end_matches('s')
        } else {
            word
        };
        format!("{number} {word}")
    }

    /// The word used in error texts.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Nibbles => "nibbles",
            Self::Bytes => "bytes",
            Self::Chars => "characters",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lossless_set_has_a_character_for_every_byte_and_a_replacing_one_a_stand_in() {
        let lossless = Letters::Ascii.with(Unmapped::Lossless);
        for byte in 0..=255 {
            assert_eq!(lossless.encode(lossless.decode(byte)), Some(byte));
        }
        assert_eq!(lossless.decode(0x80), '\u{f780}');
        assert_eq!(lossless.encode('\u{f741}'), None);
        let replacing = Letters::Ebcdic(Page::P500).with(Unmapped::Replace);
        assert_eq!(replacing.encode('\u{20ac}'), Some(0x6f));
        assert_eq!(
            Letters::Ascii.with(Unmapped::Replace).decode(0x80),
            '\u{fffd}'
        );
        assert_eq!(replacing.with(Unmapped::Strict).encode('\u{20ac}'), None);
    }
}
