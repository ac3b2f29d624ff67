//! Fields inside fields: positional, bitmapped and data sets.

use crate::wipe::Wiped;

use crate::BODY_LENGTH_MAX;
use crate::bitmap;
use crate::decode::{Decoder, Outcome};
use crate::encoding::{Coding, nibble};
use crate::error::{self, Fault, bytes};
use crate::head::read_bitmap;
use crate::message::{Kind, Node};
use crate::spec::{BitmapCoding, Bitmapped, Definition, Form, Layout, Length, NONE};

/// Most bytes of hex text inside hex text, the body included.
const SCRATCH_MAX: usize = BODY_LENGTH_MAX.saturating_mul(4);

impl<'a> Decoder<'a> {
    /// What is inside the field whose node was opened last. The first layout that counts and takes
    /// the whole content wins, and its place is given; if none does, the first one's fault is
    /// reported. Without any layout that counts the content is a plain value.
    pub(crate) fn composite(
        &mut self,
        definition: &'a Definition,
        start: usize,
        stop: usize,
    ) -> Outcome<Option<usize>> {
        if self.spec.conditional {
            self.parents.push(self.nodes.len().saturating_sub(1));
        }
        let outcome = if let Coding::Hex(_) = definition.coding {
            self.hex_layouts(definition, start >> 1, stop >> 1)
        } else {
            self.layouts(definition, start, stop)
        };
        if self.spec.conditional {
            self.parents.pop();
        }
        outcome
    }

    #[inline]
    fn layouts(
        &mut self,
        definition: &'a Definition,
        start: usize,
        stop: usize,
    ) -> Outcome<Option<usize>> {
        let mark = self.nodes.len();
        let mut first = None;
        for (place, alternative) in definition.layouts.iter().enumerate() {
            if let Some(when) = &alternative.when
                && !self.holds(when, 2)
            {
                continue;
            }
            match self.layout(definition, &alternative.layout, start, stop) {
                Ok(()) => return Ok(Some(place)),
                Err(fault) => self.undo(mark, fault, &mut first),
            }
        }
        first.map_or(Ok(None), Err)
    }

    /// Forget what a layout read that did not fit; the fault of the first one counts.
    #[cold]
    fn undo(&mut self, mark: usize, fault: Box<Fault>, first: &mut Option<Box<Fault>>) {
        self.nodes.truncate(mark);
        first.get_or_insert(fault);
    }

    /// Layouts of bytes that are written as hex text: the bytes are put behind the body, as if
    /// they came there, so that nodes can point at them.
    fn hex_layouts(
        &mut self,
        definition: &'a Definition,
        from: usize,
        to: usize,
    ) -> Outcome<Option<usize>> {
        let text = self.body.get(from..to).unwrap_or(&[]);
        let scratch_bytes = self.scratch.as_ref().map_or(0, |scratch| scratch.len());
        let base = self.body.len().saturating_add(scratch_bytes);
        if text.len() & 1 == 1 || base.saturating_add(text.len() >> 1) > SCRATCH_MAX {
            let found = format!("{} hex digits", text.len());
            return Err(Fault::boxed(from, "whole bytes in hex", found));
        }
        let mut joined = Wiped::new(Vec::with_capacity(base.saturating_add(text.len() >> 1)));
        joined.extend_from_slice(self.body);
        joined.extend_from_slice(self.scratch.as_deref().map_or(&[], Vec::as_slice));
        let value = |byte: &u8| match definition.coding {
            Coding::Hex(crate::encoding::Letters::Ebcdic(_)) => nibble::from_ebcdic(*byte),
            _ => nibble::from_char(*byte),
        };
        for pair in text.chunks_exact(2) {
            let [high, low] = pair else { break };
            joined.push(value(high).unwrap_or(0) << 4 | value(low).unwrap_or(0));
        }
        let mut inner = Decoder {
            spec: self.spec,
            body: &joined,
            scratch: None,
            nodes: std::mem::take(&mut self.nodes),
            parents: std::mem::take(&mut self.parents),
            mti: self.mti,
            scope: self.scope,
        };
        let stop = joined.len().saturating_mul(2);
        let outcome = inner.unpacked(definition, base.saturating_mul(2), stop);
        self.nodes = inner.nodes;
        self.parents = inner.parents;
        let deeper = inner.scratch;
        match outcome {
            Ok(place) => {
                let own = joined.get(self.body.len()..).unwrap_or(&[]);
                let deeper = deeper.as_deref().map_or(&[][..], Vec::as_slice);
                self.scratch = Some(Wiped::new([own, deeper].concat()));
                Ok(place)
            }
            Err(mut fault) => {
                if let Some(inside) = fault.offset.checked_sub(base) {
                    fault.offset = from.saturating_add(inside.saturating_mul(2));
                }
                Err(fault)
            }
        }
    }

    /// Layouts of bytes that are no hex text any more.
    #[inline(never)]
    fn unpacked(
        &mut self,
        definition: &'a Definition,
        start: usize,
        stop: usize,
    ) -> Outcome<Option<usize>> {
        self.layouts(definition, start, stop)
    }

    #[inline]
    fn layout(
        &mut self,
        parent: &'a Definition,
        layout: &'a Layout,
        start: usize,
        stop: usize,
    ) -> Outcome<()> {
        let (at, end) = (start >> 1, stop >> 1);
        match layout {
            Layout::Positional {
                parts,
                tight,
                whole,
            } if *tight => self.tight_parts(parent, (parts, *whole), start, stop),
            Layout::Positional { parts, whole, .. } => self.aligned_parts(parts, *whole, at, end),
            Layout::Bitmapped(bitmapped) => self.bitmapped(bitmapped, at, end),
            Layout::Datasets { default, .. } => self.datasets(layout, *default, at, end),
            Layout::Tlv { tags } => self.tlv(tags, at, end, 0),
            Layout::Tagged(tagged) => self.tagged(tagged, at, end),
        }
    }

    /// Packed digits cut into parts that need not start at a byte.
    fn tight_parts(
        &mut self,
        parent: &Definition,
        (parts, whole): (&[u16], bool),
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
                _ => left,
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
            if definition.nibbles != parent.nibbles {
                self.check_part(definition, at, next)
                    .map_err(|fault| fault.under(&definition.key))?;
            }
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

    fn bitmapped(&mut self, layout: &'a Bitmapped, start: usize, end: usize) -> Outcome<()> {
        if layout.repeats_max > 1 || layout.bytes > 8 || layout.coding != BitmapCoding::Binary {
            return self.long_bitmapped(layout, start, end);
        }
        let mut at = start.saturating_add(layout.bytes);
        let Some(octets) = self.body.get(start..at).filter(|_| at <= end) else {
            return no_bitmap(layout.bytes, start, end).map(|_| ());
        };
        let word = bitmap::word(octets);
        let (from, to) = (start.saturating_mul(2), at.saturating_mul(2));
        let node = self.open(Node::new(NONE, Kind::Bitmap, start, from, to));
        self.close(node);
        for bit in bitmap::bits(word) {
            at = match layout.parts.get(bit) {
                Some(id) if *id != NONE => self.field(*id, Kind::Part, at, end)?,
                _ => no_part(layout, bit, start)?,
            };
        }
        ended(at, end)
    }

    /// Bitmaps that are long, several, or written as hex text.
    #[cold]
    fn long_bitmapped(&mut self, layout: &'a Bitmapped, start: usize, end: usize) -> Outcome<()> {
        let mut words = [0_u64; 3];
        let mut at = start;
        let mut count = 0_usize;
        while count < layout.repeats_max {
            at = self.bitmap(layout, count, (at, end), &mut words)?;
            let first_bit = layout.bits_each.saturating_mul(count);
            count = count.saturating_add(1);
            if !bitmap::is_set(&words, first_bit.saturating_add(1)) {
                break;
            }
        }
        let (from, to) = (start.saturating_mul(2), at.saturating_mul(2));
        let node = self.open(Node::new(layout.definition, Kind::Bitmap, start, from, to));
        self.close(node);
        for (place, word) in words.into_iter().enumerate() {
            for bit in bitmap::bits(word) {
                let bit = place.saturating_mul(64).saturating_add(bit);
                if count > 1 && layout.announces(bit, count) {
                    continue;
                }
                at = match layout.parts.get(bit) {
                    Some(id) if *id != NONE => self.field(*id, Kind::Part, at, end)?,
                    _ => no_part(layout, bit, start)?,
                };
            }
        }
        ended(at, end)
    }

    /// One bitmap, the bits of which come behind those of the `before` ones in front of it.
    fn bitmap(
        &self,
        layout: &Bitmapped,
        before: usize,
        (at, end): (usize, usize),
        words: &mut [u64; 3],
    ) -> Outcome<usize> {
        let width = layout.coding.wire_bytes(layout.bytes);
        let to = at.saturating_add(width);
        let Some(octets) = self.body.get(at..to).filter(|_| to <= end) else {
            return no_bitmap(width, at, end);
        };
        let first_bit = layout.bits_each.saturating_mul(before);
        match read_words(layout, octets, first_bit, words) {
            Ok(()) => Ok(to),
            Err(place) => {
                let offset = at.saturating_add(place);
                let octet = octets.get(place).copied().unwrap_or(0);
                let found = layout.coding.as_coding().letters().kind(octet);
                Err(Fault::boxed(offset, "hex digits", found).under("_bitmap"))
            }
        }
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
                    error::length(length),
                );
                return Err(fault.under(&key()));
            }
            let Some((definition, form)) = layout.form_of(*id) else {
                return Ok(());
            };
            let (from, to) = (content.saturating_mul(2), next.saturating_mul(2));
            let node = self.open(Node::new(definition, Kind::Dataset, at, from, to));
            let read = match form {
                Form::Tags(tags) => self.tlv(tags, content, next, 0),
                Form::Parts(parts) => self.chained(parts, content, next),
                Form::Content(id) => self.field(id, Kind::Part, content, next).map(|_| ()),
            };
            read.map_err(|fault| {
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

#[cold]
pub(crate) fn no_bitmap(width: usize, at: usize, end: usize) -> Outcome<usize> {
    let expected = format!("a bitmap of {width} bytes");
    let left = bytes(end.saturating_sub(at));
    Err(Fault::boxed(at, expected, left).under("_bitmap"))
}

#[cold]
fn no_part(layout: &Bitmapped, bit: usize, start: usize) -> Outcome<usize> {
    let octet = bit.saturating_sub(1) >> 3;
    let offset = start.saturating_add(layout.coding.wire_bytes(octet));
    let found = format!("bit {bit} set, which has no definition");
    Err(Fault::boxed(offset, "bits that are defined", found).under(&bit.to_string()))
}

impl Bitmapped {
    /// Whether a bit says that another of `count` bitmaps follows.
    pub(crate) fn announces(&self, bit: usize, count: usize) -> bool {
        let index = bit.saturating_sub(1);
        index.checked_rem(self.bits_each) == Some(0)
            && index.saturating_add(self.bits_each) < self.bits_each.saturating_mul(count)
    }
}

/// Put the bits of one bitmap behind those of the ones before it; the place of what is no hex.
fn read_words(
    layout: &Bitmapped,
    octets: &[u8],
    first_bit: usize,
    words: &mut [u64; 3],
) -> Result<(), usize> {
    let chunk = layout.coding.wire_bytes(8);
    for (place, octets) in octets.chunks(chunk).enumerate() {
        let word = read_bitmap(layout.coding, octets)
            .map_err(|at| at.saturating_add(place.saturating_mul(chunk)))?;
        let from = first_bit.saturating_add(place.saturating_mul(64));
        bitmap::put(words, from, word);
    }
    Ok(())
}

pub(crate) fn ended(at: usize, end: usize) -> Outcome<()> {
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
