//! `urlquery.encode`, `urlquery.decode`, `urlquery.encode_object`, `urlquery.decode_object`: as Go's `net/url` does it.

use super::args::{failure_parts, operand_error, type_error};
use super::hex::nibble;
use super::quote::quote;
use crate::arena::Buffer;
use crate::collections::{Array, Object};
use crate::error;
use crate::value::{Kind, Value};

/// Appends text as a query's key or value.
fn escape(text: &[u8], out: &mut Buffer) {
    for byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(*byte),
            b' ' => out.push(b'+'),
            _ => {
                let digit = |value: u8| if value < 10 { b'0' + value } else { b'A' + value - 10 };
                out.push(b'%');
                out.push(digit(byte >> 4));
                out.push(digit(byte & 0xf));
            }
        }
    }
}

/// The reverse; the error is what cannot be read.
fn unescape<'a>(text: &'a [u8], out: &mut impl FnMut(u8)) -> Result<(), &'a [u8]> {
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match first {
            b'%' => {
                let digits = (behind.first().and_then(|d| nibble(*d)), behind.get(1).and_then(|d| nibble(*d)));
                let (Some(high), Some(low)) = digits else {
                    let start = text.len() - behind.len() - 1;
                    return Err(text.get(start..text.len().min(start + 3)).unwrap_or_default());
                };
                out(high << 4 | low);
                rest = behind.get(2..).unwrap_or_default();
            }
            b'+' => out(b' '),
            _ => out(*first),
        }
    }
    Ok(())
}

#[cold]
fn bad_escape(name: &str, escape: &[u8]) -> Value {
    if !error::strict() {
        return Value::UNDEFINED;
    }
    let mut quoted = Buffer::new();
    quote(escape, false, &mut quoted);
    failure_parts(name, &[b"invalid URL escape ", quoted.as_bytes()])
}

fn unescaped(name: &str, text: &[u8]) -> Value {
    let mut out = Buffer::with_capacity(text.len() as u32);
    match unescape(text, &mut |byte| out.push(byte)) {
        Ok(()) => out.into_string(),
        Err(escape) => bad_escape(name, escape),
    }
}

/// Text fit for a query.
#[unsafe(export_name = "b.urlquery.encode")]
pub extern "C" fn encode(a: Value) -> Value {
    let Some(text) = a.as_str() else {
        return type_error("urlquery.encode", 0, a, "string");
    };
    let mut out = Buffer::with_capacity(text.len() as u32);
    escape(text, &mut out);
    out.into_string()
}

/// Text from a query.
#[unsafe(export_name = "b.urlquery.decode")]
pub extern "C" fn decode(a: Value) -> Value {
    match a.as_str() {
        Some(text) => unescaped("urlquery.decode", text),
        None => type_error("urlquery.decode", 0, a, "string"),
    }
}

fn write_pair(key: &[u8], value: Value, out: &mut Buffer) -> bool {
    let Some(text) = value.as_str() else {
        return false;
    };
    if !out.is_empty() {
        out.push(b'&');
    }
    escape(key, out);
    out.push(b'=');
    escape(text, out);
    true
}

/// An object of strings, or of arrays or sets of them, as a query.
#[unsafe(export_name = "b.urlquery.encode_object")]
pub extern "C" fn encode_object(a: Value) -> Value {
    const NAME: &str = "urlquery.encode_object";
    let Some(object) = a.as_object() else {
        return type_error(NAME, 0, a, "object");
    };
    let mut out = Buffer::new();
    for (key, value) in object {
        // Keys that are no strings count as their text.
        let mut text = Buffer::new();
        match key.as_str() {
            Some(key) => text.extend(key),
            None => super::term::write(key, &mut text),
        }
        let key = text.finish().unwrap_or_default();
        let fine = match super::args::elements(value) {
            Some(mut values) => values.all(|value| write_pair(key, value, &mut out)),
            None => write_pair(key, value, &mut out),
        };
        if !fine {
            return operand_error(NAME, 0, "values must be string, array[string], or set[string]");
        }
    }
    out.into_string()
}

/// Go's limit of parameters.
const PARAMETERS_MAX: usize = 10_000;

/// A query as an object of arrays of strings.
#[unsafe(export_name = "b.urlquery.decode_object")]
pub extern "C" fn decode_object(a: Value) -> Value {
    const NAME: &str = "urlquery.decode_object";
    let Some(text) = a.as_str() else {
        return type_error(NAME, 0, a, "string");
    };
    if text.iter().filter(|byte| **byte == b'&').count() >= PARAMETERS_MAX {
        return super::args::failure(NAME, "number of URL query parameters exceeded limit");
    }
    let result = Object::new();
    let mut failed = None;
    for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let (key, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (pair.get(..at).unwrap_or_default(), pair.get(at + 1..).unwrap_or_default()),
            None => (pair, &b""[..]),
        };
        // Go goes on after an error, and tells the first one in the end.
        let outcome = if pair.contains(&b';') {
            super::args::failure(NAME, "invalid semicolon separator in query")
        } else {
            add_pair(result, unescaped(NAME, key), || unescaped(NAME, value))
        };
        if !outcome.is_defined() && failed.is_none() {
            failed = Some(outcome);
        }
    }
    failed.unwrap_or_else(|| result.value())
}

fn add_pair(result: Object, key: Value, value: impl Fn() -> Value) -> Value {
    if !key.is_defined() {
        return key;
    }
    let value = value();
    if value.kind() == Kind::String {
        match result.get(key).and_then(Value::as_array) {
            Some(values) => values.push(value),
            None => result.insert(key, Array::from_values(core::iter::once(value)).value()),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let text = |text: &'static str| {
            let mut out = Vec::new();
            unescape(text.as_bytes(), &mut |byte| out.push(byte)).map(|()| String::from_utf8_lossy(&out).into_owned())
        };
        assert_eq!(text("a%20b+c"), Ok(String::from("a b c")));
        assert_eq!(text("%zz"), Err(&b"%zz"[..]));
        assert_eq!(text("a%4"), Err(&b"%4"[..]));
        assert_eq!(text("%"), Err(&b"%"[..]));
    }
}
