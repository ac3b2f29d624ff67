//! `cbs._native.Framer` and `Frame`.

use std::sync::{Mutex, PoisonError};

use cbs_iso8583::{FrameError, HeaderPart, PollPolicy};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::errors;
use crate::octets::Octets;

/// One frame cut from the stream.
#[pyclass(frozen, module = "cbs._native")]
pub(crate) struct Frame {
    pub(crate) inner: cbs_iso8583::Frame,
}

#[pymethods]
impl Frame {
    #[getter]
    fn kind(&self) -> &'static str {
        self.inner.kind().word()
    }

    #[getter]
    fn prefix<'py>(&self, python: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(python, self.inner.prefix())
    }

    #[getter]
    fn header<'py>(&self, python: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.inner
            .header()
            .map(|header| PyBytes::new(python, header))
    }

    #[getter]
    fn body<'py>(&self, python: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(python, self.inner.body())
    }

    #[getter]
    fn trailer<'py>(&self, python: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(python, self.inner.trailer())
    }

    fn header_fields<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        named(python, self.inner.header_fields())
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.inner)
    }
}

/// Cuts a byte stream into frames and wraps bodies into frames.
#[pyclass(frozen, module = "cbs._native")]
pub(crate) struct Framer {
    inner: Mutex<cbs_iso8583::Framer>,
}

impl Framer {
    fn locked(&self) -> std::sync::MutexGuard<'_, cbs_iso8583::Framer> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Framer {
    #[new]
    #[pyo3(signature = (framing, *, header=None, frame_length_max=2048, polls="answer"))]
    fn new(
        framing: &str,
        header: Option<&str>,
        frame_length_max: usize,
        polls: &str,
    ) -> PyResult<Self> {
        let polls = PollPolicy::parse(polls).map_err(PyValueError::new_err)?;
        let inner = cbs_iso8583::Framer::from_texts(framing, header, frame_length_max)
            .map_err(PyValueError::new_err)?
            .with_polls(polls);
        Ok(Self {
            inner: Mutex::new(inner),
        })
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "so are arguments handed over"
    )]
    fn feed(&self, python: Python<'_>, data: Octets<'_>) -> PyResult<Vec<Frame>> {
        let outcome = self.locked().feed(&data);
        outcome.map(frames).map_err(|error| raise(python, error))
    }

    #[getter]
    fn pending_bytes(&self) -> usize {
        self.locked().pending_bytes()
    }

    #[pyo3(signature = (body, *, header=None, reply_to=None))]
    fn wrap<'py>(
        &self,
        python: Python<'py>,
        body: &[u8],
        header: Option<&[u8]>,
        reply_to: Option<&Bound<'py, Frame>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let outcome = self
            .locked()
            .wrap(body, header, reply_to.map(|frame| &frame.get().inner));
        match outcome {
            Ok(octets) => Ok(PyBytes::new(python, &octets)),
            Err(error) => Err(raise(python, error)),
        }
    }

    fn answer<'py>(
        &self,
        python: Python<'py>,
        frame: &Bound<'py, Frame>,
    ) -> Option<Bound<'py, PyBytes>> {
        let octets = self.locked().answer(&frame.get().inner);
        octets.map(|octets| PyBytes::new(python, &octets))
    }
}

fn named<'py>(
    python: Python<'py>,
    parts: Vec<(&'static str, HeaderPart)>,
) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(python);
    for (name, part) in parts {
        match part {
            HeaderPart::Number(number) => fields.set_item(name, number)?,
            HeaderPart::Text(text) => fields.set_item(name, text)?,
            HeaderPart::Header(parts) => fields.set_item(name, named(python, parts)?)?,
        }
    }
    Ok(fields)
}

fn frames(frames: Vec<cbs_iso8583::Frame>) -> Vec<Frame> {
    frames.into_iter().map(|inner| Frame { inner }).collect()
}

fn raise(python: Python<'_>, error: FrameError) -> PyErr {
    let text = error.to_string();
    let keywords = PyDict::new(python);
    let filled = keywords
        .set_item("offset", error.offset)
        .and_then(|()| keywords.set_item("frames", frames(error.frames)));
    match filled {
        Ok(()) => errors::FRAME.raise(python, &text, Some(&keywords)),
        Err(error) => error,
    }
}

/// Add this file's classes to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Frame>()?;
    module.add_class::<Framer>()
}
