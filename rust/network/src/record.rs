//! The authorization record: what the decision is told about one message.

use std::sync::Arc;

use cbs_crypto::TOKEN_LENGTH;

/// Declares the columns once: the enum that the code uses and the names that callers see.
macro_rules! columns {
    ($($variant:ident $name:literal,)*) => {
        /// A column of the record; the order is the argument order of the procedure.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Column { $($variant,)* }

        /// Names of the columns, in the order in which `cbs_api.authorize_v1` takes its arrays.
        pub const RECORD_COLUMNS: [&str; [$($name),*].len()] = [$($name),*];

        impl Column {
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

impl Column {
    /// Whether a reply or the identity of a message needs it.
    pub(crate) fn is_key(self) -> bool {
        matches!(
            self,
            Self::TransmittedAtUs | Self::Stan | Self::AcquirerId | Self::RetrievalReference
        )
    }
}

columns! {
    Network "network",
    MessageType "message_type",
    IdentityKey "identity_key",
    CardToken "card_token",
    PanMasked "pan_masked",
    FormatError "format_error",
    ProcessingCode "processing_code",
    AmountMinor "amount_minor",
    Currency "currency",
    BillingAmountMinor "billing_amount_minor",
    BillingCurrency "billing_currency",
    TransmittedAtUs "transmitted_at_us",
    Stan "stan",
    LocalTime "local_time",
    LocalDate "local_date",
    Expiry "expiry",
    MerchantCategoryCode "merchant_category_code",
    AcquirerCountry "acquirer_country",
    AcquirerId "acquirer_id",
    ForwarderId "forwarder_id",
    PosEntryMode "pos_entry_mode",
    PosConditionCode "pos_condition_code",
    Entry "entry",
    CardPresent "card_present",
    PinPresent "pin_present",
    PartialApproval "partial_approval",
    AccountVerification "account_verification",
    RetrievalReference "retrieval_reference",
    AuthorizationCode "authorization_code",
    AdviceResponseCode "advice_response_code",
    TerminalId "terminal_id",
    MerchantId "merchant_id",
    MerchantName "merchant_name",
    LifecycleId "lifecycle_id",
    OriginalMessageType "original_message_type",
    OriginalStan "original_stan",
    OriginalTransmittedAtUs "original_transmitted_at_us",
    OriginalAcquirerId "original_acquirer_id",
    ReplacementAmountMinor "replacement_amount_minor",
    ReplacementBillingAmountMinor "replacement_billing_amount_minor",
    ReasonCode "reason_code",
    ReceivedAtUs "received_at_us",
    TraceId "trace_id",
}

/// One value of a record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// Nothing known.
    #[default]
    Null,
    /// Text from the message: UTF-8 without NUL.
    Text(String),
    /// Text of the profile, the same for many messages.
    Shared(Arc<str>),
    /// A word of our own vocabulary.
    Word(&'static str),
    /// Minor units, or microseconds since 1970.
    Integer(i64),
    /// A mark.
    Boolean(bool),
    /// The card token.
    Token([u8; TOKEN_LENGTH]),
    /// An identity.
    Identity([u8; 16]),
}

impl Value {
    /// The text of a text value.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Shared(text) => Some(text),
            Self::Word(text) => Some(text),
            _ => None,
        }
    }
}

/// The values of one message, in the order of `RECORD_COLUMNS`. Holds no clear card data.
#[derive(Debug, Clone)]
pub struct Record([Value; RECORD_COLUMNS.len()]);

impl Record {
    pub(crate) fn empty() -> Self {
        Self([const { Value::Null }; RECORD_COLUMNS.len()])
    }

    /// The values in column order.
    pub fn values(&self) -> &[Value] {
        &self.0
    }

    /// The value of a column by its name; `None` for a name that is no column.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(Column::named(name)? as usize)
    }

    pub(crate) fn get(&self, column: Column) -> &Value {
        &self.0[column as usize]
    }

    pub(crate) fn set(&mut self, column: Column, value: Value) {
        self.0[column as usize] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_find_themselves_by_name_and_position() {
        assert_eq!(RECORD_COLUMNS.len(), 43);
        for (position, name) in RECORD_COLUMNS.into_iter().enumerate() {
            assert_eq!(
                Column::named(name).map(|column| column as usize),
                Some(position)
            );
        }
        assert_eq!(Column::named("pan"), None);
    }
}
