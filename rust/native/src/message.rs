//! `cbs._native.Message`: a read-only mapping from path to text.

use std::sync::Arc;

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyIterator, PyList};

/// One decoded message; card data masked unless asked for by `reveal`.
#[pyclass(frozen, module = "cbs._native")]
pub(crate) struct Message {
    pub(crate) inner: Arc<cbs_iso8583::Message>,
}

impl Message {
    pub(crate) fn new(message: cbs_iso8583::Message) -> Self {
        Self {
            inner: Arc::new(message),
        }
    }
}

#[pymethods]
impl Message {
    #[getter]
    fn mti(&self) -> &str {
        self.inner.mti()
    }

    #[getter]
    fn bitmap(&self) -> String {
        self.inner.bitmap()
    }

    fn __getitem__(&self, path: &str) -> PyResult<String> {
        self.inner
            .masked_text(path)
            .ok_or_else(|| PyKeyError::new_err(path.to_owned()))
    }

    #[pyo3(signature = (path, default=None))]
    fn get(&self, path: &str, default: Option<String>) -> Option<String> {
        self.inner.masked_text(path).or(default)
    }

    fn __contains__(&self, path: &Bound<'_, PyAny>) -> bool {
        path.extract::<&str>()
            .is_ok_and(|path| self.inner.contains(path))
    }

    fn __iter__<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        let numbers: Vec<String> = self.inner.fields().map(|field| field.to_string()).collect();
        PyList::new(python, numbers)?.try_iter()
    }

    fn __len__(&self) -> usize {
        self.inner.field_count()
    }

    fn __repr__(&self) -> String {
        let fields: Vec<String> = self.inner.fields().map(|field| field.to_string()).collect();
        format!("<Message {} fields {}>", self.inner.mti(), fields.join(" "))
    }

    fn reveal(&self, path: &str) -> PyResult<String> {
        let text = self.inner.clear_text(path);
        text.map(|text| (*text).to_owned())
            .ok_or_else(|| PyKeyError::new_err(path.to_owned()))
    }

    #[pyo3(signature = (*, reveal=false))]
    fn to_json<'py>(&self, python: Python<'py>, reveal: bool) -> Bound<'py, PyBytes> {
        PyBytes::new(python, &self.inner.to_json(reveal))
    }

    #[pyo3(signature = (*, reveal=false))]
    fn describe(&self, reveal: bool) -> Vec<(String, String, String)> {
        self.inner.rows(!reveal)
    }
}

/// Add this file's classes to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Message>()
}
