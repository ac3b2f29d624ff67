//! Where a value is found in a message: a path, and perhaps some positions of its text.

use cbs_iso8583::{ClearText, Message, Spec};

use crate::error::ProfileError;

/// One place: `"4"`, `"62.2"`, or with positions counted from one, `"90[5-10]"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// The path as the codec spells it, without positions.
    pub(crate) path: String,
    /// Where it stands in the profile, for errors.
    key: String,
    /// The data element, so that its absence is one look at the bitmap.
    field: u16,
    /// Whether the path leads into the element.
    nested: bool,
    /// Byte range of the text; texts with positions are digits or blanks.
    range: Option<(usize, usize)>,
}

impl Source {
    /// Read a place as a profile writes it; `key` is where it stands in the file.
    pub(crate) fn parse(text: &str, key: &str) -> Result<Self, ProfileError> {
        let invalid =
            || ProfileError::invalid(key, "a path such as \"4\", \"62.2\" or \"90[1-4]\"");
        let (path, range) = match text.split_once('[') {
            None => (text, None),
            Some((path, positions)) => (path, Some(parse_range(positions).ok_or_else(invalid)?)),
        };
        let head = path.split('.').next().unwrap_or_default();
        let digits = !head.is_empty() && head.bytes().all(|byte| byte.is_ascii_digit());
        let field = head
            .parse()
            .ok()
            .filter(|field| digits && (2..=192).contains(field));
        Ok(Self {
            path: path.to_owned(),
            key: key.to_owned(),
            field: field.ok_or_else(invalid)?,
            nested: path.contains('.'),
            range,
        })
    }

    /// An error unless messages of this dialect can have something here.
    pub(crate) fn check(&self, spec: &Spec) -> Result<(), ProfileError> {
        if spec.defines(&self.path) {
            return Ok(());
        }
        let expected = format!("a path of the wire specification {:?}", spec.name());
        Err(ProfileError::invalid(&self.key, expected))
    }

    /// The text at this place, `None` where the message does not have it (to its full length).
    /// Card data comes out masked, so that no profile can lead it into a record by mistake.
    pub(crate) fn text(&self, message: &Message) -> Option<String> {
        if self.nested && !message.has(self.field) {
            return None;
        }
        let text = if self.nested {
            message.masked_text(&self.path)?
        } else {
            message.element_text(self.field)?
        };
        match self.range {
            None => Some(text),
            Some((start, end)) => text.get(start..end).map(str::to_owned),
        }
    }

    /// The whole text in the clear.
    pub(crate) fn clear_text(&self, message: &Message) -> Option<ClearText> {
        if message.has(self.field) {
            message.clear_text(&self.path)
        } else {
            None
        }
    }

    pub(crate) fn is_present(&self, message: &Message) -> bool {
        message.has(self.field) && (!self.nested || message.contains(&self.path))
    }
}

/// `5-10]` as a byte range from zero, the end excluded.
fn parse_range(positions: &str) -> Option<(usize, usize)> {
    let (first, last) = positions.strip_suffix(']')?.split_once('-')?;
    let (first, last) = (first.parse::<usize>().ok()?, last.parse::<usize>().ok()?);
    (first >= 1 && first <= last && last <= 999).then(|| (first - 1, last))
}

/// A place whose presence, or whose value, says something: all conditions of a mark must hold.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) source: Source,
    /// The values that count; empty means that presence is enough.
    pub(crate) values: Vec<String>,
}

impl Condition {
    pub(crate) fn holds(&self, message: &Message) -> bool {
        if self.values.is_empty() {
            return self.source.is_present(message);
        }
        self.source
            .text(message)
            .is_some_and(|text| self.values.contains(&text))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn positions_count_from_one_and_include_the_last() {
        let source = Source::parse("90[5-10]", "fields.original_stan").unwrap();
        assert_eq!(
            source,
            Source {
                path: "90".to_owned(),
                key: "fields.original_stan".to_owned(),
                field: 90,
                nested: false,
                range: Some((4, 10))
            }
        );
    }

    #[test]
    fn nested_paths_keep_their_element() {
        assert_eq!(
            Source::parse("62.2", "fields.lifecycle_id").unwrap().field,
            62
        );
    }

    #[test]
    fn a_place_that_is_none_names_its_key() {
        for text in [
            "", "x", "1", "0", "193", "+4", "90[0-4]", "90[4-1]", "90[1-4", "90[a-b]",
        ] {
            let error = Source::parse(text, "fields.stan").unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with("fields.stan: expected a path"),
                "{text}"
            );
        }
    }
}
