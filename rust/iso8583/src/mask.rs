//! Text of nodes, made when asked for, with card data starred.

use crate::encoding::{Coding, nibble};
use crate::message::{Kind, Message, Node};
use crate::spec::{Definition, NibbleStyle, Sensitivity};

/// An account number shorter than this is starred whole: too little of it would stay hidden.
const PAN_LENGTH_MIN: usize = 13;
const SHOWN_FIRST: usize = 6;
const SHOWN_LAST: usize = 4;

/// Characters of a text that are shown as asterisks: `from..to`.
pub(crate) type Stars = (usize, usize);

/// Whether a text looks as if it came out of here: its middle, or all of it, is stars.
pub(crate) fn is_masked(text: &str) -> bool {
    let length = text.chars().count();
    let ends = if length < PAN_LENGTH_MIN {
        (0, 0)
    } else {
        (SHOWN_FIRST, SHOWN_LAST)
    };
    let hidden = length.saturating_sub(ends.0).saturating_sub(ends.1);
    hidden > 0
        && text
            .chars()
            .skip(ends.0)
            .take(hidden)
            .all(|character| character == '*')
}

/// A card number's digits with the middle starred, or all of them where there are too few.
pub(crate) fn masked_pan(digits: &str) -> String {
    let length = digits.chars().count();
    let shown = |place: usize| {
        length >= PAN_LENGTH_MIN
            && (place < SHOWN_FIRST || place >= length.saturating_sub(SHOWN_LAST))
    };
    let characters = digits.chars().enumerate();
    characters
        .map(|(place, digit)| if shown(place) { digit } else { '*' })
        .collect()
}

impl Message {
    pub(crate) fn text(&self, index: usize, masked: bool) -> String {
        // a text that grows moves, and what it leaves behind is neither wiped nor cheap
        let half_bytes = self
            .node(index)
            .map_or(0, |node| node.stop.saturating_sub(node.start));
        let mut text = Vec::with_capacity(half_bytes as usize);
        self.push_text(index, masked, &mut text);
        String::from_utf8(text).unwrap_or_default()
    }

    /// Call `emit` with every character of the node's text.
    pub(crate) fn characters(&self, index: usize, masked: bool, mut emit: impl FnMut(char)) {
        let Some(node) = self.node(index) else { return };
        if !masked || !self.holds_card_data(index, node) {
            self.clear_characters(node, emit);
            return;
        }
        let mut stars = self.stars(index, node).into_iter().peekable();
        let (mut place, mut hidden_to) = (0_usize, 0_usize);
        self.clear_characters(node, |character| {
            while let Some((_, to)) = stars.next_if(|(from, _)| *from <= place) {
                hidden_to = hidden_to.max(to);
            }
            emit(if place < hidden_to { '*' } else { character });
            place = place.saturating_add(1);
        });
    }

    fn clear_characters(&self, node: &Node, emit: impl FnMut(char)) {
        let place = (node.start as usize, node.stop as usize);
        emit_text(self.definition(node), &self.bytes, place, emit);
    }

    pub(crate) fn holds_card_data(&self, index: usize, node: &Node) -> bool {
        let plain = !matches!(node.kind, Kind::Opaque | Kind::Template | Kind::Dataset);
        if plain && self.definition(node).is_some_and(|it| !it.may_hide) {
            return false;
        }
        let nodes = self.nodes.get(index..node.next as usize).unwrap_or(&[]);
        nodes
            .iter()
            .any(|node| self.sensitivity(node) != Sensitivity::None)
    }

    /// The hidden characters of a node's text, its own and those of everything inside it, by
    /// where they start. Ranges may lie within each other.
    pub(crate) fn stars(&self, index: usize, node: &Node) -> Vec<Stars> {
        let inside = self.nodes.get(index..node.next as usize).unwrap_or(&[]);
        if self.is_read_anew(node) {
            // characters and half-bytes do not go together; nothing is shown
            return vec![(0, usize::MAX)];
        }
        let per_character = if self.coding(node).is_nibbles() { 1 } else { 2 };
        let own_start = node.start as usize;
        let place = |half: usize| half.saturating_sub(own_start).div_euclid(per_character);
        let mut stars = Vec::new();
        let mut next = 0;
        while let Some(hidden) = inside.get(next) {
            let whole = next > 0 && self.is_read_anew(hidden);
            let ranges = if whole && self.holds_card_data(index.saturating_add(next), hidden) {
                // what lies inside has places of its own, which are none of this text
                Some((hidden.start as usize, hidden.stop as usize))
            } else {
                self.hidden_half_bytes(hidden)
            };
            stars.extend(ranges.map(|(from, to)| (place(from), place(to))));
            next = if whole {
                (hidden.next as usize).saturating_sub(index)
            } else {
                next.saturating_add(1)
            };
        }
        stars.sort_unstable();
        stars
    }

    /// Whether the characters of a node's text are not the bytes, or halves of them, that the
    /// nodes inside it lie in.
    fn is_read_anew(&self, node: &Node) -> bool {
        matches!(
            self.coding(node),
            Coding::Hex(_) | Coding::Signed(_) | Coding::Zoned
        )
    }

    fn hidden_half_bytes(&self, node: &Node) -> Option<(usize, usize)> {
        let (start, stop) = (node.start as usize, node.stop as usize);
        match self.sensitivity(node) {
            Sensitivity::None => None,
            Sensitivity::Pan if node.kind != Kind::Opaque => {
                let width = if self.coding(node).is_nibbles() {
                    1_usize
                } else {
                    2
                };
                let length = stop.saturating_sub(start).div_euclid(width);
                if length < PAN_LENGTH_MIN {
                    return Some((start, stop));
                }
                let from = start.saturating_add(width.saturating_mul(SHOWN_FIRST));
                let to = stop.saturating_sub(width.saturating_mul(SHOWN_LAST));
                Some((from, to))
            }
            _ => Some((start, stop)),
        }
    }
}

/// Call `emit` with every character of the text at half-bytes `place.0..place.1` of `octets`.
pub(crate) fn emit_text(
    definition: Option<&Definition>,
    octets: &[u8],
    (start, stop): (usize, usize),
    mut emit: impl FnMut(char),
) {
    let coding = definition.map_or(Coding::Binary, |definition| definition.coding);
    let bytes = || octets.get(start >> 1..stop >> 1).unwrap_or(&[]);
    match (coding, definition) {
        (Coding::Bcd | Coding::Binary, _) | (_, None) => {
            let style = definition.map_or(NibbleStyle::Lower, |definition| definition.style);
            for position in start..stop {
                emit(styled(style, nibble::at(octets, position)));
            }
        }
        (Coding::Text(letters), _) => {
            for byte in bytes() {
                emit(letters.decode(*byte));
            }
        }
        (Coding::Hex(letters), _) => {
            for byte in bytes() {
                emit(letters.decode(*byte).to_ascii_lowercase());
            }
        }
        (Coding::Signed(letters), Some(definition)) => {
            let Some((sign, digits)) = bytes().split_first() else {
                return;
            };
            emit(letters.decode(*sign));
            let (from, to) = definition.signed_digits(digits.len().saturating_mul(2));
            for position in from..to {
                emit(char::from(nibble::to_char(nibble::at(digits, position))));
            }
        }
        (Coding::Zoned, _) => {
            match bytes().last().map(|last| last >> 4) {
                Some(0x0c) => emit('+'),
                Some(0x0d) => emit('-'),
                _ => {}
            }
            for byte in bytes() {
                emit(char::from(nibble::to_char(*byte)));
            }
        }
    }
}

fn styled(style: NibbleStyle, value: u8) -> char {
    char::from(match (style, value) {
        (NibbleStyle::Track, 0x0d) => b'=',
        (NibbleStyle::Lower, _) => nibble::to_char(value),
        _ => nibble::to_upper(value),
    })
}
