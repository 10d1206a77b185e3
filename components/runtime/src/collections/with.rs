//! Replacing a value inside a document, for `with`.

use super::{Array, Object};
use crate::value::Value;

/// A copy of `root` with `value` at a path of keys. What is no object on the way becomes one; `root` may be undefined. Everything off the path is shared.
pub fn with(root: Value, path: Array, value: Value) -> Value {
    let Some(last) = path.len().checked_sub(1) else {
        return value;
    };
    let copy = |of: Option<Value>| match of.and_then(Value::as_object) {
        Some(object) => object.duplicate(1),
        None => Object::with_capacity(1),
    };
    let result = copy(Some(root));
    let mut object = result;
    for (depth, key) in path.iter().enumerate() {
        if depth as u32 == last {
            object.insert(key, value);
        } else {
            let child = copy(object.get(key));
            object.insert(key, child.value());
            object = child;
        }
    }
    if crate::arena::exhausted() { Value::ERROR } else { result.value() }
}
