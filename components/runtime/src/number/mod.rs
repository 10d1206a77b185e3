//! OPA's numbers, as values.
//!
//! A number comes in three forms: a small integer in the word itself, a text (what was read and nobody computed with, and whole numbers beyond
//! 60 bits), and a computed float that is not whole. The modules below know no words: [`decimal`] takes texts apart, [`mod@integer`], [`nat`]
//! and [`long`] are exact, [`float`] rounds like Go's `big.Float`, [`text`] writes floats, [`arithmetic`] chooses between them. This one turns words into
//! [`Number`]s and results back into words.
//!
//! Equality, order and hashes go by value: `1`, `1.0` and `1e0` are one number. OPA's order differs from that in one corner, which is not
//! followed: two texts of more than 15 digits that both end in a zero behind the point count as equal when they round to the same double.
//!
//! The header of a computed number (24 bytes):
//!
//! | offset | float | a text outside JSON's grammar, see [`odd`] |
//! |---|---|---|
//! | 0 | `u64`: mantissa | the word of the text |
//! | 8 | `i32`: exponent | 0 |
//! | 12 | `u32`: 0, or 1 if negative | 2 |
//! | 16 | `u32`: the function that gives its digits | `u64`: the word of the value |

pub mod arithmetic;
pub mod decimal;
pub mod float;
pub mod integer;
pub mod long;
pub mod nat;
pub mod seq;
pub mod text;

use crate::arena::{self, Buffer};
use crate::mem;
use crate::value::Value;
use arithmetic::{Computed, Number, format_small};
use core::cmp::Ordering;
use decimal::Decimal;
use float::Float;
use text::Digits;
use warrego_abi as abi;

/// Bytes of a computed number's header.
const HEADER: u32 = 24;
/// Offset of the exponent.
const EXPONENT: u32 = 8;
/// Offset of the sign, or [`ODD`].
const KIND: u32 = 12;
/// The kind of a number whose text is outside JSON's grammar.
const ODD: u32 = 2;
/// Offset of the function that gives a float's digits, or of an odd number's value.
const DIGITS: u32 = 16;

/// The number in a value; `None` if it is none.
#[inline]
pub fn get(value: Value) -> Option<Number<'static>> {
    match value.tag() {
        abi::INT => value.as_int().map(Number::Small),
        abi::NUMBER_TEXT => Decimal::parse(value.str_bytes()).map(Number::Text),
        abi::NUMBER => computed(value.address()),
        _ => None,
    }
}

fn computed(header: u32) -> Option<Number<'static>> {
    let kind = mem::load32(header + KIND);
    if kind == ODD {
        let value = Value::from_word(mem::load64(header + DIGITS));
        return if value.tag() == abi::NUMBER_TEXT {
            Decimal::parse(value.str_bytes()).map(Number::Text)
        } else {
            value.as_int().map(Number::Small)
        };
    }
    let float = Float {
        negative: kind != 0,
        mantissa: mem::load64(header),
        exponent: mem::load32(header + EXPONENT) as i32,
    };
    Some(Number::Float(float, digits_function(header)))
}

/// The function in a float's header. Function pointers are table indices of 32 bits in Wasm.
fn digits_function(header: u32) -> fn(&Float) -> Digits {
    let at = mem::ptr(header + DIGITS).cast::<fn(&Float) -> Digits>();
    // SAFETY: `set` wrote it, and nothing else makes such headers.
    unsafe { at.read_unaligned() }
}

/// The value of a result.
pub fn set(result: Computed) -> Value {
    match result {
        Computed::Small(small) => integer(small),
        Computed::Text(text) => text_at(text.into_slice()),
        Computed::Float(float) => {
            let header = arena::alloc(HEADER);
            if header == 0 {
                return Value::ERROR;
            }
            mem::store64(header, float.mantissa);
            mem::store32(header + EXPONENT, float.exponent as u32);
            mem::store32(header + KIND, u32::from(float.negative));
            let at = mem::ptr(header + DIGITS).cast::<fn(&Float) -> Digits>();
            // SAFETY: the header is new and has room for it.
            unsafe { at.write_unaligned(text::shortest) };
            Value::number_at(header)
        }
    }
}

/// The value of an integer of any 64 bits.
#[inline]
pub fn integer(value: i64) -> Value {
    match Value::int(value) {
        Some(value) => value,
        None => Value::number_text(format_small(value, &mut [0; 20])),
    }
}

fn text_at(text: &'static [u8]) -> Value {
    if arena::exhausted() {
        return Value::ERROR;
    }
    Value::string_at(abi::NUMBER_TEXT, mem::address(text.as_ptr()), text.len() as u32)
}

/// The value of a number's text, which must outlive it: a small integer if the text is the plain one of such, else the text itself.
pub fn from_text(text: &'static [u8]) -> Value {
    match plain_integer(text).and_then(Value::int) {
        Some(value) => value,
        None => Value::string_at(abi::NUMBER_TEXT, mem::address(text.as_ptr()), text.len() as u32),
    }
}

/// The integer whose plain text this is: no plus, no leading zero, no `-0`, at most 18 digits.
pub fn plain_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let canonical = match digits {
        [b'0'] => !negative,
        [b'1'..=b'9', ..] => digits.len() <= 18,
        _ => false,
    };
    if !canonical {
        return None;
    }
    let mut value = 0i64;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    Some(if negative { -value } else { value })
}

/// A number whose text JSON does not know (`+1`, `007`, `1_000`, `0x1p-2`): `value` is what it counts as, a number of another form.
pub fn odd(text: Value, value: Value) -> Value {
    let header = arena::alloc(HEADER);
    if header == 0 {
        return Value::ERROR;
    }
    mem::store64(header, text.word());
    mem::store32(header + EXPONENT, 0);
    mem::store32(header + KIND, ODD);
    mem::store64(header + DIGITS, value.word());
    Value::number_at(header)
}

/// The order of two numbers.
pub fn compare_words(a: Value, b: Value) -> Ordering {
    match (get(a), get(b)) {
        (Some(a), Some(b)) => a.compare(&b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// Whether two numbers are the same by value.
pub fn equal_words(a: Value, b: Value) -> bool {
    compare_words(a, b) == Ordering::Equal
}

/// A hash that equal numbers share, [`abi::hash_int`] for those that are small integers.
pub fn hash_word(value: Value) -> u32 {
    let decimal_hash = |decimal: &Decimal<'_>| match decimal.to_small() {
        Some(small) => abi::hash_int(small),
        None => abi::hash_int(decimal.hash() as i64),
    };
    match get(value) {
        Some(Number::Small(small)) => abi::hash_int(small),
        Some(Number::Text(decimal)) => decimal_hash(&decimal),
        Some(Number::Float(float, digits)) => {
            let digits = digits(&float);
            decimal_hash(&Decimal::from_digits(float.negative, &digits.digits, digits.point))
        }
        None => 0,
    }
}

/// Appends a number's text as OPA shows it; `false` (but written all the same) if JSON has no such number.
pub fn write_text(value: Value, out: &mut Buffer) -> bool {
    match value.tag() {
        abi::INT => {
            out.extend(format_small(value.as_int().unwrap_or(0), &mut [0; 20]));
            true
        }
        abi::NUMBER_TEXT => {
            let text = value.str_bytes();
            out.extend(text);
            // Literals of Rego may begin with the point; everything else outside JSON's grammar is odd.
            !matches!(text, [b'.', ..] | [b'-', b'.', ..])
        }
        abi::NUMBER if mem::load32(value.address() + KIND) == ODD => {
            out.extend(Value::from_word(mem::load64(value.address())).str_bytes());
            false
        }
        _ => {
            if let Some(Number::Float(float, digits)) = get(value) {
                if float.negative {
                    out.push(b'-');
                }
                let mut text = seq::Seq::with_capacity(32);
                digits(&float).write_general(&mut text);
                out.extend(&text);
            }
            true
        }
    }
}

/// A machine word, if the number is written as an integer: plain digits, or with nothing but zeros behind the point. This is what OPA takes for an
/// integer where it asks for one; `1e2` is none.
pub fn to_i64(value: Value) -> Option<i64> {
    match value.tag() {
        abi::INT => value.as_int(),
        abi::NUMBER_TEXT => integer_of_text(value.str_bytes()),
        abi::NUMBER if mem::load32(value.address() + KIND) == ODD => {
            integer_of_text(Value::from_word(mem::load64(value.address())).str_bytes())
        }
        _ => None,
    }
}

/// See [`to_i64`]; a plus and leading zeros are fine, more than 19 bytes behind the sign are not.
pub fn integer_of_text(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    let mut bytes = digits.iter();
    let mut value = 0u64;
    for byte in bytes.by_ref() {
        match byte {
            b'0'..=b'9' => value = value * 10 + u64::from(byte - b'0'),
            b'.' => break,
            _ => return None,
        }
    }
    if bytes.any(|byte| *byte != b'0') {
        return None;
    }
    if negative {
        0i64.checked_sub_unsigned(value)
    } else {
        i64::try_from(value).ok()
    }
}

/// Whether OPA lets a number into a policy.
pub fn in_range(text: &[u8]) -> bool {
    refusal(text).is_none()
}

/// Why OPA does not let a number into a policy: its exponent is beyond that of Go's `big.Float`, or its binary exponent exceeds 100 000 either way. What is so
/// small that a `big.Float` is zero is let in.
pub fn refusal(text: &[u8]) -> Option<&'static str> {
    /// 2^100000 is 0.999…e30103, and 2^-100001 is 0.500…e-30103.
    const POINT: i64 = 30_103;
    let place = text.iter().position(|byte| byte | 0x20 == b'e')?;
    let (mantissa, exponent) = text.split_at_checked(place)?;
    let decimal = Decimal::parse(text);
    if decimal.is_none() || !reaches(mantissa, exponent.get(1..).unwrap_or_default()) {
        return Some("invalid float");
    }
    let decimal = decimal.filter(|decimal| !decimal.is_zero())?;
    let fits = match decimal.point {
        POINT => decimal.digits().lt(*b"99900209301438450794"),
        point if point == -POINT => decimal.digits().ge(*b"50049945007813508955"),
        point => point.abs() < POINT,
    };
    (!fits).then_some("number too big")
}

/// Whether Go reads a number at all: the exponent, and that of the mantissa as a whole number with its power of two, must fit their machine words.
fn reaches(mantissa: &[u8], exponent: &[u8]) -> bool {
    let (negative, digits) = match exponent {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let exponent = digits.iter().try_fold(0i64, |n, digit| {
        let digit = i64::from(digit.wrapping_sub(b'0'));
        n.checked_mul(10)?.checked_add(if negative { -digit } else { digit })
    });
    let Some(exponent) = exponent else {
        return false;
    };
    let digits = || {
        mantissa
            .iter()
            .filter(|byte| byte.is_ascii_digit())
            .skip_while(|byte| **byte == b'0')
    };
    let significant = digits().take(19).fold(0u64, |n, digit| n * 10 + u64::from(digit - b'0'));
    if significant == 0 {
        return true;
    }
    // log2(10) is 3.3219…; beyond 19 digits a few bits more or less make no difference.
    let more = digits().count().saturating_sub(19) as i64;
    let bits = i64::from(u64::BITS - significant.leading_zeros()) + more * 33_219 / 10_000;
    let decimals = mantissa.iter().rev().position(|byte| *byte == b'.').unwrap_or(0) as i64;
    let binary = exponent.saturating_add(bits - decimals);
    i32::try_from(binary).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_integers() {
        assert_eq!(plain_integer(b"-12"), Some(-12));
        for text in ["", "-", "-0", "01", "+1", "1.0", "1e2", "1234567890123456789"] {
            assert_eq!(plain_integer(text.as_bytes()), None, "{text}");
        }
        assert_eq!(integer_of_text(b"10.00"), Some(10));
        assert_eq!(integer_of_text(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(integer_of_text(b"+007"), Some(7));
        for text in ["9223372036854775808", "1e2", "1.5", "", "-", "1.0.0"] {
            assert_eq!(integer_of_text(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn range() {
        assert!(in_range(b"1e400") && in_range(b"1e-30102") && in_range(b"12345"));
        assert!(!in_range(b"1e30103") && !in_range(b"1e-30104") && !in_range(b"1e1000000000000"));
        assert!(in_range(b"0e999999999") && in_range(b"1e-999999999") && in_range(b"-0.1e-2147483648"));
        for (text, why) in [
            ("1e-646456993", "number too big"),
            ("1e-2147483650", "invalid float"),
            ("0.1e-2147483649", "invalid float"),
            ("1e2147483646", "number too big"),
            ("1e2147483647", "invalid float"),
            ("0e9223372036854775808", "invalid float"),
            ("1e-99999999999999999999", "invalid float"),
        ] {
            assert_eq!(refusal(text.as_bytes()), Some(why), "{text}");
        }
        for text in [
            "1e-646456994",
            "1e-2147483649",
            "12e-2147483652",
            "0e9223372036854775807",
            "123456e-999999999",
        ] {
            assert_eq!(refusal(text.as_bytes()), None, "{text}");
        }
    }
}
