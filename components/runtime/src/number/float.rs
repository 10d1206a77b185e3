//! Binary floating point as OPA computes with it: Go's `big.Float` with a mantissa of 64 bits (53 in one place), an exponent that never
//! overflows in practice, and rounding to the nearest, ties to even. There are no infinities and no NaN; zero has a sign.
//!
//! The operations are exact up to that rounding. Text in and out is in `text`.

use super::decimal::Decimal;
use super::integer::Integer;
use super::nat::Nat;
use super::seq::Seq;
use core::cmp::Ordering;
use core::num::NonZero;

/// The mantissa bits of OPA's floats.
pub const PRECISION: u32 = 64;
/// The mantissa bits of what begins with Go's `big.NewFloat`, as `product` does.
pub const DOUBLE: u32 = 53;

/// So many digits tell a decimal from all that lies between two floats, and four times as many as stand before or behind its point; of more it counts
/// only that there are more.
const DIGITS_KEPT: i64 = 2000;

/// The number `±mantissa · 2^exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Float {
    /// The sign, also of zero.
    pub negative: bool,
    /// 0, or with its top bit set.
    pub mantissa: u64,
    /// The power of two; 0 for zero.
    pub exponent: i32,
}

/// A half.
pub const HALF: Float = Float {
    negative: false,
    mantissa: 1 << 63,
    exponent: -64,
};
/// One.
pub const ONE: Float = Float {
    negative: false,
    mantissa: 1 << 63,
    exponent: -63,
};

impl Float {
    /// Zero of either sign.
    pub const fn zero(negative: bool) -> Float {
        Float {
            negative,
            mantissa: 0,
            exponent: 0,
        }
    }

    /// Whether it is zero of either sign.
    pub fn is_zero(&self) -> bool {
        self.mantissa == 0
    }

    /// Whether it has no fraction.
    pub fn is_whole(&self) -> bool {
        self.is_zero() || self.exponent >= 0 || self.mantissa.trailing_zeros() as i32 >= -self.exponent
    }

    /// The float of a machine word; exact.
    pub fn from_i64(value: i64) -> Float {
        Float::rounded(value < 0, u128::from(value.unsigned_abs()), 0, false, PRECISION)
    }

    /// `±value · 2^exponent`, a little more if `sticky`, rounded to `precision` bits.
    pub fn rounded(negative: bool, value: u128, exponent: i32, sticky: bool, precision: u32) -> Float {
        if value == 0 {
            return Float::zero(negative);
        }
        let shift = value.leading_zeros();
        let value = value << shift;
        let dropped = 128 - precision;
        let (mut kept, rest) = (value >> dropped, value << precision);
        let half = 1u128 << 127;
        let mut exponent = exponent - shift as i32 + dropped as i32;
        if rest > half || rest == half && (sticky || kept & 1 == 1) {
            kept += 1;
        }
        if kept >> precision != 0 {
            kept >>= 1;
            exponent += 1;
        }
        let up = 64 - precision;
        Float {
            negative,
            mantissa: (kept as u64) << up,
            exponent: exponent - up as i32,
        }
    }

    /// `±nat · 2^exponent`, a little more if `sticky`, rounded to `precision` bits.
    fn of_nat(negative: bool, nat: &Nat, exponent: i32, sticky: bool, precision: u32) -> Float {
        let excess = nat.bits().saturating_sub(128);
        let top = nat.shr(excess);
        let sticky = sticky || nat.trailing_zeros() < excess;
        let high = u128::from(top.shr(64).low_u64());
        let value = high << 64 | u128::from(top.low_u64());
        Float::rounded(negative, value, exponent + excess as i32, sticky, precision)
    }

    /// The nearest float of a decimal.
    pub fn from_decimal(decimal: &Decimal<'_>, precision: u32) -> Float {
        let scale = decimal.point - decimal.digit_count();
        let negative = decimal.negative;
        if decimal.is_zero() {
            return Float::zero(negative);
        }
        if decimal.digit_count() <= 19 && (-27..=27).contains(&scale) {
            let five = 5u64.pow(scale.unsigned_abs() as u32);
            let significand = decimal.significand();
            if scale >= 0 {
                let value = u128::from(significand) * u128::from(five);
                return Float::rounded(negative, value, scale as i32, false, precision);
            }
            return Float::quotient(negative, significand, five, scale as i32, precision);
        }
        let kept = DIGITS_KEPT.saturating_add(decimal.point.saturating_abs().saturating_mul(4));
        if decimal.digit_count() > kept {
            let mut digits = Seq::with_capacity(kept as usize + 1);
            digits.extend(decimal.digits().take(kept as usize));
            digits.push(b'1');
            let near = Decimal::from_digits(negative, &digits, decimal.point);
            return Float::from_long_decimal(&near, (near.point - near.digit_count()).clamp(-100_000, 100_000), precision);
        }
        Float::from_long_decimal(decimal, scale.clamp(-100_000, 100_000), precision)
    }

    fn from_long_decimal(decimal: &Decimal<'_>, scale: i64, precision: u32) -> Float {
        let mut significand = Nat::from_decimal(decimal.digits(), decimal.digit_count() as usize);
        if scale >= 0 {
            significand.mul_pow5(scale as u64);
            return Float::of_nat(decimal.negative, &significand, scale as i32, false, precision);
        }
        let mut five = Nat::from_u64(1);
        five.mul_pow5(scale.unsigned_abs());
        let shift = (five.bits() + 68).saturating_sub(significand.bits());
        let (quotient, rest) = significand.shl(shift).div_rem(&five);
        let exponent = scale as i32 - shift as i32;
        Float::of_nat(decimal.negative, &quotient, exponent, !rest.is_zero(), precision)
    }

    /// `±a / b · 2^exponent`; neither is 0.
    fn quotient(negative: bool, a: u64, b: u64, exponent: i32, precision: u32) -> Float {
        let (up, down) = (a.leading_zeros(), b.leading_zeros());
        let (a, b) = (a << up, b << down);
        let whole = a >= b;
        let (digits, rest) = halves(if whole { a - b } else { a }, b);
        let (quotient, rest) = (u128::from(whole) << 64 | u128::from(digits), u128::from(rest) << 1);
        let b = u128::from(b);
        // One bit more than the quotient has, for the rounding; whatever is left over is sticky.
        let value = quotient << 1 | u128::from(rest >= b);
        let sticky = rest != 0 && rest != b;
        Float::rounded(negative, value, exponent - 65 - up as i32 + down as i32, sticky, precision)
    }

    /// `self * other`.
    pub fn mul(&self, other: &Float, precision: u32) -> Float {
        let negative = self.negative != other.negative;
        let value = u128::from(self.mantissa) * u128::from(other.mantissa);
        Float::rounded(negative, value, self.exponent.saturating_add(other.exponent), false, precision)
    }

    /// `self / other`; `other` is not 0.
    pub fn div(&self, other: &Float) -> Float {
        let negative = self.negative != other.negative;
        if self.is_zero() || other.is_zero() {
            return Float::zero(negative);
        }
        let exponent = self.exponent.saturating_sub(other.exponent);
        Float::quotient(negative, self.mantissa, other.mantissa, exponent, PRECISION)
    }

    /// `-self`.
    pub fn negated(&self) -> Float {
        Float {
            negative: !self.negative,
            ..*self
        }
    }

    /// `self + other`.
    pub fn add(&self, other: &Float) -> Float {
        if self.is_zero() {
            let both = self.negative && other.negative;
            return if other.is_zero() { Float::zero(both) } else { *other };
        }
        if other.is_zero() {
            return *self;
        }
        let (big, small) = if self.exponent >= other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        let distance = big.exponent.saturating_sub(small.exponent).min(127) as u32;
        let a = u128::from(big.mantissa) << 63;
        let whole = u128::from(small.mantissa) << 63;
        let b = whole >> distance;
        let sticky = b << distance != whole;
        let exponent = big.exponent - 63;
        if big.negative == small.negative {
            return Float::rounded(big.negative, a + b, exponent, sticky, PRECISION);
        }
        if a == b && !sticky {
            return Float::zero(false);
        }
        if b > a {
            return Float::rounded(small.negative, b - a, exponent, false, PRECISION);
        }
        // What fell out of `b` makes the difference smaller: one less, and a little more.
        Float::rounded(big.negative, a - b - u128::from(sticky), exponent, sticky, PRECISION)
    }

    /// The float of a double; exact. Infinities and NaN count as zero.
    pub fn from_f64(value: f64) -> Float {
        let bits = value.to_bits();
        let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
        let (mantissa, exponent) = match exponent {
            0 => (fraction, -1074),
            0x7ff => (0, 0),
            _ => (fraction | 1 << 52, exponent - 1075),
        };
        Float::rounded(value.is_sign_negative(), u128::from(mantissa), exponent, false, PRECISION)
    }

    /// The nearest double of a decimal, rounded once; `None` if it is too large for one.
    pub fn double_of(decimal: &Decimal<'_>) -> Option<f64> {
        // 10^309 is too large.
        if decimal.point > 309 {
            return None;
        }
        let near = Float::from_decimal(decimal, PRECISION);
        // Subnormal doubles have fewer bits: none lies below 2^-1074.
        let bits = (near.exponent.saturating_add(63 + 1075)).clamp(0, DOUBLE as i32) as u32;
        let double = match bits {
            0 => near.to_f64(),
            _ => Float::from_decimal(decimal, bits).to_f64(),
        };
        double.is_finite().then_some(double)
    }

    /// The whole part, towards zero.
    pub fn truncated(&self) -> Integer {
        let magnitude = Nat::from_u64(self.mantissa);
        let magnitude = match u64::try_from(self.exponent) {
            Ok(up) => magnitude.shl(up),
            Err(_) => magnitude.shr(u64::from(self.exponent.unsigned_abs())),
        };
        Integer::new(self.negative, magnitude)
    }

    /// The value if it is whole and fits a machine word.
    pub fn to_i64(&self) -> Option<i64> {
        if self.is_zero() {
            return Some(0);
        }
        if !self.is_whole() || self.exponent >= 0 {
            return None;
        }
        let value = i64::try_from(self.mantissa >> self.exponent.unsigned_abs().min(63)).ok()?;
        Some(if self.negative { -value } else { value })
    }

    /// The order of two floats; -0 is 0.
    pub fn compare(&self, other: &Float) -> Ordering {
        if self.is_zero() && other.is_zero() {
            return Ordering::Equal;
        }
        match (self.sign(), other.sign()) {
            (1, 1) => self.compare_magnitude(other),
            (-1, -1) => other.compare_magnitude(self),
            (a, b) => a.cmp(&b),
        }
    }

    /// -1, 0 or 1.
    pub fn sign(&self) -> i32 {
        match (self.is_zero(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    fn compare_magnitude(&self, other: &Float) -> Ordering {
        self.exponent.cmp(&other.exponent).then(self.mantissa.cmp(&other.mantissa))
    }

    /// The nearest double; too large is infinite.
    pub fn to_f64(&self) -> f64 {
        let magnitude = if self.exponent + 63 < -1022 {
            // Subnormal: rounded once, at the place of the lowest bit of all.
            let shift = (-1074 - self.exponent) as u32;
            let kept = if shift > 64 { 0 } else { u128::from(self.mantissa) >> shift };
            let rest = u128::from(self.mantissa) - if shift > 64 { 0 } else { kept << shift };
            let half = 1u128 << (shift.min(100) - 1);
            let up = rest > half || rest == half && kept & 1 == 1;
            f64::from_bits(kept as u64 + u64::from(up))
        } else {
            let double = Float::rounded(false, u128::from(self.mantissa), self.exponent, false, DOUBLE);
            let exponent = i64::from(double.exponent) + 63;
            match (double.is_zero(), exponent > 1023) {
                (true, _) => 0.0,
                (_, true) => f64::INFINITY,
                _ => f64::from_bits(((exponent + 1023) as u64) << 52 | (double.mantissa << 1) >> 12),
            }
        };
        if self.negative { -magnitude } else { magnitude }
    }
}

/// `(a · 2^64) / b` and what is left over, 32 bits at a time, since Wasm divides no 128 bits. `b` has its top bit set and is larger than `a`.
fn halves(a: u64, b: u64) -> (u64, u64) {
    let half = |a: u64| {
        let (high, low) = (b >> 32, b & 0xffff_ffff);
        // From the upper half of `b` alone the digit comes out by two too large at most.
        let mut digit = NonZero::new(high).map_or(0, |high| a / high).min(0xffff_ffff);
        let mut rest = a - digit * high;
        while rest >> 32 == 0 && digit * low > rest << 32 {
            digit -= 1;
            rest += high;
        }
        (digit, (a << 32).wrapping_sub(digit.wrapping_mul(b)))
    };
    let (first, rest) = half(a);
    let (second, rest) = half(rest);
    (first << 32 | second, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(text: &str) -> Float {
        Decimal::parse(text.as_bytes()).map_or(Float::zero(true), |d| Float::from_decimal(&d, PRECISION))
    }

    #[test]
    fn long_and_short_conversion_agree() {
        for text in ["0.1", "3.14159265358979323", "123456789e20", "7e-27", "18446744073709551615e-5"] {
            let decimal = Decimal::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            let scale = decimal.point - decimal.digit_count();
            let long = Float::from_long_decimal(&decimal, scale, PRECISION);
            assert_eq!(float(text), long, "{text}");
            assert_eq!(float(text).to_f64(), text.parse::<f64>().unwrap_or(0.0), "{text}");
        }
    }

    #[test]
    fn long_division() {
        let mut bits = 1u64;
        for round in 0..20_000 {
            bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let b = match round % 3 {
                0 => u64::MAX << (bits % 63),
                1 => (1 << 63) | (bits % 5),
                _ => bits,
            } | 1 << 63;
            let a = match round % 5 {
                0 => b - 1,
                1 => b - 1 - bits % 3,
                _ => bits.rotate_left(17) % b,
            };
            let value = u128::from(a) << 64;
            assert_eq!(
                halves(a, b),
                ((value / u128::from(b)) as u64, (value % u128::from(b)) as u64),
                "{a} / {b}"
            );
        }
    }

    #[test]
    fn doubles() {
        for text in [
            "1",
            "0.3",
            "1e308",
            "1e400",
            "5e-324",
            "2.5e-324",
            "2e-324",
            "1e-310",
            "2.2250738585072014e-308",
            "4.35",
        ] {
            assert_eq!(float(text).to_f64(), text.parse::<f64>().unwrap_or(0.0), "{text}");
        }
        let cases = [
            "0.1",
            "1e23",
            "5e-324",
            "2.4703282292062328e-324",
            "7.4e-324",
            "9007199254740993",
            "1e-320",
            "2.2250738585072011e-308",
        ];
        for text in cases {
            let double = Decimal::parse(text.as_bytes()).and_then(|d| Float::double_of(&d));
            assert_eq!(double, text.parse().ok(), "{text}");
            assert_eq!(double.map(|d| Float::from_f64(d).to_f64()), double);
        }
        assert_eq!(Decimal::parse(b"1e309").and_then(|d| Float::double_of(&d)), None);
    }

    #[test]
    fn sums_and_quotients() {
        assert_eq!(float("0.1").add(&float("0.2")), float("0.3"));
        assert_eq!(float("1").add(&float("-1e-30")), float("1"));
        assert_eq!(float("1.5").add(&float("-1.5")), Float::zero(false));
        assert_eq!(float("1").div(&float("4")), float("0.25"));
        assert_eq!(float("-7.5").truncated().to_i64(), Some(-7));
        assert_eq!(float("2").add(&float("-0.5")), float("1.5"));
        assert_eq!(float("0.5").add(&float("-2")), float("-1.5"));
        assert_eq!(float("1e30").to_i64(), None);
        assert_eq!(float("-12").to_i64(), Some(-12));
    }
}
