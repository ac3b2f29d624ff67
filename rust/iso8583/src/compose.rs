//! Composites from nested values.

use std::sync::Arc;

use crate::decode::Decoder;
use crate::encode::{Encoded, Path, ROOM_BYTES, Scope};
use crate::encoding::{Coding, Letters, nibble};
use crate::error::EncodeError;
use crate::head::{BITMAP_BYTES, HeadTexts, write_bitmap};
use crate::mapping::{Elements, Entry};
use crate::spec::{Definition, Layout, Length, NONE, Spec};
use crate::value::Value;
use crate::wipe::Wiped;
use crate::write::{fill_up, finish, reserve, write_plain};

type Members = [(String, Value)];

impl Spec {
    /// Encode a mapping shaped as `Message::to_json` writes it: texts by number, nested values
    /// under `subfields`, in place of texts or under dotted keys.
    pub fn encode(self: &Arc<Self>, value: &Value) -> Result<Wiped, EncodeError> {
        let elements = Elements::read(value)?;
        let missing = || Path::top("mti").error("a message type", "none");
        let mti = elements.mti.ok_or_else(missing)?;
        let keys = elements.entries.keys().map(|key| usize::from(*key));
        let numbers = self.with_third_bitmap(keys.collect());
        let mut out = Wiped::new(Vec::with_capacity(ROOM_BYTES));
        let texts = HeadTexts {
            mti,
            header: elements.header.map(|text| &**text),
            bitmap: elements.bitmap.map(|text| &**text),
        };
        let third_word = self.head(texts, &numbers, &mut out)?;
        let mut written = Vec::with_capacity(numbers.len());
        for number in numbers {
            let at = out.len();
            let key = number.to_string();
            let mut path = Path::top(&key);
            let entry = u16::try_from(number)
                .ok()
                .and_then(|number| elements.entries.get(&number));
            if number == self.envelope.third_bitmap {
                self.write_third_bitmap(third_word, entry, &path, &mut out)?;
            } else if let Some(entry) = entry {
                let conditional = self.element(number).is_some_and(|it| it.1.conditional);
                let scope = conditional.then(|| Scope::of(self, mti, &out, &written));
                path.scope = scope.as_ref();
                self.element_entry(number, entry, &path, &mut out)?;
            }
            written.push((number, at));
        }
        if let Some(text) = elements.rest {
            let path = Path::top("_rest");
            if self.envelope.keeps_rest() {
                let octets = nibble::parse_hex(text);
                let found = "another text";
                out.extend(octets.map_err(|_| path.error("whole bytes in hex", found))?);
            } else {
                return Err(path.error("a dialect that keeps what it cannot read", "another"));
            }
        }
        Ok(out)
    }

    /// The bitmap of the elements above 128; what was given for it must say the same.
    pub(crate) fn write_third_bitmap(
        &self,
        word: u64,
        entry: Option<&Entry<'_>>,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let given = entry.and_then(|entry| entry.text);
        let octets = word.to_be_bytes();
        if given.is_some_and(|text| nibble::parse_hex(text) != Ok(octets.to_vec())) {
            let found = "one of other elements";
            return Err(path.error("the bitmap of the elements given", found));
        }
        write_bitmap(self.envelope.bitmap, word, BITMAP_BYTES, out);
        Ok(())
    }

    pub(crate) fn element_entry(
        self: &Arc<Self>,
        number: usize,
        entry: &Entry<'_>,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let element = self.element(number);
        let (id, definition) = element.ok_or_else(|| path.error("a known element", "none"))?;
        let (id, definition) = self.chosen((id, definition), path);
        match (entry.text, entry.nested.as_deref()) {
            (Some(text), None) => self.write_text(definition, text, path, out),
            (None, Some(nested)) => self.write_nested(definition, nested, None, path, out),
            (Some(text), Some(nested)) => {
                self.write_agreeing((id, definition), text, nested, path, out)
            }
            (None, None) => Err(path.error("a value", "none")),
        }
    }

    pub(crate) fn write_value(
        &self,
        definition: &Definition,
        value: &Value,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let (_, definition) = self.chosen((NONE, definition), path);
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
        // what parts allow may be more than what the field around them does
        let decoder = Decoder::new(self, out.get(content..).unwrap_or(&[]), Vec::new());
        let (start, stop) = decoder.written_digits(definition, half_bytes);
        decoder
            .check(definition, start, stop)
            .map_err(|fault| path.error(fault.expected, fault.found))?;
        finish(definition, content, half_bytes, path, out)
    }

    /// The first layout that counts and can hold the values, or the one asked for.
    pub(crate) fn write_content(
        &self,
        definition: &Definition,
        value: &Value,
        wanted: Option<usize>,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<usize> {
        let mark = out.len();
        let mut first = None;
        for (place, alternative) in definition.layouts.iter().enumerate() {
            if wanted.is_some_and(|wanted| wanted != place) {
                continue;
            }
            let when = alternative.when.as_ref();
            if wanted.is_none() && when.is_some_and(|when| !self.holds(when, path)) {
                continue;
            }
            match self.write_inside(definition, &alternative.layout, value, path, out) {
                Ok(half_bytes) => return Ok(half_bytes),
                Err(error) => {
                    out.truncate(mark);
                    first.get_or_insert(error);
                }
            }
        }
        Err(first.unwrap_or_else(|| path.error("a text", value.kind())))
    }

    /// A layout's bytes, as hex text where the field is that.
    fn write_inside(
        &self,
        definition: &Definition,
        layout: &Layout,
        value: &Value,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<usize> {
        let path = Path {
            members: match value {
                Value::Map(members) => Some(members),
                _ => None,
            },
            ..*path
        };
        let Coding::Hex(letters) = definition.coding else {
            return self.write_layout(definition, layout, value, &path, out);
        };
        let mut inside = Wiped::new(Vec::new());
        self.write_layout(definition, layout, value, &path, &mut inside)?;
        for octet in inside.iter() {
            out.extend(match letters {
                Letters::Ebcdic(_) => [nibble::to_ebcdic(octet >> 4), nibble::to_ebcdic(*octet)],
                _ => [nibble::to_upper(octet >> 4), nibble::to_upper(*octet)],
            });
        }
        Ok(inside.len().saturating_mul(4))
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
                self.write_tags(tags, members.iter(), path, out)?;
            }
            (Layout::Tagged(tagged), Value::Map(members)) => {
                self.write_tagged(tagged, members, path, out)?;
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
            (Layout::Bitmapped(bitmapped), Value::Map(members)) => {
                self.write_bitmapped(bitmapped, members, path, out)?;
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
        let mut digits = zeroize::Zeroizing::new(String::new());
        for (part, value) in self.in_order(parts, members, path)? {
            let path = path.join(&part.key);
            let Value::Text(text) = value else {
                return Err(path.error("a text", value.kind()));
            };
            let filled = zeroize::Zeroizing::new(match part.fill {
                Some(fill) => fill_up(part, fill, text),
                None => String::new(),
            });
            let text: &str = if part.fill.is_some() { &filled } else { text };
            match part.length {
                Length::Fixed(units) if units != text.len() => {
                    return Err(path.error(part.unit.count(units), text.len().to_string()));
                }
                _ => digits.push_str(text),
            }
        }
        write_plain(definition, &digits, path, out)
    }
}
