//! Documents must not be pushed where rules are: a rule's document would vanish behind them, and with it what the rule decides.
//!
//! The compiler lays out where rules are as a tree of objects, in which `true` is a rule. A document conflicts with it where something is at a rule's
//! path, or where a path to a rule leads through something that is not an object.

use crate::arena::Buffer;
use crate::collections::{Array, Object};
use crate::error;
use crate::levels::Levels;
use crate::mem;
use crate::value::Value;
use warrego_abi::error_kind;

/// Refuses documents that conflict with rules.
pub fn check(rules: Value, documents: Value) -> Option<()> {
    check_below(rules, documents, Array::new())
}

/// Refuses a document at a path that conflicts with rules.
pub fn check_at(rules: Value, path: Array, document: Value) -> Option<()> {
    let mut rules = rules;
    for (depth, token) in path.iter().enumerate() {
        if is_rule(rules) {
            return conflict(path.iter().take(depth));
        }
        match rules.as_object().and_then(|rules| rules.get(token)) {
            Some(below) => rules = below,
            None => return Some(()),
        }
    }
    check_below(rules, document, path)
}

/// Compares a part of the tree with the document at its place. A level is the address of an object of the tree, how many of its entries were
/// looked at, and the word of the document there.
fn check_below(rules: Value, document: Value, path: Array) -> Option<()> {
    if is_rule(rules) {
        return conflict(path.iter());
    }
    let mut levels = Levels::new();
    let level = |rules: Object, seen: u32, document: Value| {
        [
            rules.value().address(),
            seen,
            document.word() as u32,
            (document.word() >> 32) as u32,
        ]
    };
    let pushed = match rules.as_object() {
        Some(rules) => levels.push(level(rules, 0, document)),
        None => true,
    };
    if !pushed {
        return None;
    }
    while let Some([address, seen, low, high]) = levels.pop() {
        let rules = Object::at(address);
        if seen == rules.len() {
            continue;
        }
        let document = Value::from_word(u64::from(low) | u64::from(high) << 32);
        let (key, below) = entry(rules, seen);
        if !levels.push(level(rules, seen + 1, document)) {
            return None;
        }
        let found = match document.as_object() {
            Some(object) => object.get(key),
            // Nothing that is below this can be, and rules are below this.
            None => Some(document),
        };
        let Some(found) = found else { continue };
        match below.as_object() {
            Some(below) => {
                if !levels.push(level(below, 0, found)) {
                    return None;
                }
            }
            None => return conflict_below(path, levels),
        }
    }
    Some(())
}

fn is_rule(node: Value) -> bool {
    node.word() == Value::TRUE.word()
}

fn entry(object: Object, position: u32) -> (Value, Value) {
    let at = object.sorted() + position * 16;
    (Value::from_word(mem::load64(at)), Value::from_word(mem::load64(at + 8)))
}

/// Reports a conflict at the place that the levels are at.
fn conflict_below(path: Array, mut levels: Levels) -> Option<()> {
    let steps = Array::new();
    while let Some([address, seen, ..]) = levels.pop() {
        steps.push(entry(Object::at(address), seen.saturating_sub(1)).0);
    }
    let below = (0..steps.len()).rev().filter_map(|position| steps.get(position));
    conflict(path.iter().chain(below))
}

fn conflict(path: impl Iterator<Item = Value>) -> Option<()> {
    let mut text = Buffer::with_capacity(64);
    for (position, step) in path.enumerate() {
        if position > 0 {
            text.push(b'/');
        }
        text.extend(step.str_bytes());
    }
    let text = text.into_string();
    if text.is_defined() {
        let message: [&[u8]; 3] = [b"conflicting rule for data path ", text.str_bytes(), b" found"];
        error::raise(error_kind::CONFLICT, "rego_compile_error", &message);
    }
    None
}
