//! Building values.

use crate::collections::{self, Array, Object, Set};
use crate::number;
use crate::value::Value;

/// An empty array with room for some elements.
#[unsafe(export_name = "rt.array_new")]
pub extern "C" fn array_new(cap: u32) -> Value {
    Array::with_capacity(cap).value()
}

/// Appends to an array.
#[unsafe(export_name = "rt.array_push")]
pub extern "C" fn array_push(array: Value, value: Value) {
    Array::at(array.address()).push(value);
}

/// An empty object.
#[unsafe(export_name = "rt.object_new")]
pub extern "C" fn object_new() -> Value {
    Object::new().value()
}

/// Sets the value of a key.
#[unsafe(export_name = "rt.object_insert")]
pub extern "C" fn object_insert(object: Value, key: Value, value: Value) {
    Object::at(object.address()).insert(key, value);
}

/// Sets the value of a key; 0 if it has another value already.
#[unsafe(export_name = "rt.object_insert_once")]
pub extern "C" fn object_insert_once(object: Value, key: Value, value: Value) -> u32 {
    u32::from(Object::at(object.address()).insert_once(key, value))
}

/// Merges two values deeply; the first one counts.
#[unsafe(export_name = "rt.object_merge")]
pub extern "C" fn object_merge(a: Value, b: Value) -> Value {
    collections::merge(a, b)
}

/// An empty set.
#[unsafe(export_name = "rt.set_new")]
pub extern "C" fn set_new() -> Value {
    Set::new().value()
}

/// Adds to a set.
#[unsafe(export_name = "rt.set_add")]
pub extern "C" fn set_add(set: Value, value: Value) {
    Set::at(set.address()).add(value);
}

/// A number from its text, which lasts.
#[unsafe(export_name = "rt.number")]
pub extern "C" fn number_of(text: Value) -> Value {
    number::from_text(text.str_bytes())
}

/// A copy of a document with a value at a path of keys; the document may be undefined.
#[unsafe(export_name = "rt.with")]
pub extern "C" fn with(root: Value, path: Value, value: Value) -> Value {
    collections::with(root, Array::at(path.address()), value)
}
