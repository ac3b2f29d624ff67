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
}

impl Letters {
    pub(crate) fn decode(self, byte: u8) -> char {
        match self {
            Self::Ascii | Self::Latin1 => char::from(byte),
            Self::Ebcdic(page) => page.decode(byte),
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
        }
    }
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
