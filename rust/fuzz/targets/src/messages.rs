//! Messages of every packaged dialect; the first byte chooses which.

use std::sync::{Arc, LazyLock};

use cbs_iso8583::{Message, MessageBuilder, Spec, Value};

use crate::seeds::SPECIFICATIONS;

static SPECS: LazyLock<Vec<Arc<Spec>>> = LazyLock::new(|| {
    let compile = |(name, text): &(&str, &str)| {
        let spec = Spec::parse(text, name);
        Arc::new(spec.unwrap_or_else(|error| panic!("{name}: {error}")))
    };
    SPECIFICATIONS.iter().map(compile).collect()
});

fn chosen(data: &[u8]) -> Option<(&'static Arc<Spec>, &[u8])> {
    let (choice, body) = data.split_first()?;
    Some((&SPECS[usize::from(*choice) % SPECS.len()], body))
}

/// Any bytes give a message or an error that names a place inside them.
pub fn decode(data: &[u8]) -> bool {
    let Some((spec, body)) = chosen(data) else {
        return false;
    };
    match spec.decode(body) {
        Ok(message) => {
            look_at(&message);
            true
        }
        Err(error) => {
            assert!(error.offset <= body.len(), "an offset behind the message");
            assert!(error.to_string().len() < 1_024, "an endless error");
            if let Some(partial) = &error.partial {
                look_at(partial);
            }
            false
        }
    }
}

fn look_at(message: &Message) {
    message.to_json(false);
    for field in message.fields() {
        assert!(
            message.element_text(field).is_some(),
            "a field without text"
        );
        assert!(message.wire(field).is_some(), "a field without bytes");
    }
    message.sealed();
}

/// A message gives back its bytes: as it is, and after its JSON was read and edited.
pub fn decode_encode(data: &[u8]) -> bool {
    let Some((spec, body)) = chosen(data) else {
        return false;
    };
    let Ok(message) = spec.decode(body) else {
        return false;
    };
    if message.ignored_bytes() == 0 {
        assert_eq!(message.encode().as_slice(), body, "encode(decode(b)) != b");
    }
    if let Ok(value) = Value::from_json(&message.to_json(true)) {
        if let Ok(octets) = spec.encode(&value) {
            let again = spec.decode(&octets);
            let again = again.unwrap_or_else(|error| panic!("written but not read: {error}"));
            assert_eq!(again.encode(), octets, "decode(encode(x)) lost bytes");
        }
    }
    let kept = message.encode();
    let built = MessageBuilder::edit(&Arc::new(message)).build();
    let built = built.unwrap_or_else(|error| panic!("an edit without changes: {error}"));
    assert_eq!(
        built.encode(),
        kept,
        "an edit without changes changed bytes"
    );
    true
}
