//! Errors. No text of theirs ever holds bytes of a message, only lengths, names and positions.

use std::fmt;

use crate::message::Message;

/// A specification cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecError {
    /// The origin of the specification it stands in, where that is one that this one extends.
    pub file: Option<String>,
    /// Where in the file, as in `fields.62.layouts.0.kind`; empty for the file as a whole.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
}

impl fmt::Display for SpecError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(formatter, "in {file}: ")?;
        }
        if !self.path.is_empty() {
            write!(formatter, "{}: ", self.path)?;
        }
        formatter.write_str(&self.problem)
    }
}

impl std::error::Error for SpecError {}

/// Bytes are no message of this dialect.
pub struct DecodeError {
    /// The data element, as in `55.9F26`; empty where the fault is not inside one.
    pub path: String,
    /// Bytes from the start of the body.
    pub offset: usize,
    /// What the specification wants there.
    pub expected: String,
    /// What is there instead, in lengths and counts.
    pub found: String,
    /// What could be read: the elements before the fault, and those behind it if its extent is
    /// known.
    pub partial: Option<Box<Message>>,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "message"
        } else {
            &self.path
        };
        let Self {
            offset,
            expected,
            found,
            ..
        } = self;
        write!(
            formatter,
            "{path} at offset {offset}: expected {expected}, found {found}"
        )
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DecodeError({self})")
    }
}

impl std::error::Error for DecodeError {}

/// Longest key that an error repeats: `subfields`, and tags of four bytes.
const KEY_LENGTH_MAX: usize = 9;

/// A value does not fit its data element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    /// The data element, as in `62.2`.
    pub path: String,
    /// What the specification wants there.
    pub expected: String,
    /// What was given instead, in lengths and counts.
    pub found: String,
}

impl EncodeError {
    /// An error at `path`. Keys come from the caller and could be anything, so that a part of the
    /// path that no key looks like is not repeated.
    pub fn new(path: &str, expected: impl Into<String>, found: impl Into<String>) -> Self {
        let plain = |part: &&str| {
            part.len() <= KEY_LENGTH_MAX
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let parts = path
            .split('.')
            .map(|part| Some(part).filter(plain).unwrap_or("?"));
        let path = parts.collect::<Vec<_>>().join(".");
        Self {
            path,
            expected: expected.into(),
            found: found.into(),
        }
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "message"
        } else {
            &self.path
        };
        write!(
            formatter,
            "{path}: expected {}, found {}",
            self.expected, self.found
        )
    }
}

impl std::error::Error for EncodeError {}

/// A byte stream cannot be cut into frames any more.
#[derive(Debug, Clone)]
pub struct FrameError {
    /// What is wrong.
    pub problem: String,
    /// Bytes from the start of the stream.
    pub offset: u64,
    /// Complete frames before the fault.
    pub frames: Vec<crate::frame::Frame>,
}

impl fmt::Display for FrameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "stream offset {}: {}", self.offset, self.problem)
    }
}

impl std::error::Error for FrameError {}

/// The largest length that an error repeats: more of its digits could be those of a card number.
pub(crate) const LENGTH_SHOWN_MAX: usize = 999_999;

/// A length that was read, for error texts.
pub(crate) fn length(count: usize) -> String {
    if count > LENGTH_SHOWN_MAX {
        format!("a length above {LENGTH_SHOWN_MAX}")
    } else {
        format!("length {count}")
    }
}

/// A number of bytes, for error texts.
pub(crate) fn bytes(count: usize) -> String {
    if count == 1 {
        "1 byte".to_owned()
    } else {
        format!("{count} bytes")
    }
}

/// A fault on its way out of nested fields; each level puts its key in front of the path.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) path: String,
    pub(crate) offset: usize,
    pub(crate) expected: String,
    pub(crate) found: String,
    /// Where the next field starts, if the faulty one's extent is known.
    pub(crate) resume: Option<usize>,
}

impl Fault {
    pub(crate) fn boxed(
        offset: usize,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Box<Self> {
        Box::new(Self {
            path: String::new(),
            offset,
            expected: expected.into(),
            found: found.into(),
            resume: None,
        })
    }

    #[expect(
        clippy::unnecessary_box_returns,
        reason = "faults are boxed all the way out"
    )]
    /// The same fault seen from one level further out.
    pub(crate) fn under(mut self: Box<Self>, key: &str) -> Box<Self> {
        self.path = if self.path.is_empty() {
            key.to_owned()
        } else if key.is_empty() {
            self.path
        } else {
            format!("{key}.{}", self.path)
        };
        self
    }
}
