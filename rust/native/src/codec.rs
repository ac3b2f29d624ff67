//! `cbs._native.Codec`: one compiled wire specification.

use std::sync::Arc;

use cbs_iso8583::{EncodeError, ReadSpec, Severity, Spec, SpecIssue, SpecText, Value};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

use crate::batch::{self, Body};
use crate::builder::MessageBuilder;
use crate::errors;
use crate::flat;
use crate::mac::MacKey;
use crate::mapping;
use crate::message::Message;
use crate::octets::Octets;

/// What a conversion left out: its path, and the whole reason.
type Dropped = (String, String);

/// One wire specification, compiled.
#[pyclass(frozen, subclass, module = "cbs._native")]
pub(crate) struct Codec {
    pub(crate) inner: Arc<Spec>,
}

impl Codec {
    fn write<'py>(
        &self,
        python: Python<'py>,
        value: Result<Value, EncodeError>,
        mac_key: Option<&MacKey>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let octets = value.and_then(|value| match mac_key {
            None => self.inner.encode(&value),
            Some(key) => {
                let compute = |covered: &[u8]| key.compute(covered);
                self.inner.encode_sealed(&value, compute)
            }
        });
        match octets {
            Ok(octets) => Ok(PyBytes::new(python, &octets)),
            Err(error) => Err(errors::encode(python, &error)),
        }
    }
}

#[pymethods]
impl Codec {
    #[new]
    #[pyo3(signature = (specification, *, name, origin=None, read=None))]
    fn new(
        python: Python<'_>,
        specification: String,
        name: &str,
        origin: Option<&str>,
        read: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let own = own_text(specification, origin.unwrap_or(name));
        let spec = reading(read, |reader| Spec::parse_with(own, name, reader))?
            .map_err(|error| errors::specification(python, name, &error))?;
        Ok(Self {
            inner: Arc::new(spec),
        })
    }

    #[getter]
    fn header_bytes(&self) -> usize {
        self.inner.header_bytes()
    }

    #[getter]
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn __repr__(&self) -> String {
        format!("<Codec {}>", self.inner.name())
    }

    #[pyo3(signature = (body, *, verify=false))]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "so are arguments handed over"
    )]
    fn decode(&self, python: Python<'_>, body: Octets<'_>, verify: bool) -> PyResult<Message> {
        let outcome = if verify {
            self.inner.decode_verified(&body)
        } else {
            self.inner.decode(&body)
        };
        match outcome {
            Ok(message) => Ok(Message::new(message)),
            Err(error) => Err(errors::decode(python, error)),
        }
    }

    #[pyo3(signature = (message, *, mac_key=None))]
    fn encode<'py>(
        &self,
        python: Python<'py>,
        message: &Bound<'py, PyAny>,
        mac_key: Option<&MacKey>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        if let Ok(decoded) = message.cast::<Message>() {
            let Some(key) = mac_key else {
                return Ok(PyBytes::new(python, &decoded.get().inner.encode()));
            };
            return decoded.get().sealed(python, key);
        }
        if let (Ok(fields), None) = (message.cast::<PyDict>(), mac_key)
            && let Some(octets) = flat::encode(&self.inner, fields)
        {
            return Ok(PyBytes::new(python, &octets));
        }
        let is_record = || message.get_type().hasattr("__dataclass_fields__");
        if !message.is_instance_of::<PyDict>() && is_record()? {
            let binding = python.import("cbs.binding")?;
            let fields = binding.call_method1("to_fields", (message,))?;
            return self.write(python, mapping::read(&fields, ""), mac_key);
        }
        self.write(python, mapping::read(message, ""), mac_key)
    }

    #[pyo3(signature = (document, *, mac_key=None))]
    fn encode_json<'py>(
        &self,
        python: Python<'py>,
        document: &Bound<'py, PyAny>,
        mac_key: Option<&MacKey>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let value = match document.cast::<PyString>() {
            Ok(text) => mapping::whole_text(text, "message")
                .and_then(|text| Value::from_json(text.as_bytes())),
            Err(_) => Value::from_json(document.extract()?),
        };
        self.write(python, value, mac_key)
    }

    fn decode_many<'py>(
        &self,
        python: Python<'py>,
        bodies: Vec<Body<'py>>,
    ) -> PyResult<Bound<'py, PyList>> {
        batch::decode(python, &self.inner, bodies)
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "so are arguments handed over"
    )]
    fn verify_mac(&self, body: Octets<'_>, key: &MacKey) -> bool {
        key.seals(self.inner.sealed(&body))
    }

    #[pyo3(signature = (message, *, mti=None, drop=false))]
    fn convert(
        &self,
        python: Python<'_>,
        message: &Message,
        mti: Option<&str>,
        drop: bool,
    ) -> PyResult<(Message, Vec<Dropped>)> {
        match self.inner.convert(&message.inner, mti, drop) {
            Ok(converted) => {
                let reason = |it: EncodeError| {
                    let text = it.to_string();
                    (it.path, text)
                };
                let dropped = converted.dropped.into_iter().map(reason).collect();
                Ok((Message::new(converted.message), dropped))
            }
            Err(error) => Err(errors::encode(python, &error)),
        }
    }

    fn builder(&self, mti: &str) -> MessageBuilder {
        MessageBuilder::new(cbs_iso8583::MessageBuilder::new(&self.inner, mti))
    }
}

/// Severity, path, line, problem, and the specification it stands in if not the one itself.
type LintRow = (&'static str, String, Option<usize>, String, Option<String>);

/// Everything that is wrong or odd in a specification and in those that it extends.
#[pyfunction]
#[pyo3(signature = (specification, *, origin="", read=None))]
fn lint_specification(
    specification: String,
    origin: &str,
    read: Option<&Bound<'_, PyAny>>,
) -> PyResult<Vec<LintRow>> {
    let word = |severity| match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let own = own_text(specification, origin);
    let issues = reading(read, |reader| Spec::lint_with(own, reader))?;
    let row = |it: SpecIssue| (word(it.severity), it.path, it.line, it.problem, it.file);
    Ok(issues.into_iter().map(row).collect())
}

fn own_text(text: String, origin: &str) -> SpecText {
    SpecText {
        origin: origin.to_owned(),
        text,
    }
}

/// Do `work` with a reader of other specifications that asks `read` of Python. A
/// `SpecificationError` of it becomes a fault of the specification, any other error is raised.
fn reading<Outcome>(
    read: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&mut ReadSpec<'_>) -> Outcome,
) -> PyResult<Outcome> {
    let mut raised = None;
    let mut reader = |wanted: &str, origin: &str| {
        let Some(read) = read else {
            return Err(format!("there is nowhere to read {wanted:?} from"));
        };
        let found = read.call1((wanted, origin));
        match found.and_then(|pair| pair.extract::<(String, String)>()) {
            Ok((origin, text)) => Ok(SpecText { origin, text }),
            Err(error) => {
                let problem = error.value(read.py()).to_string();
                if !errors::is_specification(read.py(), &error) {
                    raised.get_or_insert(error);
                }
                Err(problem)
            }
        }
    };
    let outcome = work(&mut reader);
    raised.map_or(Ok(outcome), Err)
}

/// Add this file's classes and functions to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(lint_specification, module)?)?;
    module.add_class::<Codec>()
}
