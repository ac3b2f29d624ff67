//! What is fuzzed: plain functions that take any bytes, and panic on what must never happen.
//!
//! Each says whether the bytes were accepted, so that a run can tell how deep it went.

mod editing;
mod json;
mod messages;
mod mutation;
mod sealing;
mod seeds;
mod streams;
mod text;

pub use editing::edit;
pub use json::json;
pub use messages::{decode, decode_encode};
pub use mutation::Mutator;
pub use sealing::{mac, track2};
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
    /// Time that an input may take, whatever its length.
    pub base_us: u64,
    /// Time that an input may take for each of its bytes.
    pub ns_per_byte: u64,
}

const fn target(
    name: &'static str,
    run: fn(&[u8]) -> bool,
    (base_bytes, bytes_per_byte): (usize, usize),
    (base_us, ns_per_byte): (u64, u64),
) -> Target {
    Target {
        name,
        run,
        base_bytes,
        bytes_per_byte,
        base_us,
        ns_per_byte,
    }
}

/// Every target. Limits of memory stand a little above the most that long runs measured; those of
/// time leave room for slower and busier machines.
pub const TARGETS: [Target; 8] = [
    target("frame", frame, (16 << 10, 64), (5_000, 2_000)),
    target("decode", decode, (16 << 10, 64), (5_000, 1_000)),
    target(
        "decode_encode",
        decode_encode,
        (16 << 10, 64),
        (5_000, 1_000),
    ),
    target("json", json, (16 << 10, 32), (5_000, 1_000)),
    target("edit", edit, (16 << 10, 128), (5_000, 1_000)),
    target("mac", mac, (16 << 10, 4), (5_000, 1_000)),
    target("track2", track2, (16 << 10, 4), (5_000, 1_000)),
    // a few bytes can extend any packaged specification, which is held as a whole then
    target(
        "specification",
        specification,
        (3 << 20, 96),
        (200_000, 20_000),
    ),
];
