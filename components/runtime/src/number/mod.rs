//! Numbers beyond small integers.

use crate::arena::Buffer;
use crate::value::Value;
use core::cmp::Ordering;

/// Compares two numbers of any representation by their value.
pub fn compare_words(a: Value, b: Value) -> Ordering {
    match (a.as_int(), b.as_int()) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.word().cmp(&b.word()),
    }
}

/// The hash of a number that is no small integer: that of its value, however it is written.
pub fn hash_word(value: Value) -> u32 {
    warrego_abi::hash_int(value.as_int().unwrap_or_default())
}

/// Writes a number as JSON.
pub fn write_text(value: Value, out: &mut Buffer) {
    if let Some(text) = value.as_number_text() {
        out.extend(text);
    }
}
