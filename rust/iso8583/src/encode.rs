//! Values to bytes, validated against the specification.

use std::cell::Cell;

use crate::decode::Decoder;
use crate::error::EncodeError;
use crate::head::{BITMAP_BYTES, HeadTexts, write_bitmap};
use crate::message::{Kind, Message, Node};
use crate::quick;
use crate::spec::{Definition, NONE, Source, Spec};
use crate::value::Value;
use crate::wipe::Wiped;
use crate::write::{finish, reserve, write_plain};

pub(crate) type Encoded<T> = Result<T, EncodeError>;

/// Bytes that a message rarely needs more of.
pub(crate) const ROOM_BYTES: usize = 512;
/// Parts that an element rarely has more of.
pub(crate) const PARTS_ROOM: usize = 32;

/// One data element of a message that is put together.
#[derive(Clone, Copy)]
pub enum Part<'a> {
    /// An element's bytes with its length prefix, taken over as they are.
    Wire(u16, &'a [u8]),
    /// A text that goes through the field's encoder.
    Text(u16, &'a str),
}

impl Part<'_> {
    fn field(&self) -> u16 {
        match self {
            Self::Wire(field, _) | Self::Text(field, _) => *field,
        }
    }
}

/// Where an encoder stands, as a list from the inside out.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    pub(crate) parent: Option<&'a Path<'a>>,
    pub(crate) key: &'a str,
    /// Where conditions find other elements.
    pub(crate) scope: Option<&'a Scope>,
    /// What was given for the composite here.
    pub(crate) members: Option<&'a [(String, Value)]>,
    /// Room for the nodes of what is read again, kept from one field to the next.
    pub(crate) nodes: Option<&'a Cell<Vec<Node>>>,
}

impl<'a> Path<'a> {
    pub(crate) fn top(key: &'a str) -> Self {
        Self {
            parent: None,
            key,
            scope: None,
            members: None,
            nodes: None,
        }
    }

    pub(crate) fn join(&'a self, key: &'a str) -> Self {
        Self {
            parent: Some(self),
            key,
            scope: self.scope,
            members: None,
            nodes: self.nodes,
        }
    }

    pub(crate) fn text(&self) -> String {
        match self.parent {
            None => self.key.to_owned(),
            Some(parent) => format!("{}.{}", parent.text(), self.key),
        }
    }

    pub(crate) fn error(
        &self,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> EncodeError {
        EncodeError::new(&self.text(), expected, found)
    }

    /// The text given for a part beside this one.
    pub(crate) fn sibling(&self, keys: &[Box<str>]) -> Option<String> {
        let mut members = self.parent?.members?;
        let (last, outer) = keys.split_last()?;
        let find = |members: &'a [(String, Value)], key: &str| {
            let found = members.iter().find(|it| it.0.eq_ignore_ascii_case(key));
            found.map(|(_, value)| value)
        };
        for key in outer {
            match find(members, key)? {
                Value::Map(inner) => members = inner,
                _ => return None,
            }
        }
        match find(members, last)? {
            Value::Text(text) => Some((**text).to_owned()),
            _ => None,
        }
    }
}

/// What conditions look at while a field is written: the elements in front of it.
pub(crate) struct Scope {
    mti: [u8; 4],
    bytes: Wiped,
    nodes: Vec<Node>,
    /// Texts of parts beside the field, by what was given for them.
    siblings: Vec<(Box<[Box<str>]>, String)>,
}

impl Scope {
    /// The scope of an element: `written` are the elements in front of it and where each starts.
    pub(crate) fn of(spec: &Spec, mti: &str, body: &[u8], written: &[(usize, usize)]) -> Self {
        let mut decoder = Decoder::new(spec, body, Vec::new());
        for (digit, given) in decoder.mti.iter_mut().zip(mti.bytes()) {
            *digit = given;
        }
        for (number, at) in written {
            let mark = decoder.nodes.len();
            if decoder.element(*number, *at).is_err() {
                decoder.nodes.truncate(mark);
                decoder.parents.clear();
            }
        }
        Self {
            mti: decoder.mti,
            bytes: decoder.joined(),
            nodes: decoder.nodes,
            siblings: Vec::new(),
        }
    }

    pub(crate) fn message_type(&self) -> String {
        self.mti.iter().map(|digit| char::from(*digit)).collect()
    }

    pub(crate) fn text(&self, spec: &Spec, number: usize, keys: &[Box<str>]) -> Option<String> {
        Decoder::new(spec, &self.bytes, self.nodes.clone()).element_text(number, keys)
    }

    pub(crate) fn sibling(&self, keys: &[Box<str>]) -> Option<String> {
        let known = self.siblings.iter().find(|(known, _)| **known == *keys);
        known.map(|(_, text)| text.clone())
    }

    /// The same scope for a part, whose layouts may look at the parts beside it.
    fn beside(&self, definition: &Definition, path: &Path<'_>) -> Self {
        let conditions = definition
            .layouts
            .iter()
            .filter_map(|it| it.when.as_deref());
        let siblings = conditions.filter_map(|when| match &when.source {
            Source::Sibling(keys) => Some((keys.clone(), path.sibling(keys)?)),
            _ => None,
        });
        Self {
            mti: self.mti,
            bytes: self.bytes.clone(),
            nodes: self.nodes.clone(),
            siblings: siblings.collect(),
        }
    }
}

impl Message {
    /// The very bytes the message was decoded from, built field by field.
    pub fn encode(&self) -> Wiped {
        let mut out = Wiped::new(Vec::with_capacity(self.bytes.len()));
        out.extend_from_slice(self.bytes.get(..self.head.data).unwrap_or(&[]));
        for element in self.elements() {
            out.extend_from_slice(self.wire_of(element));
        }
        out.extend_from_slice(self.rest());
        out
    }
}

impl Spec {
    /// Put a message together from a message type and elements, given in any order.
    pub fn assemble(&self, mti: &str, parts: &[Part<'_>]) -> Result<Vec<u8>, EncodeError> {
        let texts = HeadTexts {
            mti,
            ..HeadTexts::default()
        };
        let mut out = Vec::with_capacity(ROOM_BYTES);
        self.put_together(texts, parts, &mut out)?;
        Ok(out)
    }

    /// The same from texts alone, with the text of the bitmaps where it was given, as
    /// [`Spec::encode`] does it for a mapping without nested values. Nothing is copied on the way.
    pub fn encode_texts(
        &self,
        mti: &str,
        bitmap: Option<&str>,
        parts: &[Part<'_>],
    ) -> Result<Wiped, EncodeError> {
        let third = self.envelope.third_bitmap;
        if let Some(part) = parts.iter().find(|it| usize::from(it.field()) == third) {
            let path = part.field().to_string();
            return Err(Path::top(&path).error("elements alone", "a bitmap"));
        }
        let texts = HeadTexts {
            mti,
            bitmap,
            ..HeadTexts::default()
        };
        let mut out = Wiped::new(Vec::with_capacity(ROOM_BYTES));
        self.put_together(texts, parts, &mut out)?;
        Ok(out)
    }

    fn put_together(
        &self,
        texts: HeadTexts<'_>,
        parts: &[Part<'_>],
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let third = self.envelope.third_bitmap;
        let is_third = |part: &Part<'_>| third > 0 && usize::from(part.field()) == third;
        let sorted;
        let order = if parts.is_sorted_by_key(Part::field) && !parts.iter().any(is_third) {
            parts
        } else {
            let mut wanted: Vec<Part<'_>> = parts.to_vec();
            wanted.retain(|part| !is_third(part));
            wanted.sort_by_key(Part::field);
            sorted = wanted;
            &sorted
        };
        let mut numbers = Vec::with_capacity(order.len().saturating_add(1));
        numbers.extend(order.iter().map(|part| usize::from(part.field())));
        let numbers = self.with_third_bitmap(numbers);
        let third_word = self.head(texts, &numbers, out)?;
        let nodes = Cell::new(Vec::with_capacity(PARTS_ROOM));
        let mut written = Vec::new();
        let mut order = order.iter();
        for number in numbers {
            let at = out.len();
            if third > 0 && number == third {
                write_bitmap(self.envelope.bitmap, third_word, BITMAP_BYTES, out);
                if self.conditional {
                    written.push((number, at));
                }
                continue;
            }
            match order.next() {
                Some(Part::Wire(_, bytes)) => out.extend_from_slice(bytes),
                Some(Part::Text(_, text)) => {
                    if let Some((_, definition)) = self.element(number) {
                        let scope = definition
                            .conditional
                            .then(|| Scope::of(self, texts.mti, out, &written));
                        let mut path = Path::top(&definition.key);
                        path.scope = scope.as_ref();
                        path.nodes = Some(&nodes);
                        let (_, definition) = self.chosen((NONE, definition), &path);
                        self.write_text(definition, text, &path, out)?;
                    }
                }
                None => {}
            }
            if self.conditional {
                written.push((number, at));
            }
        }
        Ok(())
    }

    /// The numbers of elements, with that of the one that holds the third bitmap if it is needed.
    pub(crate) fn with_third_bitmap(&self, mut numbers: Vec<usize>) -> Vec<usize> {
        let third = self.envelope.third_bitmap;
        let needed = third > 0 && numbers.iter().any(|number| *number > 128);
        if needed && !numbers.contains(&third) {
            numbers.push(third);
            numbers.sort_unstable();
        }
        numbers
    }

    /// One field from its text, with its length prefix.
    pub(crate) fn write_text(
        &self,
        definition: &Definition,
        text: &str,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        if let Some((content, half_bytes)) = quick::write(definition, text, out) {
            if !definition.layouts.is_empty() {
                let content = out.get(content..).unwrap_or(&[]);
                self.check_layouts(definition, half_bytes, content, path)?;
            }
            return Ok(());
        }
        let content = reserve(definition, out);
        let half_bytes = write_plain(definition, text, path, out)?;
        self.check_layouts(
            definition,
            half_bytes,
            out.get(content..).unwrap_or(&[]),
            path,
        )?;
        finish(definition, content, half_bytes, path, out)
    }

    /// A composite given as one text must hold what its layouts say.
    pub(crate) fn check_layouts(
        &self,
        definition: &Definition,
        half_bytes: usize,
        content: &[u8],
        path: &Path<'_>,
    ) -> Encoded<Option<usize>> {
        if definition.layouts.is_empty() || half_bytes == 0 {
            return Ok(None);
        }
        if definition.fits {
            return Ok(Some(0));
        }
        let beside = path.scope.map(|scope| scope.beside(definition, path));
        let nodes = path.nodes.map(Cell::take).unwrap_or_default();
        let mut decoder = Decoder::new(self, content, nodes);
        decoder.scope = beside.as_ref();
        let (start, stop) = decoder.written_digits(definition, half_bytes);
        if definition.conditional {
            // conditions look for parts under the field that they are parts of
            decoder.open(Node::new(NONE, Kind::Element, 0, start, stop));
        }
        let outcome = decoder.composite(definition, start, stop);
        if let Some(cell) = path.nodes {
            decoder.nodes.clear();
            cell.set(decoder.nodes);
        }
        outcome.map_err(|fault| {
            let fault = fault.under(&path.text());
            let expected = format!("{} at byte {} of its content", fault.expected, fault.offset);
            EncodeError::new(&fault.path, expected, fault.found)
        })
    }
}
