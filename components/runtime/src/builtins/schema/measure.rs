//! Types, numbers and equality as schemas see them: `1.0` is an integer, and values are equal when their texts are once all numbers are doubles.

use super::model::TYPES;
use crate::builtins::tree::Tree;
use crate::number::decimal::Decimal;
use crate::number::float::{Float, PRECISION};
use crate::number::integer::Integer;
use crate::number::seq::Seq;
use crate::number::text::Digits;
use core::cmp::Ordering;
use std::collections::BTreeMap;

/// The name of a value's type in messages.
pub fn type_name(value: &Tree) -> &'static str {
    match value {
        Tree::Null => "null",
        Tree::Boolean(_) => "boolean",
        Tree::Number(text) if is_whole(text) => "integer",
        Tree::Number(_) => "number",
        Tree::String(_) => "string",
        Tree::Array(_) => "array",
        Tree::Object(_) => "object",
    }
}

fn is_whole(text: &str) -> bool {
    Decimal::parse(text.as_bytes()).is_some_and(|decimal| decimal.is_whole())
}

/// Whether a value has one of some types. An integer is a number as well.
pub fn has_type(value: &Tree, types: &[usize]) -> bool {
    let own = type_name(value);
    let named = |place: &usize| TYPES.get(*place).copied().unwrap_or_default();
    types
        .iter()
        .map(named)
        .any(|name| name == own || name == "number" && own == "integer")
}

/// The order of two numbers.
pub fn compare(a: &str, b: &str) -> Ordering {
    match (Decimal::parse(a.as_bytes()), Decimal::parse(b.as_bytes())) {
        (Some(a), Some(b)) => a.compare(&b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// The value of a decimal times a power of ten, which must make it whole.
fn scaled(decimal: &Decimal<'_>, power: i64) -> Option<Integer> {
    let digits: Vec<u8> = decimal.digits().collect();
    Decimal::from_digits(decimal.negative, &digits, decimal.point.checked_add(power)?).to_integer()
}

/// Whether a number divides evenly by another, which is above zero. Numbers too far apart to be written out together do not.
pub fn is_multiple(number: &str, of: &str) -> bool {
    let (Some(number), Some(of)) = (Decimal::parse(number.as_bytes()), Decimal::parse(of.as_bytes())) else {
        return false;
    };
    if number.is_zero() {
        return true;
    }
    // As many places behind the point as the finer of the two has.
    let places = |decimal: &Decimal<'_>| decimal.digit_count().saturating_sub(decimal.point);
    let power = places(&number).max(places(&of));
    match (scaled(&number, power), scaled(&of, power)) {
        (Some(number), Some(of)) if !of.magnitude.is_zero() => number.rem(&of).magnitude.is_zero(),
        _ => false,
    }
}

/// Appends a number as Go prints a `big.Float` of it: with 64 bits, or as many as a longer integer has.
pub fn write_number(text: &str, out: &mut Vec<u8>) {
    let Some(decimal) = Decimal::parse(text.as_bytes()) else {
        return out.extend_from_slice(text.as_bytes());
    };
    let float = Float::from_decimal(&decimal, PRECISION);
    let mut written = Seq::new();
    if decimal.is_zero() {
        written.push(b'0');
    } else {
        if decimal.negative {
            written.push(b'-');
        }
        let digits = match decimal.is_whole() && decimal.point > 19 {
            true => {
                let mut digits = Seq::new();
                digits.extend(decimal.digits());
                Digits {
                    digits,
                    point: decimal.point,
                }
            }
            false => Digits::shortest(&float, PRECISION),
        };
        digits.write_general(&mut written);
    }
    out.extend_from_slice(&written);
}

/// Tells the positions of elements that are the same as an earlier one, with the last of those.
pub fn repeated(elements: &[Tree], mut found: impl FnMut(usize, usize)) {
    let mut seen = BTreeMap::new();
    for (position, element) in elements.iter().enumerate() {
        let mut text = Vec::new();
        if element.write_doubles(&mut text).is_err() {
            continue;
        }
        if let Some(before) = seen.insert(text, position) {
            found(before, position);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiples() {
        assert!(is_multiple("0.3", "0.1"));
        assert!(is_multiple("1e3", "10"));
        assert!(is_multiple("-7.5", "2.5"));
        assert!(is_multiple("12345678901234567890", "10"));
        assert!(!is_multiple("1", "0.3"));
        assert!(!is_multiple("1e-20", "1"));
    }

    #[test]
    fn numbers_in_messages() {
        let show = |text: &str| {
            let mut out = Vec::new();
            write_number(text, &mut out);
            String::from_utf8(out).unwrap_or_default()
        };
        assert_eq!(show("0.10"), "0.1");
        assert_eq!(show("5"), "5");
        assert_eq!(show("1000000"), "1e+06");
        assert_eq!(show("123456789"), "1.23456789e+08");
        assert_eq!(show("-2.50"), "-2.5");
    }
}
