//! JSON in and out, and base documents.

use super::memory::finish;
use crate::json::{self, Style, Unwritable};
use crate::value::Value;
use crate::{arena, data, error, mem};
use warrego_abi::{self as abi, error_kind};

/// The value of a JSON text as far as a projection (0: none) asks.
#[unsafe(export_name = "rt.read_json")]
pub extern "C" fn read_json(address: u32, len: u32, projection: u32) -> Value {
    json::read(address, len, projection)
}

/// Ends a decision with its value: the JSON text's length above and its address below; undefined if the value is; [`Value::ERROR`], and the decision
/// goes on, if it failed.
#[unsafe(export_name = "rt.answer")]
pub extern "C" fn answer(value: Value) -> u64 {
    match json::short(value) {
        Some(text) if !arena::exhausted() => {
            finish();
            answered(text)
        }
        _ => answer_at_length(value),
    }
}

#[inline(never)]
fn answer_at_length(value: Value) -> u64 {
    let answer = if value.is_defined() {
        match text(value) {
            Ok(text) => answered(text),
            Err(error) => return error.word(),
        }
    } else if value.word() == abi::ERROR || failed() != 0 {
        return Value::ERROR.word();
    } else {
        Value::UNDEFINED.word()
    };
    finish();
    answer
}

fn answered(text: &'static [u8]) -> u64 {
    (text.len() as u64) << 32 | u64::from(mem::address(text.as_ptr()))
}

/// A value as JSON text: length above, address below; [`Value::ERROR`] if the decision ran out of memory, now or before.
#[unsafe(export_name = "rt.write_json")]
pub extern "C" fn write_json(value: Value) -> u64 {
    match text(value) {
        Ok(text) => answered(text),
        Err(error) => error.word(),
    }
}

fn text(value: Value) -> Result<&'static [u8], Value> {
    json::write(value, Style::Plain).map_err(|unwritable| match unwritable {
        // The arena has raised the error.
        Unwritable::Memory => Value::ERROR,
        Unwritable::Number => error::raise_static(
            error_kind::POLICY,
            "eval_internal_error",
            "the result holds a number that JSON cannot write",
        ),
    })
}

/// What was pushed as base documents; undefined if nothing was.
#[unsafe(export_name = "rt.data")]
pub extern "C" fn root() -> Value {
    data::root()
}

/// Replaces the base documents by a JSON object; 1 if that fails. `rules` is the tree of the places of rules, in which `true` is one.
#[unsafe(export_name = "rt.set_data")]
pub extern "C" fn set_data(rules: Value, address: u32, len: u32) -> u32 {
    u32::from(data::set(rules, address, len).is_none())
}

/// Sets or removes what a JSON pointer refers to in the base documents, which are `static_root` if none were pushed; 1 if that fails. `rules` is
/// the tree of the places of rules.
#[unsafe(export_name = "rt.patch_data")]
pub extern "C" fn patch_data(rules: Value, static_root: Value, path: u32, path_len: u32, has: u32, address: u32, len: u32) -> u32 {
    let text = (has != 0).then_some((address, len));
    u32::from(data::patch(rules, static_root, mem::bytes(path, path_len), text).is_none())
}

/// Whether the decision failed without anybody having been told: memory ran out while something was built.
#[unsafe(export_name = "rt.failed")]
pub extern "C" fn failed() -> u32 {
    u32::from(arena::exhausted() || error::raised())
}
