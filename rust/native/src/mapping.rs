//! Python mappings, lists and texts as a tree of values.

use cbs_iso8583::{EncodeError, Value};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};

/// Deepest nesting that is read; a message has far less.
const DEPTH_MAX: usize = 16;

/// Read a value at `path`, which error texts name.
pub(crate) fn read(value: &Bound<'_, PyAny>, path: &str) -> Result<Value, EncodeError> {
    read_nested(value, path, 0)
}

/// The text in UTF-8. Python's own error for one that has none would hold the text, card data and
/// all.
pub(crate) fn whole_text<'a>(
    text: &'a Bound<'_, PyString>,
    path: &str,
) -> Result<&'a str, EncodeError> {
    text.to_str()
        .map_err(|_| error(path, "a text", "lone surrogates"))
}

fn read_nested(value: &Bound<'_, PyAny>, path: &str, depth: usize) -> Result<Value, EncodeError> {
    if depth > DEPTH_MAX {
        return Err(error(path, "less nesting", "more"));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Value::text(whole_text(text, path)?));
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let items = value
            .try_iter()
            .map_err(|_| error(path, "a list", "another value"))?;
        let items = items.map(|item| {
            let item = item.map_err(|_| error(path, "a list", "another value"))?;
            read_nested(&item, path, depth + 1)
        });
        return Ok(Value::List(items.collect::<Result<_, _>>()?));
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        return read_members(dict, path, depth);
    }
    let copied = value.cast::<PyMapping>().ok().and_then(|mapping| {
        let copy = PyDict::new(value.py());
        copy.update(mapping).ok().map(|()| copy)
    });
    match copied {
        Some(dict) => read_members(&dict, path, depth),
        None => Err(error(path, "a text, a list or a mapping", kind_of(value))),
    }
}

/// What a value is that cannot be in a message, by the word for it in JSON.
fn kind_of(value: &Bound<'_, PyAny>) -> &'static str {
    if value.is_none() {
        "null"
    } else if value.is_instance_of::<PyBool>() {
        "true or false"
    } else if value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>() {
        "a number"
    } else {
        "another type"
    }
}

fn read_members(dict: &Bound<'_, PyDict>, path: &str, depth: usize) -> Result<Value, EncodeError> {
    let mut members = Vec::with_capacity(dict.len());
    for (key, value) in dict {
        let Ok(key) = key.extract::<String>() else {
            return Err(error(path, "texts as keys", "another type"));
        };
        let inner = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        members.push((key, read_nested(&value, &inner, depth + 1)?));
    }
    Ok(Value::Map(members))
}

fn error(path: &str, expected: &str, found: &str) -> EncodeError {
    EncodeError::new(path, expected, found)
}
