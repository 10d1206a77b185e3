//! `is_*`, `type_name` and the old `cast_*`: what a value is.

use super::args::type_error;
use crate::collections::{Array, Set};
use crate::value::{Kind, Value};

fn is(a: Value, kind: Kind) -> Value {
    Value::boolean(a.kind() == kind)
}

/// Whether it is null.
#[unsafe(export_name = "b.is_null")]
pub extern "C" fn is_null(a: Value) -> Value {
    is(a, Kind::Null)
}

/// Whether it is a boolean.
#[unsafe(export_name = "b.is_boolean")]
pub extern "C" fn is_boolean(a: Value) -> Value {
    is(a, Kind::Boolean)
}

/// Whether it is a number.
#[unsafe(export_name = "b.is_number")]
pub extern "C" fn is_number(a: Value) -> Value {
    is(a, Kind::Number)
}

/// Whether it is a string.
#[unsafe(export_name = "b.is_string")]
pub extern "C" fn is_string(a: Value) -> Value {
    is(a, Kind::String)
}

/// Whether it is an array.
#[unsafe(export_name = "b.is_array")]
pub extern "C" fn is_array(a: Value) -> Value {
    is(a, Kind::Array)
}

/// Whether it is an object.
#[unsafe(export_name = "b.is_object")]
pub extern "C" fn is_object(a: Value) -> Value {
    is(a, Kind::Object)
}

/// Whether it is a set.
#[unsafe(export_name = "b.is_set")]
pub extern "C" fn is_set(a: Value) -> Value {
    is(a, Kind::Set)
}

/// The name of the type.
#[unsafe(export_name = "b.type_name")]
pub extern "C" fn type_name(a: Value) -> Value {
    Value::string_static(a.kind().name().as_bytes())
}

fn cast(name: &str, a: Value, kind: Kind) -> Value {
    if a.kind() == kind { a } else { type_error(name, 0, a, kind.name()) }
}

/// A set as an array.
#[unsafe(export_name = "b.cast_array")]
pub extern "C" fn cast_array(a: Value) -> Value {
    match (a.kind(), a.as_set()) {
        (Kind::Array, _) => a,
        (_, Some(set)) => Array::from_values(set.iter()).value(),
        _ => type_error("cast_array", 0, a, "one of {array, set}"),
    }
}

/// An array as a set.
#[unsafe(export_name = "b.cast_set")]
pub extern "C" fn cast_set(a: Value) -> Value {
    match (a.kind(), a.as_array()) {
        (Kind::Set, _) => a,
        (_, Some(array)) => Set::from_values(array.iter()).value(),
        _ => type_error("cast_set", 0, a, "one of {array, set}"),
    }
}

/// A string as it is.
#[unsafe(export_name = "b.cast_string")]
pub extern "C" fn cast_string(a: Value) -> Value {
    cast("cast_string", a, Kind::String)
}

/// A boolean as it is.
#[unsafe(export_name = "b.cast_boolean")]
pub extern "C" fn cast_boolean(a: Value) -> Value {
    cast("cast_boolean", a, Kind::Boolean)
}

/// Null as it is.
#[unsafe(export_name = "b.cast_null")]
pub extern "C" fn cast_null(a: Value) -> Value {
    cast("cast_null", a, Kind::Null)
}

/// An object as it is.
#[unsafe(export_name = "b.cast_object")]
pub extern "C" fn cast_object(a: Value) -> Value {
    cast("cast_object", a, Kind::Object)
}
