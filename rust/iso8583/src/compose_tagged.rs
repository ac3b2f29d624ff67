//! Tags and lengths of fixed sizes from nested values.

use crate::wipe::Wiped;

use crate::encode::{Encoded, Path};
use crate::encoding::{ebcdic, nibble};
use crate::spec::{NONE, Spec, TagCoding, Tagged};
use crate::value::Value;

type Members = [(String, Value)];

impl Spec {
    pub(crate) fn write_tagged(
        &self,
        layout: &Tagged,
        members: &Members,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        if let Some(lead) = self.definition(layout.lead).filter(|_| layout.lead != NONE) {
            let given = members.iter().find(|member| member.0 == "_lead");
            let path = path.join("_lead");
            let (_, value) = given.ok_or_else(|| path.error("what stands in front", "nothing"))?;
            self.write_value(lead, value, &path, out)?;
        }
        let is_lead = |key: &str| layout.lead != NONE && key == "_lead";
        for (key, value) in members.iter().filter(|member| !is_lead(&member.0)) {
            let path = path.join(key);
            let tag = tag_bytes(layout, key).ok_or_else(|| {
                let expected = format!("a tag of {} bytes", layout.tag_bytes);
                path.error(expected, "another text")
            })?;
            let repeats = match value {
                Value::List(items) => items.as_slice(),
                single => std::slice::from_ref(single),
            };
            for single in repeats {
                self.write_tagged_value(layout, (key, &tag), single, &path, out)?;
            }
        }
        Ok(())
    }

    fn write_tagged_value(
        &self,
        layout: &Tagged,
        (key, tag): (&str, &[u8]),
        value: &Value,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let known = layout.find(key).and_then(|id| self.definition(id));
        let definition = known.ok_or_else(|| path.error("a tag that is known", "another"))?;
        let mut content = Wiped::new(Vec::new());
        self.write_value(definition, value, path, &mut content)?;
        let mut length = Vec::new();
        if let Some(prefix) = layout.length {
            let count = content.len().saturating_add(layout.counted_too);
            if count > prefix.count_max {
                let most = prefix.count_max.saturating_sub(layout.counted_too);
                let expected = format!("at most {most} bytes");
                return Err(path.error(expected, content.len().to_string()));
            }
            length.resize(prefix.bytes, 0);
            prefix.write(count, &mut length);
        }
        let (first, second): (&[u8], &[u8]) = if layout.length_first {
            (&length, tag)
        } else {
            (tag, &length)
        };
        out.extend_from_slice(first);
        out.extend_from_slice(second);
        out.extend_from_slice(&content);
        Ok(())
    }
}

/// The bytes of a tag; None where the key is of another size or has other characters.
fn tag_bytes(layout: &Tagged, key: &str) -> Option<Vec<u8>> {
    let page = ebcdic::Page::P037;
    let octets: Vec<u8> = match layout.tag {
        TagCoding::Ascii => key.bytes().collect(),
        TagCoding::Ebcdic => key
            .chars()
            .map(|it| page.encode(it))
            .collect::<Option<_>>()?,
        TagCoding::Hex => nibble::parse_hex(key).ok()?,
    };
    let same = layout.key(&octets).is_some_and(|text| text == key);
    (octets.len() == layout.tag_bytes && same).then_some(octets)
}
