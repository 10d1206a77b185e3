//! Objects of which only some fields are read: the hottest loop of most decisions.
//!
//! Each field of the node has its place in the object from the beginning, so a key that comes again overwrites; what is still missing at the end is closed up.
//! Values of fields are read by calling back into the reader: as deep as the projection, which is as deep as the paths in a policy's text.

use super::node;
use super::read;
use super::scan::{self, Scan};
use super::skip::skip;
use super::token::{Fault, Malformed, STRING_STRING, behind_colon, close, expect_quote, fail, open_key, scalar, string};
use crate::{arena, mem};
use warrego_abi::{self as abi, Word, object, projection};

/// Begins an object of which only fields are read; 0 without memory.
#[inline(always)]
fn open_fields(node: u32) -> u32 {
    let count = mem::load32(node + projection::FIELD_COUNT);
    let header = arena::alloc(object::SIZE + count * 16);
    if header != 0 {
        let mut at = header + object::SIZE + 8;
        let end = at + count * 16;
        while at != end {
            mem::store64(at, abi::UNDEFINED);
            at += 16;
        }
    }
    header
}

/// Ends an object of which only fields are read.
#[inline(always)]
fn close_fields(header: u32, node: u32, nodes: u32) -> Word {
    let count = mem::load32(node + projection::FIELD_COUNT);
    let mut from = header + object::SIZE;
    let mut to = from;
    let end = from + count * 16;
    let mut field = mem::load32(node + projection::FIELDS);
    while from != end {
        let value = mem::load64(from + 8);
        mem::store64(to, mem::load64(field));
        mem::store64(to + 8, value);
        to += if value == abi::UNDEFINED { 0 } else { 16 };
        from += 16;
        field += projection::FIELD;
    }
    let entries = header + object::SIZE;
    let len = (to - entries) / 16;
    mem::store32(header + object::ENTRIES, entries);
    mem::store32(header + object::LEN, len);
    mem::store32(header + object::CAP, count);
    mem::store32(header + object::FLAGS, if len < 2 { abi::SORTED } else { 0 });
    mem::store32(header + object::INDEX, 0);
    mem::store32(header + object::SHAPE, (node - nodes) / projection::NODE + 1);
    abi::header(abi::OBJECT, header)
}

/// Reads the object whose opening bracket is at `at`, `depth` levels deep, and gives its word; [`read::position`] tells what follows it.
#[inline(never)]
pub fn object(at: u32, end: u32, node: u32, nodes: u32, depth: u32) -> Word {
    members(at, end, node, nodes, depth).unwrap_or(abi::ERROR)
}

#[inline(always)]
fn members(mut at: u32, end: u32, node: u32, nodes: u32, depth: u32) -> Result<Word, Malformed> {
    if depth >= read::DEPTH {
        return Err(fail(Fault::Depth, at));
    }
    let header = open_fields(node);
    if header == 0 {
        return Err(fail(Fault::Memory, at));
    }
    let fields = mem::load32(node + projection::FIELDS);
    at = scan::skip_space(at + 1, end);
    if mem::load8(at) == b'}' {
        read::set_position(at + 1);
        return Ok(close_fields(header, node, nodes));
    }
    at = open_key(at, end)?;
    let mut scan = Scan::new(at, end);
    loop {
        let (quote, bytes) = close(&mut scan, at)?;
        let key = string(at, quote);
        let field = node::field(node, (key >> 32) as u32, key as u32 >> 4);
        // Where the value goes; what nobody looks at goes nowhere.
        let place = header + object::SIZE + 8 + (field - fields);
        at = behind_colon(quote, bytes, end)?;
        if at >= end {
            return Err(fail(Fault::End, at));
        }
        let byte = mem::load8(at);
        if byte == b'"' {
            at += 1;
            let (quote, bytes) = close(&mut scan, at)?;
            if field != 0 {
                mem::store64(place, string(at, quote));
            }
            if bytes & 0xff_ffff == STRING_STRING {
                at = quote + 3;
                continue;
            }
            expect_quote(quote, bytes)?;
            at = quote + 1;
        } else if byte == b'{' || byte == b'[' {
            if field == 0 {
                at = skip(at, end, depth + 1);
                if at == 0 {
                    return Err(Malformed);
                }
            } else {
                let word = read::container(at, end, node::node_of(nodes, field), nodes, depth + 1);
                if word == abi::ERROR {
                    return Err(Malformed);
                }
                mem::store64(place, word);
                at = read::position();
            }
            scan = Scan::new(at, end);
        } else {
            let word;
            (at, word) = scalar(at, byte, end)?;
            if field != 0 {
                mem::store64(place, word);
            }
        }
        at = scan::skip_space(at, end);
        if at >= end {
            return Err(fail(Fault::End, at));
        }
        match mem::load8(at) {
            b',' => at = open_key(scan::skip_space(at + 1, end), end)?,
            b'}' => {
                read::set_position(at + 1);
                return Ok(close_fields(header, node, nodes));
            }
            _ => return Err(fail(Fault::Comma, at)),
        }
    }
}
