//! `plus`, `minus`, `mul`, `div`, `rem`, `abs`, `round`, `ceil`, `floor`: operators on numbers, and `minus` on sets. Small integers never leave
//! their words; everything else goes through [`crate::number`].

use super::args::{failure, mismatch, type_error};
use super::sets;
use crate::number::arithmetic::{self, ArithmeticError, Computed, Number};
use crate::number::{self, integer};
use crate::value::{Kind, Value};

fn operands(name: &str, a: Value, b: Value) -> Result<(Number<'static>, Number<'static>), Value> {
    match (number::get(a), number::get(b)) {
        (Some(a), Some(b)) => Ok((a, b)),
        _ => Err(mismatch(name, &[(a, Kind::Number), (b, Kind::Number)])),
    }
}

fn finish(name: &str, result: Result<Computed, ArithmeticError>) -> Value {
    match result {
        Ok(result) => number::set(result),
        Err(error) => failure(name, error.message()),
    }
}

/// `a + b`.
#[unsafe(export_name = "b.plus")]
pub extern "C" fn plus(a: Value, b: Value) -> Value {
    if let (Some(x), Some(y)) = (a.as_int(), b.as_int()) {
        return integer(x + y);
    }
    match operands("plus", a, b) {
        Ok((a, b)) => number::set(arithmetic::add(&a, &b)),
        Err(error) => error,
    }
}

/// `a - b`, of numbers and of sets.
#[unsafe(export_name = "b.minus")]
pub extern "C" fn minus(a: Value, b: Value) -> Value {
    if let (Some(x), Some(y)) = (a.as_int(), b.as_int()) {
        return integer(x - y);
    }
    if let (Some(x), Some(y)) = (number::get(a), number::get(b)) {
        return number::set(arithmetic::sub(&x, &y));
    }
    if let (Some(x), Some(y)) = (a.as_set(), b.as_set()) {
        return sets::difference(x, y);
    }
    if !a.is_number() && a.kind() != Kind::Set {
        return type_error("minus", 0, a, "one of {number, set}");
    }
    type_error("minus", 1, b, if b.is_number() { "set" } else { "number" })
}

/// `a * b`.
#[unsafe(export_name = "b.mul")]
pub extern "C" fn mul(a: Value, b: Value) -> Value {
    if let (Some(x), Some(y)) = (a.as_int(), b.as_int())
        && let Some(product) = x.checked_mul(y)
    {
        return integer(product);
    }
    match operands("mul", a, b) {
        Ok((a, b)) => number::set(arithmetic::mul(&a, &b)),
        Err(error) => error,
    }
}

/// `a / b`.
#[unsafe(export_name = "b.div")]
pub extern "C" fn div(a: Value, b: Value) -> Value {
    if let (Some(x), Some(y)) = (a.as_int(), b.as_int())
        && x != 0
        && y != 0
        && x % y == 0
    {
        return integer(x / y);
    }
    match operands("div", a, b) {
        Ok((a, b)) => finish("div", arithmetic::div(&a, &b)),
        Err(error) => error,
    }
}

/// `a % b`.
#[unsafe(export_name = "b.rem")]
pub extern "C" fn rem(a: Value, b: Value) -> Value {
    if let (Some(x), Some(y)) = (a.as_int(), b.as_int())
        && y != 0
    {
        return integer(x % y);
    }
    match operands("rem", a, b) {
        Ok((a, b)) => finish("rem", arithmetic::rem(&a, &b)),
        Err(error) => error,
    }
}

/// What makes numbers whole leaves integers as they are.
fn whole(name: &str, a: Value, large: fn(&Number<'_>) -> Computed) -> Value {
    if let Some(x) = number::to_i64(a) {
        return integer(x);
    }
    match number::get(a) {
        Some(a) => number::set(large(&a)),
        None => type_error(name, 0, a, "number"),
    }
}

/// The distance from zero.
#[unsafe(export_name = "b.abs")]
pub extern "C" fn abs(a: Value) -> Value {
    if let Some(x) = number::to_i64(a).and_then(i64::checked_abs) {
        return integer(x);
    }
    match number::get(a) {
        Some(a) => number::set(arithmetic::abs(&a)),
        None => type_error("abs", 0, a, "number"),
    }
}

/// To the nearest whole number, halves away from zero.
#[unsafe(export_name = "b.round")]
pub extern "C" fn round(a: Value) -> Value {
    whole("round", a, arithmetic::round)
}

/// Up to a whole number.
#[unsafe(export_name = "b.ceil")]
pub extern "C" fn ceil(a: Value) -> Value {
    whole("ceil", a, arithmetic::ceil)
}

/// Down to a whole number.
#[unsafe(export_name = "b.floor")]
pub extern "C" fn floor(a: Value) -> Value {
    whole("floor", a, arithmetic::floor)
}
