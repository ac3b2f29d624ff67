//! `cbs._native.Codec`: one compiled wire specification.

use std::sync::Arc;

use cbs_iso8583::Spec;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors;
use crate::mapping;
use crate::message::Message;

/// One wire specification, compiled.
#[pyclass(frozen, subclass, module = "cbs._native")]
pub(crate) struct Codec {
    pub(crate) inner: Arc<Spec>,
}

#[pymethods]
impl Codec {
    #[new]
    #[pyo3(signature = (specification, *, name))]
    fn new(python: Python<'_>, specification: &str, name: &str) -> PyResult<Self> {
        let spec = Spec::parse(specification, name)
            .map_err(|error| errors::specification(python, name, &error))?;
        Ok(Self {
            inner: Arc::new(spec),
        })
    }

    #[getter]
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn __repr__(&self) -> String {
        format!("<Codec {}>", self.inner.name())
    }

    fn decode(&self, python: Python<'_>, body: &[u8]) -> PyResult<Message> {
        match self.inner.decode(body) {
            Ok(message) => Ok(Message::new(message)),
            Err(error) => Err(errors::decode(python, error)),
        }
    }

    fn encode<'py>(
        &self,
        python: Python<'py>,
        message: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        if let Ok(decoded) = message.cast::<Message>() {
            return Ok(PyBytes::new(python, &decoded.get().inner.encode()));
        }
        let value = mapping::read(message, "").map_err(|error| errors::encode(python, &error))?;
        match self.inner.encode(&value) {
            Ok(octets) => Ok(PyBytes::new(python, &octets)),
            Err(error) => Err(errors::encode(python, &error)),
        }
    }
}

/// Add this file's classes to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Codec>()
}
