//! JSON text to a tree of values, without a document in between.

use std::cell::RefCell;
use std::fmt;

use serde_core::Deserializer;
use serde_core::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

use crate::NODES_MAX;
use crate::encode::Path;
use crate::error::EncodeError;
use crate::value::{ClearText, Value};

/// Deepest nesting that is read; a message has far less.
const DEPTH_MAX: usize = 16;

impl Value {
    /// Read JSON text, shaped as `Message::to_json` writes it.
    ///
    /// An error names the path of what cannot be in a message, or line and column of what is no
    /// JSON, and repeats nothing of the text.
    pub fn from_json(text: &[u8]) -> Result<Self, EncodeError> {
        let fault = RefCell::new(None);
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        let seed = Seed {
            path: None,
            depth: 0,
            fault: &fault,
        };
        let read = seed
            .deserialize(&mut deserializer)
            .and_then(|value| deserializer.end().map(|()| value));
        read.map_err(|error| {
            fault.take().unwrap_or_else(|| {
                let (line, column) = (error.line(), error.column());
                let found = format!("something else at line {line}, column {column}");
                EncodeError::new("", "JSON", found)
            })
        })
    }
}

/// A place in the document, and where to say what is wrong there.
#[derive(Clone, Copy)]
struct Seed<'a> {
    path: Option<&'a Path<'a>>,
    depth: usize,
    fault: &'a RefCell<Option<EncodeError>>,
}

impl Seed<'_> {
    fn refuse<E: Error>(&self, expected: &str, found: &str) -> E {
        let path = self.path.map_or_else(String::new, Path::text);
        *self.fault.borrow_mut() = Some(EncodeError::new(&path, expected, found));
        E::custom("told elsewhere")
    }

    fn another_type<E: Error>(&self, found: &str) -> E {
        self.refuse("a text, a list or a mapping", found)
    }

    fn deeper<E: Error>(&self) -> Result<usize, E> {
        let depth = self.depth.saturating_add(1);
        if depth > DEPTH_MAX {
            return Err(self.refuse("less nesting", "more"));
        }
        Ok(depth)
    }

    fn check_count<E: Error>(&self, count: usize) -> Result<(), E> {
        if count >= NODES_MAX {
            let expected = format!("at most {NODES_MAX} values");
            return Err(self.refuse(&expected, "more"));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a list or a mapping")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(ClearText::new(text)))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Value, E> {
        Err(self.another_type("true or false"))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Value, E> {
        Err(self.another_type("a number"))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Value, E> {
        Err(self.another_type("a number"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Err(self.another_type("a number"))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Err(self.another_type("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = Seed {
            depth: self.deeper()?,
            ..self
        };
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(inner)? {
            self.check_count(items.len())?;
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let depth = self.deeper()?;
        let mut members: Vec<(String, Value)> = Vec::new();
        while let Some(key) = access.next_key::<String>()? {
            self.check_count(members.len())?;
            let path = match self.path {
                Some(parent) => parent.join(&key),
                None => Path::top(&key),
            };
            let inner = Seed {
                path: Some(&path),
                depth,
                fault: self.fault,
            };
            if members.iter().any(|(other, _)| *other == key) {
                return Err(inner.refuse("each key once", "it twice"));
            }
            let value = access.next_value_seed(inner)?;
            members.push((key, value));
        }
        Ok(Value::Map(members))
    }
}
