//! Bytes that may be card data, wiped when they are dropped.

use std::ops::{Deref, DerefMut};

/// A vector of bytes that is overwritten with zeros before its memory is given back.
///
/// Whole words are written, and a barrier keeps the compiler from leaving that out: a byte at a
/// time, as `zeroize::Zeroizing` does it, takes a tenth of the time of decoding a message.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Wiped(Vec<u8>);

impl Wiped {
    /// Take over bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        // what was cut off or overwritten may still lie behind the end
        self.0.resize(self.0.capacity(), 0);
        self.0.fill(0);
        zeroize::optimization_barrier(self.0.as_slice());
    }
}

impl Deref for Wiped {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Wiped {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl From<Vec<u8>> for Wiped {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}
