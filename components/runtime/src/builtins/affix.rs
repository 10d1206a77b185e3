//! `startswith`, `endswith`, `contains`, `strings.any_prefix_match`, `strings.any_suffix_match`: whether a string stands in another. All work on bytes.

use super::args::{element_error, elements, mismatch, type_error};
use super::prefixes::Prefixes;
use super::text;
use crate::arena::Buffer;
use crate::collections::Set;
use crate::value::{Kind, Value};

fn both(name: &str, a: Value, b: Value, test: fn(&[u8], &[u8]) -> bool) -> Value {
    match (a.as_str(), b.as_str()) {
        (Some(x), Some(y)) => Value::boolean(test(x, y)),
        _ => mismatch(name, &[(a, Kind::String), (b, Kind::String)]),
    }
}

fn starts(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|head| head == prefix)
}

fn ends(text: &[u8], suffix: &[u8]) -> bool {
    text.len()
        .checked_sub(suffix.len())
        .and_then(|start| text.get(start..))
        .is_some_and(|tail| tail == suffix)
}

/// Whether `a` begins with `b`.
#[unsafe(export_name = "b.startswith")]
pub extern "C" fn startswith(a: Value, b: Value) -> Value {
    both("startswith", a, b, starts)
}

/// Whether `a` ends with `b`.
#[unsafe(export_name = "b.endswith")]
pub extern "C" fn endswith(a: Value, b: Value) -> Value {
    both("endswith", a, b, ends)
}

/// Whether `b` stands somewhere in `a`.
#[unsafe(export_name = "b.contains")]
pub extern "C" fn contains(a: Value, b: Value) -> Value {
    both("contains", a, b, |text, part| text::find(text, part).is_some())
}

/// A string, or a collection of strings, as operand.
#[derive(Clone)]
enum Strings {
    One(Option<&'static [u8]>),
    Many(crate::collections::Elements),
}

impl Strings {
    fn get(name: &str, position: usize, value: Value) -> Result<Strings, Value> {
        if let Some(text) = value.as_str() {
            return Ok(Strings::One(Some(text)));
        }
        let Some(values) = elements(value) else {
            return Err(type_error(name, position, value, "one of {string, set, array}"));
        };
        match values.clone().find(|element| element.kind() != Kind::String) {
            Some(other) => Err(element_error(name, position, value, other, "strings")),
            None => Ok(Strings::Many(values)),
        }
    }
}

impl Iterator for Strings {
    type Item = &'static [u8];

    fn next(&mut self) -> Option<&'static [u8]> {
        match self {
            Strings::One(text) => text.take(),
            Strings::Many(values) => values.next().map(Value::str_bytes),
        }
    }
}

/// More comparisons than this are not made one by one.
const COMPARISONS_MAX: usize = 4096;

/// Whether any of many strings begins with any of many others, all of them as `prepare` makes them.
fn any_of_many(texts: Strings, parts: Strings, prepare: fn(&'static [u8]) -> Value) -> bool {
    let mut prefixes = Prefixes::new();
    for part in Set::from_values(parts.map(prepare)).iter() {
        if part.byte_len() == 0 {
            return true;
        }
        prefixes.add(part);
    }
    texts.map(prepare).any(|text| prefixes.of(text.str_bytes()).is_some())
}

fn any(name: &str, texts: Value, parts: Value, test: fn(&[u8], &[u8]) -> bool, prepare: fn(&'static [u8]) -> Value) -> Value {
    let operands = Strings::get(name, 0, texts).and_then(|texts| Ok((texts, Strings::get(name, 1, parts)?)));
    match operands {
        Ok((texts, parts)) if texts.clone().count().saturating_mul(parts.clone().count()) > COMPARISONS_MAX => {
            Value::boolean(any_of_many(texts, parts, prepare))
        }
        Ok((mut texts, parts)) => Value::boolean(texts.any(|text| parts.clone().any(|part| test(text, part)))),
        Err(error) => error,
    }
}

/// The bytes of a text in reverse order.
fn mirrored(text: &'static [u8]) -> Value {
    let mut out = Buffer::with_capacity(text.len() as u32);
    for byte in text.iter().rev() {
        out.push(*byte);
    }
    out.into_string()
}

/// Whether any of the strings begins with any of the prefixes.
#[unsafe(export_name = "b.strings.any_prefix_match")]
pub extern "C" fn any_prefix_match(texts: Value, prefixes: Value) -> Value {
    any("strings.any_prefix_match", texts, prefixes, starts, Value::string_static)
}

/// Whether any of the strings ends with any of the suffixes.
#[unsafe(export_name = "b.strings.any_suffix_match")]
pub extern "C" fn any_suffix_match(texts: Value, suffixes: Value) -> Value {
    any("strings.any_suffix_match", texts, suffixes, ends, mirrored)
}
