//! Messages from JSON, and messages built path by path.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test that goes wrong must stop loudly"
)]

use std::sync::{Arc, LazyLock};

use cbs_iso8583::{Message, MessageBuilder, Spec, Value};
use proptest::prelude::*;

static SPEC: LazyLock<Arc<Spec>> = LazyLock::new(|| {
    let text = include_str!("../../../python/cbs/specs/visa_like.toml");
    Arc::new(Spec::parse(text, "visa_like").expect("the packaged specification compiles"))
});

const PURCHASE: &str = concat!(
    r#"{"mti":"0100","2":"4000000000000010","4":"000000004250","11":"020013","32":"12345678901","#,
    r#""55":{"9F26":"0102030405060708","9F10":"06","72":{"9F18":"01","86":["aa","bb"]}},"#,
    r#""62":{"1":"Y","2":"467303085254670"},"123":[{"_dataset":"66","C0":"75008"},"#,
    r#"{"_dataset":"67","80":"00"}]}"#
);

fn purchase() -> Arc<Message> {
    let value = Value::from_json(PURCHASE.as_bytes()).unwrap();
    Arc::new(SPEC.decode(&SPEC.encode(&value).unwrap()).unwrap())
}

fn edited(change: impl Fn(&mut MessageBuilder)) -> Message {
    let mut builder = MessageBuilder::edit(&purchase());
    change(&mut builder);
    builder.build().unwrap()
}

#[test]
fn json_is_read_as_it_was_written() {
    let message = purchase();
    let again = Value::from_json(&message.to_json(true)).unwrap();
    assert_eq!(*SPEC.encode(&again).unwrap(), *message.encode());
    assert_eq!(message.masked_text("55.72.86").unwrap(), "aa");
}

#[test]
fn json_that_is_no_message_is_told_by_path_or_place() {
    let problem = |text: &str| Value::from_json(text.as_bytes()).unwrap_err().to_string();
    for (text, wanted) in [
        (
            r#"{"4":4250}"#,
            "4: expected a text, a list or a mapping, found a number",
        ),
        (
            r#"{"62":{"1":null}}"#,
            "62.1: expected a text, a list or a mapping, found null",
        ),
        (r#"{"55":{"86":["aa",true]}}"#, "55.86: expected a text"),
        (
            r#"{"2":"1","2":"2"}"#,
            "2: expected each key once, found it twice",
        ),
        (
            "{\"2\":\"4000000000000010\"\n,}",
            "message: expected JSON, found something else at line 2",
        ),
        (
            "",
            "message: expected JSON, found something else at line 1, column 0",
        ),
        (r#"{"4":"0"} x"#, "column 11"),
        (r#"{"4000000000000010":1}"#, "?: expected a text"),
        (
            &format!("{}{}", r#"{"4":"#.repeat(40), "}".repeat(40)),
            "less nesting",
        ),
        (
            &format!("[{}1]", r#""0","#.repeat(3000)),
            "at most 2048 values",
        ),
    ] {
        let problem = problem(text);
        assert!(problem.contains(wanted), "{problem}");
        assert!(!problem.contains("4000000000000010"), "{problem}");
    }
}

#[test]
fn an_edit_changes_what_it_names_and_nothing_else() {
    let before = purchase();
    let after = edited(|builder| builder.set("4", Value::text("000000000001")).unwrap());
    assert_eq!(after.masked_text("4").unwrap(), "000000000001");
    for field in before.fields().filter(|field| *field != 4) {
        assert_eq!(after.wire(field), before.wire(field), "{field}");
    }
    assert_eq!(before.masked_text("4").unwrap(), "000000004250");
}

#[test]
fn nested_values_are_set_added_and_deleted() {
    let after = edited(|builder| {
        builder.set("62.3", Value::text("ABCD")).unwrap();
        builder.set("55.9f10", Value::text("07")).unwrap();
        builder.set("55.9F37", Value::text("01020304")).unwrap();
        builder.set("123.67.80", Value::text("01")).unwrap();
        builder.set("123.66.C1", Value::text("02")).unwrap();
        assert!(builder.delete("62.1"));
        assert!(builder.delete("55.72.86"));
        assert!(!builder.delete("55.72.86"));
        assert!(!builder.delete("48"));
        assert!(builder.contains("55.72.9F18") && !builder.contains("62.1"));
    });
    let text = |path: &str| after.masked_text(path);
    assert_eq!(text("62._bitmap").unwrap(), "6000000000000000");
    assert_eq!(text("62.3").unwrap(), "ABCD");
    assert_eq!(text("55.9F10").unwrap(), "07");
    assert_eq!(text("55.9F37").unwrap(), "01020304");
    assert_eq!(text("123.67.80").unwrap(), "01");
    assert_eq!(text("123.66.C0").unwrap(), "75008");
    assert_eq!(text("55.72.86"), None);
    assert_eq!(text("55.9F26").unwrap(), "0102030405060708");
}

#[test]
fn a_bitmap_that_was_longer_than_it_must_be_stays_so() {
    let body = [
        &[1, 0][..],
        &[0x90, 0, 0, 0, 0, 0, 0, 0],
        &[0; 8],
        &[0, 0, 0, 0, 0x42, 0x50],
    ];
    let message = Arc::new(SPEC.decode(&body.concat()).unwrap());
    let mut builder = MessageBuilder::edit(&message);
    assert_eq!(*builder.build().unwrap().encode(), *message.encode());
    builder.set("4", Value::text("000000000001")).unwrap();
    assert_eq!(builder.build().unwrap().bitmap(), message.bitmap());
}

#[test]
fn pads_that_are_not_zero_stay_where_they_were() {
    let body = [
        &[1, 0][..],
        &[0x10, 0x20, 0, 0, 0, 0, 0x80, 0],
        &[0, 0, 0, 0, 0x42, 0x50],
        &[2, 0, 0x13],
        &[0xf9, 0x78],
    ];
    let message = Arc::new(SPEC.decode(&body.concat()).unwrap());
    let mut builder = MessageBuilder::edit(&message);
    builder.set("11", Value::text("020014")).unwrap();
    let built = builder.build().unwrap();
    assert_eq!(built.wire(49).unwrap(), [0xf9, 0x78]);
    assert_eq!(built.masked_text("11").unwrap(), "020014");
}

#[test]
fn parts_hold_no_more_than_the_field_around_them_may() {
    let text = include_str!("../../../python/cbs/specs/iso87_ascii.toml");
    let spec = Arc::new(Spec::parse(text, "iso87_ascii").unwrap());
    let document = |acquirer: &str| {
        let text = concat!(
            r#"{"mti":"0400","90":{"1":"0200","2":"003316","3":"0908064519","#,
            r#""4":"ACQUIRER","5":"00000000000"}}"#
        );
        Value::from_json(text.replace("ACQUIRER", acquirer).as_bytes()).unwrap()
    };
    assert!(spec.encode(&document("00000000200")).is_ok());
    let Err(error) = spec.encode(&document("/0000000200")) else {
        panic!("a slash is no digit");
    };
    assert_eq!(error.path, "90");
    assert_eq!(error.expected, "decimal digits");
}

#[test]
fn what_does_not_fit_is_told_by_its_path() {
    let mut builder = MessageBuilder::new(&SPEC, "0100");
    builder.set("62.1", Value::text("Y")).unwrap();
    builder.set("4", Value::text("42")).unwrap();
    assert_eq!(builder.build().unwrap_err().path, "4");
    assert!(builder.delete("4"));
    assert_eq!(builder.fields(), [62]);
    builder.set("62.9", Value::text("Y")).unwrap();
    assert_eq!(builder.build().unwrap_err().path, "62.9");
    builder.set("62", Value::text("00")).unwrap();
    assert_eq!(
        builder.set("62.1", Value::text("Y")).unwrap_err().path,
        "62.1"
    );
    assert_eq!(
        builder.set("amount", Value::text("1")).unwrap_err().path,
        "amount"
    );
    builder.set("mti", Value::text("01")).unwrap();
    assert_eq!(builder.build().unwrap_err().path, "mti");
}

proptest! {
    #[test]
    fn an_edit_of_one_element_leaves_the_bytes_of_all_others(
        amount in 0_u64..1_000_000_000_000,
        deleted in proptest::sample::select(vec!["2", "11", "32", "55", "62", "123"]),
    ) {
        let before = purchase();
        let after = edited(|builder| {
            builder.set("4", Value::text(&format!("{amount:012}"))).unwrap();
            assert!(builder.delete(deleted));
        });
        prop_assert!(!after.contains(deleted));
        for field in after.fields().filter(|field| *field != 4) {
            prop_assert_eq!(after.wire(field), before.wire(field));
        }
    }

    #[test]
    fn any_text_is_json_or_an_error(text in ".{0,60}") {
        let _ = Value::from_json(text.as_bytes());
    }
}
