//! Changes inside a composite's nested values.

use crate::value::Value;

/// What was expected at a place, and what is there.
pub(crate) type Misplaced = (&'static str, &'static str);

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
            inside || (!rest.is_empty() && is_dataset(value, first) && find(value, rest))
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
