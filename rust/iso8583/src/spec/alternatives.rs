//! `alternatives`: fields that are another thing where another value says so.

use toml::Table;

use super::compile::Compiler;
use super::layouts::condition;
use super::section::Section;
use super::{Choice, Definition, Length};
use crate::quick::Quick;

/// Keys that an alternative with a length of its own does not take over: (its key, those).
const LENGTHS: [(&str, &[&str]); 3] = [
    (
        "length",
        &[
            "rest",
            "prefix",
            "max",
            "min",
            "inclusive",
            "count_even",
            "fixed_area",
        ],
    ),
    (
        "prefix",
        &["length", "rest", "inclusive", "count_even", "fixed_area"],
    ),
    (
        "rest",
        &[
            "length",
            "prefix",
            "max",
            "min",
            "inclusive",
            "count_even",
            "fixed_area",
            "fill",
        ],
    ),
];
/// Keys that belong to an encoding.
const CODED: [&str; 9] = [
    "unit",
    "sign",
    "ebcdic_page",
    "letters",
    "class",
    "printable",
    "pad_side",
    "pad_nibble",
    "fill",
];

impl Compiler {
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
        choices.push(Choice {
            when: None,
            definition: own,
        });
        let own = self.definitions.get(usize::from(own))?.clone();
        let hides = |choice: &Choice| {
            let definition = self.definitions.get(usize::from(choice.definition));
            definition.is_some_and(|definition| definition.may_hide)
        };
        let chooser = Definition {
            length: Length::Chosen,
            may_hide: choices.iter().any(hides),
            quick: Quick::No,
            fits: false,
            layouts: Box::default(),
            conditional: true,
            choices: choices.into(),
            ..own
        };
        self.add(chooser, &place)
    }
}

/// What an alternative takes over of its field: not the length where it has another kind of one,
/// and not what belongs to another encoding.
fn inherited(lent: &Table, alternative: &Section) -> Table {
    let mut lent = lent.clone();
    let kinds = LENGTHS.iter().copied();
    for (key, others) in kinds.chain([("encoding", &CODED[..])]) {
        if alternative.has(key) {
            for other in others {
                lent.remove(*other);
            }
        }
    }
    lent
}
