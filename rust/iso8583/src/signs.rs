//! What may stand in a field, and where the digits of signed numbers lie.

use crate::check::allows;
use crate::encoding::charset::{Class, DIGITS};
use crate::encoding::{Coding, Letters, nibble};
use crate::spec::{Definition, Length};

impl Definition {
    /// What may stand in it, for error texts.
    pub(crate) fn wanted(&self) -> &'static str {
        match (self.coding, self.nibbles) {
            (Coding::Bcd, DIGITS) | (Coding::Zoned, _) => "decimal digits",
            (Coding::Bcd | Coding::Binary, _) => "hex digits",
            (Coding::Hex(_), _) => Class::Hex.words(),
            (Coding::Signed(_), _) => Class::Signed.words(),
            (Coding::Text(Letters::Ascii), _) if self.class == Class::Any => "ASCII characters",
            (Coding::Text(_), _) => self.class.words(),
        }
    }

    /// The place of the first byte that is wrong: behind the sign are digits.
    pub(crate) fn wrong_in_signed(&self, octets: &[u8]) -> Option<usize> {
        let (sign, digits) = octets.split_first()?;
        let charset = self.charset.as_ref();
        if charset.is_some_and(|charset| !allows(charset, *sign)) {
            return Some(0);
        }
        let stop = digits.len().saturating_mul(2);
        let (from, to) = self.signed_digits(stop);
        nibble::first_not_in(digits, from, to, DIGITS).map(|at| (at >> 1).saturating_add(1))
    }

    /// Which half-bytes behind the sign are digits, and not the pad.
    pub(crate) fn signed_digits(&self, half_bytes: usize) -> (usize, usize) {
        let odd = matches!(self.length, Length::Fixed(units) if units & 1 == 0);
        match (odd, self.pad.left) {
            (false, _) => (0, half_bytes),
            (true, true) => (1, half_bytes),
            (true, false) => (0, half_bytes.saturating_sub(1)),
        }
    }

    /// The place of the first byte that is wrong: the last digit may have another zone.
    pub(crate) fn wrong_in_zoned(octets: &[u8]) -> Option<usize> {
        let (last, digits) = octets.split_last()?;
        let plain = |byte: &u8| (0xf0..=0xf9).contains(byte);
        let signed = matches!(last >> 4, 0x0c | 0x0d | 0x0f) && last & 0x0f < 10;
        digits
            .iter()
            .position(|byte| !plain(byte))
            .or((!signed).then_some(digits.len()))
    }
}
