//! A number's text, taken apart but not converted: sign, significant digits, place of the point. It is all that comparing two numbers,
//! hashing one and asking whether it is whole take, so none of them drags big-number arithmetic into a policy.

use super::integer::Integer;
use super::nat::Nat;
use core::cmp::Ordering;

/// A decimal number `±0.d₁d₂d₃… · 10^point`, whose digits lie in the text it was read from.
#[derive(Debug, Clone, Copy)]
pub struct Decimal<'a> {
    /// Whether the text has a minus, also before zero.
    pub negative: bool,
    /// The first significant digits: no leading zero. Both parts are empty for zero.
    head: &'a [u8],
    /// The rest of them: no trailing zero.
    tail: &'a [u8],
    /// Where the point stands, counted from before the first digit; 0 for zero, `TINY` for what counts as zero without being it.
    pub point: i64,
}

/// No integer is written out with more digits beyond those of its text than this; what OPA lets into a policy has a third of it at most.
const DIGITS_MAX: i64 = 100_000;
/// Exponents are cut off here: far beyond all that OPA takes for a number.
const EXPONENT_MAX: i64 = 1_000_000_000;
/// The point of a number that is too small for OPA's floats (2^-2147483649, which is 0.283…e-646456993, is the smallest): it counts as zero where it is
/// compared or computed with, but not as a whole number.
const TINY: i64 = -1;
const SMALLEST_POINT: i64 = -646_456_993;
const SMALLEST: &[u8] = b"28383077630018656719";

impl<'a> Decimal<'a> {
    /// Reads `[+-] digits [. digits] [e [+-] digits]`; digits may be missing on one side of the point. `None` for anything else.
    pub fn parse(text: &'a [u8]) -> Option<Decimal<'a>> {
        let (negative, rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let (whole, rest) = digits(rest);
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => digits(rest),
            _ => (&[][..], rest),
        };
        let exponent = match rest {
            [] => 0,
            [b'e' | b'E', rest @ ..] => exponent(rest)?,
            _ => return None,
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        Some(Decimal::normalised(negative, whole, fraction, exponent))
    }

    fn normalised(negative: bool, whole: &'a [u8], fraction: &'a [u8], exponent: i64) -> Decimal<'a> {
        let (mut head, mut tail) = (strip_leading(whole), strip_trailing(fraction));
        let mut point = head.len() as i64;
        if head.is_empty() {
            let digits = strip_leading(tail);
            point -= (tail.len() - digits.len()) as i64;
            tail = digits;
        }
        if tail.is_empty() {
            head = strip_trailing(head);
        }
        let point = if head.is_empty() && tail.is_empty() { 0 } else { point + exponent };
        let decimal = Decimal {
            negative,
            head,
            tail,
            point,
        };
        let is_tiny = match point {
            SMALLEST_POINT => decimal.digits().lt(SMALLEST.iter().copied()),
            point => point < SMALLEST_POINT,
        };
        if is_tiny {
            Decimal::from_digits(negative, &[], TINY)
        } else {
            decimal
        }
    }

    /// A decimal from bare digits, the first and last of which are not zero.
    pub fn from_digits(negative: bool, digits: &'a [u8], point: i64) -> Decimal<'a> {
        Decimal {
            negative,
            head: digits,
            tail: &[],
            point,
        }
    }

    /// Whether it is zero of either sign.
    pub fn is_zero(&self) -> bool {
        self.head.is_empty() && self.tail.is_empty()
    }

    /// The significant digits, in ASCII.
    pub fn digits(&self) -> impl Iterator<Item = u8> {
        self.head.iter().chain(self.tail).copied()
    }

    /// How many significant digits there are.
    pub fn digit_count(&self) -> i64 {
        (self.head.len() + self.tail.len()) as i64
    }

    /// Whether it has no fraction.
    pub fn is_whole(&self) -> bool {
        self.digit_count() <= self.point
    }

    /// The value as a machine word if it is whole and has at most 18 digits.
    pub fn to_small(&self) -> Option<i64> {
        if !self.is_whole() || self.point > 18 {
            return None;
        }
        let mut value = self.significand();
        for _ in self.digit_count()..self.point {
            value *= 10;
        }
        let value = value as i64;
        Some(if self.negative { -value } else { value })
    }

    /// The significant digits as one number, modulo 2^64: exact up to 19 of them.
    pub fn significand(&self) -> u64 {
        self.digits()
            .fold(0u64, |n, digit| n.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')))
    }

    /// The value if it is whole (and not absurdly large).
    pub fn to_integer(&self) -> Option<Integer> {
        let zeros = (self.point - self.digit_count()).max(0);
        if !self.is_whole() || zeros > DIGITS_MAX {
            return None;
        }
        let zeros = zeros as usize;
        let digits = self.digits().chain(core::iter::repeat_n(b'0', zeros));
        Some(Integer::new(
            self.negative,
            Nat::from_decimal(digits, self.digit_count() as usize + zeros),
        ))
    }

    /// The order of two decimals; -0 is 0.
    pub fn compare(&self, other: &Decimal<'_>) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return if other.negative { Ordering::Greater } else { Ordering::Less },
            (false, true) => return if self.negative { Ordering::Less } else { Ordering::Greater },
            (false, false) => {}
        }
        match (self.negative, other.negative) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.compare_magnitude(other),
            (true, true) => other.compare_magnitude(self),
        }
    }

    fn compare_magnitude(&self, other: &Decimal<'_>) -> Ordering {
        self.point.cmp(&other.point).then_with(|| self.digits().cmp(other.digits()))
    }

    /// A hash of the value: the same for all spellings.
    pub fn hash(&self) -> u64 {
        if self.is_zero() {
            return 0;
        }
        let seed = (self.point as u64) << 1 | u64::from(self.negative);
        self.digits()
            .fold(seed, |h, digit| (h ^ u64::from(digit)).wrapping_mul(0x0000_0100_0000_01b3))
    }
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

fn strip_leading(digits: &[u8]) -> &[u8] {
    let start = digits.iter().position(|b| *b != b'0').unwrap_or(digits.len());
    digits.get(start..).unwrap_or_default()
}

fn strip_trailing(digits: &[u8]) -> &[u8] {
    let end = digits.iter().rposition(|b| *b != b'0').map_or(0, |i| i + 1);
    digits.get(..end).unwrap_or_default()
}

fn exponent(text: &[u8]) -> Option<i64> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (number, rest) = digits(text);
    if number.is_empty() || !rest.is_empty() {
        return None;
    }
    let value = number
        .iter()
        .fold(0i64, |n, digit| (n * 10 + i64::from(digit - b'0')).min(EXPONENT_MAX));
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(a: &str, b: &str) -> Option<Ordering> {
        Some(Decimal::parse(a.as_bytes())?.compare(&Decimal::parse(b.as_bytes())?))
    }

    #[test]
    fn order_of_values_not_of_texts() {
        use Ordering::{Equal, Greater, Less};
        let cases = [
            ("1", "1.0", Equal),
            ("1e2", "100", Equal),
            ("-0", "0.0", Equal),
            ("0.10", ".1", Equal),
            ("1e-7", "0.0000001", Equal),
            ("1234567890123456789012", "1234567890123456789013", Less),
            ("-2", "-10", Greater),
            ("1e400", "2", Greater),
            ("0.5", "0.49999999999999999999999", Greater),
            ("-1", "0", Less),
            ("100", "20", Greater),
            ("5e-324", "0", Greater),
            ("1e-646456993", "0", Greater),
            ("1e-646456994", "0", Equal),
            ("1e-999999999", "-1e-999999999", Equal),
            ("-0.001e-646456993", "1e-30000", Less),
        ];
        for (a, b, expected) in cases {
            assert_eq!(order(a, b), Some(expected), "{a} {b}");
            assert_eq!(order(b, a), Some(expected.reverse()), "{b} {a}");
        }
    }

    #[test]
    fn whole_numbers() {
        let small = |text: &str| Decimal::parse(text.as_bytes()).and_then(|d| d.to_small());
        assert_eq!(small("1e2"), Some(100));
        assert_eq!(small("-12.0"), Some(-12));
        assert_eq!(small("0.5"), None);
        assert_eq!(small("-0"), Some(0));
        assert_eq!(small("1e30"), None);
        assert_eq!(small("1e-999999999"), None);
        assert!(Decimal::parse(b"1e30").is_some_and(|d| d.is_whole()));
        assert!(Decimal::parse(b"").is_none() && Decimal::parse(b"1e").is_none() && Decimal::parse(b"0x1").is_none());
    }
}
