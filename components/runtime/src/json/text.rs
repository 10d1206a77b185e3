//! What a JSON string says: escapes resolved, what is not UTF-8 replaced. Well-formed strings only: [`super::scan`] has looked at them.

use super::utf8;
use crate::arena::Buffer;
use crate::mem;
use crate::value::Value;
use warrego_abi as abi;

/// What a step may write beyond what it counts, and an escape more than it reads.
const SLACK: u32 = 32;

/// The string between two quotes. It points into the text unless something in it stands for something else.
#[inline(never)]
pub fn string(at: u32, len: u32) -> Value {
    if says_what_it_is(at, at + len) {
        return Value::string_at(abi::STRING, at, len);
    }
    let mut out = Buffer::with_capacity(len + SLACK);
    unquote(at, at + len, &mut out);
    out.into_string()
}

/// Whether the text from `at` to `end` has no escapes and is UTF-8.
#[inline(always)]
fn says_what_it_is(mut at: u32, end: u32) -> bool {
    loop {
        at += run(at, end);
        if at == end {
            return true;
        }
        while at < end && mem::load8(at) >= 0x80 {
            match utf8::length(mem::bytes(at, (end - at).min(4))) as u32 {
                0 => return false,
                len => at += len,
            }
        }
        if at < end && mem::load8(at) == b'\\' {
            return false;
        }
    }
}

/// How many bytes there are before the first that is a backslash or beyond ASCII.
#[inline(always)]
fn run(at: u32, end: u32) -> u32 {
    let mut done = 0;
    while at + done < end {
        let ordinary = ordinary(at + done);
        done += ordinary;
        if ordinary < STEP {
            break;
        }
    }
    done.min(end - at)
}

/// How many bytes are looked at together.
const STEP: u32 = if cfg!(target_arch = "wasm32") { 16 } else { 1 };

/// How many of the bytes looked at together come before the first that is a backslash or beyond ASCII.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn ordinary(at: u32) -> u32 {
    use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, v128_or};
    let bytes = super::scan::sixteen(at);
    let odd = u8x16_bitmask(v128_or(bytes, u8x16_eq(bytes, u8x16_splat(b'\\'))));
    (u32::from(odd) | 1 << STEP).trailing_zeros()
}

/// How many of the bytes looked at together come before the first that is a backslash or beyond ASCII.
#[cfg(not(target_arch = "wasm32"))]
fn ordinary(at: u32) -> u32 {
    u32::from(!matches!(mem::load8(at), b'\\' | 0x80..))
}

/// Appends what the text from `at` to `end` says. Each step tells how many bytes it has read and written.
fn unquote(mut at: u32, end: u32, out: &mut Buffer) {
    while at < end {
        let Some(to) = out.reserve(end - at + SLACK) else {
            return;
        };
        let (read, written) = match mem::load8(at) {
            b'\\' => escape(at, end, to),
            0x80.. => character(at, end, to),
            _ => copy_run(at, end, to),
        };
        at += read;
        out.advance(written);
    }
}

/// Copies what stands for itself and is ASCII.
#[inline(always)]
fn copy_run(at: u32, end: u32, to: u32) -> (u32, u32) {
    let mut done = 0;
    while at + done < end {
        let ordinary = ordinary(at + done);
        mem::store64(to + done, mem::load64(at + done));
        mem::store64(to + done + 8, mem::load64(at + done + 8));
        done += ordinary;
        if ordinary < STEP {
            break;
        }
    }
    let done = done.min(end - at);
    (done, done)
}

/// Copies a character beyond ASCII, or writes U+FFFD for a byte that begins none.
#[inline(always)]
fn character(at: u32, end: u32, to: u32) -> (u32, u32) {
    match utf8::length(mem::bytes(at, (end - at).min(4))) as u32 {
        0 => (1, encode(0xfffd, to)),
        len => {
            mem::store32(to, mem::load32(at));
            (len, len)
        }
    }
}

/// Resolves an escape.
#[inline(always)]
fn escape(at: u32, end: u32, to: u32) -> (u32, u32) {
    let byte = match mem::load8(at + 1) {
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return unicode(at, end, to),
        other => other,
    };
    mem::store8(to, byte);
    (2, 1)
}

/// Resolves `\uXXXX`, with the second half of a surrogate pair if it follows. A half on its own is U+FFFD.
fn unicode(at: u32, end: u32, to: u32) -> (u32, u32) {
    let first = hex(at + 2);
    match first {
        0xd800..=0xdbff if at + 12 <= end && mem::load16(at + 6) == u16::from_le_bytes(*b"\\u") => match hex(at + 8) {
            second @ 0xdc00..=0xdfff => (12, encode(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), to)),
            _ => (6, encode(0xfffd, to)),
        },
        0xd800..=0xdfff => (6, encode(0xfffd, to)),
        code => (6, encode(code, to)),
    }
}

/// Writes a character and gives its length.
fn encode(code: u32, to: u32) -> u32 {
    let mut bytes = [0; 4];
    let len = utf8::encode(code, &mut bytes);
    mem::store32(to, u32::from_le_bytes(bytes));
    len as u32
}

/// What four hexadecimal digits stand for.
fn hex(at: u32) -> u32 {
    let digits = mem::load32(at);
    // Letters have bit 6, and their low bits begin with 1.
    let values = (digits & 0x0f0f_0f0f) + 9 * (digits >> 6 & 0x0101_0101);
    let [first, second, third, fourth] = values.to_le_bytes().map(u32::from);
    first << 12 | second << 8 | third << 4 | fourth
}
