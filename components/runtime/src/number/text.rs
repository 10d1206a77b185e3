//! Floats as text, to the letter as OPA writes them: the fewest digits that tell a float from its neighbours, plain for whole numbers
//! (Go's `%f`) and with an exponent below 10^-4 and from 10^6 up for others (Go's `%g`).

use super::arithmetic::format_natural;
use super::float::{Float, PRECISION};
use super::nat::Nat;
use super::seq::Seq;

/// Digits and the place of the point: `0.d₁d₂… · 10^point`. No trailing zero.
pub struct Digits {
    /// In ASCII; empty for zero.
    pub digits: Seq<u8>,
    /// Where the point stands, counted from before the first digit.
    pub point: i64,
}

impl Digits {
    /// The exact digits of `nat · 2^exponent`.
    fn exact(nat: Nat, exponent: i32) -> Digits {
        let mut nat = nat;
        let mut scale = 0;
        if exponent >= 0 {
            nat = nat.shl(exponent as u64);
        } else {
            // As few fives as the fraction needs: 2^-n is 5^n / 10^n.
            let even = nat.trailing_zeros().min(u64::from(exponent.unsigned_abs()));
            nat = nat.shr(even);
            let fraction = u64::from(exponent.unsigned_abs()) - even;
            nat.mul_pow5(fraction);
            scale = fraction as i64;
        }
        let mut digits = Seq::new();
        nat.write_decimal(&mut digits);
        let point = digits.len() as i64 - scale;
        let mut exact = Digits { digits, point };
        exact.trim();
        exact
    }

    /// The exact digits of a float.
    pub fn of(float: &Float) -> Digits {
        if float.is_zero() {
            return Digits {
                digits: Seq::new(),
                point: 0,
            };
        }
        Digits::exact(Nat::from_u64(float.mantissa), float.exponent)
    }

    fn trim(&mut self) {
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
    }

    fn at(&self, index: usize) -> u8 {
        self.digits.get(index).copied().unwrap_or(b'0')
    }

    /// Rounds to the nearest with `count` digits, ties to even.
    pub fn round(&mut self, count: usize) {
        if count >= self.digits.len() {
            return;
        }
        let up = if self.at(count) == b'5' && count + 1 == self.digits.len() {
            count > 0 && self.at(count - 1) & 1 == 1
        } else {
            self.at(count) >= b'5'
        };
        if up { self.round_up(count) } else { self.round_down(count) }
    }

    /// Rounds to a number of digits behind the point.
    pub fn round_at(&mut self, decimals: i64) {
        match usize::try_from(self.point + decimals) {
            Ok(count) => self.round(count),
            Err(_) => self.digits.truncate(0),
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
    }

    fn round_down(&mut self, count: usize) {
        self.digits.truncate(count);
        self.trim();
    }

    fn round_up(&mut self, count: usize) {
        self.digits.truncate(count);
        while self.digits.last() == Some(&b'9') {
            self.digits.pop();
        }
        match self.digits.last_mut() {
            Some(last) => *last += 1,
            None => {
                self.digits.push(b'1');
                self.point += 1;
            }
        }
    }

    /// The fewest digits that lie closer to `float` than to any other float of `precision` bits, as Go's `big.Float` finds them.
    pub fn shortest(float: &Float, precision: u32) -> Digits {
        if float.is_zero() {
            return Digits::of(float);
        }
        if precision == PRECISION
            && let Some(digits) = Digits::shortest_of_usual(float, 1, 1)
        {
            return digits;
        }
        // The mantissa with one more bit than the precision has: the neighbours' midpoints are one away from it.
        let spare = 64 - precision;
        let odd = u128::from(float.mantissa >> spare) << 1;
        let exponent = float.exponent + spare as i32 - 1;
        Digits::between(Digits::of(float), [odd - 1, odd + 1], exponent, odd & 2 == 0)
    }

    /// The fewest digits between two bounds, where the whole part fits a word and the fraction 124 bits: for all but the very large and the very small.
    /// `below` and `above` are how far the bounds are away, in halves of the mantissa's last bit. The digits come one by one, as long as what is left is
    /// further from zero and from one than a bound is.
    fn shortest_of_usual(float: &Float, below: u32, above: u32) -> Option<Digits> {
        /// Bits behind the point while digits are taken off.
        const FRACTION: u32 = 124;
        // A bound has as many decimals behind the point as it has bits there: so many that no digit that is taken here is its last.
        let behind = u32::try_from(-float.exponent)
            .ok()
            .filter(|behind| (24..FRACTION).contains(behind))?;
        let whole = if behind < 64 { float.mantissa >> behind } else { 0 };
        let mut rest = u128::from(float.mantissa) << (FRACTION - behind) & ((1 << FRACTION) - 1);
        let [mut below, mut above] = [below, above].map(|halves| u128::from(halves) << (FRACTION - behind - 1));
        let mut digits = Seq::with_capacity(40);
        if whole != 0 {
            let mut buffer = [0; 20];
            digits.extend(format_natural(whole, &mut buffer).iter().copied());
        }
        let mut found = Digits {
            point: digits.len() as i64,
            digits,
        };
        // A whole number needs no digits behind the point, and maybe fewer before it.
        while rest != 0 {
            rest *= 10;
            below *= 10;
            above *= 10;
            let digit = b'0' + (rest >> FRACTION) as u8;
            rest &= (1 << FRACTION) - 1;
            if digit == b'0' && found.digits.is_empty() {
                found.point -= 1;
            } else {
                found.digits.push(digit);
            }
            let (down, up) = (rest < below, (1 << FRACTION) - rest < above);
            if found.digits.is_empty() || !(down || up) {
                continue;
            }
            let half = 1 << (FRACTION - 1);
            let count = found.digits.len();
            if up && (!down || rest > half || rest == half && digit & 1 == 1) {
                found.round_up(count);
            }
            break;
        }
        found.trim();
        Some(found)
    }

    /// The fewest digits that tell a double from all others, as Go's `strconv` finds them. Below a power of two the neighbour is half as far.
    pub fn shortest_double(float: &Float) -> Digits {
        if float.is_zero() {
            return Digits::of(float);
        }
        let spare = (-1074 - float.exponent).max(11) as u32;
        let units = u128::from(float.mantissa >> spare.min(63)) << 2;
        let exponent = float.exponent + spare as i32 - 2;
        let narrow = float.mantissa == 1 << 63 && spare == 11 && exponent > -1076;
        if spare == 11
            && let Some(digits) = Digits::shortest_of_usual(float, if narrow { 1 << 10 } else { 1 << 11 }, 1 << 11)
        {
            return digits;
        }
        let below = if narrow { units - 1 } else { units - 2 };
        Digits::between(Digits::of(float), [below, units + 2], exponent, units & 4 == 0)
    }

    /// Cuts exact digits down as far as they stay between two bounds, given in units of `2^exponent`; the bounds count when `inclusive`.
    fn between(exact: Digits, bounds: [u128; 2], exponent: i32, inclusive: bool) -> Digits {
        let mut exact = exact;
        let [lower, upper] = bounds.map(|bound| Digits::exact(Nat::from_u128(bound), exponent));
        for i in 0..exact.digits.len() {
            let (low, digit, high) = (lower.at(i), exact.at(i), upper.at(i));
            let down = low != digit || inclusive && i + 1 == lower.digits.len();
            let up = digit != high && (inclusive || digit + 1 < high || i + 1 < upper.digits.len());
            match (down, up) {
                (true, true) => exact.round(i + 1),
                (true, false) => exact.round_down(i + 1),
                (false, true) => exact.round_up(i + 1),
                (false, false) => continue,
            }
            break;
        }
        exact
    }

    /// Appends them without an exponent, with `decimals` digits behind the point.
    pub fn write_plain(&self, decimals: usize, out: &mut Seq<u8>) {
        let whole = self.point.max(0) as usize;
        if whole == 0 {
            out.push(b'0');
        }
        out.extend((0..whole).map(|i| self.at(i)));
        if decimals == 0 {
            return;
        }
        out.push(b'.');
        for i in 0..decimals as i64 {
            out.push(usize::try_from(self.point + i).map_or(b'0', |i| self.at(i)));
        }
    }

    /// Appends all of them, with an exponent where Go's `%g` has one.
    pub fn write_general(&self, out: &mut Seq<u8>) {
        let count = self.digits.len();
        if self.point < -3 || self.point > 6 {
            self.write_scientific(count.saturating_sub(1), out);
        } else {
            self.write_plain((count as i64 - self.point).max(0) as usize, out);
        }
    }

    /// Appends them as `d.ddde±dd`.
    pub fn write_scientific(&self, decimals: usize, out: &mut Seq<u8>) {
        out.push(self.at(0));
        if decimals > 0 {
            out.push(b'.');
            out.extend((1..=decimals).map(|i| self.at(i)));
        }
        let exponent = if self.digits.is_empty() { 0 } else { self.point - 1 };
        out.push(b'e');
        out.push(if exponent < 0 { b'-' } else { b'+' });
        if exponent.abs() < 10 {
            out.push(b'0');
        }
        Nat::from_u64(exponent.unsigned_abs()).write_decimal(out);
    }
}

/// The fewest digits of a float of 64 bits. What holds a computed number also holds a pointer to this function, so that comparing, hashing and writing
/// numbers bring it only into policies that compute any.
pub fn shortest(float: &Float) -> Digits {
    Digits::shortest(float, PRECISION)
}

/// Appends a float as OPA writes the result of a computation; `precision` is the number of mantissa bits it was computed with.
pub fn write(float: &Float, precision: u32, out: &mut Seq<u8>) {
    if float.negative {
        out.push(b'-');
    }
    let digits = Digits::shortest(float, precision);
    if float.is_whole() {
        digits.write_plain(0, out);
    } else {
        digits.write_general(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_floats_as_all_others() {
        let mut bits = 0x9e37_79b9_7f4a_7c15u64;
        let mut next = || {
            bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            bits ^ bits >> 29
        };
        for round in 0..40_000 {
            // Some are whole, some decimals of a few digits, some powers of two.
            let mantissa = match round % 4 {
                0 => next() >> (next() % 64) << (next() % 64),
                1 => u64::MAX << (next() % 64),
                _ => next(),
            } | 1 << 63;
            let float = Float {
                negative: false,
                mantissa,
                exponent: -((next() % 130) as i32),
            };
            let float = match round % 4 {
                3 => Float::from_i64((mantissa >> (next() % 60 + 3)) as i64).div(&Float::from_i64(10i64.pow((next() % 18) as u32))),
                _ => float,
            };
            let odd = u128::from(float.mantissa) << 1;
            let slow = Digits::between(Digits::of(&float), [odd - 1, odd + 1], float.exponent - 1, odd & 2 == 0);
            if let Some(usual) = Digits::shortest_of_usual(&float, 1, 1) {
                assert_eq!((&usual.digits[..], usual.point), (&slow.digits[..], slow.point), "{float:?}");
            }
            let float = Float::from_f64(float.to_f64());
            let below = if float.mantissa == 1 << 63 { 1 } else { 2 };
            let units = u128::from(float.mantissa >> 11) << 2;
            let slow = Digits::between(Digits::of(&float), [units - below, units + 2], float.exponent + 9, units & 4 == 0);
            let usual = Digits::shortest_double(&float);
            assert_eq!((&usual.digits[..], usual.point), (&slow.digits[..], slow.point), "{float:?}");
        }
    }

    #[test]
    fn doubles_as_short_as_can_be() {
        let mut bits = 0x9e37_79b9_7f4a_7c15u64;
        let check = |double: f64| {
            let digits = Digits::shortest_double(&Float::from_f64(double));
            let mut out = Seq::new();
            digits.write_scientific(digits.digits.len().saturating_sub(1), &mut out);
            // Of two that are equally far, Go takes the even one and Rust the larger.
            let text = String::from_utf8_lossy(&out).into_owned();
            assert_eq!(text.parse(), Ok(double), "{text}");
            let (mantissa, _) = format!("{double:e}")
                .split_once('e')
                .map(|(m, e)| (m.len(), e.len()))
                .unwrap_or_default();
            assert_eq!(text.find('e'), Some(mantissa), "{text} {double:e}");
        };
        for _ in 0..3000 {
            bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let double = f64::from_bits(bits >> 1);
            if double.is_finite() {
                check(double);
            }
        }
        for exponent in -1074..1000 {
            check(2f64.powi(exponent));
        }
        for special in [0.1, 0.3, 5e-324, 1e23, f64::MAX, f64::MIN_POSITIVE, 9007199254740993.0, 1.0] {
            check(special);
        }
    }
}
