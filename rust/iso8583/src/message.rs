//! A decoded message: its bytes, and a flat table that says where everything lies in them.

use std::fmt;
use std::sync::Arc;

use crate::wipe::Wiped;

use crate::bitmap;
use crate::encoding::Coding;
use crate::encoding::nibble;
use crate::error::bytes;
use crate::resolve::element_number;
use crate::spec::{Definition, Length, NONE, Sensitivity, Spec, TagCoding};
use crate::tagged::tag_text;
use crate::value::ClearText;

/// One decoded message. Owns its bytes, which are wiped when it is dropped.
pub struct Message {
    pub(crate) spec: Arc<Spec>,
    /// The body, and behind it the bytes that it holds as hex text and that have parts.
    pub(crate) bytes: Wiped,
    pub(crate) nodes: Vec<Node>,
    pub(crate) head: Head,
}

/// Message type and bitmaps.
#[derive(Clone, Copy, Default)]
pub(crate) struct Head {
    /// Four ASCII digits; zeros where nothing was read.
    pub(crate) mti: [u8; 4],
    pub(crate) words: [u64; 3],
    /// Bitmaps in front of the data.
    pub(crate) bitmaps: usize,
    /// First byte of the data elements.
    pub(crate) data: usize,
    /// First byte behind the data elements that were read.
    pub(crate) rest: usize,
    /// Whether what follows them is part of the message.
    pub(crate) rest_kept: bool,
    /// First byte behind the body.
    pub(crate) end: usize,
}

impl Head {
    /// Whether the message type could be read.
    pub(crate) fn readable(&self) -> bool {
        self.mti.iter().all(u8::is_ascii_digit)
    }
}

/// What a node of the table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Element,
    /// A part of a positional or bitmapped composite.
    Part,
    /// The bitmap of a bitmapped composite.
    Bitmap,
    Dataset,
    /// A tag whose key is the hex of its bytes.
    Tag,
    /// A tag whose key is its text.
    AsciiTag,
    EbcdicTag,
    /// A constructed tag with its tags behind it.
    Template,
    /// A constructed tag whose content is no BER-TLV; treated as sensitive.
    Opaque,
}

/// One field, part or tag. Its children follow it directly, up to `next`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// First byte on the wire: of the length prefix, tag or data set id.
    pub(crate) wire: u32,
    /// First half-byte of the content.
    pub(crate) start: u32,
    /// First half-byte behind the content.
    pub(crate) stop: u32,
    /// Index of the first node that is no descendant.
    pub(crate) next: u32,
    pub(crate) definition: u16,
    pub(crate) kind: Kind,
    pub(crate) tag_bytes: u8,
}

impl Node {
    /// Positions fit in 32 bits because bodies are limited to 64 KiB.
    pub(crate) fn new(definition: u16, kind: Kind, wire: usize, start: usize, stop: usize) -> Self {
        let narrow = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
        let (wire, start, stop) = (narrow(wire), narrow(start), narrow(stop));
        Self {
            wire,
            start,
            stop,
            next: 0,
            definition,
            kind,
            tag_bytes: 0,
        }
    }
}

impl Message {
    /// The message type, four digits.
    pub fn mti(&self) -> &str {
        std::str::from_utf8(&self.head.mti).unwrap_or("")
    }

    /// The specification it was read with.
    pub fn spec(&self) -> &Arc<Spec> {
        &self.spec
    }

    /// Every bitmap in front of the data, one after the other, as lower-case hex.
    pub fn bitmap(&self) -> String {
        let words = self.head.words.iter().take(self.head.bitmaps);
        let octets: Vec<u8> = words.flat_map(|word| word.to_be_bytes()).collect();
        nibble::hex(&octets)
    }

    /// The bytes in front of the message type; empty where the dialect has none.
    pub fn header(&self) -> &[u8] {
        let length = self.spec.envelope.header.len();
        self.bytes.get(..length).unwrap_or(&[])
    }

    /// Bytes behind the elements that could be read, if the dialect keeps them. Nothing is known
    /// about what they hold.
    pub fn rest(&self) -> &[u8] {
        let kept = self.bytes.get(self.head.rest..self.head.end);
        kept.filter(|_| self.head.rest_kept).unwrap_or(&[])
    }

    /// Bytes behind the last element that the dialect leaves out.
    pub fn ignored_bytes(&self) -> usize {
        let left = self.head.end.saturating_sub(self.head.rest);
        if self.head.rest_kept { 0 } else { left }
    }

    /// What is odd about the message without being a fault: bytes that were left out, or kept
    /// without being read, and the bit that reading stopped at.
    pub fn warnings(&self) -> Vec<String> {
        let left = self.head.end.saturating_sub(self.head.rest);
        let offset = self.head.rest;
        let mut warnings = Vec::new();
        if self.head.rest_kept {
            warnings.extend(self.first_unread().map(|bit| {
                format!("bit {bit} set, which has no definition: nothing is read from there on")
            }));
        }
        if left > 0 {
            let word = if self.head.rest_kept {
                "kept unread"
            } else {
                "ignored"
            };
            warnings.push(format!("{} {word} at offset {offset}", bytes(left)));
        }
        warnings
    }

    /// The first bit that stands for no element of the dialect.
    fn first_unread(&self) -> Option<usize> {
        let words = self.head.words.iter().enumerate();
        let numbers = words.flat_map(|(place, word)| {
            let from = place.saturating_mul(64);
            bitmap::bits(*word).map(move |bit| from.saturating_add(bit))
        });
        let announcing = |number: &usize| number.checked_rem(64) == Some(1);
        numbers
            .filter(|number| self.spec.element(*number).is_none())
            .find(|number| !announcing(number))
    }

    /// Whether a data element was read.
    pub fn has(&self, field: u16) -> bool {
        self.element(field).is_some()
    }

    /// The numbers of the data elements read, ascending.
    pub fn fields(&self) -> impl Iterator<Item = u16> + '_ {
        self.elements().filter_map(|index| {
            let definition = self.definition(self.node(index)?)?;
            Some(definition.number)
        })
    }

    /// How many data elements were read.
    pub fn field_count(&self) -> usize {
        self.elements().count()
    }

    /// The element's bytes with its length prefix, for echoing.
    pub fn wire(&self, field: u16) -> Option<&[u8]> {
        self.element(field).map(|index| self.wire_of(index))
    }

    /// First byte and first byte behind of what lies at a path, with its length prefix or tag.
    ///
    /// None as well for what the body holds as hex text: its bytes are not in the body.
    pub fn wire_span(&self, path: &str) -> Option<(usize, usize)> {
        let index = self.resolve(path)?.index;
        let from = self.node(index)?.wire as usize;
        let to = from.saturating_add(self.wire_of(index).len());
        (to <= self.head.end).then_some((from, to))
    }

    /// Unmasked text at a path such as "4", "62.2", "55.9F26", "62._bitmap".
    pub fn clear_text(&self, path: &str) -> Option<ClearText> {
        self.text_at(path, false).map(ClearText::new)
    }

    /// Text at a path with card data starred.
    pub fn masked_text(&self, path: &str) -> Option<String> {
        self.text_at(path, true)
    }

    /// The texts of everything that a path leads to, in the order of the bytes.
    pub fn texts(&self, path: &str, masked: bool) -> Vec<ClearText> {
        let nodes = self.resolve_all(path).into_iter();
        let mut texts: Vec<ClearText> = nodes
            .map(|index| ClearText::new(self.text(index, masked)))
            .collect();
        if texts.is_empty() {
            texts.extend(self.text_at(path, masked).map(ClearText::new));
        }
        texts
    }

    /// Text of a whole data element with card data starred: `masked_text` without a path.
    pub fn element_text(&self, field: u16) -> Option<String> {
        self.element(field).map(|index| self.text(index, true))
    }

    /// Whether something was read at a path.
    pub fn contains(&self, path: &str) -> bool {
        self.head_text(path).is_some() || self.resolve(path).is_some()
    }

    /// Rows (path, name, masked or clear text), nested rows after their parent.
    pub fn rows(&self, masked: bool) -> Vec<(String, String, String)> {
        let mut rows = Vec::with_capacity(self.nodes.len());
        for element in self.elements() {
            self.add_rows(element, &self.key(element), masked, &mut rows);
        }
        if let Some(text) = self.text_at("_rest", masked) {
            rows.push(("_rest".to_owned(), "Not read".to_owned(), text));
        }
        rows
    }

    fn add_rows(
        &self,
        index: usize,
        path: &str,
        masked: bool,
        rows: &mut Vec<(String, String, String)>,
    ) {
        rows.push((path.to_owned(), self.label(index), self.text(index, masked)));
        for child in self.children(index) {
            let path = format!("{path}.{}", self.key(child));
            self.add_rows(child, &path, masked, rows);
        }
    }

    pub(crate) fn label(&self, index: usize) -> String {
        let Some(node) = self.node(index) else {
            return String::new();
        };
        match (self.definition(node), node.kind) {
            (Some(definition), _) => definition.name.to_string(),
            (None, Kind::Bitmap) => "Bitmap".to_owned(),
            (None, Kind::Dataset) => "Data set".to_owned(),
            (None, _) => "Unknown tag".to_owned(),
        }
    }

    fn text_at(&self, path: &str, masked: bool) -> Option<String> {
        if let Some(index) = element_number(path).and_then(|field| self.element(field)) {
            return Some(self.text(index, masked));
        }
        if let Some(text) = self.head_text(path) {
            // nobody knows what the rest holds
            let hidden = masked && path == "_rest";
            return Some(if hidden { "*".repeat(text.len()) } else { text });
        }
        let found = self.resolve(path)?;
        if found.dataset_id {
            return Some(nibble::hex(self.id_bytes(found.index)));
        }
        Some(self.text(found.index, masked))
    }

    fn head_text(&self, path: &str) -> Option<String> {
        match path {
            "0" | "mti" => Some(self.mti().to_owned()),
            "bitmap" => Some(self.bitmap()),
            "_header" if !self.header().is_empty() => Some(nibble::hex(self.header())),
            "_rest" if !self.rest().is_empty() => Some(nibble::hex(self.rest())),
            _ => None,
        }
    }

    pub(crate) fn node(&self, index: usize) -> Option<&Node> {
        self.nodes.get(index)
    }

    pub(crate) fn definition(&self, node: &Node) -> Option<&Definition> {
        if node.definition == NONE {
            None
        } else {
            self.spec.definition(node.definition)
        }
    }

    pub(crate) fn coding(&self, node: &Node) -> Coding {
        self.definition(node)
            .map_or(Coding::Binary, |definition| definition.coding)
    }

    pub(crate) fn sensitivity(&self, node: &Node) -> Sensitivity {
        match (node.kind, self.definition(node)) {
            (Kind::Opaque, None) => Sensitivity::Track,
            (_, None) => Sensitivity::None,
            (Kind::Opaque, Some(definition)) if definition.sensitivity == Sensitivity::None => {
                Sensitivity::Track
            }
            (_, Some(definition)) => definition.sensitivity,
        }
    }

    /// Whether a bitmap announces a data element; answers at once for what is not there.
    pub(crate) fn is_announced(&self, field: u16) -> bool {
        let bit = u32::from(field.saturating_sub(1));
        let word = self.head.words.get(bit as usize >> 6).copied().unwrap_or(0);
        word & bitmap::FIRST.wrapping_shr(bit & 63) != 0
    }

    pub(crate) fn element(&self, field: u16) -> Option<usize> {
        if !self.is_announced(field) {
            return None;
        }
        let id = self
            .spec
            .elements
            .get(usize::from(field))
            .copied()
            .filter(|id| *id != NONE)?;
        if self.spec.varied {
            return self.varied_element(id);
        }
        self.elements()
            .find(|index| self.node(*index).is_some_and(|node| node.definition == id))
    }

    #[cold]
    fn varied_element(&self, id: u16) -> Option<usize> {
        let stands = |node: &Node| self.spec.stands_for(id, node.definition);
        self.elements()
            .find(|index| self.node(*index).is_some_and(stands))
    }

    /// Which definition an element was read with.
    pub(crate) fn definition_of(&self, field: u16) -> Option<u16> {
        let node = self.element(field).and_then(|index| self.node(index));
        node.map(|node| node.definition)
    }

    pub(crate) fn elements(&self) -> Siblings<'_> {
        Siblings {
            nodes: &self.nodes,
            index: 0,
            end: self.nodes.len(),
        }
    }

    pub(crate) fn children(&self, index: usize) -> Siblings<'_> {
        let end = self.node(index).map_or(0, |node| node.next as usize);
        Siblings {
            nodes: &self.nodes,
            index: index.saturating_add(1),
            end,
        }
    }

    pub(crate) fn has_children(&self, index: usize) -> bool {
        self.children(index).next().is_some()
    }

    /// The bytes of a tag or of a data set's id.
    pub(crate) fn id_bytes(&self, index: usize) -> &[u8] {
        let Some(node) = self.node(index) else {
            return &[];
        };
        let length = if node.kind == Kind::Dataset {
            1
        } else {
            usize::from(node.tag_bytes)
        };
        let from = node.wire as usize;
        self.bytes
            .get(from..from.saturating_add(length))
            .unwrap_or(&[])
    }

    /// The node's own part of its path.
    pub(crate) fn key(&self, index: usize) -> String {
        let Some(node) = self.node(index) else {
            return String::new();
        };
        match node.kind {
            Kind::Element | Kind::Part => self
                .definition(node)
                .map_or_else(String::new, |it| it.key.to_string()),
            Kind::Bitmap => "_bitmap".to_owned(),
            Kind::AsciiTag => tag_text(TagCoding::Ascii, self.id_bytes(index)),
            Kind::EbcdicTag => tag_text(TagCoding::Ebcdic, self.id_bytes(index)),
            Kind::Dataset | Kind::Tag | Kind::Template | Kind::Opaque => {
                nibble::hex(self.id_bytes(index)).to_ascii_uppercase()
            }
        }
    }

    pub(crate) fn wire_of(&self, index: usize) -> &[u8] {
        let Some(node) = self.node(index) else {
            return &[];
        };
        let to = match self.definition(node) {
            Some(definition) if definition.is_tailed() => self.tail_end(node, definition),
            _ => (node.stop as usize).div_ceil(2),
        };
        self.bytes.get(node.wire as usize..to).unwrap_or(&[])
    }

    /// The first byte behind an element that has something behind its value.
    #[cold]
    fn tail_end(&self, node: &Node, definition: &Definition) -> usize {
        let wire = node.wire as usize;
        match definition.length {
            Length::Fixed(_) => wire.saturating_add(definition.fixed_half_bytes.div_ceil(2)),
            Length::Counted(counted) => {
                let content = wire.saturating_add(counted.prefix.bytes);
                let prefix = self.bytes.get(wire..content).unwrap_or(&[]);
                let count = counted.prefix.read(prefix).unwrap_or(0);
                let units = count.saturating_sub(counted.own);
                let half_bytes = units.saturating_mul(definition.unit_half_bytes);
                content.saturating_add(half_bytes.div_ceil(2).max(counted.area))
            }
            Length::Until(until) => {
                let octets = self.bytes.get(wire..).unwrap_or(&[]);
                let place = octets.iter().position(|byte| *byte == until.terminator);
                let content = place.unwrap_or(octets.len());
                wire.saturating_add(content).saturating_add(1)
            }
            Length::Rest | Length::Chosen => self.head.end,
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Message")
            .field("mti", &self.mti())
            .field("fields", &self.fields().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// Indices of nodes side by side.
pub(crate) struct Siblings<'a> {
    nodes: &'a [Node],
    index: usize,
    end: usize,
}

impl Iterator for Siblings<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let current = self.index;
        if current >= self.end {
            return None;
        }
        // an unclosed node would point at itself: never step backwards
        let next = self.nodes.get(current)?.next as usize;
        self.index = next.max(current.saturating_add(1));
        Some(current)
    }
}
