//! Composites from nested values.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::bitmap;
use crate::decode::Decoder;
use crate::encode::{Encoded, Path, finish, reserve, write_plain};
use crate::encoding::nibble;
use crate::error::EncodeError;
use crate::mapping::{Elements, Entry};
use crate::message::{Head, Kind, Message, Node};
use crate::spec::{Definition, Layout, Length, NONE, Spec};
use crate::value::Value;

type Members = [(String, Value)];

impl Spec {
    /// Encode a mapping shaped as `Message::to_json` writes it: texts by number, nested values
    /// under `subfields`, in place of texts or under dotted keys.
    pub fn encode(self: &Arc<Self>, value: &Value) -> Result<Zeroizing<Vec<u8>>, EncodeError> {
        let elements = Elements::read(value)?;
        let missing = || Path::top("mti").error("a message type", "none");
        let mti = elements.mti.ok_or_else(missing)?;
        let numbers: Vec<usize> = elements
            .entries
            .keys()
            .map(|key| usize::from(*key))
            .collect();
        let bitmaps = elements.bitmap.map_or(1, |text| text.len().div_euclid(16));
        let mut out = Zeroizing::new(self.head(mti, &numbers, bitmaps)?);
        if let Some(text) = elements.bitmap {
            let same = nibble::parse_hex(text).is_ok_and(|octets| out.get(2..) == Some(&octets));
            if !same {
                let found = "one of other elements";
                return Err(Path::top("bitmap").error("the bitmap of the elements given", found));
            }
        }
        for (number, entry) in &elements.entries {
            let key = number.to_string();
            self.element_entry(*number, entry, &Path::top(&key), &mut out)?;
        }
        Ok(out)
    }

    fn element_entry(
        self: &Arc<Self>,
        number: u16,
        entry: &Entry<'_>,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let element = self.element(usize::from(number));
        let (id, definition) = element.ok_or_else(|| path.error("a known element", "none"))?;
        match (entry.text, &entry.nested) {
            (Some(text), None) => self.write_text(definition, text, path, out),
            (None, Some(nested)) => self.write_nested(definition, nested, None, path, out),
            (Some(text), Some(nested)) => {
                self.write_agreeing((id, definition), text, nested, path, out)
            }
            (None, None) => Err(path.error("a value", "none")),
        }
    }

    /// Both the text and the nested values are given: they must say the same. The text counts,
    /// because it may hold what nested values cannot, as the form of a length.
    fn write_agreeing(
        self: &Arc<Self>,
        (id, definition): (u16, &Definition),
        text: &str,
        nested: &Value,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let mut whole = Zeroizing::new(Vec::new());
        let content = reserve(definition, &mut whole);
        let half_bytes = write_plain(definition, text, path, &mut whole)?;
        let given = whole.get(content..).unwrap_or(&[]);
        let layout = self.check_layouts(definition, half_bytes, given, path)?;
        let mut other = Zeroizing::new(Vec::new());
        let other_half_bytes =
            self.write_content(definition, nested, Some(layout), path, &mut other)?;
        if *other.as_slice() != *given
            && self.leaves(id, definition, half_bytes, given)
                != self.leaves(id, definition, other_half_bytes, &other)
        {
            return Err(path.error("a text and subfields that agree", "two that differ"));
        }
        finish(definition, content, half_bytes, path, &mut whole)?;
        out.extend_from_slice(&whole);
        Ok(())
    }

    /// Paths and texts of everything in a composite that holds nothing else, in sorted order.
    fn leaves(
        self: &Arc<Self>,
        id: u16,
        definition: &Definition,
        half_bytes: usize,
        content: &[u8],
    ) -> Vec<(String, String)> {
        let start = usize::from(half_bytes & 1 == 1 && definition.pad.left);
        let stop = start.saturating_add(half_bytes);
        let mut decoder = Decoder {
            spec: self,
            body: content,
            nodes: Vec::new(),
        };
        let root = decoder.open(Node::new(id, Kind::Element, 0, start, stop));
        let readable = decoder.composite(definition, start, stop).is_ok();
        decoder.close(root);
        let nodes = decoder.nodes;
        let bytes = Zeroizing::new(content.to_vec());
        let message = Message {
            spec: Arc::clone(self),
            bytes,
            nodes,
            head: Head::default(),
        };
        let mut leaves = Vec::new();
        message.add_leaves(root, "", &mut leaves);
        leaves.sort_unstable();
        if readable { leaves } else { Vec::new() }
    }

    fn write_value(
        &self,
        definition: &Definition,
        value: &Value,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        match value {
            Value::Text(text) => self.write_text(definition, text, path, out),
            _ => self.write_nested(definition, value, None, path, out),
        }
    }

    fn write_nested(
        &self,
        definition: &Definition,
        value: &Value,
        layout: Option<usize>,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let content = reserve(definition, out);
        let half_bytes = self.write_content(definition, value, layout, path, out)?;
        finish(definition, content, half_bytes, path, out)
    }

    /// The first layout that can hold the values, or the one asked for.
    fn write_content(
        &self,
        definition: &Definition,
        value: &Value,
        wanted: Option<usize>,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<usize> {
        let mark = out.len();
        let mut first = None;
        for (place, layout) in definition.layouts.iter().enumerate() {
            if wanted.is_some_and(|wanted| wanted != place) {
                continue;
            }
            match self.write_layout(definition, layout, value, path, out) {
                Ok(half_bytes) => return Ok(half_bytes),
                Err(error) => {
                    out.truncate(mark);
                    first.get_or_insert(error);
                }
            }
        }
        Err(first.unwrap_or_else(|| path.error("a text", value.kind())))
    }

    fn write_layout(
        &self,
        definition: &Definition,
        layout: &Layout,
        value: &Value,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<usize> {
        let mark = out.len();
        match (layout, value) {
            (Layout::Datasets { .. }, _) => self.write_datasets(layout, value, path, out)?,
            (Layout::Tlv { tags }, Value::Map(members)) => {
                self.write_tags(tags, members, path, out)?;
            }
            (
                Layout::Positional {
                    parts,
                    tight,
                    whole,
                },
                Value::Map(members),
            ) => {
                if *whole && members.len() != parts.len() {
                    return Err(path.error("all parts", format!("{} of them", members.len())));
                }
                if *tight {
                    return self.write_tight(definition, parts, members, path, out);
                }
                for (part, value) in self.in_order(parts, members, path)? {
                    self.write_value(part, value, &path.join(&part.key), out)?;
                }
            }
            (
                Layout::Bitmapped {
                    bitmap_bytes,
                    parts,
                },
                Value::Map(members),
            ) => {
                self.write_bitmapped(*bitmap_bytes, parts, members, path, out)?;
            }
            _ => return Err(path.error("nested values", value.kind())),
        }
        Ok(out.len().saturating_sub(mark).saturating_mul(2))
    }

    /// The parts given, which must be the first ones without a gap.
    fn in_order<'a>(
        &'a self,
        parts: &[u16],
        members: &'a Members,
        path: &Path<'_>,
    ) -> Encoded<Vec<(&'a Definition, &'a Value)>> {
        let mut found = Vec::with_capacity(members.len());
        for id in parts {
            let Some(part) = self.definition(*id) else {
                continue;
            };
            let Some((_, value)) = members.iter().find(|member| member.0 == *part.key) else {
                break;
            };
            found.push((part, value));
        }
        if found.len() == members.len() {
            return Ok(found);
        }
        let known = |key: &String| found.iter().any(|(part, _)| *part.key == **key);
        let stray = members
            .iter()
            .find(|member| !known(&member.0))
            .map_or("", |it| &it.0);
        Err(path
            .join(stray)
            .error("parts from the first one on", "one after a gap"))
    }

    fn write_tight(
        &self,
        definition: &Definition,
        parts: &[u16],
        members: &Members,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<usize> {
        let mut digits = Zeroizing::new(String::new());
        for (part, value) in self.in_order(parts, members, path)? {
            let path = path.join(&part.key);
            let Value::Text(text) = value else {
                return Err(path.error("a text", value.kind()));
            };
            match part.length {
                Length::Fixed(units) if units != text.len() => {
                    return Err(path.error(part.unit.count(units), text.len().to_string()));
                }
                _ => digits.push_str(text),
            }
        }
        write_plain(definition, &digits, path, out)
    }

    fn write_bitmapped(
        &self,
        bitmap_bytes: usize,
        parts: &[u16],
        members: &Members,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let mut order = Vec::with_capacity(members.len());
        for (key, value) in members.iter().filter(|member| member.0 != "_bitmap") {
            let bit = key.parse::<usize>().ok();
            let id = bit
                .and_then(|bit| parts.get(bit))
                .copied()
                .filter(|id| *id != NONE);
            let part = id.and_then(|id| self.definition(id));
            let (Some(bit), Some(part)) = (bit, part) else {
                return Err(path.join(key).error("a bit that is defined", "another"));
            };
            order.push((bit, part, value));
        }
        order.sort_by_key(|(bit, _, _)| *bit);
        let word = order
            .iter()
            .fold(0, |word, (bit, _, _)| bitmap::with(word, *bit));
        let octets = word.to_be_bytes();
        let octets = octets.get(..bitmap_bytes).unwrap_or(&[]);
        if let Some((key, given)) = members.iter().find(|member| member.0 == "_bitmap") {
            let same = matches!(given, Value::Text(text)
                if nibble::parse_hex(text).is_ok_and(|given| given == octets));
            if !same {
                let found = "one of other parts";
                return Err(path.join(key).error("the bitmap of the parts given", found));
            }
        }
        out.extend_from_slice(octets);
        for (_, part, value) in order {
            self.write_value(part, value, &path.join(&part.key), out)?;
        }
        Ok(())
    }
}

impl Message {
    fn add_leaves(&self, index: usize, path: &str, leaves: &mut Vec<(String, String)>) {
        if !self.has_children(index) {
            leaves.push((path.to_owned(), self.text(index, false)));
        }
        for child in self.children(index) {
            self.add_leaves(child, &format!("{path}.{}", self.key(child)), leaves);
        }
    }
}
