//! `bits.*`: integers of any size as bits in two's complement.

use super::args::{operand_error, type_error};
use crate::error;
use crate::number::arithmetic::Computed;
use crate::number::integer::Integer;
use crate::number::{self, integer, long};
use crate::value::Value;
use warrego_abi::error_kind;

/// No shift makes an integer longer than this.
const BITS_MAX: u64 = 1 << 24;

/// An operand that must be whole, of any size; `1e3` and `2.0` are.
pub fn big(name: &str, position: usize, value: Value) -> Result<Integer, Value> {
    long::enable();
    let Some(number) = number::get(value) else {
        return Err(type_error(name, position, value, "integer"));
    };
    number
        .to_integer()
        .ok_or_else(|| operand_error(name, position, "must be integer number but got floating-point number"))
}

fn both(name: &str, a: Value, b: Value) -> Result<(Integer, Integer), Value> {
    Ok((big(name, 0, a)?, big(name, 1, b)?))
}

fn bitwise(name: &str, a: Value, b: Value, small: fn(i64, i64) -> i64, large: fn(u32, u32) -> u32) -> Value {
    if let (Some(x), Some(y)) = (a.as_int(), b.as_int()) {
        return integer(small(x, y));
    }
    match both(name, a, b) {
        Ok((a, b)) => number::set(Computed::of_integer(&a.bitwise(&b, large))),
        Err(error) => error,
    }
}

/// The bits that both have.
#[unsafe(export_name = "b.bits.and")]
pub extern "C" fn and(a: Value, b: Value) -> Value {
    bitwise("bits.and", a, b, |x, y| x & y, |x, y| x & y)
}

/// The bits that one of them has.
#[unsafe(export_name = "b.bits.or")]
pub extern "C" fn or(a: Value, b: Value) -> Value {
    bitwise("bits.or", a, b, |x, y| x | y, |x, y| x | y)
}

/// The bits that only one of them has.
#[unsafe(export_name = "b.bits.xor")]
pub extern "C" fn xor(a: Value, b: Value) -> Value {
    bitwise("bits.xor", a, b, |x, y| x ^ y, |x, y| x ^ y)
}

/// The bits that it has not.
#[unsafe(export_name = "b.bits.negate")]
pub extern "C" fn negate(a: Value) -> Value {
    match big("bits.negate", 0, a) {
        Ok(a) => number::set(Computed::of_integer(&a.not())),
        Err(error) => error,
    }
}

/// The operands of a shift: what is shifted, and by how much.
fn shift(name: &str, a: Value, b: Value) -> Result<(Integer, u64), Value> {
    let (a, b) = both(name, a, b)?;
    if b.negative {
        return Err(operand_error(
            name,
            1,
            "must be an unsigned integer number but got a negative integer",
        ));
    }
    // Like OPA, which looks at no more than 64 bits of it.
    Ok((a, b.magnitude.low_u64()))
}

/// Shifts to the left.
#[unsafe(export_name = "b.bits.lsh")]
pub extern "C" fn lsh(a: Value, b: Value) -> Value {
    match shift("bits.lsh", a, b) {
        Ok((a, _)) if a.magnitude.is_zero() => integer(0),
        Ok((a, by)) if by.saturating_add(a.magnitude.bits()) <= BITS_MAX => number::set(Computed::of_integer(&a.shl(by))),
        Ok(_) => error::raise_static(error_kind::LIMIT, "number_limit", "bits.lsh: the result is too large"),
        Err(error) => error,
    }
}

/// Shifts to the right, rounding down.
#[unsafe(export_name = "b.bits.rsh")]
pub extern "C" fn rsh(a: Value, b: Value) -> Value {
    match shift("bits.rsh", a, b) {
        Ok((a, by)) => number::set(Computed::of_integer(&a.shr(by))),
        Err(error) => error,
    }
}
