//! `units.parse`, `units.parse_bytes`: amounts with units, `10.5Mi`, `3kb`.

use super::args::{failure_parts, type_error};
use super::case;
use crate::error;
use crate::number;
use crate::number::arithmetic::Computed;
use crate::number::decimal::Decimal;
use crate::number::float::{Float, PRECISION};
use crate::number::long;
use crate::number::nat::Nat;
use crate::number::seq::Seq;
use crate::value::Value;
use core::cmp::Ordering;
use warrego_abi::error_kind;

/// No amount is written out with more digits than this.
const DIGITS_MAX: i64 = 40_000;
/// Exponents have no more digits than this.
const EXPONENT_DIGITS: usize = 6;

/// What a text consists of.
struct Amount<'a> {
    number: &'a [u8],
    unit: &'a [u8],
}

/// Takes number and unit apart; `None` if the exponent is too long.
fn take_apart(text: &[u8]) -> Option<Amount<'_>> {
    let at = |at: usize| text.get(at).copied().unwrap_or(0);
    let digits_from = |start: usize| text.iter().skip(start).take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = 0;
    while end < text.len() {
        match at(end) {
            b'0'..=b'9' | b'.' | b'+' | b'-' => {}
            b'e' | b'E' if matches!(at(end + 1), b'0'..=b'9' | b'+' | b'-') => {
                if matches!(at(end + 1), b'+' | b'-') {
                    end += 1;
                }
                if digits_from(end + 1) > EXPONENT_DIGITS {
                    return None;
                }
            }
            _ => break,
        }
        end += 1;
    }
    let (number, unit) = text.split_at_checked(end.min(text.len()))?;
    Some(Amount { number, unit })
}

/// The amount in a string without its quotes, or what is wrong with it.
fn amount<'a>(name: &str, text: &'a [u8], nothing: &str) -> Result<Amount<'a>, Value> {
    if text.contains(&b' ') {
        return Err(fail(name, &[b"spaces not allowed in resource strings"]));
    }
    let Some(amount) = take_apart(text) else {
        return Err(fail(name, &[b"exponent too large"]));
    };
    if amount.number.is_empty() {
        return Err(fail(name, &[nothing.as_bytes()]));
    }
    Ok(amount)
}

/// OPA writes the name twice.
#[cold]
fn fail(name: &str, what: &[&[u8]]) -> Value {
    let [first, second, third] = [what.first(), what.get(1), what.get(2)].map(|part| part.copied().unwrap_or_default());
    failure_parts(name, &[name.as_bytes(), b": ", first, second, third])
}

fn without_quotes(text: &[u8]) -> &'static [u8] {
    let mut clean = Seq::with_capacity(text.len());
    clean.extend(text.iter().copied().filter(|byte| *byte != b'"'));
    clean.into_slice()
}

/// `1000^n` or `1024^n` by the unit's first letter in lower case.
fn power(letter: u8, base: u64) -> Option<u64> {
    let n = match letter {
        b'k' => 1,
        b'm' => 2,
        b'g' => 3,
        b't' => 4,
        b'p' => 5,
        b'e' => 6,
        _ => return None,
    };
    Some(base.pow(n))
}

/// What a unit of `units.parse` stands for; `None` in `Some` is a thousandth.
fn unit_factor(unit: &[u8]) -> Option<Option<u64>> {
    match unit {
        [] => Some(Some(1)),
        [b'm'] => Some(None),
        [b'M'] => Some(power(b'm', 1000)),
        [letter] => power(letter.to_ascii_lowercase(), 1000).map(Some),
        [letter, b'i'] => power(letter.to_ascii_lowercase(), 1024).map(Some),
        _ => None,
    }
}

/// An amount with an SI unit, exact: whole, or with ten decimals.
#[unsafe(export_name = "b.units.parse")]
pub extern "C" fn parse(a: Value) -> Value {
    const NAME: &str = "units.parse";
    let Some(text) = a.as_str() else {
        return type_error(NAME, 0, a, "string");
    };
    let amount = match amount(NAME, without_quotes(text), "no amount provided") {
        Ok(amount) => amount,
        Err(error) => return error,
    };
    // The first letter tells `m` from `M`, all others don't matter.
    let mut unit = Seq::with_capacity(amount.unit.len());
    unit.extend(amount.unit.first().copied());
    unit.extend(case::lowered(amount.unit.get(1..).unwrap_or_default()).iter().copied());
    let Some(factor) = unit_factor(&unit) else {
        return fail(NAME, &[b"unit ", &unit, b" not recognized"]);
    };
    match Decimal::parse(amount.number) {
        Some(decimal) => scaled(&decimal, factor),
        None => fail(NAME, &[b"could not parse amount to a number"]),
    }
}

/// A decimal times a factor. A thousandth is the double next to it, as in OPA, which shows in large amounts.
fn scaled(decimal: &Decimal<'_>, factor: Option<u64>) -> Value {
    if decimal.point > DIGITS_MAX {
        return error::raise_static(error_kind::LIMIT, "number_limit", "units.parse: the amount is too large");
    }
    long::enable();
    let mut digits = Nat::from_decimal(decimal.digits(), decimal.digit_count() as usize);
    let mut decimals = decimal.digit_count() - decimal.point;
    match factor {
        Some(factor) => digits = digits.mul(&Nat::from_u64(factor)),
        None => {
            const MANTISSA: u64 = 0x10_624d_d2f1_a9fc;
            digits = digits.mul(&Nat::from_u64(MANTISSA));
            digits.mul_pow5(62);
            decimals += 62;
        }
    }
    let mut text = Seq::new();
    if decimal.negative && !digits.is_zero() {
        text.push(b'-');
    }
    if digits.is_zero() || decimals <= 0 {
        digits.mul_pow10(decimals.unsigned_abs());
        digits.write_decimal(&mut text);
        return number::from_text(text.into_slice());
    }
    // Too small for ten decimals: don't write out the power of ten.
    let (whole, rest) = if decimals > DIGITS_MAX {
        (Nat::zero(), digits)
    } else {
        let mut one = Nat::from_u64(1);
        one.mul_pow10(decimals.unsigned_abs());
        digits.div_rem(&one)
    };
    if rest.is_zero() {
        whole.write_decimal(&mut text);
        return number::from_text(text.into_slice());
    }
    write_rounded(whole, rest, decimals, &mut text);
    number::from_text(text.into_slice())
}

/// Appends `whole + rest / 10^decimals` with ten decimals, halves away from zero.
fn write_rounded(whole: Nat, rest: Nat, decimals: i64, text: &mut Seq<u8>) {
    const PLACES: i64 = 10;
    let mut units = whole;
    units.mul_pow10(PLACES.unsigned_abs());
    let mut fraction = rest;
    if decimals <= PLACES {
        fraction.mul_pow10((PLACES - decimals).unsigned_abs());
        units = units.add(&fraction);
    } else if decimals <= DIGITS_MAX {
        let mut one = Nat::from_u64(1);
        one.mul_pow10((decimals - PLACES).unsigned_abs());
        let (more, left) = fraction.div_rem(&one);
        units = units.add(&more);
        if left.shl(1).compare(&one) != Ordering::Less {
            units = units.add(&Nat::from_u64(1));
        }
    }
    let mut digits = Seq::new();
    units.write_decimal(&mut digits);
    let count = digits.len();
    let places = PLACES.unsigned_abs() as usize;
    let mut padded = Seq::new();
    padded.fill_up_with(b'0', (places + 1).saturating_sub(count));
    padded.extend(digits.iter().copied());
    let point = padded.len() - places;
    text.extend(padded.iter().copied().take(point));
    text.push(b'.');
    text.extend(padded.iter().copied().skip(point));
}

/// A number of bytes, without its fraction.
#[unsafe(export_name = "b.units.parse_bytes")]
pub extern "C" fn parse_bytes(a: Value) -> Value {
    const NAME: &str = "units.parse_bytes";
    let Some(text) = a.as_str() else {
        return type_error(NAME, 0, a, "string");
    };
    let amount = match amount(NAME, without_quotes(case::lowered(text)), "no byte amount provided") {
        Ok(amount) => amount,
        Err(error) => return error,
    };
    let factor = match amount.unit {
        [] => Some(1),
        [letter] | [letter, b'b'] => power(*letter, 1000),
        [letter, b'i'] | [letter, b'i', b'b'] => power(*letter, 1024),
        _ => None,
    };
    let Some(factor) = factor else {
        return fail(NAME, &[b"byte unit ", amount.unit, b" not recognized"]);
    };
    let Some(decimal) = Decimal::parse(amount.number) else {
        return fail(NAME, &[b"could not parse byte amount to a number"]);
    };
    if decimal.point > DIGITS_MAX {
        return error::raise_static(error_kind::LIMIT, "number_limit", "units.parse_bytes: the amount is too large");
    }
    let scale = Float::from_i64(factor as i64);
    let product = Float::from_decimal(&decimal, PRECISION).mul(&scale, PRECISION);
    number::set(Computed::of_integer(&product.truncated()))
}
