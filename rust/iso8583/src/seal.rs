//! Message authentication codes: which bytes of a message a code covers, and where it stands.
//!
//! How a code is computed is none of this crate's business: it is handed in.

use std::sync::Arc;

use crate::BODY_LENGTH_MAX;
use crate::bitmap;
use crate::builder;
use crate::decode::Decoder;
use crate::encode::{Encoded, Path};
use crate::encoding::{Coding, nibble};
use crate::message::{Head, Message};
use crate::spec::{Length, Spec};
use crate::value::{ClearText, Value};
use crate::wipe::Wiped;
use crate::{EncodeError, MessageBuilder};

/// The element for the code of a message without elements above 64.
const SHORT: u16 = 64;
/// The element for the code of every other message.
const LONG: u16 = 128;
/// Hex digits of a code where the element does not fix them: 8 bytes.
const CODE_DIGITS: usize = 16;

/// The bytes that a code covers, exactly as they are on the wire, and the code.
pub struct Sealed<'a> {
    /// From the message type up to the element of the code, which is left out.
    pub covered: &'a [u8],
    /// The code that the message brings.
    pub code: Vec<u8>,
}

impl Message {
    /// What a code covers, and the code: that of element 64 or 128, if it is the last thing in
    /// the message and is bytes or hex text.
    pub fn sealed(&self) -> Option<Sealed<'_>> {
        if self.head.rest != self.head.end {
            return None;
        }
        let last = self.elements().last()?;
        let key = self.key(last);
        if key != SHORT.to_string() && key != LONG.to_string() {
            return None;
        }
        let start = self.spec.envelope.header.len();
        let end = self.node(last)?.wire as usize;
        let text = ClearText::new(self.text(last, false));
        Some(Sealed {
            covered: self.bytes.get(start..end)?,
            code: nibble::parse_hex(&text).ok()?,
        })
    }
}

impl Spec {
    /// As [`Message::sealed`], of a body that nobody has decoded: header, message type and bitmaps
    /// are read, and no element. So a code can be checked before any value is looked at.
    ///
    /// The element of the code must have a fixed length, or its place could not be known.
    pub fn sealed<'a>(&self, body: &'a [u8]) -> Option<Sealed<'a>> {
        if body.len() > BODY_LENGTH_MAX {
            return None;
        }
        let mut head = Head::default();
        let data = Decoder::new(self, body, Vec::new()).head(&mut head).ok()?;
        let number = self.last_element(&head)?;
        if number != usize::from(SHORT) && number != usize::from(LONG) {
            return None;
        }
        let (_, definition) = self.element(number)?;
        if !matches!(definition.length, Length::Fixed(_)) {
            return None;
        }
        let start = body.len().checked_sub(definition.fixed_half_bytes >> 1)?;
        let wire = body.get(start.max(data)..)?;
        Some(Sealed {
            covered: body.get(self.envelope.header.len()..start)?,
            code: code_on_wire(definition.coding, wire)?,
        })
    }

    /// The number of the last element that the bitmaps in front announce; none where a bitmap
    /// among the elements may announce more.
    fn last_element(&self, head: &Head) -> Option<usize> {
        let present = |number: usize| {
            let place = number.saturating_sub(1).div_euclid(64);
            let bit = number.saturating_sub(place.saturating_mul(64));
            let word = head.words.get(place).copied().unwrap_or(0);
            word & bitmap::with(0, bit) != 0
        };
        if self.envelope.third_bitmap > 0 && present(self.envelope.third_bitmap) {
            return None;
        }
        (2..=head.bitmaps.saturating_mul(64))
            .rev()
            .find(|number| present(*number))
    }
}

/// The bytes of a code as it travels: as they are, or as hex text.
fn code_on_wire(coding: Coding, wire: &[u8]) -> Option<Vec<u8>> {
    match coding {
        Coding::Binary | Coding::Bcd => Some(wire.to_vec()),
        Coding::Hex(letters) | Coding::Text(letters) => {
            let text: String = wire.iter().map(|byte| letters.decode(*byte)).collect();
            nibble::parse_hex(&text).ok()
        }
        Coding::Signed(_) | Coding::Zoned => None,
    }
}

impl MessageBuilder {
    /// As [`MessageBuilder::build`], with the code that `compute` gives for the covered bytes in
    /// the last element: 64, or 128 if there are elements above 64. Codes that were there go. A
    /// code that is longer than its element is cut on the right.
    pub fn build_sealed(
        &mut self,
        compute: impl Fn(&[u8]) -> Vec<u8>,
    ) -> Result<Message, EncodeError> {
        for number in [SHORT, LONG] {
            self.delete(&number.to_string());
        }
        let last = self.fields().last().copied().unwrap_or(0);
        let number = if last < SHORT { SHORT } else { LONG };
        let path = number.to_string();
        if last > number {
            let found = format!("element {last} behind it");
            return Err(Path::top(&path).error("the code as the last element", found));
        }
        let digits = self.spec.code_digits(number);
        self.set(&path, Value::text(&"0".repeat(digits)))?;
        let unsealed = self.build()?;
        let code = code_of(&unsealed, compute)
            .ok_or_else(|| Path::top(&path).error("bytes as the last element", "another"))?;
        let code = code.get(..digits).ok_or_else(|| {
            let found = format!("a code of {} hex digits", code.len());
            Path::top(&path).error(format!("{digits} hex digits"), found)
        })?;
        self.set(&path, Value::text(code))?;
        self.build()
    }
}

fn code_of(message: &Message, compute: impl Fn(&[u8]) -> Vec<u8>) -> Option<String> {
    message
        .sealed()
        .map(|sealed| nibble::hex(&compute(sealed.covered)))
}

impl Spec {
    /// Bytes of a tree of values with its code set; see [`MessageBuilder::build_sealed`].
    pub fn encode_sealed(
        self: &Arc<Self>,
        value: &Value,
        compute: impl Fn(&[u8]) -> Vec<u8>,
    ) -> Encoded<Wiped> {
        let octets = self.encode(value)?;
        let message = Arc::new(builder::decoded(self, &octets)?);
        let sealed = MessageBuilder::edit(&message).build_sealed(compute)?;
        Ok(sealed.encode())
    }

    /// Hex digits of the code in an element.
    fn code_digits(&self, number: u16) -> usize {
        let Some((_, definition)) = self.element(usize::from(number)) else {
            return CODE_DIGITS;
        };
        let Length::Fixed(units) = definition.length else {
            return CODE_DIGITS;
        };
        let half_bytes = definition.half_bytes(units);
        if definition.coding.is_nibbles() {
            half_bytes
        } else {
            half_bytes >> 1
        }
    }
}
