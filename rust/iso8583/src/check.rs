//! Whether bytes may stand in a field: digits, characters, classes.

use crate::decode::{Decoder, Outcome};
use crate::encoding::charset::{ALL_NIBBLES, Charset, Class, DIGITS};
use crate::encoding::nibble::{self, ABOVE_NINE};
use crate::encoding::{Coding, Letters};
use crate::error::Fault;
use crate::spec::Definition;

impl Decoder<'_> {
    /// Whether the content may stand in such a field.
    #[inline]
    pub(crate) fn check(&self, definition: &Definition, start: usize, stop: usize) -> Outcome<()> {
        if definition.coding == Coding::Bcd {
            let wrong = match definition.nibbles {
                ALL_NIBBLES => return Ok(()),
                DIGITS => nibble::first_non_digit(self.body, start, stop),
                allowed => nibble::first_not_in(self.body, start, stop, allowed),
            };
            return match wrong {
                None => Ok(()),
                Some(at) => Err(Fault::boxed(at >> 1, definition.wanted(), ABOVE_NINE)),
            };
        }
        match &definition.charset {
            None => Ok(()),
            Some(charset) => self.check_text(definition, charset, start, stop),
        }
    }

    /// The same for what is met seldom, where a copy of the loops would only be in the way.
    #[inline(never)]
    pub(crate) fn check_part(
        &self,
        definition: &Definition,
        start: usize,
        stop: usize,
    ) -> Outcome<()> {
        self.check(definition, start, stop)
    }

    fn check_text(
        &self,
        definition: &Definition,
        charset: &Charset,
        start: usize,
        stop: usize,
    ) -> Outcome<()> {
        let octets = self.body.get(start >> 1..stop >> 1).unwrap_or(&[]);
        let wrong = match definition.coding {
            Coding::Signed(_) => definition.wrong_in_signed(octets),
            Coding::Zoned => Definition::wrong_in_zoned(octets),
            Coding::Text(letters) if definition.class == Class::Signed => {
                octets.iter().enumerate().position(|(place, byte)| {
                    let known = letters != Letters::Ascii || byte.is_ascii();
                    let sign = place == 0 && known && Class::Ans.has(letters.decode(*byte));
                    !sign && !allows(charset, *byte)
                })
            }
            _ => octets.iter().position(|byte| !allows(charset, *byte)),
        };
        match wrong {
            None => Ok(()),
            Some(place) => {
                let at = (start >> 1).saturating_add(place);
                let byte = octets.get(place).copied().unwrap_or(0);
                let kind = definition.coding.letters().kind(byte);
                Err(Fault::boxed(at, definition.wanted(), kind))
            }
        }
    }

    /// Take off what a value was filled up with.
    pub(crate) fn trim(&mut self, index: usize, definition: &Definition) {
        let Some(fill) = definition.trimmed() else {
            return;
        };
        let Some(node) = self.nodes.get_mut(index) else {
            return;
        };
        let body = self.body;
        let step = if definition.coding == Coding::Bcd {
            1
        } else {
            2
        };
        let is_fill = |place: u32| {
            if let Coding::Text(letters) = definition.coding {
                let byte = body.get(place as usize >> 1).copied();
                byte.is_some_and(|byte| letters.decode(byte) == fill.character)
            } else {
                let digit = char::from(nibble::to_char(nibble::at(body, place as usize)));
                digit == fill.character.to_ascii_lowercase()
            }
        };
        while node.start < node.stop {
            let last = node.stop.saturating_sub(step);
            if fill.left && is_fill(node.start) {
                node.start = node.start.saturating_add(step);
            } else if !fill.left && is_fill(last) {
                node.stop = last;
            } else {
                return;
            }
        }
    }

    /// The half-bytes of digits, which were written as so many.
    pub(crate) fn written_digits(
        &self,
        definition: &Definition,
        half_bytes: usize,
    ) -> (usize, usize) {
        let start = usize::from(half_bytes & 1 == 1 && definition.pad.left);
        let stop = start.saturating_add(half_bytes);
        if !definition.pad.taken_off || self.check(definition, start, stop).is_ok() {
            return (start, stop);
        }
        let digits = self.without_pad(definition, start, stop);
        digits.unwrap_or((start, stop))
    }

    /// The half-bytes of packed digits in whole bytes without a pad that is no digit.
    #[cold]
    pub(crate) fn without_pad(
        &self,
        definition: &Definition,
        start: usize,
        stop: usize,
    ) -> Option<(usize, usize)> {
        if !definition.pad.taken_off || start >= stop {
            return None;
        }
        let (pad, digits) = if definition.pad.left {
            (start, (start.saturating_add(1), stop))
        } else {
            let last = stop.saturating_sub(1);
            (last, (start, last))
        };
        let is_pad = nibble::at(self.body, pad) == definition.pad.nibble;
        let clean = self.check(definition, digits.0, digits.1).is_ok();
        (is_pad && clean).then_some(digits)
    }
}

pub(crate) fn allows(charset: &[bool; 256], byte: u8) -> bool {
    charset.get(usize::from(byte)).copied().unwrap_or(false)
}
