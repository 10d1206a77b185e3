//! Errors of a decision.

use crate::error;
use crate::mem;
use crate::value::Value;
use warrego_abi::error_kind;

/// The address of the error record.
#[unsafe(export_name = "rt.error")]
pub extern "C" fn record() -> u32 {
    mem::address(error::record())
}

/// Sets the place of the error raised, unless it has one.
#[unsafe(export_name = "rt.locate")]
pub extern "C" fn locate(file: Value, row: u32, col: u32) {
    error::locate(file, row, col);
}

/// Raises a conflict: 0 complete rules, 1 functions, 2 object keys.
#[unsafe(export_name = "rt.conflict")]
pub extern "C" fn conflict(kind: u32, file: Value, row: u32, col: u32) -> Value {
    let message = match kind {
        0 => "complete rules must not produce multiple outputs",
        1 => "functions must not produce multiple outputs for same inputs",
        _ => "object keys must be unique",
    };
    let raised = error::raise_static(error_kind::CONFLICT, error::CONFLICT_ERROR, message);
    error::locate(file, row, col);
    raised
}

/// Raises any error.
#[unsafe(export_name = "rt.raise")]
pub extern "C" fn raise(kind: u32, code: Value, message: Value) -> Value {
    error::raise_values(kind, code, message)
}

/// Says whether failing built-ins raise errors (1) or are undefined (0).
#[unsafe(export_name = "rt.strict")]
pub extern "C" fn strict(on: u32) {
    error::set_strict(on != 0);
}
