//! The ISO 8583 codec: bytes to fields and back, driven by a specification file.
//!
//! Pure: no I/O, no clock, no unsafe code. Any bytes give a message or an error, never a panic.
//! Clear card data leaves this crate only as [`ClearText`], which prints asterisks.

#![forbid(unsafe_code)]
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic,
        reason = "a test that goes wrong must stop loudly"
    )
)]

mod agree;
mod bitmap;
mod builder;
mod cells;
mod chained;
mod check;
mod compare;
mod compose;
mod compose_bitmapped;
mod compose_tagged;
mod compose_tags;
mod composite;
mod convert;
mod decode;
#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that goes wrong must stop loudly"
)]
mod differential;
mod edit;
mod encode;
mod encoding;
mod error;
mod frame;
mod from_json;
mod head;
mod json;
mod mapping;
mod mask;
mod message;
mod pseudonym;
mod quick;
mod redact;
mod resolve;
mod restore;
mod seal;
mod sheet;
mod signs;
mod spec;
mod tagged;
mod text;
mod tlv;
mod track;
mod value;
mod verify;
mod when;
mod wipe;
mod write;

pub use builder::MessageBuilder;
pub use compare::{Comparison, Mark};
pub use convert::Converted;
pub use encode::Part;
pub use error::{DecodeError, EncodeError, FrameError, SpecError};
pub use frame::{Frame, Framer, Framing, HeaderMode, HeaderPart, Kind as FrameKind, PollPolicy};
pub use message::Message;
pub use resolve::element_number;
pub use seal::Sealed;
pub use spec::{ReadSpec, Severity, Spec, SpecIssue, SpecText};
pub use track::{NoTrack, Track2};
pub use value::{ClearText, Value};
pub use wipe::Wiped;

/// Longest message body that is decoded; far above any network's frame.
pub const BODY_LENGTH_MAX: usize = 65_535;
/// Most fields, parts and tags of one message.
pub const NODES_MAX: usize = 2_048;
/// Deepest nesting of BER-TLV templates that is looked into.
pub const TEMPLATE_DEPTH_MAX: usize = 8;
