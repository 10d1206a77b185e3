//! `numbers.range`, `numbers.range_step`, `format_int`: whole numbers in a row, and in other bases.

use super::args::{failure, mismatch, operand_error, type_error};
use super::bits::big;
use super::format::write_power_of_two;
use crate::arena;
use crate::collections::Array;
use crate::error;
use crate::number::arithmetic::{Computed, Number};
use crate::number::float::PRECISION;
use crate::number::integer::Integer;
use crate::number::nat::Nat;
use crate::number::seq::Seq;
use crate::number::{self, integer, long};
use crate::value::{Kind, Value};
use core::cmp::Ordering;
use warrego_abi::error_kind;

/// No range is longer than this.
const RANGE_MAX: i64 = 10_000_000;

/// The numbers from `a` towards `b`, up or down, `step` apart.
fn range(name: &str, a: Value, b: Value, step: i64) -> Value {
    let (from, to) = match (number::to_i64(a), number::to_i64(b)) {
        (Some(from), Some(to)) => (from, to),
        _ => return large_range(name, a, b, &Integer::from_i64(step)),
    };
    let count = (i128::from(to) - i128::from(from)).unsigned_abs() / step.unsigned_abs().max(1) as u128 + 1;
    let Some(count) = u32::try_from(count).ok().filter(|count| i64::from(*count) <= RANGE_MAX) else {
        return too_long();
    };
    let result = Array::with_capacity(count);
    let step = if from <= to { step } else { -step };
    let mut at = from;
    for _ in 0..count {
        result.push(integer(at));
        at = at.wrapping_add(step);
    }
    result.value()
}

fn too_long() -> Value {
    error::raise_static(error_kind::LIMIT, "range_limit", "numbers.range: too many numbers")
}

fn large_range(name: &str, a: Value, b: Value, step: &Integer) -> Value {
    let (from, to) = match (big(name, 0, a), big(name, 1, b)) {
        (Ok(from), Ok(to)) => (from, to),
        (Err(error), _) | (_, Err(error)) => return error,
    };
    let down = from.compare(&to) == Ordering::Greater;
    let longest = step.magnitude.mul(&Nat::from_u64(RANGE_MAX as u64));
    if to.sub(&from).magnitude.compare(&longest) != Ordering::Less {
        return too_long();
    }
    let beyond = if down { Ordering::Less } else { Ordering::Greater };
    let step = if down { step.negated() } else { step.clone() };
    let result = Array::new();
    let mut at = from;
    while at.compare(&to) != beyond {
        if i64::from(result.len()) >= RANGE_MAX {
            return too_long();
        }
        if arena::exhausted() {
            return Value::ERROR;
        }
        result.push(number::set(Computed::of_integer(&at)));
        at = at.add(&step);
    }
    result.value()
}

/// The whole numbers from `a` to `b`, both included.
#[unsafe(export_name = "b.numbers.range")]
pub extern "C" fn numbers_range(a: Value, b: Value) -> Value {
    range("numbers.range", a, b, 1)
}

/// Every so many of the whole numbers from `a` to `b`.
#[unsafe(export_name = "b.numbers.range_step")]
pub extern "C" fn range_step(a: Value, b: Value, step: Value) -> Value {
    const NAME: &str = "numbers.range_step";
    for (position, operand) in [a, b, step].into_iter().enumerate() {
        if let Err(error) = big(NAME, position, operand) {
            return error;
        }
    }
    let Ok(distance) = big(NAME, 2, step) else {
        return Value::UNDEFINED;
    };
    if distance.negative || distance.magnitude.is_zero() {
        return failure(NAME, "numbers.range_step: step must be a positive integer");
    }
    match distance.to_i64() {
        Some(step) => range(NAME, a, b, step),
        None => large_range(NAME, a, b, &distance),
    }
}

/// A number in base 2, 8, 10 or 16, without its fraction.
#[unsafe(export_name = "b.format_int")]
pub extern "C" fn format_int(a: Value, base: Value) -> Value {
    const NAME: &str = "format_int";
    let Some(value) = number::get(a) else {
        return type_error(NAME, 0, a, "number");
    };
    let shift = match base.as_int() {
        Some(2) => 1,
        Some(8) => 3,
        Some(10) => 0,
        Some(16) => 4,
        _ if base.is_number() => return operand_error(NAME, 1, "must be one of {2, 8, 10, 16}"),
        _ => return mismatch(NAME, &[(a, Kind::Number), (base, Kind::Number)]),
    };
    // Only plain digits are exact; `1e30` goes through a float as everything with a point or an exponent does.
    let plain = match a.as_number_text() {
        Some(text) => text.iter().all(|byte| !matches!(byte, b'.' | b'e' | b'E')),
        None => true,
    };
    long::enable();
    let whole = match (value.to_integer().filter(|_| plain), number::to_i64(a)) {
        (Some(whole), _) => whole,
        (None, Some(whole)) if shift == 0 => Integer::from_i64(whole),
        _ => truncated(&value),
    };
    let mut text = Seq::new();
    if shift == 0 {
        whole.write(&mut text);
    } else {
        if whole.negative {
            text.push(b'-');
        }
        write_power_of_two(&whole.magnitude, shift, false, &mut text);
    }
    Value::string_static(text.into_slice())
}

fn truncated(number: &Number<'_>) -> Integer {
    number.to_float(PRECISION).truncated()
}
