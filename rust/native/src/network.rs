//! Python's view of the network profile: conversion only.

use std::sync::Arc;

use cbs_network::{Decision, LinkValue, RECORD_COLUMNS, ReplyError, Value};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyList, PyString, PyTuple};

use crate::codec::Codec;
use crate::errors;
use crate::mapping;
use crate::message::Message;

/// The key that turns a card number into its token. Wiped on drop.
#[pyclass(frozen, module = "cbs._native")]
pub(crate) struct TokenKey(Arc<cbs_crypto::TokenKey>);

impl TokenKey {
    pub(crate) fn digest(&self, data: &[u8]) -> [u8; 32] {
        self.0.digest(data)
    }
}

#[pymethods]
impl TokenKey {
    #[new]
    #[pyo3(signature = (key, *, key_id = 1))]
    fn new(python: Python<'_>, key: &[u8], key_id: i16) -> PyResult<Self> {
        let key = cbs_crypto::TokenKey::new(key, key_id)
            .map_err(|error| errors::SETTINGS.raise(python, &error.to_string(), None))?;
        Ok(Self(Arc::new(key)))
    }

    #[getter]
    fn key_id(&self) -> i16 {
        self.0.key_id()
    }

    fn token<'py>(
        &self,
        python: Python<'py>,
        pan: &Bound<'_, PyString>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let pan = mapping::whole_text(pan, "pan").map_err(|it| errors::encode(python, &it))?;
        Ok(PyBytes::new(python, &self.0.token(pan)))
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// A network profile: which fields mean what, which are echoed, how deadlines end.
#[pyclass(frozen, subclass, module = "cbs._native")]
pub(crate) struct Profile {
    inner: cbs_network::Profile,
    spec: Arc<cbs_iso8583::Spec>,
    token_key: Arc<cbs_crypto::TokenKey>,
}

#[pymethods]
impl Profile {
    #[new]
    #[pyo3(signature = (profile, *, name, codec, token_key))]
    fn new(
        python: Python<'_>,
        profile: &str,
        name: &str,
        codec: &Codec,
        token_key: &TokenKey,
    ) -> PyResult<Self> {
        let profile = cbs_network::Profile::parse(profile, name).and_then(|profile| {
            profile.check(&codec.inner)?;
            Ok(profile)
        });
        let profile = profile
            .map_err(|error| errors::PROFILE.raise(python, &format!("{name}: {error}"), None))?;
        let (spec, token_key) = (Arc::clone(&codec.inner), Arc::clone(&token_key.0));
        Ok(Self {
            inner: profile,
            spec,
            token_key,
        })
    }

    #[getter]
    fn name(&self) -> &str {
        self.inner.name()
    }

    #[getter]
    fn link<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let link = PyDict::new(python);
        for (key, value) in self.inner.link().values() {
            match value {
                LinkValue::Text(text) => link.set_item(key, text)?,
                LinkValue::Integer(number) => link.set_item(key, number)?,
                LinkValue::Boolean(switch) => link.set_item(key, switch)?,
                LinkValue::Texts(texts) => link.set_item(key, PyList::new(python, texts)?)?,
                LinkValue::Nothing => link.set_item(key, python.None())?,
            }
        }
        Ok(link)
    }

    #[pyo3(signature = (message, *, received_at_us, format_error = None))]
    fn read(&self, message: &Message, received_at_us: i64, format_error: Option<&str>) -> Request {
        let message = Arc::clone(&message.inner);
        Request(
            self.inner
                .read(message, &self.token_key, received_at_us, format_error),
        )
    }

    #[pyo3(signature = (
        request,
        response_code,
        *,
        authorization_code = None,
        amount_minor = None,
        billing_amount_minor = None,
        billing_currency = None,
        additional_amounts = None,
    ))]
    #[expect(
        clippy::too_many_arguments,
        reason = "the keyword arguments of the Python method"
    )]
    fn reply<'py>(
        &self,
        python: Python<'py>,
        request: &Request,
        response_code: &str,
        authorization_code: Option<&str>,
        amount_minor: Option<i64>,
        billing_amount_minor: Option<i64>,
        billing_currency: Option<&str>,
        additional_amounts: Option<&str>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let decision = Decision {
            response_code,
            authorization_code,
            amount_minor,
            billing_amount_minor,
            billing_currency,
            additional_amounts,
        };
        let reply = self.inner.reply(&self.spec, &request.0, &decision);
        Ok(PyBytes::new(
            python,
            &reply.map_err(|error| reply_error(python, &error))?,
        ))
    }

    #[pyo3(signature = (code, *, stan, transmitted_at_us))]
    fn network_management<'py>(
        &self,
        python: Python<'py>,
        code: &str,
        stan: u32,
        transmitted_at_us: i64,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let body = self
            .inner
            .network_management(&self.spec, code, stan, transmitted_at_us);
        Ok(PyBytes::new(
            python,
            &body.map_err(|error| errors::encode(python, &error))?,
        ))
    }

    fn __repr__(&self) -> String {
        format!("<Profile {}>", self.inner.name())
    }
}

/// One message from the network, read through a profile.
#[pyclass(frozen, module = "cbs._native")]
pub(crate) struct Request(cbs_network::Request);

impl Request {
    fn column(&self, name: &str) -> Option<&Value> {
        self.0.record()?.value(name)
    }
}

#[pymethods]
impl Request {
    #[getter]
    fn kind<'py>(&self, python: Python<'py>) -> &Bound<'py, PyString> {
        use cbs_network::RequestKind;
        match self.0.kind() {
            RequestKind::Decide => pyo3::intern!(python, "decide"),
            RequestKind::NetworkManagement => pyo3::intern!(python, "network_management"),
            RequestKind::Refuse => pyo3::intern!(python, "refuse"),
            RequestKind::Response => pyo3::intern!(python, "response"),
            RequestKind::Ignore => pyo3::intern!(python, "ignore"),
        }
    }

    #[getter]
    fn message_type(&self) -> &str {
        self.0.message_type()
    }

    #[getter]
    fn refusal(&self) -> Option<&str> {
        self.0.refusal()
    }

    #[getter]
    fn network_management_code(&self) -> Option<&str> {
        self.0.network_management_code()
    }

    #[getter]
    fn is_advice(&self) -> bool {
        self.0.is_advice()
    }

    #[getter]
    fn card_token<'py>(&self, python: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        match self.column("card_token")? {
            Value::Token(token) => Some(PyBytes::new(python, token)),
            _ => None,
        }
    }

    #[getter]
    fn pan_masked(&self) -> Option<&str> {
        self.column("pan_masked")?.as_text()
    }

    #[getter]
    fn stan(&self) -> Option<&str> {
        self.0.stan()
    }

    #[getter]
    fn record<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match self.0.record() {
            Some(record) => PyTuple::new(
                python,
                record.values().iter().map(|value| object(python, value)),
            ),
            None => Err(PyValueError::new_err("only decisions have a record")),
        }
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// One PostgreSQL array per column, in its binary form, for a batch of requests.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arguments arrive as owned values"
)]
fn pack_records<'py>(
    python: Python<'py>,
    requests: Vec<PyRef<'py, Request>>,
) -> PyResult<Bound<'py, PyList>> {
    let records: Vec<_> = requests
        .iter()
        .filter_map(|request| request.0.record())
        .collect();
    if records.len() != requests.len() {
        return Err(PyValueError::new_err("only decisions have a record"));
    }
    let arrays = cbs_network::pack_columns(&records);
    PyList::new(
        python,
        arrays.iter().map(|array| PyBytes::new(python, array)),
    )
}

fn object<'py>(python: Python<'py>, value: &Value) -> Bound<'py, PyAny> {
    match value {
        Value::Null => python.None().into_bound(python),
        Value::Text(text) => PyString::new(python, text).into_any(),
        Value::Shared(text) => PyString::new(python, text).into_any(),
        Value::Word(text) => PyString::new(python, text).into_any(),
        Value::Integer(number) => PyInt::new(python, *number).into_any(),
        Value::Boolean(mark) => PyBool::new(python, *mark).to_owned().into_any(),
        Value::Token(bytes) => PyBytes::new(python, bytes).into_any(),
        Value::Identity(bytes) => PyBytes::new(python, bytes).into_any(),
    }
}

fn reply_error(python: Python<'_>, error: &ReplyError) -> PyErr {
    match error {
        ReplyError::Encode(error) => errors::encode(python, error),
        ReplyError::NoReply { .. } => errors::ENCODE.raise(python, &error.to_string(), None),
    }
}

/// Add this file's classes and names to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<TokenKey>()?;
    module.add_class::<Profile>()?;
    module.add_class::<Request>()?;
    module.add_function(pyo3::wrap_pyfunction!(pack_records, module)?)?;
    module.add("RECORD_COLUMNS", PyTuple::new(module.py(), RECORD_COLUMNS)?)
}
