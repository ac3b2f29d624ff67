//! `cbs._native.Message`: a read-only mapping from path to text.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock};

use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyIterator, PyList, PyString, PyType};

use crate::builder::{self, MessageBuilder};
use crate::errors;
use crate::mac::MacKey;
use crate::names::Names;
use crate::network::TokenKey;
use crate::track::Track2;

/// One place of two messages: path, name, mark, both masked values, a note.
type Row = (
    String,
    String,
    &'static str,
    Option<String>,
    Option<String>,
    &'static str,
);

/// `sys.audit`; to look it up each time would take longer than to read a message.
static AUDIT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Keyed by chance in each process: what a message hashes to says nothing about its card.
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

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

    fn numbers<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let names = Names::of(python);
        let list = PyList::empty(python);
        for field in self.inner.fields() {
            list.append(names.of_element(python, field))?;
        }
        Ok(list)
    }

    fn builder(&self) -> cbs_iso8583::MessageBuilder {
        cbs_iso8583::MessageBuilder::edit(&self.inner)
    }

    /// The message's bytes with the code of `key` as their last element.
    pub(crate) fn sealed<'py>(
        &self,
        python: Python<'py>,
        key: &MacKey,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let mut builder = self.builder();
        match builder.build_sealed(|covered| key.compute(covered)) {
            Ok(message) => Ok(PyBytes::new(python, &message.encode())),
            Err(error) => Err(errors::encode(python, &error)),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
            || (self.inner.spec().name() == other.inner.spec().name()
                && self.inner.encode() == other.inner.encode())
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

    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.inner.warnings()
    }

    fn __getitem__<'py>(&self, python: Python<'py>, path: &str) -> PyResult<Bound<'py, PyString>> {
        match self.inner.masked_text(path) {
            Some(text) => Ok(PyString::new(python, &text)),
            None => Err(PyKeyError::new_err(path.to_owned())),
        }
    }

    #[pyo3(signature = (path, default=None))]
    fn get<'py>(
        &self,
        python: Python<'py>,
        path: &str,
        default: Option<Bound<'py, PyAny>>,
    ) -> Option<Bound<'py, PyAny>> {
        match self.inner.masked_text(path) {
            Some(text) => Some(PyString::new(python, &text).into_any()),
            None => default,
        }
    }

    #[pyo3(signature = (path, *, reveal=false))]
    fn get_all(&self, python: Python<'_>, path: &str, reveal: bool) -> PyResult<Vec<String>> {
        note_reveal(python, reveal, path)?;
        let texts = self.inner.texts(path, !reveal);
        Ok(texts.iter().map(|text| (**text).to_owned()).collect())
    }

    fn __contains__(&self, path: &Bound<'_, PyAny>) -> bool {
        path.extract::<&str>()
            .is_ok_and(|path| self.inner.contains(path))
    }

    fn __iter__<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.numbers(python)?.try_iter()
    }

    fn __len__(&self) -> usize {
        self.inner.field_count()
    }

    fn __repr__(&self) -> String {
        let fields = self.inner.fields().map(|field| format!(" {field}"));
        let fields: String = fields.collect();
        format!("<Message {} fields{fields}>", self.inner.mti())
    }

    fn keys<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.numbers(python)
    }

    fn values<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let values = PyList::empty(python);
        self.inner.each_text(true, |_, text| {
            values.append(PyString::from_bytes(python, text)?)
        })?;
        Ok(values)
    }

    fn items<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let names = Names::of(python);
        let items = PyList::empty(python);
        self.inner.each_text(true, |field, text| {
            items.append((
                names.of_element(python, field),
                PyString::from_bytes(python, text)?,
            ))
        })?;
        Ok(items)
    }

    #[pyo3(signature = (*, reveal=false))]
    fn to_dict<'py>(&self, python: Python<'py>, reveal: bool) -> PyResult<Bound<'py, PyDict>> {
        note_reveal(python, reveal, "*")?;
        let names = Names::of(python);
        let dict = PyDict::new(python);
        dict.set_item(names.message_type(python), self.inner.mti())?;
        self.inner.each_text(!reveal, |field, text| {
            dict.set_item(
                names.of_element(python, field),
                PyString::from_bytes(python, text)?,
            )
        })?;
        Ok(dict)
    }

    fn paths(&self) -> Vec<String> {
        let rows = self.inner.rows(true);
        rows.into_iter().map(|(path, _, _)| path).collect()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        let other = other.cast::<Self>();
        other.is_ok_and(|other| self.is_same(other.get()))
    }

    fn __hash__(&self) -> u64 {
        HASHER.hash_one(self.inner.encode().as_slice())
    }

    fn copy(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (memo, /))]
    fn __deepcopy__<'py>(slf: Bound<'py, Self>, memo: &Bound<'py, PyAny>) -> Bound<'py, Self> {
        let _ = memo;
        slf
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<()> {
        let _ = slf;
        Err(PyTypeError::new_err(
            "a message may hold card data and is not pickled; \
             pass on the bytes of codec.encode(message) where that may be seen",
        ))
    }

    fn edit(&self) -> MessageBuilder {
        MessageBuilder::new(self.builder())
    }

    #[pyo3(signature = (path, value, /))]
    fn set(&self, path: &str, value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let mut editing = self.builder();
        builder::set(&mut editing, path, value)?;
        builder::build(value.py(), &editing)
    }

    #[pyo3(signature = (path, /))]
    fn delete(&self, python: Python<'_>, path: &str) -> PyResult<Self> {
        let mut editing = self.builder();
        builder::delete(&mut editing, path)?;
        builder::build(python, &editing)
    }

    #[pyo3(signature = (path="35", *, reveal=false))]
    fn track2(&self, python: Python<'_>, path: &str, reveal: bool) -> PyResult<Track2> {
        note_reveal(python, reveal, path)?;
        match self.inner.track2(path) {
            Some(Ok(track)) => Ok(Track2::new(track, reveal)),
            None => Err(PyKeyError::new_err(path.to_owned())),
            Some(Err(problem)) => {
                let keywords = PyDict::new(python);
                keywords.set_item("path", path)?;
                let text = format!("{path}: {problem}");
                Err(errors::DECODE.raise(python, &text, Some(&keywords)))
            }
        }
    }

    #[pyo3(signature = (record, *, reveal=false, now=None))]
    fn to<'py>(
        slf: &Bound<'py, Self>,
        record: &Bound<'py, PyType>,
        reveal: bool,
        now: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        note_reveal(slf.py(), reveal, "*")?;
        let binding = slf.py().import("cbs.binding")?;
        binding.call_method1("from_message", (slf, record, reveal, now))
    }

    fn reveal(&self, python: Python<'_>, path: &str) -> PyResult<String> {
        note_reveal(python, true, path)?;
        let text = self.inner.clear_text(path);
        text.map(|text| (*text).to_owned())
            .ok_or_else(|| PyKeyError::new_err(path.to_owned()))
    }

    fn span(&self, path: &str) -> Option<(usize, usize)> {
        self.inner.wire_span(path)
    }

    fn verify_mac(&self, key: &MacKey) -> bool {
        key.seals(self.inner.sealed())
    }

    fn redacted(&self, python: Python<'_>, key: &TokenKey) -> PyResult<Self> {
        match self.inner.redacted(|data| key.digest(data)) {
            Ok(message) => Ok(Self::new(message)),
            Err(error) => Err(errors::encode(python, &error)),
        }
    }

    #[pyo3(signature = (other, /))]
    fn compare(&self, other: &Self) -> Vec<Row> {
        let rows = self.inner.compare(&other.inner).into_iter();
        rows.map(|row| {
            let mark = row.mark.word();
            (row.path, row.name, mark, row.left, row.right, row.note)
        })
        .collect()
    }

    #[pyo3(signature = (*, reveal=false))]
    fn to_json<'py>(&self, python: Python<'py>, reveal: bool) -> PyResult<Bound<'py, PyBytes>> {
        note_reveal(python, reveal, "*")?;
        Ok(PyBytes::new(python, &self.inner.to_json(reveal)))
    }

    #[pyo3(signature = (*, reveal=false))]
    fn describe(
        &self,
        python: Python<'_>,
        reveal: bool,
    ) -> PyResult<Vec<(String, String, String)>> {
        note_reveal(python, reveal, "*")?;
        Ok(self.inner.rows(!reveal))
    }
}

/// Tell Python's audit hooks that card data is about to be shown; one that raises forbids it.
fn note_reveal(python: Python<'_>, reveal: bool, path: &str) -> PyResult<()> {
    if !reveal {
        return Ok(());
    }
    let audit = AUDIT.import(python, "sys", "audit")?;
    audit.call1((intern!(python, "cbs.reveal"), path)).map(drop)
}

/// Add this file's classes to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Message>()
}
