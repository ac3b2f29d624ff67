//! Tags and lengths of fixed sizes: private data subelements and their like.

use crate::NODES_MAX;
use crate::composite::ended;
use crate::decode::{Decoder, Outcome};
use crate::encoding::nibble;
use crate::error::{self, Fault, bytes};
use crate::message::Kind;
use crate::spec::{NONE, TagCoding, Tagged};

/// Where the parts of a tag and its length lie.
struct Place {
    tag: (usize, usize),
    length: (usize, usize),
    content: usize,
}

impl Tagged {
    fn place(&self, at: usize) -> Place {
        let length_bytes = self.length.map_or(0, |length| length.bytes);
        let (tag, length) = if self.length_first {
            (at.saturating_add(length_bytes), at)
        } else {
            (at, at.saturating_add(self.tag_bytes))
        };
        Place {
            tag: (tag, tag.saturating_add(self.tag_bytes)),
            length: (length, length.saturating_add(length_bytes)),
            content: at
                .saturating_add(self.tag_bytes)
                .saturating_add(length_bytes),
        }
    }

    /// The key of a tag; None where no key looks like that.
    pub(crate) fn key(&self, octets: &[u8]) -> Option<String> {
        let key = tag_text(self.tag, octets);
        let plain = |character: u8| character.is_ascii_digit() || character.is_ascii_uppercase();
        (key.bytes().all(plain)).then_some(key)
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.tag {
            TagCoding::Ascii => Kind::AsciiTag,
            TagCoding::Ebcdic => Kind::EbcdicTag,
            TagCoding::Hex => Kind::Tag,
        }
    }
}

/// The bytes of a tag as its key.
pub(crate) fn tag_text(coding: TagCoding, octets: &[u8]) -> String {
    let page = crate::encoding::ebcdic::Page::P037;
    match coding {
        TagCoding::Ascii => octets.iter().map(|byte| char::from(*byte)).collect(),
        TagCoding::Ebcdic => octets.iter().map(|byte| page.decode(*byte)).collect(),
        TagCoding::Hex => nibble::hex(octets).to_ascii_uppercase(),
    }
}

impl<'a> Decoder<'a> {
    pub(crate) fn tagged(&mut self, layout: &'a Tagged, start: usize, end: usize) -> Outcome<()> {
        let mut at = start;
        if layout.lead != NONE {
            at = self.field(layout.lead, Kind::Part, at, end)?;
        }
        while at < end {
            at = self.tagged_value(layout, at, end)?;
        }
        ended(at, end)
    }

    fn tagged_value(&mut self, layout: &'a Tagged, at: usize, end: usize) -> Outcome<usize> {
        let place = layout.place(at);
        let octets = self
            .body
            .get(place.tag.0..place.tag.1)
            .filter(|_| place.content <= end);
        let Some(octets) = octets else {
            let left = bytes(end.saturating_sub(at));
            let expected = format!(
                "a tag and length of {} bytes",
                place.content.saturating_sub(at)
            );
            return Err(Fault::boxed(at, expected, format!("{left} left")));
        };
        let Some(key) = layout.key(octets) else {
            let expected = "a tag of digits and capital letters";
            return Err(Fault::boxed(place.tag.0, expected, "another text"));
        };
        if self.nodes.len() >= NODES_MAX {
            let expected = format!("at most {NODES_MAX} fields");
            return Err(Fault::boxed(at, expected, "more"));
        }
        self.known_tag(layout, &key, &place, end)
    }

    fn known_tag(
        &mut self,
        layout: &'a Tagged,
        key: &str,
        place: &Place,
        end: usize,
    ) -> Outcome<usize> {
        let id = layout.find(key);
        let definition = id.and_then(|id| Some((id, self.spec.definition(id)?)));
        let Some((id, definition)) = definition else {
            let fault = Fault::boxed(place.tag.0, "a tag that is known", "another");
            return Err(fault.under(key));
        };
        let limit = match layout.length {
            None => end,
            Some(length) => {
                let wire = self.body.get(place.length.0..place.length.1);
                let Some(count) = length.read(wire.unwrap_or(&[])) else {
                    let expected = "a length in digits";
                    let found = length.fault(wire.unwrap_or(&[]));
                    let fault = Fault::boxed(place.length.0, expected, found);
                    return Err(fault.under(key));
                };
                let left = end.saturating_sub(place.content);
                let units = count.checked_sub(layout.counted_too);
                let Some(units) = units.filter(|units| *units <= left) else {
                    let least = layout.counted_too;
                    let most = left.saturating_add(least);
                    let expected = format!("a length of {least} to {most} bytes");
                    let found = error::length(count);
                    return Err(Fault::boxed(place.length.0, expected, found).under(key));
                };
                place.content.saturating_add(units)
            }
        };
        let index = self.nodes.len();
        let own_key = if definition.key.is_empty() { key } else { "" };
        let next = self
            .field(id, layout.kind(), place.content, limit)
            .map_err(|fault| fault.under(own_key))?;
        if layout.length.is_some() {
            ended(next, limit).map_err(|fault| fault.under(key))?;
        }
        if let Some(node) = self.nodes.get_mut(index) {
            node.wire = u32::try_from(place.tag.0).unwrap_or(u32::MAX);
            node.tag_bytes = u8::try_from(layout.tag_bytes).unwrap_or(u8::MAX);
        }
        Ok(next)
    }
}
