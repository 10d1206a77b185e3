//! `split`, `strings.split_n`, `concat`: a string as its parts, and parts as a string. Parts point into the string that was split.

use super::args::{element_error, elements, integer, mismatch, type_error};
use super::text::{find, rune};
use crate::arena::Buffer;
use crate::collections::Array;
use crate::error;
use crate::value::{Kind, Value};
use warrego_abi as abi;

/// The parts of a text between separators; an empty separator splits after each code point.
#[derive(Clone)]
pub struct Parts<'a> {
    rest: Option<&'a [u8]>,
    separator: &'a [u8],
}

impl<'a> Parts<'a> {
    /// The parts of `text`.
    pub fn new(text: &'a [u8], separator: &'a [u8]) -> Parts<'a> {
        let nothing = separator.is_empty() && text.is_empty();
        Parts {
            rest: (!nothing).then_some(text),
            separator,
        }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest?;
        if self.separator.is_empty() {
            let (head, rest) = text.split_at_checked(rune(text).1)?;
            self.rest = (!rest.is_empty()).then_some(rest);
            return Some(head);
        }
        match find(text, self.separator) {
            Some(at) => {
                self.rest = text.get(at + self.separator.len()..);
                text.get(..at)
            }
            None => {
                self.rest = None;
                Some(text)
            }
        }
    }
}

/// The parts of a string between separators.
#[unsafe(export_name = "b.split")]
pub extern "C" fn split(text: Value, separator: Value) -> Value {
    let (Some(bytes), Some(by)) = (text.as_str(), separator.as_str()) else {
        return mismatch("split", &[(text, Kind::String), (separator, Kind::String)]);
    };
    let parts = Array::new();
    for part in Parts::new(bytes, by) {
        parts.push(Value::string_static(part));
    }
    parts.value()
}

/// The first `n` parts, or the last if `n` is negative.
#[unsafe(export_name = "b.strings.split_n")]
pub extern "C" fn split_n(text: Value, separator: Value, n: Value) -> Value {
    let (Some(bytes), Some(by)) = (text.as_str(), separator.as_str()) else {
        return mismatch("strings.split_n", &[(text, Kind::String), (separator, Kind::String)]);
    };
    let n = match integer("strings.split_n", 2, n) {
        Ok(n) => n,
        Err(error) => return error,
    };
    let parts = Parts::new(bytes, by);
    let wanted = n.unsigned_abs().try_into().unwrap_or(usize::MAX);
    let skipped = if n < 0 { parts.clone().count().saturating_sub(wanted) } else { 0 };
    let result = Array::new();
    for part in parts.skip(skipped).take(wanted) {
        result.push(Value::string_static(part));
    }
    result.value()
}

/// The strings of an array or set with a separator between them.
#[unsafe(export_name = "b.concat")]
pub extern "C" fn concat(separator: Value, strings: Value) -> Value {
    let Some(between) = separator.as_str() else {
        return type_error("concat", 0, separator, "string");
    };
    let Some(values) = elements(strings) else {
        return type_error("concat", 1, strings, "one of {set, array}");
    };
    let mut len = 0usize;
    for value in values.clone() {
        let Some(text) = value.as_str() else {
            return element_error("concat", 1, strings, value, "strings");
        };
        len = len.saturating_add(text.len()).saturating_add(between.len());
    }
    if len > abi::LENGTH_MAX as usize {
        return error::raise_static(abi::error_kind::LIMIT, "string_limit", "string is too long");
    }
    let mut out = Buffer::with_capacity(len as u32);
    for (i, value) in values.enumerate() {
        if i > 0 {
            out.extend(between);
        }
        out.extend(value.str_bytes());
    }
    out.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts<'a>(text: &'a str, separator: &'a str) -> Vec<&'a [u8]> {
        Parts::new(text.as_bytes(), separator.as_bytes()).collect()
    }

    #[test]
    fn like_go() {
        assert_eq!(parts("a,b,,c", ","), [&b"a"[..], b"b", b"", b"c"]);
        assert_eq!(parts("", ","), [&b""[..]]);
        assert_eq!(parts("", ""), [&b""[..]; 0]);
        assert_eq!(parts("aé", ""), ["a".as_bytes(), "é".as_bytes()]);
        assert_eq!(parts(",", ","), [&b""[..], b""]);
    }
}
