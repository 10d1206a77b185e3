//! `object.get`, `object.keys`, `object.remove`, `object.filter`, `object.union`, `object.union_n`: lookups in objects and objects from objects.

use super::args::{element_error, mismatch, type_error};
use crate::arena;
use crate::collections::{Array, Object, Set};
use crate::number;
use crate::value::{Kind, Value};

/// What a key leads to in a value of any kind: a member of an object, an element of an array, an element of a set.
pub fn step(value: Value, key: Value) -> Option<Value> {
    match value.kind() {
        Kind::Object => value.as_object()?.get(key),
        Kind::Array => value.as_array()?.get(u32::try_from(number::to_i64(key)?).ok()?),
        Kind::Set => value.as_set()?.get(key),
        _ => None,
    }
}

/// The value of a key, or at the end of a path given as an array, else a default.
#[unsafe(export_name = "b.object.get")]
pub extern "C" fn get(object: Value, key: Value, default: Value) -> Value {
    let Some(members) = object.as_object() else {
        return type_error("object.get", 0, object, "object");
    };
    let found = match key.as_array() {
        Some(path) => path.iter().try_fold(object, step),
        None => members.get(key),
    };
    found.unwrap_or(default)
}

/// The keys, as a set.
#[unsafe(export_name = "b.object.keys")]
pub extern "C" fn keys(object: Value) -> Value {
    match object.as_object() {
        Some(members) => Set::of_keys(members).value(),
        None => type_error("object.keys", 0, object, "object"),
    }
}

/// The keys that an array, set or object names.
fn named(name: &str, keys: Value) -> Result<Set, Value> {
    match keys.kind() {
        Kind::Array => keys.as_array().map(|keys| Set::from_values(keys.iter())),
        Kind::Set => keys.as_set(),
        Kind::Object => keys.as_object().map(Set::of_keys),
        _ => None,
    }
    .ok_or_else(|| type_error(name, 1, keys, "one of {object, set, array}"))
}

/// The members whose keys are in the set, or are not.
fn select(name: &str, object: Value, keys: Value, inside: bool) -> Value {
    let Some(members) = object.as_object() else {
        return type_error(name, 0, object, "object");
    };
    let keys = match named(name, keys) {
        Ok(keys) => keys,
        Err(error) => return error,
    };
    let result = Object::with_capacity(if inside { keys.len().min(members.len()) } else { members.len() });
    for (key, value) in members.iter() {
        if keys.contains(key) == inside {
            result.insert(key, value);
        }
    }
    result.value()
}

/// An object without some keys.
#[unsafe(export_name = "b.object.remove")]
pub extern "C" fn remove(object: Value, keys: Value) -> Value {
    select("object.remove", object, keys, false)
}

/// An object with no keys but some.
#[unsafe(export_name = "b.object.filter")]
pub extern "C" fn filter(object: Value, keys: Value) -> Value {
    select("object.filter", object, keys, true)
}

/// The members of both; where both have a key, objects are merged and else `b` counts. Works through a list of what is left to merge, so that depth
/// costs no stack. Where both have a key, `insert` says how it is written.
fn merge_into(result: Object, b: Object, insert: impl Fn(Object, Value, Value)) {
    // Two by two: an object of our own, and what is to be merged into it.
    let todo = Array::with_capacity(8);
    let mut pair = Some((result, b));
    let mut next = 0;
    while let Some((target, from)) = pair {
        for (key, theirs) in from.iter() {
            let ours = target.get(key).and_then(Value::as_object);
            match (ours, theirs.as_object()) {
                (Some(ours), Some(from)) => {
                    let copy = ours.duplicate(from.len());
                    insert(target, key, copy.value());
                    todo.push(copy.value());
                    todo.push(theirs);
                }
                _ => insert(target, key, theirs),
            }
        }
        pair = match (
            todo.get(next).and_then(Value::as_object),
            todo.get(next + 1).and_then(Value::as_object),
        ) {
            (Some(target), Some(from)) => Some((target, from)),
            _ => None,
        };
        next += 2;
    }
}

fn finished(object: Object) -> Value {
    if arena::exhausted() { Value::ERROR } else { object.value() }
}

/// Two objects as one; `b` counts where both have a key, but objects are merged.
#[unsafe(export_name = "b.object.union")]
pub extern "C" fn union(a: Value, b: Value) -> Value {
    match (a.as_object(), b.as_object()) {
        (Some(x), Some(_)) if x.is_empty() => b,
        (Some(_), Some(y)) if y.is_empty() => a,
        (Some(x), Some(y)) => {
            let result = x.duplicate(y.len());
            merge_into(result, y, Object::insert);
            finished(result)
        }
        _ => mismatch("object.union", &[(a, Kind::Object), (b, Kind::Object)]),
    }
}

/// The objects of an array as one; the later ones count.
#[unsafe(export_name = "b.object.union_n")]
pub extern "C" fn union_n(objects: Value) -> Value {
    const NAME: &str = "object.union_n";
    let Some(array) = objects.as_array() else {
        return type_error(NAME, 0, objects, "array");
    };
    if let Some(other) = array.iter().find(|value| value.kind() != Kind::Object) {
        return element_error(NAME, 0, objects, other, "objects");
    }
    let mut all = array.iter().filter_map(Value::as_object);
    let Some(first) = all.next() else {
        return Object::new().value();
    };
    let result = first.duplicate(8);
    // OPA merges from the last to the first, so keys are written as in the last object that has them.
    all.for_each(|object| merge_into(result, object, Object::insert_written_anew));
    finished(result)
}
