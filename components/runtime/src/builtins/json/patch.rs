//! `json.patch`: RFC 6902, also on sets. Each operation makes new containers along its path and shares everything else.

use super::super::args::{failure, failure_parts, type_error};
use super::super::term;
use super::journal::Journal;
use super::paths::path;
use crate::arena::Buffer;
use crate::collections::{Array, Object, Set};
use crate::compare::equal;
use crate::error;
use crate::number::{self, integer_of_text};
use crate::value::{Kind, Value};
use core::cell::Cell;

const NAME: &str = "json.patch";

/// Fails with pieces of text and values shown as literals.
#[cold]
fn complain(parts: &[Piece<'_>]) -> Value {
    if !error::strict() {
        return Value::UNDEFINED;
    }
    let mut message = Buffer::new();
    for part in parts {
        match part {
            Piece::Text(text) => message.extend(text.as_bytes()),
            Piece::Literal(value) => term::write(*value, &mut message),
            Piece::Type(value) => message.extend(match value.kind() {
                Kind::Null => b"ast.Null",
                Kind::Boolean => b"ast.Boolean",
                Kind::Number => b"ast.Number",
                _ => b"ast.String",
            }),
        }
    }
    failure_parts(NAME, &[message.as_bytes()])
}

enum Piece<'a> {
    Text(&'a str),
    Literal(Value),
    /// The name of a scalar's type in OPA.
    Type(Value),
}

/// A position in an array, as a path names it; `-` is behind the end. Else why it is none.
fn position(len: u32, key: Value) -> Result<i64, &'static str> {
    match key.kind() {
        Kind::Number => number::to_i64(key).ok_or("invalid number type for indexing"),
        Kind::String => {
            let text = key.str_bytes();
            if text == b"-" {
                return Ok(i64::from(len));
            }
            let index = integer_of_text(text).ok_or("invalid string for indexing")?;
            if text.len() > 1 && text.starts_with(b"0") {
                return Err("leading zeros are not allowed in JSON paths");
            }
            Ok(index)
        }
        _ => Err("invalid type for indexing"),
    }
}

fn index(len: u32, key: Value) -> Result<i64, Value> {
    position(len, key).map_err(|what| failure(NAME, what))
}

/// What a key leads to, if it leads anywhere.
pub(super) fn peek(parent: Value, key: Value) -> Option<Value> {
    match parent.kind() {
        Kind::Object => parent.as_object()?.get(key),
        Kind::Set => parent.as_set()?.get(key),
        _ => {
            let array = parent.as_array()?;
            let index = position(array.len(), key).ok()?;
            array.get(u32::try_from(index).ok()?)
        }
    }
}

/// What a key leads to; nothing if it leads nowhere.
fn found(parent: Value, key: Value) -> Result<Option<Value>, Value> {
    match parent.kind() {
        Kind::Object | Kind::Set => {}
        Kind::Array => {
            index(parent.as_array().unwrap_or_default().len(), key)?;
        }
        _ => {
            return Err(complain(&[
                Piece::Text("expected composite type for path "),
                Piece::Literal(key),
                Piece::Text(", found value: "),
                Piece::Literal(parent),
                Piece::Text(" (type: "),
                Piece::Type(parent),
                Piece::Text(")"),
            ]));
        }
    }
    Ok(peek(parent, key))
}

/// A key that leads nowhere in `shown`.
#[cold]
fn missing(shown: Value, key: Value) -> Value {
    let (kind, key) = match shown.as_array() {
        Some(array) => ("array", position(array.len(), key).map_or(key, number::integer)),
        None if shown.kind() == Kind::Set => ("set", key),
        None => ("object", key),
    };
    complain(&[
        Piece::Text("path "),
        Piece::Literal(key),
        Piece::Text(" does not exist in "),
        Piece::Text(kind),
        Piece::Text(" term "),
        Piece::Literal(shown),
    ])
}

/// A key that led to `old` before that was deleted; `what` cannot be done any more.
#[cold]
fn gone(what: &str, key: Value, old: Value) -> Value {
    let kind = match old.kind() {
        Kind::Array | Kind::Object | Kind::Set => "composite",
        _ => "scalar",
    };
    complain(&[
        Piece::Text("cannot "),
        Piece::Text(what),
        Piece::Text(" the already deleted "),
        Piece::Text(kind),
        Piece::Text(" node for key "),
        Piece::Literal(key),
    ])
}

#[cold]
fn not_composite(value: Value) -> Value {
    complain(&[
        Piece::Text("expected composite type, found value: "),
        Piece::Literal(value),
        Piece::Text(" (type: "),
        Piece::Type(value),
        Piece::Text(")"),
    ])
}

/// A container with a value added.
fn inserted(parent: Value, key: Value, value: Value) -> Result<Value, Value> {
    match parent.kind() {
        Kind::Object => {
            let object = parent.as_object().unwrap_or_default();
            let copy = object.duplicate(1);
            copy.insert(key, value);
            Ok(copy.value())
        }
        Kind::Set => {
            if !equal(key, value) {
                return Err(complain(&[
                    Piece::Text("set key "),
                    Piece::Literal(key),
                    Piece::Text(" does not equal value to be inserted "),
                    Piece::Literal(value),
                ]));
            }
            let copy = parent.as_set().unwrap_or_default().duplicate(1);
            copy.add(value);
            Ok(copy.value())
        }
        Kind::Array => {
            let array = parent.as_array().unwrap_or_default();
            let index = index(array.len(), key)?;
            if index < 0 || index > i64::from(array.len()) {
                return Err(failure(NAME, "index for array insertion out of bounds"));
            }
            let copy = Array::with_capacity(array.len() + 1);
            let at = index as usize;
            array.iter().take(at).for_each(|element| copy.push(element));
            copy.push(value);
            array.iter().skip(at).for_each(|element| copy.push(element));
            Ok(copy.value())
        }
        _ => Err(not_composite(parent)),
    }
}

/// A container without a key.
fn deleted(parent: Value, key: Value) -> Result<Value, Value> {
    let missing = || {
        complain(&[
            Piece::Text("cannot delete child key "),
            Piece::Literal(key),
            Piece::Text(" that does not exist"),
        ])
    };
    match parent.kind() {
        Kind::Object => {
            let object = parent.as_object().unwrap_or_default();
            if object.get(key).is_none() {
                return Err(missing());
            }
            let copy = Object::with_capacity(object.len());
            for (other, value) in object {
                if !equal(other, key) {
                    copy.insert(other, value);
                }
            }
            Ok(copy.value())
        }
        Kind::Set => {
            let set = parent.as_set().unwrap_or_default();
            if !set.contains(key) {
                return Err(missing());
            }
            Ok(Set::from_values(set.iter().filter(|element| !equal(*element, key))).value())
        }
        Kind::Array => {
            let array = parent.as_array().unwrap_or_default();
            let index = index(array.len(), key)?;
            if index < 0 || index >= i64::from(array.len()) {
                return Err(failure(NAME, "index for array delete out of bounds"));
            }
            let kept = array.iter().enumerate().filter(|(at, _)| *at as i64 != index);
            Ok(Array::from_values(kept.map(|(_, element)| element)).value())
        }
        _ => Err(not_composite(parent)),
    }
}

/// A container with another value at a key that is there.
fn replaced(parent: Value, key: Value, old: Value, value: Value) -> Result<Value, Value> {
    match parent.kind() {
        Kind::Object => inserted(parent, key, value),
        Kind::Set => inserted(deleted(parent, old)?, value, value),
        _ => {
            let array = parent.as_array().unwrap_or_default();
            let at = index(array.len(), key)?;
            let copy = array.iter().enumerate();
            Ok(Array::from_values(copy.map(|(i, element)| if i as i64 == at { value } else { element })).value())
        }
    }
}

/// The document while it is patched.
struct Document {
    /// `None` when all of it was removed.
    root: Option<Value>,
    journal: Journal,
}

impl Document {
    /// The value that the key at `depth` of a path leads to from `parent`.
    fn child(&self, keys: Array, depth: u32, parent: Value) -> Result<Value, Value> {
        let key = keys.get(depth).unwrap_or(Value::NULL);
        if let Some(value) = found(parent, key)? {
            return Ok(value);
        }
        if parent.kind() == Kind::Set {
            return Err(missing(parent, key));
        }
        let old = self.journal.deleted(keys, depth + 1).filter(|_| parent.kind() == Kind::Object);
        Err(match old {
            Some(old) => gone("unfold", key, old),
            None => missing(self.journal.before(keys, depth, parent), key),
        })
    }

    fn at(&self, keys: Array) -> Result<Value, Value> {
        let Some(root) = self.root else {
            return Err(failure(NAME, "nil value encountered where composite value was expected"));
        };
        (0..keys.len()).try_fold(root, |value, depth| self.child(keys, depth, value))
    }

    /// Changes the container that the last key of a path stands in, and all around it.
    fn change(&mut self, keys: Array, operation: &str, change: impl Fn(Value, Value) -> Result<Value, Value>) -> Result<(), Value> {
        let Some(last) = keys.len().checked_sub(1) else {
            return Ok(());
        };
        let Some(root) = self.root else {
            let message: [&[u8]; 3] = match last {
                0 => [b"deleted node encountered during ", operation.as_bytes(), b" operation"],
                _ => [b"nil value encountered where composite value was expected", b"", b""],
            };
            return Err(failure_parts(NAME, &message));
        };
        let containers = Array::with_capacity(last + 1);
        containers.push(root);
        let mut value = root;
        for depth in 0..last {
            value = self.child(keys, depth, value)?;
            containers.push(value);
        }
        let key = keys.get(last).unwrap_or(Value::NULL);
        let mut result = change(value, key)?;
        for depth in (0..last).rev() {
            let (Some(parent), Some(key), Some(old)) = (containers.get(depth), keys.get(depth), containers.get(depth + 1)) else {
                break;
            };
            result = replaced(parent, key, old, result)?;
        }
        self.root = Some(result);
        Ok(())
    }

    fn insert(&mut self, keys: Array, value: Value) -> Result<(), Value> {
        if keys.is_empty() {
            self.root = Some(value);
        }
        self.change(keys, "insert", |parent, key| inserted(parent, key, value))?;
        self.journal.note(keys, value, true);
        Ok(())
    }

    fn delete(&mut self, keys: Array) -> Result<(), Value> {
        if keys.is_empty() {
            let all = self.root.take();
            return all
                .map(|_| ())
                .ok_or_else(|| failure(NAME, "deleted node encountered during delete operation"));
        }
        let journal = self.journal;
        let old = Cell::new(Value::NULL);
        self.change(keys, "delete", |parent, key| {
            match peek(parent, key) {
                Some(value) => old.set(value),
                None if parent.kind() != Kind::Object => {}
                None => {
                    if let Some(before) = journal.deleted(keys, keys.len()) {
                        return Err(gone("delete", key, before));
                    }
                }
            }
            deleted(parent, key)
        })?;
        self.journal.note(keys, old.get(), false);
        Ok(())
    }
}

/// An attribute that must be there.
fn attribute(operation: Object, name: &'static str) -> Result<Value, Value> {
    operation
        .get_bytes(name.as_bytes())
        .ok_or_else(|| failure_parts(NAME, &[b"missing required attribute '", name.as_bytes(), b"'"]))
}

fn apply(document: &mut Document, operation: Object) -> Result<(), Value> {
    let target = attribute(operation, "path")?;
    let op = attribute(operation, "op")?;
    let Some(op_name) = op.as_str() else {
        let got = op.kind().name().as_bytes();
        return Err(failure_parts(NAME, &[b"attribute 'op' must be a string but found: ", got]));
    };
    let keys = path(NAME, target)?;
    match op_name {
        b"add" => document.insert(keys, attribute(operation, "value")?),
        b"remove" => document.delete(keys),
        b"replace" => {
            document.delete(keys)?;
            document.insert(keys, attribute(operation, "value")?)
        }
        b"move" => {
            let from = path(NAME, attribute(operation, "from")?)?;
            let value = document.at(from)?;
            document.delete(from)?;
            document.insert(keys, value)
        }
        b"copy" => {
            let from = path(NAME, attribute(operation, "from")?)?;
            let value = document.at(from)?;
            document.insert(keys, value)
        }
        b"test" => {
            let found = document.at(keys)?;
            let wanted = attribute(operation, "value")?;
            if equal(found, wanted) {
                return Ok(());
            }
            Err(complain(&[
                Piece::Text("value from EditTree != patch value.\n\nExpected: "),
                Piece::Literal(wanted),
                Piece::Text("\n\nFound: "),
                Piece::Literal(found),
            ]))
        }
        other => Err(failure_parts(NAME, &[b"unrecognized op: '", other, b"'"])),
    }
}

/// A document after some operations.
#[unsafe(export_name = "b.json.patch")]
pub extern "C" fn patch(document: Value, operations: Value) -> Value {
    let Some(all) = operations.as_array() else {
        return type_error(NAME, 1, operations, "array");
    };
    let mut document = Document {
        root: Some(document),
        journal: Journal::new(document),
    };
    for operation in all {
        let Some(operation) = operation.as_object() else {
            return failure(
                NAME,
                "must be an array of JSON-Patch objects, but at least one element is not an object",
            );
        };
        if let Err(error) = apply(&mut document, operation) {
            return error;
        }
    }
    document.root.unwrap_or_else(|| failure(NAME, "nothing is left of the document"))
}
