//! JSON text to a value, as far as a projection asks.
//!
//! It is the hot path of most decisions, so it is split by what is asked for: [`super::fields`] reads objects of which only some fields are looked at,
//! [`super::whole`] what is looked at as a whole, [`super::skip`] passes over the rest, with every rule of the grammar checked all the same. Each is
//! one loop whose position and mask stay in registers.
//!
//! - Strings without escapes and numbers that are no small integers point into the text, so the text must live as long as the values.
//! - A string with bytes that are not UTF-8 gets U+FFFD for each, as does half a surrogate pair. Of equal keys the last one counts.
//! - Documents are at most [`DEPTH`] levels deep. White space around the document is allowed, anything else behind it is not.

use super::scan::{self, Scan};
use super::token::{Fault, Malformed, close, expect_quote, fail, fault, scalar, string};
use super::{fields, node, whole};
use crate::arena::Buffer;
use crate::collections::Object;
use crate::error;
use crate::mem::{self, Global};
use crate::value::Value;
use warrego_abi::{self as abi, Word, error_kind};

/// How deep documents may be.
pub const DEPTH: u32 = 10_000;

/// Projections count up to this depth; what lies deeper is read as a whole. So the calls between [`fields`] and [`whole`] have an end.
const PROJECTED: u32 = 64;

/// Where the value ended that was read last.
static POSITION: Global<u32> = Global::new(0);

/// Where the value ended that was read last.
#[inline(always)]
pub(super) fn position() -> u32 {
    *POSITION.get()
}

/// Says where a value ended.
#[inline(always)]
pub(super) fn set_position(at: u32) {
    *POSITION.get() = at;
}

/// Reads the array or object whose opening bracket is at `at`, `depth` levels deep; [`position`] tells what follows it.
#[inline(always)]
pub(super) fn container(at: u32, end: u32, node: u32, nodes: u32, depth: u32) -> Word {
    let node = if depth < PROJECTED { node } else { 0 };
    // It takes no memory. If the second bracket lies behind the text's end so does the position, at which the caller looks.
    if mem::load16(at) == u16::from_le_bytes(*b"{}") && depth < DEPTH {
        set_position(at + 2);
        return Object::empty().value().word();
    }
    if mem::load8(at) == b'{' && node::only_fields(node) {
        fields::object(at, end, node, nodes, depth)
    } else {
        whole::container(at, end, node, nodes, depth)
    }
}

/// The value of a JSON text at an address; `nodes` is the address of a projection or 0. [`Value::ERROR`] if it is malformed.
#[inline(always)]
pub fn read(start: u32, len: u32, nodes: u32) -> Value {
    match document(start, start + len, nodes) {
        Ok(word) => Value::from_word(word),
        Err(Malformed) => report(start, len),
    }
}

/// The value of a JSON text; undefined if it is malformed, which is no error here.
pub fn read_quietly(text: &[u8]) -> Value {
    let start = mem::address(text.as_ptr());
    document(start, start.wrapping_add(text.len() as u32), 0).map_or(Value::UNDEFINED, Value::from_word)
}

#[inline(always)]
fn document(start: u32, end: u32, nodes: u32) -> Result<Word, Malformed> {
    scan::begin();
    whole::begin();
    let at = scan::skip_space(start, end);
    if at >= end {
        return Err(fail(Fault::End, at));
    }
    let word = match mem::load8(at) {
        b'{' | b'[' => container(at, end, nodes, nodes, 0),
        byte => single(at, byte, end),
    };
    if word != abi::ERROR && (position() == end || ends(end)) {
        Ok(word)
    } else {
        Err(Malformed)
    }
}

/// Reads a document that is neither array nor object.
#[inline(never)]
fn single(at: u32, byte: u8, end: u32) -> Word {
    let read = || {
        if byte != b'"' {
            return scalar(at, byte, end);
        }
        let (quote, bytes) = close(&mut Scan::new(at, end), at + 1)?;
        expect_quote(quote, bytes)?;
        Ok((quote + 1, string(at + 1, quote)))
    };
    let Ok((behind, word)) = read() else { return abi::ERROR };
    set_position(behind);
    word
}

/// Whether nothing but white space follows the document that was read.
#[inline(never)]
fn ends(end: u32) -> bool {
    let at = scan::skip_space(position(), end);
    if at != end {
        fail(if at < end { Fault::Trailing } else { Fault::End }, at);
    }
    at == end
}

#[cold]
#[inline(never)]
fn report(start: u32, len: u32) -> Value {
    let (fault, at) = fault();
    let offset = at.wrapping_sub(start).min(len);
    let what: &[u8] = match fault {
        Fault::Value => b": expected a value",
        Fault::Key => b": expected a key",
        Fault::Colon => b": expected `:`",
        Fault::Comma => b": expected `,` or the end of the array or object",
        Fault::String => b": invalid character or escape in a string",
        Fault::Number => b": invalid number, or one that is too big",
        Fault::End => b": unexpected end",
        Fault::Trailing => b": unexpected data behind the document",
        Fault::Depth => b": nested too deeply",
        Fault::Memory => return Value::ERROR,
    };
    let kind = match fault {
        Fault::Depth => error_kind::LIMIT,
        _ => error_kind::MALFORMED,
    };
    let mut number = Buffer::new();
    super::write::write_int(i64::from(offset), &mut number);
    error::raise(kind, error::MALFORMED_INPUT, &[b"invalid JSON at byte ", number.as_bytes(), what])
}
