//! `[message]`: what stands around the data elements.

use super::keys::choose;
use super::section::Section;
use super::{BitmapCoding, Envelope, Policy, TypeCoding};
use crate::encoding::nibble;

/// Longest header in front of a message type.
const HEADER_BYTES_MAX: usize = 255;

pub(super) fn envelope(message: &mut Section) -> Envelope {
    let type_indicator = choose(
        message,
        "type_indicator",
        |word| match word {
            "bcd" => Some(TypeCoding::Bcd),
            "ascii" => Some(TypeCoding::Ascii),
            "ebcdic" => Some(TypeCoding::Ebcdic),
            "hex-ascii" => Some(TypeCoding::HexAscii),
            _ => None,
        },
        "bcd, ascii, ebcdic, hex-ascii",
        Some(TypeCoding::Bcd),
    );
    let bitmap = choose(
        message,
        "bitmap",
        bitmap_coding,
        BITMAPS,
        Some(BitmapCoding::Binary),
    );
    let fixed = message.count("bitmaps_fixed");
    if fixed.is_some_and(|count| !(1..=3).contains(&count)) {
        message.error("bitmaps_fixed", "must be 1, 2 or 3");
    }
    if fixed.is_some() && message.has("bitmaps_max") {
        message.error("bitmaps_max", "bitmaps_fixed says it already");
    }
    let bitmaps_max = message.count("bitmaps_max").or(fixed).unwrap_or(3);
    if !(1..=3).contains(&bitmaps_max) {
        message.error("bitmaps_max", "must be 1, 2 or 3");
    }
    let third_bitmap = message.count("third_bitmap").unwrap_or(0);
    if third_bitmap > 0 && (!(2..=128).contains(&third_bitmap) || bitmaps_max < 3) {
        let problem = "is a data element from 2 to 128, with bitmaps_max = 3";
        message.error("third_bitmap", problem);
    }
    Envelope {
        header: header(message).into(),
        type_indicator: type_indicator.unwrap_or(TypeCoding::Bcd),
        bitmap: bitmap.unwrap_or(BitmapCoding::Binary),
        bitmaps_max: bitmaps_max.clamp(1, 3),
        bitmaps_fixed: fixed.is_some(),
        third_bitmap,
        trailing: policy(message, "trailing", true),
        unknown_elements: policy(message, "unknown_elements", false),
    }
}

/// The words for a bitmap's coding, for error texts.
pub(super) const BITMAPS: &str = "binary, hex-ascii, hex-ebcdic";

pub(super) fn bitmap_coding(word: &str) -> Option<BitmapCoding> {
    match word {
        "binary" => Some(BitmapCoding::Binary),
        "hex-ascii" => Some(BitmapCoding::HexAscii),
        "hex-ebcdic" => Some(BitmapCoding::HexEbcdic),
        _ => None,
    }
}

/// The bytes in front of the message type: what is written if a message has no others.
fn header(message: &mut Section) -> Vec<u8> {
    let given = message.text("header");
    let wanted = message.count("header_bytes");
    let header = match &given {
        None => vec![0; wanted.unwrap_or(0).min(HEADER_BYTES_MAX)],
        Some(text) => nibble::parse_hex(text).unwrap_or_else(|_| {
            message.error("header", "must be hex text");
            Vec::new()
        }),
    };
    if given.is_some() && wanted.is_some_and(|wanted| wanted != header.len()) {
        message.error("header", "has another length than header_bytes");
    }
    if header.len().max(wanted.unwrap_or(0)) > HEADER_BYTES_MAX {
        message.error(
            "header_bytes",
            format!("must be at most {HEADER_BYTES_MAX}"),
        );
    }
    header
}

fn policy(section: &mut Section, key: &str, may_ignore: bool) -> Policy {
    let (known, ignore) = if may_ignore {
        ("reject, keep, ignore", Some(Policy::Ignore))
    } else {
        ("reject, keep", None)
    };
    let chosen = choose(
        section,
        key,
        |word| match word {
            "reject" => Some(Policy::Reject),
            "keep" => Some(Policy::Keep),
            "ignore" => ignore,
            _ => None,
        },
        known,
        None,
    );
    chosen.unwrap_or(Policy::Reject)
}
