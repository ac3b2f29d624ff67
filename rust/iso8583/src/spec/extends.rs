//! `extends`: a specification that says only where it differs from another one.

use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::lint::{Severity, SpecIssue};

/// Most specifications that lie under each other.
const FILES_MAX: usize = 8;

/// The text of a specification, and where it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecText {
    /// The path of its file or its name: what faults in it are told with.
    pub origin: String,
    /// TOML.
    pub text: String,
}

/// Reads the specification that another one extends: what `extends` says, and the origin of the
/// text that says it. Its error says why there is none.
pub type ReadSpec<'a> = dyn FnMut(&str, &str) -> Result<SpecText, String> + 'a;

/// A specification and those under it, the nearest first.
pub(super) struct Files(Vec<SpecText>);

/// Every text that a specification is made of, and the table that they are together.
pub(super) fn gather(
    own: SpecText,
    read: &mut ReadSpec<'_>,
) -> Result<(Files, Table), Vec<SpecIssue>> {
    let mut files = Files(Vec::new());
    let mut tables = Vec::new();
    let mut next = Some(own);
    while let Some(file) = next.take() {
        let mut table = table_of(&file).map_err(|faults| files.blame(faults, &file))?;
        let wanted = table.remove("extends");
        files.0.push(file);
        tables.push(table);
        let Some(wanted) = wanted else { break };
        match files.below(&wanted, read) {
            Ok(below) => next = Some(below),
            Err(problem) => return Err(vec![files.extends_fault(problem)]),
        }
    }
    let mut merged = Table::new();
    for table in tables.into_iter().rev() {
        merge(&mut merged, table);
    }
    Ok((files, merged))
}

/// One text as a table, or every fault of its TOML.
fn table_of(file: &SpecText) -> Result<Table, Vec<SpecIssue>> {
    file.text.parse().map_err(|first: toml::de::Error| {
        let (_, mut faults) = DeTable::parse_recoverable(&file.text);
        if faults.is_empty() {
            faults.push(first);
        }
        let issue = |fault: toml::de::Error| SpecIssue {
            severity: Severity::Error,
            file: None,
            path: String::new(),
            line: fault.span().map(|span| line_of(&file.text, span.start)),
            problem: format!("no TOML: {}", fault.message()),
        };
        faults.into_iter().map(issue).collect()
    })
}

/// What `above` says goes over what is there: tables key by key, all else as a whole. `false`
/// takes away what is there, unless that is true or false itself.
fn merge(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(over)) => merge(inner, over),
            (Some(there), Value::Boolean(false)) if !there.is_bool() => {
                below.remove(&key);
            }
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

impl Files {
    /// The specification under the last one.
    fn below(&self, wanted: &Value, read: &mut ReadSpec<'_>) -> Result<SpecText, String> {
        let Value::String(wanted) = wanted else {
            let found = wanted.type_str();
            return Err(format!("must be a name or a path, not {found}"));
        };
        if self.0.len() >= FILES_MAX {
            return Err(format!(
                "more than {FILES_MAX} specifications under each other"
            ));
        }
        let origin = self.0.last().map_or("", |file| &file.origin);
        let file = read(wanted, origin)?;
        if self.0.iter().any(|known| known.origin == file.origin) {
            return Err(format!("{wanted:?} extends this one: a circle"));
        }
        Ok(file)
    }

    /// A fault of `extends` in the last text.
    fn extends_fault(&self, problem: String) -> SpecIssue {
        let last = self.0.len().saturating_sub(1);
        let mut issue = SpecIssue {
            severity: Severity::Error,
            file: None,
            path: "extends".to_owned(),
            line: None,
            problem,
        };
        if let Some(file) = self.0.last() {
            issue.file = (last > 0).then(|| file.origin.clone());
            if let Ok(document) = DeTable::parse(&file.text) {
                let (_, place) = locate(&[(last, document.get_ref())], "extends");
                issue.line = place.map(|place| line_of(&file.text, place));
            }
        }
        issue
    }

    /// Faults of a text that lies under those that are here.
    fn blame(&self, faults: Vec<SpecIssue>, file: &SpecText) -> Vec<SpecIssue> {
        let origin = (!self.0.is_empty()).then(|| file.origin.clone());
        let told = faults.into_iter().map(|issue| SpecIssue {
            file: origin.clone(),
            ..issue
        });
        told.collect()
    }

    /// Say of each issue in which text it stands and at which line; sorted by both.
    pub(super) fn place(&self, issues: Vec<SpecIssue>) -> Vec<SpecIssue> {
        let parsed: Vec<_> = self
            .0
            .iter()
            .map(|file| DeTable::parse(&file.text))
            .collect();
        let documents: Vec<(usize, &DeTable<'_>)> = parsed
            .iter()
            .enumerate()
            .filter_map(|(number, document)| Some((number, document.as_ref().ok()?.get_ref())))
            .collect();
        let mut placed: Vec<(usize, SpecIssue)> = Vec::with_capacity(issues.len());
        for mut issue in issues {
            let (number, place) = locate(&documents, &issue.path);
            if let Some(file) = self.0.get(number) {
                issue.file = (number > 0).then(|| file.origin.clone());
                issue.line = place.map(|place| line_of(&file.text, place));
            }
            placed.push((number, issue));
        }
        placed.sort_by_key(|(number, issue)| (*number, issue.line));
        placed.dedup();
        placed.into_iter().map(|(_, issue)| issue).collect()
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or("");
    before.matches('\n').count().saturating_add(1)
}

/// The text that decides about a path, and where the deepest key of it stands there. Texts are
/// given with their numbers, the one that goes over all others first.
fn locate(documents: &[(usize, &DeTable<'_>)], path: &str) -> (usize, Option<usize>) {
    let mut level = documents.to_vec();
    let mut found = (0, None);
    let mut rest = path;
    while !rest.is_empty() {
        let (key, behind) = rest.split_once('.').unwrap_or((rest, ""));
        let mut inner = Vec::new();
        let mut first = None;
        for (number, table) in &level {
            let entry = table.iter().find(|(name, _)| name.get_ref() == key);
            let Some((name, value)) = entry else { continue };
            let place = (*number, Some(name.span().start));
            let DeValue::Table(table) = value.get_ref() else {
                // what lies under a value that is no table does not count
                if first.is_none() {
                    let place = inner_place(value.get_ref(), behind).or(place.1);
                    return (*number, place);
                }
                break;
            };
            first.get_or_insert(place);
            inner.push((*number, table));
        }
        let Some(first) = first else { break };
        found = first;
        level = inner;
        rest = behind;
    }
    found
}

/// Where the deepest key of a path inside a value stands.
fn inner_place(value: &DeValue<'_>, path: &str) -> Option<usize> {
    match value {
        DeValue::Table(table) => locate(&[(0, table)], path).1,
        DeValue::Array(items) => {
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            let item = items.get(first.parse::<usize>().ok()?)?;
            inner_place(item.get_ref(), rest).or(Some(item.span().start))
        }
        _ => None,
    }
}
