//! Reading a message through a profile: what it asks for, and the record of it.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use cbs_crypto::{TOKEN_LENGTH, TokenKey};
use cbs_iso8583::Message;

use crate::identity::IdentityParts;
use crate::message_type::MessageType;
use crate::profile::Profile;
use crate::reading::Malformed;
use crate::record::{Column, Record, Value};

/// The data elements without which nothing can be answered: no sender would recognise the reply.
const KEY_FIELDS: [u16; 2] = [7, 11];
const STAN_FIELD: &str = "11";
const MANAGEMENT_CODE_FIELD: &str = "70";
/// The path of a fault that lies in no data element.
const WHOLE_MESSAGE: &str = "message";

/// What is to be done with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// Ask the database, with the record.
    Decide,
    /// Sign-on, sign-off, echo: the link answers.
    NetworkManagement,
    /// Answer with the refusal at once.
    Refuse,
    /// The answer to something that this side sent.
    Response,
    /// Nothing can be answered.
    Ignore,
}

impl RequestKind {
    /// The word that Python sees.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decide => "decide",
            Self::NetworkManagement => "network_management",
            Self::Refuse => "refuse",
            Self::Response => "response",
            Self::Ignore => "ignore",
        }
    }
}

/// One message from the network, read through a profile.
pub struct Request {
    pub(crate) message: Arc<Message>,
    pub(crate) message_type: Option<MessageType>,
    kind: RequestKind,
    refusal: Option<Arc<str>>,
    stan: Option<String>,
    network_management_code: Option<String>,
    record: Option<Box<Record>>,
}

impl Request {
    /// What is to be done.
    pub fn kind(&self) -> RequestKind {
        self.kind
    }

    /// The message type as it was sent.
    pub fn message_type(&self) -> &str {
        self.message.mti()
    }

    /// The response code of a request that needs no decision.
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// DE70 of a network management message.
    pub fn network_management_code(&self) -> Option<&str> {
        self.network_management_code.as_deref()
    }

    /// Whether this tells what has happened instead of asking.
    pub fn is_advice(&self) -> bool {
        self.message_type.is_some_and(MessageType::is_advice)
    }

    /// DE11.
    pub fn stan(&self) -> Option<&str> {
        self.stan.as_deref()
    }

    /// The authorization record; only for `RequestKind::Decide`.
    pub fn record(&self) -> Option<&Record> {
        self.record.as_deref()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stan = self.stan().unwrap_or("-");
        write!(
            formatter,
            "Request({} {} stan={stan})",
            self.kind.as_str(),
            self.message_type()
        )
    }
}

impl Profile {
    /// What `message` asks for.
    ///
    /// `received_at_us` is the receive time in UTC microseconds since 1970; `format_error` is the
    /// path at which decoding failed, where `message` is only the part before it.
    pub fn read(
        &self,
        message: Arc<Message>,
        token_key: &TokenKey,
        received_at_us: i64,
        format_error: Option<&str>,
    ) -> Request {
        let message_type = MessageType::parse(message.mti());
        let kind = self.classify(message_type, &message);
        let mut request = Request {
            message_type,
            kind,
            refusal: None,
            stan: None,
            network_management_code: None,
            record: None,
            message,
        };
        match (kind, message_type) {
            (RequestKind::Decide, Some(message_type)) => {
                let mut reader = Reader::new(self, &request.message, received_at_us);
                reader.read(message_type, token_key, format_error);
                let stan = reader.record.get(Column::Stan).as_text().map(str::to_owned);
                request.stan = stan.or_else(|| request.message.masked_text(STAN_FIELD));
                request.record = Some(Box::new(reader.record));
                return request;
            }
            (RequestKind::NetworkManagement, _) => {
                request.network_management_code =
                    request.message.masked_text(MANAGEMENT_CODE_FIELD);
                request.refusal = self.management_refusal(&request, format_error.is_some());
            }
            (RequestKind::Refuse, _) => {
                request.refusal = Some(Arc::clone(&self.message_types.refused_response_code));
            }
            _ => {}
        }
        request.stan = request.message.masked_text(STAN_FIELD);
        request
    }

    fn classify(&self, message_type: Option<MessageType>, message: &Message) -> RequestKind {
        let Some(message_type) = message_type else {
            return RequestKind::Ignore;
        };
        if message_type.is_response() {
            return RequestKind::Response;
        }
        if !KEY_FIELDS.into_iter().all(|field| message.has(field)) {
            return RequestKind::Ignore;
        }
        let types = &self.message_types;
        if types.decide.contains(&message_type) {
            RequestKind::Decide
        } else if types.network_management.contains(&message_type) {
            RequestKind::NetworkManagement
        } else if message_type.wants_reply()
            && types.refused_classes.contains(&message_type.business())
        {
            RequestKind::Refuse
        } else {
            RequestKind::Ignore
        }
    }

    fn management_refusal(&self, request: &Request, undecodable: bool) -> Option<Arc<str>> {
        match request.network_management_code() {
            Some(code) if !undecodable && self.link.knows(code) => None,
            Some(_) if !undecodable => Some(self.link.unknown_code_response_code().into()),
            _ => Some(Arc::clone(&self.message_types.format_error_response_code)),
        }
    }
}

/// Fills one record.
struct Reader<'a> {
    profile: &'a Profile,
    message: &'a Message,
    received_at_us: i64,
    record: Record,
    /// The first place whose text its column cannot take.
    malformed: Option<&'a str>,
}

impl<'a> Reader<'a> {
    fn new(profile: &'a Profile, message: &'a Message, received_at_us: i64) -> Self {
        Self {
            profile,
            message,
            received_at_us,
            record: Record::empty(),
            malformed: None,
        }
    }

    fn read(&mut self, message_type: MessageType, key: &TokenKey, format_error: Option<&str>) {
        let profile = self.profile;
        self.record
            .set(Column::Network, Value::Shared(Arc::clone(&profile.network)));
        let message_type_text = message_type.as_str().to_owned();
        self.record
            .set(Column::MessageType, Value::Text(message_type_text));
        let card_token = self.read_card(key);
        self.read_fields(format_error.is_none());
        self.read_marks();
        let identity = self.identity(message_type.class(), card_token);
        self.record
            .set(Column::IdentityKey, Value::Identity(identity));
        self.record
            .set(Column::ReceivedAtUs, Value::Integer(self.received_at_us));
        self.record
            .set(Column::TraceId, Value::Identity(profile.trace_ids.next()));
        // a fault outside every element, as in a bitmap, has an empty path
        let wrong = format_error
            .map(|path| if path.is_empty() { WHOLE_MESSAGE } else { path })
            .or_else(|| self.missing(message_type.class()))
            .or(self.malformed)
            .map(|path| Value::Text(path.to_owned()));
        self.record
            .set(Column::FormatError, wrong.unwrap_or_default());
    }

    /// Token and masked number. The clear number lives in this function only.
    fn read_card(&mut self, key: &TokenKey) -> Option<[u8; TOKEN_LENGTH]> {
        let profile = self.profile;
        let (place, text) = match profile.card_number.clear_text(self.message) {
            Some(text) => (&profile.card_number, text),
            None => (
                &profile.card_track,
                profile.card_track.clear_text(self.message)?,
            ),
        };
        let Some(pan) = card_number(&text) else {
            self.note_malformed(place.path.as_str());
            return None;
        };
        let token = key.token(pan);
        self.record.set(Column::CardToken, Value::Token(token));
        self.record.set(Column::PanMasked, Value::Text(mask(pan)));
        Some(token)
    }

    /// Of a message that could not be decoded only the keys are read: where its bitmap lies, the
    /// other elements may hold the digits of the card number.
    fn read_fields(&mut self, is_decoded: bool) {
        for field in &self.profile.fields {
            if !is_decoded && !field.column.is_key() {
                continue;
            }
            let Some(text) = field.source.text(self.message) else {
                continue;
            };
            match field.reading.value(text, self.received_at_us) {
                Ok(value) => self.record.set(field.column, value),
                Err(Malformed) => self.note_malformed(&field.source.path),
            }
        }
    }

    fn read_marks(&mut self) {
        let entry = self.profile.entry.entry(self.message);
        self.record.set(Column::Entry, Value::Word(entry.word));
        self.record
            .set(Column::CardPresent, Value::Boolean(entry.card_present));
        for (column, conditions) in &self.profile.marks {
            let holds = !conditions.is_empty()
                && conditions
                    .iter()
                    .all(|condition| condition.holds(self.message));
            self.record.set(*column, Value::Boolean(holds));
        }
    }

    fn identity(&self, class: MessageType, token: Option<[u8; TOKEN_LENGTH]>) -> [u8; 16] {
        let text = |column| self.record.get(column).as_text().unwrap_or_default();
        let transmitted = self.profile.fields.iter();
        let transmitted = transmitted
            .filter(|field| field.column == Column::TransmittedAtUs)
            .find_map(|field| field.source.text(self.message));
        let parts = IdentityParts {
            network: &self.profile.network,
            message_class: class.as_str(),
            card_token: token.as_ref().map_or(&[][..], |token| &token[..]),
            transmitted: transmitted.as_deref().unwrap_or_default(),
            stan: text(Column::Stan),
            acquirer_id: text(Column::AcquirerId),
            retrieval_reference: text(Column::RetrievalReference),
        };
        parts.key(match self.record.get(Column::TransmittedAtUs) {
            Value::Integer(time_us) => Some(*time_us),
            _ => None,
        })
    }

    fn missing(&self, class: MessageType) -> Option<&'a str> {
        let (_, mandatory) = self.profile.mandatory.iter().find(|(of, _)| *of == class)?;
        let absent = mandatory.iter().find(|mandatory| {
            !mandatory
                .places
                .iter()
                .any(|place| place.is_present(self.message))
        })?;
        absent.places.first().map(|place| place.path.as_str())
    }

    fn note_malformed(&mut self, path: &'a str) {
        self.malformed.get_or_insert(path);
    }
}

/// Digits of a card number. Of a shorter one, too little would stay hidden in the masked form.
const CARD_NUMBER_LENGTHS: RangeInclusive<usize> = 13..=19;

/// The number at the start of a PAN or track text: digits, then the end or a separator.
fn card_number(text: &str) -> Option<&str> {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let ends_well = rest.is_empty() || rest.starts_with(['d', 'D', '=']);
    (ends_well && CARD_NUMBER_LENGTHS.contains(&number.len())).then_some(number)
}

/// First six and last four digits, the rest starred.
fn mask(pan: &str) -> String {
    let (first, rest) = pan.split_at(6);
    let (middle, last) = rest.split_at(rest.len() - 4);
    format!("{first}{}{last}", "*".repeat(middle.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number_of(text: &str) -> Option<String> {
        card_number(text).map(str::to_owned)
    }

    #[test]
    fn a_card_number_ends_at_the_track_separator() {
        let pan = "4567890123456783";
        for text in [pan.to_owned(), format!("{pan}d2512"), format!("{pan}=2512")] {
            assert_eq!(number_of(&text).as_deref(), Some(pan));
        }
    }

    #[test]
    fn a_number_that_is_short_long_or_masked_is_none() {
        for text in [
            "",
            "45678901234",
            "45678901234567890123",
            "412435ffffff0019",
            "d2512",
        ] {
            assert_eq!(number_of(text), None);
        }
    }

    #[test]
    fn six_digits_in_front_and_four_behind_stay_visible() {
        assert_eq!(mask("4567890123456783"), "456789******6783");
        assert_eq!(mask("4567890123456"), "456789***3456");
    }
}
