//! Text of nodes as UTF-8 bytes: tables for what messages are made of, characters for the rest.

use crate::encoding::{Coding, Letters, nibble};
use crate::mask::{Stars, emit_text};
use crate::message::Message;
use crate::spec::{Definition, NibbleStyle};
use crate::wipe::Wiped;

impl Message {
    /// Call `emit` with the number and the UTF-8 text of every data element, in order.
    pub fn each_text<E>(
        &self,
        masked: bool,
        mut emit: impl FnMut(u16, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut text = Wiped::new(Vec::with_capacity(self.bytes.len().max(64)));
        for index in self.elements() {
            text.clear();
            self.push_text(index, masked, &mut text);
            emit(self.number(index), &text)?;
        }
        Ok(())
    }

    /// The number of the data element at a node.
    fn number(&self, index: usize) -> u16 {
        let definition = self.node(index).and_then(|node| self.definition(node));
        definition.map_or(0, |definition| definition.number)
    }

    /// Append a node's text.
    pub(crate) fn push_text(&self, index: usize, masked: bool, out: &mut Vec<u8>) {
        let Some(node) = self.node(index) else { return };
        let from = out.len();
        let place = (node.start as usize, node.stop as usize);
        let plain = push_clear(self.definition(node), &self.bytes, place, out);
        if !masked || !self.holds_card_data(index, node) {
            return;
        }
        self.hide(index, (from, plain), out);
    }

    /// Star what must not be shown of the text of a node, which stands behind `from`.
    #[inline(never)]
    fn hide(&self, index: usize, (from, plain): (usize, bool), out: &mut Vec<u8>) {
        let Some(node) = self.node(index) else { return };
        if plain {
            let text = out.get_mut(from..).unwrap_or(&mut []);
            for hidden in self.stars(index, node) {
                hide(text, hidden);
            }
            return;
        }
        wipe(out, from);
        self.characters(index, true, |character| push_character(character, out));
    }
}

/// Take back what stands behind `from`; it may be card data.
pub(crate) fn wipe(out: &mut Vec<u8>, from: usize) {
    if let Some(clear) = out.get_mut(from..) {
        clear.fill(0);
    }
    out.truncate(from);
}

fn hide(text: &mut [u8], (from, to): Stars) {
    let to = to.min(text.len());
    if let Some(hidden) = text.get_mut(from..to) {
        hidden.fill(b'*');
    }
}

/// Append the text at half-bytes `start..stop` of `octets`; says whether every character of it is
/// one byte.
pub(crate) fn push_clear(
    definition: Option<&Definition>,
    octets: &[u8],
    (start, stop): (usize, usize),
    out: &mut Vec<u8>,
) -> bool {
    let coding = definition.map_or(Coding::Binary, |definition| definition.coding);
    let whole = || octets.get(start >> 1..stop >> 1).unwrap_or(&[]);
    match coding {
        Coding::Bcd | Coding::Binary => {
            let style = definition.map_or(NibbleStyle::Lower, |definition| definition.style);
            push_nibbles(pairs(style), octets, (start, stop), out);
            return true;
        }
        Coding::Text(Letters::Ascii | Letters::Latin1) if whole().is_ascii() => {
            out.extend_from_slice(whole());
            return true;
        }
        Coding::Text(Letters::Ebcdic(page)) => {
            let from = out.len();
            let table = page.table();
            let letter = |byte: &u8| table.get(usize::from(*byte)).copied().unwrap_or(0);
            out.extend(whole().iter().map(letter));
            if out.get(from..).unwrap_or(&[]).is_ascii() {
                return true;
            }
            out.truncate(from);
        }
        _ => {}
    }
    let from = out.len();
    emit_text(definition, octets, (start, stop), |character| {
        push_character(character, out);
    });
    out.get(from..).unwrap_or(&[]).is_ascii()
}

fn push_character(character: char, out: &mut Vec<u8>) {
    let mut buffer = [0; 4];
    out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
}

fn push_nibbles(
    pairs: &[[u8; 2]; 256],
    octets: &[u8],
    (start, stop): (usize, usize),
    out: &mut Vec<u8>,
) {
    let pair = |byte: u8| pairs.get(usize::from(byte)).copied().unwrap_or_default();
    if start & 1 == 1 && start < stop {
        out.extend_from_slice(&[pair(nibble::at(octets, start))[1]]);
    }
    let first = start.saturating_add(1) >> 1;
    let bytes = octets.get(first..stop >> 1).unwrap_or(&[]);
    let from = out.len();
    out.resize(from.saturating_add(bytes.len().saturating_mul(2)), 0);
    let room = out.get_mut(from..).unwrap_or(&mut []);
    for (to, byte) in room.chunks_exact_mut(2).zip(bytes) {
        to.copy_from_slice(&pair(*byte));
    }
    if stop & 1 == 1 && stop > start.saturating_add(start & 1) {
        out.extend_from_slice(&[pair(nibble::at(octets, stop.saturating_sub(1)))[1]]);
    }
}

/// The two characters of every byte.
fn pairs(style: NibbleStyle) -> &'static [[u8; 2]; 256] {
    match style {
        NibbleStyle::Lower => &LOWER,
        NibbleStyle::Upper => &UPPER,
        NibbleStyle::Track => &TRACK,
    }
}

const LOWER: [[u8; 2]; 256] = characters(b"0123456789abcdef");
const UPPER: [[u8; 2]; 256] = characters(b"0123456789ABCDEF");
const TRACK: [[u8; 2]; 256] = characters(b"0123456789ABC=EF");

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated by the compiler; the indices stay in their tables"
)]
const fn characters(digits: &[u8; 16]) -> [[u8; 2]; 256] {
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    table
}
