//! Whole numbers of any size with a sign. `+ - * %` and the `bits.*` built-ins are exact on them, as in OPA. Division is not here: OPA
//! divides in floating point unless it comes out even (see `arithmetic`).

use super::nat::Nat;
use super::seq::Seq;
use core::cmp::Ordering;

/// An integer. Zero is never negative.
#[derive(Debug, Clone, PartialEq)]
pub struct Integer {
    /// Whether it is below zero.
    pub negative: bool,
    /// Its distance from zero.
    pub magnitude: Nat,
}

impl Integer {
    /// An integer from its sign and magnitude.
    pub fn new(negative: bool, magnitude: Nat) -> Integer {
        Integer {
            negative: negative && !magnitude.is_zero(),
            magnitude,
        }
    }

    /// The integer of a machine word.
    pub fn from_i64(value: i64) -> Integer {
        Integer::new(value < 0, Nat::from_u64(value.unsigned_abs()))
    }

    /// The machine word, if it fits.
    pub fn to_i64(&self) -> Option<i64> {
        let magnitude = self.magnitude.to_u64()?;
        if self.negative {
            0i64.checked_sub_unsigned(magnitude)
        } else {
            i64::try_from(magnitude).ok()
        }
    }

    /// `self + other`.
    pub fn add(&self, other: &Integer) -> Integer {
        if self.negative == other.negative {
            return Integer::new(self.negative, self.magnitude.add(&other.magnitude));
        }
        match self.magnitude.compare(&other.magnitude) {
            Ordering::Less => Integer::new(other.negative, other.magnitude.sub(&self.magnitude)),
            _ => Integer::new(self.negative, self.magnitude.sub(&other.magnitude)),
        }
    }

    /// `-self`.
    pub fn negated(&self) -> Integer {
        Integer::new(!self.negative, self.magnitude.clone())
    }

    /// `self - other`.
    pub fn sub(&self, other: &Integer) -> Integer {
        self.add(&other.negated())
    }

    /// `self * other`.
    pub fn mul(&self, other: &Integer) -> Integer {
        Integer::new(self.negative != other.negative, self.magnitude.mul(&other.magnitude))
    }

    /// The remainder of division towards zero: it has the sign of `self`. `other` is not 0.
    pub fn rem(&self, other: &Integer) -> Integer {
        Integer::new(self.negative, self.magnitude.div_rem(&other.magnitude).1)
    }

    /// The order of two integers.
    pub fn compare(&self, other: &Integer) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.magnitude.compare(&other.magnitude),
            (true, true) => other.magnitude.compare(&self.magnitude),
        }
    }

    /// `-self - 1`.
    pub fn not(&self) -> Integer {
        self.negated().sub(&Integer::from_i64(1))
    }

    /// `self << bits`.
    pub fn shl(&self, bits: u64) -> Integer {
        Integer::new(self.negative, self.magnitude.shl(bits))
    }

    /// `self >> bits`, rounding down.
    pub fn shr(&self, bits: u64) -> Integer {
        if self.negative {
            self.not().shr(bits).not()
        } else {
            Integer::new(false, self.magnitude.shr(bits))
        }
    }

    /// A bitwise operation in two's complement with endless sign extension.
    pub fn bitwise(&self, other: &Integer, op: fn(u32, u32) -> u32) -> Integer {
        let count = self.magnitude.limb_count().max(other.magnitude.limb_count()) + 1;
        let (mut a, mut b) = (Complement::of(self), Complement::of(other));
        let mut limbs = Seq::with_capacity(count);
        for i in 0..count {
            limbs.push(op(a.limb(i), b.limb(i)));
        }
        let negative = limbs.last().is_some_and(|top| top >> 31 != 0);
        if !negative {
            return Integer::new(false, Nat::from_limbs(limbs));
        }
        for limb in limbs.iter_mut() {
            *limb = !*limb;
        }
        Integer::new(false, Nat::from_limbs(limbs)).not()
    }

    /// Appends the decimal text.
    pub fn write(&self, out: &mut Seq<u8>) {
        if self.negative {
            out.push(b'-');
        }
        self.magnitude.write_decimal(out);
    }
}

/// Reads the limbs of an integer in two's complement, from the lowest up.
struct Complement<'a> {
    magnitude: &'a Nat,
    negative: bool,
    carry: bool,
}

impl<'a> Complement<'a> {
    fn of(integer: &'a Integer) -> Complement<'a> {
        Complement {
            magnitude: &integer.magnitude,
            negative: integer.negative,
            carry: integer.negative,
        }
    }

    fn limb(&mut self, index: usize) -> u32 {
        let limb = self.magnitude.limb(index);
        if !self.negative {
            return limb;
        }
        let (value, carry) = (!limb).overflowing_add(u32::from(self.carry));
        self.carry = carry;
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(result: Integer, expected: i64) {
        assert_eq!(result.to_i64(), Some(expected));
    }

    #[test]
    fn signs() {
        let samples = [0, 1, -1, 5, -7, 255, -256, i64::from(u32::MAX), -(1 << 32), 1 << 40, -(1 << 40) - 3];
        for a in samples {
            for b in samples {
                let (x, y) = (Integer::from_i64(a), Integer::from_i64(b));
                check(x.add(&y), a + b);
                check(x.sub(&y), a - b);
                check(x.bitwise(&y, |p, q| p & q), a & b);
                check(x.bitwise(&y, |p, q| p | q), a | b);
                check(x.bitwise(&y, |p, q| p ^ q), a ^ b);
                assert_eq!(x.compare(&y), a.cmp(&b));
                if b != 0 {
                    check(x.rem(&y), a % b);
                }
            }
            check(Integer::from_i64(a).shr(3), a >> 3);
            check(Integer::from_i64(a).not(), !a);
        }
        check(Integer::from_i64(i64::MIN), i64::MIN);
    }
}
