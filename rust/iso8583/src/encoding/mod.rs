//! How characters and digits lie in bytes.

pub(crate) mod decimal;
pub(crate) mod ebcdic;
pub(crate) mod nibble;

use ebcdic::Page;

/// How the content of a field is coded, apart from its length prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Two digits in a byte.
    Bcd,
    /// Any bytes; their text is hex.
    Binary,
    /// One ASCII character in a byte.
    Ascii,
    /// One EBCDIC character in a byte.
    Ebcdic(Page),
}

impl Coding {
    /// Whether the text of this coding shows half-bytes.
    pub(crate) fn is_nibbles(self) -> bool {
        matches!(self, Self::Bcd | Self::Binary)
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
    /// Half-bytes of one unit.
    pub(crate) fn half_bytes(self) -> usize {
        match self {
            Self::Digits | Self::Nibbles => 1,
            Self::Bytes | Self::Chars => 2,
        }
    }

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
