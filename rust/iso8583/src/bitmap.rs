//! The bits of a bitmap, first bit first.

/// The numbers (from 1) of the bits set in one word, lowest number first.
pub(crate) struct Bits {
    left: u64,
}

impl Iterator for Bits {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        let zeros = self.left.leading_zeros();
        self.left &= !(FIRST >> zeros);
        usize::try_from(zeros).ok()?.checked_add(1)
    }
}

/// Bit 1 of a word.
pub(crate) const FIRST: u64 = 1 << 63;

pub(crate) fn bits(word: u64) -> Bits {
    Bits { left: word }
}

/// Up to eight bytes as the leading bits of a word.
pub(crate) fn word(bytes: &[u8]) -> u64 {
    if let Ok(eight) = <[u8; 8]>::try_from(bytes) {
        return u64::from_be_bytes(eight);
    }
    let mut padded = [0; 8];
    for (to, from) in padded.iter_mut().zip(bytes) {
        *to = *from;
    }
    u64::from_be_bytes(padded)
}

/// The word with bit `number` (from 1) set.
pub(crate) fn with(word: u64, number: usize) -> u64 {
    let shift = u32::try_from(number.saturating_sub(1)).unwrap_or(u32::MAX);
    word | FIRST.checked_shr(shift).unwrap_or(0)
}

/// Whether bit `number` (from 1) of several words is set.
pub(crate) fn is_set(words: &[u64; 3], number: usize) -> bool {
    let index = number.saturating_sub(1);
    let word = words.get(index >> 6).copied().unwrap_or(0);
    let shift = u32::try_from(index & 63).unwrap_or(0);
    word & FIRST.wrapping_shr(shift) != 0
}

/// Set the bits of `word` so that its first one becomes bit `from` + 1.
pub(crate) fn put(words: &mut [u64; 3], from: usize, word: u64) {
    let shift = u32::try_from(from & 63).unwrap_or(0);
    let place = from >> 6;
    if let Some(slot) = words.get_mut(place) {
        *slot |= word.wrapping_shr(shift);
    }
    if shift > 0
        && let Some(slot) = words.get_mut(place.saturating_add(1))
    {
        *slot |= word.wrapping_shl(64_u32.saturating_sub(shift));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_in_ascending_order_and_set_the_same_word_again() {
        let octets = [0xf2, 0x3c, 0x04, 0x80, 0x0a, 0xe0, 0x00, 0x01];
        let numbers: Vec<usize> = bits(word(&octets)).collect();
        assert_eq!(
            numbers,
            [
                1, 2, 3, 4, 7, 11, 12, 13, 14, 22, 25, 37, 39, 41, 42, 43, 64
            ]
        );
        assert_eq!(
            numbers
                .iter()
                .fold(0, |all, bit| with(all, *bit))
                .to_be_bytes(),
            octets
        );
    }

    #[test]
    fn a_word_is_put_across_two() {
        let mut words = [0; 3];
        put(&mut words, 24, u64::MAX << 40);
        put(&mut words, 48, u64::MAX << 40);
        assert_eq!(words, [0x0000_00ff_ffff_ffff, 0xff00_0000_0000_0000, 0]);
        assert!(is_set(&words, 25) && is_set(&words, 72) && !is_set(&words, 73));
    }

    #[test]
    fn three_bytes_are_the_first_24_bits() {
        assert_eq!(bits(word(&[0x80, 0, 1])).collect::<Vec<_>>(), [1, 24]);
    }
}
