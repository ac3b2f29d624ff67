//! A copy of a message's bytes in which half-bytes are replaced, without any move of others.
//!
//! Some values lie in bytes that the body holds as hex text: a half-byte of theirs is a character
//! of the body.

use zeroize::Zeroizing;

use crate::encode::{Encoded, Path};
use crate::encoding::{Coding, Letters, nibble};
use crate::message::{Message, Node};

/// The bytes, as the nodes of the message count them.
pub(crate) struct Sheet {
    bytes: Zeroizing<Vec<u8>>,
    body_bytes: usize,
    windows: Vec<Window>,
}

/// Bytes that stand in the message as hex text.
struct Window {
    /// First byte of what the text stands for.
    base: usize,
    bytes: usize,
    /// First character of the text.
    text: usize,
    letters: Letters,
}

impl Window {
    fn holds(&self, byte: usize) -> bool {
        byte >= self.base && byte < self.base.saturating_add(self.bytes)
    }
}

impl Sheet {
    pub(crate) fn of(message: &Message) -> Encoded<Self> {
        let mut sheet = Self {
            bytes: Zeroizing::new(message.bytes.to_vec()),
            body_bytes: message.head.end,
            windows: Vec::new(),
        };
        let mut running = message.head.end;
        for (index, node) in message.nodes.iter().enumerate() {
            let definition = message.definition(node);
            let Some((definition, Coding::Hex(letters))) = definition.map(|it| (it, it.coding))
            else {
                continue;
            };
            if definition.layouts.is_empty() || node.start == node.stop {
                continue;
            }
            let window = sheet.window(message, (index, node), running, letters);
            let window = window.ok_or_else(|| {
                Path::top(&message.key(index)).error("hex text that can be followed", "another")
            })?;
            running = window.base.saturating_add(window.bytes);
            sheet.windows.push(window);
        }
        Ok(sheet)
    }

    /// Where the bytes of a hex text are. They follow those of the text before it, unless a layout
    /// was tried in between and given up; but then they end where the last part of the field does.
    fn window(
        &self,
        message: &Message,
        (index, node): (usize, &Node),
        running: usize,
        letters: Letters,
    ) -> Option<Window> {
        let text = (node.start as usize >> 1, node.stop as usize >> 1);
        let bytes = text.1.saturating_sub(text.0) >> 1;
        let last = message.children(index).last();
        let end = last.and_then(|last| message.node(last));
        let end = end.map(|last| (last.stop as usize).div_ceil(2));
        let of_end = end.and_then(|end| end.checked_sub(bytes));
        let bases = [Some(running), of_end];
        bases.into_iter().flatten().find_map(|base| {
            let window = Window {
                base,
                bytes,
                text: text.0,
                letters,
            };
            let near = end.is_none_or(|end| window.holds(end.saturating_sub(1)));
            (near && self.reads_alike(&window)).then_some(window)
        })
    }

    fn reads_alike(&self, window: &Window) -> bool {
        (0..window.bytes).all(|place| {
            let at = window.text.saturating_add(place.saturating_mul(2));
            let pair = self.bytes.get(at..at.saturating_add(2));
            let value = |byte: u8| match window.letters {
                Letters::Ebcdic(_) => nibble::from_ebcdic(byte),
                _ => nibble::from_char(byte),
            };
            let read = match pair {
                Some([high, low]) => value(*high).zip(value(*low)),
                _ => None,
            };
            let wanted = self.bytes.get(window.base.saturating_add(place));
            read.map(|(high, low)| high << 4 | low).as_ref() == wanted
        })
    }

    /// The half-byte at a position.
    pub(crate) fn half(&self, position: usize) -> u8 {
        nibble::at(&self.bytes, position)
    }

    pub(crate) fn byte(&self, place: usize) -> u8 {
        self.bytes.get(place).copied().unwrap_or(0)
    }

    /// The message's bytes.
    pub(crate) fn body(&self) -> &[u8] {
        self.bytes.get(..self.body_bytes).unwrap_or(&[])
    }

    /// Replace the half-byte at a position, in the text as well where it came from one.
    pub(crate) fn put(&mut self, position: usize, value: u8) {
        let place = position >> 1;
        if let Some(byte) = self.bytes.get_mut(place) {
            *byte = if position & 1 == 0 {
                value << 4 | *byte & 0x0f
            } else {
                *byte & 0xf0 | value & 0x0f
            };
        }
        if place < self.body_bytes {
            return;
        }
        let Some(window) = self.windows.iter().find(|window| window.holds(place)) else {
            return;
        };
        let inside = position.saturating_sub(window.base.saturating_mul(2));
        let at = window.text.saturating_add(inside);
        let character = match window.letters {
            Letters::Ebcdic(_) => nibble::to_ebcdic(value),
            _ => nibble::to_upper(value),
        };
        // the text lies in front of what it stands for, so that this comes to an end
        if at < window.base {
            self.put_byte(at, character);
        }
    }

    pub(crate) fn put_byte(&mut self, place: usize, value: u8) {
        let position = place.saturating_mul(2);
        self.put(position, value >> 4);
        self.put(position.saturating_add(1), value & 0x0f);
    }
}
