//! Fields inside fields: positional, bitmapped and data sets.

use crate::bitmap;
use crate::decode::{Decoder, Outcome};
use crate::encoding::nibble;
use crate::error::{Fault, bytes};
use crate::message::{Kind, Node};
use crate::spec::{Definition, Layout, Length, NONE};

impl<'a> Decoder<'a> {
    /// The first layout that takes the whole content wins, and its place is given; if none
    /// does, the first one's fault is reported.
    pub(crate) fn composite(
        &mut self,
        definition: &'a Definition,
        start: usize,
        stop: usize,
    ) -> Outcome<usize> {
        let mark = self.nodes.len();
        let mut first = None;
        for (place, layout) in definition.layouts.iter().enumerate() {
            match self.layout(layout, start, stop) {
                Ok(()) => return Ok(place),
                Err(fault) => {
                    self.nodes.truncate(mark);
                    first.get_or_insert(fault);
                }
            }
        }
        first.map_or(Ok(0), Err)
    }

    fn layout(&mut self, layout: &'a Layout, start: usize, stop: usize) -> Outcome<()> {
        let (at, end) = (start >> 1, stop >> 1);
        match layout {
            Layout::Positional {
                parts,
                tight,
                whole,
            } if *tight => self.tight_parts(parts, *whole, start, stop),
            Layout::Positional { parts, whole, .. } => self.aligned_parts(parts, *whole, at, end),
            Layout::Bitmapped {
                bitmap_bytes,
                parts,
            } => self.bitmapped(*bitmap_bytes, parts, at, end),
            Layout::Datasets { default, .. } => self.datasets(layout, *default, at, end),
            Layout::Tlv { tags } => self.tlv(tags, at, end, 0),
        }
    }

    /// Packed digits cut into parts that need not start at a byte.
    fn tight_parts(
        &mut self,
        parts: &[u16],
        whole: bool,
        start: usize,
        stop: usize,
    ) -> Outcome<()> {
        let mut at = start;
        for id in parts {
            if at == stop && !whole {
                break;
            }
            let Some(definition) = self.spec.definition(*id) else {
                continue;
            };
            let left = stop.saturating_sub(at);
            let width = match definition.length {
                Length::Fixed(units) => definition.half_bytes(units),
                Length::Rest | Length::Counted { .. } => left,
            };
            if width > left {
                let fault = Fault::boxed(
                    at >> 1,
                    definition.unit.count(width),
                    format!("{left} left"),
                );
                return Err(fault.under(&definition.key));
            }
            let next = at.saturating_add(width);
            let node = self.open(Node::new(*id, Kind::Part, at >> 1, at, next));
            self.close(node);
            at = next;
        }
        ended(at >> 1, stop >> 1)
    }

    fn aligned_parts(
        &mut self,
        parts: &[u16],
        whole: bool,
        start: usize,
        end: usize,
    ) -> Outcome<()> {
        let mut at = start;
        for id in parts {
            if at == end && !whole {
                break;
            }
            at = self.field(*id, Kind::Part, at, end)?;
        }
        ended(at, end)
    }

    fn bitmapped(
        &mut self,
        bitmap_bytes: usize,
        parts: &[u16],
        start: usize,
        end: usize,
    ) -> Outcome<()> {
        let mut at = start.saturating_add(bitmap_bytes);
        let octets = self.body.get(start..at).filter(|_| at <= end);
        let Some(octets) = octets else {
            let left = end.saturating_sub(start);
            let expected = format!("a bitmap of {bitmap_bytes} bytes");
            return Err(Fault::boxed(start, expected, bytes(left)).under("_bitmap"));
        };
        let (from, to) = (start.saturating_mul(2), at.saturating_mul(2));
        let node = self.open(Node::new(NONE, Kind::Bitmap, start, from, to));
        self.close(node);
        for bit in bitmap::bits(bitmap::word(octets)) {
            at = match parts.get(bit) {
                Some(id) if *id != NONE => self.field(*id, Kind::Part, at, end)?,
                _ => {
                    let offset = start.saturating_add(bit.saturating_sub(1) >> 3);
                    let found = format!("bit {bit} set, which has no definition");
                    let fault = Fault::boxed(offset, "bits that are defined", found);
                    return Err(fault.under(&bit.to_string()));
                }
            };
        }
        ended(at, end)
    }

    fn datasets(
        &mut self,
        layout: &'a Layout,
        default: Option<u8>,
        start: usize,
        end: usize,
    ) -> Outcome<()> {
        let mut at = start;
        while at < end {
            let content = at.saturating_add(3);
            let Some([id, high, low]) = self.body.get(at..content).filter(|_| content <= end)
            else {
                let left = end.saturating_sub(at);
                let expected = "a data set's id and length, 3 bytes";
                return Err(Fault::boxed(at, expected, bytes(left)));
            };
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let next = content.saturating_add(length);
            let key = || nibble::hex(&[*id]).to_ascii_uppercase();
            if next > end {
                let left = end.saturating_sub(content);
                let length_at = at.saturating_add(1);
                let fault = Fault::boxed(
                    length_at,
                    format!("at most {}", bytes(left)),
                    format!("length {length}"),
                );
                return Err(fault.under(&key()));
            }
            let Some((definition, tags)) = layout.tags_of(*id) else {
                return Ok(());
            };
            let (from, to) = (content.saturating_mul(2), next.saturating_mul(2));
            let node = self.open(Node::new(definition, Kind::Dataset, at, from, to));
            self.tlv(tags, content, next, 0).map_err(|fault| {
                // tags of the usual data set are known by their tag alone
                if default == Some(*id) && !fault.path.is_empty() {
                    fault
                } else {
                    fault.under(&key())
                }
            })?;
            self.close(node);
            at = next;
        }
        Ok(())
    }
}

fn ended(at: usize, end: usize) -> Outcome<()> {
    if at == end {
        return Ok(());
    }
    let left = end.saturating_sub(at);
    Err(Fault::boxed(
        at,
        "the end of the field",
        format!("{} more", bytes(left)),
    ))
}
