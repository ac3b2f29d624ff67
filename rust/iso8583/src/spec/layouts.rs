//! `layouts`: what is inside a field.

use super::compile::{Compiler, plain_number};
use super::keys::choose;
use super::message::{BITMAPS, bitmap_coding};
use super::section::Section;
use super::{
    Alternative, BitmapCoding, Bitmapped, Condition, Definition, Layout, Length, NONE, Source,
};
use crate::encoding::Coding;

/// The words for a layout's kind, for error texts.
const KINDS: &str = "positional, bitmapped, datasets, tlv, tagged";
/// Every key of a layout, for one whose kind is unknown.
const LAYOUT_KEYS: [&str; 16] = [
    "parts",
    "whole",
    "bitmap_bytes",
    "bitmaps_max",
    "bitmap",
    "default",
    "tags",
    "sets",
    "tlv_max",
    "bitmap_parts",
    "tag",
    "length",
    "order",
    "length_counts_tag",
    "unknown",
    "lead",
];
/// Longest bitmap inside a field: 192 bits.
const BITMAP_BYTES_MAX: usize = 24;

impl Compiler {
    pub(super) fn layout(
        &mut self,
        mut section: Section,
        parent: &Definition,
        depth: usize,
    ) -> Option<Alternative> {
        let depth = depth.saturating_add(1);
        let when = section.section("when").and_then(condition);
        let kind = section.text("kind").unwrap_or_default();
        let packed = parent.coding == Coding::Bcd;
        if packed && kind != "positional" && KINDS.split(", ").any(|known| known == kind) {
            section.error(
                "kind",
                "packed digits have positional parts; make the field binary",
            );
        }
        let layout = match kind.as_str() {
            "positional" => self.positional(&mut section, parent, depth),
            "bitmapped" => self.bitmapped(&mut section, parent, depth),
            "datasets" => self.datasets(&mut section, parent, depth),
            "tlv" => Layout::Tlv {
                tags: self.tags(&mut section, parent, depth),
            },
            "tagged" => self.tagged(&mut section, parent, depth),
            _ => {
                section.error("kind", format!("unknown; known: {KINDS}"));
                section.leave(&LAYOUT_KEYS);
                section.finish();
                return None;
            }
        };
        section.finish();
        Some(Alternative {
            when: when.map(Box::new),
            layout,
        })
    }

    fn positional(&mut self, section: &mut Section, parent: &Definition, depth: usize) -> Layout {
        let tight = parent.coding == Coding::Bcd;
        let whole = section.flag("whole").unwrap_or(false);
        let mut parts = Vec::new();
        let mut total = Some(0_usize);
        let mut ended = false;
        for (index, part) in section.sections("parts").into_iter().enumerate() {
            let key = index.saturating_add(1).to_string();
            let place = format!("parts.{index}");
            if ended {
                section.warn(
                    &place,
                    "never reached: the part before it takes what is left",
                );
            }
            let id = self.field(&key, part, Some(parent), depth);
            let definition = id.and_then(|id| self.definitions.get(usize::from(id)));
            let definition = definition.map(|it| if tight { it } else { self.only(it) });
            let (Some(id), Some(definition)) = (id, definition) else {
                total = None;
                continue;
            };
            if tight && (definition.coding != Coding::Bcd || !definition.layouts.is_empty()) {
                section.error(
                    &place,
                    "parts of packed digits must be packed digits themselves",
                );
            }
            ended = definition.length == Length::Rest;
            total = match definition.length {
                Length::Fixed(units) => {
                    let half_bytes = definition.half_bytes(units);
                    let width = if tight {
                        half_bytes
                    } else {
                        half_bytes.saturating_add(1) & !1
                    };
                    total.and_then(|total| total.checked_add(width))
                }
                Length::Chosen if tight => {
                    section.error(
                        &place,
                        "parts of packed digits have no alternatives, and are not trimmed",
                    );
                    None
                }
                Length::Counted(_) | Length::Until(_) if tight => {
                    section.error(&place, "parts of packed digits cannot have a length prefix");
                    None
                }
                _ => None,
            };
            parts.push(id);
        }
        check_total(section, parent, total);
        Layout::Positional {
            parts: parts.into(),
            tight,
            whole,
        }
    }

    fn bitmapped(&mut self, section: &mut Section, parent: &Definition, depth: usize) -> Layout {
        let bytes = section.count("bitmap_bytes").unwrap_or(8);
        if !(1..=BITMAP_BYTES_MAX).contains(&bytes) {
            let problem = format!("must be from 1 to {BITMAP_BYTES_MAX}");
            section.error("bitmap_bytes", problem);
        }
        let repeats_max = section.count("bitmaps_max").unwrap_or(1);
        let bits = bytes.saturating_mul(8).saturating_mul(repeats_max);
        if repeats_max == 0 || bits > BITMAP_BYTES_MAX.saturating_mul(8) {
            section.error("bitmaps_max", "bitmaps have at most 192 bits together");
        }
        let coding = choose(section, "bitmap", bitmap_coding, BITMAPS, None);
        let coding = coding.unwrap_or(BitmapCoding::Binary);
        let bits = bits.min(BITMAP_BYTES_MAX.saturating_mul(8));
        let mut parts = vec![NONE; bits.saturating_add(1)];
        let entries = section.section("parts").map(Section::entries);
        for (key, part) in entries.unwrap_or_default() {
            let number = plain_number(&key).filter(|number| *number > 0);
            let Some(slot) = number.and_then(|number| parts.get_mut(number)) else {
                part.error("", format!("bits are 1 to {bits}"));
                continue;
            };
            let bit = number.unwrap_or(0).saturating_sub(1);
            let bits_each = bytes.saturating_mul(8);
            // nothing can follow the last bitmap: its first bit is one like others
            let last = repeats_max.saturating_sub(1).saturating_mul(bits_each);
            if bit < last && bit.checked_rem(bits_each) == Some(0) {
                part.error("", "this bit says that another bitmap follows");
            }
            *slot = self.field(&key, part, Some(parent), depth).unwrap_or(NONE);
        }
        let definition = match coding {
            BitmapCoding::Binary => NONE,
            _ => self.bitmap("_bitmap", "Bitmap", coding, bytes),
        };
        Layout::Bitmapped(Bitmapped {
            bytes,
            bits_each: bytes.saturating_mul(8),
            coding,
            definition,
            repeats_max,
            parts: parts.into(),
        })
    }
}

/// Parts of fixed lengths must fill a field of fixed length.
fn check_total(section: &Section, parent: &Definition, total: Option<usize>) {
    let (Length::Fixed(units), Some(total)) = (parent.length, total) else {
        return;
    };
    let inside = match parent.coding {
        // each byte inside is two characters outside
        Coding::Hex(_) => parent.half_bytes(units) >> 1,
        _ => parent.half_bytes(units),
    };
    if inside != total {
        let problem = format!("parts fill {total} half-bytes, not the field's length");
        section.error("parts", problem);
    }
}

/// `when = { path = "mti", is = ["01*"] }`.
pub(super) fn condition(mut section: Section) -> Option<Condition> {
    let path = section.text("path");
    let patterns = section.texts("is").unwrap_or_default();
    if path.is_none() {
        section.error(
            "path",
            "missing: mti, an element as in 3.1, or a part beside as in .1",
        );
    }
    if patterns.is_empty() {
        section.error("is", "missing: the texts that it may be");
    }
    let keys = |path: &str| path.split('.').map(Into::into).collect::<Box<[Box<str>]>>();
    let source = match path?.as_str() {
        "mti" => Some(Source::MessageType),
        path => match path.strip_prefix('.') {
            Some(sibling) if !sibling.is_empty() => Some(Source::Sibling(keys(sibling))),
            Some(_) => None,
            None => {
                let (number, inside) = path.split_once('.').unwrap_or((path, ""));
                let inside = if inside.is_empty() {
                    Box::default()
                } else {
                    keys(inside)
                };
                plain_number(number).map(|number| Source::Element(number, inside))
            }
        },
    };
    if source.is_none() {
        section.error(
            "path",
            "is mti, an element as in 3.1, or a part beside as in .1",
        );
    }
    section.finish();
    Some(Condition {
        source: source?,
        patterns: patterns.into_iter().map(Into::into).collect(),
    })
}
