//! Message types: four digits for version, class, function and origin.

use crate::error::ProfileError;

/// The four digits of a message type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MessageType([u8; 4]);

impl MessageType {
    /// `None` for a text that is not four digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits: [u8; 4] = text.as_bytes().try_into().ok()?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then_some(Self(digits))
    }

    pub(crate) fn parse_key(text: &str, key: &str) -> Result<Self, ProfileError> {
        Self::parse(text).ok_or_else(|| ProfileError::invalid(key, "a message type of four digits"))
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The message type of which this one is a first copy or a repeat: 0101 -> 0100.
    pub(crate) fn class(self) -> Self {
        let [version, class, function, _] = self.0;
        Self([version, class, function, b'0'])
    }

    /// Version and class: the kind of business, "01" for authorization.
    pub(crate) fn business(self) -> [u8; 2] {
        [self.0[0], self.0[1]]
    }

    /// Odd functions answer: 0110, 0130, 0432, 0810.
    pub(crate) fn is_response(self) -> bool {
        self.0[2] % 2 == 1
    }

    /// A function that somebody waits for an answer to: request, advice, instruction.
    pub(crate) fn wants_reply(self) -> bool {
        matches!(self.0[2], b'0' | b'2' | b'6')
    }

    /// Advices tell what has happened: they are acknowledged, never declined.
    pub(crate) fn is_advice(self) -> bool {
        self.0[2] == b'2'
    }

    /// The type of the answer: function + 1, and the repeat mark cleared: 0121 -> 0130.
    pub(crate) fn reply(self) -> Self {
        let [version, class, function, origin] = self.0;
        // ASCII digits: an even code is an even digit
        Self([version, class, function | 1, origin & !1])
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn of(text: &str) -> MessageType {
        MessageType::parse(text).unwrap()
    }

    #[test]
    fn a_reply_clears_the_repeat_mark() {
        let pairs = [
            ("0100", "0110"),
            ("0101", "0110"),
            ("0121", "0130"),
            ("0221", "0230"),
            ("0400", "0410"),
            ("0421", "0430"),
            ("0800", "0810"),
            ("0103", "0112"),
        ];
        for (request, reply) in pairs {
            assert_eq!(of(request).reply(), of(reply));
            assert!(of(reply).is_response());
            assert!(!of(request).is_response());
        }
    }

    #[test]
    fn a_request_and_its_repeat_share_a_class_and_an_advice_does_not() {
        assert_eq!(of("0101").class(), of("0100").class());
        assert_ne!(of("0120").class(), of("0100").class());
        assert!(of("0421").is_advice());
        assert!(!of("0400").is_advice());
    }

    #[test]
    fn only_four_digits_are_a_message_type() {
        for text in ["", "010", "01000", "01a0", " 100", "01é"] {
            assert_eq!(MessageType::parse(text), None);
        }
    }

    #[test]
    fn notifications_and_acknowledgements_want_no_reply() {
        assert!(of("0102").wants_reply());
        assert!(!of("0140").wants_reply());
        assert!(!of("0180").wants_reply());
    }
}
