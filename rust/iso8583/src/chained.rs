//! Data sets with bitmaps of their own: two bytes, then one byte each. The first bit of a bitmap
//! says that another one follows; the last bit of the last one would say that tags follow, which
//! is refused. The other bits stand for the parts, which are numbered without them.

use zeroize::Zeroizing;

use crate::composite::{ended, no_bitmap};
use crate::decode::{Decoder, Outcome};
use crate::encode::{Encoded, Path};
use crate::encoding::nibble;
use crate::error::Fault;
use crate::message::{Kind, Node};
use crate::spec::{NONE, Spec};
use crate::value::Value;

/// Parts of the first bitmap, if another one follows.
const FIRST: usize = 15;
/// Parts of each of the others.
const EACH: usize = 7;

type Member = (String, Value);

impl<'a> Decoder<'a> {
    #[cold]
    pub(crate) fn chained(&mut self, parts: &'a [u16], start: usize, end: usize) -> Outcome<()> {
        let (numbers, mut at) = self.numbers(parts, start, end)?;
        let (from, to) = (start.saturating_mul(2), at.saturating_mul(2));
        let node = self.open(Node::new(NONE, Kind::Bitmap, start, from, to));
        self.close(node);
        for number in numbers {
            let id = parts.get(number).copied().unwrap_or(NONE);
            at = self.field(id, Kind::Part, at, end)?;
        }
        ended(at, end)
    }

    /// The numbers of the parts that bitmaps announce, and the place behind these.
    fn numbers(&self, parts: &[u16], start: usize, end: usize) -> Outcome<(Vec<usize>, usize)> {
        let mut numbers = Vec::new();
        let (mut at, mut width, mut before) = (start, 2_usize, 0_usize);
        loop {
            let to = at.saturating_add(width);
            let Some(octets) = self.body.get(at..to).filter(|_| to <= end) else {
                return no_bitmap(width, at, end).map(|_| (numbers, at));
            };
            let last = width.saturating_mul(8).saturating_sub(1);
            let is_set = |bit: usize| {
                let octet = octets.get(bit >> 3).copied().unwrap_or(0);
                octet & mask(bit) != 0
            };
            let more = is_set(0);
            for bit in (1..=last).filter(|bit| is_set(*bit)) {
                let offset = at.saturating_add(bit >> 3);
                if bit == last && !more {
                    let found = "a bit that announces tags behind them";
                    return Err(Fault::boxed(offset, "parts alone", found).under("_bitmap"));
                }
                let number = before.saturating_add(bit);
                if parts.get(number).is_none_or(|id| *id == NONE) {
                    let found = format!("part {number}, which has no definition");
                    let fault = Fault::boxed(offset, "parts that are defined", found);
                    return Err(fault.under(&number.to_string()));
                }
                numbers.push(number);
            }
            before = before.saturating_add(last);
            at = to;
            width = 1;
            if !more {
                return Ok((numbers, at));
            }
        }
    }
}

impl Spec {
    pub(crate) fn write_chained<'a>(
        &self,
        parts: &[u16],
        members: impl Iterator<Item = &'a Member>,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let mut order = Vec::new();
        let mut given = None;
        for (key, value) in members {
            if let ("_bitmap", Value::Text(text)) = (key.as_str(), value) {
                given = nibble::parse_hex(text).ok();
                continue;
            }
            let number = key.parse::<usize>().ok();
            let id = number.and_then(|number| parts.get(number)).copied();
            let part = id
                .filter(|id| *id != NONE)
                .and_then(|id| self.definition(id));
            let (Some(number), Some(part)) = (number, part) else {
                return Err(path.join(key).error("a part that is defined", "another"));
            };
            order.push((number, part, value));
        }
        order.sort_by_key(|(number, _, _)| *number);
        let numbers: Vec<usize> = order.iter().map(|(number, _, _)| *number).collect();
        let bitmaps = bitmaps(&numbers, given.as_ref().map_or(0, Vec::len));
        if given.is_some_and(|given| given != bitmaps) {
            let path = path.join("_bitmap");
            return Err(path.error("the bitmap of the parts given", "one of other parts"));
        }
        out.extend(bitmaps);
        for (_, part, value) in order {
            self.write_value(part, value, &path.join(&part.key), out)?;
        }
        Ok(())
    }

    /// The content of a data set of which nothing is known.
    pub(crate) fn write_unknown_content<'a>(
        &self,
        id: u16,
        mut members: impl Iterator<Item = &'a Member>,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let only = members.next().filter(|_| members.next().is_none());
        let (Some(definition), Some((key, value))) = (self.definition(id), only) else {
            return Err(path.error("its _content alone", "something else"));
        };
        let path = path.join(key);
        if *definition.key != **key {
            return Err(path.error("the _content of the data set", "another key"));
        }
        let mut content = Zeroizing::new(Vec::new());
        self.write_value(definition, value, &path, &mut content)?;
        out.extend_from_slice(&content);
        Ok(())
    }
}

/// A bit's place in its byte.
fn mask(bit: usize) -> u8 {
    let shift = u32::try_from(bit & 7).unwrap_or(0);
    0x80_u8.wrapping_shr(shift)
}

/// The fewest bitmaps that announce parts, but no fewer bytes than `bytes_min`.
fn bitmaps(numbers: &[usize], bytes_min: usize) -> Vec<u8> {
    let last = numbers.last().copied().unwrap_or(0);
    // the last bit of the last bitmap is none of a part
    let beyond = last.saturating_sub(FIRST.saturating_sub(1));
    let bytes = beyond.div_ceil(EACH).saturating_add(2).max(bytes_min);
    let mut octets = vec![0_u8; bytes];
    let mut set = |bit: usize| {
        if let Some(octet) = octets.get_mut(bit >> 3) {
            *octet |= mask(bit);
        }
    };
    for number in numbers {
        match number.checked_sub(FIRST.saturating_add(1)) {
            None => set(*number),
            Some(behind) => {
                let bit = behind.checked_rem(EACH).unwrap_or(0).saturating_add(1);
                let octet = behind.checked_div(EACH).unwrap_or(0).saturating_add(2);
                set(octet.saturating_mul(8).saturating_add(bit));
            }
        }
    }
    let announcing = (0..bytes.saturating_sub(1)).filter(|octet| *octet != 1);
    for octet in announcing {
        // the first two bytes are one bitmap
        if octet > 0 || bytes > 2 {
            set(octet.saturating_mul(8));
        }
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::bitmaps;

    #[test]
    fn the_last_bit_of_the_last_bitmap_is_left_free() {
        assert_eq!(bitmaps(&[1, 2], 0), [0x60, 0x00]);
        assert_eq!(bitmaps(&[14], 0), [0x00, 0x02]);
        assert_eq!(bitmaps(&[15], 0), [0x80, 0x01, 0x00]);
        assert_eq!(bitmaps(&[1, 16], 0), [0xc0, 0x00, 0x40]);
        assert_eq!(bitmaps(&[22], 0), [0x80, 0x00, 0x81, 0x00]);
        assert_eq!(bitmaps(&[], 3), [0x80, 0x00, 0x00]);
    }
}
