//! Layouts of tags: BER-TLV, data sets, and tags and lengths of fixed sizes.

use toml::{Table, Value};

use super::compile::{Compiler, plain, plain_number};
use super::inside::Other;
use super::keys::{abandon, choose, sensitivity_named};
use super::lengths::parse_prefix;
use super::section::Section;
use super::{
    Dataset, Definition, Layout, Length, NONE, Sensitivity, TagCoding, TagEntry, TagTable, Tagged,
};
use crate::encoding::decimal::Prefix;
use crate::encoding::{Coding, nibble};

/// Longest tag of a fixed size.
const TAG_SIZE_MAX: usize = 16;
/// Most parts of a data set with bitmaps: two bytes of bits, and 21 of one each.
const NUMBERED_PARTS_MAX: usize = 162;

impl Compiler {
    pub(super) fn datasets(
        &mut self,
        section: &mut Section,
        parent: &Definition,
        depth: usize,
    ) -> Layout {
        let default = section.text("default").and_then(|id| {
            let id = dataset_id(&id);
            if id.is_none() {
                section.error("default", "must be two hex digits");
            }
            id
        });
        // a set that hides other things than the field has the tags of the field in its own way
        let shared = section.table().get("tags").cloned();
        let tags = self.tags(section, parent, depth);
        let mut sets = Vec::new();
        let known = section.section("sets").map(Section::entries);
        for (key, mut set) in known.unwrap_or_default() {
            let Some(id) = dataset_id(&key) else {
                set.error("", "a data set's id is two hex digits");
                continue;
            };
            if !self.resolve_type(&mut set) {
                abandon(set, &["tags", "parts"]);
                continue;
            }
            let around = lending(parent, &set);
            if let Some(shared) = shared
                .as_ref()
                .filter(|_| around.sensitivity != parent.sensitivity)
            {
                set.inherit(&Table::from_iter([("tags".to_owned(), shared.clone())]));
            }
            let own = if set.has("tags") || around.sensitivity != parent.sensitivity {
                self.tags(&mut set, &around, depth)
            } else {
                TagTable::new(Vec::new(), NONE)
            };
            let parts = self.numbered_parts(&mut set, "parts", &around, depth);
            let definition = self.unlimited(&key.to_ascii_uppercase(), set, &around, depth);
            sets.extend(definition.map(|definition| Dataset {
                id,
                definition,
                tags: own,
                parts,
            }));
        }
        let other = self.other_datasets(section, parent, depth);
        Layout::Datasets {
            default,
            tags,
            sets: sets.into(),
            other: Box::new(other),
        }
    }

    /// `tlv_max` and `bitmap_parts`: the data sets that hold no BER-TLV.
    fn other_datasets(
        &mut self,
        section: &mut Section,
        parent: &Definition,
        depth: usize,
    ) -> Other {
        let given = section.text("tlv_max");
        let tlv_max = given.as_deref().map(dataset_id);
        if tlv_max == Some(None) {
            section.error("tlv_max", "must be two hex digits");
        }
        let parts = self.numbered_parts(section, "bitmap_parts", parent, depth);
        let tlv_max = tlv_max.flatten().unwrap_or(u8::MAX);
        if parts.is_some() && tlv_max == u8::MAX {
            let problem = "never met: give a tlv_max, above which data sets have them";
            section.error("bitmap_parts", problem);
        }
        Other {
            tlv_max,
            parts,
            content: self.content(),
        }
    }

    /// Parts by their numbers, which are those of the bits without the ones that announce bytes.
    fn numbered_parts(
        &mut self,
        section: &mut Section,
        key: &str,
        parent: &Definition,
        depth: usize,
    ) -> Option<Box<[u16]>> {
        let mut parts = vec![NONE; NUMBERED_PARTS_MAX.saturating_add(1)];
        for (key, part) in section.section(key)?.entries() {
            let number = plain_number(&key).filter(|number| *number > 0);
            match number.and_then(|number| parts.get_mut(number)) {
                Some(slot) => {
                    *slot = self.field(&key, part, Some(parent), depth).unwrap_or(NONE);
                }
                None => part.error("", format!("parts are 1 to {NUMBERED_PARTS_MAX}")),
            }
        }
        Some(parts.into())
    }

    pub(super) fn tags(
        &mut self,
        section: &mut Section,
        parent: &Definition,
        depth: usize,
    ) -> TagTable {
        let unknown = match parent.sensitivity {
            Sensitivity::None => NONE,
            _ => self.hidden_tag(parent),
        };
        let mut entries = Vec::new();
        let known = section.section("tags").map(Section::entries);
        for (key, tag) in known.unwrap_or_default() {
            let bytes = nibble::parse_hex(&key)
                .ok()
                .filter(|bytes| (1..=4).contains(&bytes.len()));
            let Some(bytes) = bytes else {
                tag.error("", "a tag is one to four bytes in hex");
                continue;
            };
            if crate::tlv::tag_length(&bytes) != Some(bytes.len()) {
                tag.warn("", "no BER-TLV tag: it can never be met");
            }
            let number = bytes
                .iter()
                .fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
            let Some(definition) = self.unlimited(&key.to_ascii_uppercase(), tag, parent, depth)
            else {
                continue;
            };
            let known = self.definitions.get(usize::from(definition));
            entries.push(TagEntry {
                tag: number,
                definition,
                examined: known.is_some_and(is_examined),
            });
        }
        entries.sort_unstable_by_key(|entry| entry.tag);
        TagTable::new(entries, unknown)
    }

    /// A tag or data set: the bytes around it say how long it is; binary unless it says otherwise,
    /// and card data if what is around it is.
    fn unlimited(
        &mut self,
        key: &str,
        mut section: Section,
        around: &Definition,
        depth: usize,
    ) -> Option<u16> {
        if !self.resolve_type(&mut section) {
            abandon(section, &[]);
            return None;
        }
        let mut base = Table::new();
        base.insert("rest".to_owned(), toml::Value::Boolean(true));
        base.insert("letters".to_owned(), toml::Value::Boolean(true));
        if !section.has("encoding") {
            base.insert(
                "encoding".to_owned(),
                toml::Value::String("binary".to_owned()),
            );
        }
        section.inherit(&base);
        let lender = Definition {
            sensitivity: around.sensitivity,
            ..plain("", "", Coding::Binary, Length::Rest)
        };
        self.field(key, section, Some(&lender), depth)
    }

    pub(super) fn tagged(
        &mut self,
        section: &mut Section,
        parent: &Definition,
        depth: usize,
    ) -> Layout {
        let Frame {
            tag: (coding, tag_bytes),
            length,
            length_first,
            counts_tag,
        } = tag_frame(section);
        let unknown = choose(
            section,
            "unknown",
            |word| match word {
                "keep" => Some(true),
                "reject" => Some(false),
                _ => None,
            },
            "keep, reject",
            None,
        );
        if unknown == Some(true) && length.is_none() {
            section.error(
                "unknown",
                "a tag that nobody knows needs a length to be kept",
            );
        }
        let keeps = unknown.unwrap_or(true) && length.is_some();
        let unknown = if keeps {
            self.unknown_tag(parent)
        } else {
            NONE
        };
        let lead = section.section("lead");
        let lead = lead.and_then(|lead| self.field("_lead", lead, Some(parent), depth));
        let entries = self.named_tags(
            section,
            parent,
            (coding, tag_bytes),
            length.is_some(),
            depth,
        );
        Layout::Tagged(Box::new(Tagged {
            lead: lead.unwrap_or(NONE),
            tag: coding,
            tag_bytes,
            length,
            length_first,
            counted_too: if counts_tag { tag_bytes } else { 0 },
            unknown,
            entries: entries.into(),
        }))
    }

    fn named_tags(
        &mut self,
        section: &mut Section,
        parent: &Definition,
        (coding, tag_bytes): (TagCoding, usize),
        counted: bool,
        depth: usize,
    ) -> Vec<(Box<str>, u16)> {
        let mut entries = Vec::new();
        let known = section.section("tags").map(Section::entries);
        for (key, mut tag) in known.unwrap_or_default() {
            let key = key.to_ascii_uppercase();
            let size = match coding {
                TagCoding::Hex => nibble::parse_hex(&key).map_or(0, |bytes| bytes.len()),
                _ if key.bytes().all(|byte| byte.is_ascii_alphanumeric()) => key.len(),
                _ => 0,
            };
            if size != tag_bytes {
                tag.error("", "has another size than the layout's tags");
                continue;
            }
            if !self.resolve_type(&mut tag) {
                abandon(tag, &[]);
                continue;
            }
            let ends = ["length", "prefix", "terminator"];
            if counted && !ends.iter().any(|key| tag.has(key)) {
                let mut base = Table::new();
                base.insert("rest".to_owned(), toml::Value::Boolean(true));
                tag.inherit(&base);
            }
            let definition = self.field(&key, tag, Some(parent), depth);
            entries.extend(definition.map(|id| (key.into_boxed_str(), id)));
        }
        entries.sort_unstable();
        entries
    }
}

/// Whether the bytes of a tag may be wrong, or hold more.
fn is_examined(definition: &Definition) -> bool {
    !definition.layouts.is_empty()
        || !definition.takes_anything()
        || definition.length == Length::Chosen
}

/// How a tag and its length lie in front of a value.
struct Frame {
    tag: (TagCoding, usize),
    length: Option<Prefix>,
    length_first: bool,
    counts_tag: bool,
}

fn tag_frame(section: &mut Section) -> Frame {
    let tag = section.text("tag").as_deref().and_then(parse_tag);
    if tag.is_none() {
        let known = "ascii, ebcdic, bcd (digits), binary (bytes)";
        section.error(
            "tag",
            format!("give coding:size, as in ascii:2; codings: {known}"),
        );
    }
    let wanted = section.text("length");
    let length = wanted.as_deref().and_then(parse_prefix);
    if wanted.is_some() && length.is_none() {
        section.error("length", "give coding:size as for a prefix, as in ascii:3");
    }
    let order = choose(
        section,
        "order",
        |word| match word {
            "tag-length" => Some(false),
            "length-tag" => Some(true),
            _ => None,
        },
        "tag-length, length-tag",
        None,
    );
    let length_first = order.unwrap_or(false);
    let counts_tag = section.flag("length_counts_tag").unwrap_or(false);
    if length.is_none() && (length_first || counts_tag) {
        section.error("length", "missing");
    }
    Frame {
        tag: tag.unwrap_or((TagCoding::Ascii, 1)),
        length,
        length_first,
        counts_tag,
    }
}

/// A tag's coding and its size in bytes.
fn parse_tag(text: &str) -> Option<(TagCoding, usize)> {
    let (coding, size) = text.split_once(':')?;
    let size = size
        .parse::<usize>()
        .ok()
        .filter(|size| (1..=TAG_SIZE_MAX).contains(size))?;
    match coding {
        "ascii" => Some((TagCoding::Ascii, size)),
        "ebcdic" => Some((TagCoding::Ebcdic, size)),
        "binary" => Some((TagCoding::Hex, size)),
        "bcd" if size & 1 == 0 => Some((TagCoding::Hex, size >> 1)),
        _ => None,
    }
}

/// What a section lends to what is inside it, where the definition around it is `parent`.
fn lending(parent: &Definition, section: &Section) -> Definition {
    let own = section.table().get("sensitivity").and_then(Value::as_str);
    let own = own.and_then(sensitivity_named);
    Definition {
        sensitivity: own.unwrap_or(parent.sensitivity),
        ..parent.clone()
    }
}

fn dataset_id(text: &str) -> Option<u8> {
    match nibble::parse_hex(text).ok()?.as_slice() {
        [id] => Some(*id),
        _ => None,
    }
}
