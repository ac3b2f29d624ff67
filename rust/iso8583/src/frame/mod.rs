//! Frames: cutting a byte stream into messages and wrapping messages. No I/O.

mod count;
mod framer;
mod framing;
mod header;
mod parts;
mod reply;

use std::fmt;

use crate::wipe::Wiped;

pub use framer::Framer;

pub use framing::Framing;
pub use parts::HeaderPart;

/// Longest header of a fixed length.
const HEADER_FIXED_MAX: usize = 255;

/// The header in front of messages, inside their frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderMode {
    /// None.
    None,
    /// The 22-byte header, always.
    Visa22,
    /// The 22-byte header where the first octets are one: a message type cannot start so.
    Auto,
    /// The five octets of terminals: an identifier, the destination, the source.
    Tpdu,
    /// So many octets of any kind.
    Fixed(usize),
    /// The first octet counts the header.
    SelfLength {
        /// Whether it counts itself too.
        inclusive: bool,
    },
}

impl HeaderMode {
    /// A header by its text form; the error lists what there is.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fixed = |number: &str| {
            let bytes = number.parse().ok()?;
            (1..=HEADER_FIXED_MAX)
                .contains(&bytes)
                .then_some(Self::Fixed(bytes))
        };
        let mode = match text {
            "none" => Some(Self::None),
            "visa22" => Some(Self::Visa22),
            "auto" => Some(Self::Auto),
            "tpdu" => Some(Self::Tpdu),
            "self" => Some(Self::SelfLength { inclusive: true }),
            "self-exclusive" => Some(Self::SelfLength { inclusive: false }),
            _ => text.strip_prefix("fixed:").and_then(fixed),
        };
        mode.ok_or_else(|| {
            format!(
                "one of: none, visa22, auto, tpdu, \
                 fixed:N (N octets, 1 to {HEADER_FIXED_MAX}), self, self-exclusive"
            )
        })
    }
}

/// What is done about a frame of length zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PollPolicy {
    /// It is a poll, answered with the same empty frame.
    #[default]
    Answer,
    /// It is a poll that wants no answer.
    Silent,
    /// It makes the stream unreadable.
    Refuse,
}

impl PollPolicy {
    /// A policy by its text form; the error lists what there is.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "answer" => Ok(Self::Answer),
            "silent" => Ok(Self::Silent),
            "refuse" => Ok(Self::Refuse),
            _ => Err("polls must be one of: answer, silent, refuse".to_owned()),
        }
    }
}

/// Which header a frame turned out to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HeaderKind {
    None,
    Visa22,
    Reject,
    Tpdu,
    Fixed,
    SelfLength,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A message.
    Message,
    /// A message that came back under a reject header.
    Reject,
    /// Session control, as a heartbeat on an idle line.
    Control,
    /// A frame of length zero: the peer asks for a sign of life.
    Poll,
}

impl Kind {
    /// The word that the Python side uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Reject => "reject",
            Self::Control => "control",
            Self::Poll => "poll",
        }
    }
}

/// One frame cut from the stream. Its octets are wiped when it is dropped.
#[derive(Clone)]
pub struct Frame {
    octets: Wiped,
    prefix_bytes: usize,
    header_bytes: usize,
    trailer_bytes: usize,
    header_kind: HeaderKind,
    kind: Kind,
}

impl Frame {
    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The octets that framed it.
    pub fn prefix(&self) -> &[u8] {
        self.octets.get(..self.prefix_bytes).unwrap_or(&[])
    }

    /// The message header; for a reject also the header of the message that came back.
    pub fn header(&self) -> Option<&[u8]> {
        let header = self.octets.get(self.prefix_bytes..self.body_start())?;
        (!header.is_empty()).then_some(header)
    }

    /// The message, from its type on.
    pub fn body(&self) -> &[u8] {
        self.octets
            .get(self.body_start()..self.body_end())
            .unwrap_or(&[])
    }

    /// The octets behind the message.
    pub fn trailer(&self) -> &[u8] {
        self.octets.get(self.body_end()..).unwrap_or(&[])
    }

    fn body_end(&self) -> usize {
        self.octets.len().saturating_sub(self.trailer_bytes)
    }

    fn body_start(&self) -> usize {
        self.prefix_bytes.saturating_add(self.header_bytes)
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (header, body) = (self.header_bytes, self.body().len());
        write!(
            formatter,
            "Frame({}, header {header}, body {body} bytes)",
            self.kind.word()
        )
    }
}
