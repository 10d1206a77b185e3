//! `json.patch`: RFC 6902, also on sets. An operation makes new containers along its path and shares everything else; what it made belongs to the
//! patched document alone, so later operations change it where it is. Ways through sets are made anew each time, since a set's members are its keys.

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
    // Of a set OPA shows a reference of one part, and so a name without quotes.
    let name = if kind == "set" && key.kind() == Kind::String {
        core::str::from_utf8(key.str_bytes()).ok()
    } else {
        None
    };
    complain(&[
        Piece::Text("path "),
        name.map_or(Piece::Literal(key), Piece::Text),
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

/// Where a value is put into an array.
fn insertion(array: Array, key: Value) -> Result<u32, Value> {
    let index = index(array.len(), key)?;
    let place = u32::try_from(index).ok().filter(|place| *place <= array.len());
    place.ok_or_else(|| failure(NAME, "index for array insertion out of bounds"))
}

/// Where a value is taken from an array.
fn deletion(array: Array, key: Value) -> Result<u32, Value> {
    let index = index(array.len(), key)?;
    let place = u32::try_from(index).ok().filter(|place| *place < array.len());
    place.ok_or_else(|| failure(NAME, "index for array delete out of bounds"))
}

/// A key that is not there cannot be deleted.
#[cold]
fn undeletable(key: Value) -> Value {
    complain(&[
        Piece::Text("cannot delete child key "),
        Piece::Literal(key),
        Piece::Text(" that does not exist"),
    ])
}

/// Whether a container can be changed where it is.
fn can_change(container: Value) -> bool {
    matches!(container.kind(), Kind::Array | Kind::Object)
}

/// Puts another value where a key leads to in an array or object.
fn put(parent: Value, key: Value, value: Value) -> Result<(), Value> {
    match parent.as_object() {
        Some(object) => object.insert(key, value),
        None => {
            let array = parent.as_array().unwrap_or_default();
            let place = index(array.len(), key)?;
            array.set(u32::try_from(place).unwrap_or(u32::MAX), value);
        }
    }
    Ok(())
}

/// A container with a value added.
fn inserted(parent: Value, key: Value, value: Value) -> Result<Value, Value> {
    let copy = match parent.as_set() {
        Some(_) if !equal(key, value) => {
            return Err(complain(&[
                Piece::Text("set key "),
                Piece::Literal(key),
                Piece::Text(" does not equal value to be inserted "),
                Piece::Literal(value),
            ]));
        }
        Some(set) => {
            let copy = set.duplicate(1);
            copy.add(value);
            return Ok(copy.value());
        }
        None if !can_change(parent) => return Err(not_composite(parent)),
        None => duplicate(parent),
    };
    Change::Insert(value).make(copy, key)?;
    Ok(copy)
}

/// A container without a key.
fn deleted(parent: Value, key: Value) -> Result<Value, Value> {
    let copy = match parent.as_set() {
        Some(set) if !set.contains(key) => return Err(undeletable(key)),
        Some(set) => return Ok(Set::from_values(set.iter().filter(|element| !equal(*element, key))).value()),
        None if !can_change(parent) => return Err(not_composite(parent)),
        None => duplicate(parent),
    };
    Change::Delete.make(copy, key)?;
    Ok(copy)
}

/// A container with another value at a key that is there.
fn replaced(parent: Value, key: Value, old: Value, value: Value) -> Result<Value, Value> {
    if parent.kind() == Kind::Set {
        return inserted(deleted(parent, old)?, value, value);
    }
    let copy = duplicate(parent);
    put(copy, key, value)?;
    Ok(copy)
}

/// What is done to a container.
#[derive(Clone, Copy)]
enum Change {
    /// A value is added, or takes the place of another in an object.
    Insert(Value),
    Delete,
}

impl Change {
    /// A container after the change.
    fn made(self, parent: Value, key: Value) -> Result<Value, Value> {
        match self {
            Change::Insert(value) => inserted(parent, key, value),
            Change::Delete => deleted(parent, key),
        }
    }

    /// Changes an array or an object.
    fn make(self, parent: Value, key: Value) -> Result<(), Value> {
        match (self, parent.as_object()) {
            (Change::Insert(value), Some(object)) => object.insert(key, value),
            (Change::Delete, Some(object)) => {
                // What is sorted needs no index, which would have to be made anew each time.
                object.sorted();
                if object.get(key).is_none() {
                    return Err(undeletable(key));
                }
                object.remove(key);
            }
            (Change::Insert(value), None) => {
                let array = parent.as_array().unwrap_or_default();
                array.insert(insertion(array, key)?, value);
            }
            (Change::Delete, None) => {
                let array = parent.as_array().unwrap_or_default();
                array.remove(deletion(array, key)?);
            }
        }
        Ok(())
    }
}

/// An array or an object with a copy's own header; anything else as it is.
fn duplicate(container: Value) -> Value {
    if let Some(object) = container.as_object() {
        return object.duplicate(1).value();
    }
    match container.as_array() {
        Some(array) => {
            let copy = Array::with_capacity(array.len() + 1);
            array.iter().for_each(|element| copy.push(element));
            copy.value()
        }
        None => container,
    }
}

/// A number that no other container has.
fn identity(container: Value) -> Value {
    number::integer((container.word() >> 4) as i64)
}

/// The document while it is patched.
struct Document {
    /// `None` when all of it was removed.
    root: Option<Value>,
    journal: Journal,
    /// The [`identity`] of arrays and objects which were made here and stand at one place only.
    own: Set,
}

impl Document {
    /// The last of some containers, each of which the key before leads to from the one before, ready to be changed where it is.
    fn owned(&mut self, containers: Array, keys: Array) -> Result<Value, Value> {
        let mut parent: Option<Value> = None;
        for (depth, container) in containers.iter().enumerate() {
            let mut here = container;
            if !self.own.contains(identity(container)) {
                here = duplicate(container);
                self.own.add(identity(here));
                let key = (depth as u32)
                    .checked_sub(1)
                    .and_then(|before| keys.get(before))
                    .unwrap_or(Value::NULL);
                match parent {
                    None => self.root = Some(here),
                    Some(parent) => put(parent, key, here)?,
                }
            }
            parent = Some(here);
        }
        Ok(parent.unwrap_or(Value::NULL))
    }

    /// Puts a value in the place of another in an array or object; `false`, and nothing is done, where that is not all there is to it.
    fn swap(&mut self, keys: Array, value: Value) -> Result<bool, Value> {
        let Some(mut here) = self.root else {
            return Ok(false);
        };
        let containers = Array::with_capacity(keys.len());
        for key in keys {
            if !can_change(here) {
                return Ok(false);
            }
            containers.push(here);
            match peek(here, key) {
                Some(child) => here = child,
                None => return Ok(false),
            }
        }
        let Some(key) = keys.len().checked_sub(1).and_then(|last| keys.get(last)) else {
            return Ok(false);
        };
        let parent = self.owned(containers, keys)?;
        match parent.as_object() {
            Some(object) => object.insert_written_anew(key, value),
            None => put(parent, key, value)?,
        }
        self.journal.note(keys, here, false);
        self.journal.note(keys, value, true);
        Ok(true)
    }

    /// Something stands at two places from now on: nothing is changed where it is.
    fn share(&mut self, value: Value) {
        if value.kind() == Kind::Set || can_change(value) {
            self.own = Set::new();
        }
    }

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

    /// Changes the container that the last key of a path stands in, and all around it, if `check` has nothing against it.
    fn change(
        &mut self,
        keys: Array,
        operation: &str,
        change: Change,
        check: impl Fn(Value, Value) -> Result<(), Value>,
    ) -> Result<(), Value> {
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
        check(value, key)?;
        if containers.iter().all(can_change) {
            let container = self.owned(containers, keys)?;
            return change.make(container, key);
        }
        let mut result = change.made(value, key)?;
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
        self.change(keys, "insert", Change::Insert(value), |_, _| Ok(()))?;
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
        self.change(keys, "delete", Change::Delete, |parent, key| {
            match peek(parent, key) {
                Some(value) => old.set(value),
                None if parent.kind() != Kind::Object => {}
                None => {
                    if let Some(before) = journal.deleted(keys, keys.len()) {
                        return Err(gone("delete", key, before));
                    }
                }
            }
            Ok(())
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
            if let Some(value) = operation.get_bytes(b"value")
                && document.swap(keys, value)?
            {
                return Ok(());
            }
            document.delete(keys)?;
            document.insert(keys, attribute(operation, "value")?)
        }
        b"move" => {
            let from = path(NAME, attribute(operation, "from")?)?;
            let value = document.at(from)?;
            document.delete(from)?;
            document.share(value);
            document.insert(keys, value)
        }
        b"copy" => {
            let from = path(NAME, attribute(operation, "from")?)?;
            let value = document.at(from)?;
            document.share(value);
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
        own: Set::new(),
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
