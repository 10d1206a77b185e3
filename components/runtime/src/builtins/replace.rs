//! `replace`, `strings.replace_n`: one pass over a string, as Go's `strings.Replacer` makes it. At each byte the first pattern that fits is replaced,
//! the others don't see what came out. An empty pattern fits between bytes, once at each place.

use super::args::{mismatch, operand_error, type_error};
use crate::arena::Buffer;
use crate::collections::Pairs;
use crate::value::{Kind, Value};

/// Replaces what the pairs say, the earlier ones first.
fn replace_all<'a>(text: &[u8], pairs: impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone, out: &mut impl FnMut(&[u8])) {
    let (mut at, mut last) = (0, 0);
    let mut after_empty = false;
    while let Some(rest) = text.get(at..) {
        let fits = |(old, _): &(&[u8], &[u8])| rest.starts_with(old) && !(after_empty && old.is_empty());
        match pairs.clone().find(fits) {
            Some((old, new)) => {
                after_empty = old.is_empty();
                out(text.get(last..at).unwrap_or_default());
                out(new);
                at += old.len();
                last = at;
            }
            None => {
                after_empty = false;
                at += 1;
            }
        }
    }
    out(text.get(last..).unwrap_or_default());
}

/// Replaces one string by another everywhere.
#[unsafe(export_name = "b.replace")]
pub extern "C" fn replace(text: Value, old: Value, new: Value) -> Value {
    let (Some(bytes), Some(from), Some(to)) = (text.as_str(), old.as_str(), new.as_str()) else {
        return mismatch("replace", &[(text, Kind::String), (old, Kind::String), (new, Kind::String)]);
    };
    if !from.is_empty() {
        return replace_one(text, bytes, from, to);
    }
    let mut out = Buffer::with_capacity(bytes.len() as u32);
    replace_all(bytes, core::iter::once((from, to)), &mut |part| out.extend(part));
    out.into_string()
}

/// The plain case, which can jump from one match to the next.
fn replace_one(text: Value, bytes: &[u8], old: &[u8], new: &[u8]) -> Value {
    let Some(first) = super::text::find(bytes, old) else {
        return text;
    };
    let mut out = Buffer::with_capacity(bytes.len() as u32);
    let mut rest = bytes;
    let mut next = Some(first);
    while let Some(at) = next {
        out.extend(rest.get(..at).unwrap_or_default());
        out.extend(new);
        rest = rest.get(at + old.len()..).unwrap_or_default();
        next = super::text::find(rest, old);
    }
    out.extend(rest);
    out.into_string()
}

/// The pairs of an object of strings, in order.
#[derive(Clone)]
struct Replacements(Pairs);

impl Iterator for Replacements {
    type Item = (&'static [u8], &'static [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(old, new)| (old.str_bytes(), new.str_bytes()))
    }
}

/// Replaces each key of an object by its value.
#[unsafe(export_name = "b.strings.replace_n")]
pub extern "C" fn replace_n(patterns: Value, text: Value) -> Value {
    const NAME: &str = "strings.replace_n";
    let Some(object) = patterns.as_object() else {
        return type_error(NAME, 0, patterns, "object");
    };
    let Some(bytes) = text.as_str() else {
        return type_error(NAME, 1, text, "string");
    };
    for (key, value) in object.iter() {
        if key.kind() != Kind::String {
            return operand_error(NAME, 0, "non-string key found in pattern object");
        }
        if value.kind() != Kind::String {
            return operand_error(NAME, 0, "non-string value found in pattern object");
        }
    }
    let mut out = Buffer::with_capacity(bytes.len() as u32);
    replace_all(bytes, Replacements(object.iter()), &mut |part| out.extend(part));
    out.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str, pairs: &[(&str, &str)]) -> String {
        let mut out = Vec::new();
        let pairs = pairs.iter().map(|(old, new)| (old.as_bytes(), new.as_bytes()));
        replace_all(text.as_bytes(), pairs, &mut |part| out.extend_from_slice(part));
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn like_go() {
        assert_eq!(replaced("abc", &[("", "-")]), "-a-b-c-");
        assert_eq!(replaced("aab", &[("a", "1"), ("aa", "2")]), "11b");
        assert_eq!(replaced("ab", &[("", "-"), ("a", "x")]), "-x-b-");
        assert_eq!(replaced("abab", &[("a", "b"), ("b", "a")]), "baba");
        assert_eq!(replaced("", &[("", "x")]), "x");
    }
}
