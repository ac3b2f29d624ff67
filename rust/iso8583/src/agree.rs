//! An element given both as a text and as what is inside it: the two must say the same.

use std::sync::Arc;

use crate::decode::Decoder;
use crate::encode::{Encoded, PARTS_ROOM, Path, Scope};
use crate::message::{Head, Kind, Message, Node};
use crate::quick;
use crate::resolve::spells;
use crate::spec::{Definition, Spec};
use crate::value::Value;
use crate::wipe::Wiped;
use crate::write::{finish, reserve, write_plain};

impl Spec {
    /// Write an element by its text, because that may hold what nested values cannot, as the form
    /// of a length; it is a fault if they differ.
    pub(crate) fn write_agreeing(
        self: &Arc<Self>,
        (id, definition): (u16, &Definition),
        text: &str,
        nested: &Value,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let mut whole = Wiped::new(Vec::with_capacity(text.len()));
        let quick = quick::write(definition, text, &mut whole);
        let (content, half_bytes) = if let Some(written) = quick {
            written
        } else {
            let content = reserve(definition, &mut whole);
            (content, write_plain(definition, text, path, &mut whole)?)
        };
        let given = whole.get(content..).unwrap_or(&[]);
        let read = self.read_inside((id, definition), half_bytes, given, path.scope);
        let told = !definition.conditional && read.is_some_and(|read| read.says(0, nested));
        if !told {
            // not word for word; what is written of the nested values may still read the same
            let layout = self.check_layouts(definition, half_bytes, given, path)?;
            let mut other = Wiped::new(Vec::new());
            let written = self.write_content(definition, nested, layout, path, &mut other)?;
            if *other.as_slice() != *given
                && self.leaves((id, definition), half_bytes, given, path.scope)
                    != self.leaves((id, definition), written, &other, path.scope)
            {
                return Err(path.error("a text and subfields that agree", "two that differ"));
            }
        }
        if quick.is_none() {
            finish(definition, content, half_bytes, path, &mut whole)?;
        }
        out.extend_from_slice(&whole);
        Ok(())
    }

    /// The content of a composite as the only node of a message; None if it cannot be read.
    fn read_inside(
        self: &Arc<Self>,
        (id, definition): (u16, &Definition),
        half_bytes: usize,
        content: &[u8],
        scope: Option<&Scope>,
    ) -> Option<Message> {
        let mut decoder = Decoder::new(self, content, Vec::with_capacity(PARTS_ROOM));
        let (start, stop) = decoder.written_digits(definition, half_bytes);
        decoder.scope = scope;
        let root = decoder.open(Node::new(id, Kind::Element, 0, start, stop));
        decoder.composite(definition, start, stop).ok()?;
        decoder.close(root);
        Some(Message {
            spec: Arc::clone(self),
            bytes: decoder.joined(),
            nodes: decoder.nodes,
            head: Head::default(),
        })
    }

    /// Paths and texts of everything in a composite that holds nothing else, in sorted order.
    fn leaves(
        self: &Arc<Self>,
        element: (u16, &Definition),
        half_bytes: usize,
        content: &[u8],
        scope: Option<&Scope>,
    ) -> Vec<(String, String)> {
        let mut leaves = Vec::new();
        if let Some(message) = self.read_inside(element, half_bytes, content, scope) {
            message.add_leaves(0, "", &mut leaves);
        }
        leaves.sort_unstable();
        leaves
    }
}

impl Message {
    /// Whether nested values are just what is inside a node, in the order and with the texts that
    /// [`Message::to_json`] has.
    fn says(&self, index: usize, value: &Value) -> bool {
        self.says_with(index, value, &mut Wiped::default())
    }

    fn says_with(&self, index: usize, value: &Value, room: &mut Wiped) -> bool {
        let members = match value {
            Value::Text(text) => {
                room.clear();
                self.push_text(index, false, room);
                return !self.has_children(index) && text.as_bytes() == room.as_slice();
            }
            Value::Map(members) => members.as_slice(),
            Value::List(_) => return false,
        };
        let (holder, members) = match members.split_first() {
            Some(((key, Value::Text(id)), rest)) if key == "_dataset" => {
                match self.only_dataset(index) {
                    Some(dataset) if spells(id, self.id_bytes(dataset)) => (dataset, rest),
                    _ => return false,
                }
            }
            Some(_) => (index, members),
            None => return false,
        };
        let mut members = members.iter();
        let alike = self.children(holder).all(|child| {
            let member = members.next();
            member.is_some_and(|(key, value)| {
                self.is_called(child, key) && self.says_with(child, value, room)
            })
        });
        alike && members.next().is_none()
    }

    fn only_dataset(&self, index: usize) -> Option<usize> {
        let mut children = self.children(index);
        let only = children.next().filter(|_| children.next().is_none())?;
        let is_dataset = self.node(only)?.kind == Kind::Dataset;
        is_dataset.then_some(only)
    }

    fn add_leaves(&self, index: usize, path: &str, leaves: &mut Vec<(String, String)>) {
        if !self.has_children(index) {
            leaves.push((path.to_owned(), self.text(index, false)));
        }
        for child in self.children(index) {
            self.add_leaves(child, &format!("{path}.{}", self.key(child)), leaves);
        }
    }
}
