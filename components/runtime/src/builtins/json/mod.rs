//! `json.marshal`, `json.marshal_with_options`, `json.unmarshal`, `json.is_valid`.
//!
//! What is malformed is found by the reader that reads inputs; why Go would refuse it is only worked out when somebody is going to read the message, by
//! a second look in `check`.

pub mod check;
mod indent;
mod journal;
pub mod patch;
pub mod paths;

use super::args::{failure_parts, type_error};
use super::{quote, term};
use crate::arena::{self, Buffer};
use crate::error::{self, TYPE_ERROR};
use crate::json::{self, Style, Unwritable};
use crate::value::{Kind, Value};

/// Compact JSON text.
#[unsafe(export_name = "b.json.marshal")]
pub extern "C" fn marshal(a: Value) -> Value {
    match text("json.marshal", a) {
        Ok(text) => Value::string_static(text),
        Err(error) => error,
    }
}

/// The JSON text of a value as Go's `json.Marshal` writes it.
pub fn text(name: &str, a: Value) -> Result<&'static [u8], Value> {
    json::write(a, Style::Html).map_err(|error| match error {
        Unwritable::Memory => Value::ERROR,
        Unwritable::Number => bad_number(name, a),
    })
}

#[cold]
fn bad_number(name: &str, a: Value) -> Value {
    if !error::strict() {
        return Value::UNDEFINED;
    }
    let mut message = Buffer::new();
    message.extend(b"json: invalid number literal ");
    let mut number = Buffer::new();
    term::write(check::first_odd_number(a), &mut number);
    quote::quote(number.as_bytes(), false, &mut message);
    failure_parts(name, &[message.as_bytes()])
}

/// The value of a JSON text.
#[unsafe(export_name = "b.json.unmarshal")]
pub extern "C" fn unmarshal(a: Value) -> Value {
    match a.as_str() {
        Some(text) => read("json.unmarshal", text),
        None => type_error("json.unmarshal", 0, a, "string"),
    }
}

/// The value of a JSON text, or Go's reason why it is none.
pub fn read(name: &str, text: &[u8]) -> Value {
    let value = json::read_quietly(text);
    if value.is_defined() || arena::exhausted() || !error::strict() {
        return value;
    }
    check::report(name, text)
}

/// Whether a string is JSON text.
#[unsafe(export_name = "b.json.is_valid")]
pub extern "C" fn is_valid(a: Value) -> Value {
    Value::boolean(a.as_str().is_some_and(check::is_valid))
}

/// How `json.marshal_with_options` writes.
struct Options {
    prefix: &'static [u8],
    indent: &'static [u8],
    pretty: bool,
}

fn options(value: Value) -> Result<Options, Value> {
    const NAME: &str = "json.marshal_with_options";
    let Some(object) = value.as_object() else {
        return Err(type_error(NAME, 1, value, "object"));
    };
    let mut options = Options {
        prefix: b"",
        indent: b"\t",
        pretty: false,
    };
    let mut implicit = false;
    let mut explicit = None;
    for (index, (key, value)) in object.iter().enumerate() {
        let failed = |reason: &[&[u8]]| Err(bad_option(key, index, reason));
        let cast = [b" failed cast to string: ".as_slice(), value.kind().name().as_bytes()];
        match (key.as_str(), value.kind()) {
            (Some(b"prefix"), Kind::String) => options.prefix = value.str_bytes(),
            (Some(b"indent"), Kind::String) => options.indent = value.str_bytes(),
            (Some(b"pretty"), Kind::Boolean) => {
                explicit = value.as_bool();
                continue;
            }
            (Some(b"prefix" | b"indent"), _) => return failed(&cast),
            (Some(b"pretty"), _) => return failed(&[b" failed cast to bool"]),
            (Some(_), _) => return failed(&[]),
            (None, _) => return failed(&[b"", key.kind().name().as_bytes()]),
        }
        implicit = true;
    }
    options.pretty = explicit.unwrap_or(implicit);
    Ok(options)
}

/// The messages about options, which show the key: without a reason it is unknown.
#[cold]
fn bad_option(key: Value, index: usize, reason: &[&[u8]]) -> Value {
    if !error::strict() {
        return Value::UNDEFINED;
    }
    let mut message = Buffer::new();
    message.extend(b"json.marshal_with_options: operand 2 ");
    let mut position = Buffer::new();
    term::write(Value::count(index as u32), &mut position);
    match reason {
        [] => {
            message.extend(b"object contained unknown key ");
            term::write(key, &mut message);
        }
        [b"", kind] => {
            message.extend(b"failed to stringify key ");
            term::write(key, &mut message);
            message.extend(b" at index ");
            message.extend(position.as_bytes());
            message.extend(b": operand ");
            message.extend(position.as_bytes());
            message.extend(b" must be string but got ");
            message.extend(kind);
        }
        [what, kind] => {
            message.extend(b"key ");
            term::write(key, &mut message);
            message.extend(what);
            message.extend(b"operand ");
            message.extend(position.as_bytes());
            message.extend(b" must be string but got ");
            message.extend(kind);
        }
        [what, ..] => {
            message.extend(b"key ");
            term::write(key, &mut message);
            message.extend(what);
        }
    }
    error::builtin(TYPE_ERROR, &[message.as_bytes()])
}

/// JSON text, with line breaks if the options ask for them.
#[unsafe(export_name = "b.json.marshal_with_options")]
pub extern "C" fn marshal_with_options(a: Value, b: Value) -> Value {
    const NAME: &str = "json.marshal_with_options";
    let options = match options(b) {
        Ok(options) => options,
        Err(error) => return error,
    };
    match text(NAME, a) {
        Ok(text) if options.pretty => indent::indented(text, options.prefix, options.indent),
        Ok(text) => Value::string_static(text),
        Err(error) => error,
    }
}
