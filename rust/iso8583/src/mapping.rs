//! A mapping of texts and nested values, sorted into data elements.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::encode::{Encoded, Path};
use crate::resolve::{element_number, no_element};
use crate::value::{ClearText, Value};

/// What a mapping says about one data element.
#[derive(Debug, Default)]
pub(crate) struct Entry<'a> {
    pub(crate) text: Option<&'a ClearText>,
    pub(crate) nested: Option<Cow<'a, Value>>,
}

/// A mapping's message type, bitmap and elements.
#[derive(Debug, Default)]
pub(crate) struct Elements<'a> {
    pub(crate) mti: Option<&'a ClearText>,
    pub(crate) bitmap: Option<&'a ClearText>,
    /// The bytes in front of the message type.
    pub(crate) header: Option<&'a ClearText>,
    /// The bytes behind the elements that could be read.
    pub(crate) rest: Option<&'a ClearText>,
    pub(crate) entries: BTreeMap<u16, Entry<'a>>,
}

impl<'a> Elements<'a> {
    pub(crate) fn read(value: &'a Value) -> Encoded<Self> {
        let Value::Map(members) = value else {
            return Err(Path::top("").error("a mapping", value.kind()));
        };
        let mut elements = Self::default();
        for (key, value) in members {
            elements.member(key, value)?;
        }
        Ok(elements)
    }

    fn member(&mut self, key: &str, value: &'a Value) -> Encoded<()> {
        let path = Path::top(key);
        match (key, value) {
            ("mti" | "0", Value::Text(text)) => self.mti = Some(text),
            ("bitmap", Value::Text(text)) => self.bitmap = Some(text),
            ("_header", Value::Text(text)) => self.header = Some(text),
            ("_rest", Value::Text(text)) => self.rest = Some(text),
            ("subfields", Value::Map(members)) => {
                for (number, nested) in members {
                    let path = Path::top(number);
                    self.entry(number, &path)?.merge(as_upper(nested), &path)?;
                }
            }
            ("mti" | "0" | "bitmap" | "_header" | "_rest", _) => {
                return Err(path.error("a text", value.kind()));
            }
            ("subfields", _) => return Err(path.error("nested values", value.kind())),
            (_, Value::Text(text)) if !key.contains('.') => {
                let entry = self.entry(key, &path)?;
                if entry.text.is_some_and(|other| other != text) {
                    return Err(path.error("one value", "two that differ"));
                }
                entry.text = Some(text);
            }
            _ => {
                let mut keys = key.split('.');
                let number = keys.next().unwrap_or("");
                let nested = keys.rev().fold(value.clone(), |inner, key| {
                    Value::Map(vec![(key.to_owned(), inner)])
                });
                let nested = Cow::Owned(upper_keys(&nested));
                self.entry(number, &path)?.merge(nested, &path)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, number: &str, path: &Path<'_>) -> Encoded<&mut Entry<'a>> {
        let number = element_number(number)
            .ok_or_else(|| path.error("the number of a data element", no_element(number)))?;
        Ok(self.entries.entry(number).or_default())
    }
}

impl<'a> Entry<'a> {
    fn merge(&mut self, more: Cow<'a, Value>, path: &Path<'_>) -> Encoded<()> {
        if let Some(present) = &mut self.nested {
            return merge(present.to_mut(), more.into_owned(), path);
        }
        self.nested = Some(more);
        Ok(())
    }
}

/// The value with its keys in upper case, the same where they are so already.
fn as_upper(value: &Value) -> Cow<'_, Value> {
    if is_upper(value) {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(upper_keys(value))
    }
}

fn is_upper(value: &Value) -> bool {
    match value {
        Value::Text(_) => true,
        Value::List(items) => items.iter().all(is_upper),
        Value::Map(members) => members.iter().all(|(key, value)| {
            let changes = if key.starts_with('_') {
                key.bytes().any(|letter| letter.is_ascii_uppercase())
            } else {
                key.bytes().any(|letter| letter.is_ascii_lowercase())
            };
            !changes && is_upper(value)
        }),
    }
}

/// Hex tags are written in either case; upper case makes equal ones meet.
fn upper_keys(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(text.clone()),
        Value::List(items) => Value::List(items.iter().map(upper_keys).collect()),
        Value::Map(members) => {
            let members = members.iter().map(|(key, value)| {
                let name = if key.starts_with('_') {
                    key.to_ascii_lowercase()
                } else {
                    key.to_ascii_uppercase()
                };
                (name, upper_keys(value))
            });
            Value::Map(members.collect())
        }
    }
}

fn merge(present: &mut Value, more: Value, path: &Path<'_>) -> Encoded<()> {
    match (present, more) {
        (Value::Map(members), Value::Map(more)) => {
            for (key, value) in more {
                let path = path.join(&key);
                match members.iter_mut().find(|member| member.0 == key) {
                    Some((_, known)) => merge(known, value, &path)?,
                    None => members.push((key, value)),
                }
            }
            Ok(())
        }
        (present, more) if *present == more => Ok(()),
        _ => Err(path.error("one value", "two that differ")),
    }
}
