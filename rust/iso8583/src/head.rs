//! What stands in front of the data elements: header, message type, bitmaps.

use crate::bitmap;
use crate::decode::{Decoder, Outcome};
use crate::encode::{Encoded, Path};
use crate::encoding::Letters;
use crate::encoding::ebcdic::Page;
use crate::encoding::nibble::{self, ABOVE_NINE};
use crate::error::{Fault, bytes};
use crate::message::{Head, Message};
use crate::spec::{BitmapCoding, Policy, Spec, TypeCoding};

/// Bytes of one bitmap of the message.
pub(crate) const BITMAP_BYTES: usize = 8;

impl Decoder<'_> {
    /// Header, message type and bitmaps; gives the offset behind them.
    pub(crate) fn head(&mut self, head: &mut Head) -> Outcome<usize> {
        let envelope = &self.spec.envelope;
        let body = self.body;
        let short = |at: usize, what: String| {
            let left = body.len().saturating_sub(at);
            Fault::boxed(at, what, bytes(left))
        };
        let header_bytes = envelope.header.len();
        if body.len() < header_bytes {
            let what = format!("a header of {}", bytes(header_bytes));
            return Err(short(0, what).under("_header"));
        }
        let type_bytes = envelope.type_indicator.bytes();
        let mut at = header_bytes.saturating_add(type_bytes);
        let Some(message_type) = body.get(header_bytes..at) else {
            let what = format!("a message type of {}", bytes(type_bytes));
            return Err(short(header_bytes, what).under("mti"));
        };
        for (position, digit) in head.mti.iter_mut().enumerate() {
            if envelope.type_indicator == TypeCoding::Bcd {
                let value = nibble::at(message_type, position);
                if value < 10 {
                    *digit = b'0' | value;
                    continue;
                }
            }
            let (value, place) = type_digit(envelope.type_indicator, message_type, position);
            let Some(value) = value else {
                let octet = message_type.get(place).copied().unwrap_or(0);
                let found = match envelope.type_indicator {
                    TypeCoding::Bcd => ABOVE_NINE,
                    TypeCoding::Ebcdic => Letters::Ebcdic(Page::P037).kind(octet),
                    TypeCoding::Ascii | TypeCoding::HexAscii => Letters::Ascii.kind(octet),
                };
                let offset = header_bytes.saturating_add(place);
                return Err(Fault::boxed(offset, "decimal digits", found).under("mti"));
            };
            *digit = nibble::to_char(value);
        }
        let wire_bytes = envelope.bitmap.wire_bytes(BITMAP_BYTES);
        for word in head.words.iter_mut().take(envelope.leading_bitmaps()) {
            let to = at.saturating_add(wire_bytes);
            let Some(octets) = body.get(at..to) else {
                let what = format!("a bitmap of {wire_bytes} bytes");
                return Err(short(at, what).under("bitmap"));
            };
            *word = read_bitmap(envelope.bitmap, octets).map_err(|place| {
                let offset = at.saturating_add(place);
                let octet = octets.get(place).copied().unwrap_or(0);
                let found = envelope.bitmap.as_coding().letters().kind(octet);
                Fault::boxed(offset, "hex digits", found).under("bitmap")
            })?;
            head.bitmaps = head.bitmaps.saturating_add(1);
            at = to;
            if *word & bitmap::FIRST == 0 && !envelope.bitmaps_fixed {
                break;
            }
        }
        Ok(at)
    }
}

/// One digit of a message type (None if it is none), and the byte that it is in.
fn type_digit(coding: TypeCoding, wire: &[u8], position: usize) -> (Option<u8>, usize) {
    let byte = wire.get(position).copied().unwrap_or(0);
    let (value, place) = match coding {
        TypeCoding::Bcd => (Some(nibble::at(wire, position)), position >> 1),
        TypeCoding::Ascii => (byte.checked_sub(b'0'), position),
        TypeCoding::Ebcdic => (byte.checked_sub(0xf0), position),
        TypeCoding::HexAscii => {
            let high = position.saturating_mul(2);
            let pair = wire.get(high..).unwrap_or(&[]);
            match pair {
                [b'3', low, ..] => (low.checked_sub(b'0'), high.saturating_add(1)),
                _ => (None, high),
            }
        }
    };
    (value.filter(|value| *value < 10), place)
}

/// Up to eight bytes of bitmap; the place of the first byte that is no hex.
pub(crate) fn read_bitmap(coding: BitmapCoding, wire: &[u8]) -> Result<u64, usize> {
    if coding == BitmapCoding::Binary {
        return Ok(bitmap::word(wire));
    }
    let mut word = 0_u64;
    for (place, byte) in wire.iter().enumerate() {
        let value = match coding {
            BitmapCoding::HexEbcdic => nibble::from_ebcdic(*byte),
            _ => nibble::from_char(*byte),
        };
        word = word << 4 | u64::from(value.ok_or(place)?);
    }
    let missing = 64_usize.saturating_sub(wire.len().saturating_mul(4));
    Ok(word << u32::try_from(missing).unwrap_or(0).min(63))
}

/// Append the first `bytes` bytes of a word as a bitmap.
pub(crate) fn write_bitmap(coding: BitmapCoding, word: u64, bytes: usize, out: &mut Vec<u8>) {
    for octet in word.to_be_bytes().into_iter().take(bytes) {
        match coding {
            BitmapCoding::Binary => out.push(octet),
            BitmapCoding::HexAscii => {
                out.extend([nibble::to_upper(octet >> 4), nibble::to_upper(octet)]);
            }
            BitmapCoding::HexEbcdic => {
                out.extend([nibble::to_ebcdic(octet >> 4), nibble::to_ebcdic(octet)]);
            }
        }
    }
}

/// What a mapping says about the head of a message.
#[derive(Clone, Copy, Default)]
pub(crate) struct HeadTexts<'a> {
    pub(crate) mti: &'a str,
    /// Hex; without it, what the specification has.
    pub(crate) header: Option<&'a str>,
    /// Hex of all bitmaps in front; without it, the shortest that will do.
    pub(crate) bitmap: Option<&'a str>,
}

impl Spec {
    /// Header, message type and bitmaps for the elements `numbers`, which are in order; and the
    /// bitmap that lies in an element.
    pub(crate) fn head(
        &self,
        texts: HeadTexts<'_>,
        numbers: &[usize],
        out: &mut Vec<u8>,
    ) -> Encoded<u64> {
        let envelope = &self.envelope;
        match texts.header {
            None => out.extend_from_slice(&envelope.header),
            Some(text) => {
                let expected = bytes(envelope.header.len());
                let octets = nibble::parse_hex(text)
                    .ok()
                    .filter(|octets| octets.len() == envelope.header.len());
                let found = "another text";
                out.extend(octets.ok_or_else(|| Path::top("_header").error(expected, found))?);
            }
        }
        write_type(envelope.type_indicator, texts.mti, out)?;
        let mut words = self.words(numbers)?;
        let leading = envelope.leading_bitmaps();
        let used = words
            .iter()
            .take(leading)
            .rposition(|word| *word != 0)
            .map_or(1, |last| last.saturating_add(1));
        let mut count = if envelope.bitmaps_fixed {
            leading
        } else {
            used
        };
        if let Some(text) = texts.bitmap {
            count = self.given_bitmaps(text, &mut words)?;
        } else if !envelope.bitmaps_fixed {
            for word in words.iter_mut().take(count.saturating_sub(1)) {
                *word |= bitmap::FIRST;
            }
        }
        for word in words.iter().take(count) {
            write_bitmap(envelope.bitmap, *word, BITMAP_BYTES, out);
        }
        let third = words.get(2).copied().unwrap_or(0);
        Ok(third)
    }

    /// The bits of data elements.
    fn words(&self, numbers: &[usize]) -> Encoded<[u64; 3]> {
        let mut words = [0_u64; 3];
        let mut previous = 0;
        for number in numbers {
            let refused =
                |expected, found| Err(Path::top(&number.to_string()).error(expected, found));
            if *number == previous {
                return refused("each element once", "it twice");
            }
            previous = *number;
            if self.element(*number).is_none() {
                return refused("an element of this dialect", "one it does not have");
            }
            let place = number.saturating_sub(1).div_euclid(64);
            let bit = number.saturating_sub(place.saturating_mul(64));
            if let Some(word) = words.get_mut(place) {
                *word = bitmap::with(*word, bit);
            }
        }
        Ok(words)
    }

    /// Bitmaps given as text must be those of the elements, apart from bits that stand for no
    /// element, and from those behind the last one that can be read.
    fn given_bitmaps(&self, text: &str, words: &mut [u64; 3]) -> Encoded<usize> {
        let envelope = &self.envelope;
        let differs = || {
            let path = Path::top("bitmap");
            path.error("the bitmap of the elements given", "one of other elements")
        };
        let octets = nibble::parse_hex(text).map_err(|_| differs())?;
        let count = octets.len().div_euclid(BITMAP_BYTES);
        let leading = envelope.leading_bitmaps();
        if octets.len().checked_rem(BITMAP_BYTES) != Some(0)
            || count == 0
            || count > leading
            || (envelope.bitmaps_fixed && count != leading)
        {
            return Err(differs());
        }
        let elements = *words;
        let mut stray_bits = [0_u64; 3];
        let places = words.iter_mut().zip(&mut stray_bits).take(leading);
        for (place, (word, stray)) in places.enumerate() {
            let from = place.saturating_mul(BITMAP_BYTES);
            let octets = octets.get(from..from.saturating_add(BITMAP_BYTES));
            let given = bitmap::word(octets.unwrap_or(&[]));
            let more = place.saturating_add(1) < count;
            let announces = more || (place == 0 && envelope.bitmaps_fixed);
            let free = if announces { bitmap::FIRST } else { 0 };
            let unannounced = more && !envelope.bitmaps_fixed && given & bitmap::FIRST == 0;
            if *word & !given != 0 || unannounced {
                return Err(differs());
            }
            *stray = given & !*word & !free;
            *word = given;
        }
        if self.ends_reading(&elements, &stray_bits) {
            Ok(count)
        } else {
            Err(differs())
        }
    }

    /// Whether bits without an element are what reading stops at: the first one is unknown, and
    /// no element comes behind it.
    fn ends_reading(&self, elements: &[u64; 3], stray_bits: &[u64; 3]) -> bool {
        let Some(first) = numbers(stray_bits).next() else {
            return true;
        };
        self.envelope.unknown_elements == Policy::Keep
            && self.element(first).is_none()
            && numbers(elements).last().is_none_or(|last| last < first)
    }

    /// The bitmaps for other elements of a message that was read, as hex: its bits that stand for
    /// no element stay, and so does a bitmap more than was needed.
    pub(crate) fn bitmap_over(&self, base: &Message, elements: &[usize]) -> Encoded<String> {
        let read: Vec<usize> = base.fields().map(usize::from).collect();
        if read == elements {
            return Ok(base.bitmap());
        }
        let envelope = &self.envelope;
        let leading = envelope.leading_bitmaps();
        let needed = |words: &[u64; 3]| {
            let used = words.iter().take(leading).rposition(|word| *word != 0);
            used.map_or(1, |last| last.saturating_add(1))
        };
        let known = self.words(&read)?;
        let mut words = self.words(elements)?;
        for (place, word) in words.iter_mut().enumerate().take(leading) {
            let before = base.head.words.get(place).copied().unwrap_or(0);
            let stray = before & !known.get(place).copied().unwrap_or(0);
            let announces = !envelope.bitmaps_fixed && place.saturating_add(1) < leading;
            *word |= if announces {
                stray & !bitmap::FIRST
            } else {
                stray
            };
        }
        let mut count = needed(&words);
        if envelope.bitmaps_fixed {
            count = leading;
        } else {
            if base.head.bitmaps > needed(&known) {
                count = count.max(base.head.bitmaps);
            }
            for word in words.iter_mut().take(count.saturating_sub(1)) {
                *word |= bitmap::FIRST;
            }
        }
        let octets: Vec<u8> = words
            .iter()
            .take(count)
            .flat_map(|word| word.to_be_bytes())
            .collect();
        Ok(nibble::hex(&octets))
    }

    /// Bitmaps as hex text keep their letters, upper or lower, where they say the same as before.
    pub(crate) fn keep_letters(&self, out: &mut [u8], from: usize, before: &[u8]) {
        let digit = match self.envelope.bitmap {
            BitmapCoding::Binary => return,
            BitmapCoding::HexAscii => nibble::from_char,
            BitmapCoding::HexEbcdic => nibble::from_ebcdic,
        };
        let written = out.iter_mut().skip(from);
        for (octet, old) in written.zip(before) {
            if digit(*octet).is_some() && digit(*octet) == digit(*old) {
                *octet = *old;
            }
        }
    }
}

/// The numbers of the bits in several words, ascending.
fn numbers(words: &[u64; 3]) -> impl Iterator<Item = usize> + '_ {
    words.iter().enumerate().flat_map(|(place, word)| {
        let from = place.saturating_mul(64);
        bitmap::bits(*word).map(move |bit| from.saturating_add(bit))
    })
}

fn write_type(coding: TypeCoding, mti: &str, out: &mut Vec<u8>) -> Encoded<()> {
    if !mti.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(Path::top("mti").error("four digits", "other characters"));
    }
    if mti.len() != 4 {
        let found = match mti.len() {
            1 => "1 digit".to_owned(),
            count => format!("{count} digits"),
        };
        return Err(Path::top("mti").error("four digits", found));
    }
    match coding {
        TypeCoding::Bcd => out.extend(nibble::parse_hex(mti).unwrap_or_default()),
        TypeCoding::Ascii => out.extend_from_slice(mti.as_bytes()),
        TypeCoding::Ebcdic => out.extend(mti.bytes().map(|digit| 0xf0 | (digit & 0x0f))),
        TypeCoding::HexAscii => out.extend(mti.bytes().flat_map(|digit| [b'3', digit])),
    }
    Ok(())
}
