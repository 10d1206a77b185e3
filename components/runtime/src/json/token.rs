//! The small pieces of JSON's grammar that the reader's loops are made of, and how a malformed text is told.
//!
//! All of them are inlined into the loops. Where a text is malformed lies in memory and not in what they give back, so that a position or a value stays in
//! a register: address 0 (and the word [`abi::ERROR`]) mean that something is wrong.

use super::scan::{self, Scan};
use super::text;
use crate::mem::{self, Global};
use warrego_abi::{self as abi, Word};

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No value where one should be.
    Value,
    /// No key where one should be.
    Key,
    /// No colon behind a key.
    Colon,
    /// Neither a comma nor a closing bracket behind a value.
    Comma,
    /// A control character or a bad escape in a string.
    String,
    /// No number of JSON's grammar, or one that OPA does not let in.
    Number,
    /// The text ends too early.
    End,
    /// Something follows the document.
    Trailing,
    /// Too many levels.
    Depth,
    /// The arena has raised the error.
    Memory,
}

static FAULT: Global<(Fault, u32)> = Global::new((Fault::End, 0));

/// Notes what is wrong and where.
#[cold]
#[inline(never)]
pub fn fail(fault: Fault, at: u32) -> Malformed {
    *FAULT.get() = (fault, at);
    Malformed
}

/// What was noted.
pub fn fault() -> (Fault, u32) {
    *FAULT.get()
}

/// Something is wrong; [`fault`] tells what.
#[derive(Debug, Clone, Copy)]
pub struct Malformed;

/// `":"`, `":` and `","` as they are loaded.
pub const KEY_STRING: u32 = u32::from_le_bytes(*b"\":\"\0");
pub const KEY_VALUE: u32 = u32::from_le_bytes(*b"\":\0\0");
pub const STRING_STRING: u32 = u32::from_le_bytes(*b"\",\"\0");

/// The end of the string that begins at `at`, and the four bytes from its quote on.
#[inline(always)]
pub fn close(scan: &mut Scan, at: u32) -> Result<(u32, u32), Malformed> {
    match scan.string_end(at) {
        Some(close) => Ok((close, mem::load32(close))),
        None => Err(fail(Fault::End, scan.end)),
    }
}

/// Fails unless these bytes begin with the quote that ends a string.
#[inline(always)]
pub fn expect_quote(close: u32, bytes: u32) -> Result<(), Malformed> {
    if bytes as u8 == b'"' {
        Ok(())
    } else {
        Err(fail(Fault::String, close))
    }
}

/// Where the value of a key begins: behind the colon and white space. `bytes` are those from the key's quote on.
#[inline(always)]
pub fn behind_colon(close: u32, bytes: u32, end: u32) -> Result<u32, Malformed> {
    let mut at = close + 1;
    if bytes & 0xffff != KEY_VALUE {
        expect_quote(close, bytes)?;
        at = scan::skip_space(at, end);
        if mem::load8(at) != b':' {
            return Err(fail(Fault::Colon, at));
        }
    }
    Ok(scan::skip_space(at + 1, end))
}

/// Where the text of a key begins whose quote should be at `at`.
#[inline(always)]
pub fn open_key(at: u32, end: u32) -> Result<u32, Malformed> {
    if at >= end {
        Err(fail(Fault::End, at))
    } else if mem::load8(at) != b'"' {
        Err(fail(Fault::Key, at))
    } else {
        Ok(at + 1)
    }
}

/// A number or literal: what follows it, and its word.
#[inline(always)]
pub fn scalar(at: u32, byte: u8, end: u32) -> Result<(u32, Word), Malformed> {
    if byte == b'-' || byte.wrapping_sub(b'0') <= 9 {
        match scan::number(at, end) {
            (0, _) => Err(fail(Fault::Number, at)),
            number => Ok(number),
        }
    } else {
        match literal(at) {
            (0, _) => Err(fail(Fault::Value, at)),
            (len, word) => Ok((at + len, word)),
        }
    }
}

/// The word of a string between two quotes.
#[inline(always)]
pub fn string(at: u32, quote: u32) -> Word {
    let len = quote - at;
    if scan::odd_since(at) || len > abi::LENGTH_MAX {
        text::string(at, len).word()
    } else {
        abi::slice(abi::STRING, at, len)
    }
}

/// The word of a literal and its length; 0 if there is none.
#[inline(always)]
pub fn literal(at: u32) -> (u32, Word) {
    match mem::load32(at).to_le_bytes() {
        [b't', b'r', b'u', b'e'] => (4, abi::TRUE),
        [b'n', b'u', b'l', b'l'] => (4, abi::NULL),
        [b'f', b'a', b'l', b's'] if mem::load8(at + 4) == b'e' => (5, abi::FALSE),
        _ => (0, abi::ERROR),
    }
}
