//! Messages that may be shared: card data is gone, everything else is where it was.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test that goes wrong must stop loudly"
)]

mod packaged;

use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use cbs_iso8583::{Mark, Message, Spec, Value};
use proptest::prelude::*;

static DIALECTS: LazyLock<Vec<Arc<Spec>>> = LazyLock::new(packaged::specifications);

fn dialect(text: &str, name: &str) -> Arc<Spec> {
    Arc::new(Spec::parse(text, name).expect("the specification compiles"))
}

fn named(name: &str) -> Arc<Spec> {
    let found = DIALECTS.iter().find(|spec| spec.name() == name);
    Arc::clone(found.expect("it is packaged"))
}

/// Not a good hash, but one that is keyed and differs.
fn keyed(data: &[u8]) -> [u8; 32] {
    let mut hash = [0x5a_u8; 32];
    for (place, byte) in data.iter().cycle().take(data.len() * 4 + 64).enumerate() {
        let before = hash[(place + 31) % 32];
        let slot = &mut hash[place % 32];
        *slot = slot.wrapping_mul(33).wrapping_add(before) ^ byte.rotate_left(3);
    }
    hash
}

fn message(spec: &Arc<Spec>, json: &str) -> Message {
    let value = Value::from_json(json.as_bytes()).unwrap();
    spec.decode(&spec.encode(&value).unwrap()).unwrap()
}

fn clear(message: &Message, path: &str) -> String {
    let text = message.clear_text(path).expect("it is there");
    text.chars().collect()
}

#[test]
fn a_card_number_becomes_the_same_other_one_wherever_it_stands() {
    let original = message(
        &named("visa_like"),
        r#"{"mti": "0100", "2": "4567890123456783", "4": "000000004250",
            "35": "4567890123456783d29122011234567",
            "55": {"5A": "4567890123456783", "57": "4567890123456783d2912201123f",
                   "5F20": "4f4e452f53494e474c45", "9F26": "0102030405060708", "DF01": "c0ffee"},
            "48": "SEE 4567890123456783 THERE", "52": "0123456789abcdef"}"#,
    );
    let redacted = original.redacted(keyed).unwrap();
    let pan = clear(&redacted, "2");
    assert_eq!(&pan[..6], "456789");
    assert_ne!(pan, "4567890123456783");
    assert_eq!(clear(&redacted, "35"), format!("{pan}d00000000000000"));
    assert_eq!(clear(&redacted, "55.5A"), pan);
    assert_eq!(clear(&redacted, "55.57"), format!("{pan}d0000000000f"));
    assert_eq!(clear(&redacted, "48"), format!("SEE {pan} THERE"));
    assert_eq!(clear(&redacted, "55.5F20"), "5858582f585858585858");
    assert_eq!(clear(&redacted, "55.DF01"), "000000");
    assert_eq!(clear(&redacted, "52"), "0000000000000000");
    assert_eq!(clear(&redacted, "4"), "000000004250");
    assert_eq!(clear(&redacted, "55.9F26"), "0102030405060708");
    let again = original.redacted(keyed).unwrap();
    assert!(again.encode() == redacted.encode());
    let other = original
        .redacted(|data| keyed(&[data, b"?"].concat()))
        .unwrap();
    assert!(other.encode() != redacted.encode());
}

#[test]
fn a_track_in_a_field_of_any_text_loses_what_follows_the_number() {
    let track = "4567890123456783d29122011234567";
    for (spec, path, value) in [
        ("iso87_ascii", "48", format!("T2 {track} END 77")),
        (
            "iso87_ascii",
            "48",
            format!("T2 {}", track.replace('d', "=")),
        ),
        (
            "visa_like",
            "48",
            format!("T2 {} 77", track.replace('d', "=")),
        ),
        ("visa_like", "55.9F10", format!("00{track}f")),
        ("iso87_ascii", "48", format!("{track}f9F2608")),
    ] {
        let original = message(
            &named(spec),
            &format!(r#"{{"mti": "0100", "2": "4567890123456783", "{path}": "{value}"}}"#),
        );
        let redacted = original.redacted(keyed).unwrap();
        let pan = clear(&redacted, "2");
        let wanted = value
            .replace("4567890123456783", &pan)
            .replace("29122011234567", "00000000000000");
        assert_eq!(clear(&redacted, path), wanted, "{spec}");
    }
}

#[test]
fn what_is_inside_hex_text_is_replaced_in_the_text() {
    let spec = dialect(
        r#"
        [message]
        type_indicator = "ascii"
        bitmap = "hex-ascii"
        [fields]
        3 = { name = "Key", encoding = "hex-ascii", length = 4, sensitivity = "pin" }
        [fields.55]
        name = "Chip data"
        encoding = "hex-ebcdic"
        prefix = "ascii:3"
        max = 255
        [[fields.55.layouts]]
        kind = "positional"
        parts = [
            { name = "Number", encoding = "bcd", length = 16 },
            { name = "Never", encoding = "bcd", length = 16 },
            { name = "Never", encoding = "ebcdic", length = 16, class = "n" },
        ]
        whole = true
        [[fields.55.layouts]]
        kind = "tlv"
        tags.5A = { name = "Application PAN", sensitivity = "pan" }
        tags.9F26 = { name = "Cryptogram" }
        "#,
        "hex_text",
    );
    let original = message(
        &spec,
        r#"{"mti": "0100", "3": "abcdef01", "55": {"9F26": "01020304", "5A": "4567890123456783"}}"#,
    );
    let redacted = original.redacted(keyed).unwrap();
    let pan = clear(&redacted, "55.5A");
    assert_eq!(&pan[..6], "456789");
    assert_ne!(pan, "4567890123456783");
    assert!(clear(&redacted, "55").contains(&pan));
    assert_eq!(clear(&redacted, "55.9F26"), "01020304");
    assert_eq!(clear(&redacted, "3"), "00000000");
}

#[test]
fn data_of_another_format_does_not_become_tags() {
    let data = "45678901".repeat(124);
    let original = message(
        &named("iso87_ascii"),
        &format!(r#"{{"mti": "0100", "2": "4567890123456783", "55": "{data}"}}"#),
    );
    let redacted = original.redacted(keyed).unwrap();
    assert_eq!(clear(&redacted, "55"), "9".repeat(data.len()));
}

#[test]
fn what_nobody_can_read_is_zeroed() {
    let spec = dialect(
        r#"
        [message]
        type_indicator = "bcd"
        bitmap = "binary"
        trailing = "keep"
        [fields]
        2 = { name = "Number", encoding = "bcd", length = 16, sensitivity = "pan" }
        "#,
        "kept",
    );
    let body = b"\x01\x00\x40\0\0\0\0\0\0\0\x45\x67\x89\x01\x23\x45\x67\x83secret";
    let redacted = spec.decode(body).unwrap().redacted(keyed).unwrap();
    assert_eq!(redacted.rest(), [0; 6]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn any_bytes_that_are_a_message_are_redacted_in_their_place_and_converted(
        place in 0_usize..64,
        head in proptest::sample::select(vec![
            "01004000000000000000", "0100f000000000000000", "01000000000020000201",
            "01007000000000810200", "0100c000000000000000",
        ]),
        content in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let spec = &DIALECTS[place % DIALECTS.len()];
        let mut body: Vec<u8> = (0..head.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&head[at..at + 2], 16).unwrap())
            .collect();
        body.extend(content);
        let decoded = match spec.decode(&body) {
            Ok(decoded) => decoded,
            Err(error) => match error.partial {
                Some(partial) => *partial,
                None => return Ok(()),
            },
        };
        let target = &DIALECTS[place * 7 % DIALECTS.len()];
        if let Ok(converted) = target.convert(&decoded, None, true) {
            let kept = |field: u16| decoded.has(field);
            prop_assert!(converted.message.fields().all(kept), "{}", target.name());
            prop_assert!(!decoded.compare(&converted.message).is_empty());
        }
        prop_assert!(decoded.compare(&decoded).iter().all(|row| row.mark == Mark::Equal));
        if let Ok(redacted) = decoded.redacted(keyed) {
            prop_assert_eq!(redacted.encode().len(), body.len());
            let paths = |message: &Message| -> Vec<String> {
                message.rows(true).into_iter().map(|row| row.0).collect()
            };
            prop_assert_eq!(paths(&redacted), paths(&decoded));
        }
    }

    #[test]
    fn a_planted_card_number_is_nowhere_in_any_form(
        pan in "[3-6][0-9]{15,18}",
        around in "[A-Z ]{0,8}",
        spec in proptest::sample::select(vec![
            "visa_like", "mastercard_like", "iso87_ascii", "iso87_binary", "iso93_ascii",
            "iso93_binary", "iso93_ebcdic", "iso2003_binary", "pos_tpdu",
        ]),
    ) {
        let different: std::collections::BTreeSet<char> = pan[6..].chars().collect();
        prop_assume!(different.len() > 2);
        let even = &pan[..16];
        let version = if spec.contains("93") { "1100" } else { "0100" };
        let version = if spec.contains("2003") { "2100" } else { version };
        let spec = named(spec);
        let base = format!(r#""mti": "{version}", "2": "{pan}""#);
        let mut found = 0;
        for element in [
            format!(r#""35": "{pan}d29122011""#),
            format!(r#""35": "{pan}=29122011""#),
            format!(r#""45": "B{pan}^{around}/X^2912201""#),
            format!(r#""48": "{around}{pan}{around}""#),
            format!(r#""55": {{"5A": "{even}", "DF01": "{}"}}"#, hex(pan.as_bytes())),
            format!(r#""55": {{"9F10": "{}"}}"#, hex(pan.as_bytes())),
            format!(r#""60": "{around}{pan}""#),
            format!(r#""63": "{}""#, hex(pan.as_bytes())),
        ] {
            let value = Value::from_json(format!("{{{base}, {element}}}").as_bytes()).unwrap();
            let Ok(body) = spec.encode(&value) else { continue };
            let Ok(decoded) = spec.decode(&body) else { continue };
            found += 1;
            let redacted = decoded.redacted(keyed).unwrap();
            let octets = redacted.encode();
            prop_assert_eq!(octets.len(), body.len());
            for planted in [pan.as_str(), &pan[6..], even] {
                prop_assert!(!is_in(&octets, planted), "{element}");
            }
            prop_assert!(redacted.fields().eq(decoded.fields()));
        }
        prop_assert!(found > 0);
    }
}

/// Whether digits stand in bytes: in half-bytes, as ASCII or EBCDIC, or as hex text.
fn is_in(octets: &[u8], digits: &str) -> bool {
    let halves = hex(octets);
    let text: String = octets.iter().map(|byte| char::from(*byte)).collect();
    let zoned = |zone: char| -> String { digits.chars().flat_map(|it| [zone, it]).collect() };
    [digits.to_owned(), zoned('3'), zoned('f')]
        .iter()
        .any(|form| {
            halves.contains(form) || text.contains(form) || text.contains(&form.to_uppercase())
        })
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
