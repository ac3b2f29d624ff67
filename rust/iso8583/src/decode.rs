//! One pass over the body into a flat table of nodes. No text is made here.

use std::sync::Arc;

use crate::BODY_LENGTH_MAX;
use crate::bitmap;
use crate::encode::Scope;
use crate::error::{self, DecodeError, Fault, bytes};
use crate::head::read_bitmap;
use crate::message::{Head, Kind, Message, Node};
use crate::spec::{Counted, Definition, Length, NONE, Policy, Spec, Until};
use crate::wipe::Wiped;

pub(crate) type Outcome<T> = Result<T, Box<Fault>>;

impl Spec {
    /// Decode one message body: message type first, no frame.
    pub fn decode(self: &Arc<Self>, body: &[u8]) -> Result<Message, DecodeError> {
        let mut bytes = Wiped::new(
            body.get(..BODY_LENGTH_MAX.min(body.len()))
                .unwrap_or(&[])
                .to_vec(),
        );
        let mut decoder = Decoder::new(self, &bytes, Vec::with_capacity(96));
        let mut head = Head::default();
        let outcome = if body.len() > BODY_LENGTH_MAX {
            let found = format!("{} bytes", body.len());
            Err(Fault::boxed(
                BODY_LENGTH_MAX,
                format!("at most {BODY_LENGTH_MAX} bytes"),
                found,
            ))
        } else {
            decoder.message(&mut head)
        };
        let (nodes, scratch) = (decoder.nodes, decoder.scratch);
        if let Some(scratch) = scratch {
            // bytes that move to a larger place must not stay behind in the smaller one
            bytes = Wiped::new([bytes.as_slice(), &scratch].concat());
        }
        let readable = head.readable();
        let message = Message {
            spec: Arc::clone(self),
            bytes,
            nodes,
            head,
        };
        match outcome {
            Ok(()) => Ok(message),
            Err(fault) => Err(DecodeError {
                path: fault.path,
                offset: fault.offset,
                expected: fault.expected,
                found: fault.found,
                partial: readable.then(|| Box::new(message)),
            }),
        }
    }
}

/// The state of one pass. `'a` is the life of specification and body, not of the pass.
pub(crate) struct Decoder<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) body: &'a [u8],
    /// Bytes that the body holds as hex text, as if they followed it.
    pub(crate) scratch: Option<Wiped>,
    pub(crate) nodes: Vec<Node>,
    /// The composites around the field that is being read, outermost first.
    pub(crate) parents: Vec<usize>,
    pub(crate) mti: [u8; 4],
    /// Where conditions find other elements if not in this pass.
    pub(crate) scope: Option<&'a Scope>,
}

/// Where a field lies.
#[derive(Clone, Copy)]
struct Extent {
    /// First byte of the content.
    content: usize,
    half_bytes: usize,
    /// First byte behind the field.
    next: usize,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(spec: &'a Spec, body: &'a [u8], nodes: Vec<Node>) -> Self {
        Self {
            spec,
            body,
            scratch: None,
            nodes,
            parents: Vec::new(),
            mti: [0; 4],
            scope: None,
        }
    }

    /// Body and scratch as one.
    pub(crate) fn joined(&self) -> Wiped {
        let scratch = self.scratch.as_deref().map_or(&[][..], Vec::as_slice);
        Wiped::new([self.body, scratch].concat())
    }

    fn message(&mut self, head: &mut Head) -> Outcome<()> {
        head.rest = self.body.len();
        head.end = head.rest;
        let mut at = self.head(head)?;
        head.data = at;
        self.mti = head.mti;
        let (keeps, third, fixed) = {
            let envelope = &self.spec.envelope;
            let keeps = envelope.unknown_elements == Policy::Keep;
            (keeps, envelope.third_bitmap, envelope.bitmaps_fixed)
        };
        let mut first = None;
        for place in 0..head.words.len() {
            let word = head.words.get(place).copied().unwrap_or(0);
            let from = place.saturating_mul(64);
            for bit in bitmap::bits(word) {
                let number = from.saturating_add(bit);
                if bit == 1 && is_free(head, place, fixed) {
                    continue;
                }
                if keeps && !self.knows(number) {
                    head.rest = at;
                    head.rest_kept = true;
                    return first.map_or(Ok(()), Err);
                }
                let mark = self.nodes.len();
                at = match self.element(number, at) {
                    Ok(next) => next,
                    Err(fault) => self.behind(mark, fault, &mut first)?,
                };
                if number == third {
                    self.third_bitmap(mark, head);
                }
            }
        }
        if let Some(fault) = first {
            return Err(fault);
        }
        if at == self.body.len() {
            return Ok(());
        }
        self.end(at, head)
    }

    /// Where reading goes on behind an element with a fault: only if its extent is known.
    #[cold]
    fn behind(
        &mut self,
        mark: usize,
        fault: Box<Fault>,
        first: &mut Option<Box<Fault>>,
    ) -> Outcome<usize> {
        self.nodes.truncate(mark);
        self.parents.clear();
        let Some(next) = fault.resume else {
            return Err(first.take().unwrap_or(fault));
        };
        first.get_or_insert(fault);
        Ok(next)
    }

    /// Bytes behind the last element.
    fn end(&self, at: usize, head: &mut Head) -> Outcome<()> {
        match self.spec.envelope.trailing {
            Policy::Keep => head.rest_kept = true,
            Policy::Ignore => {}
            Policy::Reject => {
                let left = bytes(self.body.len().saturating_sub(at));
                let found = match last_bit(&head.words) {
                    Some(last) => format!("{left} more behind {last}"),
                    None => format!("{left} more"),
                };
                return Err(Fault::boxed(at, "the end of the message", found));
            }
        }
        head.rest = at;
        Ok(())
    }

    fn knows(&self, number: usize) -> bool {
        self.spec.elements.get(number).is_some_and(|id| *id != NONE)
    }

    /// The bitmap in an element that was just read announces the elements above 128.
    fn third_bitmap(&self, index: usize, head: &mut Head) {
        let Some(node) = self.nodes.get(index) else {
            return;
        };
        let octets = self
            .body
            .get(node.start as usize >> 1..node.stop as usize >> 1);
        let word = read_bitmap(self.spec.envelope.bitmap, octets.unwrap_or(&[]));
        if let (Ok(word), Some(slot)) = (word, head.words.get_mut(2)) {
            *slot = word;
        }
    }

    pub(crate) fn element(&mut self, number: usize, at: usize) -> Outcome<usize> {
        match self.spec.elements.get(number) {
            Some(id) if *id != NONE => self.field(*id, Kind::Element, at, self.body.len()),
            _ => {
                let byte = number.saturating_sub(1) >> 3;
                let envelope = &self.spec.envelope;
                let offset = envelope
                    .header
                    .len()
                    .saturating_add(envelope.type_indicator.bytes())
                    .saturating_add(envelope.bitmap.wire_bytes(byte));
                let found = format!("bit {number} set, which has no definition");
                Err(Fault::boxed(offset, "bits that are defined", found).under(&number.to_string()))
            }
        }
    }

    /// One field that starts at a byte; gives the offset behind it.
    pub(crate) fn field(&mut self, id: u16, kind: Kind, at: usize, end: usize) -> Outcome<usize> {
        let Some(definition) = self.spec.definition(id) else {
            return Err(Fault::boxed(at, "a definition", "none"));
        };
        if definition.layouts.is_empty()
            && let Some(next) = self.look(definition, (id, kind), at, end)
        {
            return Ok(next);
        }
        match self.known_field(definition, id, kind, at, end) {
            Ok(next) => Ok(next),
            Err(fault) => self.another(definition, fault, kind, at, end),
        }
    }

    #[inline]
    fn known_field(
        &mut self,
        definition: &'a Definition,
        id: u16,
        kind: Kind,
        at: usize,
        end: usize,
    ) -> Outcome<usize> {
        let extent = match self.extent(definition, at, end) {
            Ok(extent) => extent,
            Err(mut fault) => {
                fault.resume = None;
                return Err(fault);
            }
        };
        let half_bytes = extent.half_bytes;
        let padded = half_bytes & 1 == 1 && definition.pad.left;
        let start = extent
            .content
            .saturating_mul(2)
            .saturating_add(usize::from(padded));
        let (mut start, mut stop) = (start, start.saturating_add(half_bytes));
        let resumable = |mut fault: Box<Fault>| {
            fault.resume = Some(extent.next);
            fault
        };
        if let Err(fault) = self.check(definition, start, stop) {
            let digits = self.without_pad(definition, start, stop);
            (start, stop) = digits.ok_or_else(|| resumable(fault))?;
        }
        let node = self.open(Node::new(id, kind, at, start, stop));
        if !definition.layouts.is_empty() && half_bytes > 0 {
            self.composite(definition, start, stop).map_err(resumable)?;
        }
        self.close(node);
        Ok(extent.next)
    }

    /// The alternative of a field that has no extent of its own, or the fault of another field.
    #[cold]
    fn another(
        &mut self,
        definition: &'a Definition,
        fault: Box<Fault>,
        kind: Kind,
        at: usize,
        end: usize,
    ) -> Outcome<usize> {
        match self.chosen(definition) {
            Some((id, chosen)) => {
                let index = self.nodes.len();
                let next = self.field(id, kind, at, end)?;
                self.trim(index, chosen);
                Ok(next)
            }
            None => Err(fault.under(&definition.key)),
        }
    }

    /// Where the content lies; the field must end before `end`.
    #[inline]
    fn extent(&self, definition: &Definition, at: usize, end: usize) -> Outcome<Extent> {
        let (content, half_bytes, width) = match &definition.length {
            Length::Fixed(_) => {
                let half_bytes = definition.fixed_half_bytes;
                (at, half_bytes, half_bytes.div_ceil(2))
            }
            Length::Rest => {
                let left = end.saturating_sub(at);
                (at, left.saturating_mul(2), left)
            }
            Length::Counted(counted) => {
                let half_bytes = self.counted(definition, counted, at, end)?;
                let content = at.saturating_add(counted.prefix.bytes);
                (
                    content,
                    half_bytes,
                    half_bytes.div_ceil(2).max(counted.area),
                )
            }
            Length::Until(until) => {
                let half_bytes = self.until(definition, until, at, end)?;
                (at, half_bytes, (half_bytes >> 1).saturating_add(1))
            }
            Length::Chosen => return Err(Fault::boxed(at, "", "")),
        };
        let next = content.saturating_add(width);
        if next > end {
            let left = bytes(end.saturating_sub(content));
            let expected = match definition.length {
                Length::Counted(_) => format!("{} as its length says", bytes(width)),
                _ => bytes(width),
            };
            return Err(Fault::boxed(content, expected, format!("{left} left")));
        }
        Ok(Extent {
            content,
            half_bytes,
            next,
        })
    }

    /// The half-bytes of the content behind a length.
    #[inline]
    fn counted(
        &self,
        definition: &Definition,
        counted: &Counted,
        at: usize,
        end: usize,
    ) -> Outcome<usize> {
        let prefix = &counted.prefix;
        let content = at.saturating_add(prefix.bytes);
        let wire = self.body.get(at..content).filter(|_| content <= end);
        let Some(wire) = wire else {
            let expected = format!("a length of {}", bytes(prefix.bytes));
            let left = bytes(end.saturating_sub(at));
            return Err(Fault::boxed(at, expected, format!("{left} left")));
        };
        let Some(count) = prefix.read(wire) else {
            let expected = "a length in decimal digits";
            return Err(Fault::boxed(at, expected, prefix.fault(wire)));
        };
        // a count below what it counts for itself wraps around to one above every maximum
        let units = count.wrapping_sub(counted.own);
        match units {
            _ if units < counted.min || units > counted.max => {
                let word = definition.unit.word();
                let least = counted.min.saturating_add(counted.own);
                let most = counted.max.saturating_add(counted.own);
                let expected = format!("a length of {least} to {most} {word}");
                Err(Fault::boxed(at, expected, error::length(count)))
            }
            _ if counted.even && units & 1 == 1 => {
                let found = error::length(count);
                Err(Fault::boxed(at, "an even length", found))
            }
            _ => Ok(units.saturating_mul(definition.unit_half_bytes)),
        }
    }

    /// The half-bytes of the content in front of a terminator.
    #[cold]
    fn until(
        &self,
        definition: &Definition,
        until: &Until,
        at: usize,
        end: usize,
    ) -> Outcome<usize> {
        let half_bytes_max = until.max.saturating_mul(definition.unit_half_bytes);
        let left = self.body.get(at..end).unwrap_or(&[]);
        let mut near = left.iter().take((half_bytes_max >> 1).saturating_add(1));
        let found = near.position(|byte| *byte == until.terminator);
        let word = definition.unit.word();
        let Some(place) = found else {
            let expected = format!("a terminator behind at most {} {word}", until.max);
            return Err(Fault::boxed(at, expected, "none"));
        };
        let half_bytes = place.saturating_mul(2);
        let whole = half_bytes.checked_rem(definition.unit_half_bytes) == Some(0);
        if !whole || half_bytes < until.min.saturating_mul(definition.unit_half_bytes) {
            let expected = format!("{} to {} {word}", until.min, until.max);
            return Err(Fault::boxed(at, expected, bytes(place)));
        }
        Ok(half_bytes)
    }

    pub(crate) fn open(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len().saturating_sub(1)
    }

    /// The node's children are all those pushed since it was opened.
    pub(crate) fn close(&mut self, index: usize) {
        let next = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        if let Some(node) = self.nodes.get_mut(index) {
            node.next = next;
        }
    }
}

/// The number of the last element, if there is one.
fn last_bit(words: &[u64]) -> Option<u32> {
    let mut numbers = (0_u32..).map(|place| place.saturating_add(1).saturating_mul(64));
    let last = words
        .iter()
        .map(|word| (word, numbers.next().unwrap_or(0)))
        .filter(|(word, _)| **word != 0)
        .last();
    last.map(|(word, to)| to.saturating_sub(word.trailing_zeros()))
}

/// Whether the first bit of a bitmap stands for no element.
fn is_free(head: &Head, place: usize, fixed: bool) -> bool {
    if fixed {
        return place == 0;
    }
    // it only says that another bitmap follows
    place.saturating_add(1) < head.bitmaps
}
