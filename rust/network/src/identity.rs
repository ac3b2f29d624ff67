//! The identity of a message: equal for a request and its repeats, different for all else.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

/// What makes a message itself. Absent parts are empty.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdentityParts<'a> {
    pub(crate) network: &'a str,
    /// The message type with its last digit cleared: a repeat is the same message.
    pub(crate) message_class: &'a str,
    pub(crate) card_token: &'a [u8],
    pub(crate) transmitted: &'a str,
    pub(crate) stan: &'a str,
    pub(crate) acquirer_id: &'a str,
    pub(crate) retrieval_reference: &'a str,
}

impl IdentityParts<'_> {
    /// Four bytes of the transmission second (zero where unknown), then twelve of SHA-256.
    ///
    /// All messages of one transmission second lie together, which makes the search for the
    /// original of a reversal a short range of an index that exists anyway.
    pub(crate) fn key(&self, transmitted_at_us: Option<i64>) -> [u8; 16] {
        let second = transmitted_at_us.map_or(0, |time_us| time_us.div_euclid(1_000_000));
        let mut digest = Sha256::new();
        let parts = [
            self.network.as_bytes(),
            self.message_class.as_bytes(),
            self.card_token,
            self.transmitted.as_bytes(),
            self.stan.as_bytes(),
            self.acquirer_id.as_bytes(),
            self.retrieval_reference.as_bytes(),
        ];
        for part in parts {
            // the length keeps "12" + "3" apart from "1" + "23"
            digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(part);
        }
        let mut key = [0; 16];
        let (head, tail) = key.split_at_mut(4);
        head.copy_from_slice(&u32::try_from(second).unwrap_or(0).to_be_bytes());
        let digest: [u8; 32] = digest.finalize().into();
        tail.copy_from_slice(&digest[..12]);
        key
    }
}

/// Gives every message of a process a number of its own, and every process its own prefix.
#[derive(Debug)]
pub(crate) struct TraceIds {
    prefix: u64,
    next: AtomicU64,
}

impl TraceIds {
    pub(crate) fn new() -> Self {
        use std::hash::{BuildHasher, RandomState};
        // the standard library seeds this hasher from the operating system's randomness
        let prefix = RandomState::new().hash_one(std::process::id());
        Self {
            prefix,
            next: AtomicU64::new(1),
        }
    }

    /// Sixteen bytes, never all zero, as the W3C trace context wants them.
    pub(crate) fn next(&self) -> [u8; 16] {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        ((u128::from(self.prefix) << 64) | u128::from(number)).to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PARTS: IdentityParts<'static> = IdentityParts {
        network: "visa_like",
        message_class: "0100",
        card_token: &[7; 32],
        transmitted: "0527192031",
        stan: "002013",
        acquirer_id: "432109",
        retrieval_reference: "414719002013",
    };

    #[test]
    fn the_key_leads_with_the_transmission_second() {
        assert_eq!(
            PARTS.key(Some(0x0102_0304 * 1_000_000 + 999_999))[..4],
            [1, 2, 3, 4]
        );
        assert_eq!(PARTS.key(None)[..4], [0; 4]);
        assert_eq!(PARTS.key(Some(-1))[..4], [0; 4]);
    }

    #[test]
    fn every_part_changes_the_key() {
        let variants = [
            IdentityParts {
                network: "mastercard_like",
                ..PARTS
            },
            IdentityParts {
                message_class: "0120",
                ..PARTS
            },
            IdentityParts {
                card_token: &[8; 32],
                ..PARTS
            },
            IdentityParts {
                transmitted: "0527192032",
                ..PARTS
            },
            IdentityParts {
                stan: "002014",
                ..PARTS
            },
            IdentityParts {
                acquirer_id: "432108",
                ..PARTS
            },
            IdentityParts {
                retrieval_reference: "",
                ..PARTS
            },
        ];
        for variant in variants {
            assert_ne!(variant.key(Some(0)), PARTS.key(Some(0)), "{variant:?}");
        }
    }

    #[test]
    fn trace_ids_are_unique_within_and_across_processes() {
        let (one, other) = (TraceIds::new(), TraceIds::new());
        let mut ids: Vec<[u8; 16]> = (0..100).flat_map(|_| [one.next(), other.next()]).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 200);
    }

    proptest! {
        #[test]
        fn moving_a_border_between_parts_changes_the_key(text in "[0-9]{8}", border in 1usize..8) {
            let (stan, acquirer_id) = text.split_at(border);
            let moved = IdentityParts { stan, acquirer_id, ..PARTS };
            let whole = IdentityParts { stan: &text, acquirer_id: "", ..PARTS };
            prop_assert_ne!(moved.key(None), whole.key(None));
        }
    }
}
