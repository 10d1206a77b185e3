//! `to_number`: what Go's `strconv.ParseFloat` takes for a number. The text is kept, also where JSON has no such number (`+1`, `1_000`, `0x1p-2`);
//! then the value travels beside it.

use super::args::{failure_parts, operand_error, type_error};
use super::hex::nibble;
use super::quote;
use crate::arena::Buffer;
use crate::error;
use crate::number::decimal::Decimal;
use crate::number::nat::Nat;
use crate::number::seq::Seq;
use crate::number::{self, integer, long};
use crate::value::{Kind, Value};

const NAME: &str = "to_number";

/// Powers of two that matter to doubles and to what comes near them.
const POWER_MAX: i64 = 5000;
/// So many bits tell a hexadecimal number from all that a float or double can be; of more digits it counts only whether they are zero.
const BITS_KEPT: u64 = 8192;

/// A number from what may be one.
#[unsafe(export_name = "b.to_number")]
pub extern "C" fn to_number(a: Value) -> Value {
    match a.kind() {
        Kind::Null => integer(0),
        Kind::Boolean => integer(i64::from(a.as_bool() == Some(true))),
        Kind::Number => a,
        Kind::String => from_string(a),
        _ => type_error(NAME, 0, a, "one of {null, boolean, number, string}"),
    }
}

/// The least magnitude that no double is near: it lies halfway between the largest one and 2^1024.
const TOO_LARGE: &[u8] =
    b"179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910\
    946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834\
    936475292719074168444365510704342711559699508093042880177904174497792";

/// Whether a decimal is beyond the range of doubles; asked of its digits, for converting a million of them would take long.
fn too_large(decimal: Decimal<'_>) -> bool {
    let mut magnitude = decimal;
    magnitude.negative = false;
    // Below 10^308, and so below the bound of 309 digits.
    if magnitude.point < 309 {
        return false;
    }
    Decimal::parse(TOO_LARGE).is_some_and(|bound| magnitude.compare(&bound).is_ge())
}

/// What is wrong with a text.
enum Fault {
    Syntax,
    Range,
}

fn from_string(a: Value) -> Value {
    let text = a.str_bytes();
    let bare = text.iter().position(|byte| !matches!(byte, b'+' | b'-')).unwrap_or(text.len());
    let word = text.get(bare..).unwrap_or_default();
    if [&b"inf"[..], b"infinity", b"nan"]
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name))
    {
        return operand_error(NAME, 0, "must be valid number string but got string");
    }
    // OPA looks at the exponent of what has an `e`.
    let refusal = Decimal::parse(text).and_then(|_| number::refusal(text));
    match (convert(text), refusal) {
        (Ok(_), Some(refusal)) => failure_parts(NAME, &[b"invalid number: ", refusal.as_bytes()]),
        (Ok(Some(value)), None) => number::odd(a, value),
        (Ok(None), None) => number::from_text(text),
        (Err(fault), _) => complain(text, &fault),
    }
}

#[cold]
fn complain(text: &[u8], fault: &Fault) -> Value {
    if !error::strict() {
        return Value::UNDEFINED;
    }
    let mut quoted = Buffer::new();
    quote::quote(text, false, &mut quoted);
    let what: &[u8] = match fault {
        Fault::Syntax => b": invalid syntax",
        Fault::Range => b": value out of range",
    };
    failure_parts(NAME, &[b"strconv.ParseFloat: parsing ", quoted.as_bytes(), what])
}

/// `None` if the text is a number of JSON, else the value it stands for.
fn convert(text: &[u8]) -> Result<Option<Value>, Fault> {
    long::enable();
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if let [b'0', b'x' | b'X', rest @ ..] = digits {
        return hexadecimal(sign, rest).map(Some);
    }
    if !underscores_fit(digits, u8::is_ascii_digit) {
        return Err(Fault::Syntax);
    }
    let mut clean = Seq::with_capacity(text.len());
    clean.extend(text.iter().copied().filter(|byte| *byte != b'_'));
    let clean = clean.into_slice();
    let decimal = Decimal::parse(clean).ok_or(Fault::Syntax)?;
    if too_large(decimal) {
        return Err(Fault::Range);
    }
    if crate::json::scan::number_length(text) == text.len() && !text.is_empty() {
        return Ok(None);
    }
    Ok(Some(plain(clean)))
}

/// The value of a text that [`Decimal`] reads, without what only spells it: a plus, leading zeros.
fn plain(text: &'static [u8]) -> Value {
    match Decimal::parse(text).and_then(|decimal| decimal.to_small()) {
        Some(small) => integer(small),
        None => number::from_text(text),
    }
}

/// Underscores must stand between digits.
fn underscores_fit(digits: &[u8], is_digit: fn(&u8) -> bool) -> bool {
    let digit = |at: Option<usize>| at.and_then(|at| digits.get(at)).is_some_and(is_digit);
    let mut places = digits.iter().enumerate().filter(|(_, byte)| **byte == b'_');
    places.all(|(at, _)| digit(at.checked_sub(1)) && digit(Some(at + 1)))
}

/// `1.8p-2`, behind `0x`: the value, written in decimal.
fn hexadecimal(negative: bool, text: &[u8]) -> Result<Value, Fault> {
    // One underscore may stand right behind the prefix.
    let text = text.strip_prefix(b"_").unwrap_or(text);
    if !underscores_fit(text, u8::is_ascii_hexdigit) {
        return Err(Fault::Syntax);
    }
    let split = text.iter().position(|byte| matches!(byte, b'p' | b'P')).ok_or(Fault::Syntax)?;
    let (mantissa, exponent) = text.split_at_checked(split).ok_or(Fault::Syntax)?;
    let mut power = exponent_value(exponent.get(1..).unwrap_or_default()).ok_or(Fault::Syntax)?;
    let mut value = Nat::zero();
    let (mut point, mut any, mut more) = (false, false, false);
    for byte in mantissa.iter().filter(|byte| **byte != b'_') {
        if *byte == b'.' && !point {
            point = true;
            continue;
        }
        let digit = nibble(*byte).ok_or(Fault::Syntax)?;
        any = true;
        if value.bits() < BITS_KEPT {
            value.mul_add(16, u32::from(digit));
            power -= if point { 4 } else { 0 };
        } else {
            more |= digit != 0;
            power += if point { 0 } else { 4 };
        }
    }
    if more {
        value.mul_add(16, 1);
        power -= 4;
    }
    if !any {
        return Err(Fault::Syntax);
    }
    if value.is_zero() || power + (value.bits() as i64) < -POWER_MAX {
        return Ok(integer(0));
    }
    if power + value.bits() as i64 > 1024 {
        return Err(Fault::Range);
    }
    let mut decimal = Seq::new();
    if negative {
        decimal.push(b'-');
    }
    if power >= 0 {
        value.shl(power as u64).write_decimal(&mut decimal);
    } else {
        value.mul_pow5(power.unsigned_abs());
        value.write_decimal(&mut decimal);
        decimal.extend(*b"e-");
        Nat::from_u64(power.unsigned_abs()).write_decimal(&mut decimal);
    }
    Ok(plain(decimal.into_slice()))
}

fn exponent_value(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let starts = digits.first().is_some_and(u8::is_ascii_digit);
    if !starts || !digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'_') {
        return None;
    }
    let digits = digits.iter().filter(|byte| **byte != b'_');
    let value = digits.fold(0i64, |n, digit| (n * 10 + i64::from(digit - b'0')).min(100_000));
    Some(if negative { -value } else { value })
}
