//! The keys that say how long a value is: `length`, `prefix`, `terminator`, `rest`.

use super::section::Section;
use super::{Counted, Length, Until};
use crate::encoding::decimal::{Prefix, PrefixCoding};
use crate::encoding::{Coding, Unit, nibble};

pub(super) fn length(section: &mut Section, coding: Coding, unit: Unit) -> Length {
    let rest = section.flag("rest").unwrap_or(false);
    let (fixed, max) = (section.count("length"), section.count("max"));
    let given = section.has("min");
    let min = section.count("min").unwrap_or(0);
    let prefixed = section.has("prefix");
    let prefix = section.text("prefix");
    let inclusive = section.flag("inclusive").unwrap_or(false);
    let even = section.flag("count_even").unwrap_or(false);
    let area = section.flag("fixed_area").unwrap_or(false);
    if !prefixed {
        for (key, set) in [
            ("inclusive", inclusive),
            ("count_even", even),
            ("fixed_area", area),
        ] {
            if set {
                section.error(key, "needs a prefix");
            }
        }
        if rest {
            return Length::Rest;
        }
        if let Some(terminator) = section.text("terminator") {
            return until(section, (coding, unit), &terminator, (min, max, fixed));
        }
        if max.is_some() || given || fixed.is_none() {
            section.error("length", "give a length, or a prefix and a max");
        }
        if fixed == Some(0) && matches!(coding, Coding::Signed(_) | Coding::Zoned) {
            section.error("length", "a signed number has a byte at least");
        }
        return Length::Fixed(fixed.unwrap_or(1));
    }
    if rest || fixed.is_some() || section.has("terminator") {
        section.error("length", "a field with a prefix has a max instead");
    }
    let Some(max) = max else {
        section.error("max", "a field with a prefix needs it");
        return Length::Rest;
    };
    let parsed = prefix.as_deref().and_then(parse_prefix);
    let Some(prefix) = parsed else {
        let known = "binary, bcd, ascii, ebcdic, hex-ascii, hex-ebcdic";
        let problem = format!("give coding:size, as in binary:1; codings: {known}");
        section.error("prefix", problem);
        return Length::Rest;
    };
    counted(
        section,
        (coding, unit),
        prefix,
        (min, max),
        (inclusive, even, area),
    )
}

/// A length that is told by what comes behind it.
fn until(
    section: &Section,
    (coding, unit): (Coding, Unit),
    terminator: &str,
    (min, max, fixed): (usize, Option<usize>, Option<usize>),
) -> Length {
    let byte = match nibble::parse_hex(terminator).as_deref() {
        Ok([byte]) => Some(*byte),
        _ => None,
    };
    if byte.is_none() {
        section.error("terminator", "must be two hex digits");
    }
    if coding.half_bytes(unit) & 1 == 1 || matches!(coding, Coding::Signed(_) | Coding::Zoned) {
        section.error("terminator", "only whole bytes or characters can be ended");
    }
    if fixed.is_some() {
        section.error("length", "a field with a terminator has a max instead");
    }
    if max.is_none_or(|max| min > max) {
        section.error("max", "a field with a terminator needs it; min <= max");
    }
    Length::Until(Until {
        terminator: byte.unwrap_or(0),
        min,
        max: max.unwrap_or(1),
    })
}

/// A counted length, with what can be wrong with it.
fn counted(
    section: &Section,
    (coding, unit): (Coding, Unit),
    prefix: Prefix,
    (min, max): (usize, usize),
    (inclusive, even, area): (bool, bool, bool),
) -> Length {
    let unit_half_bytes = coding.half_bytes(unit);
    let own = if inclusive { prefix.bytes } else { 0 };
    if inclusive && unit_half_bytes != 2 {
        section.error(
            "inclusive",
            "only lengths in bytes or chars can count themselves",
        );
    }
    let most = prefix.count_max.saturating_sub(own);
    if max > most || min > max {
        let word = unit.word();
        let problem = format!("the prefix can count {most} {word}; min <= max <= that");
        section.error("max", problem);
    }
    if even && unit_half_bytes != 1 {
        section.error(
            "count_even",
            "only digits and nibbles can be odd in a whole byte",
        );
    }
    if even && max & 1 == 1 {
        section.error("max", "an even count needs an even max");
    }
    if matches!(coding, Coding::Signed(_)) {
        section.error("prefix", "a sign with packed digits needs a fixed length");
    }
    let area_bytes = max.saturating_mul(unit_half_bytes).div_ceil(2);
    Length::Counted(Counted {
        prefix,
        min,
        max,
        own,
        even,
        area: if area { area_bytes } else { 0 },
    })
}

pub(super) fn parse_prefix(text: &str) -> Option<Prefix> {
    let (coding, size) = text.split_once(':')?;
    let coding = match coding {
        "binary" => PrefixCoding::Binary,
        "bcd" => PrefixCoding::Bcd,
        "ascii" => PrefixCoding::Ascii,
        "ebcdic" => PrefixCoding::Ebcdic,
        "hex-ascii" => PrefixCoding::HexAscii,
        "hex-ebcdic" => PrefixCoding::HexEbcdic,
        _ => return None,
    };
    Prefix::new(coding, size.parse().ok()?)
}
