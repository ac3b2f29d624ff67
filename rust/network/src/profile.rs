//! A network profile: a TOML file, validated when it is read, so that nothing is checked later.

use std::sync::Arc;

use cbs_iso8583::Spec;

use crate::entry::EntryRules;
use crate::error::ProfileError;
use crate::identity::TraceIds;
use crate::link::{Link, code};
use crate::message_type::MessageType;
use crate::reading::{FIELD_READINGS, Reading};
use crate::record::{Column, RECORD_COLUMNS};
use crate::section::Section;
use crate::source::{Condition, Source};

/// Elements that never leave the issuer: expiry, tracks, PIN block, security control, chip data.
const NEVER_ECHOED: [u16; 7] = [14, 35, 36, 45, 52, 53, 55];

const MANAGEMENT_FIELDS: &str = "network_management_fields";

/// What differs between networks, as data. Immutable; safe to share between threads.
#[derive(Debug)]
pub struct Profile {
    pub(crate) name: String,
    pub(crate) network: Arc<str>,
    pub(crate) card_number: Source,
    pub(crate) card_track: Source,
    pub(crate) message_types: MessageTypes,
    pub(crate) mandatory: Vec<(MessageType, Vec<Mandatory>)>,
    pub(crate) fields: Vec<Field>,
    pub(crate) entry: EntryRules,
    pub(crate) marks: Vec<(Column, Vec<Condition>)>,
    pub(crate) echo: Echo,
    pub(crate) management_constants: Vec<(u16, String)>,
    pub(crate) link: Link,
    pub(crate) trace_ids: TraceIds,
}

/// Which message types go where.
#[derive(Debug)]
pub(crate) struct MessageTypes {
    pub(crate) decide: Vec<MessageType>,
    pub(crate) network_management: Vec<MessageType>,
    /// Version and class of the business that is known, so that the rest of it is refused.
    pub(crate) refused_classes: Vec<[u8; 2]>,
    pub(crate) refused_response_code: Arc<str>,
    pub(crate) format_error_response_code: Arc<str>,
}

/// A field that a message class must have: one of several places.
#[derive(Debug)]
pub(crate) struct Mandatory {
    pub(crate) places: Vec<Source>,
}

/// Where a column comes from.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) column: Column,
    pub(crate) reading: Reading,
    pub(crate) source: Source,
}

/// Which elements of a request come back in its reply.
#[derive(Debug)]
pub(crate) struct Echo {
    by_reply: Vec<(MessageType, Vec<u16>)>,
    other: Vec<u16>,
}

impl Echo {
    pub(crate) fn fields(&self, reply: MessageType) -> &[u16] {
        let listed = self
            .by_reply
            .iter()
            .find(|(message_type, _)| *message_type == reply);
        listed.map_or(&self.other, |(_, fields)| fields)
    }

    fn check(&self, spec: &Spec) -> Result<(), ProfileError> {
        let listed = self.by_reply.iter().flat_map(|(_, fields)| fields);
        let mut unknown = listed
            .chain(&self.other)
            .filter(|field| !spec.defines(&field.to_string()));
        let Some(field) = unknown.next() else {
            return Ok(());
        };
        let expected = format!(
            "no {field}: the wire specification {:?} has none",
            spec.name()
        );
        Err(ProfileError::invalid("echo", expected))
    }
}

impl Profile {
    /// Read a profile. `name` is what the file is called; the errors name keys inside it.
    pub fn parse(text: &str, name: &str) -> Result<Self, ProfileError> {
        let mut root = Section::parse(text)?;
        let mut card = root.section("card")?;
        let profile = Self {
            name: name.to_owned(),
            network: root.text("network")?.into(),
            card_number: source(&mut card, "number")?,
            card_track: source(&mut card, "track")?,
            message_types: parse_message_types(root.section("message_types")?)?,
            mandatory: parse_mandatory(root.section("mandatory")?)?,
            fields: parse_fields(root.section("fields")?)?,
            entry: EntryRules::parse(root.section("entry")?)?,
            marks: parse_marks(root.section("marks")?)?,
            echo: parse_echo(root.sections("echo")?)?,
            management_constants: parse_constants(root.section(MANAGEMENT_FIELDS)?)?,
            link: Link::parse(root.section("link")?)?,
            trace_ids: TraceIds::new(),
        };
        card.finish()?;
        root.finish()?;
        Ok(profile)
    }

    /// Check the profile against the specification it will be used with: every place exists, and
    /// what this side sends by itself can be written.
    pub fn check(&self, spec: &Spec) -> Result<(), ProfileError> {
        let mandatory = self.mandatory.iter().flat_map(|(_, list)| list);
        let conditions = self.marks.iter().flat_map(|(_, conditions)| conditions);
        let places = [&self.card_number, &self.card_track]
            .into_iter()
            .chain(mandatory.flat_map(|mandatory| &mandatory.places))
            .chain(self.fields.iter().map(|field| &field.source))
            .chain(self.entry.places())
            .chain(conditions.map(|condition| &condition.source));
        for place in places {
            place.check(spec)?;
        }
        self.echo.check(spec)?;
        let code = self.link.sign_on_code();
        match self.network_management(spec, code, 1, 0) {
            Ok(_) => Ok(()),
            Err(error) => {
                let expected = format!("what an 0800 can carry: {error}");
                Err(ProfileError::invalid(MANAGEMENT_FIELDS, expected))
            }
        }
    }

    /// What the file is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The settings of a link to this network.
    pub fn link(&self) -> &Link {
        &self.link
    }
}

fn source(section: &mut Section, key: &str) -> Result<Source, ProfileError> {
    Source::parse(&section.text(key)?, &section.key(key))
}

fn parse_message_types(mut section: Section) -> Result<MessageTypes, ProfileError> {
    let message_types = MessageTypes {
        decide: message_type_list(&mut section, "decide")?,
        network_management: message_type_list(&mut section, "network_management")?,
        refused_classes: parse_classes(&mut section, "refused_classes")?,
        refused_response_code: response_code(&mut section, "refused_response_code")?,
        format_error_response_code: response_code(&mut section, "format_error_response_code")?,
    };
    section.finish()?;
    Ok(message_types)
}

fn response_code(section: &mut Section, key: &str) -> Result<Arc<str>, ProfileError> {
    Ok(code(section.text(key)?, 2, &section.key(key))?.into())
}

fn message_type_list(section: &mut Section, key: &str) -> Result<Vec<MessageType>, ProfileError> {
    let path = section.key(key);
    let texts = section.texts(key)?;
    texts
        .iter()
        .map(|text| MessageType::parse_key(text, &path))
        .collect()
}

fn parse_classes(section: &mut Section, key: &str) -> Result<Vec<[u8; 2]>, ProfileError> {
    let path = section.key(key);
    let class = |text: String| {
        let digits = <[u8; 2]>::try_from(text.as_bytes()).ok();
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_digit));
        digits.ok_or_else(|| ProfileError::invalid(&path, "the first two digits of message types"))
    };
    section.texts(key)?.into_iter().map(class).collect()
}

fn parse_mandatory(
    mut section: Section,
) -> Result<Vec<(MessageType, Vec<Mandatory>)>, ProfileError> {
    let mut classes = Vec::new();
    for key in section.keys() {
        let path = section.key(&key);
        let class = MessageType::parse_key(&key, &path)?;
        if class != class.class() {
            return Err(ProfileError::invalid(
                path,
                "a message type whose last digit is 0",
            ));
        }
        let mandatory = |text: String| {
            let places = text.split('|').map(|place| Source::parse(place, &path));
            Ok(Mandatory {
                places: places.collect::<Result<_, _>>()?,
            })
        };
        let list = section
            .texts(&key)?
            .into_iter()
            .map(mandatory)
            .collect::<Result<_, _>>()?;
        classes.push((class, list));
    }
    Ok(classes)
}

fn parse_fields(mut section: Section) -> Result<Vec<Field>, ProfileError> {
    let mut fields = Vec::new();
    for (column, reading) in FIELD_READINGS {
        let name = RECORD_COLUMNS[column as usize];
        // an identity needs these two; a network that lacks another column leaves it null
        let needed = matches!(column, Column::TransmittedAtUs | Column::Stan);
        if needed || section.has(name) {
            fields.push(Field {
                column,
                reading,
                source: source(&mut section, name)?,
            });
        }
    }
    section.finish()?;
    Ok(fields)
}

fn parse_marks(mut section: Section) -> Result<Vec<(Column, Vec<Condition>)>, ProfileError> {
    let mut marks = Vec::new();
    for column in [
        Column::PinPresent,
        Column::PartialApproval,
        Column::AccountVerification,
    ] {
        let mut conditions = Vec::new();
        for mut condition in section.sections(RECORD_COLUMNS[column as usize])? {
            let place = source(&mut condition, "path")?;
            let listed = condition.has("values");
            let values = if listed {
                condition.texts("values")?
            } else {
                Vec::new()
            };
            condition.finish()?;
            conditions.push(Condition {
                source: place,
                values,
            });
        }
        marks.push((column, conditions));
    }
    section.finish()?;
    Ok(marks)
}

/// The list of replies that stands for all that are not listed.
const OTHER_REPLIES: &str = "other";

fn parse_echo(sections: Vec<Section>) -> Result<Echo, ProfileError> {
    let (mut by_reply, mut other) = (Vec::new(), None);
    for mut section in sections {
        let path = section.key("replies");
        let fields = parse_echo_fields(&mut section)?;
        for reply in section.texts("replies")? {
            if reply == OTHER_REPLIES {
                other = Some(fields.clone());
            } else {
                by_reply.push((MessageType::parse_key(&reply, &path)?, fields.clone()));
            }
        }
        section.finish()?;
    }
    let missing = || ProfileError::invalid("echo", "one list whose replies are \"other\"");
    Ok(Echo {
        by_reply,
        other: other.ok_or_else(missing)?,
    })
}

fn parse_echo_fields(section: &mut Section) -> Result<Vec<u16>, ProfileError> {
    let path = section.key("fields");
    let number = |text: String| {
        let field = parse_field(&text, &path)?;
        if NEVER_ECHOED.contains(&field) {
            return Err(ProfileError::invalid(
                &path,
                format!("no {field}: it is never echoed"),
            ));
        }
        Ok(field)
    };
    section.texts("fields")?.into_iter().map(number).collect()
}

fn parse_constants(mut section: Section) -> Result<Vec<(u16, String)>, ProfileError> {
    let mut constants = Vec::new();
    for key in section.keys() {
        let field = parse_field(&key, &section.key(&key))?;
        constants.push((field, section.text(&key)?));
    }
    Ok(constants)
}

fn parse_field(text: &str, path: &str) -> Result<u16, ProfileError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let field = text
        .parse()
        .ok()
        .filter(|field| digits && (2..=192).contains(field));
    field.ok_or_else(|| ProfileError::invalid(path, "the number of a data element, 2 to 192"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const VISA_LIKE: &str = include_str!("../../../python/cbs/profiles/visa_like.toml");

    #[test]
    fn the_packaged_profile_is_valid() {
        let profile = Profile::parse(VISA_LIKE, "visa_like").unwrap();
        assert_eq!(profile.name(), "visa_like");
        assert_eq!(profile.fields.len(), FIELD_READINGS.len());
    }
}
