//! Inputs by chance: mutations of seeds, spliced seeds, and bytes out of nothing.

use crate::Seeds;

/// Longest input; the longest body that is decoded, and one more than it.
const LENGTH_MAX: usize = 65_536;

/// Bytes in front that targets choose by.
const FRONT: usize = 5;

const INTERESTING: [u8; 12] = [
    0x00, 0x01, 0x0d, 0x10, 0x30, 0x40, 0x7f, 0x80, 0x99, 0xf0, 0xfe, 0xff,
];

/// A small generator of numbers (splitmix64), so that a seed and a count name an input.
pub struct Mutator(u64);

impl Mutator {
    /// The generator of one input of a run.
    pub fn of(seed: u64, index: u64) -> Self {
        Self(seed.rotate_left(32) ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit; 0 below 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % limit).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// An input made from seeds.
    pub fn input(&mut self, seeds: &Seeds) -> Vec<u8> {
        let mut input = seeds.any(self).to_vec();
        match self.below(400) {
            // nothing known in it
            0..16 => {
                let length = self.below(600);
                input = (0..length).map(|_| self.byte()).collect();
            }
            // as long as can be
            16 => {
                while input.len() < LENGTH_MAX && !input.is_empty() {
                    input.extend_from_within(..);
                }
                input.truncate(LENGTH_MAX + 1);
            }
            // the front of one and the back of another
            17..60 => {
                let other = seeds.any(self);
                let (front, back) = (self.below(input.len() + 1), self.below(other.len() + 1));
                input.truncate(front);
                input.extend_from_slice(&other[back..]);
            }
            _ => {}
        }
        // what chooses stands in front, and changed alone it leaves the rest readable
        if self.below(4) == 0 && input.len() > FRONT {
            let place = self.below(FRONT);
            input[place] = self.byte();
            return input;
        }
        for _ in 0..=self.below(3) {
            self.change(&mut input);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let place = self.below(input.len());
        let stop = place + self.below((input.len() - place).min(32) + 1);
        match self.below(9) {
            _ if input.is_empty() => input.push(self.byte()),
            0 => input[place] ^= 1 << self.below(8),
            1 => input[place] = self.byte(),
            2 => input[place] = INTERESTING[self.below(INTERESTING.len())],
            3 => input[place] = input[place].wrapping_add(1),
            4 => input[place] = input[place].wrapping_sub(1),
            5 => input.insert(place, self.byte()),
            6 => drop(input.drain(place..stop)),
            7 => {
                let copied = input[place..stop].to_vec();
                input.splice(place..place, copied);
            }
            _ => input.truncate(place),
        }
    }
}
