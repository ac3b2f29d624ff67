//! A specification: which element is coded how. Read once from TOML, then never changed.

mod compile;
mod defines;
mod keys;
mod section;

use crate::encoding::decimal::Prefix;
use crate::encoding::{Coding, Unit};
use crate::error::SpecError;

/// Where a table has no definition.
pub(crate) const NONE: u16 = u16::MAX;
/// Three bitmaps of 64 bits.
pub(crate) const ELEMENT_MAX: usize = 192;

/// A compiled wire specification.
pub struct Spec {
    pub(crate) name: String,
    pub(crate) definitions: Vec<Definition>,
    /// Definition of each data element; `NONE` where the dialect has none.
    pub(crate) elements: Vec<u16>,
    pub(crate) bitmaps_max: usize,
}

impl Spec {
    /// Compile TOML text. `name` is used in error texts only.
    pub fn parse(text: &str, name: &str) -> Result<Self, SpecError> {
        compile::compile(text, name)
    }

    /// The name it was loaded under.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn definition(&self, id: u16) -> Option<&Definition> {
        self.definitions.get(usize::from(id))
    }

    pub(crate) fn element(&self, number: usize) -> Option<(u16, &Definition)> {
        let id = self.elements.get(number).copied()?;
        Some((id, self.definition(id)?))
    }
}

impl std::fmt::Debug for Spec {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Spec")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// One data element, subfield or tag.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    /// Its own part of the path: "62", "2", "9F26".
    pub(crate) key: Box<str>,
    pub(crate) name: Box<str>,
    pub(crate) coding: Coding,
    pub(crate) unit: Unit,
    pub(crate) length: Length,
    /// Whether packed digits may hold the nibbles A to F (masked numbers, track separators).
    pub(crate) letters: bool,
    pub(crate) pad: Pad,
    /// Whether only graphic characters and blanks may stand in the text.
    pub(crate) printable: bool,
    pub(crate) sensitivity: Sensitivity,
    /// Ways to read the content, tried in order; empty for a plain value.
    pub(crate) layouts: Box<[Layout]>,
}

impl Definition {
    pub(crate) fn half_bytes(&self, units: usize) -> usize {
        units.saturating_mul(self.unit.half_bytes())
    }
}

/// How long a value is, in its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Fixed(usize),
    Counted {
        prefix: Prefix,
        min: usize,
        max: usize,
    },
    /// Whatever is left of the field around it.
    Rest,
}

/// What fills the half-byte that an odd number of nibbles leaves over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pad {
    pub(crate) left: bool,
    pub(crate) nibble: u8,
}

/// Which card data a value holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sensitivity {
    None,
    /// An account number: first six and last four may be shown.
    Pan,
    /// Track data and what is treated alike: nothing may be shown.
    Track,
    Pin,
    Cvv2,
}

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
    Bitmapped {
        bitmap_bytes: usize,
        parts: Box<[u16]>,
    },
    /// Data sets: an id of one byte, a length of two, BER-TLV.
    Datasets {
        default: Option<u8>,
        tags: TagTable,
        sets: Box<[Dataset]>,
    },
    /// BER-TLV.
    Tlv { tags: TagTable },
}

/// A data set that the specification knows.
#[derive(Debug, Clone)]
pub(crate) struct Dataset {
    pub(crate) id: u8,
    pub(crate) definition: u16,
    pub(crate) tags: TagTable,
}

/// Known tags, by their bytes read as a big-endian number.
#[derive(Debug, Clone, Default)]
pub(crate) struct TagTable {
    pub(crate) entries: Box<[(u32, u16)]>,
}

impl TagTable {
    pub(crate) fn find(&self, tag: u32) -> u16 {
        self.entries
            .binary_search_by_key(&tag, |entry| entry.0)
            .ok()
            .and_then(|index| self.entries.get(index))
            .map_or(NONE, |entry| entry.1)
    }
}

impl Layout {
    /// The tags that a data set may hold: its own table, or the one for all where it has none.
    pub(crate) fn tags_of(&self, id: u8) -> Option<(u16, &TagTable)> {
        let Self::Datasets { tags, sets, .. } = self else {
            return None;
        };
        let Some(own) = sets.iter().find(|set| set.id == id) else {
            return Some((NONE, tags));
        };
        let known = if own.tags.entries.is_empty() {
            tags
        } else {
            &own.tags
        };
        Some((own.definition, known))
    }
}
