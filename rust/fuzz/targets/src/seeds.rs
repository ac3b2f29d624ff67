//! What inputs are made from: packaged specifications, known messages, frames of them.

use std::sync::LazyLock;

use cbs_iso8583::{Framer, SpecText};
use serde_json::Value;

use crate::messages::chosen;
use crate::{Mutator, streams};

/// Name and text of every packaged specification, sorted.
pub(crate) static SPECIFICATIONS: LazyLock<Vec<(String, String)>> =
    LazyLock::new(|| texts_in("python/cbs/specs", "toml"));

/// A packaged specification, for one that extends it.
pub(crate) fn packaged(wanted: &str, _origin: &str) -> Result<SpecText, String> {
    let found = SPECIFICATIONS.iter().find(|(name, _)| name == wanted);
    let (origin, text) = found.cloned().ok_or("there is none")?;
    Ok(SpecText { origin, text })
}

/// Name and text of every file with this ending in a folder of the repository, sorted.
fn texts_in(folder: &str, ending: &str) -> Vec<(String, String)> {
    let folder = format!("{}/../../../{folder}", env!("CARGO_MANIFEST_DIR"));
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut texts: Vec<(String, String)> = paths
        .filter(|path| path.extension().is_some_and(|it| it == ending))
        .filter_map(|path| {
            let name = path.file_stem()?.to_string_lossy().into_owned();
            Some((name, std::fs::read_to_string(&path).ok()?))
        })
        .collect();
    texts.sort();
    texts
}

/// Known messages: the place of their specification, and their body.
static MESSAGES: LazyLock<Vec<(u8, Vec<u8>)>> = LazyLock::new(|| {
    let files = texts_in("tests/vectors", "json");
    files.iter().flat_map(|(_, text)| messages(text)).collect()
});

/// The inputs that a target starts from.
pub struct Seeds(Vec<Vec<u8>>);

impl Seeds {
    /// The seeds of a target.
    pub fn of(target: &str) -> Self {
        let messages = || MESSAGES.iter().cloned();
        let inputs = match target {
            "frame" => streams::seeds(&messages().map(|it| it.1).collect::<Vec<_>>()),
            "json" => messages().filter_map(|it| documented(&it)).collect(),
            "edit" => messages()
                .map(|(choice, body)| [vec![choice, 1, 2, 3, 4], body].concat())
                .collect(),
            "track2" => tracks(),
            "specification" => SPECIFICATIONS.iter().flat_map(texts).collect(),
            _ => messages()
                .map(|(choice, body)| [vec![choice], body].concat())
                .collect(),
        };
        Self(inputs)
    }

    /// All of them.
    pub fn all(&self) -> &[Vec<u8>] {
        &self.0
    }

    /// One of them, by chance.
    pub fn any(&self, mutator: &mut Mutator) -> &[u8] {
        &self.0[mutator.below(self.0.len())]
    }
}

/// A specification whole, and thinned to a tenth of its elements in three ways.
fn texts((_, text): &(String, String)) -> Vec<Vec<u8>> {
    let thinned = |first: usize| {
        let numbered = |line: &str| line.starts_with(|it: char| it.is_ascii_digit());
        let kept = text.lines().enumerate();
        let kept = kept.filter(|(place, line)| !numbered(line) || place % 10 == first);
        let lines: Vec<&str> = kept.map(|(_, line)| line).collect();
        lines.join("\n").into_bytes()
    };
    vec![thinned(0), thinned(3), thinned(7), text.as_bytes().to_vec()]
}

/// The bodies of a file's messages, with the place of their specification.
fn messages(text: &str) -> Vec<(u8, Vec<u8>)> {
    let documents: Value = serde_json::from_str(text).unwrap_or_default();
    let documents = documents.as_array().cloned().unwrap_or_default();
    documents.iter().filter_map(message).collect()
}

fn message(document: &Value) -> Option<(u8, Vec<u8>)> {
    let name = document["specification"].as_str().unwrap_or("visa_like");
    let choice = SPECIFICATIONS.iter().position(|(known, _)| known == name)?;
    let octets = octets(document["hex"].as_str()?);
    if let Some(framing) = document["framing"].as_str() {
        let framer = Framer::from_texts(framing, document["header"].as_str(), octets.len());
        let frames = framer.ok()?.feed(&octets).ok()?;
        return Some((u8::try_from(choice).ok()?, frames.first()?.body().to_vec()));
    }
    let envelope = |key: &str| {
        document["expect"][key]
            .as_str()
            .map_or(0, |hex| hex.len() / 2)
    };
    let own_header = SPECIFICATIONS[choice].1.contains("\nheader");
    let header = if own_header { 0 } else { envelope("header") };
    let body = octets.get(envelope("frame") + header..)?;
    Some((u8::try_from(choice).ok()?, body.to_vec()))
}

/// A message as its JSON, behind the choice of its specification.
fn documented((choice, body): &(u8, Vec<u8>)) -> Option<Vec<u8>> {
    let (spec, body) = chosen(&[&[*choice][..], body].concat()).map(|it| (it.0, it.1.to_vec()))?;
    let document = spec.decode(&body).ok()?.to_json(true);
    Some([&[*choice][..], &document].concat())
}

/// Tracks as they should be, behind the choice of every specification.
fn tracks() -> Vec<Vec<u8>> {
    let places = 0..u8::try_from(SPECIFICATIONS.len()).unwrap_or(u8::MAX);
    let track = |place| {
        let separator = ['d', '=', 'D'][usize::from(place) % 3];
        let text = format!("4000000000000010{separator}29122011234567");
        [&[place][..], text.as_bytes()].concat()
    };
    places.map(track).collect()
}

fn octets(hex: &str) -> Vec<u8> {
    let pair = |at: usize| {
        hex.get(at..at + 2)
            .and_then(|it| u8::from_str_radix(it, 16).ok())
    };
    (0..hex.len()).step_by(2).filter_map(pair).collect()
}
