//! Message authentication codes over the exact bytes of a message.

use std::fmt;

use aes::{Aes128, Aes192, Aes256};
use cmac::Cmac;
use cmac::digest::{FixedOutput, KeyInit};
use ctutils::CtEq;
use des::Des;
use des::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt};

/// Fewest bytes of a code that prove anything; a shorter one is guessed too easily.
pub const MAC_LENGTH_MIN: usize = 4;

/// Bytes of a block of DES.
const BLOCK: usize = 8;

/// Whoever can compute codes: a key of this process, or a security module behind a connection.
pub trait Mac {
    /// The whole code of `data`: 8 bytes of a retail MAC, 16 of a CMAC.
    fn compute(&self, data: &[u8]) -> Vec<u8>;

    /// Whether `code` is the code of `data`, or the leftmost bytes of it, at least
    /// `MAC_LENGTH_MIN`. How long this takes tells nothing about the right code.
    fn verify(&self, data: &[u8], code: &[u8]) -> bool {
        let expected = self.compute(data);
        let enough = code.len() >= MAC_LENGTH_MIN;
        let expected = expected.get(..code.len()).filter(|_| enough);
        expected.is_some_and(|expected| expected.ct_eq(code).to_bool())
    }
}

/// How the last block of a retail MAC is filled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Padding {
    /// ISO 9797-1 padding method 1: with zeros, if there is anything to fill.
    #[default]
    Zeros,
    /// ISO 9797-1 padding method 2: with one bit that is set and zeros behind it, always.
    BitAndZeros,
}

/// A key that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MacKeyError {
    /// The lengths that the method has, in words.
    expected: &'static str,
    /// Bytes in the refused key.
    length: usize,
}

impl fmt::Display for MacKeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, length } = self;
        write!(formatter, "MAC key: {length} bytes, {expected} are needed")
    }
}

impl std::error::Error for MacKeyError {}

/// The retail MAC: ISO 9797-1 algorithm 3, also known as ANSI X9.19.
///
/// The message is chained through DES under the first half of the key; the last block is
/// decrypted under the second half and encrypted under the first again. Both key schedules are
/// wiped on drop.
pub struct RetailMac {
    first: Des,
    second: Des,
    padding: Padding,
}

impl RetailMac {
    /// Make a key from 16 bytes; parity bits count for nothing. The caller wipes its own copy.
    pub fn new(key: &[u8], padding: Padding) -> Result<Self, MacKeyError> {
        let expected = "16";
        let wrong = MacKeyError {
            expected,
            length: key.len(),
        };
        let (first, second) = key.split_at_checked(BLOCK).ok_or(wrong)?;
        Ok(Self {
            first: Des::new_from_slice(first).map_err(|_| wrong)?,
            second: Des::new_from_slice(second).map_err(|_| wrong)?,
            padding,
        })
    }

    fn chain(&self, state: &mut Block<Des>, block: &[u8]) {
        for (byte, next) in state.iter_mut().zip(block) {
            *byte ^= next;
        }
        self.first.encrypt_block(state);
    }
}

impl Mac for RetailMac {
    fn compute(&self, data: &[u8]) -> Vec<u8> {
        let mut state = Block::<Des>::default();
        let mut blocks = data.chunks_exact(BLOCK);
        for block in blocks.by_ref() {
            self.chain(&mut state, block);
        }
        let rest = blocks.remainder();
        let mut last = [0_u8; BLOCK];
        for (byte, left) in last.iter_mut().zip(rest) {
            *byte = *left;
        }
        let marked = self.padding == Padding::BitAndZeros;
        if let Some(byte) = last.get_mut(rest.len()).filter(|_| marked) {
            *byte = 0x80;
        }
        if marked || !rest.is_empty() || data.is_empty() {
            self.chain(&mut state, &last);
        }
        self.second.decrypt_block(&mut state);
        self.first.encrypt_block(&mut state);
        state.to_vec()
    }
}

impl fmt::Debug for RetailMac {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RetailMac({:?}, key=****)", self.padding)
    }
}

/// The CMAC of AES, by RFC 4493. Its keyed state is wiped on drop.
pub struct AesCmac(Keyed);

enum Keyed {
    Aes128(Cmac<Aes128>),
    Aes192(Cmac<Aes192>),
    Aes256(Cmac<Aes256>),
}

impl AesCmac {
    /// Make a key from 16, 24 or 32 bytes. The caller wipes its own copy.
    pub fn new(key: &[u8]) -> Result<Self, MacKeyError> {
        let expected = "16, 24 or 32";
        let wrong = MacKeyError {
            expected,
            length: key.len(),
        };
        let keyed = match key.len() {
            16 => Cmac::new_from_slice(key).map(Keyed::Aes128),
            24 => Cmac::new_from_slice(key).map(Keyed::Aes192),
            32 => Cmac::new_from_slice(key).map(Keyed::Aes256),
            _ => return Err(wrong),
        };
        keyed.map(Self).map_err(|_| wrong)
    }
}

impl Mac for AesCmac {
    fn compute(&self, data: &[u8]) -> Vec<u8> {
        match &self.0 {
            Keyed::Aes128(keyed) => code(keyed, data),
            Keyed::Aes192(keyed) => code(keyed, data),
            Keyed::Aes256(keyed) => code(keyed, data),
        }
    }
}

fn code<M: cmac::digest::Mac + FixedOutput + Clone>(keyed: &M, data: &[u8]) -> Vec<u8> {
    keyed
        .clone()
        .chain_update(data)
        .finalize()
        .into_bytes()
        .to_vec()
}

impl fmt::Debug for AesCmac {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AesCmac(key=****)")
    }
}
