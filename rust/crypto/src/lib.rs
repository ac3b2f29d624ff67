//! Keyed tokens of card numbers, and the type that holds one in the clear.
//!
//! A card number leaves this layer in two forms only: the token, which finds the card without
//! telling its number, and the masked form that the network crate makes. See `TokenKey`.

#![forbid(unsafe_code)]

mod secret;
mod token;

pub use secret::Secret;
pub use token::{KEY_LENGTH_MIN, TOKEN_LENGTH, TokenKey, TokenKeyError};
