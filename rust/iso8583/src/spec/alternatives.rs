//! `alternatives`: fields that are another thing where another value says so.

use toml::Table;

use super::compile::Compiler;
use super::keys;
use super::layouts::condition;
use super::section::Section;
use super::{Choice, Definition, Length};
use crate::quick::{Look, Quick};

/// The keys that say what kind of length a field has.
const KINDS: [&str; 4] = ["length", "prefix", "terminator", "rest"];
/// Keys that only a prefix has, and those of every length that may vary.
const PREFIXED: [&str; 3] = ["inclusive", "count_even", "fixed_area"];
const VARYING: [&str; 2] = ["min", "max"];
/// Keys of what a value is filled up with.
const FILLED: [&str; 2] = ["fill", "trim"];
/// Keys that belong to an encoding.
const CODED: [&str; 10] = [
    "unit",
    "sign",
    "ebcdic_page",
    "unmapped",
    "letters",
    "class",
    "printable",
    "pad_side",
    "pad_nibble",
    "pad_taken_off",
];

impl Compiler {
    /// A field whose fill is taken off stands behind one that decides nothing, so that other
    /// fields do not have to be asked whether theirs is.
    pub(super) fn trimming(&mut self, id: u16, place: &Section) -> Option<u16> {
        let own = self.definitions.get(usize::from(id))?;
        if own.trimmed().is_none() {
            return Some(id);
        }
        let own = own.clone();
        self.chooser(own, Vec::new(), id, place)
    }

    fn chooser(
        &mut self,
        own: Definition,
        mut choices: Vec<Choice>,
        id: u16,
        place: &Section,
    ) -> Option<u16> {
        choices.push(Choice {
            when: None,
            definition: id,
        });
        let hides = |choice: &Choice| {
            let definition = self.definitions.get(usize::from(choice.definition));
            definition.is_some_and(|definition| definition.may_hide)
        };
        let chooser = Definition {
            length: Length::Chosen,
            may_hide: choices.iter().any(hides),
            quick: Quick::No,
            look: Look::Long,
            fits: false,
            layouts: Box::default(),
            conditional: own.conditional || choices.len() > 1,
            choices: choices.into(),
            ..own
        };
        self.add(chooser, place)
    }

    /// What a definition without a choice stands for.
    pub(super) fn only<'a>(&'a self, definition: &'a Definition) -> &'a Definition {
        let only = match &*definition.choices {
            [only] => self.definitions.get(usize::from(only.definition)),
            _ => None,
        };
        only.unwrap_or(definition)
    }

    /// A field and its alternatives, which have all keys of the field that they do not set.
    pub(super) fn varied_field(
        &mut self,
        (key, depth): (&str, usize),
        section: Section,
        alternatives: Vec<Section>,
        parent: Option<&Definition>,
    ) -> Option<u16> {
        let lent = section.table().clone();
        let place = section.shell();
        let own = self.single_field(key, section, parent, depth)?;
        let mut choices = Vec::with_capacity(alternatives.len().saturating_add(1));
        for mut alternative in alternatives {
            if !self.resolve_type(&mut alternative) {
                keys::abandon(alternative, &["when"]);
                continue;
            }
            let when = alternative.section("when");
            if when.is_none() {
                alternative.error("when", "missing: an alternative says when it counts");
            }
            let when = when.and_then(condition);
            alternative.inherit(&inherited(&lent, &alternative));
            let definition = self.single_field(key, alternative, parent, depth);
            if let (Some(when), Some(definition)) = (when, definition) {
                choices.push(Choice {
                    when: Some(Box::new(when)),
                    definition,
                });
            }
        }
        let definition = self.definitions.get(usize::from(own))?.clone();
        self.chooser(definition, choices, own, &place)
    }
}

/// What an alternative takes over of its field: not the length where it has another kind of one,
/// and not what belongs to another encoding.
fn inherited(lent: &Table, alternative: &Section) -> Table {
    let mut lent = lent.clone();
    let mut leave = |keys: &[&str]| {
        for key in keys {
            lent.remove(*key);
        }
    };
    if alternative.has("encoding") {
        leave(&CODED);
        leave(&FILLED);
    }
    if KINDS.iter().any(|kind| alternative.has(kind)) {
        leave(&KINDS);
        leave(&PREFIXED);
    }
    if alternative.has("length") || alternative.has("rest") {
        leave(&VARYING);
    }
    if alternative.has("max") {
        leave(&["min"]);
    }
    if alternative.has("terminator") || alternative.has("rest") {
        leave(&FILLED);
    }
    lent
}
