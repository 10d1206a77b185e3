//! Natural numbers of any size: what integers beyond 64 bits and the exact steps of decimal conversion are computed with.
//!
//! Limbs are 32 bits wide, least significant first, without leading zeros, because Wasm divides 64 bits by 32 in one instruction but has
//! none for 128 by 64. The algorithms here are the school ones, for the tens of digits that numbers in policies have; what is longer goes to [`long`]. Nothing
//! here knows signs, text with signs, or Rego.

use super::long::{self, LONG, LONG_TEXT};
use super::seq::Seq;
use core::cmp::Ordering;
use core::num::NonZero;

/// A natural number.
#[derive(Debug, Clone, PartialEq)]
pub struct Nat {
    /// Least significant first; the last one is not 0.
    limbs: Seq<u32>,
}

/// The powers of five that fit 32 bits are `5^0` to `5^13`; this is the largest.
const FIVE_13: u32 = 1_220_703_125;
/// 10^9, the largest power of ten in a limb.
const TEN_9: u32 = 1_000_000_000;
/// So many digits at most are read one group after the other.
const DIGITS_SHORT: usize = 9 * LONG_TEXT;

impl Nat {
    /// Zero.
    pub const fn zero() -> Nat {
        Nat { limbs: Seq::new() }
    }

    /// The number of a machine word.
    pub fn from_u64(value: u64) -> Nat {
        let mut limbs = Seq::with_capacity(2);
        limbs.push(value as u32);
        limbs.push((value >> 32) as u32);
        Nat { limbs }.trimmed()
    }

    /// The number of a double machine word.
    pub fn from_u128(value: u128) -> Nat {
        let mut limbs = Seq::with_capacity(4);
        for i in 0..4 {
            limbs.push((value >> (32 * i)) as u32);
        }
        Nat { limbs }.trimmed()
    }

    fn trimmed(mut self) -> Nat {
        while self.limbs.last() == Some(&0) {
            self.limbs.pop();
        }
        self
    }

    /// Whether it is 0.
    pub fn is_zero(&self) -> bool {
        self.limbs.is_empty()
    }

    /// The position of the highest bit, plus 1; 0 for 0.
    pub fn bits(&self) -> u64 {
        match self.limbs.last() {
            None => 0,
            Some(top) => self.limbs.len() as u64 * 32 - u64::from(top.leading_zeros()),
        }
    }

    /// How many zero bits it ends in; 0 for 0.
    pub fn trailing_zeros(&self) -> u64 {
        let mut zeros = 0;
        for limb in self.limbs.iter() {
            if *limb != 0 {
                return zeros + u64::from(limb.trailing_zeros());
            }
            zeros += 32;
        }
        0
    }

    /// The number if it fits a machine word.
    pub fn to_u64(&self) -> Option<u64> {
        if self.limbs.len() > 2 { None } else { Some(self.low_u64()) }
    }

    /// The lowest 64 bits.
    pub fn low_u64(&self) -> u64 {
        u64::from(self.limb(0)) | u64::from(self.limb(1)) << 32
    }

    /// The limb at `index`; beyond the end they are 0.
    pub fn limb(&self, index: usize) -> u32 {
        self.limbs.get(index).copied().unwrap_or(0)
    }

    /// The limbs, least significant first.
    pub fn limbs(&self) -> &[u32] {
        &self.limbs
    }

    /// The number of so many limbs from a place on.
    pub fn slice(&self, place: usize, count: usize) -> Nat {
        let limbs = self.limbs.get(place..).unwrap_or_default();
        Nat {
            limbs: Seq::from_slice(limbs.get(..count).unwrap_or(limbs)),
        }
        .trimmed()
    }

    /// How many limbs there are.
    pub fn limb_count(&self) -> usize {
        self.limbs.len()
    }

    /// A number from its limbs, least significant first.
    pub fn from_limbs(limbs: Seq<u32>) -> Nat {
        Nat { limbs }.trimmed()
    }

    /// `self * factor + addend`, in place.
    pub fn mul_add(&mut self, factor: u32, addend: u32) {
        let mut carry = u64::from(addend);
        for limb in self.limbs.iter_mut() {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry != 0 {
            self.limbs.push(carry as u32);
        }
    }

    /// Divides in place and gives the remainder. `divisor` is not 0.
    pub fn div_small(&mut self, divisor: u32) -> u32 {
        // The type tells the compiler that no check for zero, and so no panic, is needed.
        let Some(divisor) = NonZero::new(u64::from(divisor)) else {
            return 0;
        };
        let mut rest = 0u64;
        for limb in self.limbs.iter_mut().rev() {
            let value = rest << 32 | u64::from(*limb);
            *limb = (value / divisor) as u32;
            rest = value % divisor;
        }
        while self.limbs.last() == Some(&0) {
            self.limbs.pop();
        }
        rest as u32
    }

    /// `self + other`.
    pub fn add(&self, other: &Nat) -> Nat {
        let count = self.limbs.len().max(other.limbs.len());
        let mut limbs = Seq::with_capacity(count + 1);
        let mut carry = 0u64;
        for i in 0..count {
            carry += u64::from(self.limb(i)) + u64::from(other.limb(i));
            limbs.push(carry as u32);
            carry >>= 32;
        }
        limbs.push(carry as u32);
        Nat { limbs }.trimmed()
    }

    /// `self - other`. INVARIANT: `self` is not less than `other`.
    pub fn sub(&self, other: &Nat) -> Nat {
        let mut limbs = Seq::with_capacity(self.limbs.len());
        let mut borrow = 0i64;
        for (i, limb) in self.limbs.iter().enumerate() {
            let value = i64::from(*limb) - i64::from(other.limb(i)) + borrow;
            limbs.push(value as u32);
            borrow = value >> 32;
        }
        Nat { limbs }.trimmed()
    }

    /// `self * other`.
    pub fn mul(&self, other: &Nat) -> Nat {
        let (a, b) = (&self.limbs, &other.limbs);
        let limbs = match long::methods().filter(|_| a.len().min(b.len()) >= LONG) {
            Some(methods) => (methods.product)(a, b),
            None => {
                let mut limbs = Seq::zeroed(a.len() + b.len());
                long::add_product(&mut limbs, a, b);
                limbs
            }
        };
        Nat { limbs }.trimmed()
    }

    /// `self << bits`.
    pub fn shl(&self, bits: u64) -> Nat {
        if self.is_zero() {
            return Nat::zero();
        }
        let (whole, part) = ((bits / 32) as usize, (bits % 32) as u32);
        let mut limbs = Seq::with_capacity(whole + self.limbs.len() + 1);
        limbs.fill_up(whole);
        let mut carry = 0u64;
        for limb in self.limbs.iter() {
            carry |= u64::from(*limb) << part;
            limbs.push(carry as u32);
            carry >>= 32;
        }
        limbs.push(carry as u32);
        Nat { limbs }.trimmed()
    }

    /// `self >> bits`; what falls out is dropped.
    pub fn shr(&self, bits: u64) -> Nat {
        let whole = bits / 32;
        let part = (bits % 32) as u32;
        if whole >= self.limbs.len() as u64 {
            return Nat::zero();
        }
        let mut limbs = Seq::with_capacity(self.limbs.len());
        for i in whole as usize..self.limbs.len() {
            let value = u64::from(self.limb(i)) | u64::from(self.limb(i + 1)) << 32;
            limbs.push((value >> part) as u32);
        }
        Nat { limbs }.trimmed()
    }

    /// Quotient and remainder. `divisor` is not 0.
    pub fn div_rem(&self, divisor: &Nat) -> (Nat, Nat) {
        if self.compare(divisor) == Ordering::Less {
            return (Nat::zero(), self.clone());
        }
        let long = divisor.limbs.len() >= LONG && self.limbs.len() - divisor.limbs.len() >= LONG;
        if let Some(methods) = long::methods().filter(|_| long) {
            return (methods.divide)(self, divisor);
        }
        self.div_rem_school(divisor)
    }

    /// [`Nat::div_rem`] as in school; `divisor` is not more than `self`.
    pub fn div_rem_school(&self, divisor: &Nat) -> (Nat, Nat) {
        if divisor.limbs.len() <= 1 {
            let mut quotient = self.clone();
            let rest = quotient.div_small(divisor.limb(0));
            return (quotient, Nat::from_u64(u64::from(rest)));
        }
        // Both are shifted so that the divisor's top bit is set: then a quotient digit guessed from the top two limbs is off by at most 2.
        let shift = u64::from(divisor.limbs.last().map_or(0, |top| top.leading_zeros()));
        let divisor = divisor.shl(shift);
        let mut rest = self.shl(shift).limbs;
        let count = divisor.limbs.len();
        rest.fill_up(self.limbs.len() + 1);
        let mut quotient = Seq::zeroed((self.limbs.len() + 1).saturating_sub(count));
        for (place, digit) in quotient.iter_mut().enumerate().rev() {
            if let Some(window) = rest.get_mut(place..=place + count) {
                *digit = divide_digit(window, &divisor.limbs);
            }
        }
        (Nat { limbs: quotient }.trimmed(), Nat { limbs: rest }.trimmed().shr(shift))
    }

    /// The order of two numbers.
    pub fn compare(&self, other: &Nat) -> Ordering {
        self.limbs
            .len()
            .cmp(&other.limbs.len())
            .then_with(|| self.limbs.iter().rev().cmp(other.limbs.iter().rev()))
    }

    /// `self * 5^exponent`, in place.
    pub fn mul_pow5(&mut self, exponent: u64) {
        /// The largest exponent for which one factor after the other is the fastest way.
        const SHORT: u64 = 13 * LONG as u64;
        if exponent > SHORT {
            *self = self.mul(&pow5(exponent));
            return;
        }
        let mut left = exponent;
        while left >= 13 {
            self.mul_add(FIVE_13, 0);
            left -= 13;
        }
        let mut factor = 1;
        for _ in 0..left {
            factor *= 5;
        }
        self.mul_add(factor, 0);
    }

    /// `self * 10^exponent`, in place.
    pub fn mul_pow10(&mut self, exponent: u64) {
        self.mul_pow5(exponent);
        *self = self.shl(exponent);
    }

    /// The number of a run of so many decimal digits.
    pub fn from_decimal(digits: impl Iterator<Item = u8>, count: usize) -> Nat {
        match long::methods().filter(|_| count > DIGITS_SHORT) {
            Some(methods) => {
                let mut text = Seq::with_capacity(count);
                text.extend(digits);
                (methods.from_decimal)(&text)
            }
            None => Nat::from_decimal_school(digits),
        }
    }

    /// [`Nat::from_decimal`], one group of digits after the other.
    pub fn from_decimal_school(digits: impl Iterator<Item = u8>) -> Nat {
        let mut number = Nat::zero();
        let (mut chunk, mut scale) = (0u32, 1u32);
        for byte in digits {
            chunk = chunk * 10 + u32::from(byte - b'0');
            scale *= 10;
            if scale == TEN_9 {
                number.mul_add(scale, chunk);
                (chunk, scale) = (0, 1);
            }
        }
        number.mul_add(scale, chunk);
        number
    }

    /// Appends the decimal digits, `0` for 0.
    pub fn write_decimal(&self, out: &mut Seq<u8>) {
        if let Some(methods) = long::methods().filter(|_| self.limbs.len() > LONG_TEXT) {
            return (methods.write_decimal)(self, out);
        }
        let start = out.len();
        let mut rest = self.clone();
        loop {
            let mut chunk = rest.div_small(TEN_9);
            let last = rest.is_zero();
            for _ in 0..9 {
                out.push(b'0' + (chunk % 10) as u8);
                chunk /= 10;
                if last && chunk == 0 {
                    break;
                }
            }
            if last {
                break;
            }
        }
        if let Some(digits) = out.get_mut(start..) {
            digits.reverse();
        }
    }

    /// Fills a slice with the decimal digits, zeros before them; what has no room is lost.
    pub fn fill_decimal(&self, digits: &mut [u8]) {
        let mut rest = self.clone();
        for group in digits.rchunks_mut(9) {
            let mut chunk = rest.div_small(TEN_9);
            for digit in group.iter_mut().rev() {
                *digit = b'0' + (chunk % 10) as u8;
                chunk /= 10;
            }
        }
    }
}

/// `5^exponent`, by squaring.
fn pow5(exponent: u64) -> Nat {
    let mut power = Nat::from_u64(1);
    if exponent < 13 {
        power.mul_pow5(exponent);
        return power;
    }
    let half = pow5(exponent / 2);
    power = half.mul(&half);
    if exponent & 1 == 1 {
        power.mul_add(5, 0);
    }
    power
}

/// One step of long division (Knuth's algorithm D): the digit of `window / divisor`; `window`, one limb longer, keeps the remainder.
fn divide_digit(window: &mut [u32], divisor: &[u32]) -> u32 {
    let (Some((&high, below)), Some((&top, lower))) = (window.split_last(), divisor.split_last()) else {
        return 0;
    };
    let next = below.last().copied().unwrap_or(0);
    let third = below.len().checked_sub(2).and_then(|i| below.get(i)).copied().unwrap_or(0);
    let second = lower.last().copied().unwrap_or(0);
    let Some(top) = NonZero::new(u64::from(top)) else {
        return 0;
    };
    let head = u64::from(high) << 32 | u64::from(next);
    let mut guess = (head / top).min(u64::from(u32::MAX));
    let mut left = head - guess * top.get();
    while left <= u64::from(u32::MAX) && guess * u64::from(second) > (left << 32 | u64::from(third)) {
        guess -= 1;
        left += top.get();
    }
    if subtract_product(window, divisor, guess) {
        guess -= 1;
        add_back(window, divisor);
    }
    guess as u32
}

/// `window -= divisor * factor`; whether it went below zero.
fn subtract_product(window: &mut [u32], divisor: &[u32], factor: u64) -> bool {
    let mut carry = 0u64;
    let mut borrow = 0i64;
    for (i, cell) in window.iter_mut().enumerate() {
        carry += factor * u64::from(divisor.get(i).copied().unwrap_or(0));
        let value = i64::from(*cell) - i64::from(carry as u32) + borrow;
        *cell = value as u32;
        borrow = value >> 32;
        carry >>= 32;
    }
    borrow < 0
}

/// `window += divisor`, the carry out of the top dropped.
fn add_back(window: &mut [u32], divisor: &[u32]) {
    let mut carry = 0u64;
    for (i, cell) in window.iter_mut().enumerate() {
        carry += u64::from(*cell) + u64::from(divisor.get(i).copied().unwrap_or(0));
        *cell = carry as u32;
        carry >>= 32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nat(text: &str) -> Nat {
        Nat::from_decimal(text.bytes(), text.len())
    }

    fn text(number: &Nat) -> String {
        let mut out = Seq::new();
        number.write_decimal(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn decimal_round_trip() {
        for case in [
            "0",
            "7",
            "1000000000",
            "999999999999999999999",
            "10000000000000000000000000000000000000001",
        ] {
            assert_eq!(text(&nat(case)), case);
        }
    }

    #[test]
    fn division_undoes_multiplication() {
        let a = nat("340282366920938463463374607431768211455999999999999");
        let b = nat("79228162514264337593543950336");
        let r = nat("79228162514264337593543950335");
        let (q, rest) = a.mul(&b).add(&r).div_rem(&b);
        assert_eq!((text(&q), text(&rest)), (text(&a), text(&r)));
        // The guessed digit is one too large here.
        let (q, rest) = nat("39614081266355540835774234624").div_rem(&nat("9223372036854775809"));
        assert_eq!(
            text(&q.mul(&nat("9223372036854775809")).add(&rest)),
            "39614081266355540835774234624"
        );
    }

    #[test]
    fn shifts_and_bits() {
        let a = nat("123456789012345678901234567890");
        assert_eq!(a.shl(77).shr(77), a);
        assert_eq!(nat("18446744073709551616").bits(), 65);
        assert_eq!(nat("18446744073709551616").trailing_zeros(), 64);
        let mut one = Nat::from_u64(1);
        one.mul_pow5(30);
        assert_eq!(text(&one), "931322574615478515625");
    }
}
