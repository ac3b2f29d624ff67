//! Reads a TOML table key by key, so that every error names its path inside the file.

use toml::{Table, Value};

use crate::error::SpecError;

/// A table whose keys are taken out one by one; what is left at the end is unknown.
pub(super) struct Section {
    table: Table,
    path: String,
}

impl Section {
    pub(super) fn new(table: Table, path: impl Into<String>) -> Self {
        Self {
            table,
            path: path.into(),
        }
    }

    /// An error about `key` of this table.
    pub(super) fn error(&self, key: &str, problem: impl Into<String>) -> SpecError {
        SpecError {
            path: self.path_of(key),
            problem: problem.into(),
        }
    }

    pub(super) fn path_of(&self, key: &str) -> String {
        match (self.path.is_empty(), key.is_empty()) {
            (_, true) => self.path.clone(),
            (true, _) => key.to_owned(),
            _ => format!("{}.{key}", self.path),
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(super) fn text(&mut self, key: &str) -> Result<Option<String>, SpecError> {
        match self.table.remove(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(key, "a text", &other)),
        }
    }

    pub(super) fn count(&mut self, key: &str) -> Result<Option<usize>, SpecError> {
        match self.table.remove(key) {
            None => Ok(None),
            Some(Value::Integer(number)) if (0..=65_535).contains(&number) => {
                Ok(usize::try_from(number).ok())
            }
            Some(other) => Err(self.wrong(key, "a number from 0 to 65535", &other)),
        }
    }

    pub(super) fn flag(&mut self, key: &str) -> Result<Option<bool>, SpecError> {
        match self.table.remove(key) {
            None => Ok(None),
            Some(Value::Boolean(flag)) => Ok(Some(flag)),
            Some(other) => Err(self.wrong(key, "true or false", &other)),
        }
    }

    pub(super) fn section(&mut self, key: &str) -> Result<Option<Self>, SpecError> {
        match self.table.remove(key) {
            None => Ok(None),
            Some(Value::Table(table)) => Ok(Some(Self::new(table, self.path_of(key)))),
            Some(other) => Err(self.wrong(key, "a table", &other)),
        }
    }

    /// An array of tables, each with its place (from 0) in its path.
    pub(super) fn sections(&mut self, key: &str) -> Result<Vec<Self>, SpecError> {
        let values = match self.table.remove(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(values)) => values,
            Some(other) => return Err(self.wrong(key, "an array of tables", &other)),
        };
        let mut sections = Vec::with_capacity(values.len());
        for (index, value) in values.into_iter().enumerate() {
            let place = format!("{key}.{index}");
            match value {
                Value::Table(table) => sections.push(Self::new(table, self.path_of(&place))),
                other => return Err(self.wrong(&place, "a table", &other)),
            }
        }
        Ok(sections)
    }

    /// Every remaining key as a table, in the file's order.
    pub(super) fn entries(mut self) -> Result<Vec<(String, Self)>, SpecError> {
        let table = std::mem::take(&mut self.table);
        table
            .into_iter()
            .map(|(key, value)| match value {
                Value::Table(inner) => {
                    let path = self.path_of(&key);
                    Ok((key, Self::new(inner, path)))
                }
                other => Err(self.wrong(&key, "a table", &other)),
            })
            .collect()
    }

    /// Keys of `base` that this table does not set itself.
    pub(super) fn inherit(&mut self, base: &Table) {
        for (key, value) in base {
            if !self.table.contains_key(key) {
                self.table.insert(key.clone(), value.clone());
            }
        }
    }

    pub(super) fn into_table(self) -> Table {
        self.table
    }

    /// Nothing may be left.
    pub(super) fn finish(self) -> Result<(), SpecError> {
        match self.table.keys().next() {
            None => Ok(()),
            Some(key) => Err(self.error(key, "no such key here")),
        }
    }

    fn wrong(&self, key: &str, wanted: &str, found: &Value) -> SpecError {
        self.error(key, format!("must be {wanted}, not {}", found.type_str()))
    }
}
