//! Bitmapped composites from nested values.

use crate::bitmap;
use crate::encode::{Encoded, Path};
use crate::encoding::nibble;
use crate::head::write_bitmap;
use crate::spec::{Bitmapped, Definition, NONE, Spec};
use crate::value::Value;

type Members = [(String, Value)];

impl Spec {
    pub(crate) fn write_bitmapped(
        &self,
        layout: &Bitmapped,
        members: &Members,
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        let order = self.parts_by_bit(layout, members, path)?;
        let given = match members.iter().find(|member| member.0 == "_bitmap") {
            None => None,
            Some((_, Value::Text(text))) => Some(text),
            Some((key, other)) => return Err(path.join(key).error("a text", other.kind())),
        };
        let bits_each = layout.bytes.saturating_mul(8);
        let last = order.last().map_or(0, |(bit, _, _)| *bit);
        let used = last.saturating_sub(1).checked_div(bits_each);
        let given_count = given.map_or(1, |text| {
            text.len()
                .checked_div(layout.bytes.saturating_mul(2))
                .unwrap_or(1)
        });
        let count = used
            .map_or(1, |used| used.saturating_add(1))
            .max(given_count)
            .clamp(1, layout.repeats_max.max(1));
        let mut words = [0_u64; 3];
        for place in 1..count {
            let before = place.saturating_sub(1).saturating_mul(bits_each);
            bitmap::put(&mut words, before, bitmap::FIRST);
        }
        for (bit, _, _) in &order {
            bitmap::put(&mut words, bit.saturating_sub(1), bitmap::FIRST);
        }
        let octets: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        let octets = octets
            .get(..layout.bytes.saturating_mul(count))
            .unwrap_or(&[]);
        if given.is_some_and(|text| nibble::parse_hex(text).ok().as_deref() != Some(octets)) {
            let found = "one of other parts";
            return Err(path
                .join("_bitmap")
                .error("the bitmap of the parts given", found));
        }
        for chunk in octets.chunks(8) {
            write_bitmap(layout.coding, bitmap::word(chunk), chunk.len(), out);
        }
        for (_, part, value) in order {
            self.write_value(part, value, &path.join(&part.key), out)?;
        }
        Ok(())
    }

    fn parts_by_bit<'a>(
        &'a self,
        layout: &Bitmapped,
        members: &'a Members,
        path: &Path<'_>,
    ) -> Encoded<Vec<(usize, &'a Definition, &'a Value)>> {
        let mut order = Vec::with_capacity(members.len());
        for (key, value) in members.iter().filter(|member| member.0 != "_bitmap") {
            let bit = key.parse::<usize>().ok();
            let id = bit
                .and_then(|bit| layout.parts.get(bit))
                .copied()
                .filter(|id| *id != NONE);
            let part = id.and_then(|id| self.definition(id));
            let (Some(bit), Some(part)) = (bit, part) else {
                return Err(path.join(key).error("a bit that is defined", "another"));
            };
            order.push((bit, part, value));
        }
        order.sort_by_key(|(bit, _, _)| *bit);
        Ok(order)
    }
}
