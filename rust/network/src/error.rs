//! What is wrong with a network profile.

use std::fmt;

/// A network profile cannot be used. Every variant names the key, as a dotted path in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileError {
    /// The text is not TOML.
    Syntax {
        /// The parser's own words, with line and column.
        text: String,
    },
    /// A key that must be there is absent.
    Missing {
        /// Dotted path of the key.
        key: String,
    },
    /// A key that means nothing: most likely a spelling mistake.
    Unknown {
        /// Dotted path of the key.
        key: String,
    },
    /// A value that cannot be used.
    Invalid {
        /// Dotted path of the key.
        key: String,
        /// What would have done.
        expected: String,
    },
}

impl ProfileError {
    pub(crate) fn invalid(key: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Invalid {
            key: key.into(),
            expected: expected.into(),
        }
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { text } => write!(formatter, "not TOML: {}", text.trim_end()),
            Self::Missing { key } => write!(formatter, "{key}: missing"),
            Self::Unknown { key } => write!(formatter, "{key}: unknown key"),
            Self::Invalid { key, expected } => write!(formatter, "{key}: expected {expected}"),
        }
    }
}

impl std::error::Error for ProfileError {}
