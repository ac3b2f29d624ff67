//! A mapping that holds nothing but the texts of data elements, read without a copy.

use cbs_iso8583::{Part, Spec, Wiped, element_number};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// The message of such a mapping; None where it has anything else in it, or is wrong.
///
/// The general way through a tree of values then does the work and names the fault: this one is
/// for speed only.
pub(crate) fn encode(spec: &Spec, fields: &Bound<'_, PyDict>) -> Option<Wiped> {
    let mut message_type = None;
    let mut bitmap = None;
    let mut elements = Vec::with_capacity(fields.len());
    for (key, value) in fields {
        let value = value.cast_into::<PyString>().ok()?;
        let key = key.cast::<PyString>().ok()?.to_str().ok()?;
        match element_number(key) {
            Some(number) => elements.push((number, value)),
            None if key == "mti" => message_type = Some(value),
            None if key == "bitmap" => bitmap = Some(value),
            None => return None,
        }
    }
    let message_type = message_type?;
    let bitmap = match &bitmap {
        None => None,
        Some(text) => Some(text.to_str().ok()?),
    };
    let mut parts = Vec::with_capacity(elements.len());
    for (number, text) in &elements {
        parts.push(Part::Text(*number, text.to_str().ok()?));
    }
    let message_type = message_type.to_str().ok()?;
    spec.encode_texts(message_type, bitmap, &parts).ok()
}
