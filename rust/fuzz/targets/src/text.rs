//! Specifications: any text is compiled or refused with a place.

use std::sync::{Arc, LazyLock};

use cbs_iso8583::{Spec, SpecText};

use crate::Seeds;
use crate::messages::is_whole;
use crate::seeds::packaged;

static KNOWN_MESSAGES: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| Seeds::of("decode").all().to_vec());

/// Bytes that every specification which compiles has to survive.
const BODIES: [&[u8]; 3] = [
    &[0; 64],
    &[0xff; 200],
    b"0100F23C468108E08016000000000000000016",
];

/// Any text is linted; what compiles decodes any bytes, and what does not has an error.
pub fn specification(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let own = SpecText {
        origin: "fuzzed".to_owned(),
        text: text.into_owned(),
    };
    Spec::lint_with(own.clone(), &mut packaged);
    let Ok(spec) = Spec::parse_with(own, "fuzzed", &mut packaged) else {
        return false;
    };
    let spec = Arc::new(spec);
    for body in BODIES {
        is_whole(&spec, body);
    }
    // and messages of the dialects, since most texts are specifications of one with a change
    let first = data.len() % KNOWN_MESSAGES.len();
    for message in KNOWN_MESSAGES.iter().cycle().skip(first).take(4) {
        is_whole(&spec, &message[1..]);
    }
    true
}
