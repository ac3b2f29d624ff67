//! The short ways of the codec beside the long ones: the same nodes, texts, bytes and errors.
//!
//! A specification that was compiled twice has its short ways turned off in one of the two.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use proptest::sample::Index;

use crate::encoding::nibble;
use crate::quick::{Look, Quick};
use crate::spec::{Definition, Layout, Spec, TagTable};
use crate::{DecodeError, EncodeError, Framer, Message, Part, SpecText, Value, Wiped};

/// A known message, and the specification of its dialect with its short ways and without.
struct Known {
    quick: Arc<Spec>,
    long: Arc<Spec>,
    body: Vec<u8>,
}

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const FILES: [&str; 3] = ["own_messages", "public_messages", "dialect_messages"];

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let files =
        FILES.map(|file| std::fs::read_to_string(format!("{ROOT}/tests/vectors/{file}.json")));
    let documents = files
        .into_iter()
        .map(|text| serde_json::from_str(&text.unwrap()).unwrap());
    let documents = documents.flat_map(|all: Vec<serde_json::Value>| all);
    documents.map(|document| known(&document)).collect()
});

fn compiled(name: &str) -> Spec {
    let mut read = |wanted: &str, _: &str| {
        let text = std::fs::read_to_string(format!("{ROOT}/python/cbs/specs/{wanted}.toml"));
        let origin = wanted.to_owned();
        Ok(SpecText {
            origin,
            text: text.unwrap(),
        })
    };
    Spec::parse_with(read(name, "").unwrap(), name, &mut read).unwrap()
}

fn known(document: &serde_json::Value) -> Known {
    let name = document["specification"].as_str().unwrap_or("visa_like");
    let mut long = compiled(name);
    turn_off(&mut long);
    let around = |key: &str| {
        document["expect"][key]
            .as_str()
            .map_or(0, |hex| hex.len() / 2)
    };
    let skipped = if long.envelope.header.is_empty() {
        around("frame") + around("header")
    } else {
        0
    };
    let octets = nibble::parse_hex(document["hex"].as_str().unwrap()).unwrap();
    let framed = document["framing"].as_str().map(|framing| {
        let header = document["header"].as_str();
        let mut framer = Framer::from_texts(framing, header, octets.len()).unwrap();
        framer.feed(&octets).unwrap()[0].body().to_vec()
    });
    Known {
        quick: Arc::new(compiled(name)),
        long: Arc::new(long),
        body: framed.unwrap_or_else(|| octets[skipped..].to_vec()),
    }
}

/// Let nothing be read, written, masked or left out because of what was known when the
/// specification was compiled.
fn turn_off(spec: &mut Spec) {
    for definition in &mut spec.definitions {
        *definition = Definition {
            quick: Quick::No,
            look: Look::Long,
            fits: false,
            may_hide: true,
            conditional: true,
            ..definition.clone()
        };
        for alternative in &mut definition.layouts {
            match &mut alternative.layout {
                Layout::Tlv { tags } => examine(tags),
                Layout::Datasets { tags, sets, .. } => {
                    examine(tags);
                    sets.iter_mut().for_each(|set| examine(&mut set.tags));
                }
                _ => {}
            }
        }
    }
    (spec.conditional, spec.varied) = (true, true);
}

fn examine(tags: &mut TagTable) {
    tags.entries
        .iter_mut()
        .for_each(|entry| entry.examined = true);
}

/// A change of bytes or of a text: where, what, how.
type Change = (Index, u8, u8);

fn change<T>(list: &mut Vec<T>, (place, _, how): &Change, item: T) {
    let at = place.index(list.len() + 1);
    match how % 4 {
        _ if at == list.len() => list.push(item),
        0 => list.insert(at, item),
        1 => drop(list.remove(at)),
        2 => list[at] = item,
        _ => list.truncate(at),
    }
}

/// Characters that some fields take and others do not, or take for something else.
const CHARACTERS: [char; 20] = [
    '0', '9', 'a', 'F', 'd', 'D', '=', '*', ' ', 'Z', '+', '-', 'C', '%', '\0', '\u{7f}', '~', 'é',
    '€', '中',
];

/// Change one of the texts in a value.
fn change_text(value: &mut Value, left: &mut usize, change_of: &Change) {
    match value {
        Value::Text(text) => {
            if *left == 0 {
                let mut characters: Vec<char> = text.chars().collect();
                let new = CHARACTERS[usize::from(change_of.1) % CHARACTERS.len()];
                change(&mut characters, change_of, new);
                let changed: String = characters.into_iter().collect();
                *value = Value::text(&changed);
            }
            *left = left.wrapping_sub(1);
        }
        Value::Map(members) => {
            for (_, inside) in members {
                change_text(inside, left, change_of);
            }
        }
        Value::List(items) => {
            for item in items {
                change_text(item, left, change_of);
            }
        }
    }
}

fn texts_in(value: &Value) -> usize {
    match value {
        Value::Text(_) => 1,
        Value::Map(members) => members.iter().map(|it| texts_in(&it.1)).sum(),
        Value::List(items) => items.iter().map(texts_in).sum(),
    }
}

fn assert_alike(quick: &Message, long: &Message) {
    assert!(quick.nodes == long.nodes, "other nodes");
    assert!(*quick.bytes == *long.bytes, "other bytes");
    assert!(quick.head.words == long.head.words && quick.head.rest == long.head.rest);
    for masked in [false, true] {
        assert!(quick.rows(masked) == long.rows(masked), "other texts");
        assert!(
            *quick.to_json(masked) == *long.to_json(masked),
            "other JSON"
        );
        for index in 0..quick.nodes.len() {
            let mut slow = String::new();
            long.characters(index, masked, |character| slow.push(character));
            assert!(
                quick.text(index, masked) == slow,
                "another text by its characters"
            );
        }
    }
}

fn outcome(result: Result<Message, DecodeError>) -> (Option<Message>, Option<DecodeError>) {
    match result {
        Ok(message) => (Some(message), None),
        Err(mut error) => (error.partial.take().map(|it| *it), Some(error)),
    }
}

/// Both read the same; the message, if there is one without a fault.
fn read(known: &Known, body: &[u8]) -> Option<Message> {
    let (message, fault) = outcome(known.quick.decode(body));
    let (other, other_fault) = outcome(known.long.decode(body));
    let told = |fault: &DecodeError| (fault.path.clone(), fault.offset, fault.to_string());
    assert_eq!(fault.as_ref().map(told), other_fault.as_ref().map(told));
    assert_eq!(message.is_some(), other.is_some());
    if let (Some(message), Some(other)) = (&message, &other) {
        assert_alike(message, other);
    }
    message.filter(|_| fault.is_none())
}

/// The bytes, or the element that is at fault: where its length is, the long way looks inside first
/// and says so in other words.
fn written(result: Result<Wiped, EncodeError>) -> Result<Vec<u8>, String> {
    let element = |error: EncodeError| error.path.split('.').next().unwrap().to_owned();
    result.map(|octets| octets.to_vec()).map_err(element)
}

/// Both write the same, and so do those who write texts alone.
fn write(known: &Known, value: &Value) {
    let quick = written(known.quick.encode(value));
    assert_eq!(quick, written(known.long.encode(value)));
    let Value::Map(members) = value else { return };
    let mut mti = "";
    let mut parts = Vec::new();
    for (key, value) in members {
        match (value, key.parse()) {
            (Value::Text(text), Ok(number)) => parts.push(Part::Text(number, text)),
            (Value::Text(text), _) if key == "mti" => mti = text,
            _ => {}
        }
    }
    let texts = |it: &(String, Value)| it.0.parse::<u16>().is_ok() || it.0 == "mti";
    let flat = Value::Map(members.iter().filter(|it| texts(it)).cloned().collect());
    let whole = known.quick.encode(&flat);
    if let Ok(octets) = known.quick.encode_texts(mti, None, &parts) {
        assert_eq!(Ok(octets.to_vec()), written(whole));
    }
    let long = known.long.encode_texts(mti, None, &parts);
    assert_eq!(
        written(known.quick.encode_texts(mti, None, &parts)),
        written(long)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn short_and_long_ways_read_the_same(
        place in any::<Index>(),
        changes in proptest::collection::vec(any::<Change>(), 0..4),
    ) {
        let known = place.get(&KNOWN);
        let mut body = known.body.clone();
        for it in &changes {
            change(&mut body, it, it.1);
        }
        read(known, &body);
    }

    #[test]
    fn short_and_long_ways_write_the_same(
        place in any::<Index>(),
        changes in proptest::collection::vec(any::<Change>(), 0..4),
        nested in any::<bool>(),
    ) {
        let known = place.get(&KNOWN);
        let message = read(known, &known.body).unwrap();
        let mut value = Value::from_json(&message.to_json(true)).unwrap();
        if let Value::Map(members) = &mut value {
            members.retain(|it| nested || it.0 != "subfields");
        }
        for it in &changes {
            let mut left = it.0.index(texts_in(&value));
            change_text(&mut value, &mut left, it);
        }
        write(known, &value);
    }
}
