//! How a decision fails: one record, which `rt.error` shows to the host's glue.
//!
//! The first error counts; whoever sees [`Value::ERROR`] hands it on. A failing built-in is an error only when the policy was compiled with strict
//! built-in errors, else its call is undefined and nothing is written down, so messages come in pieces that are put together only when needed.

use crate::arena::Buffer;
use crate::mem::{self, Global};
use crate::value::Value;
use warrego_abi::{ErrorRecord, error_kind};

/// A built-in got a value of the wrong type.
pub const TYPE_ERROR: &str = "eval_type_error";
/// A built-in failed otherwise.
pub const BUILTIN_ERROR: &str = "eval_builtin_error";
/// Rules or functions disagreed.
pub const CONFLICT_ERROR: &str = "eval_conflict_error";
/// A document is not JSON, or none that is accepted.
pub const MALFORMED_INPUT: &str = "malformed_input";

struct State {
    record: ErrorRecord,
    raised: bool,
    strict: bool,
}

static STATE: Global<State> = Global::new(State {
    record: ErrorRecord {
        kind: 0,
        code: [0; 2],
        message: [0; 2],
        file: [0; 2],
        row: 0,
        col: 0,
    },
    raised: false,
    strict: false,
});

/// The record; meaningful after an error was raised.
pub fn record() -> &'static mut ErrorRecord {
    &mut STATE.get().record
}

/// Forgets the last decision's error.
#[inline]
pub fn clear() {
    STATE.get().raised = false;
}

/// Whether an error was raised since the decision began.
#[inline]
pub fn raised() -> bool {
    STATE.get().raised
}

/// Whether failing built-ins raise errors.
pub fn strict() -> bool {
    STATE.get().strict
}

/// Says whether failing built-ins raise errors.
pub fn set_strict(strict: bool) {
    STATE.get().strict = strict;
}

fn parts(text: &[u8]) -> [u32; 2] {
    [mem::address(text.as_ptr()), text.len() as u32]
}

fn write(kind: u32, code: [u32; 2], message: [u32; 2]) {
    let state = STATE.get();
    if !state.raised {
        state.raised = true;
        state.record = ErrorRecord {
            kind,
            code,
            message,
            ..ErrorRecord::default()
        };
    }
}

/// Raises an error whose texts last.
pub fn raise_static(kind: u32, code: &'static str, message: &'static str) -> Value {
    write(kind, parts(code.as_bytes()), parts(message.as_bytes()));
    Value::ERROR
}

/// Raises an error whose texts are strings of this decision (see [`error_kind`]).
pub fn raise_values(kind: u32, code: Value, message: Value) -> Value {
    write(kind, parts(code.str_bytes()), parts(message.str_bytes()));
    Value::ERROR
}

/// Raises an error whose texts last.
pub fn raise_bytes(kind: u32, code: &'static str, message: &'static [u8]) -> Value {
    write(kind, parts(code.as_bytes()), parts(message));
    Value::ERROR
}

/// Whether the error raised has this very message.
pub fn says(message: &'static [u8]) -> bool {
    record().message == parts(message)
}

/// Replaces the message of the error raised.
pub fn set_message(message: &'static [u8]) {
    record().message = parts(message);
}

/// Raises an error whose message is the pieces in a row.
pub fn raise(kind: u32, code: &'static str, message: &[&[u8]]) -> Value {
    if !raised() {
        let mut buffer = Buffer::new();
        for piece in message {
            buffer.extend(piece);
        }
        if let Some(message) = buffer.finish() {
            write(kind, parts(code.as_bytes()), parts(message));
        }
    }
    Value::ERROR
}

/// A built-in failed with one of OPA's codes: an error when built-in errors are strict, else undefined.
pub fn builtin(code: &'static str, message: &[&[u8]]) -> Value {
    if strict() {
        raise(error_kind::POLICY, code, message)
    } else {
        Value::UNDEFINED
    }
}

/// Sets the place of the error raised, unless it has one.
pub fn locate(file: Value, row: u32, col: u32) {
    let record = record();
    if record.row == 0 {
        record.file = parts(file.str_bytes());
        record.row = row;
        record.col = col;
    }
}
