//! Messages that are changed here and there: the first byte chooses the dialect, four more the
//! changes, the rest is the message.

use std::collections::BTreeSet;
use std::sync::Arc;

use cbs_iso8583::{Message, MessageBuilder, Value};

use crate::Mutator;
use crate::messages::{assert_tells_little, chosen, is_whole};

/// Paths that any message may be asked for.
const PATHS: [&str; 24] = [
    "2",
    "4",
    "11",
    "35",
    "39",
    "48",
    "52",
    "54",
    "55.9F02",
    "55.9F02.1",
    "55.72.86",
    "55.02.9F26",
    "62.2",
    "62._bitmap",
    "63.1",
    "104.57.01",
    "104.01",
    "123.66.C0",
    "126.10",
    "130",
    "0",
    "mti",
    "48.0023",
    "60.1",
];
const TEXTS: [&str; 8] = [
    "",
    "0",
    "1",
    "000000004250",
    "Y",
    "9f02",
    "4000000000000010",
    "*",
];

/// Changes end in a message or an error; what they do not name keeps its bytes.
pub fn edit(data: &[u8]) -> bool {
    let [choice, a, b, c, d, body @ ..] = data else {
        return false;
    };
    let message = [&[*choice][..], body].concat();
    let Some((spec, body)) = chosen(&message) else {
        return false;
    };
    let Ok(message) = spec.decode(body) else {
        return false;
    };
    let message = Arc::new(message);
    let mut random = Mutator::of(u64::from(u32::from_le_bytes([*a, *b, *c, *d])), 1);
    let rows = message.rows(false);
    assert_same_text_changes_nothing(&message, &rows);
    let mut builder = MessageBuilder::edit(&message);
    let mut touched = BTreeSet::new();
    for _ in 0..=random.below(2) {
        let path = any_path(&mut random, &rows);
        if change(&mut builder, &path, &mut random, &rows) {
            let (first, _) = path.split_once('.').unwrap_or((path.as_str(), ""));
            touched.insert(first.parse::<u16>().unwrap_or(0));
        }
    }
    match builder.build() {
        Ok(built) => {
            for field in built.fields().filter(|field| !touched.contains(field)) {
                let same = built.wire(field) == message.wire(field) || field == 65;
                assert!(same, "an element that nobody named has other bytes");
            }
            is_whole(spec, &built.encode())
        }
        Err(error) => {
            assert_tells_little(&error.to_string());
            false
        }
    }
}

type Row = (String, String, String);

fn any_path(random: &mut Mutator, rows: &[Row]) -> String {
    if rows.is_empty() || random.below(3) == 0 {
        return PATHS[random.below(PATHS.len())].to_owned();
    }
    rows[random.below(rows.len())].0.clone()
}

/// One change; says whether the builder took it.
fn change(builder: &mut MessageBuilder, path: &str, random: &mut Mutator, rows: &[Row]) -> bool {
    let text = match random.below(2) {
        0 if !rows.is_empty() => rows[random.below(rows.len())].2.as_str(),
        _ => TEXTS[random.below(TEXTS.len())],
    };
    let value = match random.below(8) {
        0 => {
            let had = builder.contains(path);
            let deleted = builder.delete(path);
            assert!(had || !deleted, "deleted, but it was not there");
            return deleted;
        }
        1 => Value::List(vec![Value::text(text), Value::text("00")]),
        2 => Value::Map(vec![("9F10".to_owned(), Value::text(text))]),
        _ => Value::text(text),
    };
    match builder.set(path, value) {
        Ok(()) => true,
        Err(error) => {
            assert_tells_little(&error.to_string());
            false
        }
    }
}

fn assert_same_text_changes_nothing(message: &Arc<Message>, rows: &[Row]) {
    let mut builder = MessageBuilder::edit(message);
    for (path, _, _) in rows.iter().filter(|row| row.0 != "_rest") {
        let Some(text) = message.clear_text(path) else {
            continue;
        };
        let set = builder.set(path, Value::Text(text));
        assert!(set.is_ok(), "its own text refused: {:?}", set.err());
    }
    let built = builder.build();
    let built = built.unwrap_or_else(|error| panic!("its own texts refused: {error}"));
    assert!(
        *built.encode() == *message.encode(),
        "its own texts changed it"
    );
}
