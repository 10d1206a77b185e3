//! Hashes of values: equal values have equal hashes, however a number is written and whatever order a set is in.
//!
//! Strings and small integers hash as `warrego_abi` says, since the compiler builds indices too. Collections hash a few levels deep; what lies deeper makes
//! no difference, which bounds the recursion.

use crate::mem;
use crate::number;
use crate::value::Value;
use warrego_abi::{self as abi, object};

/// Levels of a collection that count.
const LEVELS: u32 = 6;

/// The hash of a value.
#[inline]
pub fn hash(value: Value) -> u32 {
    match value.tag() {
        abi::STRING => hash_string(value.address(), value.byte_len()),
        abi::INT => abi::hash_int(value.word() as i64 >> 4),
        abi::OBJECT if value.address() < mem::heap_base() => constant(value.address(), value),
        _ => other(value, LEVELS),
    }
}

/// The hash of an object that the compiler made, which is worked out once.
fn constant(header: u32, value: Value) -> u32 {
    let known = mem::load32(header + object::HASH);
    if known != 0 {
        return known;
    }
    let hash = other(value, LEVELS);
    mem::store32(header + object::HASH, hash);
    hash
}

/// [`abi::hash_bytes`] of the bytes at an address.
#[inline]
pub fn hash_string(address: u32, len: u32) -> u32 {
    let mut h = abi::HASH_SEED ^ u64::from(len);
    let mut at = 0;
    while at + 8 <= len {
        h = abi::hash_step(h, mem::load64(address + at));
        at += 8;
    }
    let rest = len - at;
    let word = if rest == 0 {
        0
    } else {
        mem::few(address + at, rest) >> (64 - 8 * rest)
    };
    abi::hash_end(h, word)
}

#[inline(never)]
fn other(value: Value, levels: u32) -> u32 {
    match value.tag() {
        abi::STRING | abi::INT => hash(value),
        abi::NUMBER_TEXT | abi::NUMBER => number::hash_word(value),
        abi::ARRAY | abi::OBJECT | abi::SET => collection(value, levels),
        _ => abi::hash_int(value.word() as i64),
    }
}

fn collection(value: Value, levels: u32) -> u32 {
    let mut sum = value.tag() as u32;
    if levels == 0 {
        return sum;
    }
    if let Some(array) = value.as_array() {
        for element in array {
            sum = mix(sum.rotate_left(5) ^ other(element, levels - 1));
        }
    } else if let Some(set) = value.as_set() {
        for element in set.iter_unordered() {
            sum = sum.wrapping_add(mix(other(element, levels - 1)));
        }
    } else if let Some(object) = value.as_object() {
        for (key, value) in object.iter_unordered() {
            let pair = other(key, levels - 1).rotate_left(7) ^ other(value, levels - 1);
            sum = sum.wrapping_add(mix(pair));
        }
    }
    sum
}

fn mix(hash: u32) -> u32 {
    let h = hash.wrapping_mul(0x9e37_79b1);
    h ^ h >> 15
}
