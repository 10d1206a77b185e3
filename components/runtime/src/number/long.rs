//! Long natural numbers, of more than some hundred digits: products by Karatsuba's method, quotients by multiplying with a reciprocal (Barrett's, by
//! Newton's iteration), decimal text by halves. Whoever writes a document chooses how long its numbers are, so no operation may be quadratic.
//!
//! Scratch space is given back to the arena at once. When memory runs out, slices are too short and results wrong; the arena has recorded the error then, and the
//! decision fails.

use super::nat::Nat;
use super::seq::{self, Seq};
use crate::mem::Global;
use core::cmp::Ordering;

/// Factors, divisors and quotients of fewer limbs are dealt with as in school.
pub const LONG: usize = 48;
/// Fewer limbs are turned into digits one group after the other.
pub const LONG_TEXT: usize = 64;
/// Digits that one step of [`Nat::mul_add`] takes.
const GROUP: usize = 9;
/// Texts are halved until their pieces have no more digits than this.
const PIECE: usize = GROUP * 32;
/// More squarings of it than any text takes.
const POWERS: usize = 32;

/// What replaces the school methods for long numbers. Policies that do not compute with numbers never call [`enable`], so that they do not carry the
/// methods.
pub struct Methods {
    /// `a * b`.
    pub product: fn(&[u32], &[u32]) -> Seq<u32>,
    /// Quotient and remainder.
    pub divide: fn(&Nat, &Nat) -> (Nat, Nat),
    /// The number of a run of decimal digits.
    pub from_decimal: fn(&[u8]) -> Nat,
    /// Appends the decimal digits.
    pub write_decimal: fn(&Nat, &mut Seq<u8>),
}

static METHODS: Methods = Methods {
    product,
    divide: |number, divisor| Divisor::new(divisor).divide(number),
    from_decimal,
    write_decimal,
};

static ENABLED: Global<Option<&'static Methods>> = Global::new(None);

/// Makes the methods available. Whatever computes with numbers calls this first.
pub fn enable() {
    *ENABLED.get() = Some(&METHODS);
}

/// The methods, if they are enabled.
pub fn methods() -> Option<&'static Methods> {
    if cfg!(target_arch = "wasm32") {
        // SAFETY: the variable is valid. The read is volatile, since the optimiser would put the only value that is ever stored in its place, and each policy
        // would reach the methods.
        unsafe { core::ptr::read_volatile(ENABLED.get()) }
    } else {
        Some(&METHODS)
    }
}

/// `a * b`.
fn product(a: &[u32], b: &[u32]) -> Seq<u32> {
    let (long, short) = if a.len() < b.len() { (b, a) } else { (a, b) };
    let mut out = Seq::zeroed(long.len() + short.len());
    if short.len() < LONG {
        add_product(&mut out, long, short);
        return out;
    }
    let mark = seq::mark();
    let mut piece = Seq::zeroed(2 * short.len());
    // Each level takes four halves and what carries.
    let mut scratch = Seq::zeroed(4 * short.len() + 512);
    for (place, chunk) in long.chunks(short.len()).enumerate() {
        let rest = out.get_mut(place * short.len()..).unwrap_or_default();
        if chunk.len() == short.len() {
            karatsuba(&mut piece, chunk, short, &mut scratch);
            add(rest, &piece);
        } else {
            add(rest, &product(short, chunk));
        }
    }
    seq::release(mark);
    out
}

/// `out = a * b`, of two numbers of the same length.
fn karatsuba(out: &mut [u32], a: &[u32], b: &[u32], scratch: &mut [u32]) {
    if a.len() < LONG {
        out.fill(0);
        return add_product(out, a, b);
    }
    let half = a.len().div_ceil(2);
    let (Some((a_low, a_high)), Some((b_low, b_high))) = (a.split_at_checked(half), b.split_at_checked(half)) else {
        return;
    };
    let (Some((low, high)), Some((sums, rest))) = (out.split_at_mut_checked(2 * half), scratch.split_at_mut_checked(2 * half + 2)) else {
        return;
    };
    karatsuba(low, a_low, b_low, rest);
    karatsuba(high, a_high, b_high, rest);
    let (Some((a_sum, b_sum)), Some((middle, rest))) = (sums.split_at_mut_checked(half + 1), rest.split_at_mut_checked(2 * half + 2))
    else {
        return;
    };
    for (sum, [x, y]) in [(&mut *a_sum, [a_low, a_high]), (&mut *b_sum, [b_low, b_high])] {
        sum.fill(0);
        add(sum, x);
        add(sum, y);
    }
    karatsuba(middle, a_sum, b_sum, rest);
    subtract(middle, low);
    subtract(middle, high);
    add(out.get_mut(half..).unwrap_or_default(), middle);
}

/// `out += a * b`, as in school, two rows at a time: their carries do not wait for each other.
pub fn add_product(out: &mut [u32], a: &[u32], b: &[u32]) {
    for (place, factors) in b.chunks(2).enumerate() {
        let row = out.get_mut(2 * place..).unwrap_or_default();
        let first = u64::from(factors.first().copied().unwrap_or(0));
        let second = u64::from(factors.get(1).copied().unwrap_or(0));
        let (mut low, mut high, mut before) = (0u64, 0u64, 0u64);
        let mut cells = row.iter_mut();
        for (limb, cell) in a.iter().zip(&mut cells) {
            let limb = u64::from(*limb);
            low += limb * first + u64::from(*cell);
            high += before * second + (low & 0xffff_ffff);
            *cell = high as u32;
            low >>= 32;
            high >>= 32;
            before = limb;
        }
        // The second row ends a limb further.
        for cell in cells.take(2) {
            low += u64::from(*cell);
            high += before * second + (low & 0xffff_ffff);
            *cell = high as u32;
            low >>= 32;
            high >>= 32;
            before = 0;
        }
    }
}

/// `out += a`; the sum must fit.
fn add(out: &mut [u32], a: &[u32]) {
    let mut carry = 0u64;
    let mut cells = out.iter_mut();
    for (limb, cell) in a.iter().zip(&mut cells) {
        carry += u64::from(*limb) + u64::from(*cell);
        *cell = carry as u32;
        carry >>= 32;
    }
    for cell in cells {
        if carry == 0 {
            return;
        }
        carry += u64::from(*cell);
        *cell = carry as u32;
        carry >>= 32;
    }
}

/// `out -= a`, which is not more than `out`.
fn subtract(out: &mut [u32], a: &[u32]) {
    let mut borrow = 0i64;
    let mut cells = out.iter_mut();
    for (limb, cell) in a.iter().zip(&mut cells) {
        borrow += i64::from(*cell) - i64::from(*limb);
        *cell = borrow as u32;
        borrow >>= 32;
    }
    for cell in cells {
        if borrow == 0 {
            return;
        }
        borrow += i64::from(*cell);
        *cell = borrow as u32;
        borrow >>= 32;
    }
}

/// A divisor that is ready for many divisions.
struct Divisor {
    /// The divisor, shifted so that its top bit is set.
    shifted: Nat,
    /// How far.
    shift: u64,
    /// `2^(64 * limbs) / shifted`, off by a few at most.
    reciprocal: Nat,
}

impl Divisor {
    /// Prepares a divisor, which is not 0.
    fn new(divisor: &Nat) -> Divisor {
        let limbs = divisor.limb_count() as u64;
        let shift = limbs * 32 - divisor.bits();
        let shifted = divisor.shl(shift);
        let reciprocal = reciprocal(&shifted);
        Divisor {
            shifted,
            shift,
            reciprocal,
        }
    }

    /// Quotient and remainder of a number that has at most twice as many limbs, also when it is shifted as the divisor was.
    fn divide_short(&self, number: &Nat) -> (Nat, Nat) {
        let limbs = self.shifted.limb_count() as u64;
        let mut quotient = number.shr(32 * (limbs - 1)).mul(&self.reciprocal).shr(32 * (limbs + 1));
        let mut product = quotient.mul(&self.shifted);
        let one = Nat::from_u64(1);
        while product.compare(number) == Ordering::Greater && !seq::exhausted() {
            quotient = quotient.sub(&one);
            product = product.sub(&self.shifted);
        }
        let mut rest = number.sub(&product);
        while rest.compare(&self.shifted) != Ordering::Less && !seq::exhausted() {
            rest = rest.sub(&self.shifted);
            quotient = quotient.add(&one);
        }
        (quotient, rest)
    }

    /// Quotient and remainder.
    fn divide(&self, number: &Nat) -> (Nat, Nat) {
        let number = number.shl(self.shift);
        let limbs = self.shifted.limb_count();
        if number.limb_count() <= 2 * limbs {
            let (quotient, rest) = self.divide_short(&number);
            return (quotient, rest.shr(self.shift));
        }
        // As in school, with the divisor's length for a digit.
        let mut quotient = Seq::zeroed(number.limb_count().next_multiple_of(limbs));
        let mut rest = Nat::zero();
        for place in (0..number.limb_count()).step_by(limbs).rev() {
            let digit = number.slice(place, limbs);
            let (digit, left) = self.divide_short(&rest.shl(32 * limbs as u64).add(&digit));
            add(quotient.get_mut(place..).unwrap_or_default(), digit.limbs());
            rest = left;
        }
        (Nat::from_limbs(quotient), rest.shr(self.shift))
    }
}

/// `2^(64 * limbs) / divisor`, off by a few at most, for a divisor whose top bit is set.
fn reciprocal(divisor: &Nat) -> Nat {
    let limbs = divisor.limb_count();
    if limbs < LONG {
        return Nat::from_u64(1).shl(64 * limbs as u64).div_rem_school(divisor).0;
    }
    // One step of Newton's iteration doubles the limbs that are right, but for one.
    let half = limbs / 2 + 2;
    let top = divisor.slice(limbs - half, half);
    let near = reciprocal(&top);
    let product = near.mul(divisor);
    let one = Nat::from_u64(1).shl(32 * (limbs + half) as u64);
    let near_shifted = near.shl(32 * (limbs - half) as u64);
    let correction = |error: &Nat| near.mul(error).shr(64 * half as u64);
    if product.compare(&one) == Ordering::Greater {
        near_shifted.sub(&correction(&product.sub(&one)))
    } else {
        near_shifted.add(&correction(&one.sub(&product)))
    }
}

/// The length of the pieces of so many digits: halves of halves, all of the same length but the first.
fn piece(digits: usize) -> usize {
    let levels = (digits / PIECE).checked_ilog2().map_or(0, |levels| levels + 1);
    digits.div_ceil(1 << levels)
}

/// `10^(piece * 2^i)`, as far as they have no more than so many digits.
fn powers(piece: usize, digits: usize) -> [Nat; POWERS] {
    let mut powers = [const { Nat::zero() }; POWERS];
    let mut power = Nat::from_u64(1);
    power.mul_pow10(piece as u64);
    let mut size = piece;
    for place in &mut powers {
        if size >= digits {
            break;
        }
        let next = if size * 2 < digits { power.mul(&power) } else { Nat::zero() };
        *place = power;
        power = next;
        size *= 2;
    }
    powers
}

/// The power of ten to cut so many digits at, by its place in a table, and its own digits.
fn cut(digits: usize, piece: usize) -> Option<(usize, usize)> {
    let pieces = digits.checked_sub(1)?.checked_div(piece)?;
    let place = pieces.checked_ilog2()? as usize;
    Some((place, piece << place))
}

/// The number of a run of decimal digits.
fn from_decimal(digits: &[u8]) -> Nat {
    let piece = piece(digits.len());
    from_halves(digits, piece, &powers(piece, digits.len()))
}

fn from_halves(digits: &[u8], piece: usize, powers: &[Nat]) -> Nat {
    let parts =
        cut(digits.len(), piece).and_then(|(place, size)| Some((powers.get(place)?, digits.split_at_checked(digits.len() - size)?)));
    match parts {
        Some((power, (high, low))) => {
            let high = from_halves(high, piece, powers);
            let low = from_halves(low, piece, powers);
            high.mul(power).add(&low)
        }
        None => Nat::from_decimal_school(digits.iter().copied()),
    }
}

/// Appends the decimal digits of a long number.
fn write_decimal(number: &Nat, out: &mut Seq<u8>) {
    // log10(2) is a little less than 0.30103.
    let count = (number.bits() * 30_103 / 100_000 + 1) as usize;
    out.reserve(count);
    let mark = seq::mark();
    let mut digits = Seq::zeroed(count);
    let piece = piece(count);
    let divisors = powers(piece, count).map(|power| (!power.is_zero()).then(|| Divisor::new(&power)));
    to_halves(number, &mut digits, piece, &divisors);
    out.extend(digits.iter().copied().skip_while(|digit| *digit == b'0'));
    seq::release(mark);
}

/// Fills a slice with the digits of a number, zeros before them.
fn to_halves(number: &Nat, digits: &mut [u8], piece: usize, divisors: &[Option<Divisor>]) {
    let mark = seq::mark();
    let len = digits.len();
    let parts = cut(len, piece).and_then(|(place, size)| Some((divisors.get(place)?.as_ref()?, digits.split_at_mut_checked(len - size)?)));
    match parts {
        Some((divisor, (high, low))) => {
            let (quotient, rest) = divisor.divide(number);
            to_halves(&quotient, high, piece, divisors);
            to_halves(&rest, low, piece, divisors);
        }
        None => number.fill_decimal(digits),
    }
    seq::release(mark);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of so many limbs, some with runs of ones and zeros.
    fn number(limbs: usize, seed: u64) -> Nat {
        let mut bits = seed | 1;
        let mut out = Seq::new();
        for place in 0..limbs {
            bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            out.push(match (seed % 4, bits >> 60) {
                (1, 0..12) | (3, _) => u32::MAX,
                (2, 0..12) if place + 1 < limbs => 0,
                _ => (bits >> 32) as u32 | 1,
            });
        }
        Nat::from_limbs(out)
    }

    fn school(a: &Nat, b: &Nat) -> Nat {
        let mut out = Seq::zeroed(a.limb_count() + b.limb_count());
        add_product(&mut out, a.limbs(), b.limbs());
        Nat::from_limbs(out)
    }

    #[test]
    fn products_as_in_school() {
        for (place, a) in [LONG - 1, LONG, LONG + 1, 2 * LONG + 1, 97, 200, 501].into_iter().enumerate() {
            for (other, b) in [1, LONG, LONG + 3, 150, 700].into_iter().enumerate() {
                let (a, b) = (number(a, place as u64), number(b, other as u64));
                assert!(a.mul(&b) == school(&a, &b), "{} {}", a.limb_count(), b.limb_count());
            }
        }
    }

    #[test]
    fn quotients_undo_products() {
        for (place, divisor) in [LONG, LONG + 1, 100, 129, 300, 513].into_iter().enumerate() {
            for (other, quotient) in [LONG, 99, 130, 650, 1500].into_iter().enumerate() {
                let (divisor, quotient) = (number(divisor, place as u64), number(quotient, other as u64));
                for rest in [Nat::zero(), divisor.sub(&Nat::from_u64(1)), divisor.shr(7)] {
                    let (q, r) = divisor.mul(&quotient).add(&rest).div_rem(&divisor);
                    assert!(q == quotient && r == rest, "{} {}", divisor.limb_count(), quotient.limb_count());
                }
            }
        }
    }

    #[test]
    fn texts_by_halves() {
        for digits in [577, 578, 600, 864, 865, 1152, 1153, 5000, 12_345] {
            for text in [
                "1".repeat(digits),
                "9".repeat(digits),
                format!("1{}", "0".repeat(digits - 1)),
                format!("7{}", "00123456789".repeat(digits / 11)),
            ] {
                let number = Nat::from_decimal(text.bytes(), text.len());
                assert!(number == Nat::from_decimal_school(text.bytes()), "{digits}");
                let mut out = Seq::new();
                out.push(b'-');
                number.write_decimal(&mut out);
                assert!(out.get(1..) == Some(text.as_bytes()), "{digits}");
            }
        }
    }

    #[test]
    fn powers_of_five() {
        let (mut slow, mut fast) = (Nat::from_u64(3), Nat::from_u64(3));
        for _ in 0..2001 {
            slow.mul_add(5, 0);
        }
        fast.mul_pow5(2001);
        assert!(slow == fast);
    }
}
