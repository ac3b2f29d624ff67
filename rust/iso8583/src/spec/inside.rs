//! What is inside a field: the layouts as they were compiled.

use super::{BitmapCoding, NONE};
use crate::encoding::decimal::Prefix;

/// One way to read the content of a composite.
#[derive(Debug, Clone)]
pub(crate) enum Layout {
    /// Parts one after the other, cut off on the right where the content ends.
    Positional {
        parts: Box<[u16]>,
        /// Whether parts are packed digit to digit, so that they need not start at a byte.
        tight: bool,
        /// Whether nothing may be cut off.
        whole: bool,
    },
    /// A bitmap, then the parts whose bits are set. `parts` is indexed by bit, from 1.
    Bitmapped(Bitmapped),
    /// Data sets: an id of one byte, a length of two, BER-TLV.
    Datasets {
        default: Option<u8>,
        tags: TagTable,
        sets: Box<[Dataset]>,
        other: Box<Other>,
    },
    /// BER-TLV.
    Tlv { tags: TagTable },
    /// Tags and lengths of fixed sizes.
    Tagged(Box<Tagged>),
}

/// The layout `bitmapped`.
#[derive(Debug, Clone)]
pub(crate) struct Bitmapped {
    /// Bytes of one bitmap, as bits and not as they are written.
    pub(crate) bytes: usize,
    pub(crate) bits_each: usize,
    pub(crate) coding: BitmapCoding,
    /// Definition of the bitmap itself; `NONE` for a binary one.
    pub(crate) definition: u16,
    /// Bitmaps at most; above 1, the first bit of each but the last says that another follows.
    pub(crate) repeats_max: usize,
    pub(crate) parts: Box<[u16]>,
}

/// The layout `tagged`.
#[derive(Debug, Clone)]
pub(crate) struct Tagged {
    /// Definition of what stands in front of the first tag; `NONE` if nothing does.
    pub(crate) lead: u16,
    pub(crate) tag: TagCoding,
    pub(crate) tag_bytes: usize,
    /// The length of a value; without it, the tag's definition says how long it is.
    pub(crate) length: Option<Prefix>,
    pub(crate) length_first: bool,
    /// Bytes that a length counts besides the value.
    pub(crate) counted_too: usize,
    /// Definition of the tags nobody knows; `NONE` where they are a fault.
    pub(crate) unknown: u16,
    pub(crate) entries: Box<[(Box<str>, u16)]>,
}

impl Tagged {
    pub(crate) fn find(&self, key: &str) -> Option<u16> {
        let place = self.entries.binary_search_by(|entry| (*entry.0).cmp(key));
        let known = place.ok().and_then(|place| self.entries.get(place));
        known
            .map(|entry| entry.1)
            .or(Some(self.unknown).filter(|id| *id != NONE))
    }
}

/// How a tag of fixed size is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TagCoding {
    Ascii,
    Ebcdic,
    /// Packed digits or bytes: its key is hex.
    Hex,
}

/// A data set that the specification knows.
#[derive(Debug, Clone)]
pub(crate) struct Dataset {
    pub(crate) id: u8,
    pub(crate) definition: u16,
    pub(crate) tags: TagTable,
    /// Its parts by their numbers, from 1, where bitmaps say which of them there are.
    pub(crate) parts: Option<Box<[u16]>>,
}

/// The data sets that hold no BER-TLV.
#[derive(Debug, Clone)]
pub(crate) struct Other {
    /// The highest id of those that do.
    pub(crate) tlv_max: u8,
    /// Parts by their numbers, from 1, of every set that has none of its own.
    pub(crate) parts: Option<Box<[u16]>>,
    /// Definition of the content of those without parts.
    pub(crate) content: u16,
}

/// What a data set holds.
pub(crate) enum Form<'a> {
    Tags(&'a TagTable),
    Parts(&'a [u16]),
    /// Nobody knows: its definition.
    Content(u16),
}

/// Known tags, by their bytes read as a big-endian number.
#[derive(Debug, Clone)]
pub(crate) struct TagTable {
    pub(crate) entries: Box<[TagEntry]>,
    /// Definition of every other tag; `NONE` where they are not card data.
    pub(crate) unknown: u16,
    /// Places of the entries, from 1, for tags of one byte and for those that start with 5F or 9F;
    /// 0 where there is none, and empty where the table is.
    places: Box<[u16]>,
}

/// A known tag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TagEntry {
    pub(crate) tag: u32,
    pub(crate) definition: u16,
    /// Whether its value has to be looked into.
    pub(crate) examined: bool,
}

impl TagTable {
    /// The table of tags in ascending order, and what all others are.
    pub(crate) fn new(entries: Vec<TagEntry>, unknown: u16) -> Self {
        let mut places = vec![0; if entries.is_empty() { 0 } else { 3 * 256 }];
        for (entry, place) in entries.iter().zip(1..) {
            if let Some(slot) = Self::slot(entry.tag).and_then(|slot| places.get_mut(slot)) {
                *slot = place;
            }
        }
        Self {
            entries: entries.into(),
            unknown,
            places: places.into(),
        }
    }

    /// Where the place of a tag of the usual forms stands.
    fn slot(tag: u32) -> Option<usize> {
        let group = match tag >> 8 {
            0 => 0,
            0x5f => 0x100,
            0x9f => 0x200,
            _ => return None,
        };
        usize::try_from(group | tag & 0xff).ok()
    }

    pub(crate) fn find(&self, tag: u32) -> Option<&TagEntry> {
        if let Some(slot) = Self::slot(tag) {
            let place = self.places.get(slot).copied().unwrap_or(0);
            return self.entries.get(usize::from(place).checked_sub(1)?);
        }
        self.entries
            .binary_search_by_key(&tag, |entry| entry.tag)
            .ok()
            .and_then(|index| self.entries.get(index))
    }
}

impl Layout {
    /// A data set's definition, and what it holds: its own table, or the one for all where it has
    /// none.
    pub(crate) fn form_of(&self, id: u8) -> Option<(u16, Form<'_>)> {
        let Self::Datasets { sets, other, .. } = self else {
            return None;
        };
        let own = sets.iter().find(|set| set.id == id);
        let parts = own.and_then(|own| own.parts.as_deref());
        if id <= other.tlv_max && parts.is_none() {
            let (definition, tags) = self.tags_of(id)?;
            return Some((definition, Form::Tags(tags)));
        }
        let definition = own.map_or(NONE, |own| own.definition);
        let form = match parts.or(other.parts.as_deref()) {
            Some(parts) => Form::Parts(parts),
            None => Form::Content(other.content),
        };
        Some((definition, form))
    }

    pub(crate) fn tags_of(&self, id: u8) -> Option<(u16, &TagTable)> {
        let Self::Datasets { tags, sets, .. } = self else {
            return None;
        };
        let Some(own) = sets.iter().find(|set| set.id == id) else {
            return Some((NONE, tags));
        };
        let known = if own.tags.entries.is_empty() && own.tags.unknown == NONE {
            tags
        } else {
            &own.tags
        };
        Some((own.definition, known))
    }
}
