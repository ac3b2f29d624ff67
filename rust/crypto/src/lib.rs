//! Keyed tokens of card numbers.
