//! What a JSON string says: escapes resolved, what is not UTF-8 replaced. Well-formed strings only: [`super::scan`] has looked at them.

use super::utf8;
use crate::arena::Buffer;
use crate::mem;
use crate::value::Value;
use warrego_abi as abi;

/// The string between two quotes. It points into the text unless something in it stands for something else.
#[inline(never)]
pub fn string(at: u32, len: u32) -> Value {
    let text = mem::bytes(at, len);
    if plain(at, len) || (!text.contains(&b'\\') && utf8::valid(text)) {
        return Value::string_at(abi::STRING, at, len);
    }
    // Each byte of the text becomes three at most (U+FFFD).
    let mut out = Buffer::with_capacity(len + 64);
    unquote(text, &mut out);
    out.into_string()
}

/// Whether there is neither a backslash nor a byte beyond ASCII. Looks at sixteen bytes at a time, also beyond the end.
fn plain(at: u32, len: u32) -> bool {
    let mut offset = 0;
    while offset < len {
        #[cfg(target_arch = "wasm32")]
        {
            use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, v128_or};
            let bytes = super::scan::sixteen(at + offset);
            let odd = u8x16_bitmask(v128_or(bytes, u8x16_eq(bytes, u8x16_splat(b'\\'))));
            if u32::from(odd).trailing_zeros() < len - offset && odd != 0 {
                return false;
            }
            offset += 16;
        }
        #[cfg(not(target_arch = "wasm32"))]
        {
            if matches!(mem::load8(at + offset), b'\\' | 0x80..) {
                return false;
            }
            offset += 1;
        }
    }
    true
}

fn unquote(mut text: &[u8], out: &mut Buffer) {
    while let Some((&byte, rest)) = text.split_first() {
        if byte == b'\\' {
            text = escape(rest, out);
            continue;
        }
        let len = utf8::length(text);
        if len == 0 {
            out.extend(&utf8::REPLACEMENT);
            text = rest;
        } else {
            let (character, rest) = text.split_at_checked(len).unwrap_or((text, &[]));
            out.extend(character);
            text = rest;
        }
    }
}

/// Resolves an escape (behind its backslash) and gives what follows it.
fn escape<'a>(text: &'a [u8], out: &mut Buffer) -> &'a [u8] {
    let Some((&letter, rest)) = text.split_first() else {
        return text;
    };
    let byte = match letter {
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return unicode(rest, out),
        other => other,
    };
    out.push(byte);
    rest
}

/// Resolves `XXXX` of `\uXXXX`, with the second half of a surrogate pair if it follows. A half on its own is U+FFFD.
fn unicode<'a>(text: &'a [u8], out: &mut Buffer) -> &'a [u8] {
    let (first, mut rest) = hex(text);
    let code = match first {
        0xd800..=0xdbff => match rest.strip_prefix(b"\\u").map(hex) {
            Some((second @ 0xdc00..=0xdfff, behind)) => {
                rest = behind;
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            _ => 0xfffd,
        },
        0xdc00..=0xdfff => 0xfffd,
        code => code,
    };
    let mut bytes = [0; 4];
    let len = utf8::encode(code, &mut bytes);
    out.extend(bytes.get(..len).unwrap_or(&[]));
    rest
}

/// Four hexadecimal digits and what follows.
fn hex(text: &[u8]) -> (u32, &[u8]) {
    let (digits, rest) = text.split_at_checked(4).unwrap_or((text, &[]));
    let value = digits
        .iter()
        .fold(0, |value, digit| value << 4 | (*digit as char).to_digit(16).unwrap_or(0));
    (value, rest)
}
