//! Merging objects deeply: how virtual and base documents become one.

use super::Array;
use crate::value::Value;

/// An object with the keys of both. Where both have a key, objects are merged and else the value of `a` counts; if one of the two is no object the
/// result is `a`. Works through a list of what is left to merge, so that depth costs no stack.
pub fn merge(a: Value, b: Value) -> Value {
    let (Some(left), Some(right)) = (a.as_object(), b.as_object()) else {
        return a;
    };
    let result = left.duplicate(right.len());
    // Two by two: an object of our own that holds the pairs of the left one, and the right one.
    let todo = Array::with_capacity(8);
    let mut pair = Some((result, right));
    let mut next = 0;
    while let Some((target, from)) = pair {
        for (key, theirs) in from.iter_unordered() {
            match (target.get(key), theirs.as_object()) {
                (None, _) => target.insert(key, theirs),
                (Some(ours), Some(from)) => {
                    if let Some(ours) = ours.as_object() {
                        let copy = ours.duplicate(from.len());
                        target.insert(key, copy.value());
                        todo.push(copy.value());
                        todo.push(theirs);
                    }
                }
                (Some(_), None) => {}
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
    if crate::arena::exhausted() { Value::ERROR } else { result.value() }
}
