//! Authentication codes and tracks in messages of every packaged dialect.

use std::sync::{Arc, LazyLock};

use cbs_crypto::{AesCmac, Mac, Padding, RetailMac};
use cbs_iso8583::{Message, MessageBuilder, Part, Spec};

use crate::messages::{assert_tells_little, chosen};

const KEY: [u8; 16] = *b"0123456789abcdef";

static KEYS: LazyLock<[Box<dyn Mac + Send + Sync>; 3]> = LazyLock::new(|| {
    let retail = |padding| Box::new(RetailMac::new(&KEY, padding).unwrap_or_else(|_| panic!()));
    let cmac = AesCmac::new(&KEY).unwrap_or_else(|_| panic!());
    [
        retail(Padding::Zeros),
        retail(Padding::BitAndZeros),
        Box::new(cmac),
    ]
});

/// A message that was sealed proves to be so, and does not once a byte of it is another one.
pub fn mac(data: &[u8]) -> bool {
    let Some((spec, body)) = chosen(data) else {
        return false;
    };
    let Ok(message) = spec.decode(body) else {
        return false;
    };
    let key = &KEYS[body.len() % KEYS.len()];
    if let Some(sealed) = message.sealed() {
        let header = message.header().len();
        let covered = body.get(header..header + sealed.covered.len());
        assert_eq!(Some(sealed.covered), covered, "a code over other bytes");
        key.verify(sealed.covered, &sealed.code);
    }
    let mut builder = MessageBuilder::edit(&Arc::new(message));
    match builder.build_sealed(|covered| key.compute(covered)) {
        Ok(built) => {
            assert!(proves(&built, key.as_ref()), "a code that proves nothing");
            assert_broken(spec, &built, key.as_ref());
            true
        }
        Err(error) => {
            assert_tells_little(&error.to_string());
            false
        }
    }
}

fn proves(message: &Message, key: &dyn Mac) -> bool {
    let sealed = message.sealed();
    sealed.is_some_and(|sealed| key.verify(sealed.covered, &sealed.code))
}

/// The first, the middle and the last covered byte changed.
fn assert_broken(spec: &Arc<Spec>, message: &Message, key: &dyn Mac) {
    let octets = message.encode();
    let header = message.header().len();
    let covered = message.sealed().map_or(0, |sealed| sealed.covered.len());
    for place in [0, covered / 2, covered - 1] {
        let mut other = octets.to_vec();
        other[header + place] ^= 0x01;
        if let Ok(other) = spec.decode(&other) {
            assert!(!proves(&other, key), "a code for other bytes");
        }
    }
}

/// Any text as the track of a message: taken apart, or an error without the track.
pub fn track2(data: &[u8]) -> bool {
    let Some((spec, octets)) = chosen(data) else {
        return false;
    };
    let text: String = octets
        .iter()
        .take(64)
        .map(|octet| char::from(*octet))
        .collect();
    let Ok(body) = spec.assemble("0100", &[Part::Text(35, &text)]) else {
        return spec
            .decode(octets)
            .is_ok_and(|message| has_tracks(&message));
    };
    let message = spec.decode(&body);
    let message = message.unwrap_or_else(|error| panic!("written, but not read: {error}"));
    has_tracks(&message)
}

fn has_tracks(message: &Message) -> bool {
    let mut found = false;
    for (path, _, text) in message.rows(false) {
        match message.track2(&path) {
            None => {}
            Some(Err(problem)) => assert_tells_little(&problem.to_string()),
            Some(Ok(track)) => {
                found = true;
                let (pan, masked) = (track.pan(), track.pan_masked());
                assert!(text.starts_with(&**pan), "a card number from elsewhere");
                assert!(pan.bytes().all(|digit| digit.is_ascii_digit()), "no digits");
                let long = pan.len() >= 8;
                assert!(!long || **pan != *masked, "a card number in the clear");
            }
        }
    }
    found
}
