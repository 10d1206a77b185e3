//! Base documents pushed at run time. They replace those that the compiler laid out, and outlive decisions.
//!
//! What is pushed is read in the arena like any document, then copied for good (see `keep`). A patch copies the containers along its path and shares the
//! rest with what was there; so what it replaces stays behind as garbage until enough has gathered, and then all is copied once more. Either way
//! a document that turns out malformed, or that finds no memory, leaves everything as it was.

mod keep;
mod pointer;
mod rules;

use crate::collections::{Array, Object};
use crate::error;
use crate::json;
use crate::mem::Global;
use crate::value::Value;
use warrego_abi::error_kind;

static ROOT: Global<Value> = Global::new(Value::UNDEFINED);

/// The root of what was pushed; undefined if nothing was.
#[inline]
pub fn root() -> Value {
    *ROOT.get()
}

/// Replaces all base documents by the JSON object at an address. `rules` are the places of rules, where no documents may be.
pub fn set(rules: Value, address: u32, len: u32) -> Option<()> {
    let value = json::read(address, len, 0);
    if !value.is_defined() {
        return None;
    }
    check_object(value)?;
    rules::check(rules, value)?;
    replace(value, true)
}

/// Sets what a JSON pointer refers to, to the JSON text at an address, or removes it. `base` are the documents as long as nothing was pushed, `rules` the
/// places of rules, where no documents may be.
pub fn patch(rules: Value, base: Value, path: &'static [u8], text: Option<(u32, u32)>) -> Option<()> {
    let current = match (root().is_defined(), base.is_defined()) {
        (true, _) => root(),
        (false, true) => base,
        (false, false) => Object::new().value(),
    };
    let value = match text {
        Some((address, len)) => {
            let value = json::read(address, len, 0);
            if !value.is_defined() {
                return None;
            }
            value
        }
        None => Value::UNDEFINED,
    };
    let tokens = pointer::tokens(path)?;
    if value.is_defined() {
        if tokens.is_empty() {
            check_object(value)?;
        }
        rules::check_at(rules, tokens, value)?;
    }
    if tokens.is_empty() {
        return replace(if value.is_defined() { value } else { Object::new().value() }, true);
    }
    replace(patched(current, tokens, value)?, false)
}

fn check_object(value: Value) -> Option<()> {
    if value.as_object().is_none() {
        malformed(b"data must be an object");
        return None;
    }
    Some(())
}

fn replace(value: Value, all: bool) -> Option<()> {
    let kept = keep::keep(value, all)?;
    *ROOT.get() = kept;
    Some(())
}

fn malformed(message: &[u8]) {
    error::raise(error_kind::MALFORMED, error::MALFORMED_INPUT, &[message]);
}

/// A copy of `root` with `value` at a path of one token at least; without the place itself if `value` is undefined.
fn patched(root: Value, tokens: Array, value: Value) -> Option<Value> {
    let result = copy(root)?;
    let mut container = result;
    let last = tokens.len() - 1;
    for (depth, token) in tokens.iter().enumerate() {
        if depth as u32 == last {
            if value.is_defined() {
                put(container, token, value)?;
            } else {
                remove(container, token);
            }
        } else {
            let child = match get(container, token) {
                Some(child) => copy(child)?,
                // Nothing to remove below what is not there.
                None if !value.is_defined() => return Some(root),
                None => Object::new().value(),
            };
            put(container, token, child)?;
            container = child;
        }
    }
    Some(result)
}

/// A container of our own with the same entries.
fn copy(value: Value) -> Option<Value> {
    let copy = if let Some(object) = value.as_object() {
        object.duplicate(1).value()
    } else if let Some(array) = value.as_array() {
        let copy = Array::with_capacity(array.len() + 1);
        array.iter().for_each(|element| copy.push(element));
        copy.value()
    } else {
        malformed(b"the path leads through a value that is neither object nor array");
        return None;
    };
    copy.is_defined().then_some(copy)
}

fn get(container: Value, token: Value) -> Option<Value> {
    match container.as_array() {
        Some(array) => array.get(pointer::position(token)?),
        None => container.as_object()?.get(token),
    }
}

fn put(container: Value, token: Value, value: Value) -> Option<()> {
    if let Some(object) = container.as_object() {
        object.insert(token, value);
    } else if let Some(array) = container.as_array() {
        match pointer::position(token) {
            Some(position) if position < array.len() => array.set(position, value),
            Some(position) if position == array.len() => array.push(value),
            None if token.str_bytes() == b"-" => array.push(value),
            _ => {
                malformed(b"the path leads to no element of an array");
                return None;
            }
        }
    }
    Some(())
}

fn remove(container: Value, token: Value) {
    if let Some(object) = container.as_object() {
        object.remove(token);
    } else if let (Some(array), Some(position)) = (container.as_array(), pointer::position(token)) {
        array.remove(position);
    }
}
