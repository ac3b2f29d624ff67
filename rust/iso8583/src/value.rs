//! Values on their way in and out: texts that may be card data, and trees of them.

use std::fmt;
use std::ops::Deref;

use crate::wipe::Wiped;

/// Text that may be card data: prints as asterisks, is wiped when dropped.
///
/// It derefs to `str` for the few places that must read it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ClearText(String);

impl ClearText {
    /// Take over a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }
}

impl Drop for ClearText {
    fn drop(&mut self) {
        drop(Wiped::new(std::mem::take(&mut self.0).into_bytes()));
    }
}

impl Deref for ClearText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClearText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl fmt::Display for ClearText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl PartialEq<str> for ClearText {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for ClearText {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl From<&str> for ClearText {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

/// A tree of texts, shaped as `Message::to_json` writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(ClearText),
    /// Keys and values, in the order given.
    Map(Vec<(String, Value)>),
    /// Repeated tags, or several data sets.
    List(Vec<Value>),
}

impl Value {
    /// A text value.
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// What kind of value it is, for error texts.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Map(_) => "nested values",
            Self::List(_) => "a list",
        }
    }
}
