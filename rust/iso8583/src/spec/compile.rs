//! TOML to [`Spec`], with every rule checked here so that nothing is re-checked per message.

use std::sync::Arc;

use toml::Table;

use super::keys::{self, Characters, choose};
use super::lengths;
use super::message::envelope;
use super::section::{Section, Sink};
use super::{
    Alternative, BitmapCoding, Definition, ELEMENT_MAX, Envelope, Layout, Length, LetterTable,
    NO_LETTER, NONE, NibbleStyle, Pad, Sensitivity, Spec,
};
use crate::encoding::charset::{ALL_NIBBLES, Charset, Class};
use crate::encoding::ebcdic::{PAGES, Page};
use crate::encoding::{Coding, Letters, Unit, Unmapped};
use crate::quick::{Look, Quick};

/// Deepest chain of `type` references and of fields inside fields.
const DEPTH_MAX: usize = 8;

/// The specification as far as it can be made; faults go into `sink`.
pub(super) fn compile(table: Table, name: &str, sink: &Sink) -> Option<Spec> {
    let mut file = Section::new(table, "", sink);
    // taken out already; asked for so that a misspelled one is told
    let _: Option<String> = file.text("extends");
    let message = file.section("message");
    let types = file.section("types").map(Section::into_table);
    let fields = file.section("fields");
    if message.is_none() {
        file.error("message", "missing");
    }
    let place = file.shell();
    file.finish();
    let mut message = message?;
    let page = choose(&mut message, "ebcdic_page", Page::named, PAGES, None);
    let unmapped = keys::unmapped(&mut message);
    let envelope = envelope(&mut message);
    message.finish();
    let mut compiler = Compiler {
        types: types.unwrap_or_default(),
        characters: Characters {
            page: page.unwrap_or(Page::P037),
            unmapped: unmapped.unwrap_or(Unmapped::Strict),
        },
        definitions: Vec::new(),
        charsets: Vec::new(),
        letters: Vec::new(),
    };
    if fields.is_none() {
        place.error("fields", "missing");
    }
    let elements = compiler.elements(fields?, &envelope);
    Some(Spec {
        name: name.to_owned(),
        conditional: compiler.definitions.iter().any(|it| it.conditional),
        varied: compiler
            .definitions
            .iter()
            .any(|it| it.length == Length::Chosen),
        definitions: compiler.definitions,
        elements,
        envelope,
    })
}

pub(super) struct Compiler {
    types: Table,
    characters: Characters,
    pub(super) definitions: Vec<Definition>,
    charsets: Vec<((Class, Letters), Arc<Charset>)>,
    letters: Vec<((Class, Letters), Arc<LetterTable>)>,
}

impl Compiler {
    fn elements(&mut self, fields: Section, envelope: &Envelope) -> Vec<u16> {
        let last = envelope.bitmaps_max.saturating_mul(64);
        // bits that announce a bitmap hold no data
        let reserved = |number: usize| match number {
            65 if envelope.leading_bitmaps() == 3 => !envelope.bitmaps_fixed,
            other => other == envelope.third_bitmap,
        };
        let mut elements = vec![NONE; ELEMENT_MAX.saturating_add(1)];
        for (key, section) in fields.entries() {
            let number = plain_number(&key)
                .filter(|number| (2..=last).contains(number) && !reserved(*number));
            let slot = number.and_then(|number| elements.get_mut(number));
            let Some(slot) = slot else {
                let problem = format!("data elements are 2 to {last}, but for bits of bitmaps");
                section.error("", problem);
                keys::abandon(section, &[]);
                continue;
            };
            *slot = self.field(&key, section, None, 0).unwrap_or(NONE);
        }
        if let Some(slot) = elements
            .get_mut(envelope.third_bitmap)
            .filter(|_| envelope.third_bitmap > 0)
        {
            let key = envelope.third_bitmap.to_string();
            *slot = self.bitmap(&key, "Bitmap, third", envelope.bitmap, 8);
        }
        for (number, id) in (0..).zip(&elements) {
            let definition = self.definitions.get(usize::from(*id));
            let choices = definition.map_or(&[][..], |definition| &definition.choices);
            let chosen: Vec<u16> = choices.iter().map(|choice| choice.definition).collect();
            for id in chosen.iter().chain([id]) {
                if let Some(definition) = self.definitions.get_mut(usize::from(*id)) {
                    definition.number = number;
                }
            }
        }
        elements
    }

    /// Compile one definition and everything in it; `parent` lends a part what it does not set.
    pub(super) fn field(
        &mut self,
        key: &str,
        mut section: Section,
        parent: Option<&Definition>,
        depth: usize,
    ) -> Option<u16> {
        if depth > DEPTH_MAX {
            section.error("", "fields are nested too deeply");
            return None;
        }
        if !self.resolve_type(&mut section) {
            keys::abandon(section, &[]);
            return None;
        }
        let alternatives = section.sections("alternatives");
        if alternatives.is_empty() {
            let place = section.shell();
            let id = self.single_field(key, section, parent, depth)?;
            return self.trimming(id, &place);
        }
        self.varied_field((key, depth), section, alternatives, parent)
    }

    /// A field without alternatives.
    pub(super) fn single_field(
        &mut self,
        key: &str,
        mut section: Section,
        parent: Option<&Definition>,
        depth: usize,
    ) -> Option<u16> {
        let name = section.text("name");
        if name.is_none() {
            section.error("name", "missing");
        }
        let Some(coding) = keys::coding(&mut section, parent, self.characters) else {
            keys::judge_without_coding(section, parent);
            return None;
        };
        let unit = keys::unit(&mut section, parent, coding);
        let length = lengths::length(&mut section, coding, unit);
        let (nibbles, style, class) = keys::alphabet(&mut section, parent, coding);
        let mut definition = Definition {
            key: key.into(),
            number: 0,
            name: name.unwrap_or_default().into(),
            coding,
            unit,
            unit_half_bytes: coding.half_bytes(unit),
            length,
            fixed_half_bytes: 0,
            nibbles,
            style,
            pad: keys::pad(&mut section),
            class,
            charset: self.charset(&section, coding, class),
            letters: self.letters(coding, class),
            fill: keys::fill(&mut section, coding, length),
            sensitivity: keys::sensitivity(&mut section, parent),
            may_hide: false,
            quick: Quick::No,
            look: Look::Long,
            fits: false,
            layouts: Box::default(),
            conditional: false,
            choices: Box::default(),
        };
        if let Length::Fixed(units) = length {
            definition.fixed_half_bytes = definition.half_bytes(units);
        }
        definition.quick = Quick::of(&definition);
        definition.look = Look::of(&definition);
        keys::check_pad(&section, &definition);
        let layouts = section.sections("layouts");
        keys::check_trim(&section, &definition, layouts.is_empty());
        if !layouts.is_empty() && matches!(coding, Coding::Signed(_) | Coding::Zoned) {
            section.error("layouts", "a signed number has nothing inside");
        }
        let mut compiled = Vec::with_capacity(layouts.len());
        for layout in layouts {
            compiled.extend(self.layout(layout, &definition, depth));
        }
        definition.conditional = compiled.iter().any(|it| self.is_conditional(it));
        definition.may_hide = definition.sensitivity != Sensitivity::None
            || compiled.iter().any(|it| self.may_hide(&it.layout));
        definition.fits = compiled
            .first()
            .is_some_and(|it| self.fits(&definition, it));
        definition.layouts = compiled.into();
        let id = self.add(definition, &section);
        section.finish();
        id
    }

    fn is_conditional(&self, alternative: &Alternative) -> bool {
        let inside = |id: &u16| {
            let definition = self.definitions.get(usize::from(*id));
            definition.is_some_and(|definition| definition.conditional)
        };
        alternative.when.is_some()
            || match &alternative.layout {
                Layout::Positional { parts, .. } => parts.iter().any(inside),
                Layout::Bitmapped(bitmapped) => bitmapped.parts.iter().any(inside),
                Layout::Tagged(tagged) => {
                    inside(&tagged.lead) || tagged.entries.iter().any(|entry| inside(&entry.1))
                }
                Layout::Datasets {
                    tags, sets, other, ..
                } => {
                    let own = sets.iter().flat_map(|set| set.tags.entries.iter());
                    let known = tags.entries.iter().chain(own);
                    let parts = sets.iter().map(|set| &set.parts).chain([&other.parts]);
                    let mut parts = parts.flatten().flat_map(|parts| parts.iter());
                    known.map(|tag| &tag.definition).any(inside) || parts.any(inside)
                }
                Layout::Tlv { tags } => tags.entries.iter().any(|tag| inside(&tag.definition)),
            }
    }

    /// Whether what is inside can be card data: what nobody knows of BER-TLV may be.
    fn may_hide(&self, layout: &Layout) -> bool {
        let inside = |id: &u16| {
            let definition = self.definitions.get(usize::from(*id));
            definition.is_some_and(|definition| definition.may_hide)
        };
        match layout {
            Layout::Positional { parts, .. } => parts.iter().any(inside),
            Layout::Bitmapped(bitmapped) => bitmapped.parts.iter().any(inside),
            Layout::Tagged(tagged) => {
                inside(&tagged.lead) || tagged.entries.iter().any(|entry| inside(&entry.1))
            }
            Layout::Datasets { .. } | Layout::Tlv { .. } => true,
        }
    }

    /// Whether an alternative reads whatever may stand in the field: parts of fixed lengths that
    /// fill it, and that take what it takes.
    fn fits(&self, parent: &Definition, alternative: &Alternative) -> bool {
        let (None, Layout::Positional { parts, .. }) = (&alternative.when, &alternative.layout)
        else {
            return false;
        };
        let mut half_bytes = 0_usize;
        let alike = parts.iter().all(|id| {
            let part = self.definitions.get(usize::from(*id));
            part.is_some_and(|part| {
                half_bytes = half_bytes.saturating_add(part.fixed_half_bytes);
                matches!(part.length, Length::Fixed(_))
                    && part.layouts.is_empty()
                    && part.choices.is_empty()
                    && part.coding == parent.coding
                    && part.class == parent.class
                    && part.nibbles == parent.nibbles
            })
        });
        let same_length = parent.fixed_half_bytes == half_bytes;
        alike && same_length && !parent.pad.taken_off && matches!(parent.length, Length::Fixed(_))
    }

    pub(super) fn add(&mut self, definition: Definition, section: &Section) -> Option<u16> {
        let id = self.push(definition);
        if id == NONE {
            section.error("", "more definitions than a specification can hold");
            return None;
        }
        Some(id)
    }

    fn push(&mut self, definition: Definition) -> u16 {
        let id = u16::try_from(self.definitions.len()).unwrap_or(NONE);
        if id != NONE {
            self.definitions.push(definition);
        }
        id
    }

    /// The bytes that may stand in a text of a class; shared by all fields that have it.
    fn charset(&mut self, section: &Section, coding: Coding, class: Class) -> Option<Arc<Charset>> {
        let letters = match coding {
            Coding::Text(letters) => letters,
            Coding::Signed(letters) => return Some(self.table(Class::Ans, letters)),
            Coding::Hex(letters) => return Some(self.table(Class::Hex, letters)),
            Coding::Zoned => return Some(self.table(Class::N, Letters::Ebcdic(Page::P037))),
            Coding::Bcd => return None,
            Coding::Binary => {
                if class != Class::Any {
                    section.error("class", "bytes are of class b");
                }
                return None;
            }
        };
        if class == Class::Any && letters != Letters::Ascii {
            return None;
        }
        Some(self.table(class, letters))
    }

    fn table(&mut self, class: Class, letters: Letters) -> Arc<Charset> {
        let known = self
            .charsets
            .iter()
            .find(|(key, _)| *key == (class, letters));
        if let Some((_, table)) = known {
            return Arc::clone(table);
        }
        let table = Arc::new(class.table(letters));
        self.charsets.push(((class, letters), Arc::clone(&table)));
        table
    }

    /// How texts of a class are written; shared by all fields that have it.
    fn letters(&mut self, coding: Coding, class: Class) -> Option<Arc<LetterTable>> {
        let Coding::Text(letters) = coding else {
            return None;
        };
        if class == Class::Signed {
            return None;
        }
        let known = self
            .letters
            .iter()
            .find(|(key, _)| *key == (class, letters));
        if let Some((_, table)) = known {
            return Some(Arc::clone(table));
        }
        let mut table = [NO_LETTER; 128];
        for (slot, character) in table.iter_mut().zip('\0'..) {
            if class.has(character) {
                *slot = letters.encode(character).map_or(NO_LETTER, u16::from);
            }
        }
        let table = Arc::new(table);
        self.letters.push(((class, letters), Arc::clone(&table)));
        Some(table)
    }

    /// The definition of a bitmap that lies in the data.
    pub(super) fn bitmap(
        &mut self,
        key: &str,
        name: &str,
        coding: BitmapCoding,
        bytes: usize,
    ) -> u16 {
        let coding = coding.as_coding();
        let charset = match coding {
            Coding::Hex(letters) => Some(self.table(Class::Hex, letters)),
            _ => None,
        };
        let definition = plain(key, name, coding, Length::Fixed(bytes));
        self.push(Definition {
            charset,
            ..definition
        })
    }

    /// The definition of the content of data sets of which nothing is known.
    pub(super) fn content(&mut self) -> u16 {
        let definition = plain("_content", "Unknown content", Coding::Binary, Length::Rest);
        self.push(Definition {
            sensitivity: Sensitivity::Track,
            may_hide: true,
            ..definition
        })
    }

    /// The definition of BER-TLV tags that the file does not name, in a field that is card data.
    pub(super) fn hidden_tag(&mut self, parent: &Definition) -> u16 {
        self.push(Definition {
            sensitivity: parent.sensitivity,
            may_hide: true,
            ..plain("", "Unknown tag", Coding::Binary, Length::Rest)
        })
    }

    /// The definition of tags that the file does not name: the coding of the field around them.
    pub(super) fn unknown_tag(&mut self, parent: &Definition) -> u16 {
        let coding = match parent.coding.inside() {
            Coding::Text(Letters::Ascii) => Coding::Text(Letters::Latin1),
            Coding::Text(letters) => Coding::Text(letters),
            _ => Coding::Binary,
        };
        self.push(Definition {
            sensitivity: parent.sensitivity,
            may_hide: parent.sensitivity != Sensitivity::None,
            ..plain("", "Unknown tag", coding, Length::Rest)
        })
    }

    /// Take over the keys of the section's type, and of that type's own; false where it has none.
    pub(super) fn resolve_type(&self, section: &mut Section) -> bool {
        for _ in 0..DEPTH_MAX {
            let Some(name) = section.text("type") else {
                return true;
            };
            let base = self.types.get(&name).and_then(toml::Value::as_table);
            let Some(base) = base else {
                section.error("type", format!("no type {name:?}"));
                return false;
            };
            section.inherit(base);
        }
        section.error("type", "types refer to each other in a circle");
        false
    }
}

/// A definition without any of the rarer keys.
pub(crate) fn plain(key: &str, name: &str, coding: Coding, length: Length) -> Definition {
    let unit = if coding.is_nibbles() || matches!(coding, Coding::Hex(_)) {
        Unit::Bytes
    } else {
        Unit::Chars
    };
    Definition {
        key: key.into(),
        number: 0,
        name: name.into(),
        coding,
        unit,
        unit_half_bytes: coding.half_bytes(unit),
        length,
        fixed_half_bytes: match length {
            Length::Fixed(units) => units.saturating_mul(coding.half_bytes(unit)),
            _ => 0,
        },
        nibbles: ALL_NIBBLES,
        style: NibbleStyle::Lower,
        pad: Pad {
            left: true,
            nibble: 0,
            taken_off: false,
        },
        class: Class::Any,
        charset: None,
        letters: None,
        fill: None,
        sensitivity: Sensitivity::None,
        may_hide: false,
        quick: Quick::No,
        look: Look::Long,
        fits: false,
        layouts: Box::default(),
        conditional: false,
        choices: Box::default(),
    }
}

/// A number in its only form: "2" and not "02", or one element could be defined twice.
pub(super) fn plain_number(key: &str) -> Option<usize> {
    key.parse::<usize>()
        .ok()
        .filter(|number| number.to_string() == key)
}
