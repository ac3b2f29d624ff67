//! A message that may be shared: the same lengths and elements, card data replaced.
//!
//! What the specification calls sensitive is replaced, and what nobody can know: tags without a
//! definition, templates that cannot be looked into, bytes behind the last element. Card numbers
//! become others by a keyed function; all else becomes zeros and the letter X. Wherever else in
//! the message a card number of it stands, it is replaced as well.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::cells::Cells;
use crate::encode::Path;
use crate::encoding::Letters;
use crate::encoding::charset::Class;
use crate::encoding::ebcdic::Page;
use crate::error::EncodeError;
use crate::message::{Kind, Message, Node};
use crate::pseudonym::Pseudonyms;
use crate::sheet::Sheet;
use crate::spec::{NibbleStyle, Sensitivity};

/// Fewest digits in front of a separator that are taken for a card number.
const TRACK_PAN_LENGTH_MIN: usize = 8;
/// Characters that structure a track or a name, and say nothing by themselves.
const MARKS: &str = "=^/ ?;%:.,-'&+";

impl Message {
    /// The same message with its card data replaced; `keyed` is a keyed hash.
    ///
    /// Equal card numbers become equal ones under the same key: the first six digits stay, the
    /// check digit is right. The error says that the message cannot be redacted.
    pub fn redacted(&self, keyed: impl Fn(&[u8]) -> [u8; 32]) -> Result<Self, EncodeError> {
        let mut outcome = self.redacted_with(&keyed, '0');
        if outcome.is_err() {
            // zeros may read as tags where something else was; nines do not
            outcome = self.redacted_with(&keyed, '9');
        }
        outcome
    }

    fn redacted_with(
        &self,
        keyed: &dyn Fn(&[u8]) -> [u8; 32],
        filler: char,
    ) -> Result<Self, EncodeError> {
        let mut sheet = Sheet::of(self)?;
        let mut pseudonyms = Pseudonyms::new(keyed);
        let mut element = String::new();
        let mut covered_to = 0;
        for (index, node) in self.nodes.iter().enumerate() {
            if node.kind == Kind::Element {
                element = self.key(index);
            }
            let own = self.hidden(index, node);
            if self.has_children(index) {
                if own != Hidden::No {
                    covered_to = covered_to.max(node.next as usize);
                }
                continue;
            }
            let hidden = match own {
                Hidden::No if index < covered_to && node.kind != Kind::Bitmap => Hidden::Whole,
                own => own,
            };
            let mut cells = Cells::new(&mut sheet, self.definition(node), node);
            let replaced = match hidden {
                Hidden::No => true,
                Hidden::Pan => replace_pan(&mut cells, &mut pseudonyms),
                Hidden::Track => replace_track(&mut cells, filler, &mut pseudonyms),
                Hidden::Whole => blank(&mut cells, filler),
            };
            if !replaced {
                let expected = "a value that can be replaced by one of its kind";
                return Err(Path::top(&element).error(expected, "another"));
            }
        }
        for place in self.head.rest..self.head.end {
            sheet.put_byte(place, 0);
        }
        let clean = pseudonyms.replace_everywhere(&mut sheet, self.head.data, &self.values());
        clean
            .then(|| self.read_again(&sheet))
            .flatten()
            .ok_or_else(|| {
                let expected = "a message that reads alike without its card data";
                Path::top("").error(expected, "another")
            })
    }

    /// The half-bytes of every value that has nothing inside.
    fn values(&self) -> Vec<(usize, usize)> {
        let nodes = self.nodes.iter().enumerate();
        let values = nodes.filter(|(index, _)| !self.has_children(*index));
        values
            .map(|(_, node)| (node.start as usize, node.stop as usize))
            .collect()
    }

    /// The redacted message, if everything in it lies where it lay.
    fn read_again(&self, sheet: &Sheet) -> Option<Self> {
        let message = self.spec.decode(sheet.body()).ok()?;
        let alike = message.nodes == self.nodes
            && message.head.mti == self.head.mti
            && message.head.words == self.head.words
            && message.head.rest == self.head.rest
            && Arc::ptr_eq(&message.spec, &self.spec);
        alike.then_some(message)
    }

    fn hidden(&self, index: usize, node: &Node) -> Hidden {
        let definition = self.definition(node);
        let is_tag = matches!(node.kind, Kind::Tag | Kind::AsciiTag | Kind::EbcdicTag);
        let unknown = is_tag && definition.is_none_or(|it| it.key.is_empty());
        match self.sensitivity(node) {
            _ if node.kind == Kind::Opaque => Hidden::Whole,
            Sensitivity::None if unknown && !self.has_children(index) => Hidden::Whole,
            Sensitivity::None => Hidden::No,
            Sensitivity::Pan => Hidden::Pan,
            Sensitivity::Track => Hidden::Track,
            Sensitivity::Pin | Sensitivity::Cvv2 => Hidden::Whole,
        }
    }
}

/// What of a value is replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hidden {
    No,
    /// Digits, by those of another card.
    Pan,
    /// The card number as above, all else by zeros and X.
    Track,
    /// Everything.
    Whole,
}

/// Digits become those of another card, letters of a text the letter X.
fn replace_pan(cells: &mut Cells<'_>, pseudonyms: &mut Pseudonyms<'_>) -> bool {
    if let Some(bytes) = cells.bytes().map(Zeroizing::new)
        && !bytes.is_empty()
    {
        for letters in [Letters::Ascii, Letters::Ebcdic(Page::P037)] {
            let text: Vec<char> = bytes.iter().map(|byte| letters.decode(*byte)).collect();
            if text.iter().all(char::is_ascii_digit) {
                return replace_in_bytes(cells, letters, &pseudonyms.of(&text));
            }
        }
    }
    let text: Zeroizing<Vec<char>> = Zeroizing::new(characters(cells));
    let mut place = 0;
    let mut done = true;
    while let Some(first) = text.get(place) {
        let rest = text.get(place..).unwrap_or(&[]);
        let digits = rest.iter().take_while(|it| it.is_ascii_digit()).count();
        if digits > 0 {
            let run = rest.get(..digits).unwrap_or(&[]);
            for (digit, to) in pseudonyms.of(run).iter().zip(place..) {
                done &= cells.set(to, *digit);
            }
            place = place.saturating_add(digits);
            continue;
        }
        // a half-byte above 9 fills up or masks, a blank is padding
        if cells.is_text() && !MARKS.contains(*first) && *first != '*' {
            done &= put_any(cells, place, &['X', '0', ' ']);
        }
        place = place.saturating_add(1);
    }
    done
}

/// The card number in front of the first separator becomes another, all else zeros and X.
fn replace_track(cells: &mut Cells<'_>, filler: char, pseudonyms: &mut Pseudonyms<'_>) -> bool {
    if cells.is_hex_text() || cells.is_binary() {
        let text = Zeroizing::new(characters(cells));
        if is_packed_track(&text) {
            return replace_track_text(cells, &text, filler, pseudonyms);
        }
        let Some(bytes) = cells.bytes().map(Zeroizing::new) else {
            return blank(cells, filler);
        };
        for letters in [Letters::Ascii, Letters::Ebcdic(Page::P037)] {
            let text: Vec<char> = bytes.iter().map(|byte| letters.decode(*byte)).collect();
            if text.iter().all(|it| is_plain(*it)) {
                let replaced = track_text(&text, is_mark, filler, pseudonyms);
                return replace_in_bytes(cells, letters, &replaced);
            }
        }
        return blank(cells, filler);
    }
    let text = Zeroizing::new(characters(cells));
    replace_track_text(cells, &text, filler, pseudonyms)
}

fn replace_track_text(
    cells: &mut Cells<'_>,
    text: &[char],
    filler: char,
    pseudonyms: &mut Pseudonyms<'_>,
) -> bool {
    let replaced = track_text(text, |it| cells.is_separator(it), filler, pseudonyms);
    let packed = !cells.is_text();
    let keeps_letters = packed
        || cells
            .definition
            .is_some_and(|it| it.class == Class::Z || it.style == NibbleStyle::Track);
    let mut done = true;
    for (place, (old, new)) in text.iter().zip(replaced).enumerate() {
        if *old == new || (keeps_letters && old.is_alphabetic()) {
            continue;
        }
        done &= match new {
            '0'..='9' => cells.set(place, new),
            _ => put_any(cells, place, &['X', '0', ' ']),
        };
    }
    done
}

/// The characters of a track with others in their places.
fn track_text(
    text: &[char],
    is_separator: impl Fn(char) -> bool,
    filler: char,
    pseudonyms: &mut Pseudonyms<'_>,
) -> Vec<char> {
    let end = text.iter().position(|it| is_separator(*it)).unwrap_or(0);
    let before = text.get(..end).unwrap_or(&[]);
    let digits = before.iter().rev().take_while(|it| it.is_ascii_digit());
    let start = end.saturating_sub(digits.count());
    let pan = text.get(start..end).unwrap_or(&[]);
    let long_enough = pan.len() >= TRACK_PAN_LENGTH_MIN;
    let mut replaced: Vec<char> = text
        .iter()
        .enumerate()
        .map(|(place, character)| match character {
            // what the format of a track opens with
            'B' if long_enough && place.saturating_add(1) == start => 'B',
            it if it.is_ascii_digit() => filler,
            it if MARKS.contains(*it) || is_separator(*it) => *it,
            _ => 'X',
        })
        .collect();
    if long_enough {
        let other = pseudonyms.of(pan);
        for (slot, digit) in replaced.iter_mut().skip(start).zip(other.iter()) {
            *slot = *digit;
        }
    }
    replaced
}

/// Everything becomes zeros, letters of a text the letter X.
fn blank(cells: &mut Cells<'_>, filler: char) -> bool {
    let mut done = true;
    for place in 0..cells.len() {
        let old = cells.get(place);
        let wanted = if cells.is_text() && old.is_alphabetic() {
            ['X', '0', ' ']
        } else {
            [filler, ' ', 'X']
        };
        // a blank that fills up a text says nothing
        if !(cells.is_text() && old == ' ') {
            done &= put_any(cells, place, &wanted);
        }
    }
    done
}

fn put_any(cells: &mut Cells<'_>, place: usize, wanted: &[char]) -> bool {
    wanted.iter().any(|character| cells.set(place, *character))
}

fn replace_in_bytes(cells: &mut Cells<'_>, letters: Letters, text: &[char]) -> bool {
    for (place, character) in text.iter().enumerate() {
        match letters.encode(*character) {
            Some(byte) => cells.put_byte(place, byte),
            None => return false,
        }
    }
    true
}

fn characters(cells: &Cells<'_>) -> Vec<char> {
    (0..cells.len()).map(|place| cells.get(place)).collect()
}

/// Digits, one separator, digits, and perhaps a filler: the second track in half-bytes.
fn is_packed_track(text: &[char]) -> bool {
    let mut parts = text.split(|it| *it == 'd');
    let (Some(pan), Some(rest), None) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let rest = rest.strip_suffix(&['f']).unwrap_or(rest);
    let digits = |text: &[char]| text.iter().all(char::is_ascii_digit);
    (TRACK_PAN_LENGTH_MIN..=19).contains(&pan.len()) && digits(pan) && digits(rest)
}

/// Whether a character may stand in a track or a name that is written as text.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || MARKS.contains(character)
}

fn is_mark(character: char) -> bool {
    matches!(character, '=' | '^')
}
