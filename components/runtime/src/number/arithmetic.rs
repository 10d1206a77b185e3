//! OPA's arithmetic on numbers already taken out of their words: which representation an operation runs in, and what form its
//! result takes. Whole numbers are exact at any size for `+ - * %`; everything else goes through floats of 64 bits.

use super::decimal::Decimal;
use super::float::{DOUBLE, Float, HALF, PRECISION};
use super::integer::Integer;
use super::long;
use super::seq::Seq;
use super::text::{self, Digits};
use core::cmp::Ordering;

/// A number as it comes out of a word.
#[derive(Debug, Clone, Copy)]
pub enum Number<'a> {
    /// A small integer.
    Small(i64),
    /// A number that is kept as text.
    Text(Decimal<'a>),
    /// A computed number, and how to get its digits. INVARIANT: not whole.
    Float(Float, fn(&Float) -> Digits),
}

/// The result of a computation, in the narrowest form it fits.
#[derive(Debug, Clone, PartialEq)]
pub enum Computed {
    /// An integer.
    Small(i64),
    /// A number that is neither small nor a float of 64 bits that its text gives back.
    Text(Seq<u8>),
    /// A float that is not whole.
    Float(Float),
}

/// Why there is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArithmeticError {
    /// The divisor is zero.
    DivideByZero,
    /// The divisor of a remainder is zero.
    ModuloByZero,
    /// The remainder of what is no integer.
    ModuloOnFloat,
}

impl ArithmeticError {
    /// OPA's words.
    pub fn message(self) -> &'static str {
        match self {
            ArithmeticError::DivideByZero => "divide by zero",
            ArithmeticError::ModuloByZero => "modulo by zero",
            ArithmeticError::ModuloOnFloat => "modulo on floating-point number",
        }
    }
}

impl Number<'_> {
    /// The exact value, if it is whole.
    pub fn to_integer(&self) -> Option<Integer> {
        match self {
            Number::Small(value) => Some(Integer::from_i64(*value)),
            Number::Text(decimal) => decimal.to_integer(),
            Number::Float(..) => None,
        }
    }

    /// The nearest float of `precision` bits.
    pub fn to_float(&self, precision: u32) -> Float {
        match self {
            Number::Small(value) => Float::from_i64(*value),
            Number::Text(decimal) => Float::from_decimal(decimal, precision),
            Number::Float(float, _) => *float,
        }
    }

    /// The order of two numbers.
    pub fn compare(&self, other: &Number<'_>) -> Ordering {
        match (self, other) {
            (Number::Small(a), Number::Small(b)) => a.cmp(b),
            (Number::Text(a), Number::Text(b)) => a.compare(b),
            (Number::Float(a, _), Number::Float(b, _)) => a.compare(b),
            (Number::Float(a, _), Number::Small(b)) => a.compare(&Float::from_i64(*b)),
            (Number::Float(a, digits), Number::Text(b)) => {
                let digits = digits(a);
                Decimal::from_digits(a.negative, &digits.digits, digits.point).compare(b)
            }
            (Number::Text(a), Number::Small(b)) => compare_small(a, *b),
            (Number::Small(_), _) | (Number::Text(_), Number::Float(..)) => other.compare(self).reverse(),
        }
    }
}

fn compare_small(decimal: &Decimal<'_>, small: i64) -> Ordering {
    let mut buffer = [0; 20];
    Decimal::parse(format_small(small, &mut buffer)).map_or(Ordering::Equal, |small| decimal.compare(&small))
}

/// Writes an integer at the end of `buffer` and gives its text.
pub fn format_small(value: i64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut start = buffer.len() - format_natural(value.unsigned_abs(), buffer).len();
    if value < 0 {
        start = start.saturating_sub(1);
        if let Some(cell) = buffer.get_mut(start) {
            *cell = b'-';
        }
    }
    buffer.get(start..).unwrap_or_default()
}

/// Writes a natural number at the end of `buffer` and gives its text.
pub fn format_natural(value: u64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut start = buffer.len();
    let mut rest = value;
    for (i, cell) in buffer.iter_mut().enumerate().rev() {
        *cell = b'0' + (rest % 10) as u8;
        rest /= 10;
        start = i;
        if rest == 0 {
            break;
        }
    }
    buffer.get(start..).unwrap_or_default()
}

impl Computed {
    /// The result of an exact operation.
    pub fn of_integer(value: &Integer) -> Computed {
        value.to_i64().map_or_else(
            || {
                let mut out = Seq::new();
                value.write(&mut out);
                Computed::Text(out)
            },
            Computed::Small,
        )
    }

    /// The result of an operation on floats of `precision` bits.
    pub fn of_float(float: &Float, precision: u32) -> Computed {
        if let (false, Some(value)) = (float.is_zero() && float.negative, float.to_i64())
            && (precision == PRECISION || value.unsigned_abs() >> precision == 0)
        {
            return Computed::Small(value);
        }
        // The text of a power of two may lie closer to its lower neighbour, whose distance is half as large: the text counts.
        if !float.is_whole() && precision == PRECISION && float.mantissa != 1 << 63 {
            return Computed::Float(*float);
        }
        let mut out = Seq::new();
        text::write(float, precision, &mut out);
        Computed::Text(out)
    }
}

/// An operation that is exact on integers and rounded on everything else.
fn exact_or_rounded(
    a: &Number<'_>,
    b: &Number<'_>,
    exact: fn(&Integer, &Integer) -> Integer,
    rounded: fn(&Float, &Float) -> Float,
) -> Computed {
    long::enable();
    if let (Some(a), Some(b)) = (a.to_integer(), b.to_integer()) {
        return Computed::of_integer(&exact(&a, &b));
    }
    Computed::of_float(&rounded(&a.to_float(PRECISION), &b.to_float(PRECISION)), PRECISION)
}

/// `a + b`.
pub fn add(a: &Number<'_>, b: &Number<'_>) -> Computed {
    exact_or_rounded(a, b, Integer::add, Float::add)
}

/// `a - b`.
pub fn sub(a: &Number<'_>, b: &Number<'_>) -> Computed {
    exact_or_rounded(a, b, Integer::sub, |a, b| a.add(&b.negated()))
}

/// `a * b`.
pub fn mul(a: &Number<'_>, b: &Number<'_>) -> Computed {
    exact_or_rounded(a, b, Integer::mul, |a, b| a.mul(b, PRECISION))
}

/// `a / b`, rounded also for whole numbers.
pub fn div(a: &Number<'_>, b: &Number<'_>) -> Result<Computed, ArithmeticError> {
    long::enable();
    let divisor = b.to_float(PRECISION);
    if divisor.is_zero() {
        return Err(ArithmeticError::DivideByZero);
    }
    Ok(Computed::of_float(&a.to_float(PRECISION).div(&divisor), PRECISION))
}

/// `a % b`, with the sign of `a`.
pub fn rem(a: &Number<'_>, b: &Number<'_>) -> Result<Computed, ArithmeticError> {
    long::enable();
    let (Some(a), Some(b)) = (a.to_integer(), b.to_integer()) else {
        return Err(ArithmeticError::ModuloOnFloat);
    };
    if b.magnitude.is_zero() {
        return Err(ArithmeticError::ModuloByZero);
    }
    Ok(Computed::of_integer(&a.rem(&b)))
}

/// The distance from zero.
pub fn abs(a: &Number<'_>) -> Computed {
    long::enable();
    let float = a.to_float(PRECISION);
    Computed::of_float(&Float { negative: false, ..float }, PRECISION)
}

/// To the nearest whole number, halves away from zero.
pub fn round(a: &Number<'_>) -> Computed {
    long::enable();
    let float = a.to_float(PRECISION);
    let half = Float {
        negative: float.negative,
        ..HALF
    };
    Computed::of_integer(&float.add(&half).truncated())
}

/// Up, as OPA does it: -0.5 becomes 1.
pub fn ceil(a: &Number<'_>) -> Computed {
    long::enable();
    let float = a.to_float(PRECISION);
    let whole = float.truncated();
    if whole.negative || float.is_whole() {
        return Computed::of_integer(&whole);
    }
    Computed::of_integer(&whole.add(&Integer::from_i64(1)))
}

/// Down, as OPA does it: -0.5 becomes 0.
pub fn floor(a: &Number<'_>) -> Computed {
    long::enable();
    let float = a.to_float(PRECISION);
    let whole = float.truncated();
    if !whole.negative || float.is_whole() {
        return Computed::of_integer(&whole);
    }
    Computed::of_integer(&whole.sub(&Integer::from_i64(1)))
}

/// The sum of numbers.
pub fn sum<'a>(numbers: impl Iterator<Item = Number<'a>> + Clone) -> Computed {
    long::enable();
    let exact = numbers
        .clone()
        .try_fold(Integer::from_i64(0), |sum, n| Some(sum.add(&n.to_integer()?)));
    match exact {
        Some(sum) => Computed::of_integer(&sum),
        None => {
            let sum = numbers.fold(Float::zero(false), |sum, n| sum.add(&n.to_float(PRECISION)));
            Computed::of_float(&sum, PRECISION)
        }
    }
}

/// The product of numbers. Unless all are whole it has the precision of a double.
pub fn product<'a>(numbers: impl Iterator<Item = Number<'a>> + Clone) -> Computed {
    long::enable();
    let exact = numbers
        .clone()
        .try_fold(Integer::from_i64(1), |product, n| Some(product.mul(&n.to_integer()?)));
    match exact {
        Some(product) => Computed::of_integer(&product),
        None => {
            let product = numbers.fold(super::float::ONE, |product, n| product.mul(&n.to_float(PRECISION), DOUBLE));
            Computed::of_float(&product, DOUBLE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number<'_> {
        match text.parse::<i64>() {
            Ok(small) if text != "-0" => Number::Small(small),
            _ => Number::Text(Decimal::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text}"))),
        }
    }

    fn show(result: Computed) -> String {
        let mut out = Seq::new();
        match result {
            Computed::Small(value) => out.extend(format_small(value, &mut [0; 20]).iter().copied()),
            Computed::Text(text) => out = text,
            Computed::Float(float) => text::write(&float, PRECISION, &mut out),
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn results_as_opa_writes_them() {
        let cases = [
            ("0.1", "+", "0.2", "0.3"),
            ("1", "/", "3", "0.33333333333333333334"),
            ("2", "/", "3", "0.6666666666666666667"),
            ("18446744073709551617", "/", "2", "9223372036854775808"),
            ("1e20", "+", "0.5", "100000000000000000000"),
            ("1234567", "+", "0.5", "1.2345675e+06"),
            ("123456", "+", "0.5", "123456.5"),
            ("0.0001", "*", "0.5", "5e-05"),
            ("-0", "/", "5", "-0"),
            ("0", "/", "-5", "-0"),
            ("1.0", "+", "0", "1"),
            ("1e30", "+", "1", "1000000000000000000000000000001"),
            ("-9223372036854775808", "-", "1", "-9223372036854775809"),
            ("5e-324", "+", "2", "2"),
            ("7", "%", "-2", "1"),
            ("-7", "%", "2", "-1"),
            ("99999999999999999999.5", "+", "0.5", "100000000000000000000"),
            ("0.00123", "*", "1", "0.00123"),
        ];
        for (a, op, b, expected) in cases {
            let (x, y) = (number(a), number(b));
            let result = match op {
                "+" => Ok(add(&x, &y)),
                "-" => Ok(sub(&x, &y)),
                "*" => Ok(mul(&x, &y)),
                "/" => div(&x, &y),
                _ => rem(&x, &y),
            };
            assert_eq!(result.map(show), Ok(String::from(expected)), "{a} {op} {b}");
        }
        assert_eq!(div(&number("1"), &number("0.0")), Err(ArithmeticError::DivideByZero));
        assert_eq!(rem(&number("1"), &number("0.5")), Err(ArithmeticError::ModuloOnFloat));
    }

    #[test]
    fn whole_parts() {
        for (text, rounded, up, down) in [
            ("2.5", "3", "3", "2"),
            ("-2.5", "-3", "-2", "-3"),
            ("-0.5", "-1", "1", "0"),
            ("-0", "0", "0", "0"),
        ] {
            let n = number(text);
            assert_eq!(
                (show(round(&n)), show(ceil(&n)), show(floor(&n))),
                (rounded.into(), up.into(), down.into()),
                "{text}"
            );
        }
        assert_eq!(show(abs(&number("-1.50"))), "1.5");
    }

    #[test]
    fn sums_and_products() {
        let sum_of = |texts: &[&'static str]| show(sum(texts.iter().map(|t| number(t))));
        assert_eq!(sum_of(&["0.1"; 10]), "1.0000000000000000001");
        assert_eq!(sum_of(&["1.10", "2.20"]), "3.3000000000000000002");
        assert_eq!(show(product(["1.1", "1.1"].iter().map(|t| number(t)))), "1.2100000000000002");
    }

    #[test]
    fn order() {
        let third = match div(&number("1"), &number("3")) {
            Ok(Computed::Float(float)) => Number::Float(float, text::shortest),
            other => panic!("{other:?}"),
        };
        assert_eq!(third.compare(&number("0.33333333333333333334")), Ordering::Equal);
        assert_eq!(number("0.3333333333").compare(&third), Ordering::Less);
        assert_eq!(third.compare(&number("0")), Ordering::Greater);
        assert_eq!(number("1.0").compare(&number("1")), Ordering::Equal);
        assert_eq!(number("12").compare(&number("1.5e1")), Ordering::Less);
    }
}
