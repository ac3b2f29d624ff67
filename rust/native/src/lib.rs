//! The Python extension module `cbs._native`: conversion between Python and the pure crates,
//! nothing else.

mod batch;
mod builder;
mod codec;
mod errors;
mod flat;
mod framer;
mod mac;
mod mapping;
mod message;
mod names;
mod network;
mod octets;
mod track;

use pyo3::prelude::*;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add(
        "build_profile",
        if cfg!(debug_assertions) {
            "debug"
        } else {
            "release"
        },
    )?;
    builder::register(module)?;
    codec::register(module)?;
    framer::register(module)?;
    mac::register(module)?;
    message::register(module)?;
    track::register(module)?;
    network::register(module)
}
