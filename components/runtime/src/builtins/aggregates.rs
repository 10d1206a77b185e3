//! `count`, `sum`, `product`, `max`, `min`, `sort`, `all`, `any` and membership: one answer from a whole collection.

use super::args::{element_error, elements, type_error};
use super::text::count_runes;
use crate::collections::{Array, Elements};
use crate::compare::{compare, equal};
use crate::number::arithmetic::{self, Number};
use crate::number::{self, integer};
use crate::value::{Kind, Value};
use core::cmp::Ordering;

const SET_OR_ARRAY: &str = "one of {set, array}";
const ARRAY_OR_SET: &str = "one of {array, set}";

/// How many elements, or code points.
#[unsafe(export_name = "b.count")]
pub extern "C" fn count(a: Value) -> Value {
    let len = match a.kind() {
        Kind::Array => a.as_array().map(|array| array.len()),
        Kind::Object => a.as_object().map(|object| object.len()),
        Kind::Set => a.as_set().map(|set| set.len()),
        Kind::String => Some(count_runes(a.str_bytes())),
        _ => None,
    };
    match len {
        Some(len) => Value::count(len),
        None => type_error("count", 0, a, "one of {array, object, set, string}"),
    }
}

/// The sum of small integers; `None` if there is anything else, or if it gets too large.
fn small_sum(values: Elements) -> Option<i64> {
    let mut sum = 0i64;
    for value in values {
        sum = sum.checked_add(value.as_int()?)?;
    }
    Some(sum)
}

/// The elements of a collection of numbers.
fn numbers(name: &str, collection: Value) -> Result<Elements, Value> {
    let Some(values) = elements(collection) else {
        return Err(type_error(name, 0, collection, SET_OR_ARRAY));
    };
    match values.clone().find(|value| !value.is_number()) {
        Some(other) => Err(element_error(name, 0, collection, other, "numbers")),
        None => Ok(values),
    }
}

fn get(value: Value) -> Number<'static> {
    number::get(value).unwrap_or(Number::Small(0))
}

/// The sum of numbers.
#[unsafe(export_name = "b.sum")]
pub extern "C" fn sum(a: Value) -> Value {
    if let Some(sum) = elements(a).and_then(small_sum) {
        return integer(sum);
    }
    match numbers("sum", a) {
        Ok(values) => number::set(arithmetic::sum(values.map(get))),
        Err(error) => error,
    }
}

/// The product of numbers.
#[unsafe(export_name = "b.product")]
pub extern "C" fn product(a: Value) -> Value {
    match numbers("product", a) {
        Ok(values) => number::set(arithmetic::product(values.map(get))),
        Err(error) => error,
    }
}

/// The largest element: in an array the last of several that are equal, in a set there are none.
#[unsafe(export_name = "b.max")]
pub extern "C" fn max(a: Value) -> Value {
    extreme("max", a, Ordering::Less)
}

/// The smallest element: in an array the last of several that are equal.
#[unsafe(export_name = "b.min")]
pub extern "C" fn min(a: Value) -> Value {
    extreme("min", a, Ordering::Greater)
}

/// The element that no other beats. Nothing of nothing, which is no error.
fn extreme(name: &str, collection: Value, worse: Ordering) -> Value {
    let Some(values) = elements(collection) else {
        return type_error(name, 0, collection, SET_OR_ARRAY);
    };
    let better = |best: Value, value: Value| {
        let order = compare(best, value);
        if order == worse || order == Ordering::Equal { value } else { best }
    };
    values.reduce(better).unwrap_or(Value::UNDEFINED)
}

/// The elements in order, as an array. Equal elements keep their order.
#[unsafe(export_name = "b.sort")]
pub extern "C" fn sort(a: Value) -> Value {
    match a.kind() {
        Kind::Set => match a.as_set() {
            Some(set) => Array::from_values(set.iter()).value(),
            None => a,
        },
        Kind::Array => match a.as_array() {
            Some(array) => super::sorting::sorted(array).value(),
            None => a,
        },
        _ => type_error("sort", 0, a, SET_OR_ARRAY),
    }
}

/// Whether all elements are `true`.
#[unsafe(export_name = "b.all")]
pub extern "C" fn all(a: Value) -> Value {
    match elements(a) {
        Some(mut values) => Value::boolean(values.all(|value| value.as_bool() == Some(true))),
        None => type_error("all", 0, a, ARRAY_OR_SET),
    }
}

/// Whether an element is `true`.
#[unsafe(export_name = "b.any")]
pub extern "C" fn any(a: Value) -> Value {
    match elements(a) {
        Some(mut values) => Value::boolean(values.any(|value| value.as_bool() == Some(true))),
        None => type_error("any", 0, a, ARRAY_OR_SET),
    }
}

/// `value in collection`; `false` if it is no collection.
#[unsafe(export_name = "b.internal.member_2")]
pub extern "C" fn member(value: Value, collection: Value) -> Value {
    let found = match collection.kind() {
        Kind::Set => collection.as_set().is_some_and(|set| set.contains(value)),
        Kind::Array => collection
            .as_array()
            .is_some_and(|array| array.iter().any(|other| equal(value, other))),
        Kind::Object => collection
            .as_object()
            .is_some_and(|object| object.iter_unordered().any(|(_, other)| equal(value, other))),
        _ => false,
    };
    Value::boolean(found)
}

/// `key, value in collection`.
#[unsafe(export_name = "b.internal.member_3")]
pub extern "C" fn member_with_key(key: Value, value: Value, collection: Value) -> Value {
    let found = match collection.kind() {
        Kind::Set => collection.as_set().is_some_and(|set| set.contains(key) && equal(key, value)),
        Kind::Array => collection
            .as_array()
            .zip(number::to_i64(key).and_then(|index| u32::try_from(index).ok()))
            .and_then(|(array, index)| array.get(index))
            .is_some_and(|other| equal(value, other)),
        Kind::Object => collection
            .as_object()
            .and_then(|object| object.get(key))
            .is_some_and(|other| equal(value, other)),
        _ => false,
    };
    Value::boolean(found)
}
