//! The `[link]` table: how a connection to the network behaves. Checked here, used by the server.

use std::ops::RangeInclusive;

use cbs_iso8583::{Framer, Framing, HeaderMode};

use crate::error::ProfileError;
use crate::section::Section;

/// A setting of the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkValue {
    /// A word or a code.
    Text(String),
    /// A number in the unit that the key ends with.
    Integer(i64),
    /// A switch.
    Boolean(bool),
    /// Several codes.
    Texts(Vec<String>),
    /// Written "none" in the file.
    Nothing,
}

/// What a key of the table may hold.
enum Rule {
    Choice(&'static [&'static str]),
    /// A text form that the framer knows.
    Form(fn(&str) -> Result<(), String>),
    Integer(RangeInclusive<i64>),
    Boolean,
    /// A code of so many letters or digits.
    Code(usize),
    Codes(usize),
}

/// DE70 has three digits, DE39 two characters.
const MANAGEMENT_CODE_LENGTH: usize = 3;
const RESPONSE_CODE_LENGTH: usize = 2;

const RULES: [(&str, Rule); 14] = [
    (
        "framing",
        Rule::Form(|text| Framing::parse(text).map(|_| ())),
    ),
    (
        "header",
        Rule::Form(|text| HeaderMode::parse(text).map(|_| ())),
    ),
    ("frame_length_max", Rule::Integer(64..=65_535)),
    ("in_flight_max", Rule::Integer(1..=65_536)),
    ("deadline_ms", Rule::Integer(50..=60_000)),
    ("on_deadline", Rule::Choice(&["decline", "silence"])),
    ("deadline_response_code", Rule::Code(RESPONSE_CODE_LENGTH)),
    ("require_sign_on", Rule::Boolean),
    ("sign_on_code", Rule::Code(MANAGEMENT_CODE_LENGTH)),
    ("sign_off_code", Rule::Code(MANAGEMENT_CODE_LENGTH)),
    ("echo_codes", Rule::Codes(MANAGEMENT_CODE_LENGTH)),
    (
        "unknown_code_response_code",
        Rule::Code(RESPONSE_CODE_LENGTH),
    ),
    ("echo_interval_s", Rule::Integer(1..=3600)),
    ("echo_missed_max", Rule::Integer(1..=100)),
];

/// The settings of the link, in the order of the reference page.
#[derive(Debug, Clone)]
pub struct Link {
    values: Vec<(&'static str, LinkValue)>,
    /// Those of sign-on, sign-off and echo, in this order.
    management_codes: Vec<String>,
    unknown_code_response_code: String,
}

impl Link {
    pub(crate) fn parse(mut section: Section) -> Result<Self, ProfileError> {
        let mut link = Self {
            values: Vec::with_capacity(RULES.len()),
            management_codes: Vec::new(),
            unknown_code_response_code: String::new(),
        };
        for (key, rule) in &RULES {
            let value = read(&mut section, key, rule)?;
            match (*key, &value) {
                ("sign_on_code" | "sign_off_code", LinkValue::Text(code)) => {
                    link.management_codes.push(code.clone());
                }
                ("echo_codes", LinkValue::Texts(codes)) => {
                    link.management_codes.extend_from_slice(codes);
                }
                ("unknown_code_response_code", LinkValue::Text(code)) => {
                    link.unknown_code_response_code.clone_from(code);
                }
                _ => {}
            }
            link.values.push((key, value));
        }
        let path = section.key("header");
        section.finish()?;
        let words = |key| link.text(key).unwrap_or("none");
        let fits = Framer::from_texts(words("framing"), Some(words("header")), 0);
        fits.map_err(|_| ProfileError::invalid(path, "one that this framing can have"))?;
        Ok(link)
    }

    fn text(&self, wanted: &str) -> Option<&str> {
        self.values.iter().find_map(|(key, value)| match value {
            LinkValue::Text(text) if *key == wanted => Some(text.as_str()),
            _ => None,
        })
    }

    /// Every setting with its key.
    pub fn values(&self) -> &[(&'static str, LinkValue)] {
        &self.values
    }

    /// The DE70 of a sign-on.
    pub(crate) fn sign_on_code(&self) -> &str {
        self.management_codes.first().map_or("", String::as_str)
    }

    /// Whether a DE70 of the network is one that this side knows.
    pub(crate) fn knows(&self, management_code: &str) -> bool {
        self.management_codes
            .iter()
            .any(|known| known == management_code)
    }

    pub(crate) fn unknown_code_response_code(&self) -> &str {
        &self.unknown_code_response_code
    }
}

fn read(section: &mut Section, key: &str, rule: &Rule) -> Result<LinkValue, ProfileError> {
    let path = section.key(key);
    match rule {
        Rule::Integer(range) => Ok(LinkValue::Integer(section.integer(key, range)?)),
        Rule::Boolean => Ok(LinkValue::Boolean(section.boolean(key)?)),
        Rule::Code(length) => Ok(LinkValue::Text(code(section.text(key)?, *length, &path)?)),
        Rule::Choice(words) => match section.text(key)? {
            word if !words.contains(&word.as_str()) => Err(ProfileError::invalid(
                path,
                format!("one of: {}", words.join(", ")),
            )),
            word => Ok(chosen(word)),
        },
        Rule::Form(check) => {
            let text = section.text(key)?;
            check(&text).map_err(|problem| ProfileError::invalid(path, problem))?;
            Ok(chosen(text))
        }
        Rule::Codes(length) => {
            let codes = section.texts(key)?;
            if codes.is_empty() {
                return Err(ProfileError::invalid(path, "at least one code"));
            }
            let checked = codes.into_iter().map(|text| code(text, *length, &path));
            Ok(LinkValue::Texts(checked.collect::<Result<_, _>>()?))
        }
    }
}

fn chosen(word: String) -> LinkValue {
    if word == "none" {
        return LinkValue::Nothing;
    }
    LinkValue::Text(word)
}

/// A code of `length` letters or digits.
pub(crate) fn code(text: String, length: usize, path: &str) -> Result<String, ProfileError> {
    if text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(text);
    }
    Err(ProfileError::invalid(
        path,
        format!("{length} letters or digits"),
    ))
}
