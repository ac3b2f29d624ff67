//! `cbs._native.Track2`: a track taken apart.

use pyo3::prelude::*;

/// The parts of track 2; the card number masked and the rest withheld unless revealed.
#[pyclass(frozen, module = "cbs._native")]
pub(crate) struct Track2 {
    inner: cbs_iso8583::Track2,
    reveal: bool,
}

impl Track2 {
    pub(crate) fn new(inner: cbs_iso8583::Track2, reveal: bool) -> Self {
        Self { inner, reveal }
    }
}

#[pymethods]
impl Track2 {
    #[getter]
    fn pan(&self) -> String {
        if self.reveal {
            return (**self.inner.pan()).to_owned();
        }
        self.inner.pan_masked()
    }

    #[getter]
    fn expiry(&self) -> Option<&str> {
        self.inner.expiry()
    }

    #[getter]
    fn service_code(&self) -> Option<&str> {
        self.inner.service_code()
    }

    #[getter]
    fn discretionary_data(&self) -> Option<&str> {
        self.reveal.then(|| &**self.inner.discretionary())
    }

    fn __repr__(&self) -> String {
        let part = |text: Option<&str>| text.unwrap_or("none").to_owned();
        let (expiry, code) = (part(self.inner.expiry()), part(self.inner.service_code()));
        let pan = self.inner.pan_masked();
        format!("<Track2 {pan} expiry {expiry} service code {code}>")
    }
}

/// Add this file's class to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Track2>()
}
