//! Entrypoints by name.

use core::cmp::Ordering;

use super::memory::begin;
use crate::arena::{self, Buffer};
use crate::error;
use crate::mem;
use crate::value::Value;
use warrego_abi::{entrypoint as layout, error_kind};

/// Returns the number of the entrypoint of that name, from a table of so many entries; [`layout::NONE`], and an error is raised, if there is none.
#[unsafe(export_name = "rt.entrypoint")]
pub extern "C" fn entrypoint(address: u32, len: u32, table: u32, count: u32) -> u32 {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = (low + high) >> 1;
        let entry = table + middle * layout::SIZE;
        let name = name_of(entry);
        let order = match name.byte_len().cmp(&len) {
            Ordering::Equal => mem::order(name.address(), len, address, len),
            unequal => unequal,
        };
        match order {
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
            Ordering::Equal => return mem::load32(entry + layout::NUMBER),
        }
    }
    unknown(mem::bytes(address, len), table, count);
    layout::NONE
}

fn name_of(entry: u32) -> Value {
    Value::from_word(mem::load64(entry + layout::NAME))
}

/// Names longer than this are cut in the message, and nothing is near them.
const NAME_MAX: usize = 128;

/// No more entrypoints than this are compared with an unknown name.
const COMPARED_MAX: u32 = 256;

/// No more entrypoints than this are named.
const NAMED_MAX: u32 = 5;

/// Raises the error. The message names the entrypoints that are nearest to the name, or if none is near, the first ones.
#[cold]
#[inline(never)]
fn unknown(name: &[u8], table: u32, count: u32) {
    // A caller that passes an empty name may have allocated nothing for it.
    begin();
    // How far away each entrypoint is.
    let distances = arena::alloc(COMPARED_MAX * 4);
    if distances == 0 {
        return;
    }
    let count_compared = count.min(COMPARED_MAX);
    let mut least = u32::MAX;
    for at in 0..count_compared {
        let known = name_of(table + at * layout::SIZE);
        let distance = distance(name, known.str_bytes());
        mem::store32(distances + at * 4, distance);
        least = least.min(distance);
    }
    let near = (least as usize) <= name.len() / 3 + 1;
    let mut message = Buffer::new();
    append(&mut message, b"there is no entrypoint `");
    append(&mut message, name.get(..NAME_MAX).unwrap_or(name));
    append(&mut message, if name.len() > NAME_MAX { b"...".as_slice() } else { b"" });
    append(
        &mut message,
        if near {
            b"`; did you mean ".as_slice()
        } else {
            b"`; the policy has "
        },
    );
    let mut named = 0;
    for at in 0..count_compared {
        if named < NAMED_MAX && (!near || mem::load32(distances + at * 4) == least) {
            append(&mut message, if named > 0 { b", `".as_slice() } else { b"`" });
            append(&mut message, name_of(table + at * layout::SIZE).str_bytes());
            append(&mut message, b"`");
            named += 1;
        }
    }
    let end: &[u8] = match (near, count > named) {
        (true, _) => b"?",
        (false, true) => b" and others",
        (false, false) => b"",
    };
    append(&mut message, end);
    if let Some(message) = message.finish() {
        error::raise_bytes(error_kind::ENTRYPOINT, "unknown_entrypoint", message);
    }
}

/// [`Buffer::extend`] where it is called often, and size matters more than time.
#[inline(never)]
fn append(out: &mut Buffer, bytes: &[u8]) {
    out.extend(bytes);
}

/// A name without what people write in front of it, as in `data.acme.allow` or `/acme/allow`.
fn plain(name: &[u8]) -> &[u8] {
    let name = name.strip_prefix(b"/").unwrap_or(name);
    match name {
        [b'd', b'a', b't', b'a', b'.' | b'/', rest @ ..] => rest,
        name => name,
    }
}

/// How many edits lead from one name to the other. Dots are as good as slashes, and so is a large letter as a small one.
#[inline(never)]
fn distance(name: &[u8], known: &[u8]) -> u32 {
    let name = plain(name);
    if name.len() > NAME_MAX || known.len() > NAME_MAX {
        return u32::MAX;
    }
    let fold = |byte: u8| if byte == b'.' { b'/' } else { byte.to_ascii_lowercase() };
    let mark = arena::mark();
    let end = known.len() as u32 * 4;
    let row = arena::alloc(end + 4);
    if row == 0 {
        return u32::MAX;
    }
    for at in 0..=known.len() as u32 {
        mem::store32(row + at * 4, at);
    }
    for (above, &x) in (0..).zip(name) {
        let (mut left, mut corner) = (above + 1, above);
        let mut cell = row;
        mem::store32(cell, left);
        for &y in known {
            cell += 4;
            let over = mem::load32(cell);
            left = (corner + u32::from(fold(x) != fold(y))).min(over + 1).min(left + 1);
            corner = over;
            mem::store32(cell, left);
        }
    }
    let distance = mem::load32(row + end);
    arena::release(mark);
    distance
}
