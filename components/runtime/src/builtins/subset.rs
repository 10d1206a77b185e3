//! `object.subset`: whether one value is part of another, as far as OPA looks into them.

use crate::collections::{Array, Object, Set};
use crate::compare::equal;
use crate::error::{self, TYPE_ERROR};
use crate::value::Value;
use warrego_abi::error_kind;

/// Objects inside objects are looked into this far.
const DEPTH_MAX: u32 = 512;

/// The objects are nested too deeply.
struct TooDeep;

fn object_has(all: Object, part: Object, depth: u32) -> Result<bool, TooDeep> {
    if depth == 0 {
        return Err(TooDeep);
    }
    for (key, theirs) in part.iter_unordered() {
        let Some(ours) = all.get(key) else {
            return Ok(false);
        };
        let fits = match (ours.as_object(), theirs.as_object()) {
            (Some(ours), Some(theirs)) => object_has(ours, theirs, depth - 1)?,
            _ => flat_has(ours, theirs).unwrap_or_else(|| equal(ours, theirs)),
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Two sets or two arrays; `None` for anything else.
fn flat_has(all: Value, part: Value) -> Option<bool> {
    if let (Some(all), Some(part)) = (all.as_set(), part.as_set()) {
        return Some(part.iter_unordered().all(|element| all.contains(element)));
    }
    Some(array_has(all.as_array()?, part.as_array()?))
}

/// Whether the elements of `part` stand in `all`, in a row, as OPA searches them: after a mismatch it goes on behind the last start.
fn array_has(all: Array, part: Array) -> bool {
    let last = match all.len().checked_sub(part.len()) {
        Some(last) => last,
        None => return false,
    };
    (0..=last).any(|start| {
        let there = all.iter().skip(start as usize);
        part.iter().zip(there).all(|(wanted, found)| equal(wanted, found))
    })
}

/// Whether an array has all elements of a set; OPA counts those that it has twice twice.
fn array_has_set(all: Array, part: Set) -> bool {
    let mut unmatched = i64::from(part.len());
    all.iter().any(|element| {
        unmatched -= i64::from(part.contains(element));
        unmatched == 0
    })
}

/// Whether `part` is a part of `all`.
#[unsafe(export_name = "b.object.subset")]
pub extern "C" fn subset(all: Value, part: Value) -> Value {
    if let (Some(all), Some(part)) = (all.as_object(), part.as_object()) {
        return match object_has(all, part, DEPTH_MAX) {
            Ok(found) => Value::boolean(found),
            Err(TooDeep) => error::raise_static(error_kind::LIMIT, "depth_limit", "object.subset: objects are nested too deeply"),
        };
    }
    if let Some(found) = flat_has(all, part) {
        return Value::boolean(found);
    }
    if let (Some(all), Some(part)) = (all.as_array(), part.as_set()) {
        return Value::boolean(array_has_set(all, part));
    }
    error::builtin(
        TYPE_ERROR,
        &[b"object.subset: both arguments object.subset must be of the same type or array and set"],
    )
}
