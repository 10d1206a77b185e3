//! What built-ins say when an operand is not what they take. The texts are OPA's, to the letter; they are put together only when somebody will read them.

use crate::arena::Buffer;
use crate::error::{self, BUILTIN_ERROR, TYPE_ERROR};
use crate::value::{Kind, Value};

/// The numbers of operands in messages.
fn ordinal(position: usize) -> &'static [u8] {
    match position {
        0 => b"1",
        1 => b"2",
        2 => b"3",
        _ => b"4",
    }
}

/// `name: operand N must be … but got …`; `position` counts from 0, `expected` is `string`, or `one of {set, array}`.
#[cold]
pub fn type_error(name: &str, position: usize, got: Value, expected: &str) -> Value {
    error::builtin(
        TYPE_ERROR,
        &[
            name.as_bytes(),
            b": operand ",
            ordinal(position),
            b" must be ",
            expected.as_bytes(),
            b" but got ",
            got.kind().name().as_bytes(),
        ],
    )
}

/// [`type_error`] for the first operand that is not of its kind.
#[cold]
pub fn mismatch(name: &str, operands: &[(Value, Kind)]) -> Value {
    for (position, (value, kind)) in operands.iter().enumerate() {
        if value.kind() != *kind {
            return type_error(name, position, *value, kind.name());
        }
    }
    Value::UNDEFINED
}

/// `name: operand N …`: something else is wrong with an operand.
#[cold]
pub fn operand_error(name: &str, position: usize, what: &str) -> Value {
    error::builtin(
        TYPE_ERROR,
        &[name.as_bytes(), b": operand ", ordinal(position), b" ", what.as_bytes()],
    )
}

/// [`operand_error`] with a message in pieces.
#[cold]
pub fn operand_error_parts(name: &str, position: usize, what: &[&[u8]]) -> Value {
    if !error::strict() {
        return Value::UNDEFINED;
    }
    let mut message = Buffer::new();
    for part in what {
        message.extend(part);
    }
    error::builtin(
        TYPE_ERROR,
        &[name.as_bytes(), b": operand ", ordinal(position), b" ", message.as_bytes()],
    )
}

/// `name: operand N must be array of strings but got array containing number`.
#[cold]
pub fn element_error(name: &str, position: usize, collection: Value, got: Value, expected: &str) -> Value {
    let collection = collection.kind().name().as_bytes();
    error::builtin(
        TYPE_ERROR,
        &[
            name.as_bytes(),
            b": operand ",
            ordinal(position),
            b" must be ",
            collection,
            b" of ",
            expected.as_bytes(),
            b" but got ",
            collection,
            b" containing ",
            got.kind().name().as_bytes(),
        ],
    )
}

/// `name: …`: the operands are of the right types, and it failed all the same.
#[cold]
pub fn failure(name: &str, what: &str) -> Value {
    failure_parts(name, &[what.as_bytes()])
}

/// [`failure`] with a message in pieces.
#[cold]
pub fn failure_parts(name: &str, what: &[&[u8]]) -> Value {
    if !error::strict() {
        return Value::UNDEFINED;
    }
    let mut message = Buffer::new();
    for part in what {
        message.extend(part);
    }
    error::builtin(BUILTIN_ERROR, &[name.as_bytes(), b": ", message.as_bytes()])
}

/// What an integer operand is: OPA takes a number for an integer by its text, see [`crate::number::to_i64`].
pub fn integer(name: &str, position: usize, value: Value) -> Result<i64, Value> {
    if let Some(integer) = value.as_int() {
        return Ok(integer);
    }
    if !value.is_number() {
        return Err(type_error(name, position, value, "number"));
    }
    crate::number::to_i64(value).ok_or_else(|| operand_error(name, position, "must be integer number but got floating-point number"))
}

/// The elements of an array or set.
pub fn elements(value: Value) -> Option<crate::collections::Elements> {
    match value.kind() {
        Kind::Array => value.as_array().map(|array| array.iter()),
        Kind::Set => value.as_set().map(|set| set.iter()),
        _ => None,
    }
}
