//! `json.filter`, `json.remove`: parts of a document by paths, each a JSON pointer or an array of keys.

use super::super::args::{elements, operand_error, type_error};
use super::super::split::Parts;
use super::super::term;
use crate::arena::Buffer;
use crate::collections::{Array, Object, Set};
use crate::error;
use crate::value::{Kind, Value};
use warrego_abi::error_kind;

/// Documents are looked into this far.
const DEPTH_MAX: u32 = 512;

/// The keys of a path.
pub(super) fn path(name: &str, path: Value) -> Result<Array, Value> {
    if let Some(keys) = path.as_array() {
        return Ok(keys);
    }
    match path.as_str() {
        Some(pointer) => Ok(pointer_keys(pointer)),
        None => {
            let mut message = Buffer::new();
            message.extend(b"must be one of {set, array} containing string paths or array of path segments but got ");
            message.extend(path.kind().name().as_bytes());
            let message = core::str::from_utf8(message.finish().unwrap_or_default()).unwrap_or_default();
            Err(operand_error(name, 1, message))
        }
    }
}

/// The keys of a pointer; slashes at the beginning don't count.
fn pointer_keys(pointer: &'static [u8]) -> Array {
    let keys = Array::new();
    if pointer.is_empty() {
        return keys;
    }
    let start = pointer.iter().position(|byte| *byte != b'/').unwrap_or(pointer.len());
    for part in Parts::new(pointer.get(start..).unwrap_or_default(), b"/") {
        keys.push(unescaped(part));
    }
    keys
}

/// `~1` is a slash, `~0` a tilde.
fn unescaped(part: &'static [u8]) -> Value {
    if !part.contains(&b'~') {
        return Value::string_static(part);
    }
    let mut out = Buffer::with_capacity(part.len() as u32);
    let mut rest = part;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match (first, behind) {
            // First all `~1`, then all `~0`: what the first pass makes is no escape for the second.
            (b'~', [b'1', behind @ ..]) => {
                out.push(b'/');
                rest = behind;
            }
            (b'~', [b'0', behind @ ..]) => {
                out.push(b'~');
                rest = behind;
            }
            _ => out.push(*first),
        }
    }
    out.into_string()
}

/// Paths as a tree of objects, null where a path ends.
fn tree(name: &str, paths: Value) -> Result<Object, Value> {
    let Some(paths) = elements(paths) else {
        return Err(type_error(name, 1, paths, "one of {set, array}"));
    };
    let root = Object::new();
    for one in paths {
        add(root, path(name, one)?);
    }
    Ok(root)
}

fn add(root: Object, keys: Array) {
    let Some(last) = keys.len().checked_sub(1) else {
        return;
    };
    let mut node = root;
    for (depth, key) in keys.iter().enumerate() {
        if depth as u32 == last {
            node.insert(key, Value::NULL);
            return;
        }
        node = match node.get(key) {
            None => {
                let child = Object::new();
                node.insert(key, child.value());
                child
            }
            Some(child) => match child.as_object() {
                Some(child) => child,
                // A shorter path ends here.
                None => return,
            },
        };
    }
}

#[cold]
fn too_deep() -> Value {
    error::raise_static(error_kind::LIMIT, "depth_limit", "json: the document is nested too deeply")
}

/// An array's position as the key that paths have for it.
fn position(index: usize) -> Value {
    let mut text = Buffer::with_capacity(20);
    term::write(Value::count(index as u32), &mut text);
    text.into_string()
}

/// What the tree selects of a value.
fn filtered(value: Value, tree: Value, depth: u32) -> Result<Value, Value> {
    let Some(selection) = tree.as_object() else {
        return Ok(value);
    };
    if depth == 0 {
        return Err(too_deep());
    }
    match value.kind() {
        Kind::Object => {
            let result = Object::new();
            for (key, value) in value.as_object().into_iter().flatten() {
                if let Some(tree) = selection.get(key) {
                    result.insert(key, filtered(value, tree, depth - 1)?);
                }
            }
            Ok(result.value())
        }
        Kind::Array => {
            let result = Array::new();
            for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                if let Some(tree) = selection.get_string(position(index)) {
                    result.push(filtered(value, tree, depth - 1)?);
                }
            }
            Ok(result.value())
        }
        Kind::Set => {
            let result = Set::new();
            for value in value.as_set().into_iter().flatten() {
                if let Some(tree) = selection.get(value) {
                    result.add(filtered(value, tree, depth - 1)?);
                }
            }
            Ok(result.value())
        }
        _ => Ok(value),
    }
}

/// What is left of a value without what the tree selects; undefined if that is all of it.
fn without(value: Value, tree: Option<Value>, depth: u32) -> Result<Value, Value> {
    let Some(tree) = tree else {
        return Ok(value);
    };
    let Some(selection) = tree.as_object() else {
        return Ok(if tree.is_null() { Value::UNDEFINED } else { value });
    };
    if depth == 0 {
        return Err(too_deep());
    }
    match value.kind() {
        Kind::Object => {
            let result = Object::new();
            for (key, value) in value.as_object().into_iter().flatten() {
                let rest = without(value, selection.get(key), depth - 1)?;
                if rest.is_defined() {
                    result.insert(key, rest);
                }
            }
            Ok(result.value())
        }
        Kind::Array => {
            let result = Array::new();
            for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                let rest = without(value, selection.get_string(position(index)), depth - 1)?;
                if rest.is_defined() {
                    result.push(rest);
                }
            }
            Ok(result.value())
        }
        Kind::Set => {
            let result = Set::new();
            for value in value.as_set().into_iter().flatten() {
                let rest = without(value, selection.get(value), depth - 1)?;
                if rest.is_defined() {
                    result.add(rest);
                }
            }
            Ok(result.value())
        }
        _ => Ok(value),
    }
}

/// An object with nothing but what paths lead to.
#[unsafe(export_name = "b.json.filter")]
pub extern "C" fn filter(object: Value, paths: Value) -> Value {
    const NAME: &str = "json.filter";
    if object.kind() != Kind::Object {
        return type_error(NAME, 0, object, "object");
    }
    let result = tree(NAME, paths).and_then(|tree| filtered(object, tree.value(), DEPTH_MAX));
    result.unwrap_or_else(|error| error)
}

/// An object without what paths lead to.
#[unsafe(export_name = "b.json.remove")]
pub extern "C" fn remove(object: Value, paths: Value) -> Value {
    const NAME: &str = "json.remove";
    if object.kind() != Kind::Object {
        return type_error(NAME, 0, object, "object");
    }
    let result = tree(NAME, paths).and_then(|tree| without(object, Some(tree.value()), DEPTH_MAX));
    result.unwrap_or_else(|error| error)
}
