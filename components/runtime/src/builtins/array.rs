//! `array.concat`, `array.flatten`, `array.reverse`, `array.slice`: arrays from arrays. What changes nothing gives its operand back.

use super::args::{integer, mismatch, type_error};
use crate::collections::Array;
use crate::value::{Kind, Value};

/// The elements of `a`, then those of `b`.
#[unsafe(export_name = "b.array.concat")]
pub extern "C" fn concat(a: Value, b: Value) -> Value {
    match (a.as_array(), b.as_array()) {
        (Some(x), Some(_)) if x.is_empty() => b,
        (Some(_), Some(y)) if y.is_empty() => a,
        (Some(x), Some(y)) => {
            let result = Array::with_capacity(x.len().saturating_add(y.len()));
            x.iter().chain(y.iter()).for_each(|value| result.push(value));
            result.value()
        }
        _ => mismatch("array.concat", &[(a, Kind::Array), (b, Kind::Array)]),
    }
}

/// The elements, with those of arrays among them in their place.
#[unsafe(export_name = "b.array.flatten")]
pub extern "C" fn flatten(a: Value) -> Value {
    let Some(array) = a.as_array() else {
        return type_error("array.flatten", 0, a, "array");
    };
    if array.iter().all(|value| value.kind() != Kind::Array) {
        return a;
    }
    let result = Array::with_capacity(array.len());
    for value in array {
        match value.as_array() {
            Some(inner) => inner.iter().for_each(|value| result.push(value)),
            None => result.push(value),
        }
    }
    result.value()
}

/// The elements from the last to the first.
#[unsafe(export_name = "b.array.reverse")]
pub extern "C" fn reverse(a: Value) -> Value {
    match a.as_array() {
        Some(array) => Array::from_values(array.iter().rev()).value(),
        None => type_error("array.reverse", 0, a, "array"),
    }
}

/// The elements from a position up to another, both drawn into the array.
#[unsafe(export_name = "b.array.slice")]
pub extern "C" fn slice(a: Value, start: Value, stop: Value) -> Value {
    const NAME: &str = "array.slice";
    let Some(array) = a.as_array() else {
        return type_error(NAME, 0, a, "array");
    };
    let (start, stop) = match (integer(NAME, 1, start), integer(NAME, 2, stop)) {
        (Ok(start), Ok(stop)) => (start, stop),
        (Err(error), _) | (_, Err(error)) => return error,
    };
    let len = i64::from(array.len());
    let stop = stop.clamp(0, len);
    let start = start.clamp(0, stop);
    if start == 0 && stop == len {
        return a;
    }
    Array::from_values(array.iter().skip(start as usize).take((stop - start) as usize)).value()
}
