//! Specifications: any text is compiled or refused with a place.

use std::sync::Arc;

use cbs_iso8583::Spec;

/// Bytes that every specification which compiles has to survive.
const BODIES: [&[u8]; 3] = [
    &[0; 64],
    &[0xff; 200],
    b"0100F23C468108E08016000000000000000016",
];

/// Any text is linted; what compiles decodes any bytes, and what does not has an error.
pub fn specification(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    Spec::lint(&text);
    let Ok(spec) = Spec::parse(&text, "fuzzed") else {
        return false;
    };
    let spec = Arc::new(spec);
    for body in BODIES {
        if let Ok(message) = spec.decode(body) {
            message.to_json(false);
            if message.ignored_bytes() == 0 {
                assert_eq!(message.encode().as_slice(), body, "encode(decode(b)) != b");
            }
        }
    }
    true
}
