//! Building values. What adds to a collection says whether the decision may go on: 0 when there is no more memory, which ends it at once, since loops
//! would otherwise run on to no end.

use crate::arena;
use crate::collections::{self, Array, Object, Set};
use crate::number;
use crate::value::Value;

/// An empty array with room for some elements.
#[unsafe(export_name = "rt.array_new")]
pub extern "C" fn array_new(cap: u32) -> Value {
    Array::with_capacity(cap).value()
}

fn goes_on() -> u32 {
    u32::from(!arena::exhausted())
}

/// Appends to an array; 0 if there is no memory.
#[unsafe(export_name = "rt.array_push")]
pub extern "C" fn array_push(array: Value, value: Value) -> u32 {
    Array::at(array.address()).push(value);
    goes_on()
}

/// An empty object.
#[unsafe(export_name = "rt.object_new")]
pub extern "C" fn object_new() -> Value {
    Object::new().value()
}

/// Sets the value of a key; 0 if there is no memory.
#[unsafe(export_name = "rt.object_insert")]
pub extern "C" fn object_insert(object: Value, key: Value, value: Value) -> u32 {
    Object::at(object.address()).insert(key, value);
    goes_on()
}

/// Sets the value of a key; 0 if it has another value already, or if there is no memory.
#[unsafe(export_name = "rt.object_insert_once")]
pub extern "C" fn object_insert_once(object: Value, key: Value, value: Value) -> u32 {
    u32::from(Object::at(object.address()).insert_once(key, value)) & goes_on()
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

/// Adds to a set; 0 if there is no memory.
#[unsafe(export_name = "rt.set_add")]
pub extern "C" fn set_add(set: Value, value: Value) -> u32 {
    Set::at(set.address()).add(value);
    goes_on()
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
