//! How the text of a message becomes the value of a column.

use crate::record::{Column, Value};
use crate::transmission;

/// What a column does with the text it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Trailing blanks go; nothing left means null.
    Text,
    /// Digits only, else the message has a format error.
    Digits,
    /// Minor units; other than digits is a format error.
    Amount,
    /// Minor units; other than digits (blanks) is null.
    OptionalAmount,
    /// Minor units; blanks are null, other than digits a format error.
    AmountOrBlank,
    /// Three digits of ISO 4217, else a format error.
    Currency,
    /// A transmission time without a year; an impossible date is a format error.
    Moment,
    /// As `Moment`, but zero-filled or impossible is null.
    OptionalMoment,
    /// Leading zeros go, since senders pad differently; nothing left means null.
    Institution,
    /// Text in which zeros only mean absent.
    NonZero,
}

/// The columns that a profile feeds from paths, with their reading, in the order in which a
/// format error is looked for.
pub(crate) const FIELD_READINGS: [(Column, Reading); 30] = [
    (Column::TransmittedAtUs, Reading::Moment),
    (Column::Stan, Reading::Digits),
    (Column::ProcessingCode, Reading::Digits),
    (Column::AmountMinor, Reading::Amount),
    (Column::Currency, Reading::Currency),
    (Column::BillingAmountMinor, Reading::Amount),
    (Column::BillingCurrency, Reading::Currency),
    (Column::LocalTime, Reading::Text),
    (Column::LocalDate, Reading::Text),
    (Column::Expiry, Reading::Text),
    (Column::MerchantCategoryCode, Reading::Text),
    (Column::AcquirerCountry, Reading::Text),
    (Column::AcquirerId, Reading::Institution),
    (Column::ForwarderId, Reading::Institution),
    (Column::PosEntryMode, Reading::Text),
    (Column::PosConditionCode, Reading::Text),
    (Column::RetrievalReference, Reading::NonZero),
    (Column::AuthorizationCode, Reading::Text),
    (Column::AdviceResponseCode, Reading::Text),
    (Column::TerminalId, Reading::Text),
    (Column::MerchantId, Reading::Text),
    (Column::MerchantName, Reading::Text),
    (Column::LifecycleId, Reading::NonZero),
    (Column::OriginalMessageType, Reading::NonZero),
    (Column::OriginalStan, Reading::NonZero),
    (Column::OriginalTransmittedAtUs, Reading::OptionalMoment),
    (Column::OriginalAcquirerId, Reading::Institution),
    (Column::ReplacementAmountMinor, Reading::AmountOrBlank),
    (
        Column::ReplacementBillingAmountMinor,
        Reading::OptionalAmount,
    ),
    (Column::ReasonCode, Reading::NonZero),
];

/// A text that its column cannot take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Reading {
    pub(crate) fn value(self, text: String, received_at_us: i64) -> Result<Value, Malformed> {
        Ok(match self {
            Self::Digits => text_value(digits(text).ok_or(Malformed)?),
            Self::AmountOrBlank if text.bytes().all(|byte| byte == b' ') => Value::Null,
            Self::Amount | Self::AmountOrBlank => Value::Integer(amount(&text).ok_or(Malformed)?),
            Self::OptionalAmount => amount(&text).map_or(Value::Null, Value::Integer),
            Self::Currency if text.len() != 3 => return Err(Malformed),
            Self::Currency => Value::Text(digits(text).ok_or(Malformed)?),
            Self::Moment => {
                Value::Integer(transmission::resolve(&text, received_at_us).ok_or(Malformed)?)
            }
            Self::OptionalMoment => {
                transmission::resolve(&text, received_at_us).map_or(Value::Null, Value::Integer)
            }
            Self::Institution => text_value(text.trim_start_matches('0').to_owned()),
            Self::NonZero if text.bytes().all(|byte| byte == b'0') => Value::Null,
            Self::Text | Self::NonZero => text_value(text),
        })
    }
}

/// Text as the database takes it: UTF-8 without NUL, no blanks on the right.
fn text_value(mut text: String) -> Value {
    text.truncate(text.trim_end_matches(' ').len());
    if text.is_empty() {
        return Value::Null;
    }
    if text.contains('\0') {
        text = text.replace('\0', "\u{fffd}");
    }
    Value::Text(text)
}

fn digits(text: String) -> Option<String> {
    let all_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then_some(text)
}

/// At most eighteen digits, so that the value fits 64 bits with room to add.
fn amount(text: &str) -> Option<i64> {
    let plausible = (1..=18).contains(&text.len());
    let all_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (plausible && all_digits).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(reading: Reading, text: &str) -> Result<Value, Malformed> {
        reading.value(text.to_owned(), 0)
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn text_loses_blanks_on_the_right_only() {
        assert_eq!(read(Reading::Text, " CAFE 7   "), Ok(text(" CAFE 7")));
        assert_eq!(read(Reading::Text, "    "), Ok(Value::Null));
        assert_eq!(read(Reading::Text, "A\0B"), Ok(text("A\u{fffd}B")));
    }

    #[test]
    fn amounts_are_digits_or_a_format_error_unless_optional() {
        assert_eq!(
            read(Reading::Amount, "000000004250"),
            Ok(Value::Integer(4250))
        );
        assert_eq!(read(Reading::Amount, "00000000425a"), Err(Malformed));
        assert_eq!(read(Reading::Amount, "+00000004250"), Err(Malformed));
        assert_eq!(
            read(Reading::OptionalAmount, "            "),
            Ok(Value::Null)
        );
        assert_eq!(
            read(Reading::OptionalAmount, "000000000000"),
            Ok(Value::Integer(0))
        );
        assert_eq!(
            read(Reading::AmountOrBlank, "            "),
            Ok(Value::Null)
        );
        assert_eq!(read(Reading::AmountOrBlank, "C00000030000"), Err(Malformed));
    }

    #[test]
    fn currencies_have_three_digits() {
        assert_eq!(read(Reading::Currency, "978"), Ok(text("978")));
        assert_eq!(read(Reading::Currency, "0978"), Err(Malformed));
        assert_eq!(read(Reading::Currency, "97a"), Err(Malformed));
    }

    #[test]
    fn zeros_mean_absent_where_senders_fill_with_zeros() {
        assert_eq!(
            read(Reading::Institution, "00000432109"),
            Ok(text("432109"))
        );
        assert_eq!(read(Reading::Institution, "00000000000"), Ok(Value::Null));
        assert_eq!(read(Reading::NonZero, "000000"), Ok(Value::Null));
        assert_eq!(read(Reading::NonZero, "000123"), Ok(text("000123")));
        assert_eq!(read(Reading::OptionalMoment, "0000000000"), Ok(Value::Null));
        assert_eq!(read(Reading::Moment, "0000000000"), Err(Malformed));
    }

    proptest! {
        #[test]
        fn whatever_the_text_the_database_can_take_the_value(input in "\\PC{0,20}|[\0 a0]{0,8}") {
            for (_, reading) in FIELD_READINGS {
                if let Ok(Value::Text(text)) = reading.value(input.clone(), 0) {
                    prop_assert!(!text.is_empty());
                    prop_assert!(!text.contains('\0'));
                    prop_assert!(!text.ends_with(' '));
                }
            }
        }
    }
}
