//! Writing messages: the one reply to a request, and the network management of this side.

use std::fmt;

use cbs_iso8583::{EncodeError, Part, Spec};

use crate::profile::Profile;
use crate::request::{Request, RequestKind};
use crate::transmission;

// Data elements that mean the same on every network that speaks the 1987 version.
const AMOUNT: u16 = 4;
const BILLING_AMOUNT: u16 = 6;
const TRANSMITTED: u16 = 7;
const STAN: u16 = 11;
const AUTHORIZATION_CODE: u16 = 38;
const RESPONSE_CODE: u16 = 39;
const BILLING_CURRENCY: u16 = 51;
const ADDITIONAL_AMOUNTS: u16 = 54;
const MANAGEMENT_CODE: u16 = 70;

/// What a decision puts into a reply, beside what is echoed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Decision<'a> {
    /// DE39.
    pub response_code: &'a str,
    /// DE38, on approvals.
    pub authorization_code: Option<&'a str>,
    /// DE4 where it is not that of the request: minor units.
    pub amount_minor: Option<i64>,
    /// DE6 where it is not that of the request: minor units.
    pub billing_amount_minor: Option<i64>,
    /// DE51 where it is not that of the request: ISO 4217, three digits.
    pub billing_currency: Option<&'a str>,
    /// DE54: entries of twenty characters.
    pub additional_amounts: Option<&'a str>,
}

/// Why no reply could be written.
#[derive(Debug)]
pub enum ReplyError {
    /// A response, or a message that nobody waits for an answer to.
    NoReply {
        /// The type of the message.
        message_type: String,
    },
    /// A value does not fit its data element.
    Encode(EncodeError),
}

impl fmt::Display for ReplyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoReply { message_type } => write!(formatter, "{message_type} has no reply"),
            Self::Encode(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for ReplyError {}

impl Profile {
    /// The body of the reply to `request`: echoed elements are its very bytes.
    pub fn reply(
        &self,
        spec: &Spec,
        request: &Request,
        decision: &Decision<'_>,
    ) -> Result<Vec<u8>, ReplyError> {
        let no_reply = || ReplyError::NoReply {
            message_type: request.message_type().to_owned(),
        };
        if matches!(request.kind(), RequestKind::Response | RequestKind::Ignore) {
            return Err(no_reply());
        }
        let reply = request.message_type.ok_or_else(no_reply)?.reply();
        let amount = decision.amount_minor.map(amount_text);
        let billing_amount = decision.billing_amount_minor.map(amount_text);
        let written = [
            (AMOUNT, amount.as_deref()),
            (BILLING_AMOUNT, billing_amount.as_deref()),
            (AUTHORIZATION_CODE, decision.authorization_code),
            (RESPONSE_CODE, Some(decision.response_code)),
            (BILLING_CURRENCY, decision.billing_currency),
            (ADDITIONAL_AMOUNTS, decision.additional_amounts),
        ];
        let is_written = |field: u16| {
            written
                .iter()
                .any(|(of, text)| *of == field && text.is_some())
        };
        let echoed = self.echo.fields(reply);
        let mut parts = Vec::with_capacity(echoed.len() + written.len());
        for &field in echoed.iter().filter(|field| !is_written(**field)) {
            parts.extend(
                request
                    .message
                    .wire(field)
                    .map(|bytes| Part::Wire(field, bytes)),
            );
        }
        let texts = written
            .iter()
            .filter_map(|(field, text)| Some(Part::Text(*field, (*text)?)));
        parts.extend(texts);
        spec.assemble(reply.as_str(), &parts)
            .map_err(ReplyError::Encode)
    }

    /// The body of an 0800 of this side: `code` is DE70, `stan` has at most six digits.
    pub fn network_management(
        &self,
        spec: &Spec,
        code: &str,
        stan: u32,
        transmitted_at_us: i64,
    ) -> Result<Vec<u8>, EncodeError> {
        let transmitted = transmission::text_of(transmitted_at_us);
        let stan = format!("{stan:06}");
        let mut parts = vec![
            Part::Text(TRANSMITTED, &transmitted),
            Part::Text(STAN, &stan),
            Part::Text(MANAGEMENT_CODE, code),
        ];
        let constants = self.management_constants.iter();
        parts.extend(constants.map(|(field, text)| Part::Text(*field, text)));
        spec.assemble("0800", &parts)
    }
}

/// Twelve digits of minor units; what does not fit is refused by the field's encoder.
fn amount_text(amount_minor: i64) -> String {
    format!("{amount_minor:012}")
}
