//! Known answers of both codes, and what verification must refuse.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use cbs_crypto::{AesCmac, MAC_LENGTH_MIN, Mac, Padding, RetailMac};
use proptest::prelude::*;

const RETAIL_KEY: &str = "0123456789abcdeffedcba9876543210";
const CMAC_KEY: &str = "2b7e151628aed2a6abf7158809cf4f3c";

fn bytes(hex: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(pair).collect()
}

fn retail(key: &str, padding: Padding) -> RetailMac {
    RetailMac::new(&bytes(key), padding).unwrap()
}

fn cmac(key: &str) -> AesCmac {
    AesCmac::new(&bytes(key)).unwrap()
}

/// ISO/IEC 9797-1, annex B: both strings under algorithm 3 with padding methods 1 and 2.
#[test]
fn retail_codes_are_those_of_iso_9797_1_annex_b() {
    let cases: [(&[u8], Padding, &str); 4] = [
        (
            b"Now is the time for all ",
            Padding::Zeros,
            "a1c72e74ea3fa9b6",
        ),
        (
            b"Now is the time for all ",
            Padding::BitAndZeros,
            "e9086230ca3be796",
        ),
        (
            b"Now is the time for it",
            Padding::Zeros,
            "2e2b1428cc78254f",
        ),
        (
            b"Now is the time for it",
            Padding::BitAndZeros,
            "5a692ce64f404145",
        ),
    ];
    for (data, padding, expected) in cases {
        assert_eq!(retail(RETAIL_KEY, padding).compute(data), bytes(expected));
    }
}

/// ICAO 9303 part 11, the worked example of basic access control.
#[test]
fn retail_codes_are_those_of_the_passport_example() {
    let key = retail("7962d9ece03d1acd4c76089dce131543", Padding::BitAndZeros);
    let data = bytes("72c29c2371cc9bdb65b779b8e8d37b29ecc154aa56a8799fae2f498f76ed92f2");
    assert_eq!(key.compute(&data), bytes("5f1448eea8ad90a7"));
}

/// Nothing at all is one block of padding; the answers were computed with OpenSSL's DES.
#[test]
fn the_retail_code_of_no_data_is_that_of_a_padded_block() {
    let zeros = retail(RETAIL_KEY, Padding::Zeros);
    assert_eq!(zeros.compute(b""), bytes("08d7b4fb629d0885"));
    let marked = retail(RETAIL_KEY, Padding::BitAndZeros);
    assert_eq!(marked.compute(b""), bytes("f1fbcf2a56d19ba7"));
}

/// RFC 4493, section 4.
#[test]
fn cmacs_are_those_of_rfc_4493() {
    let data = bytes(concat!(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
    ));
    let cases = [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ];
    for (length, expected) in cases {
        assert_eq!(cmac(CMAC_KEY).compute(&data[..length]), bytes(expected));
    }
}

/// NIST SP 800-38B, examples with longer keys.
#[test]
fn cmacs_of_longer_keys_are_those_of_nist_sp_800_38b() {
    let long = cmac("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b");
    assert_eq!(long.compute(b""), bytes("d17ddf46adaacde531cac483de7a9367"));
    let longest = cmac("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
    let data = bytes("6bc1bee22e409f96e93d7e117393172a");
    assert_eq!(
        longest.compute(&data),
        bytes("28a7023f452e8f82bd4bf28d8c37c35c")
    );
}

#[test]
fn keys_of_other_lengths_are_refused_with_the_length() {
    for length in [0, 8, 15, 17, 24, 32] {
        let error = RetailMac::new(&vec![1; length], Padding::Zeros).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("MAC key: {length} bytes, 16 are needed")
        );
    }
    for length in [0, 8, 15, 17, 33] {
        let error = AesCmac::new(&vec![1; length]).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("MAC key: {length} bytes, 16, 24 or 32 are needed")
        );
    }
}

#[test]
fn debug_prints_no_key() {
    let key = retail(RETAIL_KEY, Padding::Zeros);
    assert_eq!(format!("{key:?}"), "RetailMac(Zeros, key=****)");
    assert_eq!(format!("{:?}", cmac(CMAC_KEY)), "AesCmac(key=****)");
}

proptest! {
    #[test]
    fn a_code_cut_to_four_bytes_or_more_verifies(data: Vec<u8>, length in 0_usize..=17) {
        let keys: [Box<dyn Mac>; 2] =
            [Box::new(retail(RETAIL_KEY, Padding::Zeros)), Box::new(cmac(CMAC_KEY))];
        for key in keys {
            let mut code = key.compute(&data);
            let enough = (MAC_LENGTH_MIN..=code.len()).contains(&length);
            code.resize(length, 0);
            prop_assert_eq!(key.verify(&data, &code), enough);
        }
    }

    #[test]
    fn a_code_with_any_bit_changed_does_not_verify(data: Vec<u8>, bit in 0_usize..64) {
        let key = retail(RETAIL_KEY, Padding::BitAndZeros);
        let mut code = key.compute(&data);
        code[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!key.verify(&data, &code));
    }

    #[test]
    fn the_code_of_data_with_any_bit_changed_differs(
        mut data in prop::collection::vec(any::<u8>(), 1..64), place: prop::sample::Index
    ) {
        let key = cmac(CMAC_KEY);
        let code = key.compute(&data);
        let place = place.index(data.len());
        data[place] ^= 1;
        prop_assert!(!key.verify(&data, &code));
    }
}

/// Stands in for a connection to a security module: it can compute codes, and has no key.
struct Module;

impl Mac for Module {
    fn compute(&self, data: &[u8]) -> Vec<u8> {
        let sum = data.iter().fold(7_u64, |sum, byte| {
            sum.rotate_left(5).wrapping_add(u64::from(*byte))
        });
        sum.to_be_bytes().to_vec()
    }
}

#[test]
fn whoever_computes_codes_verifies_them_without_a_key_here() {
    let modules: [Box<dyn Mac>; 1] = [Box::new(Module)];
    for module in modules {
        let code = module.compute(b"0800 and all that");
        assert!(module.verify(b"0800 and all that", &code));
        assert!(module.verify(b"0800 and all that", &code[..4]));
        assert!(!module.verify(b"0800 and all that", &code[..3]));
        assert!(!module.verify(b"0810 and all that", &code));
    }
}
