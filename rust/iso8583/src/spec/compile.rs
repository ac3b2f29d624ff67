//! TOML to [`Spec`], with every rule checked here so that nothing is re-checked per message.

use toml::Table;

use super::keys::{choose, length, pad, sensitivity, unit};
use super::section::Section;
use super::{Dataset, Definition, ELEMENT_MAX, Layout, Length, NONE, Spec, TagTable};
use crate::encoding::Coding;
use crate::encoding::ebcdic::Page;
use crate::encoding::nibble;
use crate::error::SpecError;

/// Deepest chain of `type` references and of fields inside fields.
const DEPTH_MAX: usize = 8;

pub(super) fn compile(text: &str, name: &str) -> Result<Spec, SpecError> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| SpecError {
        path: name.to_owned(),
        problem: format!("no TOML: {}", error.message()),
    })?;
    let mut file = Section::new(table, "");
    let mut message = file
        .section("message")?
        .ok_or_else(|| file.error("message", "missing"))?;
    let page = choose(&mut message, "ebcdic_page", Page::named, "037, 500, 1047")?;
    choose(
        &mut message,
        "type_indicator",
        |word| (word == "bcd").then_some(()),
        "bcd",
    )?
    .ok_or_else(|| message.error("type_indicator", "missing; known: bcd"))?;
    choose(
        &mut message,
        "bitmap",
        |word| (word == "binary").then_some(()),
        "binary",
    )?
    .ok_or_else(|| message.error("bitmap", "missing; known: binary"))?;
    let bitmaps_max = message.count("bitmaps_max")?.unwrap_or(3);
    if !(1..=3).contains(&bitmaps_max) {
        return Err(message.error("bitmaps_max", "must be 1, 2 or 3"));
    }
    message.finish()?;
    let types = file
        .section("types")?
        .map(Section::into_table)
        .unwrap_or_default();
    let mut compiler = Compiler {
        types,
        page: page.unwrap_or(Page::P037),
        definitions: Vec::new(),
    };
    let fields = file
        .section("fields")?
        .ok_or_else(|| file.error("fields", "missing"))?;
    let elements = compiler.elements(fields, bitmaps_max)?;
    file.finish()?;
    Ok(Spec {
        name: name.to_owned(),
        definitions: compiler.definitions,
        elements,
        bitmaps_max,
    })
}

struct Compiler {
    types: Table,
    page: Page,
    definitions: Vec<Definition>,
}

impl Compiler {
    fn elements(&mut self, fields: Section, bitmaps_max: usize) -> Result<Vec<u16>, SpecError> {
        let last = bitmaps_max.saturating_mul(64);
        let mut elements = vec![NONE; ELEMENT_MAX.saturating_add(1)];
        for (key, section) in fields.entries()? {
            let number = plain_number(&key)
                .filter(|number| (2..=last).contains(number) && *number != 65 && *number != 129);
            let slot = number
                .and_then(|number| elements.get_mut(number))
                .ok_or_else(|| {
                    section.error(
                        "",
                        format!("data elements are 2 to {last} without 65 and 129"),
                    )
                })?;
            *slot = self.field(&key, section, None, 0)?;
        }
        Ok(elements)
    }

    /// Compile one definition and everything in it; `parent` lends a part what it does not set.
    fn field(
        &mut self,
        key: &str,
        mut section: Section,
        parent: Option<&Definition>,
        depth: usize,
    ) -> Result<u16, SpecError> {
        if depth > DEPTH_MAX {
            return Err(section.error("", "fields are nested too deeply"));
        }
        self.resolve_type(&mut section)?;
        let name = section
            .text("name")?
            .ok_or_else(|| section.error("name", "missing"))?;
        let coding = self.coding(&mut section, parent)?;
        let unit = unit(&mut section, parent, coding)?;
        let mut definition = Definition {
            key: key.into(),
            name: name.into(),
            coding,
            unit,
            length: length(&mut section, unit)?,
            letters: section
                .flag("letters")?
                .unwrap_or(parent.is_some_and(|it| it.letters)),
            pad: pad(&mut section)?,
            printable: section.flag("printable")?.unwrap_or(false),
            sensitivity: sensitivity(&mut section)?,
            layouts: Box::default(),
        };
        let layouts = section.sections("layouts")?;
        let path = section.path_of("");
        section.finish()?;
        let mut compiled = Vec::with_capacity(layouts.len());
        for layout in layouts {
            compiled.push(self.layout(layout, &definition, depth)?);
        }
        definition.layouts = compiled.into();
        self.add(definition, &path)
    }

    fn add(&mut self, definition: Definition, path: &str) -> Result<u16, SpecError> {
        let id = u16::try_from(self.definitions.len())
            .ok()
            .filter(|id| *id != NONE);
        let id = id.ok_or_else(|| SpecError {
            path: path.to_owned(),
            problem: "more definitions than a specification can hold".to_owned(),
        })?;
        self.definitions.push(definition);
        Ok(id)
    }

    fn resolve_type(&self, section: &mut Section) -> Result<(), SpecError> {
        for _ in 0..DEPTH_MAX {
            let Some(name) = section.text("type")? else {
                return Ok(());
            };
            let base = self.types.get(&name).and_then(toml::Value::as_table);
            let base = base.ok_or_else(|| section.error("type", format!("no type {name:?}")))?;
            section.inherit(base);
        }
        Err(section.error("type", "types refer to each other in a circle"))
    }

    fn coding(
        &self,
        section: &mut Section,
        parent: Option<&Definition>,
    ) -> Result<Coding, SpecError> {
        let page = self.page;
        let chosen = choose(
            section,
            "encoding",
            |word| match word {
                "bcd" => Some(Coding::Bcd),
                "binary" => Some(Coding::Binary),
                "ascii" => Some(Coding::Ascii),
                "ebcdic" => Some(Coding::Ebcdic(page)),
                _ => None,
            },
            "bcd, binary, ascii, ebcdic",
        )?;
        chosen
            .or(parent.map(|parent| parent.coding))
            .ok_or_else(|| section.error("encoding", "missing"))
    }

    fn layout(
        &mut self,
        mut section: Section,
        parent: &Definition,
        depth: usize,
    ) -> Result<Layout, SpecError> {
        let depth = depth.saturating_add(1);
        let kind = section.text("kind")?.unwrap_or_default();
        let layout = match kind.as_str() {
            "positional" => self.positional(&mut section, parent, depth)?,
            "bitmapped" => self.bitmapped(&mut section, parent, depth)?,
            "datasets" => self.datasets(&mut section, depth)?,
            "tlv" => Layout::Tlv {
                tags: self.tags(&mut section, depth)?,
            },
            _ => {
                let known = "known: positional, bitmapped, datasets, tlv";
                return Err(section.error("kind", format!("unknown; {known}")));
            }
        };
        section.finish()?;
        Ok(layout)
    }

    fn positional(
        &mut self,
        section: &mut Section,
        parent: &Definition,
        depth: usize,
    ) -> Result<Layout, SpecError> {
        let tight = parent.coding == Coding::Bcd;
        let whole = section.flag("whole")?.unwrap_or(false);
        let path = section.path_of("parts");
        let mut parts = Vec::new();
        let mut total = Some(0_usize);
        for (index, part) in section.sections("parts")?.into_iter().enumerate() {
            let part_path = part.path_of("");
            let key = index.saturating_add(1).to_string();
            let id = self.field(&key, part, Some(parent), depth)?;
            let problem = |problem: &str| SpecError {
                path: part_path.clone(),
                problem: problem.to_owned(),
            };
            let definition = self.definitions.get(usize::from(id));
            let definition = definition.ok_or_else(|| problem("not compiled"))?;
            if tight && (definition.coding != Coding::Bcd || !definition.layouts.is_empty()) {
                return Err(problem(
                    "parts of packed digits must be packed digits themselves",
                ));
            }
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
                Length::Counted { .. } if tight => {
                    return Err(problem(
                        "parts of packed digits cannot have a length prefix",
                    ));
                }
                Length::Counted { .. } | Length::Rest => None,
            };
            parts.push(id);
        }
        if let (Length::Fixed(units), Some(total)) = (parent.length, total)
            && parent.half_bytes(units) != total
        {
            let problem = format!("parts fill {total} half-bytes, not the field's length");
            return Err(SpecError { path, problem });
        }
        Ok(Layout::Positional {
            parts: parts.into(),
            tight,
            whole,
        })
    }

    fn bitmapped(
        &mut self,
        section: &mut Section,
        parent: &Definition,
        depth: usize,
    ) -> Result<Layout, SpecError> {
        let bitmap_bytes = section.count("bitmap_bytes")?.unwrap_or(8);
        if !(1..=8).contains(&bitmap_bytes) {
            return Err(section.error("bitmap_bytes", "must be from 1 to 8"));
        }
        let bits = bitmap_bytes.saturating_mul(8);
        let mut parts = vec![NONE; bits.saturating_add(1)];
        let entries = match section.section("parts")? {
            None => Vec::new(),
            Some(entries) => entries.entries()?,
        };
        for (key, part) in entries {
            let number = plain_number(&key).filter(|number| *number > 0);
            let slot = number
                .and_then(|number| parts.get_mut(number))
                .ok_or_else(|| part.error("", format!("bits are 1 to {bits}")))?;
            *slot = self.field(&key, part, Some(parent), depth)?;
        }
        Ok(Layout::Bitmapped {
            bitmap_bytes,
            parts: parts.into(),
        })
    }

    fn datasets(&mut self, section: &mut Section, depth: usize) -> Result<Layout, SpecError> {
        let default = match section.text("default")? {
            None => None,
            Some(id) => Some(
                dataset_id(&id)
                    .ok_or_else(|| section.error("default", "must be two hex digits"))?,
            ),
        };
        let tags = self.tags(section, depth)?;
        let mut sets = Vec::new();
        if let Some(known) = section.section("sets")? {
            for (key, mut set) in known.entries()? {
                let id = dataset_id(&key)
                    .ok_or_else(|| set.error("", "a data set's id is two hex digits"))?;
                let own = self.tags(&mut set, depth)?;
                let definition = self.unlimited(&key.to_ascii_uppercase(), set, depth)?;
                sets.push(Dataset {
                    id,
                    definition,
                    tags: own,
                });
            }
        }
        Ok(Layout::Datasets {
            default,
            tags,
            sets: sets.into(),
        })
    }

    fn tags(&mut self, section: &mut Section, depth: usize) -> Result<TagTable, SpecError> {
        let Some(known) = section.section("tags")? else {
            return Ok(TagTable::default());
        };
        let mut entries = Vec::new();
        for (key, tag) in known.entries()? {
            let bytes = nibble::parse_hex(&key)
                .ok()
                .filter(|bytes| (1..=4).contains(&bytes.len()));
            let bytes = bytes.ok_or_else(|| tag.error("", "a tag is one to four bytes in hex"))?;
            let number = bytes
                .iter()
                .fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
            entries.push((
                number,
                self.unlimited(&key.to_ascii_uppercase(), tag, depth)?,
            ));
        }
        entries.sort_unstable();
        Ok(TagTable {
            entries: entries.into(),
        })
    }

    /// A tag or data set: the bytes around it say how long it is; binary unless it says otherwise.
    fn unlimited(
        &mut self,
        key: &str,
        mut section: Section,
        depth: usize,
    ) -> Result<u16, SpecError> {
        self.resolve_type(&mut section)?;
        let mut base = Table::new();
        base.insert("rest".to_owned(), toml::Value::Boolean(true));
        base.insert("letters".to_owned(), toml::Value::Boolean(true));
        if !section.has("encoding") {
            base.insert(
                "encoding".to_owned(),
                toml::Value::String("binary".to_owned()),
            );
        }
        section.inherit(&base);
        self.field(key, section, None, depth)
    }
}

fn dataset_id(text: &str) -> Option<u8> {
    match nibble::parse_hex(text).ok()?.as_slice() {
        [id] => Some(*id),
        _ => None,
    }
}

/// A number in its only form: "2" and not "02", or one element could be defined twice.
fn plain_number(key: &str) -> Option<usize> {
    key.parse::<usize>()
        .ok()
        .filter(|number| number.to_string() == key)
}
