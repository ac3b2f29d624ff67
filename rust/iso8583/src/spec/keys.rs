//! The keys that describe one value: unit, length, pad, sensitivity.

use super::section::Section;
use super::{Definition, Length, Pad, Sensitivity};
use crate::encoding::decimal::{Prefix, PrefixCoding};
use crate::encoding::{Coding, Unit};
use crate::error::SpecError;

/// The meaning of a word, or an error that lists the words.
pub(super) fn choose<T>(
    section: &mut Section,
    key: &str,
    meaning: impl Fn(&str) -> Option<T>,
    known: &str,
) -> Result<Option<T>, SpecError> {
    let Some(word) = section.text(key)? else {
        return Ok(None);
    };
    match meaning(&word) {
        Some(value) => Ok(Some(value)),
        None => Err(section.error(key, format!("unknown {word:?}; known: {known}"))),
    }
}

pub(super) fn unit(
    section: &mut Section,
    parent: Option<&Definition>,
    coding: Coding,
) -> Result<Unit, SpecError> {
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
    )?;
    let inherited = parent
        .filter(|parent| parent.coding == coding)
        .map(|parent| match coding {
            // the parent counts its own length in bytes, its parts are still counted in digits
            Coding::Bcd => Unit::Digits,
            _ => parent.unit,
        });
    let natural = match coding {
        Coding::Bcd => Unit::Digits,
        Coding::Binary => Unit::Bytes,
        Coding::Ascii | Coding::Ebcdic(_) => Unit::Chars,
    };
    let unit = chosen.or(inherited).unwrap_or(natural);
    if !coding.is_nibbles() && unit.half_bytes() == 1 {
        return Err(section.error("unit", "text is counted in chars or bytes"));
    }
    Ok(unit)
}

pub(super) fn length(section: &mut Section, unit: Unit) -> Result<Length, SpecError> {
    if section.flag("rest")?.unwrap_or(false) {
        return Ok(Length::Rest);
    }
    let fixed = section.count("length")?;
    let max = section.count("max")?;
    let min = section.count("min")?.unwrap_or(0);
    let Some(prefix) = section.text("prefix")? else {
        return fixed
            .filter(|units| *units > 0 && max.is_none())
            .map(Length::Fixed)
            .ok_or_else(|| section.error("length", "give a length, or a prefix and a max"));
    };
    let known = "give coding:size, as in binary:1; codings: binary, bcd, ascii, ebcdic";
    let prefix = parse_prefix(&prefix).ok_or_else(|| section.error("prefix", known))?;
    let max = max.ok_or_else(|| section.error("max", "a field with a prefix needs it"))?;
    if fixed.is_some() {
        return Err(section.error("length", "a field with a prefix has a max instead"));
    }
    if max > prefix.count_max || min > max {
        let most = prefix.count_max;
        let problem = format!(
            "the prefix can count {most} {}; min <= max <= that",
            unit.word()
        );
        return Err(section.error("max", problem));
    }
    Ok(Length::Counted { prefix, min, max })
}

fn parse_prefix(text: &str) -> Option<Prefix> {
    let (coding, size) = text.split_once(':')?;
    let coding = match coding {
        "binary" => PrefixCoding::Binary,
        "bcd" => PrefixCoding::Bcd,
        "ascii" => PrefixCoding::Ascii,
        "ebcdic" => PrefixCoding::Ebcdic,
        _ => return None,
    };
    Prefix::new(coding, size.parse().ok()?)
}

pub(super) fn pad(section: &mut Section) -> Result<Pad, SpecError> {
    let side = choose(
        section,
        "pad_side",
        |word| match word {
            "left" => Some(true),
            "right" => Some(false),
            _ => None,
        },
        "left, right",
    )?;
    let nibble = section.count("pad_nibble")?.unwrap_or(0);
    let nibble = u8::try_from(nibble).ok().filter(|nibble| *nibble < 16);
    let nibble = nibble.ok_or_else(|| section.error("pad_nibble", "must be from 0 to 15"))?;
    Ok(Pad {
        left: side.unwrap_or(true),
        nibble,
    })
}

pub(super) fn sensitivity(section: &mut Section) -> Result<Sensitivity, SpecError> {
    let chosen = choose(
        section,
        "sensitivity",
        |word| match word {
            "none" => Some(Sensitivity::None),
            "pan" => Some(Sensitivity::Pan),
            "track" => Some(Sensitivity::Track),
            "pin" => Some(Sensitivity::Pin),
            "cvv2" => Some(Sensitivity::Cvv2),
            _ => None,
        },
        "none, pan, track, pin, cvv2",
    )?;
    Ok(chosen.unwrap_or(Sensitivity::None))
}
