//! `glob.match`, `glob.quote_meta`: patterns with `*`, `**`, `?`, `[a-z]` and `{a,b}`, where `*` and `?` stop at delimiters.

mod pattern;

use super::args::{element_error, failure_parts, type_error};
use super::text::Runes;
use crate::arena::Buffer;
use crate::number::arithmetic::format_small;
use crate::number::seq::Seq;
use crate::value::{Kind, Value};
use pattern::Fault;

const MATCH: &str = "glob.match";

/// The delimiters: none for null, a dot for an empty array.
fn delimiters(value: Value) -> Result<Seq<u32>, Value> {
    let mut result = Seq::new();
    if value.is_null() {
        return Ok(result);
    }
    let Some(array) = value.as_array() else {
        return Err(type_error(MATCH, 1, value, "one of {array, null}"));
    };
    for element in array {
        let Some(text) = element.as_str() else {
            return Err(element_error(MATCH, 1, value, element, "strings"));
        };
        let mut runes = Runes(text).map(|(rune, _)| rune);
        match (runes.next(), runes.next()) {
            (Some(rune), None) => result.push(rune),
            _ => return Err(element_error(MATCH, 1, value, element, "runes")),
        };
    }
    if array.is_empty() {
        result.push(u32::from(b'.'));
    }
    Ok(result)
}

#[cold]
fn complain(fault: &Fault) -> Value {
    let mut digits = [0; 20];
    let place = format_small(fault.place as i64, &mut digits);
    failure_parts(MATCH, &[b"glob: syntax error at ", place, b": ", fault.what.as_bytes()])
}

/// Whether a pattern fits a whole text.
#[unsafe(export_name = "b.glob.match")]
pub extern "C" fn glob_match(pattern: Value, delimiters_: Value, text: Value) -> Value {
    let Some(source) = pattern.as_str() else {
        return type_error(MATCH, 0, pattern, "string");
    };
    let delimiters = match delimiters(delimiters_) {
        Ok(delimiters) => delimiters,
        Err(error) => return error,
    };
    if text.kind() != Kind::String {
        return type_error(MATCH, 2, text, "string");
    }
    match pattern::compile(source) {
        Ok(program) => Value::boolean(program.fits(text.str_bytes(), &delimiters)),
        Err(fault) => complain(&fault),
    }
}

/// A text as a pattern that fits nothing but it.
#[unsafe(export_name = "b.glob.quote_meta")]
pub extern "C" fn quote_meta(text: Value) -> Value {
    let Some(bytes) = text.as_str() else {
        return type_error("glob.quote_meta", 0, text, "string");
    };
    let mut out = Buffer::with_capacity(bytes.len() as u32 + 8);
    for byte in bytes {
        if b"*?\\[]{}".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.into_string()
}
