//! Looking at JSON text many bytes at a time: where strings end, where white space ends, where numbers end.
//!
//! A text is looked at in blocks of [`BLOCK`] bytes. For each block there is a mask of the bytes at which a string may end: quotes that no backslash
//! escapes, and what must not stand in a string (control characters, the second byte of an escape that is none). So the end of a string is the next
//! bit of the mask, and if the byte there is a quote, all of the string is well-formed. Blocks without backslashes and with nothing but ASCII,
//! which are nearly all, take some forty instructions.
//!
//! INVARIANT: [`BLOCK`] bytes may be read from any address of the text, also beyond its end (see [`crate::arena::SLACK`]).

use crate::mem;
use warrego_abi::{self as abi, Word};

/// Bytes in a block.
pub const BLOCK: u32 = 64;

/// The block under the reader's eyes: a few registers. It is never lent to a function that is not inlined; who calls one looks at the block anew.
#[derive(Clone, Copy)]
pub struct Scan {
    /// Address of the block; the first one is loaded when something is looked for.
    block: u32,
    /// Bit *i*: at byte *i* a string may end.
    mask: u64,
    /// The end of the text.
    pub end: u32,
}

/// What is rarely of interest.
struct Odd {
    /// The end of the last block with a backslash or a byte beyond ASCII.
    end: u32,
    /// 1 if the next block's first byte is escaped.
    carry: u32,
}

static ODD: mem::Global<Odd> = mem::Global::new(Odd { end: 0, carry: 0 });

/// Begins a text.
pub fn begin() {
    *ODD.get() = Odd { end: 0, carry: 0 };
}

/// Whether there may be a backslash or a byte beyond ASCII between `at` and the end of the last string looked for.
#[inline(always)]
pub fn odd_since(at: u32) -> bool {
    at < ODD.get().end
}

impl Scan {
    /// At a place in a text, outside of strings.
    #[inline(always)]
    pub fn new(at: u32, end: u32) -> Scan {
        ODD.get().carry = 0;
        Scan {
            block: at.wrapping_sub(BLOCK),
            mask: 0,
            end,
        }
    }

    /// The end of the string whose first byte (behind the quote) is at `at`: the address of its quote, or that of what spoils it; `None` if the text ends
    /// before.
    #[inline(always)]
    pub fn string_end(&mut self, mut at: u32) -> Option<u32> {
        loop {
            let offset = at.wrapping_sub(self.block);
            if offset < BLOCK {
                let rest = self.mask >> offset;
                if rest != 0 {
                    return Some(at + rest.trailing_zeros());
                }
                at = self.block.wrapping_add(BLOCK);
            }
            if at >= self.end {
                return None;
            }
            // The next block, or a later one when white space lay between: then there is nothing to carry.
            let step = at.wrapping_sub(self.block) & !(BLOCK - 1);
            self.block = self.block.wrapping_add(step);
            let (mut mask, odd) = easy(self.block);
            if odd || ODD.get().carry != 0 {
                mask = hard(self.block, step == BLOCK, self.end);
            }
            let rest = self.end - self.block;
            if rest < BLOCK {
                mask &= (1 << rest) - 1;
            }
            self.mask = mask;
        }
    }
}

/// The mask of a block of plain text, and whether there is anything else in it (then the mask is of no use).
#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn easy(block: u32) -> (u64, bool) {
    use core::arch::wasm32::{i8x16_lt, u8x16_bitmask, u8x16_eq, u8x16_splat, v128, v128_or};
    // As signed bytes, those beyond ASCII are below 0x20 too; they make the block odd anyway.
    let part = |at: u32| -> (u64, v128) {
        let bytes = sixteen(block + at);
        let ends = v128_or(u8x16_eq(bytes, u8x16_splat(b'"')), i8x16_lt(bytes, u8x16_splat(0x20)));
        let odd = v128_or(bytes, u8x16_eq(bytes, u8x16_splat(b'\\')));
        (u64::from(u8x16_bitmask(ends)), odd)
    };
    let ((a, odd_a), (b, odd_b), (c, odd_c), (d, odd_d)) = (part(0), part(16), part(32), part(48));
    let odd = v128_or(v128_or(odd_a, odd_b), v128_or(odd_c, odd_d));
    (a | b << 16 | c << 32 | d << 48, u8x16_bitmask(odd) != 0)
}

/// The mask of a block of plain text, and whether there is anything else in it (then the mask is of no use).
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
fn easy(_block: u32) -> (u64, bool) {
    (0, true)
}

/// Sixteen bytes of a text, or what lies behind it.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
pub fn sixteen(at: u32) -> core::arch::wasm32::v128 {
    // SAFETY: the module's invariant.
    unsafe { core::arch::wasm32::v128_load(mem::ptr(at).cast()) }
}

/// The mask of any block. `next` tells whether it is the one behind the last.
#[cold]
#[inline(never)]
fn hard(block: u32, next: bool, end: u32) -> u64 {
    let odd = ODD.get();
    let carry = if next { u64::from(odd.carry) } else { 0 };
    let (backslashes, ends) = masks(block);
    let (ends, carry) = resolve(
        backslashes,
        ends,
        carry,
        |at| mem::load8(block + at),
        |at| {
            let at = block + at;
            at + 4 < end && (1..5).all(|i| mem::load8(at + i).is_ascii_hexdigit())
        },
    );
    odd.carry = carry as u32;
    odd.end = block + BLOCK;
    ends
}

/// Where the backslashes of a block are, and where its quotes and control characters.
#[cfg(target_arch = "wasm32")]
fn masks(block: u32) -> (u64, u64) {
    use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_lt, u8x16_splat, v128_or};
    let (mut backslashes, mut ends) = (0, 0);
    for at in [48, 32, 16, 0] {
        let bytes = sixteen(block + at);
        let end = v128_or(u8x16_eq(bytes, u8x16_splat(b'"')), u8x16_lt(bytes, u8x16_splat(0x20)));
        backslashes = backslashes << 16 | u64::from(u8x16_bitmask(u8x16_eq(bytes, u8x16_splat(b'\\'))));
        ends = ends << 16 | u64::from(u8x16_bitmask(end));
    }
    (backslashes, ends)
}

/// Where the backslashes of a block are, and where its quotes and control characters.
#[cfg(not(target_arch = "wasm32"))]
fn masks(block: u32) -> (u64, u64) {
    masks_of(mem::bytes(block, BLOCK))
}

#[cfg(any(test, not(target_arch = "wasm32")))]
fn masks_of(text: &[u8]) -> (u64, u64) {
    text.iter().rev().fold((0, 0), |(backslashes, ends), byte| {
        (
            backslashes << 1 | u64::from(*byte == b'\\'),
            ends << 1 | u64::from(*byte == b'"' || *byte < 0x20),
        )
    })
}

/// The mask of a block from what stands in it, and whether the byte behind it is escaped. `byte` gives the byte at an offset, `hex` whether four
/// hexadecimal digits follow it.
fn resolve(backslashes: u64, mut ends: u64, carry: u64, byte: impl Fn(u32) -> u8, hex: impl Fn(u32) -> bool) -> (u64, u64) {
    let (escaped, carry) = escaped(backslashes, carry);
    ends &= !escaped;
    let mut rest = escaped;
    while rest != 0 {
        let at = rest.trailing_zeros();
        rest &= rest - 1;
        let fits = match byte(at) {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => true,
            b'u' => hex(at),
            _ => false,
        };
        if !fits {
            ends |= 1 << at;
        }
    }
    (ends, carry)
}

/// Which bytes of a block are escaped by the backslash before them, and whether the byte behind the block is. `carry` is 1 if the first byte is escaped.
fn escaped(backslashes: u64, carry: u64) -> (u64, u64) {
    let mut escaped = carry;
    // Backslashes that are not escaped themselves escape what follows.
    let mut rest = backslashes & !carry;
    let mut out = 0;
    while rest != 0 {
        let at = rest.trailing_zeros();
        rest &= rest - 1;
        if at == 63 {
            out = 1;
        } else {
            escaped |= 2 << at;
            rest &= !(2 << at);
        }
    }
    (escaped, out)
}

/// Where white space ends.
#[inline(always)]
pub fn skip_space(at: u32, end: u32) -> u32 {
    let byte = mem::load8(at);
    if byte > b' ' {
        return at;
    }
    if byte == b' ' && at < end && mem::load8(at + 1) > b' ' {
        return at + 1;
    }
    skip_more_space(at, end)
}

#[inline(never)]
fn skip_more_space(mut at: u32, end: u32) -> u32 {
    if at >= end {
        return at;
    }
    #[cfg(target_arch = "wasm32")]
    while at < end {
        use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, v128_not, v128_or};
        let bytes = sixteen(at);
        let is = |byte| u8x16_eq(bytes, u8x16_splat(byte));
        let space = v128_or(v128_or(is(b' '), is(b'\n')), v128_or(is(b'\r'), is(b'\t')));
        let other = u8x16_bitmask(v128_not(space));
        if other != 0 {
            return (at + other.trailing_zeros()).min(end);
        }
        at += 16;
    }
    #[cfg(not(target_arch = "wasm32"))]
    while at < end && matches!(mem::load8(at), b' ' | b'\n' | b'\r' | b'\t') {
        at += 1;
    }
    at.min(end)
}

/// The number at `at` (which holds a digit or a minus): where it ends (0: it is none), and its word.
#[inline(always)]
pub fn number(at: u32, end: u32) -> (u32, Word) {
    let negative = u32::from(mem::load8(at) == b'-');
    let first = at + negative;
    let mut to = first;
    let mut value = 0u64;
    while to < end {
        let digit = mem::load8(to).wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        to += 1;
    }
    let next = mem::load8(to);
    let digits = to - first;
    let zero = mem::load8(first) == b'0';
    if digits.wrapping_sub(1) >= 17 || (zero && digits + negative != 1) || next == b'.' || next | 0x20 == b'e' {
        return hard_number(at, end);
    }
    let value = value as i64;
    (to, (if negative == 1 { -value } else { value } as u64) << 4 | abi::INT)
}

#[cold]
#[inline(never)]
fn hard_number(at: u32, end: u32) -> (u32, Word) {
    let text = mem::bytes(at, end - at);
    let len = number_length(text);
    let text = text.get(..len).unwrap_or(&[]);
    if len == 0 || len as u32 > abi::LENGTH_MAX || !crate::number::in_range(text) {
        return (0, abi::ERROR);
    }
    (at + len as u32, crate::number::from_text(text).word())
}

/// The length of the number that a text begins with, by JSON's grammar; 0 if there is none.
pub fn number_length(text: &[u8]) -> usize {
    let byte = |at: usize| text.get(at).copied().unwrap_or(0);
    let digits = |mut at: usize| {
        while byte(at).is_ascii_digit() {
            at += 1;
        }
        at
    };
    let start = usize::from(byte(0) == b'-');
    let mut at = if byte(start) == b'0' { start + 1 } else { digits(start) };
    if at == start {
        return 0;
    }
    if byte(at) == b'.' {
        let fraction = digits(at + 1);
        if fraction == at + 1 {
            return 0;
        }
        at = fraction;
    }
    if matches!(byte(at), b'e' | b'E') {
        let sign = usize::from(matches!(byte(at + 1), b'+' | b'-'));
        let exponent = digits(at + 1 + sign);
        if exponent == at + 1 + sign {
            return 0;
        }
        at = exponent;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let length = |text: &str| number_length(text.as_bytes());
        for whole in ["0", "-0", "12", "-1.5", "1e9", "1E+9", "0.0e-0", "1234567890123456789012345"] {
            assert_eq!(length(whole), whole.len(), "{whole}");
        }
        for (text, expected) in [
            ("01", 1),
            ("-", 0),
            ("1.", 0),
            ("1e", 0),
            ("1e+", 0),
            (".5", 0),
            ("+1", 0),
            ("1,2", 1),
            ("", 0),
        ] {
            assert_eq!(length(text), expected, "{text}");
        }
    }

    #[test]
    fn string_ends_in_a_block() {
        let mut text = [b'x'; 64];
        text[..16].copy_from_slice(br#"a\"b\\"c\n\x"d"e"#);
        text[20] = b'\n';
        text[63] = b'\\';
        let ends = |text: &[u8], carry, hex| {
            let (backslashes, ends) = masks_of(text);
            resolve(backslashes, ends, carry, |at| text[at as usize], |_| hex)
        };
        let (mask, carry) = ends(&text, 0, true);
        let bits: Vec<u32> = (0..64).filter(|bit| mask >> bit & 1 == 1).collect();
        assert_eq!(bits, [6, 11, 12, 14, 20]);
        assert_eq!(carry, 1);
        assert_eq!(ends(b"\"\"", 1, true), (2, 0));
        assert_eq!(ends(br#"\u12345"#, 0, false).0, 2);
    }
}
