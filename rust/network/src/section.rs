//! One table of a profile file, read key by key; whatever is left over at the end is an error.

use std::ops::RangeInclusive;

use toml::{Table, Value};

use crate::error::ProfileError;

/// A table and its dotted path in the file.
pub(crate) struct Section {
    path: String,
    table: Table,
}

impl Section {
    pub(crate) fn parse(text: &str) -> Result<Self, ProfileError> {
        let table = text
            .parse::<Table>()
            .map_err(|error| ProfileError::Syntax {
                text: error.to_string(),
            })?;
        Ok(Self {
            path: String::new(),
            table,
        })
    }

    /// The dotted path of a key of this table.
    pub(crate) fn key(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    pub(crate) fn section(&mut self, key: &str) -> Result<Self, ProfileError> {
        match self.take(key)? {
            Value::Table(table) => Ok(Self {
                path: self.key(key),
                table,
            }),
            _ => Err(ProfileError::invalid(self.key(key), "a table")),
        }
    }

    pub(crate) fn text(&mut self, key: &str) -> Result<String, ProfileError> {
        let value = self.take(key)?;
        text_of(&self.key(key), value)
    }

    pub(crate) fn boolean(&mut self, key: &str) -> Result<bool, ProfileError> {
        self.take(key)?
            .as_bool()
            .ok_or_else(|| ProfileError::invalid(self.key(key), "true or false"))
    }

    pub(crate) fn integer(
        &mut self,
        key: &str,
        range: &RangeInclusive<i64>,
    ) -> Result<i64, ProfileError> {
        let value = self
            .take(key)?
            .as_integer()
            .filter(|value| range.contains(value));
        value.ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            ProfileError::invalid(self.key(key), format!("an integer from {least} to {most}"))
        })
    }

    pub(crate) fn texts(&mut self, key: &str) -> Result<Vec<String>, ProfileError> {
        let value = self.take(key)?;
        texts_of(&self.key(key), value)
    }

    /// The inner tables of a list of tables.
    pub(crate) fn sections(&mut self, key: &str) -> Result<Vec<Self>, ProfileError> {
        let path = self.key(key);
        let Value::Array(items) = self.take(key)? else {
            return Err(ProfileError::invalid(path, "a list of tables"));
        };
        let section = |(index, item)| match item {
            Value::Table(table) => Ok(Self {
                path: format!("{path}[{index}]"),
                table,
            }),
            _ => Err(ProfileError::invalid(format!("{path}[{index}]"), "a table")),
        };
        items.into_iter().enumerate().map(section).collect()
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The keys of a table that is a map, in the order of their text.
    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.table.keys().cloned().collect();
        keys.sort();
        keys
    }

    /// Ends the reading: a key that nobody took is a spelling mistake.
    pub(crate) fn finish(self) -> Result<(), ProfileError> {
        match self.table.keys().next() {
            Some(key) => Err(ProfileError::Unknown { key: self.key(key) }),
            None => Ok(()),
        }
    }

    fn take(&mut self, key: &str) -> Result<Value, ProfileError> {
        let value = self.table.remove(key);
        value.ok_or_else(|| ProfileError::Missing { key: self.key(key) })
    }
}

fn text_of(path: &str, value: Value) -> Result<String, ProfileError> {
    match value {
        Value::String(text) if !text.is_empty() => Ok(text),
        _ => Err(ProfileError::invalid(path, "a text that is not empty")),
    }
}

fn texts_of(path: &str, value: Value) -> Result<Vec<String>, ProfileError> {
    let Value::Array(items) = value else {
        return Err(ProfileError::invalid(path, "a list of texts"));
    };
    let item_text = |(index, item)| text_of(&format!("{path}[{index}]"), item);
    items.into_iter().enumerate().map(item_text).collect()
}
