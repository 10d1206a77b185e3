//! `walk`: every value inside a value, with its path. It is a relation, that is, it gives all its results in one array, in the order in which OPA
//! visits them.

use crate::arena;
use crate::collections::Array;
use crate::levels::{Level, Levels};
use crate::mem;
use crate::number;
use crate::value::{Kind, Value};

/// A collection that is being walked through.
struct Open {
    kind: Kind,
    /// Where the next entry lies, and where they end.
    at: u32,
    end: u32,
    /// Its path, and how many of its entries were visited.
    path: Array,
    visited: u32,
}

/// Pairs of path and value, for a value and all that is in it.
#[unsafe(export_name = "b.walk")]
pub extern "C" fn walk(value: Value) -> Value {
    let result = Array::with_capacity(16);
    let mut levels = Levels::new();
    let mut open = visit(Array::with_capacity(0), value, result);
    while let Some(current) = &mut open {
        if arena::exhausted() {
            return Value::ERROR;
        }
        if current.at == current.end {
            open = levels.pop().map(unpack);
            continue;
        }
        let (key, value) = next(current);
        let len = current.path.len();
        let path = Array::with_capacity(len + 1);
        current.path.iter().for_each(|step| path.push(step));
        path.push(key);
        if let Some(inner) = visit(path, value, result) {
            levels.push(pack(current));
            open = Some(inner);
        }
    }
    result.value()
}

/// The next key and value.
fn next(open: &mut Open) -> (Value, Value) {
    let word = Value::from_word(mem::load64(open.at));
    open.at += 8;
    open.visited += 1;
    match open.kind {
        Kind::Array => (number::integer(i64::from(open.visited) - 1), word),
        Kind::Object => {
            let value = Value::from_word(mem::load64(open.at));
            open.at += 8;
            (word, value)
        }
        _ => (word, word),
    }
}

/// Adds a result, and opens its value if there is anything in it.
fn visit(path: Array, value: Value, result: Array) -> Option<Open> {
    let pair = Array::with_capacity(2);
    pair.push(path.value());
    pair.push(value);
    result.push(pair.value());
    let kind = value.kind();
    let (at, words) = match kind {
        Kind::Array => value.as_array().filter(|a| !a.is_empty()).map(|a| (a.items(), a.len())),
        Kind::Object => value.as_object().filter(|o| !o.is_empty()).map(|o| (o.sorted(), o.len() * 2)),
        Kind::Set => value.as_set().filter(|s| !s.is_empty()).map(|s| (s.sorted(), s.len())),
        _ => None,
    }?;
    let end = at + words * 8;
    Some(Open {
        kind,
        at,
        end,
        path,
        visited: 0,
    })
}

fn pack(open: &Open) -> Level {
    let kind = match open.kind {
        Kind::Array => 0,
        Kind::Object => 1,
        _ => 2,
    };
    [open.at, open.end, open.path.value().address(), open.visited << 2 | kind]
}

fn unpack([at, end, path, rest]: Level) -> Open {
    Open {
        kind: match rest & 3 {
            0 => Kind::Array,
            1 => Kind::Object,
            _ => Kind::Set,
        },
        at,
        end,
        path: Array::at(path),
        visited: rest >> 2,
    }
}
