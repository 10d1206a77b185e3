//! `replace`, `strings.replace_n`: one pass over a string, as Go's `strings.Replacer` makes it. At each byte the first pattern that fits is replaced,
//! the others don't see what came out. An empty pattern fits between bytes, once at each place.

use super::args::{mismatch, operand_error, type_error};
use super::prefixes::Prefixes;
use crate::arena::Buffer;
use crate::collections::{Array, Pairs};
use crate::value::{Kind, Value};

/// Replaces what fits. `fit` is asked at each byte what is to be replaced there, by how long it is, and by what; and is told whether the empty pattern
/// has just been replaced, which does not fit twice at one place.
fn replace_all<'a>(text: &[u8], fit: impl Fn(&[u8], bool) -> Option<(usize, &'a [u8])>, out: &mut impl FnMut(&[u8])) {
    let (mut at, mut last) = (0, 0);
    let mut after_empty = false;
    while let Some(rest) = text.get(at..) {
        match fit(rest, after_empty) {
            Some((len, new)) => {
                after_empty = len == 0;
                out(text.get(last..at).unwrap_or_default());
                out(new);
                at += len;
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
    replace_all(bytes, |_, after_empty| (!after_empty).then_some((0, to)), &mut |part| {
        out.extend(part)
    });
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

/// The patterns of an object of strings, with what replaces each. One that begins with another never fits, since the shorter one stands before it and
/// fits wherever it does; only the empty pattern leaves room for a second.
struct Patterns {
    empty: Option<&'static [u8]>,
    old: Prefixes,
    new: Array,
}

impl Patterns {
    fn new(pairs: Pairs) -> Patterns {
        let mut patterns = Patterns {
            empty: None,
            old: Prefixes::new(),
            new: Array::new(),
        };
        for (old, new) in pairs {
            if old.byte_len() == 0 {
                patterns.empty = Some(new.str_bytes());
            } else if patterns.old.add(old) {
                patterns.new.push(new);
            }
        }
        patterns
    }

    fn fit(&self, text: &[u8], after_empty: bool) -> Option<(usize, &'static [u8])> {
        if let (Some(new), false) = (self.empty, after_empty) {
            return Some((0, new));
        }
        let (place, len) = self.old.of(text)?;
        Some((len, self.new.get(place).map_or(&[], Value::str_bytes)))
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
    let patterns = Patterns::new(object.iter());
    replace_all(bytes, |rest, after_empty| patterns.fit(rest, after_empty), &mut |part| {
        out.extend(part)
    });
    out.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_pattern_fits_once_at_each_place() {
        let replaced = |text: &str| {
            let mut out = Vec::new();
            let fit = |_: &[u8], after_empty: bool| (!after_empty).then_some((0, &b"-"[..]));
            replace_all(text.as_bytes(), fit, &mut |part| out.extend_from_slice(part));
            String::from_utf8_lossy(&out).into_owned()
        };
        assert_eq!(replaced("abc"), "-a-b-c-");
        assert_eq!(replaced(""), "-");
    }
}
