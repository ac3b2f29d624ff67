//! Arguments of bytes: `bytes` are borrowed, what may change under our hands is copied.

use std::ops::Deref;

use cbs_iso8583::Wiped;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Octets of any object that holds some: `bytes`, `bytearray`, `memoryview`.
pub(crate) enum Octets<'py> {
    Borrowed(Bound<'py, PyBytes>),
    Copied(Wiped),
}

impl<'py> FromPyObject<'_, 'py> for Octets<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(octets) = object.cast::<PyBytes>() {
            return Ok(Self::Borrowed(octets.to_owned()));
        }
        let octets = PyBuffer::<u8>::get(&object).and_then(|buffer| buffer.to_vec(object.py()));
        match octets {
            Ok(octets) => Ok(Self::Copied(Wiped::new(octets))),
            Err(_) => Err(PyTypeError::new_err(format!(
                "bytes are needed, not {}",
                object.get_type().name()?
            ))),
        }
    }
}

impl Deref for Octets<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(octets) => octets.as_bytes(),
            Self::Copied(octets) => octets,
        }
    }
}
