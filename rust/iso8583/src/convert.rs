//! A message of one dialect as a message of another: values by their paths.

use std::sync::Arc;

use crate::builder;
use crate::encode::Path;
use crate::encoding::Coding;
use crate::encoding::charset::Class;
use crate::encoding::nibble;
use crate::error::EncodeError;
use crate::message::{Kind, Message, Node};
use crate::resolve::element_number;
use crate::spec::{
    Condition, Definition, Layout, NONE, NibbleStyle, Sensitivity, Source, Spec, TagTable,
};
use crate::value::{ClearText, Value};
use crate::{NODES_MAX, edit, tlv};

/// A message of another dialect, and what of the old one it does not have.
pub struct Converted {
    /// The new message.
    pub message: Message,
    /// Path and reason of everything that was left out.
    pub dropped: Vec<EncodeError>,
}

/// Where the definitions of what is inside a composite are found.
#[derive(Clone, Copy)]
enum Inside<'a> {
    Field(&'a Definition),
    /// The tags of a template are those of the composite around it.
    Tags(&'a TagTable),
}

/// What a key means in the other dialect.
enum Found<'a> {
    Known(&'a Definition),
    /// A BER-TLV tag without a definition.
    Tag,
    Nothing,
}

impl Spec {
    /// The values of `message` in this dialect, under its own type unless another is given.
    ///
    /// A message of this very specification stays as it is.
    ///
    /// The first value that does not fit is the error, or is left out if `drop`; then it is in
    /// `dropped`.
    pub fn convert(
        self: &Arc<Self>,
        message: &Message,
        mti: Option<&str>,
        drop: bool,
    ) -> Result<Converted, EncodeError> {
        let mti = mti.unwrap_or_else(|| message.mti());
        if Arc::ptr_eq(self, &message.spec) && mti == message.mti() {
            let message = builder::decoded(self, &message.encode())?;
            let dropped = Vec::new();
            return Ok(Converted { message, dropped });
        }
        let mut conversion = Conversion {
            source: message,
            target: self,
            mti: mti.to_owned(),
            refused: Vec::new(),
        };
        let mut members = vec![("mti".to_owned(), Value::text(mti))];
        let header = message.header();
        if !header.is_empty() && header.len() == self.envelope.header.len() {
            members.push(("_header".to_owned(), Value::text(&nibble::hex(header))));
        }
        for index in message.elements() {
            let key = message.key(index);
            if key == message.spec.envelope.third_bitmap.to_string() {
                continue;
            }
            if let Some(value) = conversion.element(index, &key) {
                members.push((key, value));
            }
        }
        if message.head.rest < message.head.end {
            conversion.refuse(&Path::top("_rest"), "bytes that can be read", "others");
        }
        let mut dropped = conversion.refused;
        if let Some(first) = dropped.first().filter(|_| !drop) {
            return Err(first.clone());
        }
        for _ in 0..=NODES_MAX {
            let fault = match self.encode(&Value::Map(members.clone())) {
                Ok(octets) => {
                    let written = builder::decoded(self, &octets)?;
                    match laid_out_otherwise(message, &written) {
                        None => {
                            let message = written;
                            return Ok(Converted { message, dropped });
                        }
                        Some(fault) => fault,
                    }
                }
                Err(fault) => fault,
            };
            if !drop || !remove(&mut members, &fault.path) {
                return Err(fault);
            }
            dropped.push(fault);
        }
        Err(Path::top("").error("values that fit", "too many that do not"))
    }
}

impl Message {
    /// Whether the field of the other dialect would show what is hidden here.
    fn shows_more(&self, index: usize, node: &Node, target: Option<&Definition>) -> bool {
        // what cannot be looked into here can be there as little
        let opaque = node.kind == Kind::Opaque
            && target.is_none_or(|it| it.number == 0 && it.layouts.is_empty());
        if opaque || !self.holds_card_data(index, node) {
            return false;
        }
        match target.map_or(Sensitivity::None, |it| it.sensitivity) {
            Sensitivity::None => true,
            Sensitivity::Pan => self.sensitivity(node) != Sensitivity::Pan,
            Sensitivity::Track | Sensitivity::Pin | Sensitivity::Cvv2 => false,
        }
    }
}

/// The first composite whose keys mean something else, because they are those of another layout.
fn laid_out_otherwise(source: &Message, written: &Message) -> Option<EncodeError> {
    source.elements().find_map(|index| {
        let key = source.key(index);
        let other = element_number(&key).and_then(|field| written.element(field))?;
        let shapes = (shape(source, index)?, shape(written, other)?);
        let fault = || Path::top(&key).error("parts of the same layout", "those of another");
        (shapes.0 != shapes.1).then(fault)
    })
}

/// What tells layouts apart: the kind of what is inside. Tags of any characters are alike.
fn shape(message: &Message, index: usize) -> Option<Kind> {
    let first = message.parts(index).first().copied()?;
    let kind = message.node(first).map(|node| node.kind);
    kind.map(|kind| match kind {
        Kind::EbcdicTag => Kind::AsciiTag,
        Kind::Template | Kind::Opaque => Kind::Tag,
        other => other,
    })
}

/// Take a value out; the whole element if what is inside it cannot be found.
fn remove(members: &mut Vec<(String, Value)>, path: &str) -> bool {
    let mut keys = path.split('.');
    let element = keys.next().unwrap_or("");
    if element_number(element).is_none() {
        return false;
    }
    let keys: Vec<&str> = keys.collect();
    let Some(at) = members.iter().position(|member| member.0 == element) else {
        return false;
    };
    let inside = members
        .get_mut(at)
        .is_some_and(|(_, value)| !keys.is_empty() && edit::delete(value, &keys));
    if !inside {
        members.remove(at);
    }
    true
}

struct Conversion<'a> {
    source: &'a Message,
    target: &'a Arc<Spec>,
    mti: String,
    refused: Vec<EncodeError>,
}

impl Conversion<'_> {
    fn refuse(&mut self, path: &Path<'_>, expected: &str, found: &str) -> Option<Value> {
        self.refused.push(path.error(expected, found));
        None
    }

    fn element(&mut self, index: usize, key: &str) -> Option<Value> {
        let path = Path::top(key);
        let target = Arc::clone(self.target);
        let known = element_number(key).and_then(|number| target.element(usize::from(number)));
        let Some((_, definition)) = known else {
            let expected = format!("an element of {}", target.name());
            return self.refuse(&path, &expected, "another");
        };
        self.value(index, Some(definition), &path)
    }

    /// A node's value as the definition of the same path takes it.
    fn value(
        &mut self,
        index: usize,
        target: Option<&Definition>,
        path: &Path<'_>,
    ) -> Option<Value> {
        let source = self.source;
        let spec = Arc::clone(self.target);
        let target = target.map(|target| self.chosen(&spec, target));
        if let Some(definition) = target.filter(|it| !it.layouts.is_empty())
            && source.has_children(index)
        {
            return self.composite(index, definition, path);
        }
        let node = source.node(index)?;
        if source.shows_more(index, node, target) {
            return self.refuse(path, "a field that hides card data", "one that shows it");
        }
        let text = ClearText::new(source.text(index, false));
        let of_source = source.definition(node);
        match recoded(of_source, target, &text) {
            Some(text) => Some(Value::Text(text)),
            None if is_bytes(of_source) => self.refuse(path, "characters", "bytes"),
            None => self.refuse(path, "bytes", "characters"),
        }
    }

    /// What a field is that may be several things, by the values of the message that is read:
    /// those of the new one are the same.
    fn chosen<'s>(&self, spec: &'s Spec, target: &'s Definition) -> &'s Definition {
        let counts = |when: &Condition| {
            let text = match &when.source {
                Source::MessageType => Some(self.mti.clone()),
                Source::Element(number, keys) => {
                    let keys = keys.iter().map(|key| &**key);
                    let number = number.to_string();
                    let path: Vec<&str> = std::iter::once(number.as_str()).chain(keys).collect();
                    let text = self.source.clear_text(&path.join("."));
                    text.map(|text| (*text).to_owned())
                }
                Source::Sibling(_) => None,
            };
            text.is_some_and(|text| when.matches(&text))
        };
        let mut choices = target.choices.iter();
        let chosen = choices.find(|it| it.when.as_deref().is_none_or(counts));
        let definition = chosen.and_then(|choice| spec.definition(choice.definition));
        definition.unwrap_or(target)
    }

    fn composite(&mut self, index: usize, target: &Definition, path: &Path<'_>) -> Option<Value> {
        let source = self.source;
        let parts = source.parts(index);
        let is_set = |part: &usize| {
            let node = source.node(*part);
            node.is_some_and(|node| node.kind == Kind::Dataset)
        };
        if !parts.iter().any(is_set) {
            return Some(self.members(&parts, Inside::Field(target), None, path));
        }
        let datasets = |it: &Layout| matches!(it, Layout::Datasets { .. });
        if !target.layouts.iter().any(|it| datasets(&it.layout)) {
            return self.refuse(path, "one data set of the usual kind", "others");
        }
        let mut sets = Vec::with_capacity(parts.len());
        for part in parts {
            let id = source.id_bytes(part);
            let inside: Vec<usize> = source.children(part).collect();
            let tags = self.members(&inside, Inside::Field(target), id.first().copied(), path);
            if let Value::Map(mut tags) = tags {
                tags.insert(0, ("_dataset".to_owned(), Value::text(&nibble::hex(id))));
                sets.push(Value::Map(tags));
            }
        }
        Some(Value::List(sets))
    }

    fn members(
        &mut self,
        parts: &[usize],
        inside: Inside<'_>,
        dataset: Option<u8>,
        path: &Path<'_>,
    ) -> Value {
        let source = self.source;
        let target = Arc::clone(self.target);
        let mut members: Vec<(String, Value)> = Vec::with_capacity(parts.len());
        for part in parts {
            let key = source.key(*part);
            let path = path.join(&key);
            let kind = source.node(*part).map(|node| node.kind);
            let found = target.inside(inside, &key, dataset);
            let value = match (kind, found) {
                (Some(Kind::Bitmap), _) => continue,
                (Some(Kind::Template), found) => {
                    let Some(tags) = tags_of(inside, dataset) else {
                        self.refuse(&path, "a part that is known", "another");
                        continue;
                    };
                    let within: Vec<usize> = source.children(*part).collect();
                    match found {
                        Found::Nothing => None,
                        _ => Some(self.members(&within, Inside::Tags(tags), dataset, &path)),
                    }
                }
                (_, Found::Known(definition)) => self.value(*part, Some(definition), &path),
                (_, Found::Tag) => self.value(*part, None, &path),
                (_, Found::Nothing) => self.refuse(&path, "a part that is known", "another"),
            };
            let Some(value) = value else { continue };
            match members.iter_mut().find(|member| member.0 == key) {
                None => members.push((key, value)),
                Some((_, Value::List(repeats))) => repeats.push(value),
                Some((_, single)) => {
                    let first = std::mem::replace(single, Value::List(Vec::new()));
                    *single = Value::List(vec![first, value]);
                }
            }
        }
        Value::Map(members)
    }
}

impl Spec {
    fn inside<'a>(&'a self, inside: Inside<'a>, key: &str, dataset: Option<u8>) -> Found<'a> {
        let known = |id: u16| self.definition(id).filter(|_| id != NONE);
        if let Inside::Field(definition) = inside {
            for alternative in &definition.layouts {
                let found = match &alternative.layout {
                    Layout::Positional { parts, .. } => self.part(parts, key),
                    Layout::Bitmapped(bitmapped) => self.part(&bitmapped.parts, key),
                    Layout::Tagged(tagged) if key == "_lead" => known(tagged.lead),
                    Layout::Tagged(tagged) => tagged.find(key).and_then(known),
                    Layout::Datasets { .. } | Layout::Tlv { .. } => None,
                };
                if let Some(found) = found {
                    return Found::Known(found);
                }
            }
        }
        let tag = nibble::parse_hex(key).unwrap_or_default();
        match tags_of(inside, dataset) {
            Some(tags) if tlv::tag_length(&tag) == Some(tag.len()) => {
                let entry = tlv::number(&tag).and_then(|number| tags.find(number));
                let definition = entry.and_then(|entry| known(entry.definition));
                definition.map_or(Found::Tag, Found::Known)
            }
            _ => Found::Nothing,
        }
    }

    fn part(&self, parts: &[u16], key: &str) -> Option<&Definition> {
        let definitions = parts.iter().filter_map(|id| self.definition(*id));
        definitions.into_iter().find(|it| &*it.key == key)
    }
}

/// The table of BER-TLV tags inside a field.
fn tags_of(inside: Inside<'_>, dataset: Option<u8>) -> Option<&TagTable> {
    let definition = match inside {
        Inside::Tags(tags) => return Some(tags),
        Inside::Field(definition) => definition,
    };
    definition.layouts.iter().find_map(|it| match &it.layout {
        Layout::Tlv { tags } => Some(tags),
        Layout::Datasets { default, .. } => {
            let id = dataset.or(*default)?;
            it.layout.tags_of(id).map(|it| it.1)
        }
        _ => None,
    })
}

fn is_bytes(definition: Option<&Definition>) -> bool {
    definition.is_none_or(|it| matches!(it.coding, Coding::Binary | Coding::Hex(_)))
}

/// A text as another coding writes the same value; None between bytes and characters, since
/// nothing says which characters the bytes are.
fn recoded(
    source: Option<&Definition>,
    target: Option<&Definition>,
    text: &ClearText,
) -> Option<ClearText> {
    let is_text =
        |it: Option<&Definition>| it.is_some_and(|it| matches!(it.coding, Coding::Text(_)));
    let is_packed = |it: Option<&Definition>| it.is_some_and(|it| it.coding == Coding::Bcd);
    if (is_bytes(source) && is_text(target)) || (is_text(source) && is_bytes(target)) {
        return None;
    }
    let digits = |it: Option<&Definition>| !is_bytes(it) && !is_packed(it);
    if (is_bytes(source) && digits(target)) || (digits(source) && is_bytes(target)) {
        return None;
    }
    let is_track = [source, target].into_iter().flatten().any(|it| {
        it.class == Class::Z
            || it.style == NibbleStyle::Track
            || (it.sensitivity == Sensitivity::Track && it.coding == Coding::Bcd)
    });
    if !is_track {
        return Some(text.clone());
    }
    let separator = |from: &[char], to: char| -> String {
        let replace = |it| if from.contains(&it) { to } else { it };
        text.chars().map(replace).collect()
    };
    let replaced = match (is_text(source), is_text(target)) {
        // the filler of the last half-byte is none of the value
        (false, true) => {
            let text = separator(&['d', 'D'], '=');
            text.trim_end_matches(['f', 'F']).to_owned()
        }
        (_, false) => separator(&['='], 'd'),
        (true, true) => return Some(text.clone()),
    };
    Some(ClearText::new(replaced))
}
