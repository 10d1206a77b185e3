//! Values as Rego literals: `{"a": [1, 2]}`, `{1, 2}`, `set()`. This is how `sprintf`, template strings and messages show what is no string.

use super::quote::quote;
use crate::arena::Buffer;
use crate::levels::{Level, Levels};
use crate::mem;
use crate::number;
use crate::value::{Kind, Value};

/// A collection that is being written.
struct Open {
    kind: Kind,
    /// Where the next word lies, and where they end.
    at: u32,
    end: u32,
    /// How many words are written.
    done: u32,
}

impl Open {
    fn level(&self) -> Level {
        [self.kind as u32, self.at, self.end, self.done]
    }

    fn from_level([kind, at, end, done]: Level) -> Open {
        let kind = match kind {
            kind if kind == Kind::Array as u32 => Kind::Array,
            kind if kind == Kind::Object as u32 => Kind::Object,
            _ => Kind::Set,
        };
        Open { kind, at, end, done }
    }

    /// The next word, with what stands before it written.
    fn next(&mut self, out: &mut Buffer) -> Option<Value> {
        if self.at == self.end {
            return None;
        }
        if self.kind == Kind::Object && self.done & 1 == 1 {
            out.extend(b": ");
        } else if self.done > 0 {
            out.extend(b", ");
        }
        let value = Value::from_word(mem::load64(self.at));
        self.at += 8;
        self.done += 1;
        Some(value)
    }
}

/// Appends a value as a literal.
pub fn write(value: Value, out: &mut Buffer) {
    let mut levels = Levels::new();
    let Some(mut open) = begin(value, out) else {
        return;
    };
    loop {
        if let Some(value) = open.next(out) {
            if let Some(inner) = begin(value, out) {
                if !levels.push(open.level()) {
                    return;
                }
                open = inner;
            }
            continue;
        }
        out.push(if open.kind == Kind::Array { b']' } else { b'}' });
        match levels.pop() {
            Some(level) => open = Open::from_level(level),
            None => return,
        }
    }
}

/// Writes a scalar or an empty collection, or the opening bracket of what is to be written.
fn begin(value: Value, out: &mut Buffer) -> Option<Open> {
    let kind = value.kind();
    let (at, words) = match kind {
        Kind::Array => value.as_array().filter(|a| !a.is_empty()).map(|a| (a.items(), a.len())),
        Kind::Object => value.as_object().filter(|o| !o.is_empty()).map(|o| (o.sorted(), o.len() * 2)),
        Kind::Set => value.as_set().filter(|s| !s.is_empty()).map(|s| (s.sorted(), s.len())),
        _ => {
            write_scalar(value, out);
            return None;
        }
    }
    .unwrap_or_default();
    if words == 0 {
        out.extend(match kind {
            Kind::Array => b"[]",
            Kind::Object => b"{}",
            _ => b"set()",
        });
        return None;
    }
    out.push(if kind == Kind::Array { b'[' } else { b'{' });
    let end = at + words * 8;
    Some(Open { kind, at, end, done: 0 })
}

fn write_scalar(value: Value, out: &mut Buffer) {
    match value.kind() {
        Kind::Null => out.extend(b"null"),
        Kind::Boolean => out.extend(if value.as_bool() == Some(true) { b"true" } else { b"false" }),
        Kind::String => quote(value.str_bytes(), false, out),
        _ => {
            number::write_text(value, out);
        }
    }
}
