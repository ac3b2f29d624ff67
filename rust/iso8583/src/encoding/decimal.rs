//! Length prefixes: counts written as binary, packed digits or characters.

use super::Letters;
use super::charset::Class;
use super::ebcdic::Page;
use super::nibble::{self, ABOVE_NINE};

/// How a count is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrefixCoding {
    /// Big-endian binary.
    Binary,
    /// Packed digits, with a zero on the left of an odd number.
    Bcd,
    /// ASCII digits.
    Ascii,
    /// EBCDIC digits; the same in every page.
    Ebcdic,
    /// Big-endian binary, each byte as two hex characters of ASCII.
    HexAscii,
    /// The same in EBCDIC.
    HexEbcdic,
}

/// A length prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub(crate) coding: PrefixCoding,
    /// Bytes on the wire.
    pub(crate) bytes: usize,
    /// Largest count that it can hold.
    pub(crate) count_max: usize,
}

impl Prefix {
    /// A prefix of `size` bytes (binary and hex) or digits (everything else).
    pub(crate) fn new(coding: PrefixCoding, size: u32) -> Option<Self> {
        if size == 0 || size > 6 {
            return None;
        }
        let decimal_max = 10_usize.checked_pow(size)?.checked_sub(1)?;
        let octets = usize::try_from(size).ok()?;
        let binary_max = 256_usize.checked_pow(size)?.checked_sub(1)?;
        let (bytes, count_max) = match coding {
            PrefixCoding::Binary | PrefixCoding::HexAscii | PrefixCoding::HexEbcdic if size > 4 => {
                return None;
            }
            PrefixCoding::Binary => (octets, binary_max),
            PrefixCoding::HexAscii | PrefixCoding::HexEbcdic => {
                (octets.checked_mul(2)?, binary_max)
            }
            PrefixCoding::Bcd => (octets.div_ceil(2), decimal_max),
            PrefixCoding::Ascii | PrefixCoding::Ebcdic => (octets, decimal_max),
        };
        Some(Self {
            coding,
            bytes,
            count_max,
        })
    }

    /// Whether it is a plain number of one byte or more.
    pub(crate) fn is_binary(&self) -> bool {
        self.coding == PrefixCoding::Binary
    }

    /// The count in exactly `self.bytes` bytes, or None where they are no number.
    #[inline]
    pub(crate) fn read(&self, wire: &[u8]) -> Option<usize> {
        match self.coding {
            PrefixCoding::Binary => Some(
                wire.iter()
                    .fold(0, |count, byte| count << 8 | usize::from(*byte)),
            ),
            PrefixCoding::Bcd => {
                let digits = wire.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
                read_digits(digits.map(Some))
            }
            PrefixCoding::Ascii => read_digits(wire.iter().map(|byte| byte.checked_sub(b'0'))),
            PrefixCoding::Ebcdic => read_digits(wire.iter().map(|byte| byte.checked_sub(0xf0))),
            PrefixCoding::HexAscii => read_hex(wire.iter().map(|byte| nibble::from_char(*byte))),
            PrefixCoding::HexEbcdic => read_hex(wire.iter().map(|byte| nibble::from_ebcdic(*byte))),
        }
    }

    /// What makes bytes that are no number none, for error texts.
    pub(crate) fn fault(&self, wire: &[u8]) -> &'static str {
        let (letters, hex) = match self.coding {
            PrefixCoding::Binary => return "none",
            PrefixCoding::Bcd => return ABOVE_NINE,
            PrefixCoding::Ascii => (Letters::Ascii, false),
            PrefixCoding::Ebcdic => (Letters::Ebcdic(Page::P037), false),
            PrefixCoding::HexAscii => (Letters::Ascii, true),
            PrefixCoding::HexEbcdic => (Letters::Ebcdic(Page::P037), true),
        };
        let class = if hex { Class::Hex } else { Class::N };
        let mut kinds = wire
            .iter()
            .filter(|byte| !class.has(letters.decode(**byte)))
            .map(|byte| letters.kind(*byte));
        kinds.next().unwrap_or("too large a number")
    }

    /// Write the prefix of `count`, which must not exceed `count_max`, into its own bytes.
    pub(crate) fn write(self, count: usize, wire: &mut [u8]) {
        let mut left = count;
        for octet in wire.iter_mut().rev() {
            let low = u8::try_from(left & 0x0f).unwrap_or(0);
            let (value, rest) = match self.coding {
                PrefixCoding::Binary => (left & 0xff, left >> 8),
                PrefixCoding::Bcd => {
                    let (low, high) = (left % 10, left / 10 % 10);
                    (high << 4 | low, left / 100)
                }
                PrefixCoding::Ascii => ((left % 10) | 0x30, left / 10),
                PrefixCoding::Ebcdic => ((left % 10) | 0xf0, left / 10),
                PrefixCoding::HexAscii => (usize::from(nibble::to_upper(low)), left >> 4),
                PrefixCoding::HexEbcdic => (usize::from(nibble::to_ebcdic(low)), left >> 4),
            };
            *octet = u8::try_from(value).unwrap_or(0);
            left = rest;
        }
    }
}

fn read_hex(digits: impl Iterator<Item = Option<u8>>) -> Option<usize> {
    digits.into_iter().try_fold(0_usize, |count, digit| {
        Some(count.checked_mul(16)?.saturating_add(usize::from(digit?)))
    })
}

fn read_digits(digits: impl Iterator<Item = Option<u8>>) -> Option<usize> {
    let mut count = 0_usize;
    for digit in digits {
        let digit = digit.filter(|digit| *digit < 10)?;
        count = count.checked_mul(10)?.checked_add(usize::from(digit))?;
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_coding_reads_what_it_wrote() {
        let codings = [
            PrefixCoding::Binary,
            PrefixCoding::Bcd,
            PrefixCoding::Ascii,
            PrefixCoding::Ebcdic,
            PrefixCoding::HexAscii,
            PrefixCoding::HexEbcdic,
        ];
        for coding in codings {
            for size in 1..=2 {
                let prefix = Prefix::new(coding, size).unwrap();
                for count in [0, 7, 9, 42, 99, 255, 256, 9_999, 65_535] {
                    if count > prefix.count_max {
                        continue;
                    }
                    let mut wire = vec![0; prefix.bytes];
                    prefix.write(count, &mut wire);
                    assert_eq!(
                        prefix.read(&wire),
                        Some(count),
                        "{coding:?} {size} {wire:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn letters_are_no_count() {
        assert_eq!(
            Prefix::new(PrefixCoding::Bcd, 2).unwrap().read(&[0x1a]),
            None
        );
        assert_eq!(
            Prefix::new(PrefixCoding::Ascii, 2).unwrap().read(b"1a"),
            None
        );
        assert_eq!(
            Prefix::new(PrefixCoding::HexAscii, 1).unwrap().read(b"0G"),
            None
        );
        assert_eq!(Prefix::new(PrefixCoding::Binary, 5), None);
    }
}
