//! Keyed tokens of card numbers.
//!
//! A card number leaves the Rust side in two forms only: the token, which finds the card without
//! telling its number, and the masked form that the network crate makes. See `TokenKey`.

#![forbid(unsafe_code)]

mod token;

pub use token::{KEY_LENGTH_MIN, TOKEN_LENGTH, TokenKey, TokenKeyError};
