//! Data sets and BER-TLV from nested values.

use crate::wipe::Wiped;

use crate::encode::{Encoded, Path};
use crate::encoding::{Coding, nibble};
use crate::spec::{Definition, Form, Layout, Length, NONE, Spec, TagTable, plain};
use crate::tlv;
use crate::value::Value;
use crate::write::{finish, write_plain};

type Member = (String, Value);

impl Spec {
    pub(crate) fn write_datasets(
        &self,
        layout: &Layout,
        value: &Value,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let Layout::Datasets { default, .. } = layout else {
            return Ok(());
        };
        let members = match value {
            Value::Map(members) => members,
            Value::List(items) => {
                return items
                    .iter()
                    .try_for_each(|item| self.write_datasets(layout, item, path, out));
            }
            Value::Text(_) => return Err(path.error("data sets", value.kind())),
        };
        if let Some((key, given)) = members.iter().find(|member| member.0 == "_dataset") {
            let Value::Text(id) = given else {
                return Err(path.join(key).error("two hex digits", given.kind()));
            };
            return self.write_dataset(layout, id, members.iter(), path, out);
        }
        // without a word about data sets: tags of the usual one, and data sets by their id
        let is_set = |member: &(String, Value)| {
            let tag = nibble::parse_hex(&member.0).unwrap_or_default();
            let template = tag.first().copied().is_some_and(tlv::is_constructed);
            matches!(member.1, Value::Map(_)) && (default.is_none() || !template)
        };
        let mut tags = members.iter().filter(|member| !is_set(member)).peekable();
        if let Some((key, _)) = tags.peek() {
            let usual =
                default.ok_or_else(|| path.join(key).error("a data set around it", "none"))?;
            self.write_dataset(layout, &nibble::hex(&[usual]), tags, path, out)?;
        }
        for (id, value) in members.iter().filter(|member| is_set(member)) {
            if let Value::Map(tags) = value {
                self.write_dataset(layout, id, tags.iter(), &path.join(id), out)?;
            }
        }
        Ok(())
    }

    fn write_dataset<'a>(
        &self,
        layout: &Layout,
        id: &str,
        members: impl Iterator<Item = &'a Member>,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let number = match nibble::parse_hex(id).as_deref() {
            Ok([number]) => *number,
            _ => {
                return Err(path
                    .join("_dataset")
                    .error("two hex digits", "another text"));
            }
        };
        let Some((_, form)) = layout.form_of(number) else {
            return Ok(());
        };
        let tags = members.filter(|member| member.0 != "_dataset");
        out.extend_from_slice(&[number, 0, 0]);
        let content = out.len();
        match form {
            Form::Tags(table) => self.write_tags(table, tags, path, out)?,
            Form::Parts(parts) => self.write_chained(parts, tags, path, out)?,
            Form::Content(id) => self.write_unknown_content(id, tags, path, out)?,
        }
        let length = u16::try_from(out.len().saturating_sub(content));
        let length = length.map_err(|_| path.error("at most 65535 bytes", "more"))?;
        let from = content.saturating_sub(2);
        for (to, octet) in out.iter_mut().skip(from).zip(length.to_be_bytes()) {
            *to = octet;
        }
        Ok(())
    }

    pub(crate) fn write_tags<'a>(
        &self,
        table: &TagTable,
        members: impl Iterator<Item = &'a Member>,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        for (key, value) in members {
            let path = path.join(key);
            let tag = nibble::parse_hex(key).unwrap_or_default();
            if tag.is_empty() || tlv::tag_length(&tag) != Some(tag.len()) {
                return Err(path.error("a BER-TLV tag", "another text"));
            }
            let repeats = match value {
                Value::List(items) => items.as_slice(),
                single => std::slice::from_ref(single),
            };
            for single in repeats {
                self.write_tag(table, &tag, single, &path, out)?;
            }
        }
        Ok(())
    }

    fn write_tag(
        &self,
        table: &TagTable,
        tag: &[u8],
        value: &Value,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let mut content = Wiped::new(Vec::new());
        let known = tlv::number(tag).and_then(|tag| table.find(tag));
        let known = known.and_then(|known| self.definition(known.definition));
        let known = known.map(|known| self.chosen((NONE, known), path).1);
        match value {
            Value::Text(text) => {
                let unknown = unknown_tag();
                let definition = known.unwrap_or(&unknown);
                let half_bytes = write_plain(definition, text, path, &mut content)?;
                finish(definition, 0, half_bytes, path, &mut content)?;
            }
            Value::Map(_) | Value::List(_) if known.is_some_and(|it| !it.layouts.is_empty()) => {
                let unknown = unknown_tag();
                self.write_value(known.unwrap_or(&unknown), value, path, &mut content)?;
            }
            Value::Map(members) if tag.first().copied().is_some_and(tlv::is_constructed) => {
                self.write_tags(table, members.iter(), path, &mut content)?;
            }
            _ => return Err(path.error("a text", value.kind())),
        }
        out.extend_from_slice(tag);
        tlv::write_length(content.len(), out);
        out.extend_from_slice(&content);
        Ok(())
    }
}

fn unknown_tag() -> Definition {
    plain("", "", Coding::Binary, Length::Rest)
}
