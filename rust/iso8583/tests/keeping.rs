//! An edit keeps every byte that it does not name, and says what it cannot place.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a test that goes wrong must stop loudly"
)]

use std::sync::{Arc, LazyLock};

use cbs_iso8583::{Message, MessageBuilder, Spec, Value};

/// Hex bitmaps, a header, a third bitmap in an element, bytes that nobody reads.
const KEEPING: &str = r#"
[message]
type_indicator = "ascii"
bitmap = "hex-ascii"
bitmaps_max = 3
third_bitmap = 65
header_bytes = 1
header = "60"
trailing = "keep"
unknown_elements = "keep"

[types]
n = { encoding = "ascii", class = "n" }

[fields]
9 = { name = "Rate", type = "n", length = 1 }
11 = { name = "Trace number", type = "n", length = 6 }
20 = { name = "Packed", encoding = "bcd", length = 3, class = "n" }
70 = { name = "Code", type = "n", length = 3 }
130 = { name = "Far", type = "n", length = 1 }
"#;

static SPEC: LazyLock<Arc<Spec>> =
    LazyLock::new(|| Arc::new(Spec::parse(KEEPING, "keeping").unwrap()));

static VISA: LazyLock<Arc<Spec>> = LazyLock::new(|| {
    let text = include_str!("../../../python/cbs/specs/visa_like.toml");
    Arc::new(Spec::parse(text, "visa_like").unwrap())
});

/// A message of type 0800 under a header of one byte that is not the usual one.
fn octets(bitmaps: &str, data: &str) -> Vec<u8> {
    [&b"\x61"[..], b"0800", bitmaps.as_bytes(), data.as_bytes()].concat()
}

fn read(bitmaps: &str, data: &str) -> Arc<Message> {
    Arc::new(SPEC.decode(&octets(bitmaps, data)).unwrap())
}

fn edited(message: &Arc<Message>, change: impl Fn(&mut MessageBuilder)) -> Message {
    let mut builder = MessageBuilder::edit(message);
    change(&mut builder);
    builder.build().unwrap()
}

fn set(builder: &mut MessageBuilder, path: &str, text: &str) {
    builder.set(path, Value::text(text)).unwrap();
}

fn visa(document: &str) -> Arc<Message> {
    let value = Value::from_json(document.as_bytes()).unwrap();
    Arc::new(VISA.decode(&VISA.encode(&value).unwrap()).unwrap())
}

/// Messages that say more than their values: bitmaps in lower case, one more than is needed, a pad
/// that is not zero, an empty third bitmap, bits without a definition, bytes behind the end.
const ODD: [(&str, &str); 6] = [
    ("00a0000000000000", "1020013"),
    ("80A00000000000000000000000000000", "1020013rest"),
    ("00a0100000000000", "1020013\x39x"),
    (
        "80a00000000000008400000000000000",
        "10200130000000000000000001",
    ),
    (
        "80a00000000000008400000000000000",
        "102001340000000000000000017",
    ),
    ("00a0000400000000", "1020013what bit 30 says"),
];

#[test]
fn a_message_that_was_not_touched_gives_its_bytes() {
    for (bitmaps, data) in ODD {
        let message = read(bitmaps, data);
        let built = edited(&message, |_| {});
        assert_eq!(*built.encode(), octets(bitmaps, data));
    }
}

#[test]
fn the_text_that_is_there_already_changes_nothing() {
    for (bitmaps, data) in ODD {
        let message = read(bitmaps, data);
        for field in message.fields() {
            let path = field.to_string();
            let text = message.clear_text(&path).unwrap();
            let built = edited(&message, |builder| set(builder, &path, &text));
            assert_eq!(*built.encode(), octets(bitmaps, data), "{path}");
        }
    }
}

#[test]
fn an_edit_keeps_every_byte_around_what_it_changes() {
    for (bitmaps, data) in ODD {
        let built = edited(&read(bitmaps, data), |builder| set(builder, "11", "020014"));
        let wanted = octets(bitmaps, &data.replace("1020013", "1020014"));
        assert_eq!(*built.encode(), wanted);
    }
}

#[test]
fn other_elements_change_the_bits_that_are_theirs_alone() {
    for ((bitmaps, data), wanted) in ODD.into_iter().zip([
        ("0020000000000000", "020013"),
        ("80200000000000000000000000000000", "020013rest"),
        ("0020100000000000", "020013\x39x"),
        (
            "80200000000000008400000000000000",
            "0200130000000000000000001",
        ),
        (
            "80200000000000008400000000000000",
            "02001340000000000000000017",
        ),
        ("0020000400000000", "020013what bit 30 says"),
    ]) {
        let built = edited(&read(bitmaps, data), |builder| assert!(builder.delete("9")));
        assert_eq!(*built.encode(), octets(wanted.0, wanted.1), "{bitmaps}");
    }
}

#[test]
fn digits_of_a_bitmap_that_did_not_change_keep_their_case() {
    let message = read("00a0100000000000", "1020013\x39x");
    let built = edited(&message, |builder| assert!(builder.delete("20")));
    assert_eq!(*built.encode(), octets("00a0000000000000", "1020013"));
}

#[test]
fn a_third_bitmap_comes_and_goes_with_its_elements() {
    let (bitmaps, data) = ODD[4];
    let built = edited(&read(bitmaps, data), |builder| {
        assert!(builder.delete("130"));
    });
    assert_eq!(
        *built.encode(),
        octets("80a00000000000000400000000000000", "1020013001")
    );
    let built = edited(&Arc::new(built), |builder| set(builder, "130", "7"));
    assert_eq!(*built.encode(), octets(bitmaps, data));
}

#[test]
fn an_element_behind_what_nobody_can_read_is_refused() {
    let (bitmaps, data) = ODD[5];
    let mut builder = MessageBuilder::edit(&read(bitmaps, data));
    set(&mut builder, "70", "001");
    let error = builder.build().unwrap_err();
    assert!(["70", "bitmap"].contains(&error.path.as_str()), "{error}");
}

#[test]
fn a_path_may_add_a_data_set_or_the_first_tag_of_an_element() {
    let message = visa(r#"{"mti":"0100","11":"020013"}"#);
    let built = edited(&message, |builder| {
        set(builder, "55.9F02", "000000004250");
        set(builder, "55.72.86", "aa");
        set(builder, "104.57.01", "PP");
        set(builder, "104.57.03", "d8");
        set(builder, "104.5F.01", "REF1");
        set(builder, "62.2", "467303085254670");
        assert!(builder.contains("104.57") && builder.contains("104.03"));
        assert!(!builder.contains("104.5E"));
    });
    for (path, text) in [
        ("55._dataset", "01"),
        ("55.9F02", "000000004250"),
        ("55.72.86", "aa"),
        ("104.57.01", "PP"),
        ("104.57.03", "d8"),
        ("104.5F.01", "REF1"),
        ("62._bitmap", "4000000000000000"),
    ] {
        assert_eq!(built.clear_text(path).unwrap(), text, "{path}");
    }
}

#[test]
fn a_data_set_is_added_beside_others_and_deleted_whole() {
    let message = visa(r#"{"mti":"0100","123":{"66":{"C0":"75008"}}}"#);
    let built = edited(&message, |builder| {
        set(builder, "123.67.80", "00");
        set(builder, "123.66.C1", "02");
    });
    assert_eq!(built.clear_text("123.67.80").unwrap(), "00");
    assert_eq!(built.clear_text("123.66.C1").unwrap(), "02");
    let built = edited(&Arc::new(built), |builder| {
        assert!(builder.delete("123.66"));
        assert!(!builder.contains("123.66") && !builder.delete("123.66"));
    });
    assert!(!built.contains("123.C0") && built.contains("123.67.80"));
    let mut builder = MessageBuilder::edit(&Arc::new(built));
    let refused = |builder: &mut MessageBuilder, path: &str| {
        builder
            .set(path, Value::text("00"))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(&mut builder, "123.9F02.01"),
        "123.9F02.01: expected two hex digits for a data set, found another key"
    );
    let mut builder = MessageBuilder::new(&VISA, "0100");
    assert_eq!(
        refused(&mut builder, "123.C0"),
        "123.C0: expected a data set around it, found none"
    );
}

#[test]
fn values_that_would_not_give_the_bytes_again_are_told_by_place() {
    for ((bitmaps, data), told) in ODD.into_iter().zip([
        "bitmap at offset 7",
        "",
        "bitmap at offset 7",
        "bitmap at offset 7",
        "bitmap at offset 7",
        "bitmap at offset 7",
    ]) {
        let error = SPEC.decode_verified(&octets(bitmaps, data)).err();
        let text = error.map_or_else(String::new, |error| error.to_string());
        assert_eq!(text.is_empty(), told.is_empty(), "{text}");
        assert!(text.starts_with(told), "{text}");
    }
    let error = SPEC.decode_verified(&octets("00A0100000000000", "1020013\x39x"));
    let error = error.unwrap_err();
    assert_eq!((error.path.as_str(), error.offset), ("20", 28));
    assert_eq!(error.partial.unwrap().fields().count(), 3);
    let long_length = [
        &[1, 0][..],
        &[0, 0, 0, 0, 0, 0, 2, 0],
        &[8, 1, 0, 5, 0x9a, 0x81, 2, 1, 2],
    ];
    // the text of the element has the length as it is
    assert!(VISA.decode_verified(&long_length.concat()).is_ok());
}

#[test]
fn a_change_inside_an_element_keeps_the_pads_of_its_other_parts() {
    let bits = [0_u8, 0, 0, 0, 0, 0, 0, 4];
    let parts = [
        &[0xc0, 0, 0, 0, 0, 0, 0, 0, 0xe8][..],
        // fifteen digits, and a pad that is no zero
        &[0xf1, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x45],
    ];
    let octets = [&[1, 0][..], &bits, &[17], &parts.concat()].concat();
    let message = Arc::new(VISA.decode(&octets).unwrap());
    assert_eq!(message.clear_text("62.2").unwrap(), "123456789012345");
    let built = edited(&message, |builder| set(builder, "62.1", "N"));
    let mut wanted = octets.clone();
    wanted[19] = 0xd5;
    assert_eq!(*built.encode(), wanted);
    let built = edited(&message, |builder| set(builder, "62.2", "123456789012346"));
    assert_eq!(built.wire(62).unwrap()[10], 0x01);
}
