//! What a projection (`warrego_abi::projection`) says of the value at hand. A node is its address; 0 stands for the node that asks for everything.

use crate::mem;
use crate::value::Value;
use warrego_abi::{self as abi, Word, projection};

/// Whether everything below a node is read.
#[inline(always)]
pub fn whole(node: u32) -> bool {
    node == 0 || mem::load32(node + projection::FLAGS) & projection::WHOLE != 0
}

/// The field of a node for a key, 0 if it has none.
#[inline(always)]
pub fn field(node: u32, key: u32, len: u32) -> u32 {
    let mut at = mem::load32(node + projection::FIELDS);
    let end = at + mem::load32(node + projection::FIELD_COUNT) * projection::FIELD;
    let wanted = len << 4 | abi::STRING as u32;
    while at != end {
        if mem::load32(at) == wanted && same_key(mem::load32(at + 4), key, len) {
            return at;
        }
        at += projection::FIELD;
    }
    0
}

/// Whether two keys of the same length are the same. Eight bytes can be read at both whatever their length.
#[inline(always)]
pub fn same_key(a: u32, b: u32, len: u32) -> bool {
    if len <= 8 {
        return len == 0 || (mem::load64(a) ^ mem::load64(b)) << (64 - 8 * len) == 0;
    }
    let mut at = 0;
    while at + 8 < len {
        if mem::load64(a + at) != mem::load64(b + at) {
            return false;
        }
        at += 8;
    }
    mem::load64(a + len - 8) == mem::load64(b + len - 8)
}

/// The field of a node for a position in an array, 0 if it has none.
pub fn position_field(node: u32, position: u32) -> u32 {
    let mut at = mem::load32(node + projection::FIELDS);
    let end = at + mem::load32(node + projection::FIELD_COUNT) * projection::FIELD;
    while at != end {
        if mem::load64(at) == Value::count(position).word() {
            return at;
        }
        at += projection::FIELD;
    }
    0
}

/// The number of positions of an array that a node can look at.
pub fn positions(node: u32) -> u32 {
    let at = mem::load32(node + projection::FIELDS);
    (0..mem::load32(node + projection::FIELD_COUNT))
        .filter_map(|i| Value::from_word(mem::load64(at + i * projection::FIELD)).as_int())
        .max()
        .map_or(0, |last| (last + 1).clamp(0, i64::from(u32::MAX)) as u32)
}

/// The node of a field.
#[inline(always)]
pub fn node_of(nodes: u32, field: u32) -> u32 {
    nodes + mem::load32(field + 8) * projection::NODE
}

/// The node of the values that have no field of their own, in a node whose every element is looked at.
#[inline(always)]
pub fn child(nodes: u32, node: u32) -> u32 {
    if whole(node) {
        return 0;
    }
    nodes + mem::load32(node + projection::CHILD) * projection::NODE
}

/// The node of a key's value, in a node whose every element is looked at.
#[inline(always)]
pub fn of_key(nodes: u32, node: u32, key: Word) -> u32 {
    if whole(node) {
        return 0;
    }
    match field(node, (key >> 32) as u32, key as u32 >> 4) {
        0 => child(nodes, node),
        field => node_of(nodes, field),
    }
}

/// Whether only fields of a node are looked at, if the value is an object.
#[inline(always)]
pub fn only_fields(node: u32) -> bool {
    node != 0 && mem::load32(node + projection::FLAGS) & (projection::WHOLE | projection::ELEMENTS) == 0
}
