//! The packaged profile over the packaged specification, on a public message.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use cbs_crypto::TokenKey;
use cbs_iso8583::{Message, Spec};
use cbs_network::{Decision, Profile, ReplyError, Request, RequestKind, Value};

/// `visa_ecomm` of the public iso8583tools, without frame and header.
const ECOMMERCE: &str = "0100f224648108e08016000000000000000410456789012345678300300000000000250\
    0052719203100201316075999078001205906432109f4f1f4f7f1f9f0f0f2f0f1f3f9f2f1f940404040f3f0f0f0f1\
    f4f0f0f0f0f0f0f0f0f0c9d5c4c5d7c5d5c4c5d5c3c540e2d8e4c1d9c540c5c3d6d4d4d2e8c9e540404040404040\
    4040e3e30840055000060007098000000000000000e80580000000000e0040000000000000f1f140f8f8f8";
/// 2013-05-27 19:20:33 UTC, two seconds after it was sent.
const RECEIVED_AT_US: i64 = 1_369_682_433_000_000;

struct Fixture {
    spec: Arc<Spec>,
    profile: Profile,
    token_key: TokenKey,
}

impl Fixture {
    fn new() -> Self {
        let spec = include_str!("../../../python/cbs/specs/visa_like.toml");
        let profile = include_str!("../../../python/cbs/profiles/visa_like.toml");
        Self {
            spec: Arc::new(Spec::parse(spec, "visa_like").unwrap()),
            profile: Profile::parse(profile, "visa_like").unwrap(),
            token_key: TokenKey::new(&[7; 32], 1).unwrap(),
        }
    }

    fn decode(&self, hex: &str) -> Arc<Message> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte =
            |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let body: Vec<u8> = digits.chunks(2).map(byte).collect();
        Arc::new(self.spec.decode(&body).unwrap())
    }

    fn read(&self, hex: &str) -> Request {
        self.profile
            .read(self.decode(hex), &self.token_key, RECEIVED_AT_US, None)
    }
}

fn text(request: &Request, column: &str) -> Option<String> {
    request
        .record()
        .unwrap()
        .value(column)
        .unwrap()
        .as_text()
        .map(str::to_owned)
}

#[test]
fn a_public_e_commerce_request_is_read() {
    let fixture = Fixture::new();
    let request = fixture.read(ECOMMERCE);
    let record = request.record().unwrap();
    assert_eq!(request.kind(), RequestKind::Decide);
    assert_eq!(text(&request, "format_error"), None);
    assert_eq!(
        text(&request, "pan_masked").as_deref(),
        Some("456789******6783")
    );
    assert_eq!(text(&request, "entry").as_deref(), Some("ecommerce"));
    assert_eq!(text(&request, "currency").as_deref(), Some("840"));
    assert_eq!(text(&request, "acquirer_id").as_deref(), Some("432109"));
    assert_eq!(text(&request, "terminal_id").as_deref(), Some("9219"));
    assert_eq!(record.value("amount_minor"), Some(&Value::Integer(2500)));
    assert_eq!(record.value("card_present"), Some(&Value::Boolean(false)));
    let token = Value::Token(fixture.token_key.token("4567890123456783"));
    assert_eq!(record.value("card_token"), Some(&token));
    let sent_at = Value::Integer(RECEIVED_AT_US - 2_000_000);
    assert_eq!(record.value("transmitted_at_us"), Some(&sent_at));
}

#[test]
fn its_reply_echoes_the_bytes_and_drops_expiry_and_cvv2() {
    let fixture = Fixture::new();
    let request = fixture.read(ECOMMERCE);
    let decision = Decision {
        response_code: "00",
        authorization_code: Some("A1B2C3"),
        ..Decision::default()
    };
    let body = fixture
        .profile
        .reply(&fixture.spec, &request, &decision)
        .unwrap();
    let reply = fixture.spec.decode(&body).unwrap();
    assert_eq!(reply.mti(), "0110");
    let fields: Vec<u16> = reply.fields().collect();
    assert_eq!(
        fields,
        [2, 3, 4, 7, 11, 25, 32, 37, 38, 39, 41, 42, 49, 62, 63]
    );
    let original = fixture.decode(ECOMMERCE);
    for field in fields.into_iter().filter(|field| ![38, 39].contains(field)) {
        assert_eq!(reply.wire(field), original.wire(field), "{field}");
    }
}

#[test]
fn a_response_has_no_reply() {
    let fixture = Fixture::new();
    let request = fixture.read(&ECOMMERCE.replacen("0100", "0110", 1));
    assert_eq!(request.kind(), RequestKind::Response);
    let reply = fixture
        .profile
        .reply(&fixture.spec, &request, &Decision::default());
    assert!(matches!(reply, Err(ReplyError::NoReply { .. })));
}

#[test]
fn nothing_that_can_be_printed_holds_the_card_number() {
    let fixture = Fixture::new();
    let request = fixture.read(ECOMMERCE);
    let shown = format!("{request:?} {:?} {:?}", request.record(), fixture.profile);
    assert!(!shown.contains("4567890123456783"));
    assert!(!shown.contains("888"));
}
