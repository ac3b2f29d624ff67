//! Many bodies decoded in one call.

use std::sync::Arc;

use cbs_iso8583::{DecodeError, Spec};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::errors;
use crate::framer::Frame;
use crate::message::Message;
use crate::octets::Octets;

/// Octets, below which decoding is over before another thread could have run.
const DETACHED_BYTES_MIN: usize = 8_192;

/// One body, of bytes that nobody changes meanwhile.
pub(crate) enum Body<'py> {
    Octets(Octets<'py>),
    Frame(Bound<'py, Frame>),
}

impl<'py> FromPyObject<'_, 'py> for Body<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(frame) = object.cast::<Frame>() {
            return Ok(Self::Frame(frame.to_owned()));
        }
        match object.extract() {
            Ok(octets) => Ok(Self::Octets(octets)),
            Err(_) => Err(PyTypeError::new_err("bodies must be bytes or frames")),
        }
    }
}

impl Body<'_> {
    fn octets(&self) -> &[u8] {
        match self {
            Self::Octets(octets) => octets,
            Self::Frame(frame) => frame.get().inner.body(),
        }
    }
}

/// A message or a `DecodeError` for each body, in order.
pub(crate) fn decode<'py>(
    python: Python<'py>,
    spec: &Arc<Spec>,
    bodies: Vec<Body<'py>>,
) -> PyResult<Bound<'py, PyList>> {
    let octets: Vec<&[u8]> = bodies.iter().map(Body::octets).collect();
    let read = || -> Vec<Result<cbs_iso8583::Message, DecodeError>> {
        octets.iter().map(|body| spec.decode(body)).collect()
    };
    let total: usize = octets.iter().map(|body| body.len()).sum();
    let outcomes = if total < DETACHED_BYTES_MIN {
        read()
    } else {
        python.detach(read)
    };
    drop(bodies);
    let found = PyList::empty(python);
    for outcome in outcomes {
        match outcome {
            Ok(message) => found.append(Message::new(message).into_pyobject(python)?)?,
            Err(error) => found.append(errors::decode(python, error).value(python))?,
        }
    }
    Ok(found)
}
