//! `cbs._native.MessageBuilder`: a message in the making.

use std::sync::{Mutex, MutexGuard, PoisonError};

use cbs_iso8583::{EncodeError, Value};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList};

use crate::errors;
use crate::mapping;
use crate::message::Message;

/// A message in the making: values are set and deleted by path, then it is built.
#[pyclass(frozen, module = "cbs._native")]
pub(crate) struct MessageBuilder {
    inner: Mutex<cbs_iso8583::MessageBuilder>,
}

impl MessageBuilder {
    pub(crate) fn new(inner: cbs_iso8583::MessageBuilder) -> Self {
        Self {
            inner: Mutex::new(inner),
        }
    }

    fn locked(&self) -> MutexGuard<'_, cbs_iso8583::MessageBuilder> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fields(&self) -> Vec<String> {
        let fields = self.locked().fields();
        fields.iter().map(u16::to_string).collect()
    }
}

/// Set what a Python value says at a path.
pub(crate) fn set(
    builder: &mut cbs_iso8583::MessageBuilder,
    path: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let refused = |error: EncodeError| errors::encode(value.py(), &error);
    let value: Value = mapping::read(value, path).map_err(refused)?;
    builder.set(path, value).map_err(refused)
}

/// Delete what is at a path.
pub(crate) fn delete(builder: &mut cbs_iso8583::MessageBuilder, path: &str) -> PyResult<()> {
    if builder.delete(path) {
        return Ok(());
    }
    Err(PyKeyError::new_err(path.to_owned()))
}

/// The message that a builder stands for.
pub(crate) fn build(
    python: Python<'_>,
    builder: &cbs_iso8583::MessageBuilder,
) -> PyResult<Message> {
    match builder.build() {
        Ok(message) => Ok(Message::new(message)),
        Err(error) => Err(errors::encode(python, &error)),
    }
}

#[pymethods]
impl MessageBuilder {
    fn __setitem__(&self, path: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        set(&mut self.locked(), path, value)
    }

    fn __delitem__(&self, path: &str) -> PyResult<()> {
        delete(&mut self.locked(), path)
    }

    fn __contains__(&self, path: &Bound<'_, PyAny>) -> bool {
        path.extract::<&str>()
            .is_ok_and(|path| self.locked().contains(path))
    }

    fn __iter__<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        PyList::new(python, self.fields())?.try_iter()
    }

    fn __len__(&self) -> usize {
        self.locked().fields().len()
    }

    fn __repr__(&self) -> String {
        format!("<MessageBuilder fields {}>", self.fields().join(" "))
    }

    fn build(&self, python: Python<'_>) -> PyResult<Message> {
        build(python, &self.locked())
    }
}

/// Add this file's class to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<MessageBuilder>()
}
