//! What is fuzzed: plain functions that take any bytes, and panic on what must never happen.
//!
//! Each says whether the bytes were accepted, so that a run can tell how deep it went.

mod messages;
mod mutation;
mod seeds;
mod streams;
mod text;

pub use messages::{decode, decode_encode};
pub use mutation::Mutator;
pub use seeds::Seeds;
pub use streams::frame;
pub use text::specification;

/// One target with its limits.
pub struct Target {
    /// As on the command line.
    pub name: &'static str,
    /// Gives whether the bytes were accepted.
    pub run: fn(&[u8]) -> bool,
    /// Bytes that may be allocated at one time, whatever the input.
    pub base_bytes: usize,
    /// Bytes that may be allocated at one time for each byte of input.
    pub bytes_per_byte: usize,
}

/// Every target.
pub const TARGETS: [Target; 4] = [
    Target {
        name: "frame",
        run: frame,
        base_bytes: 16 << 10,
        bytes_per_byte: 64,
    },
    Target {
        name: "decode",
        run: decode,
        base_bytes: 16 << 10,
        bytes_per_byte: 512,
    },
    Target {
        name: "decode_encode",
        run: decode_encode,
        base_bytes: 64 << 10,
        bytes_per_byte: 2_048,
    },
    Target {
        name: "specification",
        run: specification,
        base_bytes: 1 << 20,
        bytes_per_byte: 4_096,
    },
];
