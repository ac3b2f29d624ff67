//! What is wrong in a file, all of it, with lines.

use super::compile;
use super::extends::{ReadSpec, SpecText, gather};
use super::section::Sink;
use super::{Condition, Definition, Layout, Length, NONE, Source, Spec};
use crate::encoding::Coding;
use crate::error::SpecError;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The specification cannot be used.
    Error,
    /// It can be used, but hardly as it was meant.
    Warning,
}

/// One thing that is wrong in a specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecIssue {
    /// How bad it is.
    pub severity: Severity,
    /// The origin of the specification it stands in, where that is one that this one extends.
    pub file: Option<String>,
    /// Where in the file, as in `fields.62.layouts.0.kind`; empty for the file as a whole.
    pub path: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong there.
    pub problem: String,
}

/// The specification, or the first fault of its files.
pub(super) fn parse(own: SpecText, name: &str, read: &mut ReadSpec<'_>) -> Result<Spec, SpecError> {
    let fault = |issue: SpecIssue| SpecError {
        file: issue.file,
        path: issue.path,
        problem: issue.problem,
    };
    let unusable = || SpecError {
        file: None,
        path: name.to_owned(),
        problem: "cannot be compiled".to_owned(),
    };
    let (files, table) = match gather(own, read) {
        Ok(gathered) => gathered,
        Err(issues) => return Err(issues.into_iter().next().map_or_else(unusable, fault)),
    };
    let sink = Sink::default();
    let spec = compile::compile(table, name, &sink);
    if let Some(spec) = &spec {
        odd_layouts(spec, &sink);
    }
    let mut issues = sink.take();
    issues.retain(|issue| issue.severity == Severity::Error);
    issues.truncate(1);
    match (files.place(issues).pop(), spec) {
        (None, Some(spec)) => Ok(spec),
        (Some(issue), _) => Err(fault(issue)),
        (None, None) => Err(unusable()),
    }
}

/// Every fault and every oddity.
pub(super) fn lint(own: SpecText, read: &mut ReadSpec<'_>) -> Vec<SpecIssue> {
    let (files, table) = match gather(own, read) {
        Ok(gathered) => gathered,
        Err(issues) => return issues,
    };
    let sink = Sink::default();
    if let Some(spec) = compile::compile(table, "", &sink) {
        odd_layouts(&spec, &sink);
    }
    files.place(sink.take())
}

/// Layouts and alternatives that can never be reached, and conditions that can never hold.
fn odd_layouts(spec: &Spec, sink: &Sink) {
    for (number, id) in spec.elements.iter().enumerate() {
        if let Some(definition) = spec.definition(*id).filter(|_| *id != NONE) {
            definition_oddities(spec, definition, &format!("fields.{number}"), number, sink);
        }
    }
}

fn definition_oddities(
    spec: &Spec,
    definition: &Definition,
    path: &str,
    element: usize,
    sink: &Sink,
) {
    let conditions = definition.choices.iter().map(|it| it.when.as_deref());
    covered(conditions, &format!("{path}.alternatives"), sink);
    for (place, choice) in definition.choices.iter().enumerate() {
        let inner = match &choice.when {
            None => path.to_owned(),
            Some(when) => {
                let path = format!("{path}.alternatives.{place}");
                check_condition(spec, when, &path, element, sink);
                path
            }
        };
        if let Some(definition) = spec.definition(choice.definition) {
            definition_oddities(spec, definition, &inner, element, sink);
        }
    }
    let mut taker = None;
    for (place, alternative) in definition.layouts.iter().enumerate() {
        let path = format!("{path}.layouts.{place}");
        if let Some(taker) = taker {
            let problem = format!("never reached: layout {taker} takes whatever there is");
            sink.push(Severity::Warning, path.clone(), problem);
        }
        if alternative.when.is_none() && takes_anything(spec, &alternative.layout) {
            taker.get_or_insert(place);
        }
        if let Some(when) = &alternative.when {
            check_condition(spec, when, &path, element, sink);
        }
        for (key, id) in inner(&alternative.layout) {
            if let Some(part) = spec.definition(id) {
                definition_oddities(spec, part, &format!("{path}.{key}"), element, sink);
            }
        }
    }
}

/// Conditions under which an earlier one holds as well.
fn covered<'a>(conditions: impl Iterator<Item = Option<&'a Condition>>, path: &str, sink: &Sink) {
    let mut earlier: Vec<&Condition> = Vec::new();
    for (place, when) in conditions.enumerate() {
        let Some(when) = when else { continue };
        if let Some(taker) = earlier.iter().position(|other| other.covers(when)) {
            let problem = format!("never reached: number {taker} holds whenever this does");
            sink.push(Severity::Warning, format!("{path}.{place}.when"), problem);
        }
        earlier.push(when);
    }
}

fn check_condition(spec: &Spec, when: &Condition, path: &str, element: usize, sink: &Sink) {
    let problem = match &when.source {
        Source::Element(number, _) if *number >= element => {
            "looks at an element that is read later: it is never known"
        }
        Source::Element(number, keys) => {
            let path =
                std::iter::once(number.to_string()).chain(keys.iter().map(ToString::to_string));
            if spec.defines(&path.collect::<Vec<_>>().join(".")) {
                return;
            }
            "looks at something that no element of this dialect has"
        }
        Source::MessageType | Source::Sibling(_) => return,
    };
    sink.push(
        Severity::Error,
        format!("{path}.when.path"),
        problem.to_owned(),
    );
}

/// Definitions inside a layout, with their place in the file.
fn inner(layout: &Layout) -> Vec<(String, u16)> {
    match layout {
        Layout::Positional { parts, .. } => parts
            .iter()
            .enumerate()
            .map(|(place, id)| (format!("parts.{place}"), *id))
            .collect(),
        Layout::Bitmapped(bitmapped) => bitmapped
            .parts
            .iter()
            .enumerate()
            .filter(|(_, id)| **id != NONE)
            .map(|(bit, id)| (format!("parts.{bit}"), *id))
            .collect(),
        Layout::Tagged(tagged) => tagged
            .entries
            .iter()
            .map(|(key, id)| (format!("tags.{key}"), *id))
            .collect(),
        Layout::Datasets { .. } | Layout::Tlv { .. } => Vec::new(),
    }
}

/// Whether no content at all is a fault of this layout.
fn takes_anything(spec: &Spec, layout: &Layout) -> bool {
    let Layout::Positional { parts, whole, .. } = layout else {
        return false;
    };
    let mut parts = parts.iter().filter_map(|id| spec.definition(*id));
    let only = parts.next().filter(|_| parts.next().is_none() && !whole);
    only.is_some_and(|part| {
        part.length == Length::Rest
            && part.layouts.is_empty()
            && part.takes_anything()
            && part.coding != Coding::Zoned
    })
}
