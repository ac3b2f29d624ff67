//! Card numbers of nobody in place of those of somebody.

use zeroize::Zeroizing;

use crate::sheet::Sheet;

/// The digits that name the issuer and stay.
const KEPT: usize = 6;
/// Lengths of card numbers that keep them; of a shorter one too little would change.
const PAN_LENGTHS: std::ops::RangeInclusive<usize> = 13..=19;
/// Fewest digits that are looked for outside the fields of card numbers. Fewer could be there by
/// chance.
const SOUGHT_LENGTH_MIN: usize = 12;
/// The same for what follows the issuer's digits.
const ACCOUNT_LENGTH_MIN: usize = 9;
/// Fewest different digits of what is looked for: a row of zeros is everywhere.
const DIFFERENT_MIN: usize = 3;
/// Digits of a byte of the hash: 250 values that are spread evenly.
const FAIR: u8 = 250;
/// How often what was replaced is looked through again, since places may overlap.
const PASSES_MAX: usize = 4;
/// Most digits of a track behind its separator, for a card number of 13 digits.
const TRACK_LENGTH_MAX: usize = 23;
/// The characters `=`, `D` and `d` in ASCII and EBCDIC.
const SEPARATORS: [u8; 6] = [b'=', b'D', b'd', 0x7e, 0xc4, 0x84];
/// Keys may serve other purposes: what is hashed here begins with this.
const PURPOSE: &[u8] = b"redacted card number\0";

type Digits = Zeroizing<Vec<char>>;

/// A keyed function from card numbers to others, and the pairs that came up.
pub(crate) struct Pseudonyms<'a> {
    keyed: &'a dyn Fn(&[u8]) -> [u8; 32],
    /// Digits that must not be left anywhere, and those to put in their place.
    pairs: Vec<(Digits, Digits)>,
}

impl<'a> Pseudonyms<'a> {
    pub(crate) fn new(keyed: &'a dyn Fn(&[u8]) -> [u8; 32]) -> Self {
        Self {
            keyed,
            pairs: Vec::new(),
        }
    }

    /// Other digits for those of a card number. Zeros in front fill it up and stay.
    pub(crate) fn of(&mut self, digits: &[char]) -> Digits {
        let zeros = digits.iter().take_while(|digit| **digit == '0').count();
        let own = digits.get(zeros..).unwrap_or(&[]);
        if own.is_empty() || !PAN_LENGTHS.contains(&own.len()) {
            let other = self.other(digits, 0);
            self.remember(digits, &other, 0);
            return other;
        }
        let other = self.other(own, KEPT);
        self.remember(own, &other, KEPT);
        let filled = std::iter::repeat_n('0', zeros).chain(other.iter().copied());
        Zeroizing::new(filled.collect())
    }

    fn other(&self, digits: &[char], kept: usize) -> Digits {
        let mut attempt = 0_u8;
        loop {
            let mut other = Zeroizing::new(digits.get(..kept).unwrap_or(&[]).to_vec());
            let fresh = digits.len().saturating_sub(kept);
            other.extend_from_slice(&self.stream(digits, attempt, fresh));
            if digits.len() > 1 {
                other.pop();
                let last = check_digit(&other);
                other.push(last);
            }
            // a single digit may have no other that differs
            if other.as_slice() != digits || attempt == u8::MAX {
                return other;
            }
            attempt = attempt.saturating_add(1);
        }
    }

    fn stream(&self, digits: &[char], attempt: u8, count: usize) -> Digits {
        let mut found = Zeroizing::new(Vec::with_capacity(count));
        let mut block = 0_u32;
        while found.len() < count {
            let mut text = Zeroizing::new(PURPOSE.to_vec());
            text.push(attempt);
            text.extend_from_slice(&block.to_be_bytes());
            text.extend(digits.iter().filter_map(|it| u8::try_from(*it).ok()));
            let hash = (self.keyed)(&text);
            let fair = hash.into_iter().filter(|byte| *byte < FAIR);
            let fresh = fair.map(|byte| char::from(b'0'.wrapping_add(byte.wrapping_rem(10))));
            let missing = count.saturating_sub(found.len());
            found.extend(fresh.take(missing));
            block = block.wrapping_add(1);
        }
        found
    }

    fn remember(&mut self, digits: &[char], other: &[char], kept: usize) {
        let account = (digits.get(kept..), other.get(kept..));
        for ((old, new), least) in [
            ((Some(digits), Some(other)), SOUGHT_LENGTH_MIN),
            (account, ACCOUNT_LENGTH_MIN),
        ] {
            let (old, new) = (old.unwrap_or(&[]), new.unwrap_or(&[]));
            let known = self.pairs.iter().any(|(known, _)| known.as_slice() == old);
            if old.len() >= least && !known && different(old) >= DIFFERENT_MIN {
                let pair = (Zeroizing::new(old.to_vec()), Zeroizing::new(new.to_vec()));
                self.pairs.push(pair);
            }
        }
        // the longest first, or its end would be replaced before it is found
        self.pairs
            .sort_by_key(|(digits, _)| std::cmp::Reverse(digits.len()));
    }

    /// Replace the card numbers that came up wherever they stand behind byte `from`: in
    /// half-bytes, as characters of any code, as hex text of those. What follows one as the rest
    /// of a track, within the value it stands in, becomes zeros. Says whether none is left.
    /// `values` are the half-bytes of values that have nothing inside.
    pub(crate) fn replace_everywhere(
        &self,
        sheet: &mut Sheet,
        from: usize,
        values: &[(usize, usize)],
    ) -> bool {
        (0..PASSES_MAX).any(|_| {
            let mut found = false;
            for (digits, other) in &self.pairs {
                for step in [1, 2, 4] {
                    for behind in replace(sheet, from.saturating_mul(2), digits, other, step) {
                        found = true;
                        let within =
                            |(start, stop): &&(usize, usize)| (*start..*stop).contains(&behind);
                        if let Some((_, stop)) = values.iter().find(within) {
                            blank_track(sheet, behind, *stop, step);
                        }
                    }
                }
            }
            !found
        })
    }
}

/// Digits lie in every half-byte, in that of each character, or in that of each second one. Gives
/// the places behind what was replaced.
fn replace(
    sheet: &mut Sheet,
    from: usize,
    digits: &[char],
    other: &[char],
    step: usize,
) -> Vec<usize> {
    let end = sheet.body().len().saturating_mul(2);
    let width = digits.len().saturating_mul(step);
    let span = width.saturating_sub(step).saturating_add(1);
    let value = |digit: &char| digit.to_digit(10).and_then(|it| u8::try_from(it).ok());
    let wanted: Zeroizing<Vec<u8>> = Zeroizing::new(digits.iter().filter_map(value).collect());
    let mut found = Vec::new();
    for start in from..end.saturating_sub(span).saturating_add(1) {
        let places = || (start..end).step_by(step);
        let mut pairs = wanted.iter().zip(places());
        if !pairs.all(|(digit, at)| sheet.half(at) == *digit) {
            continue;
        }
        for (digit, at) in other.iter().filter_map(value).zip(places()) {
            sheet.put(at, digit);
        }
        found.push(start.saturating_add(width));
    }
    found
}

/// Zeros for the digits behind a separator at `at`: expiry, service code, discretionary data.
fn blank_track(sheet: &mut Sheet, at: usize, end: usize, step: usize) {
    let is_digit = |sheet: &Sheet, at: usize| match step {
        1 => sheet.half(at) < 10,
        _ => matches!(sheet.byte(at >> 1), b'0'..=b'9' | 0xf0..=0xf9),
    };
    let separates = match step {
        1 => sheet.half(at) == 0x0d,
        // as text the separator is = or D; the digits are in the second half of each byte
        2 if at & 1 == 1 => SEPARATORS.contains(&sheet.byte(at >> 1)),
        _ => false,
    };
    let behind = (at.saturating_add(step)..end).step_by(step);
    for place in behind.take(TRACK_LENGTH_MAX).filter(|_| separates) {
        if !is_digit(sheet, place) {
            break;
        }
        sheet.put(place, 0);
    }
}

fn different(digits: &[char]) -> usize {
    let mut sorted = Zeroizing::new(digits.to_vec());
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len()
}

/// The last digit of a card number by those in front of it (ISO/IEC 7812-1).
fn check_digit(digits: &[char]) -> char {
    let doubled = [2_u32, 1].into_iter().cycle();
    let sum = digits
        .iter()
        .rev()
        .zip(doubled)
        .fold(0_u32, |sum, (digit, factor)| {
            let product = digit.to_digit(10).unwrap_or(0).saturating_mul(factor);
            let cross = product
                .wrapping_div(10)
                .wrapping_add(product.wrapping_rem(10));
            sum.wrapping_add(cross)
        });
    let digit = 10_u32.wrapping_sub(sum.wrapping_rem(10)).wrapping_rem(10);
    char::from_digit(digit, 10).unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(digits: &[char]) -> String {
        digits.iter().collect()
    }

    fn other(digits: &str) -> String {
        let keyed = |data: &[u8]| {
            let mut hash = [7_u8; 32];
            for (place, byte) in data.iter().enumerate() {
                let slot = &mut hash[(place * 11) % 32];
                *slot = slot.wrapping_mul(31).wrapping_add(*byte);
            }
            hash
        };
        let digits: Vec<char> = digits.chars().collect();
        text(&Pseudonyms::new(&keyed).of(&digits))
    }

    #[test]
    fn the_check_digit_is_that_of_known_numbers() {
        for number in ["4111111111111111", "4000000000000002", "5500005555555559"] {
            let (digits, last) = number.split_at(15);
            let digits: Vec<char> = digits.chars().collect();
            assert_eq!(check_digit(&digits).to_string(), last);
        }
    }

    #[test]
    fn a_card_number_keeps_its_issuer_its_length_and_its_zeros_in_front() {
        let replaced = other("4567890123456783");
        assert_eq!(replaced.len(), 16);
        assert_eq!(replaced.get(..6), Some("456789"));
        assert_ne!(replaced, "4567890123456783");
        let digits: Vec<char> = replaced.chars().collect();
        assert_eq!(check_digit(&digits[..15]), digits[15]);
        assert_eq!(other("0004567890123456783"), format!("000{replaced}"));
        assert_eq!(other("4567890123456783"), replaced);
    }

    #[test]
    fn a_short_number_keeps_nothing() {
        let replaced = other("456789012345");
        assert_eq!(replaced.len(), 12);
        assert_ne!(replaced.get(..6), Some("456789"));
    }
}
