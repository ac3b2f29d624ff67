//! Changes inside a composite's nested values.

use crate::encoding::nibble;
use crate::tlv;
use crate::value::Value;

/// What was expected at a place, and what is there.
pub(crate) type Misplaced = (&'static str, &'static str);

/// The data set that tags belong to without a word about theirs, if the element has one.
#[derive(Clone, Copy)]
pub(crate) struct Usual(pub(crate) Option<u8>);

const DATASET: &str = "_dataset";
const BITMAP: &str = "_bitmap";

/// Whether there is a value at `keys`.
pub(crate) fn find(value: &Value, keys: &[&str]) -> bool {
    let Some((first, rest)) = keys.split_first() else {
        return true;
    };
    match value {
        Value::Text(_) => false,
        Value::List(items) => items.iter().any(|item| find(item, keys)),
        Value::Map(members) => {
            let inside = members
                .iter()
                .any(|(key, value)| key.eq_ignore_ascii_case(first) && find(value, rest));
            inside || (is_dataset(value, first) && find(value, rest))
        }
    }
}

/// Put `new` at `keys`, making nested values on the way where there are none.
pub(crate) fn set(value: &mut Value, keys: &[&str], new: Value) -> Result<(), Misplaced> {
    let Some((first, rest)) = keys.split_first() else {
        *value = new;
        return Ok(());
    };
    if !rest.is_empty() && is_dataset(value, first) {
        return set(value, rest, new);
    }
    match value {
        Value::Text(text) if text.is_empty() => {
            *value = Value::Map(Vec::new());
            set(value, keys, new)
        }
        Value::Text(_) => Err(("nested values", "a text")),
        Value::List(items) => {
            let at = items
                .iter()
                .position(|item| !rest.is_empty() && is_dataset(item, first))
                .or_else(|| items.iter().position(|item| find(item, &[first])));
            match at.and_then(|at| items.get_mut(at)) {
                Some(item) => set(item, keys, new),
                None => Err(("a tag or a data set that is there", "another")),
            }
        }
        Value::Map(members) => {
            let known = members
                .iter_mut()
                .find(|(key, _)| key.eq_ignore_ascii_case(first));
            if let Some((_, inner)) = known {
                return set(inner, rest, new);
            }
            let mut inner = Value::Map(Vec::new());
            set(&mut inner, rest, new)?;
            forget_bitmap(members);
            members.push(((*first).to_owned(), inner));
            Ok(())
        }
    }
}

/// Take away what is at `keys`; says whether it was there.
pub(crate) fn delete(value: &mut Value, keys: &[&str]) -> bool {
    let Some((first, rest)) = keys.split_first() else {
        return false;
    };
    match value {
        Value::Text(_) => false,
        Value::List(items) => items.iter_mut().any(|item| delete(item, keys)),
        Value::Map(members) => {
            let at = members
                .iter()
                .position(|(key, _)| key.eq_ignore_ascii_case(first));
            match at {
                Some(at) if rest.is_empty() => {
                    members.remove(at);
                    forget_bitmap(members);
                    true
                }
                Some(at) => members
                    .get_mut(at)
                    .is_some_and(|(_, inner)| delete(inner, rest)),
                None => !rest.is_empty() && is_dataset(value, first) && delete(value, rest),
            }
        }
    }
}

/// Data sets as a list with one mapping for each, whatever way they were given in; `None` for what
/// is no data sets. Keys without a word about data sets are tags of the `usual` one, and data sets
/// by their id.
pub(crate) fn by_dataset(value: &Value, usual: Usual) -> Option<Vec<Value>> {
    match value {
        Value::Text(text) => text.is_empty().then(Vec::new),
        Value::List(items) => {
            let sets = items.iter().map(|item| by_dataset(item, usual));
            Some(sets.collect::<Option<Vec<_>>>()?.concat())
        }
        Value::Map(members) if members.iter().any(|(key, _)| key == DATASET) => {
            Some(vec![value.clone()])
        }
        Value::Map(members) => {
            let mut sets = Vec::new();
            for (key, value) in members {
                nibble::parse_hex(key).ok()?;
                let keys = [key.as_str()];
                set_by_dataset(&mut sets, usual, &keys, value.clone()).ok()?;
            }
            Some(sets)
        }
    }
}

/// As `set`, among data sets: a tag is set where it is; a new one joins the only data set or the
/// `usual` one, and a new data set is made for an id in front of it.
pub(crate) fn set_by_dataset(
    sets: &mut Vec<Value>,
    usual: Usual,
    keys: &[&str],
    new: Value,
) -> Result<(), Misplaced> {
    let Some((first, rest)) = keys.split_first() else {
        return Err(("the key of a tag or a data set", "none"));
    };
    let holds_tag = |item: &&mut Value| find(item, &[first]) && !is_dataset(item, first);
    if let Some(item) = sets.iter_mut().find(|item| is_dataset(item, first)) {
        match (rest, &new) {
            ([], Value::Map(_)) => *item = dataset(first, new),
            ([], _) => return Err(("nested values", new.kind())),
            _ => return set(item, rest, new),
        }
        return Ok(());
    }
    if let Some(item) = sets.iter_mut().find(holds_tag) {
        return set(item, keys, new);
    }
    let octets = nibble::parse_hex(first).map_err(|_| ("a tag or a data set", "another key"))?;
    let template = octets.first().copied().is_some_and(tlv::is_constructed);
    let is_set = matches!(new, Value::Map(_)) || !rest.is_empty();
    if is_set && !(template && usual.0.is_some()) {
        if octets.len() != 1 {
            return Err(("two hex digits for a data set", "another key"));
        }
        let mut made = dataset(first, Value::Map(Vec::new()));
        match rest {
            [] => made = dataset(first, new),
            _ => set(&mut made, rest, new)?,
        }
        sets.push(made);
        return Ok(());
    }
    if let [only] = sets.as_mut_slice() {
        return set(only, keys, new);
    }
    let Some(usual) = usual.0.map(|usual| nibble::hex(&[usual])) else {
        return Err(("a data set around it", "none"));
    };
    if let Some(item) = sets.iter_mut().find(|item| is_dataset(item, &usual)) {
        return set(item, keys, new);
    }
    let mut made = dataset(&usual, Value::Map(Vec::new()));
    set(&mut made, keys, new)?;
    sets.push(made);
    Ok(())
}

/// As `delete`, among data sets: also a whole one by its id.
pub(crate) fn delete_by_dataset(sets: &mut Vec<Value>, keys: &[&str]) -> bool {
    if sets.iter_mut().any(|item| delete(item, keys)) {
        return true;
    }
    let at = match keys {
        [id] => sets.iter().position(|item| is_dataset(item, id)),
        _ => None,
    };
    at.map(|at| sets.remove(at)).is_some()
}

/// A data set with these tags.
fn dataset(id: &str, tags: Value) -> Value {
    let mut members = vec![(DATASET.to_owned(), Value::text(id))];
    if let Value::Map(tags) = tags {
        members.extend(tags.into_iter().filter(|(key, _)| key != DATASET));
    }
    Value::Map(members)
}

/// Which parts there are has changed: the bitmap is made anew.
fn forget_bitmap(members: &mut Vec<(String, Value)>) {
    members.retain(|(key, _)| key != BITMAP);
}

fn is_dataset(value: &Value, id: &str) -> bool {
    let Value::Map(members) = value else {
        return false;
    };
    members.iter().any(|(key, value)| {
        key == DATASET && matches!(value, Value::Text(text) if text.eq_ignore_ascii_case(id))
    })
}
