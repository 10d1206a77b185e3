//! What OPA hands to Go's `fmt` for a value: numbers written with a point or an exponent are doubles, other numbers integers, everything that is neither
//! number nor string is its text.

use super::super::term;
use crate::arena::Buffer;
use crate::number::arithmetic::Number;
use crate::number::decimal::Decimal;
use crate::number::float::Float;
use crate::number::integer::Integer;
use crate::number::{self, integer_of_text, long};
use crate::value::{Kind, Value};

/// An argument as Go sees it.
pub(super) enum Argument {
    /// `int64`
    Int(i64),
    /// `*big.Int`
    Big(Integer),
    /// `float64`
    Float(f64),
    /// `string`
    Text(&'static [u8]),
}

impl Argument {
    pub(super) fn of(value: Value) -> Argument {
        match value.kind() {
            Kind::Number => Argument::of_number(value),
            Kind::String => Argument::Text(value.str_bytes()),
            _ => {
                let mut text = Buffer::new();
                term::write(value, &mut text);
                Argument::Text(text.finish().unwrap_or_default())
            }
        }
    }

    fn of_number(value: Value) -> Argument {
        if let Some(small) = value.as_int() {
            return Argument::Int(small);
        }
        if let Some(Number::Float(float, digits)) = number::get(value) {
            let digits = digits(&float);
            let decimal = Decimal::from_digits(float.negative, &digits.digits, digits.point);
            return Argument::Float(Float::double_of(&decimal).unwrap_or(0.0));
        }
        long::enable();
        let mut text = Buffer::new();
        number::write_text(value, &mut text);
        let text = text.finish().unwrap_or_default();
        let decimal = Decimal::parse(text);
        let argument = if text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
            decimal.and_then(|decimal| Float::double_of(&decimal)).map(Argument::Float)
        } else {
            integer_of_text(text)
                .map(Argument::Int)
                .or_else(|| decimal.and_then(|decimal| decimal.to_integer()).map(Argument::Big))
        };
        argument.unwrap_or(Argument::Text(text))
    }

    /// The name of its type in Go.
    pub(super) fn type_name(&self) -> &'static [u8] {
        match self {
            Argument::Int(_) => b"int64",
            Argument::Big(_) => b"*big.Int",
            Argument::Float(_) => b"float64",
            Argument::Text(_) => b"string",
        }
    }
}
