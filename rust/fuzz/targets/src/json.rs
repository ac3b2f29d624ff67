//! JSON texts for every packaged dialect; the first byte chooses which.

use cbs_iso8583::Value;

use crate::messages::{assert_tells_little, chosen, is_whole};

/// Any text is a message, or an error that repeats nothing of it.
pub fn json(data: &[u8]) -> bool {
    let Some((spec, text)) = chosen(data) else {
        return false;
    };
    let written = Value::from_json(text).and_then(|value| spec.encode(&value));
    match written {
        Ok(octets) => {
            let read = spec.decode(&octets);
            assert!(read.is_ok(), "written, but not read: {:?}", read.err());
            is_whole(spec, &octets)
        }
        Err(error) => {
            assert_tells_little(&error.to_string());
            false
        }
    }
}
