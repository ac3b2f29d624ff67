//! Messages put together path by path, from nothing or from a decoded message.

use std::collections::BTreeMap;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::encode::{Encoded, Part, Path};
use crate::error::EncodeError;
use crate::message::Message;
use crate::spec::Spec;
use crate::value::Value;

/// A message in the making. Elements that are not touched keep the bytes of the message that
/// was edited.
pub struct MessageBuilder {
    pub(crate) spec: Arc<Spec>,
    base: Option<Base>,
    mti: Value,
    /// What was set (or, without a value, deleted), by data element.
    touched: BTreeMap<u16, Option<Value>>,
}

struct Base {
    message: Arc<Message>,
    /// The message as its revealed JSON has it.
    members: Vec<(String, Value)>,
}

impl Base {
    fn new(message: &Arc<Message>) -> Encoded<Self> {
        let members = match Value::from_json(&message.to_json(true))? {
            Value::Map(members) => members,
            Value::Text(_) | Value::List(_) => Vec::new(),
        };
        Ok(Self {
            message: Arc::clone(message),
            members,
        })
    }

    fn member(&self, key: &str) -> Option<&Value> {
        member(&self.members, key)
    }

    fn nested(&self, field: u16) -> Option<&Value> {
        match self.member("subfields")? {
            Value::Map(members) => member(members, &field.to_string()),
            Value::Text(_) | Value::List(_) => None,
        }
    }
}

impl MessageBuilder {
    /// A message of this type without any element.
    pub fn new(spec: &Arc<Spec>, mti: &str) -> Self {
        Self {
            spec: Arc::clone(spec),
            base: None,
            mti: Value::text(mti),
            touched: BTreeMap::new(),
        }
    }

    /// A message that starts as a copy of `message`.
    pub fn edit(message: &Arc<Message>) -> Result<Self, EncodeError> {
        Ok(Self {
            spec: Arc::clone(message.spec()),
            mti: Value::text(message.mti()),
            base: Some(Base::new(message)?),
            touched: BTreeMap::new(),
        })
    }

    /// The numbers of the data elements that it has, ascending.
    pub fn fields(&self) -> Vec<u16> {
        let kept = self.base.iter().flat_map(|base| base.message.fields());
        let kept = kept.filter(|field| !self.touched.contains_key(field));
        let set = self.touched.iter().filter(|(_, value)| value.is_some());
        let mut fields: Vec<u16> = kept.chain(set.map(|(field, _)| *field)).collect();
        fields.sort_unstable();
        fields
    }

    /// Whether there is a value at a path.
    pub fn contains(&self, path: &str) -> bool {
        let Ok((field, keys)) = split(path) else {
            return matches!(path, "0" | "mti");
        };
        match self.touched.get(&field) {
            Some(None) => false,
            Some(Some(value)) => crate::edit::find(value, &keys),
            None => {
                let base = self.base.as_ref();
                base.is_some_and(|base| base.message.contains(path))
            }
        }
    }

    /// Set the value at a path, whatever was there. Only its place is checked yet.
    pub fn set(&mut self, path: &str, value: Value) -> Result<(), EncodeError> {
        if matches!(path, "0" | "mti") {
            self.mti = value;
            return Ok(());
        }
        let (field, keys) = split(path)?;
        if keys.is_empty() {
            self.touched.insert(field, Some(value));
            return Ok(());
        }
        let mut tree = self.tree(field);
        crate::edit::set(&mut tree, &keys, value)
            .map_err(|(expected, found)| Path::top(path).error(expected, found))?;
        self.touched.insert(field, Some(tree));
        Ok(())
    }

    /// Delete the value at a path; says whether there was one.
    pub fn delete(&mut self, path: &str) -> bool {
        let Ok((field, keys)) = split(path) else {
            return false;
        };
        if !self.contains(path) {
            return false;
        }
        if keys.is_empty() {
            self.touched.insert(field, None);
            return true;
        }
        let mut tree = self.tree(field);
        let deleted = crate::edit::delete(&mut tree, &keys);
        if deleted {
            self.touched.insert(field, Some(tree));
        }
        deleted
    }

    /// What is inside an element now.
    fn tree(&self, field: u16) -> Value {
        let empty = || Value::Map(Vec::new());
        if let Some(value) = self.touched.get(&field) {
            return value.clone().unwrap_or_else(empty);
        }
        let nested = self.base.as_ref().and_then(|base| {
            let whole = || base.member(&field.to_string());
            base.nested(field).or_else(whole)
        });
        nested.cloned().unwrap_or_else(empty)
    }

    /// The message, validated: encoded by the specification and decoded again.
    pub fn build(&self) -> Result<Message, EncodeError> {
        let Some(base) = &self.base else {
            let body = self.spec.encode(&Value::Map(self.own_members()))?;
            return self.decoded(&body);
        };
        match self.encoded_over(base) {
            Ok(built) => self.with_kept_bytes(base, built),
            // what was read once need not be writable by its texts: then only its bytes are
            Err(error) if !self.is_ours(&error.path) => self.assembled(base),
            Err(error) => Err(error),
        }
    }

    fn own_members(&self) -> Vec<(String, Value)> {
        let mut members = vec![("mti".to_owned(), self.mti.clone())];
        for (field, value) in &self.touched {
            members.extend(value.clone().map(|value| (field.to_string(), value)));
        }
        members
    }

    fn encoded_over(&self, base: &Base) -> Encoded<Message> {
        let is_kept =
            |key: &str| !split(key).is_ok_and(|(field, _)| self.touched.contains_key(&field));
        let mut members = self.own_members();
        let same_elements = self.fields().into_iter().eq(base.message.fields());
        for (key, value) in &base.members {
            match (key.as_str(), value) {
                ("mti", _) => {}
                ("bitmap", _) if !same_elements => {}
                ("subfields", Value::Map(nested)) => {
                    // the text of an element says all; what is inside would only be compared
                    let is_only = |key: &str| is_kept(key) && base.member(key).is_none();
                    let nested = nested.iter().filter(|(key, _)| is_only(key)).cloned();
                    members.push((key.clone(), Value::Map(nested.collect())));
                }
                (name, _) if is_kept(name) => members.push((key.clone(), value.clone())),
                _ => {}
            }
        }
        let body = self.spec.encode(&Value::Map(members))?;
        self.decoded(&body)
    }

    /// The same message, with the bytes of every element that was not touched.
    fn with_kept_bytes(&self, base: &Base, built: Message) -> Encoded<Message> {
        let kept = |field: u16| {
            let own = base.message.wire(field);
            own.filter(|_| !self.touched.contains_key(&field))
        };
        let differs = |field: u16| kept(field).is_some_and(|own| built.wire(field) != Some(own));
        if !built.fields().any(differs) {
            return Ok(built);
        }
        let wires = built.fields().filter_map(|field| built.wire(field));
        let elements_bytes: usize = wires.map(<[u8]>::len).sum();
        let whole = built.encode();
        let rest = built.rest();
        let around = whole.len().saturating_sub(elements_bytes);
        let head_bytes = around.saturating_sub(rest.len());
        let mut body = Zeroizing::new(Vec::with_capacity(whole.len()));
        body.extend_from_slice(whole.get(..head_bytes).unwrap_or(&[]));
        for field in built.fields() {
            let wire = kept(field).or_else(|| built.wire(field));
            body.extend_from_slice(wire.unwrap_or(&[]));
        }
        body.extend_from_slice(rest);
        self.decoded(&body)
    }

    fn assembled(&self, base: &Base) -> Encoded<Message> {
        let own = self.spec.encode(&Value::Map(self.own_members()))?;
        let own = self.decoded(&own)?;
        let fields = self.fields();
        let wire = |field: &u16| {
            let source = if self.touched.contains_key(field) {
                &own
            } else {
                base.message.as_ref()
            };
            source.wire(*field).map(|wire| Part::Wire(*field, wire))
        };
        let parts: Vec<Part<'_>> = fields.iter().filter_map(wire).collect();
        let body = Zeroizing::new(self.spec.assemble(own.mti(), &parts)?);
        self.decoded(&body)
    }

    fn decoded(&self, body: &[u8]) -> Encoded<Message> {
        decoded(&self.spec, body)
    }

    fn is_ours(&self, path: &str) -> bool {
        split(path).map_or(true, |(field, _)| self.touched.contains_key(&field))
    }
}

/// The message of bytes that were encoded just now.
pub(crate) fn decoded(spec: &Arc<Spec>, body: &[u8]) -> Encoded<Message> {
    spec.decode(body).map_err(|error| {
        let expected = format!("{} at byte {} of the message", error.expected, error.offset);
        EncodeError::new(&error.path, expected, error.found)
    })
}

fn member<'a>(members: &'a [(String, Value)], key: &str) -> Option<&'a Value> {
    members
        .iter()
        .find_map(|(name, value)| (name == key).then_some(value))
}

/// The data element that a path names, and the keys inside it.
fn split(path: &str) -> Encoded<(u16, Vec<&str>)> {
    let mut keys = path.split('.');
    let number = keys.next().and_then(|number| number.parse().ok());
    match number {
        Some(number) if number > 0 => Ok((number, keys.collect())),
        _ => Err(Path::top(path).error("the number of a data element", "a word")),
    }
}
