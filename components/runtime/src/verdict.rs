//! A decision's value becomes a verdict: permitted or not, and why not.
//!
//! Policies answer in several shapes (a boolean, an object that says so, a set of violations). Whatever has none of these shapes is a denial
//! whose message says what was wrong with it: nothing is permitted by accident.

use crate::arena::Buffer;
use crate::collections::Elements;
use crate::json::utf8;
use crate::mem;
use crate::value::Value;
use warrego_abi::verdict as layout;

/// What is decided.
enum Verdict {
    Permitted,
    /// Denied; the message may be missing.
    Denied(Option<&'static [u8]>),
    /// Permitted or denied with whatever message the policy gave.
    Said(bool, Option<&'static [u8]>),
}

/// Writes the verdict of a decision (undefined too) to an address; gives 1, or 0 if memory ran out.
#[unsafe(export_name = "rt.verdict")]
pub extern "C" fn verdict(decision: Value, to: u32) -> u32 {
    let Some(verdict) = judge(decision) else { return 0 };
    let (permitted, message) = match verdict {
        Verdict::Permitted => (true, None),
        Verdict::Denied(message) => (false, message),
        Verdict::Said(permitted, message) => (permitted, message),
    };
    mem::store32(to + layout::PERMITTED, u32::from(permitted));
    mem::store32(to + layout::HAS_MESSAGE, u32::from(message.is_some()));
    let message = message.unwrap_or_default();
    mem::store32(to + layout::MESSAGE, mem::address(message.as_ptr()));
    mem::store32(to + layout::MESSAGE_LENGTH, message.len() as u32);
    if message.is_empty() {
        return 1;
    }
    utf8(to + layout::MESSAGE)
}

/// Makes the text whose address and length stand at an address valid UTF-8, as a host insists on; gives 1, or 0 if memory ran out.
#[unsafe(export_name = "rt.utf8")]
pub extern "C" fn utf8(at: u32) -> u32 {
    let mut text = mem::bytes(mem::load32(at), mem::load32(at + 4));
    if utf8::valid(text) {
        return 1;
    }
    let mut repaired = Buffer::with_capacity(text.len() as u32);
    while !text.is_empty() {
        let length = utf8::length(text);
        match text.get(..length) {
            Some(character) if length > 0 => repaired.extend(character),
            _ => repaired.extend(&utf8::REPLACEMENT),
        }
        text = text.get(length.max(1)..).unwrap_or_default();
    }
    let Some(repaired) = repaired.finish() else {
        mem::store32(at + 4, 0);
        return 0;
    };
    mem::store32(at, mem::address(repaired.as_ptr()));
    mem::store32(at + 4, repaired.len() as u32);
    1
}

/// `None` if memory ran out.
fn judge(decision: Value) -> Option<Verdict> {
    if !decision.is_defined() {
        return Some(Verdict::Denied(Some(b"the policy gives no decision on this request")));
    }
    if let Some(permitted) = decision.as_bool() {
        return Some(if permitted { Verdict::Permitted } else { Verdict::Denied(None) });
    }
    if let Some(object) = decision.as_object() {
        if let Some(permitted) = object.get_bytes(b"permitted") {
            return Some(match (permitted.as_bool(), object.get_bytes(b"message")) {
                (None, _) => Verdict::Denied(Some(b"the policy's decision has a `permitted` that is no boolean")),
                (Some(permitted), None) => Verdict::Said(permitted, None),
                (Some(permitted), Some(message)) if message.is_null() => Verdict::Said(permitted, None),
                (Some(permitted), Some(message)) => match message.as_str() {
                    Some(message) => Verdict::Said(permitted, Some(message)),
                    None => Verdict::Denied(Some(b"the policy's decision has a `message` that is no string")),
                },
            });
        }
        return match object.get_bytes(b"allow").map(Value::as_bool) {
            Some(Some(true)) => Some(Verdict::Permitted),
            Some(Some(false)) => match object.get_bytes(b"cause").and_then(elements) {
                Some(causes) => denied(causes),
                None => Some(Verdict::Denied(None)),
            },
            Some(None) => Some(Verdict::Denied(Some(b"the policy's decision has an `allow` that is no boolean"))),
            None => Some(Verdict::Denied(Some(
                b"the policy's decision is an object with neither `permitted` nor `allow`",
            ))),
        };
    }
    match elements(decision) {
        Some(violations) if violations.len() == 0 => Some(Verdict::Permitted),
        Some(violations) => denied(violations),
        None => Some(Verdict::Denied(Some(match decision.kind() {
            crate::Kind::Null => b"the policy's decision is null",
            crate::Kind::Number => b"the policy's decision is a number",
            _ => b"the policy's decision is a string",
        }))),
    }
}

/// The elements of an array, or those of a set in Rego's order.
fn elements(value: Value) -> Option<Elements> {
    match value.as_array() {
        Some(array) => Some(array.iter()),
        None => value.as_set().map(|set| set.iter()),
    }
}

/// A denial with the messages of violations; one that has none counts all the same.
fn denied(violations: Elements) -> Option<Verdict> {
    let mut message = Buffer::new();
    for violation in violations {
        let text = match violation.as_object() {
            Some(object) => object.get_bytes(b"msg").and_then(Value::as_str),
            None => violation.as_str(),
        };
        if !message.is_empty() {
            message.extend(b", ");
        }
        message.extend(text.unwrap_or(b"violation without a message"));
    }
    let message = message.finish()?;
    Some(Verdict::Denied((!message.is_empty()).then_some(message)))
}
