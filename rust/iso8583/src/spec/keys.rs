//! The keys that describe one value: coding, unit, pad, class, fill, sensitivity.

use super::lengths;
use super::section::Section;
use super::{Definition, Fill, Length, NibbleStyle, Pad, Sensitivity};
use crate::encoding::charset::{ALL_NIBBLES, CLASSES, Class, DIGITS};
use crate::encoding::ebcdic::{PAGES, Page};
use crate::encoding::{Coding, Letters, Unit, Unmapped};

/// The meaning of a word. A word that is unknown is told with the words there are; so is a
/// missing one where `required` gives what to go on with.
pub(super) fn choose<T>(
    section: &mut Section,
    key: &str,
    meaning: impl Fn(&str) -> Option<T>,
    known: &str,
    required: Option<T>,
) -> Option<T> {
    if !section.has(key) {
        if required.is_some() {
            section.error(key, format!("missing; known: {known}"));
        }
        return required;
    }
    let word = section.text(key)?;
    let chosen = meaning(&word);
    if chosen.is_none() {
        section.error(key, format!("unknown {word:?}; known: {known}"));
    }
    chosen
}

/// Every key of a field, for one that cannot be compiled.
const FIELD_KEYS: [&str; 26] = [
    "type",
    "name",
    "encoding",
    "ebcdic_page",
    "sign",
    "unmapped",
    "unit",
    "length",
    "prefix",
    "max",
    "min",
    "rest",
    "terminator",
    "inclusive",
    "count_even",
    "fixed_area",
    "class",
    "letters",
    "printable",
    "pad_side",
    "pad_nibble",
    "pad_taken_off",
    "fill",
    "trim",
    "sensitivity",
    "layouts",
];

/// Tell what is unknown in a field that cannot be compiled; `more` may stand there too.
pub(super) fn abandon(mut section: Section, more: &[&str]) {
    section.leave(&["alternatives"]);
    section.leave(more);
    section.leave(&FIELD_KEYS);
    section.finish();
}

/// Tell what is wrong in a field without a coding: what does not depend on which one it would be.
pub(super) fn judge_without_coding(mut section: Section, parent: Option<&Definition>) {
    // These depend on it; of the others, bytes allow whatever any coding does.
    section.leave(&["count_even", "fill", "trim"]);
    let unit = unit(&mut section, parent, Coding::Binary);
    let _: Length = lengths::length(&mut section, Coding::Binary, unit);
    let _: (u16, NibbleStyle, Class) = alphabet(&mut section, parent, Coding::Binary);
    let _: Pad = pad(&mut section);
    let _: Sensitivity = sensitivity(&mut section, parent);
    abandon(section, &[]);
}

/// What a file says about the characters of its texts.
#[derive(Clone, Copy)]
pub(super) struct Characters {
    pub(super) page: Page,
    pub(super) unmapped: Unmapped,
}

/// `unmapped`: what is done with what a set of characters does not have.
pub(super) fn unmapped(section: &mut Section) -> Option<Unmapped> {
    let meaning = |word: &str| match word {
        "strict" => Some(Unmapped::Strict),
        "replace" => Some(Unmapped::Replace),
        "lossless" => Some(Unmapped::Lossless),
        _ => None,
    };
    choose(
        section,
        "unmapped",
        meaning,
        "strict, replace, lossless",
        None,
    )
}

/// The words for a coding, for error texts.
const CODINGS: &str = "bcd, binary, ascii, latin1, ebcdic, hex-ascii, hex-ebcdic";

/// `encoding`, `ebcdic_page`, `sign` and `unmapped`; None where they are missing or no coding.
pub(super) fn coding(
    section: &mut Section,
    parent: Option<&Definition>,
    characters: Characters,
) -> Option<Coding> {
    let own = unmapped(section);
    let inherits = !section.has("encoding");
    let coding = plain_or_signed(section, parent, characters.page)?;
    match (coding, own) {
        (Coding::Text(letters), Some(own)) => Some(Coding::Text(letters.with(own))),
        (Coding::Text(letters), None) if !inherits => {
            Some(Coding::Text(letters.with(characters.unmapped)))
        }
        (_, Some(_)) => {
            section.error("unmapped", "only text is made of characters");
            Some(coding)
        }
        _ => Some(coding),
    }
}

fn plain_or_signed(
    section: &mut Section,
    parent: Option<&Definition>,
    page: Page,
) -> Option<Coding> {
    let own_page = choose(section, "ebcdic_page", Page::named, PAGES, None);
    let paged = own_page.is_some();
    let page = own_page.unwrap_or(page);
    let sign = choose(
        section,
        "sign",
        |word| {
            ["ascii", "ebcdic", "zoned"]
                .into_iter()
                .find(|it| *it == word)
        },
        "ascii, ebcdic, zoned",
        None,
    );
    let chosen = if section.has("encoding") {
        choose(
            section,
            "encoding",
            |word| plain_coding(word, page),
            CODINGS,
            None,
        )?
    } else if let Some(parent) = parent {
        parent.coding.inside()
    } else {
        section.error("encoding", format!("missing; known: {CODINGS}"));
        return None;
    };
    let is_ebcdic = matches!(chosen, Coding::Text(Letters::Ebcdic(_)))
        || matches!(chosen, Coding::Hex(Letters::Ebcdic(_)))
        || sign == Some("ebcdic");
    if paged && !is_ebcdic {
        section.error("ebcdic_page", "the field is not EBCDIC");
    }
    match (sign, chosen) {
        (None, chosen) => Some(chosen),
        (Some("ascii"), Coding::Bcd) => Some(Coding::Signed(Letters::Ascii)),
        (Some("ebcdic"), Coding::Bcd) => Some(Coding::Signed(Letters::Ebcdic(page))),
        (Some("zoned"), Coding::Text(Letters::Ebcdic(_))) => Some(Coding::Zoned),
        (Some("zoned"), _) => {
            section.error("sign", "zoned signs are those of ebcdic digits");
            None
        }
        _ => {
            section.error("sign", "a sign in front is one of packed digits (bcd)");
            None
        }
    }
}

fn plain_coding(word: &str, page: Page) -> Option<Coding> {
    Some(match word {
        "bcd" => Coding::Bcd,
        "binary" => Coding::Binary,
        "ascii" => Coding::Text(Letters::Ascii),
        "latin1" => Coding::Text(Letters::Latin1),
        "ebcdic" => Coding::Text(Letters::Ebcdic(page)),
        "hex-ascii" => Coding::Hex(Letters::Ascii),
        "hex-ebcdic" => Coding::Hex(Letters::Ebcdic(page)),
        _ => return None,
    })
}

pub(super) fn unit(section: &mut Section, parent: Option<&Definition>, coding: Coding) -> Unit {
    let chosen = choose(
        section,
        "unit",
        |word| match word {
            "digits" => Some(Unit::Digits),
            "nibbles" => Some(Unit::Nibbles),
            "bytes" => Some(Unit::Bytes),
            "chars" => Some(Unit::Chars),
            _ => None,
        },
        "digits, nibbles, bytes, chars",
        None,
    );
    let inherited = parent
        .filter(|parent| parent.coding == coding)
        .map(|parent| match coding {
            // the parent counts its own length in bytes, its parts are still counted in digits
            Coding::Bcd => Unit::Digits,
            _ => parent.unit,
        });
    let natural = match coding {
        Coding::Bcd => Unit::Digits,
        Coding::Binary | Coding::Hex(_) => Unit::Bytes,
        Coding::Text(_) | Coding::Signed(_) | Coding::Zoned => Unit::Chars,
    };
    let unit = chosen.or(inherited).unwrap_or(natural);
    let fits = match coding {
        Coding::Text(_) | Coding::Zoned => matches!(unit, Unit::Bytes | Unit::Chars),
        // a sign and a digit are of different sizes: what counts them is characters of the text
        Coding::Signed(_) => unit == Unit::Chars,
        Coding::Hex(_) => unit != Unit::Digits,
        Coding::Bcd | Coding::Binary => true,
    };
    if !fits {
        let problem = match coding {
            Coding::Hex(_) => "hex text is counted in bytes, nibbles or chars",
            Coding::Signed(_) => "a signed number is counted in chars, its sign included",
            _ => "text is counted in chars or bytes",
        };
        section.error("unit", problem);
        return natural;
    }
    unit
}

pub(super) fn pad(section: &mut Section) -> Pad {
    let side = side(section, "pad_side");
    let nibble = section.count("pad_nibble").unwrap_or(0);
    if nibble > 15 {
        section.error("pad_nibble", "must be from 0 to 15");
    }
    Pad {
        left: side.unwrap_or(true),
        nibble: u8::try_from(nibble & 0x0f).unwrap_or(0),
        taken_off: section.flag("pad_taken_off").unwrap_or(false),
    }
}

/// What can be wrong with `pad_taken_off`.
pub(super) fn check_pad(section: &Section, definition: &Definition) {
    if !definition.pad.taken_off {
        return;
    }
    let whole = match definition.length {
        Length::Fixed(_) => definition.fixed_half_bytes & 1 == 0,
        Length::Counted(counted) => counted.even || definition.unit_half_bytes == 2,
        _ => true,
    };
    let problem = if definition.coding != Coding::Bcd {
        "only packed digits have a pad"
    } else if definition.nibbles >> definition.pad.nibble & 1 == 1 {
        "the pad could be a digit of the field: give another pad_nibble"
    } else if !whole {
        "only digits in whole bytes: give unit = \"bytes\" or count_even"
    } else {
        return;
    };
    section.error("pad_taken_off", problem);
}

/// What can be wrong with `trim`.
pub(super) fn check_trim(section: &Section, definition: &Definition, plain: bool) {
    if definition.trimmed().is_none() {
        return;
    }
    let problem = match definition.coding {
        Coding::Bcd | Coding::Text(_) if plain => return,
        Coding::Bcd | Coding::Text(_) => "a field with parts is not trimmed",
        _ => "only text and packed digits are trimmed",
    };
    section.error("trim", problem);
}

fn side(section: &mut Section, key: &str) -> Option<bool> {
    let meaning = |word: &str| match word {
        "left" => Some(true),
        "right" => Some(false),
        _ => None,
    };
    choose(section, key, meaning, "left, right", None)
}

/// `letters` and `class`: the nibbles that packed digits may be, how they are shown, and the
/// class of characters.
pub(super) fn alphabet(
    section: &mut Section,
    parent: Option<&Definition>,
    coding: Coding,
) -> (u16, NibbleStyle, Class) {
    let class = choose(section, "class", Class::named, CLASSES, None);
    let printable = section.flag("printable").unwrap_or(false);
    let style = match section.flag_or_text("letters").as_deref() {
        None => None,
        Some("false") => Some(None),
        Some("true" | "lower") => Some(Some(NibbleStyle::Lower)),
        Some("upper") => Some(Some(NibbleStyle::Upper)),
        Some("track") => Some(Some(NibbleStyle::Track)),
        Some(_) => {
            section.error("letters", "known: true, false, lower, upper, track");
            None
        }
    };
    let inherited = parent
        .filter(|parent| parent.coding == coding)
        .map_or((DIGITS, NibbleStyle::Lower), |it| (it.nibbles, it.style));
    let (mut nibbles, style) = match style {
        None => inherited,
        Some(None) => (DIGITS, NibbleStyle::Lower),
        Some(Some(style)) => (ALL_NIBBLES, style),
    };
    if let (Some(class), Coding::Bcd) = (class, coding) {
        match class.nibbles() {
            Some(allowed) if section_allows(nibbles, allowed) => nibbles = allowed,
            Some(_) => {}
            None => section.error("class", "packed digits are of class n, z, h or b"),
        }
    }
    let class = class.or(printable.then_some(Class::Ans));
    (nibbles, style, class.unwrap_or(Class::Any))
}

/// A class narrows letters down, and opens plain digits to what it has.
fn section_allows(nibbles: u16, allowed: u16) -> bool {
    nibbles == ALL_NIBBLES || nibbles == DIGITS || nibbles & allowed != 0
}

/// `fill = "left:0"`: what a value that is too short is filled with when it is written. Bytes are
/// filled with one hex digit or with two.
pub(super) fn fill(section: &mut Section, coding: Coding, length: Length) -> Option<Fill> {
    let trims = section.flag("trim").unwrap_or(false);
    if trims && !section.has("fill") {
        section.error("trim", "needs a fill, which is what it takes off");
    }
    let text = section.text("fill")?;
    let mut characters = text
        .split_once(':')
        .map(|(side, fill)| (side, fill.chars()));
    let parsed = characters.as_mut().and_then(|(side, characters)| {
        let character = characters.next()?;
        let left = match *side {
            "left" => true,
            "right" => false,
            _ => return None,
        };
        let second = characters.next();
        characters.next().is_none().then_some(Fill {
            left,
            character,
            second,
            trims,
        })
    });
    let of_bytes = matches!(coding, Coding::Binary | Coding::Hex(_));
    let wrong = parsed.is_some_and(|fill| fill.second.is_some()) && !of_bytes;
    if parsed.is_none() || wrong {
        let problem = "give side:character, as in left:0; bytes may take two hex digits";
        section.error("fill", problem);
    }
    let area = matches!(length, Length::Counted(counted) if counted.area > 0);
    if of_bytes && !area && parsed.is_some_and(|fill| !fill.is_hex()) {
        section.error("fill", "bytes are filled with hex digits");
    }
    if area && parsed.is_some_and(|fill| fill.second.is_some()) {
        section.error("fill", "an area is filled with one character");
    }
    if matches!(length, Length::Rest | Length::Until(_) | Length::Chosen) {
        section.error("fill", "a rest has no length that it could be filled up to");
    }
    parsed
}

/// `sensitivity`; what is inside a field is card data if the field is, unless it says otherwise.
pub(super) fn sensitivity(section: &mut Section, parent: Option<&Definition>) -> Sensitivity {
    let chosen = choose(
        section,
        "sensitivity",
        sensitivity_named,
        "none, pan, track, pin, cvv2",
        None,
    );
    let lent = parent.map(|parent| parent.sensitivity);
    chosen.or(lent).unwrap_or(Sensitivity::None)
}

/// What a word of `sensitivity` means.
pub(super) fn sensitivity_named(word: &str) -> Option<Sensitivity> {
    match word {
        "none" => Some(Sensitivity::None),
        "pan" => Some(Sensitivity::Pan),
        "track" => Some(Sensitivity::Track),
        "pin" => Some(Sensitivity::Pin),
        "cvv2" => Some(Sensitivity::Cvv2),
        _ => None,
    }
}
