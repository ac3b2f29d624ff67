//! The one place where errors of the pure crates become exceptions of `cbs.errors`.

use cbs_iso8583::{DecodeError, EncodeError, SpecError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use crate::message::Message;

/// A class of `cbs.errors`, imported when it is first needed.
pub(crate) struct ErrorClass {
    name: &'static str,
    class: PyOnceLock<Py<PyType>>,
}

pub(crate) static SPECIFICATION: ErrorClass = ErrorClass::named("SpecificationError");
pub(crate) static DECODE: ErrorClass = ErrorClass::named("DecodeError");
pub(crate) static ENCODE: ErrorClass = ErrorClass::named("EncodeError");
pub(crate) static PROFILE: ErrorClass = ErrorClass::named("ProfileError");
pub(crate) static SETTINGS: ErrorClass = ErrorClass::named("SettingsError");
pub(crate) static FRAME: ErrorClass = ErrorClass::named("FrameError");

impl ErrorClass {
    pub(crate) const fn named(name: &'static str) -> Self {
        Self {
            name,
            class: PyOnceLock::new(),
        }
    }

    /// An exception of this class.
    pub(crate) fn raise(
        &self,
        python: Python<'_>,
        text: &str,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyErr {
        let raised = self
            .class
            .import(python, "cbs.errors", self.name)
            .and_then(|class| class.call((text,), keywords));
        match raised {
            Ok(exception) => PyErr::from_value(exception),
            Err(error) => error,
        }
    }
}

/// Whether an error that Python raised says that a specification cannot be used.
pub(crate) fn is_specification(python: Python<'_>, error: &PyErr) -> bool {
    let class = SPECIFICATION
        .class
        .import(python, "cbs.errors", SPECIFICATION.name);
    class.is_ok_and(|class| error.is_instance(python, class.as_any()))
}

pub(crate) fn specification(python: Python<'_>, name: &str, error: &SpecError) -> PyErr {
    SPECIFICATION.raise(python, &format!("{name}: {error}"), None)
}

pub(crate) fn decode(python: Python<'_>, error: DecodeError) -> PyErr {
    let text = error.to_string();
    let keywords = PyDict::new(python);
    let filled = keywords
        .set_item("path", &error.path)
        .and_then(|()| keywords.set_item("offset", error.offset))
        .and_then(|()| {
            let partial = error.partial.map(|message| Message::new(*message));
            keywords.set_item("partial", partial)
        });
    match filled {
        Ok(()) => DECODE.raise(python, &text, Some(&keywords)),
        Err(error) => error,
    }
}

pub(crate) fn encode(python: Python<'_>, error: &EncodeError) -> PyErr {
    let keywords = PyDict::new(python);
    match keywords.set_item("path", &error.path) {
        Ok(()) => ENCODE.raise(python, &error.to_string(), Some(&keywords)),
        Err(error) => error,
    }
}
