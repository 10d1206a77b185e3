//! Skipping what nobody looks at, with every rule of the grammar checked.

use super::read::DEPTH;
use super::scan::{self, Scan};
use super::token::{Fault, KEY_STRING, Malformed, STRING_STRING, behind_colon, close, expect_quote, fail, open_key, scalar};
use crate::{arena, mem};

/// Brackets that are open in what is skipped: a bit for each, 1 for objects. Every 64 are put away in memory.
struct Open {
    bits: u64,
    depth: u32,
    away: u32,
}

impl Open {
    #[inline(always)]
    fn push(&mut self, object: bool) -> bool {
        if self.depth & 63 == 0 && self.depth != 0 && !self.put_away() {
            return false;
        }
        self.bits = self.bits << 1 | u64::from(object);
        self.depth += 1;
        true
    }

    #[inline(always)]
    fn pop(&mut self) {
        self.depth -= 1;
        self.bits >>= 1;
        if self.depth & 63 == 0 && self.depth != 0 {
            self.bits = mem::load64(self.away + self.depth / 8 - 8);
        }
    }

    #[inline(always)]
    fn put_away(&mut self) -> bool {
        if self.away == 0 {
            self.away = arena::alloc(DEPTH / 8 + 8);
        }
        if self.away != 0 {
            mem::store64(self.away + self.depth / 8 - 8, self.bits);
        }
        self.away != 0
    }
}

/// Skips the array or object whose opening bracket is at `at`, `depth` levels deep, and gives the address of what follows it; 0 if it is malformed.
///
/// It looks at its first block anew, as its caller will at the last one: that costs less than handing over what is known of them.
#[inline(never)]
pub fn skip(at: u32, end: u32, depth: u32) -> u32 {
    container(at, end, depth).unwrap_or(0)
}

#[inline(always)]
fn container(mut at: u32, end: u32, depth: u32) -> Result<u32, Malformed> {
    let mut scan = Scan::new(at, end);
    let mut open = Open {
        bits: 0,
        depth: 0,
        away: 0,
    };
    'value: loop {
        if at >= end {
            return Err(fail(Fault::End, at));
        }
        let byte = mem::load8(at);
        let mut key = false;
        if byte == b'"' {
            at += 1;
            loop {
                let (quote, bytes) = close(&mut scan, at)?;
                if bytes & 0xff_ffff == STRING_STRING && open.bits & 1 == 0 {
                    at = quote + 3;
                    continue;
                }
                expect_quote(quote, bytes)?;
                at = quote + 1;
                break;
            }
        } else if byte == b'{' || byte == b'[' {
            if depth + open.depth >= DEPTH {
                return Err(fail(Fault::Depth, at));
            }
            if !open.push(byte == b'{') {
                return Err(fail(Fault::Memory, at));
            }
            at = scan::skip_space(at + 1, end);
            // The closing bracket is the opening one plus 2; it is looked at below.
            if mem::load8(at) != byte + 2 {
                if byte == b'[' {
                    continue 'value;
                }
                key = true;
            }
        } else {
            (at, _) = scalar(at, byte, end)?;
        }
        loop {
            if !key {
                at = scan::skip_space(at, end);
                if at >= end {
                    return Err(fail(Fault::End, at));
                }
                let byte = mem::load8(at);
                let object = open.bits & 1;
                if byte == b',' {
                    at = scan::skip_space(at + 1, end);
                    if object == 0 {
                        continue 'value;
                    }
                } else if u64::from(byte) == u64::from(b']') + (object << 5) {
                    open.pop();
                    at += 1;
                    if open.depth == 0 {
                        return Ok(at);
                    }
                    continue;
                } else {
                    return Err(fail(Fault::Comma, at));
                }
            }
            at = open_key(at, end)?;
            loop {
                let (mut quote, mut bytes) = close(&mut scan, at)?;
                if bytes & 0xff_ffff != KEY_STRING {
                    at = behind_colon(quote, bytes, end)?;
                    continue 'value;
                }
                (quote, bytes) = close(&mut scan, quote + 3)?;
                if bytes & 0xff_ffff != STRING_STRING {
                    expect_quote(quote, bytes)?;
                    at = quote + 1;
                    key = false;
                    break;
                }
                at = quote + 3;
            }
        }
    }
}
