//! Two messages side by side: what is on one side only, what differs, what is only written another
//! way. Card data is compared in the clear and shown masked.

use crate::encoding::Coding;
use crate::message::{Kind, Message};
use crate::spec::{Layout, Sensitivity};
use crate::value::ClearText;

/// How one place of two messages compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The same value, written alike where both have one specification.
    Equal,
    /// Only the second message has it.
    Added,
    /// Only the first message has it.
    Removed,
    /// Both have it, with other values.
    Changed,
    /// The same value in other bytes.
    Form,
    /// One message announces it, but could not be read so far.
    Unread,
}

impl Mark {
    /// The mark as a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Form => "form",
            Self::Unread => "unread",
        }
    }
}

/// One place of two messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// As in `55.9F26`; `55.9F5B[2]` for the second of a tag that comes more than once.
    pub path: String,
    /// What the specification calls it.
    pub name: String,
    /// How the two compare.
    pub mark: Mark,
    /// The masked value in the first message.
    pub left: Option<String>,
    /// The masked value in the second message.
    pub right: Option<String>,
    /// What the values do not show.
    pub note: &'static str,
}

const HIDDEN: &str = "differ in masked digits";

/// Where a walk through two messages stands.
struct Walk<'a> {
    left: &'a Message,
    right: &'a Message,
    /// Whether bytes can be compared and not only values.
    one_dialect: bool,
    rows: Vec<Comparison>,
}

impl Message {
    /// Every place of this message and another one, in the order of the elements.
    pub fn compare(&self, other: &Self) -> Vec<Comparison> {
        let mut walk = Walk {
            left: self,
            right: other,
            one_dialect: self.spec.name() == other.spec.name(),
            rows: Vec::new(),
        };
        walk.texts("mti", "Message type");
        walk.texts("_header", "In front of the message type");
        let elements = walk.rows.len();
        walk.level(
            "",
            &self.elements().collect::<Vec<_>>(),
            &other.elements().collect::<Vec<_>>(),
        );
        walk.bitmap(elements);
        walk.texts("_rest", "Not read");
        walk.rows
    }

    /// What is inside a node. Tags of the usual data set are known by their tag alone.
    pub(crate) fn parts(&self, index: usize) -> Vec<usize> {
        let children: Vec<usize> = self.children(index).collect();
        match children.as_slice() {
            [only] if self.is_usual_set(index, *only) => self.children(*only).collect(),
            _ => children,
        }
    }

    fn is_usual_set(&self, parent: usize, index: usize) -> bool {
        let is_set = self
            .node(index)
            .is_some_and(|node| node.kind == Kind::Dataset);
        let definition = self.node(parent).and_then(|node| self.definition(node));
        let usual = definition.and_then(|definition| {
            definition
                .layouts
                .iter()
                .find_map(|alternative| match alternative.layout {
                    Layout::Datasets { default, .. } => default,
                    _ => None,
                })
        });
        is_set && usual.is_some_and(|usual| self.id_bytes(index) == [usual])
    }
}

impl Walk<'_> {
    /// A place that both messages may have as a text of its own.
    fn texts(&mut self, path: &str, name: &str) {
        let text = |message: &Message| message.clear_text(path);
        let (left, right) = (text(self.left), text(self.right));
        let mark = match (&left, &right) {
            (None, None) => return,
            (Some(_), None) => Mark::Removed,
            (None, Some(_)) => Mark::Added,
            (Some(left), Some(right)) if left == right => Mark::Equal,
            _ => Mark::Changed,
        };
        let (left, right) = (self.left.masked_text(path), self.right.masked_text(path));
        let note = if mark == Mark::Changed && left == right {
            HIDDEN
        } else {
            ""
        };
        self.push(path, name.to_owned(), mark, (left, right), note);
    }

    /// Bitmaps differ without their elements where they are longer than they need to be.
    fn bitmap(&mut self, elements: usize) {
        let same = self.left.fields().eq(self.right.fields());
        let (left, right) = (self.left.bitmap(), self.right.bitmap());
        if !self.one_dialect || !same || left == right {
            return;
        }
        let row = Comparison {
            path: "bitmap".to_owned(),
            name: "Bitmap".to_owned(),
            mark: Mark::Form,
            left: Some(left),
            right: Some(right),
            note: "other bits for the same elements",
        };
        self.rows.insert(elements, row);
    }

    fn level(&mut self, path: &str, left: &[usize], right: &[usize]) {
        let ours = numbered(self.left, left);
        let theirs = numbered(self.right, right);
        let of =
            |list: &[(String, usize)], key: &str| list.iter().find(|it| it.0 == key).map(|it| it.1);
        let mut keys: Vec<&String> = ours.iter().map(|it| &it.0).collect();
        keys.extend(
            theirs
                .iter()
                .map(|it| &it.0)
                .filter(|key| of(&ours, key).is_none()),
        );
        if path.is_empty() {
            keys.sort_by_key(|key| key.parse::<u16>().unwrap_or(0));
        }
        for key in keys {
            let inner = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            match (of(&ours, key), of(&theirs, key)) {
                (Some(left), Some(right)) => self.pair(&inner, left, right),
                (Some(left), None) => self.one_side(&inner, left, true),
                (None, Some(right)) => self.one_side(&inner, right, false),
                (None, None) => {}
            }
        }
    }

    fn pair(&mut self, path: &str, left: usize, right: usize) {
        let ours = self.left.parts(left);
        let theirs = self.right.parts(right);
        if ours.is_empty() || theirs.is_empty() {
            self.values(path, left, right);
            return;
        }
        let at = self.rows.len();
        self.level(path, &ours, &theirs);
        let order = |message: &Message, parts: &[usize]| -> Vec<String> {
            numbered(message, parts)
                .into_iter()
                .map(|it| it.0)
                .collect()
        };
        let (ours, theirs) = (order(self.left, &ours), order(self.right, &theirs));
        let note = if ours != theirs && sorted(&ours) == sorted(&theirs) {
            "the same parts in another order"
        } else if self.one_dialect && self.length_bytes(left, right) {
            "another form of the length"
        } else {
            return;
        };
        let row = Comparison {
            path: path.to_owned(),
            name: self.left.label(left),
            mark: Mark::Form,
            left: None,
            right: None,
            note,
        };
        self.rows.insert(at, row);
    }

    fn values(&mut self, path: &str, left: usize, right: usize) {
        let text = |message: &Message, index| ClearText::new(message.text(index, false));
        let (ours, theirs) = (text(self.left, left), text(self.right, right));
        let shown = (
            Some(self.left.text(left, true)),
            Some(self.right.text(right, true)),
        );
        let (mark, note) = if ours == theirs {
            match self.form(left, right) {
                "" => (Mark::Equal, ""),
                note => (Mark::Form, note),
            }
        } else if self.is_same_value(left, right, &ours, &theirs) {
            (Mark::Form, "the same value in other characters")
        } else if shown.0 == shown.1 {
            (Mark::Changed, HIDDEN)
        } else {
            (Mark::Changed, "")
        };
        let name = self.left.label(left);
        self.push(path, name, mark, shown, note);
    }

    /// How bytes differ that have the same value; empty if they do not.
    fn form(&self, left: usize, right: usize) -> &'static str {
        if !self.one_dialect || self.left.wire_of(left) == self.right.wire_of(right) {
            return "";
        }
        if self.length_bytes(left, right) {
            return "another form of the length";
        }
        let odd = self
            .left
            .node(left)
            .is_some_and(|node| (node.start ^ node.stop) & 1 == 1);
        if odd {
            return "another pad nibble";
        }
        "the same value in other bytes"
    }

    /// Whether a tag has another number of length bytes on the other side.
    fn length_bytes(&self, left: usize, right: usize) -> bool {
        let before = |message: &Message, index| {
            let node = message.node(index).filter(|node| node.tag_bytes > 0);
            node.map(|node| (node.start >> 1).saturating_sub(node.wire))
        };
        before(self.left, left) != before(self.right, right)
    }

    /// Whether texts differ only as dialects write them: case of hex digits, separators of tracks.
    fn is_same_value(&self, left: usize, right: usize, ours: &str, theirs: &str) -> bool {
        let of = |message: &Message, index| {
            let node = message.node(index);
            let packed = node.is_none_or(|node| {
                matches!(
                    message.coding(node),
                    Coding::Bcd | Coding::Binary | Coding::Hex(_)
                )
            });
            let track = node.is_some_and(|node| message.sensitivity(node) == Sensitivity::Track);
            (packed, track)
        };
        let ((packed, track), (other_packed, other_track)) =
            (of(self.left, left), of(self.right, right));
        if packed && other_packed && ours.eq_ignore_ascii_case(theirs) {
            return true;
        }
        let plain = |text: &str, packed: bool| {
            let end = if packed { &['f', 'F'][..] } else { &[] };
            let text = text.trim_end_matches(end).chars();
            let plain = text.map(|it| if matches!(it, 'd' | 'D') { '=' } else { it });
            ClearText::new(plain.collect())
        };
        track && other_track && plain(ours, packed) == plain(theirs, other_packed)
    }

    fn one_side(&mut self, path: &str, index: usize, is_left: bool) {
        let (message, other) = if is_left {
            (self.left, self.right)
        } else {
            (self.right, self.left)
        };
        let number = path.parse::<u16>().ok();
        let unread = number.is_some_and(|number| other.is_announced(number));
        let mark = match (unread, is_left) {
            (true, _) => Mark::Unread,
            (false, true) => Mark::Removed,
            (false, false) => Mark::Added,
        };
        self.add_side(path, index, message, (mark, is_left));
    }

    fn add_side(&mut self, path: &str, index: usize, message: &Message, how: (Mark, bool)) {
        let parts = message.parts(index);
        for (key, part) in numbered(message, &parts) {
            self.add_side(&format!("{path}.{key}"), part, message, how);
        }
        if !parts.is_empty() {
            return;
        }
        let text = Some(message.text(index, true));
        let texts = if how.1 { (text, None) } else { (None, text) };
        self.push(path, message.label(index), how.0, texts, "");
    }

    fn push(
        &mut self,
        path: &str,
        name: String,
        mark: Mark,
        (left, right): (Option<String>, Option<String>),
        note: &'static str,
    ) {
        self.rows.push(Comparison {
            path: path.to_owned(),
            name,
            mark,
            left,
            right,
            note,
        });
    }
}

/// Keys of nodes, with a count behind that of a tag that comes again.
fn numbered(message: &Message, nodes: &[usize]) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = Vec::with_capacity(nodes.len());
    let mut seen: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for index in nodes {
        let key = message.key(*index);
        let count = seen.entry(key.clone()).or_default();
        *count = count.saturating_add(1);
        let key = if *count > 1 {
            format!("{key}[{count}]")
        } else {
            key
        };
        found.push((key, *index));
    }
    found
}

fn sorted(keys: &[String]) -> Vec<&String> {
    let mut sorted: Vec<&String> = keys.iter().collect();
    sorted.sort_unstable();
    sorted
}
