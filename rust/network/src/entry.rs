//! How the card was entered, and whether it was there.

use cbs_iso8583::Message;

use crate::error::ProfileError;
use crate::section::Section;
use crate::source::Source;

/// The words of the record's `entry` column.
pub(crate) const ENTRIES: [&str; 9] = [
    "unknown",
    "chip",
    "contactless",
    "magstripe",
    "contactless_magstripe",
    "fallback",
    "manual",
    "on_file",
    "ecommerce",
];

/// The tables of a network that tell the entry.
#[derive(Debug)]
pub(crate) struct EntryRules {
    mode: Source,
    condition: Source,
    /// By the two digits of the mode.
    modes: [&'static str; 100],
    /// Condition codes that tell the entry whatever the mode says.
    conditions: Vec<(String, &'static str)>,
    absent_conditions: Vec<String>,
    absent_entries: Vec<String>,
}

/// What the tables say about one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) word: &'static str,
    pub(crate) card_present: bool,
}

impl EntryRules {
    pub(crate) fn parse(mut section: Section) -> Result<Self, ProfileError> {
        let rules = Self {
            mode: Source::parse(&section.text("mode")?, &section.key("mode"))?,
            condition: Source::parse(&section.text("condition")?, &section.key("condition"))?,
            modes: parse_modes(section.section("modes")?)?,
            conditions: parse_conditions(section.section("conditions")?)?,
            absent_conditions: section.texts("card_not_present_conditions")?,
            absent_entries: section.texts("card_not_present_entries")?,
        };
        for entry in &rules.absent_entries {
            word(entry, &section.key("card_not_present_entries"))?;
        }
        section.finish()?;
        Ok(rules)
    }

    pub(crate) fn places(&self) -> [&Source; 2] {
        [&self.mode, &self.condition]
    }

    pub(crate) fn entry(&self, message: &Message) -> Entry {
        let mode = self.mode.text(message);
        let condition = self.condition.text(message);
        self.decide(mode.as_deref(), condition.as_deref())
    }

    fn decide(&self, mode: Option<&str>, condition: Option<&str>) -> Entry {
        let by_condition = self
            .conditions
            .iter()
            .find(|(code, _)| condition == Some(code.as_str()));
        let by_mode = || mode.and_then(|mode| self.modes.get(mode_index(mode)?).copied());
        let word = by_condition
            .map(|(_, word)| *word)
            .or_else(by_mode)
            .unwrap_or(ENTRIES[0]);
        let listed = |list: &[String], text: &str| list.iter().any(|item| item == text);
        let absent = condition.is_some_and(|code| listed(&self.absent_conditions, code))
            || listed(&self.absent_entries, word);
        Entry {
            word,
            card_present: !absent,
        }
    }
}

fn mode_index(text: &str) -> Option<usize> {
    let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

fn parse_modes(mut section: Section) -> Result<[&'static str; 100], ProfileError> {
    let mut modes = [ENTRIES[0]; 100];
    for key in section.keys() {
        let path = section.key(&key);
        let index = mode_index(&key).ok_or_else(|| ProfileError::invalid(&path, "two digits"))?;
        modes[index] = word(&section.text(&key)?, &path)?;
    }
    Ok(modes)
}

fn parse_conditions(mut section: Section) -> Result<Vec<(String, &'static str)>, ProfileError> {
    let mut conditions = Vec::new();
    for key in section.keys() {
        let word = word(&section.text(&key)?, &section.key(&key))?;
        conditions.push((key, word));
    }
    Ok(conditions)
}

fn word(text: &str, path: &str) -> Result<&'static str, ProfileError> {
    let known = ENTRIES.into_iter().find(|entry| *entry == text);
    known.ok_or_else(|| ProfileError::invalid(path, format!("one of: {}", ENTRIES.join(", "))))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const RULES: &str = r#"
        mode = "22[1-2]"
        condition = "25"
        card_not_present_conditions = ["08", "59"]
        card_not_present_entries = ["ecommerce", "on_file"]
        [modes]
        "01" = "manual"
        "05" = "chip"
        "10" = "on_file"
        [conditions]
        "59" = "ecommerce"
    "#;

    fn entry(mode: Option<&str>, condition: Option<&str>) -> (&'static str, bool) {
        let rules = EntryRules::parse(Section::parse(RULES).unwrap()).unwrap();
        let entry = rules.decide(mode, condition);
        (entry.word, entry.card_present)
    }

    #[test]
    fn the_mode_tells_the_entry_and_a_condition_overrules_it() {
        assert_eq!(entry(Some("05"), Some("00")), ("chip", true));
        assert_eq!(entry(Some("01"), Some("59")), ("ecommerce", false));
    }

    #[test]
    fn the_card_is_absent_by_condition_or_by_entry() {
        assert_eq!(entry(Some("01"), Some("08")), ("manual", false));
        assert_eq!(entry(Some("10"), Some("00")), ("on_file", false));
        assert_eq!(entry(Some("10"), None), ("on_file", false));
    }

    #[test]
    fn a_mode_that_is_absent_or_unlisted_is_unknown() {
        assert_eq!(entry(None, None), ("unknown", true));
        assert_eq!(entry(Some("77"), None), ("unknown", true));
        assert_eq!(entry(Some("0a"), None), ("unknown", true));
    }

    #[test]
    fn a_word_outside_the_vocabulary_names_its_key() {
        let text = RULES.replace(r#""05" = "chip""#, r#""05" = "chips""#);
        let error = EntryRules::parse(Section::parse(&text).unwrap()).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("modes.05: expected one of: unknown, chip")
        );
    }
}
