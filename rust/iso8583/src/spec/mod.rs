//! A specification: which element is coded how. Read once from TOML, then never changed.

mod alternatives;
mod compile;
mod defines;
mod extends;
mod inside;
mod keys;
mod layouts;
mod lengths;
mod lint;
mod message;
mod section;
mod tags;

use std::sync::Arc;

pub(crate) use compile::plain;
pub use extends::{ReadSpec, SpecText};
pub(crate) use inside::{Bitmapped, Dataset, Form, Layout, TagCoding, TagEntry, TagTable, Tagged};
pub use lint::{Severity, SpecIssue};

use crate::encoding::charset::{ALL_NIBBLES, Charset, Class};
use crate::encoding::decimal::Prefix;
use crate::encoding::ebcdic::Page;
use crate::encoding::{Coding, Letters, Unit};
use crate::error::SpecError;
use crate::quick::{Look, Quick};

/// Where a table has no definition.
pub(crate) const NONE: u16 = u16::MAX;
/// For each character below 128 the byte that stands for it.
pub(crate) type LetterTable = [u16; 128];
/// No byte stands for the character.
pub(crate) const NO_LETTER: u16 = 0x100;
/// Three bitmaps of 64 bits.
pub(crate) const ELEMENT_MAX: usize = 192;

/// A compiled wire specification.
pub struct Spec {
    pub(crate) name: String,
    pub(crate) definitions: Vec<Definition>,
    /// Definition of each data element; `NONE` where the dialect has none.
    pub(crate) elements: Vec<u16>,
    pub(crate) envelope: Envelope,
    /// Whether any layout or alternative depends on other values.
    pub(crate) conditional: bool,
    /// Whether any field has alternatives.
    pub(crate) varied: bool,
}

/// What stands around the data elements: `[message]` of the file.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    /// The bytes in front of the message type, as they are written unless others are given.
    pub(crate) header: Box<[u8]>,
    pub(crate) type_indicator: TypeCoding,
    pub(crate) bitmap: BitmapCoding,
    pub(crate) bitmaps_max: usize,
    /// Whether all bitmaps are always there, so that bits 1 and 65 announce nothing.
    pub(crate) bitmaps_fixed: bool,
    /// The data element that holds the third bitmap; 0 where it follows the second.
    pub(crate) third_bitmap: usize,
    pub(crate) trailing: Policy,
    pub(crate) unknown_elements: Policy,
}

impl Envelope {
    /// Whether bytes that cannot be read are part of a message.
    pub(crate) fn keeps_rest(&self) -> bool {
        self.trailing == Policy::Keep || self.unknown_elements == Policy::Keep
    }

    /// Bitmaps that may stand in front of the data.
    pub(crate) fn leading_bitmaps(&self) -> usize {
        if self.third_bitmap > 0 {
            self.bitmaps_max.min(2)
        } else {
            self.bitmaps_max
        }
    }
}

/// How the message type is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeCoding {
    Bcd,
    Ascii,
    Ebcdic,
    /// Each of the four characters of ASCII as two hex characters.
    HexAscii,
}

impl TypeCoding {
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Bcd => 2,
            Self::Ascii | Self::Ebcdic => 4,
            Self::HexAscii => 8,
        }
    }
}

/// How a bitmap is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BitmapCoding {
    Binary,
    HexAscii,
    HexEbcdic,
}

impl BitmapCoding {
    /// Bytes on the wire of so many bytes of bitmap.
    pub(crate) fn wire_bytes(self, bytes: usize) -> usize {
        match self {
            Self::Binary => bytes,
            Self::HexAscii | Self::HexEbcdic => bytes.saturating_mul(2),
        }
    }

    pub(crate) fn as_coding(self) -> Coding {
        match self {
            Self::Binary => Coding::Binary,
            Self::HexAscii => Coding::Hex(Letters::Ascii),
            Self::HexEbcdic => Coding::Hex(Letters::Ebcdic(Page::P037)),
        }
    }
}

/// What is done with bytes or bits that the specification does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// They are a fault.
    Reject,
    /// They are kept and written again.
    Keep,
    /// They are left out, with a warning.
    Ignore,
}

impl Spec {
    /// Compile TOML text that extends no other. `name` is used in error texts only.
    pub fn parse(text: &str, name: &str) -> Result<Self, SpecError> {
        lint::parse(alone(text), name, &mut nowhere)
    }

    /// Compile TOML text; `read` gives the specifications that it may extend.
    pub fn parse_with(
        own: SpecText,
        name: &str,
        read: &mut ReadSpec<'_>,
    ) -> Result<Self, SpecError> {
        lint::parse(own, name, read)
    }

    /// Everything that is wrong or odd in TOML text, with lines where they are known.
    pub fn lint(text: &str) -> Vec<SpecIssue> {
        lint::lint(alone(text), &mut nowhere)
    }

    /// Everything that is wrong or odd in TOML text and in those that it extends.
    pub fn lint_with(own: SpecText, read: &mut ReadSpec<'_>) -> Vec<SpecIssue> {
        lint::lint(own, read)
    }

    /// The name it was loaded under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes in front of the message type that belong to the message.
    pub fn header_bytes(&self) -> usize {
        self.envelope.header.len()
    }

    pub(crate) fn definition(&self, id: u16) -> Option<&Definition> {
        self.definitions.get(usize::from(id))
    }

    /// Whether a node of the definition `found` is what the definition `id` stands for: itself, or
    /// one of its alternatives.
    pub(crate) fn stands_for(&self, id: u16, found: u16) -> bool {
        found == id || (self.varied && self.has_choice(id, found))
    }

    #[cold]
    fn has_choice(&self, id: u16, found: u16) -> bool {
        let choices = self.definition(id).map(|it| it.choices.iter());
        choices.is_some_and(|mut choices| choices.any(|choice| choice.definition == found))
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

fn alone(text: &str) -> SpecText {
    SpecText {
        origin: String::new(),
        text: text.to_owned(),
    }
}

fn nowhere(wanted: &str, _origin: &str) -> Result<SpecText, String> {
    Err(format!("there is nowhere to read {wanted:?} from"))
}

/// One data element, subfield or tag.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    /// Its own part of the path: "62", "2", "9F26"; empty for the tags nobody knows.
    pub(crate) key: Box<str>,
    /// The number of a data element; 0 for everything else.
    pub(crate) number: u16,
    pub(crate) name: Box<str>,
    pub(crate) coding: Coding,
    pub(crate) unit: Unit,
    /// Half-bytes on the wire of one unit.
    pub(crate) unit_half_bytes: usize,
    pub(crate) length: Length,
    /// Half-bytes of a fixed length.
    pub(crate) fixed_half_bytes: usize,
    /// The nibbles that packed digits may be, as bits.
    pub(crate) nibbles: u16,
    pub(crate) style: NibbleStyle,
    pub(crate) pad: Pad,
    pub(crate) class: Class,
    /// The bytes that may stand in the text; None where all of the coding may.
    pub(crate) charset: Option<Arc<Charset>>,
    /// The bytes of the characters below 128, with [`NO_LETTER`] for those that may not stand in
    /// it; None where it takes more than a table to write it.
    pub(crate) letters: Option<Arc<LetterTable>>,
    /// What a value that is too short is filled with when it is written.
    pub(crate) fill: Option<Fill>,
    pub(crate) sensitivity: Sensitivity,
    /// Whether it or anything that can be inside it is card data.
    pub(crate) may_hide: bool,
    pub(crate) quick: Quick,
    pub(crate) look: Look,
    /// Whether whatever the field may hold has the form of its first layout.
    pub(crate) fits: bool,
    /// Ways to read the content, tried in order; empty for a plain value.
    pub(crate) layouts: Box<[Alternative]>,
    /// Whether it, or what is inside, depends on other values.
    pub(crate) conditional: bool,
    /// What it may be, where its length is `Chosen`: the first one that counts.
    pub(crate) choices: Box<[Choice]>,
}

impl Definition {
    /// What is taken off the value when it is read.
    pub(crate) fn trimmed(&self) -> Option<Fill> {
        self.fill.filter(|fill| fill.trims)
    }

    /// Whether something of the field may lie behind its value.
    pub(crate) fn is_tailed(&self) -> bool {
        match self.length {
            Length::Counted(counted) if counted.area > 0 => true,
            Length::Until(_) => true,
            _ => self.fill.is_some_and(|fill| fill.trims),
        }
    }

    /// Half-bytes of a number of units.
    pub(crate) fn half_bytes(&self, units: usize) -> usize {
        if let Coding::Signed(_) = self.coding {
            // a byte for the sign, then digits, one less than the units, in whole bytes
            return units.saturating_add(2) & !1;
        }
        units.saturating_mul(self.unit_half_bytes)
    }

    /// Whether any bytes will do, so that nothing has to be checked.
    pub(crate) fn takes_anything(&self) -> bool {
        self.charset.is_none()
            && match self.coding {
                Coding::Bcd => self.nibbles == ALL_NIBBLES,
                Coding::Binary | Coding::Text(_) => true,
                Coding::Hex(_) | Coding::Signed(_) | Coding::Zoned => false,
            }
    }
}

/// How long a value is, in its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Fixed(usize),
    Counted(Counted),
    /// Whatever is left of the field around it.
    Rest,
    /// Everything up to a byte that ends it.
    Until(Until),
    /// What the alternative that counts says; the definition has nothing else to say.
    Chosen,
}

/// The end of a value that no length tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Until {
    pub(crate) terminator: u8,
    pub(crate) min: usize,
    pub(crate) max: usize,
}

/// A length that stands in front of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) prefix: Prefix,
    pub(crate) min: usize,
    pub(crate) max: usize,
    /// Units that the prefix counts for itself.
    pub(crate) own: usize,
    /// Whether an odd count is rounded up, with a pad that then belongs to the value.
    pub(crate) even: bool,
    /// Bytes that the value and its filler take; 0 where there is no filler.
    pub(crate) area: usize,
}

/// What fills the half-byte that an odd number of nibbles leaves over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pad {
    pub(crate) left: bool,
    pub(crate) nibble: u8,
    /// Whether a pad that is no digit is taken off digits in whole bytes.
    pub(crate) taken_off: bool,
}

/// What a text that is too short is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fill {
    pub(crate) left: bool,
    pub(crate) character: char,
    /// The second of two hex digits that are a byte together.
    pub(crate) second: Option<char>,
    /// Whether it is taken off when the field is read.
    pub(crate) trims: bool,
}

impl Fill {
    pub(crate) fn is_hex(self) -> bool {
        let mut digits = std::iter::once(self.character).chain(self.second);
        digits.all(|digit| digit.is_ascii_hexdigit())
    }
}

/// How the nibbles A to F are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NibbleStyle {
    Lower,
    Upper,
    /// As upper-case letters, but D as the separator `=` of track data.
    Track,
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

/// A layout, and when it counts.
#[derive(Debug, Clone)]
pub(crate) struct Alternative {
    pub(crate) when: Option<Box<Condition>>,
    pub(crate) layout: Layout,
}

/// One of the definitions that a field may have, and when; the last one always counts.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) when: Option<Box<Condition>>,
    pub(crate) definition: u16,
}

/// What another value must be for a layout or an alternative to count.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) source: Source,
    /// Texts; `?` stands for any one character, `*` at the end for any more.
    pub(crate) patterns: Box<[Box<str>]>,
}

/// Whose value a condition looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    MessageType,
    /// A data element, or something in it by its keys.
    Element(usize, Box<[Box<str>]>),
    /// A part or tag that stands in front of the field, in the same composite.
    Sibling(Box<[Box<str>]>),
}
