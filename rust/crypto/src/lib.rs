//! Keyed tokens of card numbers, and authentication codes of messages.
//!
//! A card number leaves the Rust side in two forms only: the token, which finds the card without
//! telling its number, and the masked form that the network crate makes. See `TokenKey`.
//! Codes prove that the bytes of a message are the sender's. See `Mac`.

#![forbid(unsafe_code)]

mod mac;
mod token;

pub use mac::{AesCmac, MAC_LENGTH_MIN, Mac, MacKeyError, Padding, RetailMac};
pub use token::{KEY_LENGTH_MIN, TOKEN_LENGTH, TokenKey, TokenKeyError};
