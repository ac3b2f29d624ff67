//! `cbs._native.MacKey`: keys of message authentication codes.

use std::sync::Arc;

use cbs_crypto::{AesCmac, Mac, MacKeyError, Padding, RetailMac};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors;

/// A key of message authentication codes. Wiped on drop.
#[pyclass(frozen, module = "cbs._native")]
pub(crate) struct MacKey {
    mac: Arc<dyn Mac + Send + Sync>,
    shown: String,
}

impl MacKey {
    pub(crate) fn compute(&self, data: &[u8]) -> Vec<u8> {
        self.mac.compute(data)
    }

    /// Whether what a code covers, and the code, belong together.
    pub(crate) fn seals(&self, sealed: Option<cbs_iso8583::Sealed<'_>>) -> bool {
        sealed.is_some_and(|sealed| self.mac.verify(sealed.covered, &sealed.code))
    }
}

#[pymethods]
impl MacKey {
    #[new]
    #[pyo3(signature = (method, key, *, padding = 1))]
    fn new(python: Python<'_>, method: &str, key: &[u8], padding: u8) -> PyResult<Self> {
        let refused = |text: &str| Err(errors::SETTINGS.raise(python, text, None));
        let made = match (method, padding) {
            ("retail", 1) => retail(key, Padding::Zeros),
            ("retail", 2) => retail(key, Padding::BitAndZeros),
            ("cmac", 1) => cmac(key),
            ("retail", _) => return refused("MAC padding: 1 or 2 is needed"),
            ("cmac", _) => return refused("MAC padding: a CMAC pads by its own rule"),
            _ => return refused("MAC method: one of retail, cmac"),
        };
        made.map_err(|error| errors::SETTINGS.raise(python, &error.to_string(), None))
    }

    fn mac<'py>(&self, python: Python<'py>, data: &[u8]) -> Bound<'py, PyBytes> {
        PyBytes::new(python, &self.mac.compute(data))
    }

    fn verify(&self, data: &[u8], code: &[u8]) -> bool {
        self.mac.verify(data, code)
    }

    fn __repr__(&self) -> &str {
        &self.shown
    }
}

fn retail(key: &[u8], padding: Padding) -> Result<MacKey, MacKeyError> {
    let mac = RetailMac::new(key, padding)?;
    let shown = format!("{mac:?}");
    Ok(MacKey {
        mac: Arc::new(mac),
        shown,
    })
}

fn cmac(key: &[u8]) -> Result<MacKey, MacKeyError> {
    let mac = AesCmac::new(key)?;
    let shown = format!("{mac:?}");
    Ok(MacKey {
        mac: Arc::new(mac),
        shown,
    })
}

/// Add this file's class to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<MacKey>()
}
