//! Which characters may stand in a text.

use super::Letters;

/// For each byte whether it may stand in a field.
pub(crate) type Charset = [bool; 256];

/// A class of characters, as ISO 8583 names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Digits.
    N,
    /// Letters.
    A,
    /// Letters and digits.
    An,
    /// Letters and special characters.
    As,
    /// Digits and special characters.
    Ns,
    /// Letters, digits and special characters.
    Ans,
    /// Letters, digits and blanks.
    Anp,
    /// Digits and the separators of track data.
    Z,
    /// Hex digits.
    Hex,
    /// A sign, then digits.
    Signed,
    /// Everything.
    Any,
}

/// The words of `class`, for error texts.
pub(crate) const CLASSES: &str = "n, a, an, as, ns, ans, anp, z, h, b, x+n";

impl Class {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "n" => Self::N,
            "a" => Self::A,
            "an" => Self::An,
            "as" => Self::As,
            "ns" => Self::Ns,
            "ans" => Self::Ans,
            "anp" => Self::Anp,
            "z" => Self::Z,
            "h" => Self::Hex,
            "b" => Self::Any,
            "x+n" => Self::Signed,
            _ => return None,
        })
    }

    /// What error texts call the characters of this class.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::N => "decimal digits",
            Self::A => "letters",
            Self::An => "letters and digits",
            Self::As => "letters and special characters",
            Self::Ns => "digits and special characters",
            Self::Ans => "graphic characters and blanks",
            Self::Anp => "letters, digits and blanks",
            Self::Z => "digits and track separators",
            Self::Hex => "hex digits",
            Self::Signed => "a sign and decimal digits",
            Self::Any => "characters of its set",
        }
    }

    /// Whether a character belongs to the class; of a sign, what may follow it.
    pub(crate) fn has(self, character: char) -> bool {
        let digit = character.is_ascii_digit();
        let letter = character.is_alphabetic();
        let graphic = !character.is_control();
        match self {
            Self::N | Self::Signed => digit,
            Self::A => letter || character == ' ',
            Self::An | Self::Anp => letter || digit || character == ' ',
            Self::As => graphic && !digit,
            Self::Ns => graphic && !letter,
            Self::Ans => graphic,
            Self::Z => {
                digit
                    || matches!(
                        character,
                        '=' | '^' | 'D' | 'd' | '?' | ';' | ':' | '<' | '>'
                    )
            }
            Self::Hex => character.is_ascii_hexdigit(),
            Self::Any => true,
        }
    }

    /// The nibbles of packed digits that the class allows, as bits; None where none are packed.
    pub(crate) fn nibbles(self) -> Option<u16> {
        match self {
            Self::N | Self::Signed => Some(DIGITS),
            Self::Z => Some(DIGITS | 1 << 0xd),
            Self::Hex | Self::Any => Some(ALL_NIBBLES),
            _ => None,
        }
    }

    /// The bytes that stand for characters of the class.
    pub(crate) fn table(self, letters: Letters) -> Charset {
        let mut table = [false; 256];
        for (slot, byte) in table.iter_mut().zip(0_u8..=255) {
            let known = letters != Letters::Ascii || byte.is_ascii();
            *slot = known && self.has(letters.decode(byte));
        }
        table
    }
}

/// The nibbles 0 to 9, as bits.
pub(crate) const DIGITS: u16 = 0x03ff;
/// Every nibble.
pub(crate) const ALL_NIBBLES: u16 = 0xffff;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::ebcdic::Page;

    #[test]
    fn classes_are_the_same_characters_in_every_coding() {
        let ascii = Class::An.table(Letters::Ascii);
        let ebcdic = Class::An.table(Letters::Ebcdic(Page::P037));
        assert!(ascii[usize::from(b'Z')] && !ascii[usize::from(b'-')] && !ascii[0xc1]);
        assert!(ebcdic[0xc1] && ebcdic[0xf9] && !ebcdic[0x60]);
        assert!(!Class::N.table(Letters::Latin1)[usize::from(b' ')]);
    }

    #[test]
    fn packed_digits_know_the_classes_that_nibbles_can_hold() {
        assert_eq!(Class::N.nibbles(), Some(DIGITS));
        assert_eq!(Class::Z.nibbles(), Some(0x23ff));
        assert_eq!(Class::Ans.nibbles(), None);
    }
}
