//! One pass over the body into a flat table of nodes. No text is made here.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::BODY_LENGTH_MAX;
use crate::bitmap;
use crate::encoding::{Coding, nibble};
use crate::error::{DecodeError, Fault, bytes};
use crate::message::{Head, Kind, Message, Node};
use crate::spec::{Definition, Length, NONE, Spec};

pub(crate) type Outcome<T> = Result<T, Box<Fault>>;

/// Bytes of the message type and of one bitmap.
const TYPE_BYTES: usize = 2;
const BITMAP_BYTES: usize = 8;

impl Spec {
    /// Decode one message body: message type first, no frame, no header.
    pub fn decode(self: &Arc<Self>, body: &[u8]) -> Result<Message, DecodeError> {
        let bytes = Zeroizing::new(
            body.get(..BODY_LENGTH_MAX.min(body.len()))
                .unwrap_or(&[])
                .to_vec(),
        );
        let mut decoder = Decoder {
            spec: self,
            body: &bytes,
            nodes: Vec::with_capacity(96),
        };
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
        let nodes = decoder.nodes;
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
    pub(crate) nodes: Vec<Node>,
}

impl<'a> Decoder<'a> {
    fn message(&mut self, head: &mut Head) -> Outcome<()> {
        let mut at = self.head(head)?;
        for (place, word) in head.words.into_iter().enumerate() {
            let first = place.saturating_mul(64);
            for bit in bitmap::bits(word) {
                let number = first.saturating_add(bit);
                if bit == 1 && place.saturating_add(1) < head.bitmaps {
                    // bits 1 and 65 only say that another bitmap follows
                    continue;
                }
                let mark = self.nodes.len();
                at = self
                    .element(number, at)
                    .inspect_err(|_| self.nodes.truncate(mark))?;
            }
        }
        if at == self.body.len() {
            return Ok(());
        }
        let left = self.body.len().saturating_sub(at);
        Err(Fault::boxed(
            at,
            "the end of the message",
            format!("{} more", bytes(left)),
        ))
    }

    /// Message type and bitmaps; gives the offset behind them.
    fn head(&mut self, head: &mut Head) -> Outcome<usize> {
        let short = |at, what: &str, left: usize| Fault::boxed(at, what, bytes(left));
        let Some(message_type) = self.body.get(..TYPE_BYTES) else {
            return Err(short(0, "a message type of 2 bytes", self.body.len()).under("mti"));
        };
        for (position, digit) in head.mti.iter_mut().enumerate() {
            let value = nibble::at(message_type, position);
            if value > 9 {
                let fault = Fault::boxed(position >> 1, "decimal digits", "another nibble");
                return Err(fault.under("mti"));
            }
            *digit = nibble::to_char(value);
        }
        let mut at = TYPE_BYTES;
        for word in head.words.iter_mut().take(self.spec.bitmaps_max) {
            let to = at.saturating_add(BITMAP_BYTES);
            let Some(octets) = self.body.get(at..to) else {
                let left = self.body.len().saturating_sub(at);
                return Err(short(at, "a bitmap of 8 bytes", left).under("bitmap"));
            };
            *word = bitmap::word(octets);
            head.bitmaps = head.bitmaps.saturating_add(1);
            at = to;
            if *word & bitmap::FIRST == 0 {
                break;
            }
        }
        Ok(at)
    }

    fn element(&mut self, number: usize, at: usize) -> Outcome<usize> {
        match self.spec.elements.get(number) {
            Some(id) if *id != NONE => self.field(*id, Kind::Element, at, self.body.len()),
            _ => {
                let byte = number.saturating_sub(1) >> 3;
                let offset = TYPE_BYTES.saturating_add(byte);
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
        self.known_field(definition, id, kind, at, end)
            .map_err(|fault| fault.under(&definition.key))
    }

    fn known_field(
        &mut self,
        definition: &'a Definition,
        id: u16,
        kind: Kind,
        at: usize,
        end: usize,
    ) -> Outcome<usize> {
        let (content, half_bytes) = self.extent(definition, at, end)?;
        let next = content.saturating_add(half_bytes.div_ceil(2));
        if next > end {
            let left = end.saturating_sub(content);
            let found = format!("{} left", bytes(left));
            return Err(Fault::boxed(content, bytes(half_bytes.div_ceil(2)), found));
        }
        let padded = half_bytes & 1 == 1 && definition.pad.left;
        let start = content
            .saturating_mul(2)
            .saturating_add(usize::from(padded));
        let stop = start.saturating_add(half_bytes);
        self.check(definition, start, stop)?;
        let node = self.open(Node::new(id, kind, at, start, stop));
        if !definition.layouts.is_empty() && half_bytes > 0 {
            self.composite(definition, start, stop)?;
        }
        self.close(node);
        Ok(next)
    }

    /// Where the content starts (byte) and how many half-bytes it has.
    fn extent(&self, definition: &Definition, at: usize, end: usize) -> Outcome<(usize, usize)> {
        match definition.length {
            Length::Fixed(units) => Ok((at, definition.half_bytes(units))),
            Length::Rest => Ok((at, end.saturating_sub(at).saturating_mul(2))),
            Length::Counted { prefix, min, max } => {
                let content = at.saturating_add(prefix.bytes);
                let wire = self.body.get(at..content).filter(|_| content <= end);
                let Some(wire) = wire else {
                    let expected = format!("a length of {}", bytes(prefix.bytes));
                    let left = end.saturating_sub(at);
                    return Err(Fault::boxed(at, expected, format!("{} left", bytes(left))));
                };
                let Some(units) = prefix.read(wire) else {
                    return Err(Fault::boxed(
                        at,
                        "a length in decimal digits",
                        "something else",
                    ));
                };
                if units < min || units > max {
                    let word = definition.unit.word();
                    let expected = format!("a length of {min} to {max} {word}");
                    return Err(Fault::boxed(at, expected, format!("length {units}")));
                }
                Ok((content, definition.half_bytes(units)))
            }
        }
    }

    /// Whether the content may stand in such a field.
    pub(crate) fn check(&self, definition: &Definition, start: usize, stop: usize) -> Outcome<()> {
        if definition.coding == Coding::Bcd {
            if definition.letters {
                return Ok(());
            }
            return match nibble::first_non_digit(self.body, start, stop) {
                None => Ok(()),
                Some(at) => Err(Fault::boxed(at >> 1, "decimal digits", "another nibble")),
            };
        }
        if definition.coding != Coding::Ascii && !definition.printable {
            return Ok(());
        }
        let bytes = self.body.get(start >> 1..stop >> 1).unwrap_or(&[]);
        match bytes.iter().position(|byte| !fits(definition, *byte)) {
            None => Ok(()),
            Some(place) => {
                let at = (start >> 1).saturating_add(place);
                Err(Fault::boxed(at, "characters of its set", "another byte"))
            }
        }
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

pub(crate) fn fits(definition: &Definition, byte: u8) -> bool {
    match definition.coding {
        Coding::Ascii if definition.printable => (0x20..0x7f).contains(&byte),
        Coding::Ascii => byte.is_ascii(),
        Coding::Ebcdic(_) if definition.printable => (0x40..0xff).contains(&byte),
        _ => true,
    }
}
