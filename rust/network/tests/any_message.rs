//! Properties over messages that no sane sender would send.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, LazyLock};

use cbs_crypto::TokenKey;
use cbs_iso8583::{Message, Part, Spec};
use cbs_network::{Decision, Profile, RECORD_COLUMNS, Request, RequestKind, Value};
use proptest::prelude::*;

const PAN: &str = "4000000000000010";
/// Elements that a reply must not have, whatever the request.
const NEVER: [u16; 8] = [14, 35, 36, 45, 52, 53, 55, 126];

static SPEC: LazyLock<Arc<Spec>> = LazyLock::new(|| {
    let text = include_str!("../../../python/cbs/specs/visa_like.toml");
    Arc::new(Spec::parse(text, "visa_like").unwrap())
});
static PROFILE: LazyLock<Profile> = LazyLock::new(|| {
    let text = include_str!("../../../python/cbs/profiles/visa_like.toml");
    Profile::parse(text, "visa_like").unwrap()
});
static TOKEN_KEY: LazyLock<TokenKey> = LazyLock::new(|| TokenKey::new(&[7; 32], 1).unwrap());

fn read(message: Arc<Message>, received_at_us: i64, format_error: Option<&str>) -> Request {
    PROFILE.read(message, &TOKEN_KEY, received_at_us, format_error)
}

/// A message with everything in it, as a start for damage.
fn whole_message(mti: &str) -> Vec<u8> {
    let track = format!("{PAN}d29122010000000000000");
    let parts = [
        Part::Text(2, PAN),
        Part::Text(3, "000000"),
        Part::Text(4, "000000004250"),
        Part::Text(7, "0527192031"),
        Part::Text(11, "002013"),
        Part::Text(14, "2912"),
        Part::Text(22, "0510"),
        Part::Text(25, "00"),
        Part::Text(32, "476173"),
        Part::Text(35, &track),
        Part::Text(37, "714719002013"),
        Part::Text(42, "MERCHANT0000001"),
        Part::Text(43, "HARBOUR BOOKS            LISBON       PT"),
        Part::Text(49, "978"),
        Part::Text(52, "0123456789abcdef"),
        Part::Text(62, "40000000000000000467303085254670"),
        Part::Text(70, "301"),
        Part::Text(90, "010000201105271900000000047617300000000000"),
    ];
    SPEC.assemble(mti, &parts).unwrap()
}

proptest! {
    #[test]
    fn damaged_messages_are_read_and_answered_without_harm(
        mti in prop_oneof![Just("0100"), Just("0121"), Just("0200"), Just("0420"), Just("0800")],
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        received_at_us in any::<i64>(),
    ) {
        let mut body = whole_message(mti);
        for (index, byte) in damage {
            let place = index.index(body.len());
            body[place] = byte;
        }
        let (message, fault) = match SPEC.decode(&body) {
            Ok(message) => (Some(message), None),
            Err(error) => (error.partial.map(|partial| *partial), Some(error.path)),
        };
        let Some(message) = message else { return Ok(()) };
        let request = read(Arc::new(message), received_at_us, fault.as_deref());
        check_record(&request)?;
        check_reply(&request)?;
    }

    #[test]
    fn a_repeat_has_the_identity_of_its_request_whatever_the_delay(
        stan in "[0-9]{6}",
        acquirer in "[0-9]{1,11}",
        delay_us in 0_i64..86_400_000_000,
    ) {
        let identity = |mti: &str, received_at_us: i64| {
            let parts = [
                Part::Text(2, PAN),
                Part::Text(7, "1231235959"),
                Part::Text(11, &stan),
                Part::Text(32, &acquirer),
            ];
            let body = SPEC.assemble(mti, &parts).unwrap();
            let message = Arc::new(SPEC.decode(&body).unwrap());
            let request = read(message, received_at_us, None);
            request.record().unwrap().value("identity_key").cloned()
        };
        // 2026-12-31 23:59:59 UTC: some of the repeats come in the next year
        let sent_at_us = 1_798_761_599_000_000;
        prop_assert_eq!(identity("0100", sent_at_us), identity("0101", sent_at_us + delay_us));
    }
}

fn check_record(request: &Request) -> Result<(), TestCaseError> {
    let shown = format!("{request:?} {:?}", request.record());
    prop_assert!(!shown.contains(PAN));
    let Some(record) = request.record() else {
        return Ok(());
    };
    prop_assert_eq!(request.kind(), RequestKind::Decide);
    for (name, value) in RECORD_COLUMNS.iter().zip(record.values()) {
        if let Value::Text(text) = value {
            prop_assert!(!text.contains('\0') && !text.is_empty(), "{}", name);
        }
    }
    for name in [
        "network",
        "message_type",
        "identity_key",
        "entry",
        "card_present",
        "trace_id",
    ] {
        prop_assert_ne!(record.value(name), Some(&Value::Null), "{}", name);
    }
    Ok(())
}

fn check_reply(request: &Request) -> Result<(), TestCaseError> {
    let decision = Decision {
        response_code: "30",
        ..Decision::default()
    };
    let Ok(body) = PROFILE.reply(&SPEC, request, &decision) else {
        let unanswered = [RequestKind::Ignore, RequestKind::Response];
        prop_assert!(unanswered.contains(&request.kind()));
        return Ok(());
    };
    let reply = SPEC
        .decode(&body)
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(reply.masked_text("39"), Some("30".to_owned()));
    prop_assert!(NEVER.iter().all(|field| !reply.has(*field)));
    Ok(())
}
