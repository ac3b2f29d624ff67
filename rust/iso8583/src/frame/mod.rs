//! Frames: cutting a byte stream into messages and wrapping messages. No I/O.

mod framer;
mod header;

use std::fmt;

use zeroize::Zeroizing;

pub use framer::Framer;

/// Octets in front of every frame of the `vmlh` framing.
const PREFIX_BYTES: usize = 4;

/// How frames are told apart on the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Two octets of length, big-endian, not counting themselves; an octet of zero; an octet of
    /// two nibbles, message format and platform.
    Vmlh,
    /// No framing: every feed is one whole frame.
    Whole,
}

/// Whether messages have the 22-byte header in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderMode {
    /// Never.
    None,
    /// Always.
    Visa22,
    /// Where the first octets are one: a message type cannot start so.
    Auto,
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
    octets: Zeroizing<Vec<u8>>,
    prefix_bytes: usize,
    header_bytes: usize,
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
        self.octets.get(self.body_start()..).unwrap_or(&[])
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
