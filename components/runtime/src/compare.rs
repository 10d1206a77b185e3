//! Rego's total order of values, and equality.
//!
//! null < booleans < numbers < strings < arrays < objects < sets. Strings compare by their bytes; arrays element by element; objects pair by pair in key order
//! (key, then value); sets element by element in order; a prefix comes first. Numbers compare by their value however they are written.
//!
//! Documents may be ten thousand levels deep, so collections are not compared by recursion: what is left to do at each level lies on a stack in
//! the arena. (Sorting the elements of a set compares again from within; sets nest only as deep as a policy writes them.)

use crate::levels::{Level, Levels};
use crate::number;
use crate::value::Value;
use crate::{arena, mem};
use core::cmp::Ordering;
use warrego_abi::{self as abi, Word};

/// Whether two values are equal.
#[inline]
pub fn equal(a: Value, b: Value) -> bool {
    if a.word() == b.word() {
        return true;
    }
    match (a.tag(), b.tag()) {
        (abi::STRING, abi::STRING) => a.byte_len() == b.byte_len() && mem::same(a.address(), b.address(), a.byte_len()),
        (abi::INT, abi::INT) => false,
        (x, y) if rank(x) != rank(y) => false,
        (abi::INT..=abi::NUMBER, _) => number::compare_words(a, b) == Ordering::Equal,
        (abi::ARRAY..=abi::SET, _) => deep(a, b, true) == Ordering::Equal,
        _ => false,
    }
}

/// Compares two values.
#[inline]
pub fn compare(a: Value, b: Value) -> Ordering {
    if a.word() == b.word() {
        return Ordering::Equal;
    }
    match (a.tag(), b.tag()) {
        (abi::STRING, abi::STRING) => mem::order(a.address(), a.byte_len(), b.address(), b.byte_len()),
        (abi::ARRAY, abi::ARRAY) | (abi::OBJECT, abi::OBJECT) | (abi::SET, abi::SET) => deep(a, b, false),
        _ => scalars(a, b),
    }
}

/// The place of a tag in the order of types.
#[inline]
fn rank(tag: Word) -> Word {
    if matches!(tag, abi::NUMBER_TEXT | abi::NUMBER) {
        abi::INT
    } else {
        tag
    }
}

fn scalars(a: Value, b: Value) -> Ordering {
    match (a.tag(), b.tag()) {
        (abi::INT, abi::INT) => (a.word() as i64).cmp(&(b.word() as i64)),
        (abi::INT..=abi::NUMBER, abi::INT..=abi::NUMBER) => number::compare_words(a, b),
        (x, y) if x == y => a.word().cmp(&b.word()),
        (x, y) => x.cmp(&y),
    }
}

/// Two sequences of words under way: `left` pairs of them from here on, and if all are equal, `tie`.
#[derive(Clone, Copy)]
struct Walk {
    a: u32,
    b: u32,
    left: u32,
    tie: Ordering,
}

impl Walk {
    /// Two collections of the same kind as sequences of words in order.
    fn open(a: Value, b: Value) -> Walk {
        let (a_items, a_len) = sequence(a);
        let (b_items, b_len) = sequence(b);
        Walk {
            a: a_items,
            b: b_items,
            left: a_len.min(b_len),
            tie: a_len.cmp(&b_len),
        }
    }

    fn pack(self) -> Level {
        [self.a, self.b, self.left, self.tie as i32 as u32]
    }

    fn unpack([a, b, left, tie]: Level) -> Walk {
        Walk {
            a,
            b,
            left,
            tie: (tie as i32).cmp(&0),
        }
    }
}

/// The words of a collection in order: their address and number.
fn sequence(value: Value) -> (u32, u32) {
    if let Some(array) = value.as_array() {
        (array.items(), array.len())
    } else if let Some(object) = value.as_object() {
        (object.sorted(), object.len() * 2)
    } else if let Some(set) = value.as_set() {
        (set.sorted(), set.len())
    } else {
        (0, 0)
    }
}

/// Compares collections of the same kind. With `only_equal` the result is exact only in whether it is `Equal`.
#[inline(never)]
fn deep(a: Value, b: Value, only_equal: bool) -> Ordering {
    let mark = arena::mark();
    let result = walk(&mut Levels::new(), Walk::open(a, b), only_equal);
    arena::release(mark);
    result
}

fn walk(stack: &mut Levels, mut level: Walk, only_equal: bool) -> Ordering {
    loop {
        if only_equal && level.tie != Ordering::Equal {
            return level.tie;
        }
        let mut inner = None;
        while level.left > 0 {
            let x = Value::from_word(mem::load64(level.a));
            let y = Value::from_word(mem::load64(level.b));
            level.a += 8;
            level.b += 8;
            level.left -= 1;
            if x.word() == y.word() {
                continue;
            }
            let order = match (x.tag(), y.tag()) {
                (abi::ARRAY, abi::ARRAY) | (abi::OBJECT, abi::OBJECT) | (abi::SET, abi::SET) => {
                    inner = Some(Walk::open(x, y));
                    break;
                }
                (abi::STRING, abi::STRING) => mem::order(x.address(), x.byte_len(), y.address(), y.byte_len()),
                _ => scalars(x, y),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        level = match inner {
            Some(inner) => {
                // The last element of a level leaves nothing behind.
                let done = level.left == 0 && level.tie == Ordering::Equal;
                if !done && !stack.push(level.pack()) {
                    return Ordering::Less;
                }
                inner
            }
            None => match (level.tie, stack.pop()) {
                (Ordering::Equal, Some(outer)) => Walk::unpack(outer),
                (tie, _) => return tie,
            },
        };
    }
}
