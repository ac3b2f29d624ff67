//! The characters of one value, read and replaced in place.

use crate::encoding::{Coding, nibble};
use crate::message::Node;
use crate::sheet::Sheet;
use crate::spec::{Definition, NibbleStyle};
use crate::write::byte_of;

/// The characters of a value that has nothing inside. A sign is none of them.
pub(crate) struct Cells<'a> {
    pub(crate) sheet: &'a mut Sheet,
    pub(crate) definition: Option<&'a Definition>,
    coding: Coding,
    /// Half-byte of the first character.
    start: usize,
    count: usize,
    /// Half-bytes from one character to the next.
    step: usize,
}

impl<'a> Cells<'a> {
    pub(crate) fn new(
        sheet: &'a mut Sheet,
        definition: Option<&'a Definition>,
        node: &Node,
    ) -> Self {
        let coding = definition.map_or(Coding::Binary, |it| it.coding);
        let (start, stop) = (node.start as usize, node.stop as usize);
        let half_bytes = stop.saturating_sub(start);
        let (first, count, stride) = match (coding, definition) {
            (Coding::Bcd | Coding::Binary, _) | (_, None) => (start, half_bytes, 1),
            (Coding::Signed(_), Some(definition)) => {
                let (from, to) = definition.signed_digits(half_bytes.saturating_sub(2));
                let digits = start.saturating_add(2).saturating_add(from);
                (digits, to.saturating_sub(from), 1)
            }
            (Coding::Text(_) | Coding::Hex(_) | Coding::Zoned, _) => (start, half_bytes >> 1, 2),
        };
        Self {
            sheet,
            definition,
            coding,
            start: first,
            count,
            step: stride,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Whether a character is a letter only if the value holds characters, and no half-byte.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.coding, Coding::Text(_))
    }

    pub(crate) fn is_binary(&self) -> bool {
        self.coding == Coding::Binary
    }

    pub(crate) fn is_hex_text(&self) -> bool {
        matches!(self.coding, Coding::Hex(_))
    }

    /// The value's bytes as characters of one byte each, where it is binary.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        let whole = self.is_binary() && self.start & 1 == 0 && self.count & 1 == 0;
        let from = self.start >> 1;
        let places = from..from.saturating_add(self.count >> 1);
        whole.then(|| places.map(|place| self.sheet.byte(place)).collect())
    }

    pub(crate) fn put_byte(&mut self, place: usize, value: u8) {
        let place = (self.start >> 1).saturating_add(place);
        self.sheet.put_byte(place, value);
    }

    /// The character at a place; half-bytes are lower-case hex digits.
    pub(crate) fn get(&self, place: usize) -> char {
        let position = self.position(place);
        match self.coding {
            Coding::Text(letters) => letters.decode(self.sheet.byte(position >> 1)),
            Coding::Hex(letters) => {
                let character = letters.decode(self.sheet.byte(position >> 1));
                character.to_ascii_lowercase()
            }
            Coding::Zoned => {
                char::from(nibble::to_char(self.sheet.half(position.saturating_add(1))))
            }
            _ => char::from(nibble::to_char(self.sheet.half(position))),
        }
    }

    /// Put another character in a place; says whether it may stand there.
    pub(crate) fn set(&mut self, place: usize, character: char) -> bool {
        let position = self.position(place);
        let digit = u8::try_from(character).ok().and_then(nibble::from_char);
        match (self.coding, self.definition, digit) {
            (Coding::Text(_) | Coding::Hex(_), Some(definition), _) => {
                let byte = byte_of(definition, character, place == 0);
                if let Some(byte) = byte {
                    self.sheet.put_byte(position >> 1, byte);
                }
                byte.is_some()
            }
            (Coding::Zoned, _, Some(digit)) => {
                self.sheet.put(position.saturating_add(1), digit);
                true
            }
            (_, _, Some(digit)) => {
                self.sheet.put(position, digit);
                true
            }
            _ => false,
        }
    }

    /// Whether a letter separates the parts of a track.
    pub(crate) fn is_separator(&self, character: char) -> bool {
        let packed = !self.is_text();
        let style = self.definition.map(|it| it.style);
        let class = self.definition.map(|it| it.class);
        let letter_d = packed
            || style == Some(NibbleStyle::Track)
            || class == Some(crate::encoding::charset::Class::Z);
        matches!(character, '=' | '^') || (letter_d && matches!(character, 'd' | 'D'))
    }

    fn position(&self, place: usize) -> usize {
        self.start.saturating_add(place.saturating_mul(self.step))
    }
}
