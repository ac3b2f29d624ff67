//! Reads a TOML table key by key. What is wrong goes into a list, with its path inside the file,
//! and reading goes on: a person wants to see every fault at once.

use std::cell::RefCell;
use std::rc::Rc;

use toml::{Table, Value};

use super::lint::{Severity, SpecIssue};

/// Where faults and warnings are gathered.
#[derive(Clone, Default)]
pub(super) struct Sink(Rc<RefCell<Vec<SpecIssue>>>);

/// Most faults that are kept of one file.
const ISSUES_MAX: usize = 1_000;

impl Sink {
    pub(super) fn push(&self, severity: Severity, path: String, problem: String) {
        let mut issues = self.0.borrow_mut();
        if issues.len() < ISSUES_MAX {
            issues.push(SpecIssue {
                severity,
                file: None,
                path,
                line: None,
                problem,
            });
        }
    }

    pub(super) fn take(&self) -> Vec<SpecIssue> {
        self.0.take()
    }
}

/// A table whose keys are taken out one by one; what is left at the end is unknown.
pub(super) struct Section {
    table: Table,
    path: String,
    sink: Sink,
    /// The keys that were asked for: those that could stand here.
    known: Vec<String>,
}

impl Section {
    pub(super) fn new(table: Table, path: impl Into<String>, sink: &Sink) -> Self {
        Self {
            table,
            path: path.into(),
            sink: sink.clone(),
            known: Vec::new(),
        }
    }

    /// A fault of `key` of this table.
    pub(super) fn error(&self, key: &str, problem: impl Into<String>) {
        self.sink
            .push(Severity::Error, self.path_of(key), problem.into());
    }

    /// Something about `key` that works, but hardly as it was meant.
    pub(super) fn warn(&self, key: &str, problem: impl Into<String>) {
        self.sink
            .push(Severity::Warning, self.path_of(key), problem.into());
    }

    pub(super) fn path_of(&self, key: &str) -> String {
        match (self.path.is_empty(), key.is_empty()) {
            (_, true) => self.path.clone(),
            (true, _) => key.to_owned(),
            _ => format!("{}.{key}", self.path),
        }
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.known.push(key.to_owned());
        self.table.remove(key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            other => self.wrong(key, "a text", &other),
        }
    }

    /// A text or several.
    pub(super) fn texts(&mut self, key: &str) -> Option<Vec<String>> {
        let values = match self.take(key)? {
            Value::String(text) => return Some(vec![text]),
            Value::Array(values) => values,
            other => return self.wrong(key, "a text, or an array of texts", &other),
        };
        let mut texts = Vec::with_capacity(values.len());
        for value in values {
            match value {
                Value::String(text) => texts.push(text),
                other => return self.wrong(key, "a text, or an array of texts", &other),
            }
        }
        Some(texts)
    }

    pub(super) fn count(&mut self, key: &str) -> Option<usize> {
        match self.take(key)? {
            Value::Integer(number) if (0..=65_535).contains(&number) => {
                usize::try_from(number).ok()
            }
            other => self.wrong(key, "a number from 0 to 65535", &other),
        }
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        match self.take(key)? {
            Value::Boolean(flag) => Some(flag),
            other => self.wrong(key, "true or false", &other),
        }
    }

    /// `true`, `false`, or one of the words that say more.
    pub(super) fn flag_or_text(&mut self, key: &str) -> Option<String> {
        match self.take(key)? {
            Value::Boolean(flag) => Some(flag.to_string()),
            Value::String(text) => Some(text),
            other => self.wrong(key, "true, false or a text", &other),
        }
    }

    pub(super) fn section(&mut self, key: &str) -> Option<Self> {
        match self.take(key)? {
            Value::Table(table) => Some(Self::new(table, self.path_of(key), &self.sink)),
            other => self.wrong(key, "a table", &other),
        }
    }

    /// An array of tables, each with its place (from 0) in its path.
    pub(super) fn sections(&mut self, key: &str) -> Vec<Self> {
        let values = match self.take(key) {
            None => return Vec::new(),
            Some(Value::Array(values)) => values,
            Some(other) => {
                let _: Option<()> = self.wrong(key, "an array of tables", &other);
                return Vec::new();
            }
        };
        let mut sections = Vec::with_capacity(values.len());
        for (index, value) in values.into_iter().enumerate() {
            let place = format!("{key}.{index}");
            let table = match value {
                Value::Table(table) => table,
                other => {
                    let _: Option<()> = self.wrong(&place, "a table", &other);
                    continue;
                }
            };
            sections.push(Self::new(table, self.path_of(&place), &self.sink));
        }
        sections
    }

    /// Every remaining key as a table.
    pub(super) fn entries(mut self) -> Vec<(String, Self)> {
        let table = std::mem::take(&mut self.table);
        let mut entries = Vec::with_capacity(table.len());
        for (key, value) in table {
            match value {
                Value::Table(inner) => {
                    let section = Self::new(inner, self.path_of(&key), &self.sink);
                    entries.push((key, section));
                }
                Value::Boolean(false) => self.error(&key, "there is nothing to take away"),
                other => {
                    let _: Option<()> = self.wrong(&key, "a table", &other);
                }
            }
        }
        entries
    }

    /// Keys of `base` that this table does not set itself.
    pub(super) fn inherit(&mut self, base: &Table) {
        for (key, value) in base {
            if !self.table.contains_key(key) {
                self.table.insert(key.clone(), value.clone());
            }
        }
    }

    pub(super) fn table(&self) -> &Table {
        &self.table
    }

    pub(super) fn into_table(self) -> Table {
        self.table
    }

    /// An empty table at the same place, for faults that show when this one is used up.
    pub(super) fn shell(&self) -> Self {
        Self::new(Table::new(), self.path.clone(), &self.sink)
    }

    /// Take `keys` as those that may stand here, unread: behind another fault of the section they
    /// cannot be judged.
    pub(super) fn leave(&mut self, keys: &[&str]) {
        for key in keys {
            let _: Option<Value> = self.take(key);
        }
    }

    /// Nothing may be left.
    pub(super) fn finish(self) {
        for key in self.table.keys() {
            let problem = match nearest(key, &self.known) {
                Some(known) => format!("no such key here; did you mean {known}?"),
                None => "no such key here".to_owned(),
            };
            self.error(key, problem);
        }
    }

    fn wrong<T>(&self, key: &str, wanted: &str, found: &Value) -> Option<T> {
        self.error(key, format!("must be {wanted}, not {}", found.type_str()));
        None
    }
}

/// The word that another one was probably meant to be: at most two letters off, and not half of it.
fn nearest<'a>(word: &str, known: &'a [String]) -> Option<&'a str> {
    let distances = known.iter().map(|it| (distance(word, it), it.as_str()));
    let (steps, found) = distances.min()?;
    (steps <= 2 && steps.saturating_mul(2) < found.len()).then_some(found)
}

/// Letters that are put in, left out or changed between two words.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, letter) in one.bytes().enumerate() {
        let mut diagonal = place;
        let mut left = place.saturating_add(1);
        for (slot, wanted) in row
            .iter_mut()
            .zip(std::iter::once(None).chain(other.bytes().map(Some)))
        {
            let above = *slot;
            if let Some(wanted) = wanted {
                let changed = diagonal.saturating_add(usize::from(wanted != letter));
                left = changed.min(above.min(left).saturating_add(1));
            }
            *slot = left;
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn a_misspelled_word_is_near_to_one_that_is_known() {
        let known = ["encoding", "length", "max"].map(str::to_owned);
        assert_eq!(distance("lenght", "length"), 2);
        assert_eq!(distance("", "max"), 3);
        assert_eq!(distance("same", "same"), 0);
        assert_eq!(nearest("lenght", &known), Some("length"));
        assert_eq!(nearest("encodng", &known), Some("encoding"));
        assert_eq!(nearest("color", &known), None);
        assert_eq!(nearest("m", &known), None);
    }
}
