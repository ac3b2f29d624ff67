//! Messages of every packaged dialect; the first byte chooses which.

use std::sync::{Arc, LazyLock};

use cbs_iso8583::{Message, MessageBuilder, Spec, SpecText, Value};

use crate::seeds::{SPECIFICATIONS, packaged};

static SPECS: LazyLock<Vec<Arc<Spec>>> = LazyLock::new(|| {
    let compile = |(name, text): &(String, String)| {
        let (origin, text) = (name.clone(), text.clone());
        let spec = Spec::parse_with(SpecText { origin, text }, name, &mut packaged);
        Arc::new(spec.unwrap_or_else(|error| panic!("{name}: {error}")))
    };
    SPECIFICATIONS.iter().map(compile).collect()
});

/// Digits in a row that no error text has: the fewest of a card number.
const DIGITS_SHOWN_MAX: usize = 10;

/// The dialect that the first byte chooses, and what is behind it.
pub(crate) fn chosen(data: &[u8]) -> Option<(&'static Arc<Spec>, &[u8])> {
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
            assert_tells_little(&error.to_string());
            if let Some(partial) = &error.partial {
                look_at(partial);
            }
            false
        }
    }
}

fn look_at(message: &Message) {
    for field in message.fields() {
        let text = message.element_text(field);
        assert!(text.is_some(), "a field without text");
        assert!(message.wire(field).is_some(), "a field without bytes");
    }
    message.sealed();
    for warning in message.warnings() {
        assert_tells_little(&warning);
    }
    assert_hides_cards(message);
}

/// Error texts are short and have no card number.
pub(crate) fn assert_tells_little(text: &str) {
    assert!(text.len() < 1_024, "an endless error");
    let longest = text.split(|character: char| !character.is_ascii_digit());
    let longest = longest.map(str::len).max().unwrap_or(0);
    assert!(longest < DIGITS_SHOWN_MAX, "an error with many digits");
}

/// Path, name and text of a field.
type Row = (String, String, String);

/// What is starred where it stands alone is starred in everything around it, and in JSON.
fn assert_hides_cards(message: &Message) {
    let (clear, masked) = (message.rows(false), message.rows(true));
    assert_eq!(clear.len(), masked.len(), "rows that depend on the mask");
    let pairs = || clear.iter().zip(&masked);
    for (path, _, text) in pairs()
        .filter(|(clear, masked)| clear.2 != masked.2)
        .map(|(clear, _)| clear)
    {
        let dull = text.bytes().all(|byte| Some(byte) == text.bytes().next());
        if text.len() < DIGITS_SHOWN_MAX || text.contains('*') || dull {
            continue;
        }
        // the same text may be the value of a field that is nobody's secret, or lie across some
        let public = pairs().any(|(clear, masked)| clear.2 == masked.2 && clear.2.contains(text));
        let around = |row: &Row| *row.0 == **path || path.starts_with(&format!("{}.", row.0));
        let shown = pairs().any(|(clear, masked)| {
            around(clear) && masked.2.contains(text) && clear.2.matches(text).count() == 1
        });
        assert!(public || !shown, "a text that shows what is starred");
    }
    assert_json_is_masked(message, &masked);
}

/// The values of masked JSON are the masked texts.
fn assert_json_is_masked(message: &Message, masked: &[Row]) {
    let Ok(Value::Map(members)) = Value::from_json(&message.to_json(false)) else {
        return;
    };
    for (key, value) in &members {
        let row = masked.iter().find(|row| row.0 == *key);
        if let (Some(row), Value::Text(text)) = (row, value) {
            assert!(
                *text == row.2.as_str(),
                "JSON that is masked in another way"
            );
        }
    }
    let mut found = Vec::new();
    if let Some((_, nested)) = members.last().filter(|member| member.0 == "subfields") {
        collect_texts(nested, &mut found);
    }
    for text in found {
        let known = masked.iter().any(|row| text == row.2);
        assert!(known, "nested JSON that is masked in another way");
    }
}

fn collect_texts(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Text(text) => texts.push((**text).to_owned()),
        Value::List(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Map(members) => members
            .iter()
            .filter(|member| member.0 != "_dataset")
            .for_each(|member| collect_texts(&member.1, texts)),
    }
}

/// A message gives back its bytes: as it is, from its values, and after an edit of nothing.
pub fn decode_encode(data: &[u8]) -> bool {
    let Some((spec, body)) = chosen(data) else {
        return false;
    };
    is_whole(spec, body)
}

/// What [`decode_encode`] says, for any specification. Whether there is a message.
pub(crate) fn is_whole(spec: &Arc<Spec>, body: &[u8]) -> bool {
    let Ok(message) = spec.decode(body) else {
        return false;
    };
    let kept = message.encode();
    let read = body.len() - message.ignored_bytes();
    assert_eq!(*kept, body[..read], "encode(decode(b)) != b");
    assert_verified(spec, body, &message);
    let built = MessageBuilder::edit(&Arc::new(message)).build();
    let built = built.unwrap_or_else(|error| panic!("an edit without changes: {error}"));
    assert!(
        *built.encode() == *kept,
        "an edit without changes changed bytes"
    );
    true
}

/// JSON gives the bytes again, or verifying says why it cannot.
fn assert_verified(spec: &Arc<Spec>, body: &[u8], message: &Message) {
    let document = message.to_json(true);
    let written = Value::from_json(&document).and_then(|value| spec.encode(&value));
    match (&written, spec.decode_verified(body)) {
        (Ok(octets), Ok(_)) => assert_eq!(octets.as_slice(), body, "verified, but not equal"),
        (Ok(octets), Err(error)) => {
            assert_ne!(octets.as_slice(), body, "equal, but not verified: {error}");
            assert!(error.offset <= body.len(), "an offset behind the message");
            assert_tells_little(&error.to_string());
        }
        (Err(error), Err(refused)) => {
            assert_tells_little(&error.to_string());
            assert_tells_little(&refused.to_string());
        }
        (Err(error), Ok(_)) => panic!("verified, but not writable: {error}"),
    }
    if let Ok(octets) = written {
        assert_settled(spec, &octets, &document);
    }
}

/// What was written from values says the same values, and is written so again.
fn assert_settled(spec: &Arc<Spec>, octets: &[u8], document: &[u8]) {
    let again = spec.decode_verified(octets);
    let again = again.unwrap_or_else(|error| panic!("written, but not so again: {error}"));
    let values = |document: &[u8]| {
        let mut value = Value::from_json(document).unwrap_or(Value::List(Vec::new()));
        if let Value::Map(members) = &mut value {
            members.retain(|(key, _)| key != "bitmap");
        }
        value
    };
    let found = again.to_json(true);
    assert!(values(&found) == values(document), "decode(encode(x)) != x");
}
