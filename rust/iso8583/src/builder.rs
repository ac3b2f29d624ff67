//! Messages put together path by path, from nothing or from a decoded message.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::edit::{self, Usual};
use crate::encode::{Encoded, Path, Scope};
use crate::encoding::nibble;
use crate::error::EncodeError;
use crate::head::HeadTexts;
use crate::mapping::Elements;
use crate::message::Message;
use crate::resolve::{element_number, no_element};
use crate::spec::{Layout, Spec};
use crate::value::Value;
use crate::wipe::Wiped;

/// A message in the making. Elements that are not touched keep the bytes of the message that
/// was edited, and so does what stands around them.
pub struct MessageBuilder {
    pub(crate) spec: Arc<Spec>,
    base: Option<Arc<Message>>,
    mti: Value,
    /// What was set (or, without a value, deleted), by data element.
    touched: BTreeMap<u16, Option<Value>>,
}

impl MessageBuilder {
    /// A message of this type without any element.
    pub fn new(spec: &Arc<Spec>, mti: &str) -> Self {
        Self {
            spec: Arc::clone(spec),
            base: None,
            mti: Value::text(mti),
            touched: BTreeMap::new(),
        }
    }

    /// A message that starts as a copy of `message`.
    pub fn edit(message: &Arc<Message>) -> Self {
        Self {
            spec: Arc::clone(message.spec()),
            mti: Value::text(message.mti()),
            base: Some(Arc::clone(message)),
            touched: BTreeMap::new(),
        }
    }

    /// The numbers of the data elements that it has, ascending.
    pub fn fields(&self) -> Vec<u16> {
        let kept = self.base.iter().flat_map(|base| base.fields());
        let kept = kept.filter(|field| !self.touched.contains_key(field));
        let set = self.touched.iter().filter(|(_, value)| value.is_some());
        let mut fields: Vec<u16> = kept.chain(set.map(|(field, _)| *field)).collect();
        fields.sort_unstable();
        fields
    }

    /// Whether there is a value at a path.
    pub fn contains(&self, path: &str) -> bool {
        let Ok((field, keys)) = split(path) else {
            return matches!(path, "0" | "mti");
        };
        match self.touched.get(&field) {
            Some(None) => false,
            Some(Some(_)) => self.tree(field).is_ok_and(|tree| edit::find(&tree, &keys)),
            None => {
                let base = self.base.as_ref();
                base.is_some_and(|base| base.contains(path))
            }
        }
    }

    /// Set the value at a path, whatever was there. Only its place is checked yet. The text that
    /// is there already changes nothing.
    pub fn set(&mut self, path: &str, value: Value) -> Result<(), EncodeError> {
        if matches!(path, "0" | "mti") {
            self.mti = value;
            return Ok(());
        }
        let (field, keys) = split(path)?;
        if self.is_kept(field, path, &value) {
            return Ok(());
        }
        if keys.is_empty() {
            self.touched.insert(field, Some(value));
            return Ok(());
        }
        let mut tree = self.tree(field)?;
        let placed = match (&mut tree, self.usual_dataset(field)) {
            (Value::List(sets), Some(usual)) => edit::set_by_dataset(sets, usual, &keys, value),
            (tree, _) => edit::set(tree, &keys, value),
        };
        placed.map_err(|(expected, found)| Path::top(path).error(expected, found))?;
        self.touched.insert(field, Some(tree));
        Ok(())
    }

    /// Whether this very text stands in the message that is edited, in an element not touched.
    fn is_kept(&self, field: u16, path: &str, value: &Value) -> bool {
        let (Some(base), Value::Text(text)) = (&self.base, value) else {
            return false;
        };
        !self.touched.contains_key(&field) && base.clear_text(path).as_ref() == Some(text)
    }

    /// Delete the value at a path; says whether there was one.
    pub fn delete(&mut self, path: &str) -> bool {
        let Ok((field, keys)) = split(path) else {
            return false;
        };
        if !self.contains(path) {
            return false;
        }
        if keys.is_empty() {
            self.touched.insert(field, None);
            return true;
        }
        let Ok(mut tree) = self.tree(field) else {
            return false;
        };
        let deleted = match (&mut tree, self.usual_dataset(field)) {
            (Value::List(sets), Some(_)) => edit::delete_by_dataset(sets, &keys),
            (tree, _) => edit::delete(tree, &keys),
        };
        if deleted {
            self.touched.insert(field, Some(tree));
        }
        deleted
    }

    /// Whether an element has data sets, and the one of tags without a word about theirs.
    fn usual_dataset(&self, field: u16) -> Option<Usual> {
        let (_, definition) = self.spec.element(usize::from(field))?;
        let own = definition.choices.last();
        let own = own.and_then(|own| self.spec.definition(own.definition));
        match own.unwrap_or(definition).layouts.first()?.layout {
            Layout::Datasets { default, .. } => Some(Usual(default)),
            _ => None,
        }
    }

    /// What is inside an element now; a list where it is data sets.
    fn tree(&self, field: u16) -> Encoded<Value> {
        let base = self.base.as_ref();
        let tree = match self.touched.get(&field) {
            Some(touched) => touched.clone(),
            None => base.and_then(|base| base.nested(field)).transpose()?,
        };
        let tree = tree.unwrap_or_else(|| Value::Map(Vec::new()));
        let usual = self.usual_dataset(field);
        let sets = usual.and_then(|usual| edit::by_dataset(&tree, usual));
        Ok(sets.map_or(tree, Value::List))
    }

    /// The message, validated: encoded by the specification and decoded again.
    pub fn build(&self) -> Result<Message, EncodeError> {
        let own = Value::Map(self.own_members());
        let Some(base) = &self.base else {
            return decoded(&self.spec, &self.spec.encode(&own)?);
        };
        if self.touched.is_empty() && self.mti == Value::text(base.mti()) {
            return decoded(&self.spec, &base.encode());
        }
        let body = self.written_over(base, &Elements::read(&own)?)?;
        let built = decoded(&self.spec, &body)?;
        // an element may announce another layout of one behind it, and unread bytes stay unread
        let lost = |field: &u16| !built.has(*field) && usize::from(*field) != self.third_bitmap();
        if let Some(field) = self.fields().into_iter().find(lost) {
            let expected = "an element in front of what cannot be read";
            return Err(Path::top(&field.to_string()).error(expected, "one behind it"));
        }
        Ok(self.with_kept_bytes(base, built))
    }

    /// The same message, with the bytes inside changed elements that no change was about.
    fn with_kept_bytes(&self, base: &Message, built: Message) -> Message {
        let nested = |value: &Option<Value>| matches!(value, Some(Value::Map(_) | Value::List(_)));
        let changed = self.touched.iter().filter(|(_, value)| nested(value));
        let changed: Vec<u16> = changed.map(|(field, _)| *field).collect();
        let Some(body) = built.restored(base, &changed) else {
            return built;
        };
        match decoded(&self.spec, &body) {
            Ok(other) if other.says_as(&built, &changed) => other,
            _ => built,
        }
    }

    fn own_members(&self) -> Vec<(String, Value)> {
        let mut members = vec![("mti".to_owned(), self.mti.clone())];
        for (field, value) in &self.touched {
            members.extend(value.clone().map(|value| (field.to_string(), value)));
        }
        members
    }

    fn third_bitmap(&self) -> usize {
        self.spec.envelope.third_bitmap
    }

    /// The numbers of the elements on the wire, with that of a third bitmap if it is needed.
    fn numbers(&self, base: &Message) -> Vec<usize> {
        let third = self.third_bitmap();
        let mut numbers: Vec<usize> = self.fields().into_iter().map(usize::from).collect();
        // a third bitmap that was empty all along stays, one that became empty goes
        let emptied = base.head.words.get(2).is_some_and(|word| *word != 0);
        let is_set = u16::try_from(third).is_ok_and(|third| self.touched.contains_key(&third));
        if third > 0 && emptied && !is_set {
            numbers.retain(|number| *number != third);
        }
        self.spec.with_third_bitmap(numbers)
    }

    /// The bytes of a changed message: those that were there wherever nothing was changed.
    fn written_over(&self, base: &Message, elements: &Elements<'_>) -> Encoded<Wiped> {
        let missing = || Path::top("mti").error("a message type", "none");
        let mti = elements.mti.ok_or_else(missing)?;
        let numbers = self.numbers(base);
        let header = nibble::hex(base.header());
        let bitmap = self.spec.bitmap_over(base, &numbers)?;
        let texts = HeadTexts {
            mti,
            header: Some(&header),
            bitmap: Some(&bitmap),
        };
        let mut out = Wiped::new(Vec::with_capacity(base.bytes.len().saturating_add(64)));
        let third_word = self.spec.head(texts, &numbers, &mut out)?;
        let head = base.bytes.get(..base.head.data).unwrap_or(&[]);
        self.spec.keep_letters(&mut out, 0, head);
        let mut written = Vec::with_capacity(numbers.len());
        for number in numbers {
            let at = out.len();
            let field = u16::try_from(number).unwrap_or(u16::MAX);
            let kept = base
                .wire(field)
                .filter(|_| !self.touched.contains_key(&field));
            let key = number.to_string();
            let mut path = Path::top(&key);
            let entry = elements.entries.get(&field);
            if number == self.third_bitmap() {
                self.spec
                    .write_third_bitmap(third_word, entry, &path, &mut out)?;
                self.spec
                    .keep_letters(&mut out, at, base.wire(field).unwrap_or(&[]));
            } else {
                let conditional = self.spec.element(number).is_some_and(|it| it.1.conditional);
                let scope = conditional.then(|| Scope::of(&self.spec, mti, &out, &written));
                path.scope = scope.as_ref();
                match (kept, entry) {
                    (Some(wire), _) => self.keep(base, (field, wire), &path, &mut out)?,
                    (None, Some(entry)) => {
                        self.spec.element_entry(number, entry, &path, &mut out)?;
                    }
                    (None, None) => {}
                }
            }
            written.push((number, at));
        }
        out.extend_from_slice(base.rest());
        Ok(out)
    }

    /// The bytes of an element that was not touched; its text written anew where what was changed
    /// makes it another thing.
    fn keep(
        &self,
        base: &Message,
        (field, wire): (u16, &[u8]),
        path: &Path<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded<()> {
        if let Some(element) = self.spec.element(usize::from(field))
            && !element.1.choices.is_empty()
        {
            let (id, definition) = self.spec.chosen(element, path);
            let text = base.clear_text(path.key).unwrap_or_default();
            if base.definition_of(field) != Some(id) {
                return self.spec.write_text(definition, &text, path, out);
            }
        }
        out.extend_from_slice(wire);
        Ok(())
    }
}

/// The message of bytes that were encoded just now.
pub(crate) fn decoded(spec: &Arc<Spec>, body: &[u8]) -> Encoded<Message> {
    spec.decode(body).map_err(|error| {
        let expected = format!("{} at byte {} of the message", error.expected, error.offset);
        EncodeError::new(&error.path, expected, error.found)
    })
}

/// The data element that a path names, and the keys inside it.
fn split(path: &str) -> Encoded<(u16, Vec<&str>)> {
    let mut keys = path.split('.');
    if let Some(number) = keys.next().and_then(element_number) {
        return Ok((number, keys.collect()));
    }
    let found = no_element(path.split('.').next().unwrap_or(path));
    Err(Path::top(path).error("the number of a data element", found))
}
