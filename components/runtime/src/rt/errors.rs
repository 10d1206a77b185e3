//! Errors of a decision.

use crate::conflicts::{self, Produced};
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

/// Raises the conflict of two values for one key of an object.
#[unsafe(export_name = "rt.conflict")]
pub extern "C" fn conflict(file: Value, row: u32, col: u32) -> Value {
    let raised = error::raise_static(error_kind::CONFLICT, error::CONFLICT_ERROR, "object keys must be unique");
    error::locate(file, row, col);
    raised
}

/// Notes that rules disagree: `value` from one place, `first` (or `ERROR`, if that is not the first such value) from another.
/// See [`crate::conflicts`].
#[unsafe(export_name = "rt.conflict_value")]
pub extern "C" fn conflict_value(table: Value, site: u32, value: Value, first: Value, first_site: u32) -> Value {
    conflicts::note(
        table,
        Produced { value, site },
        Produced {
            value: first,
            site: first_site,
        },
    )
}

/// Notes that a rule disagrees with itself: it gave `held`, and then another value; `first` is what other rules gave, or undefined.
#[unsafe(export_name = "rt.conflict_within")]
pub extern "C" fn conflict_within(
    table: Value,
    site: u32,
    value: Value,
    held: Value,
    held_site: u32,
    first: Value,
    first_site: u32,
) -> Value {
    let held = Produced {
        value: held,
        site: held_site,
    };
    if first.word() == Value::UNDEFINED.word() {
        return conflicts::note(table, Produced { value, site }, held);
    }
    // One of the two differs from the first.
    let first = Produced {
        value: first,
        site: first_site,
    };
    let other = if conflicts::agrees(held.value, first.value) {
        Produced { value, site }
    } else {
        held
    };
    conflicts::note(table, other, first)
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
