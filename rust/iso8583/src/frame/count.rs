//! The length in front of a frame: how it is written, and what it counts.

use super::header::Wrong;

/// Digits of a length, beyond which no framing of this module goes.
const DIGITS_MAX: usize = 8;

/// How the octets of a length are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Big,
    Little,
    Ascii,
    Ebcdic,
    /// Two decimal digits in an octet.
    Bcd,
    /// Hexadecimal digits as text.
    Hex,
}

/// A length with the octets around it; everything in front of the content of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) coding: Coding,
    /// Octets of the length itself.
    pub(super) octets: usize,
    /// Octets of zero in front of it.
    pub(super) before: usize,
    /// Octets behind it: one of zero, then one with the nibbles of session control.
    pub(super) after: usize,
    /// Whether the length counts all of these octets too.
    pub(super) inclusive: bool,
}

impl Count {
    /// Octets in front of the content.
    pub(super) fn prefix_bytes(&self) -> usize {
        self.before
            .saturating_add(self.octets)
            .saturating_add(self.after)
    }

    /// The octet whose upper nibble says that a frame is one of session control.
    pub(super) fn has_control(&self) -> bool {
        self.after > 0
    }

    fn base(&self) -> usize {
        match self.coding {
            Coding::Big | Coding::Little => 256,
            Coding::Ascii | Coding::Ebcdic => 10,
            Coding::Bcd => 100,
            Coding::Hex => 16,
        }
    }

    /// Octets that the length counts behind the prefix, once the prefix is there.
    pub(super) fn read(&self, octets: &[u8]) -> Result<Option<usize>, Wrong> {
        let Some(prefix) = octets.get(..self.prefix_bytes()) else {
            return Ok(None);
        };
        let (before, length) = prefix.split_at_checked(self.before).unwrap_or((&[], &[]));
        if let Some(place) = before.iter().position(|octet| *octet != 0) {
            return Err((
                "an octet in front of the length is not zero".to_owned(),
                place,
            ));
        }
        let length = length.get(..self.octets).unwrap_or(&[]);
        let mut value = 0_usize;
        for place in 0..self.octets {
            let from = if self.coding == Coding::Little {
                self.octets.saturating_sub(place).saturating_sub(1)
            } else {
                place
            };
            let octet = length.get(from).copied().unwrap_or(0);
            let digit = self.digit(octet).ok_or_else(|| {
                let problem = format!("the length is not written in {}", self.word());
                (problem, self.before.saturating_add(from))
            })?;
            value = value.saturating_mul(self.base()).saturating_add(digit);
        }
        if !self.inclusive {
            return Ok(Some(value));
        }
        let own = self.prefix_bytes();
        match value.checked_sub(own) {
            Some(content) => Ok(Some(content)),
            // idle lines send zeros, whether lengths count themselves or not
            None if value == 0 => Ok(Some(0)),
            None => Err((
                format!("length {value}, which counts its own {own} octets"),
                self.before,
            )),
        }
    }

    fn digit(&self, octet: u8) -> Option<usize> {
        let digit = match self.coding {
            Coding::Big | Coding::Little => octet,
            Coding::Ascii if octet.is_ascii_digit() => octet & 0x0f,
            Coding::Ebcdic if (0xf0..=0xf9).contains(&octet) => octet & 0x0f,
            Coding::Bcd => {
                let (high, low) = (octet >> 4, octet & 0x0f);
                return (high < 10 && low < 10).then(|| {
                    usize::from(high)
                        .saturating_mul(10)
                        .saturating_add(low.into())
                });
            }
            Coding::Hex => {
                let digit = char::from(octet).to_digit(16)?;
                return usize::try_from(digit).ok();
            }
            Coding::Ascii | Coding::Ebcdic => return None,
        };
        Some(usize::from(digit))
    }

    fn word(&self) -> &'static str {
        match self.coding {
            Coding::Big | Coding::Little => "binary",
            Coding::Ascii => "decimal digits",
            Coding::Ebcdic => "EBCDIC digits",
            Coding::Bcd => "packed digits",
            Coding::Hex => "hexadecimal digits",
        }
    }

    /// Append the prefix of `counted` octets; None if the length has no room for the number.
    pub(super) fn write(&self, counted: usize, out: &mut Vec<u8>) -> Option<()> {
        let own = if self.inclusive {
            self.prefix_bytes()
        } else {
            0
        };
        let mut rest = counted.checked_add(own)?;
        let mut digits = [0_u8; DIGITS_MAX];
        let digits = digits.get_mut(..self.octets)?;
        for digit in digits.iter_mut().rev() {
            *digit = self.octet(rest.checked_rem(self.base())?)?;
            rest = rest.checked_div(self.base())?;
        }
        if rest > 0 {
            return None;
        }
        if self.coding == Coding::Little {
            digits.reverse();
        }
        out.resize(out.len().saturating_add(self.before), 0);
        out.extend_from_slice(digits);
        out.resize(out.len().saturating_add(self.after), 0);
        Some(())
    }

    fn octet(&self, digit: usize) -> Option<u8> {
        let value = u8::try_from(digit).ok()?;
        match self.coding {
            Coding::Big | Coding::Little => Some(value),
            Coding::Ascii => Some(value | 0x30),
            Coding::Ebcdic => Some(value | 0xf0),
            Coding::Bcd => Some((value.checked_div(10)? << 4) | value.checked_rem(10)?),
            Coding::Hex => {
                let digit = char::from_digit(value.into(), 16)?;
                u8::try_from(digit.to_ascii_uppercase()).ok()
            }
        }
    }
}
