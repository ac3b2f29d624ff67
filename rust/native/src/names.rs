//! The keys of messages as Python texts, made once: a dictionary finds them by their address.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;

/// As many as three bitmaps have bits.
const ELEMENT_MAX: u16 = 192;

/// Interned texts of the data elements' numbers.
pub(crate) struct Names {
    numbers: Vec<Py<PyString>>,
    message_type: Py<PyString>,
}

static NAMES: PyOnceLock<Names> = PyOnceLock::new();

impl Names {
    pub(crate) fn of(python: Python<'_>) -> &'static Self {
        NAMES.get_or_init(python, || {
            let intern = |number: u16| PyString::intern(python, &number.to_string()).unbind();
            Self {
                numbers: (0..=ELEMENT_MAX).map(intern).collect(),
                message_type: PyString::intern(python, "mti").unbind(),
            }
        })
    }

    /// The number of a data element.
    pub(crate) fn of_element<'py>(&self, python: Python<'py>, field: u16) -> Bound<'py, PyString> {
        match self.numbers.get(usize::from(field)) {
            Some(known) => known.bind(python).clone(),
            None => PyString::new(python, &field.to_string()),
        }
    }

    pub(crate) fn message_type<'a, 'py>(&'a self, python: Python<'py>) -> &'a Bound<'py, PyString> {
        self.message_type.bind(python)
    }
}
