//! Entrypoints by name.

use core::cmp::Ordering;

use super::memory::begin;
use crate::arena::Buffer;
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

/// Names longer than this are cut in the message.
const NAME_MAX: usize = 128;

/// No more entrypoints than this are named.
const NAMED_MAX: u32 = 5;

/// Raises the error. The message names the first entrypoints; hosts that look for near names have the whole list.
#[cold]
#[inline(never)]
fn unknown(name: &[u8], table: u32, count: u32) {
    // A caller that passes an empty name may have allocated nothing for it.
    begin();
    let mut message = Buffer::new();
    append(&mut message, b"there is no entrypoint `");
    append(&mut message, name.get(..NAME_MAX).unwrap_or(name));
    append(&mut message, if name.len() > NAME_MAX { b"...".as_slice() } else { b"" });
    append(&mut message, b"`; the policy has ");
    for at in 0..count.min(NAMED_MAX) {
        append(&mut message, if at > 0 { b", `".as_slice() } else { b"`" });
        append(&mut message, name_of(table + at * layout::SIZE).str_bytes());
        append(&mut message, b"`");
    }
    append(&mut message, if count > NAMED_MAX { b" and others".as_slice() } else { b"" });
    if let Some(message) = message.finish() {
        error::raise_bytes(error_kind::ENTRYPOINT, "unknown_entrypoint", message);
    }
}

/// [`Buffer::extend`] where it is called often, and size matters more than time.
#[inline(never)]
fn append(out: &mut Buffer, bytes: &[u8]) {
    out.extend(bytes);
}
