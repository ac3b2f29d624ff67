//! The token of a card number: HMAC-SHA-256 over the whole number.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes in a token.
pub const TOKEN_LENGTH: usize = 32;

/// Shortest key accepted, in bytes: 128 bits, so that nobody can try all keys.
pub const KEY_LENGTH_MIN: usize = 16;

/// A key that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKeyError {
    /// The key has fewer bytes than `KEY_LENGTH_MIN`.
    TooShort {
        /// Bytes in the refused key.
        length: usize,
    },
}

impl fmt::Display for TokenKeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::TooShort { length } = self;
        write!(
            formatter,
            "token key: {length} bytes, at least {KEY_LENGTH_MIN} are needed"
        )
    }
}

impl std::error::Error for TokenKeyError {}

/// The key that turns card numbers into tokens.
///
/// A plain digest of a card number can be undone by trying all numbers, so the digest is keyed
/// and the key never meets the database. Only the two keyed hash states are kept, not the key;
/// they are wiped on drop. `key_id` names the key in the card table, so that keys can be rotated.
pub struct TokenKey {
    keyed: Hmac<Sha256>,
    key_id: i16,
}

impl TokenKey {
    /// Make a key from at least `KEY_LENGTH_MIN` bytes. The caller wipes its own copy.
    pub fn new(key: &[u8], key_id: i16) -> Result<Self, TokenKeyError> {
        let too_short = TokenKeyError::TooShort { length: key.len() };
        if key.len() < KEY_LENGTH_MIN {
            return Err(too_short);
        }
        let keyed = Hmac::new_from_slice(key).map_err(|_| too_short)?;
        Ok(Self { keyed, key_id })
    }

    /// The name of this key in the card table.
    pub fn key_id(&self) -> i16 {
        self.key_id
    }

    /// The token of a card number given as its digits, without separators.
    pub fn token(&self, pan: &str) -> [u8; TOKEN_LENGTH] {
        self.digest(pan.as_bytes())
    }

    /// The keyed hash of anything. What is no card number should begin with a word of its purpose.
    pub fn digest(&self, data: &[u8]) -> [u8; TOKEN_LENGTH] {
        let mut state = self.keyed.clone();
        state.update(data);
        state.finalize().into_bytes().into()
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TokenKey(key_id={}, key=****)", self.key_id)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::{KEY_LENGTH_MIN, TokenKey, TokenKeyError};

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }

    /// RFC 4231, every case whose key is not below our minimum: 1, 3, 4, 6 and 7.
    #[test]
    fn tokens_are_hmac_sha_256_as_in_rfc_4231() {
        let ascending: Vec<u8> = (1..=25).collect();
        let cases: [(&[u8], &[u8], &str); 5] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                &[0xaa; 20],
                &[0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
            (
                &ascending,
                &[0xcd; 50],
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                &[0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than \
                  block-size data. The key needs to be hashed before being used by the HMAC \
                  algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, data, expected) in cases {
            assert_eq!(hex(&TokenKey::new(key, 1).unwrap().digest(data)), expected);
        }
    }

    #[test]
    fn a_key_below_the_minimum_is_refused_with_its_length() {
        let error = TokenKey::new(&[7; KEY_LENGTH_MIN - 1], 1).unwrap_err();
        assert_eq!(
            error,
            TokenKeyError::TooShort {
                length: KEY_LENGTH_MIN - 1
            }
        );
        assert!(error.to_string().contains("at least 16"));
    }

    #[test]
    fn debug_prints_the_key_id_and_no_key() {
        let key = TokenKey::new(b"abcdefghijklmnop", 3).unwrap();
        assert_eq!(format!("{key:?}"), "TokenKey(key_id=3, key=****)");
        assert_eq!(key.key_id(), 3);
    }

    proptest! {
        #[test]
        fn the_token_depends_on_every_digit(pan in "[0-9]{12,19}", index in 0usize..12) {
            let key = TokenKey::new(&[9; 32], 1).unwrap();
            let mut other: Vec<u8> = pan.bytes().collect();
            other[index] = b'0' + (other[index] - b'0' + 1) % 10;
            let other = String::from_utf8(other).unwrap();
            prop_assert_eq!(key.token(&pan), key.token(&pan));
            prop_assert_ne!(key.token(&pan), key.token(&other));
        }
    }
}
