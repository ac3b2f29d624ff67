//! Headers cut into named parts.

use super::header::{HEADER_BYTES, TPDU_BYTES};
use super::{Frame, HeaderKind};
use crate::encoding::nibble;

/// A named part of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderPart {
    /// A count: of octets, or the number of a format.
    Number(usize),
    /// Octets as lower-case hexadecimal text; addresses are packed digits and read so.
    Text(String),
    /// The header of the message that came back.
    Header(Vec<(&'static str, HeaderPart)>),
}

/// Names and lengths of the octets behind the five that count and say formats.
const VISA22: [(&str, usize); 8] = [
    ("destination", 3),
    ("source", 3),
    ("round_trip_control", 1),
    ("flags", 2),
    ("status", 3),
    ("batch", 1),
    ("reserved", 3),
    ("user", 1),
];
const TPDU: [(&str, usize); 3] = [("identifier", 1), ("destination", 2), ("source", 2)];

type Parts = Vec<(&'static str, HeaderPart)>;

impl Frame {
    /// The header by the names of its parts, in their order; nothing where there is no header.
    pub fn header_fields(&self) -> Parts {
        let header = self.header().unwrap_or(&[]);
        match self.header_kind {
            HeaderKind::None => Vec::new(),
            HeaderKind::Visa22 => visa22(header),
            HeaderKind::Reject => reject(header),
            HeaderKind::Tpdu => texts(header.get(..TPDU_BYTES).unwrap_or(&[]), &TPDU),
            HeaderKind::Fixed => vec![("octets", text(header))],
            HeaderKind::SelfLength => {
                let (length, rest) = header.split_first().unwrap_or((&0, &[]));
                vec![("length", number(&[*length])), ("octets", text(rest))]
            }
        }
    }
}

fn visa22(header: &[u8]) -> Parts {
    let (head, rest) = header.split_at_checked(5).unwrap_or((header, &[]));
    let part = |from, to| number(head.get(from..to).unwrap_or(&[]));
    let mut parts = vec![
        ("length", part(0, 1)),
        ("format", part(1, 2)),
        ("text_format", part(2, 3)),
        ("total_length", part(3, 5)),
    ];
    parts.extend(texts(rest, &VISA22));
    parts
}

fn reject(header: &[u8]) -> Parts {
    let length = header.first().copied().map_or(0, usize::from);
    let (own, original) = header.split_at_checked(length).unwrap_or((header, &[]));
    let (common, more) = own.split_at_checked(HEADER_BYTES).unwrap_or((own, &[]));
    let mut parts = visa22(common);
    parts.push(("reject_bitmap", text(more.get(..2).unwrap_or(&[]))));
    parts.push(("reject_group", text(more.get(2..4).unwrap_or(&[]))));
    if let Some(data) = more.get(4..).filter(|data| !data.is_empty()) {
        parts.push(("reject_data", text(data)));
    }
    if !original.is_empty() {
        parts.push(("original", HeaderPart::Header(visa22(original))));
    }
    parts
}

fn texts(octets: &[u8], names: &[(&'static str, usize)]) -> Parts {
    let mut rest = octets;
    let mut parts = Vec::with_capacity(names.len());
    for (name, length) in names {
        let (part, after) = rest.split_at_checked(*length).unwrap_or((rest, &[]));
        parts.push((*name, text(part)));
        rest = after;
    }
    parts
}

fn text(octets: &[u8]) -> HeaderPart {
    HeaderPart::Text(nibble::hex(octets))
}

fn number(octets: &[u8]) -> HeaderPart {
    HeaderPart::Number(octets.iter().fold(0_usize, |value, octet| {
        value
            .saturating_mul(256)
            .saturating_add(usize::from(*octet))
    }))
}
