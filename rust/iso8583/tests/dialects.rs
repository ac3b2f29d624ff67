//! Properties over every shipped dialect: any bytes give a message or an error.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test that goes wrong must stop loudly"
)]

mod packaged;

use std::sync::{Arc, LazyLock};

use cbs_iso8583::{Part, Severity, Spec};
use proptest::prelude::*;

static DIALECTS: LazyLock<Vec<Arc<Spec>>> = LazyLock::new(packaged::specifications);

/// Use everything that a message offers; nothing of it may panic or change the bytes.
fn examine(spec: &Arc<Spec>, body: &[u8]) {
    let message = match spec.decode(body) {
        Ok(message) => {
            assert_eq!(message.encode().as_slice(), body, "{}", spec.name());
            message
        }
        Err(error) => {
            assert!(error.offset <= body.len(), "{error}");
            match error.partial {
                Some(partial) => *partial,
                None => return,
            }
        }
    };
    assert!(!message.to_json(true).is_empty());
    assert!(!message.to_json(false).is_empty());
    for (path, _, text) in message.rows(false) {
        assert!(path.contains("..") || message.contains(&path), "{path}");
        assert!(text.len() <= body.len() * 4 + 4);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn any_bytes_give_a_message_or_an_error(
        dialect in any::<prop::sample::Index>(),
        body in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        examine(dialect.get(&DIALECTS), &body);
    }

    #[test]
    fn any_content_of_any_element_gives_a_message_or_an_error(
        dialect in any::<prop::sample::Index>(),
        elements in proptest::collection::btree_map(
            2_u16..129, proptest::collection::vec(any::<u8>(), 0..60), 1..4),
        digits in any::<bool>(),
    ) {
        let spec = dialect.get(&DIALECTS);
        let wires: Vec<_> = elements
            .into_iter()
            .map(|(field, content)| (field, if digits { as_digits(&content) } else { content }))
            .collect();
        let parts: Vec<_> = wires.iter().map(|(field, wire)| Part::Wire(*field, wire)).collect();
        if let Ok(body) = spec.assemble("0100", &parts) {
            examine(spec, &body);
        }
    }

    #[test]
    fn any_file_gives_a_specification_or_faults(text in "[a-z0-9\\[\\]{}=\", .\n]{0,200}") {
        let faults = Spec::lint(&text);
        let broken = faults.iter().any(|issue| issue.severity == Severity::Error);
        prop_assert_eq!(Spec::parse(&text, "any").is_err(), broken);
    }
}

/// Bytes that look like digits of EBCDIC or ASCII more often than not.
fn as_digits(content: &[u8]) -> Vec<u8> {
    let base = content
        .first()
        .map_or(0xf0, |byte| if byte & 1 == 0 { 0xf0 } else { 0x30 });
    content
        .iter()
        .map(|byte| {
            if byte & 0x80 == 0 {
                base | (byte % 10)
            } else {
                *byte
            }
        })
        .collect()
}
