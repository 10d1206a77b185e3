//! Values to compact JSON text, as OPA writes results: sets become arrays in Rego's order, keys that are no strings become their JSON text, keys are sorted by
//! their text, numbers keep the text they have, what is not UTF-8 becomes `\ufffd`.
//!
//! The text grows at the arena's top. Levels of the document lie on a stack of ours, so depth is no matter.

use super::utf8;
use crate::arena::Buffer;
use crate::collections::Object;
use crate::levels::Levels;
use crate::mem;
use crate::number;
use crate::value::Value;
use warrego_abi as abi;

/// How text is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Only what JSON demands, and U+2028 and U+2029.
    Plain,
    /// Also `<`, `>` and `&`, as Go's `json.Marshal` does.
    Html,
}

/// Why a value has no JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwritable {
    /// A number in it has a text that JSON does not know.
    Number,
    /// Memory ran out, now or earlier in the decision.
    Memory,
}

/// The text of what most decisions are, which need not be written.
#[inline(always)]
pub fn short(value: Value) -> Option<&'static [u8]> {
    const DIGITS: &[u8; 10] = b"0123456789";
    match value.word() {
        abi::TRUE => Some(b"true"),
        abi::FALSE => Some(b"false"),
        word if value.tag() == abi::INT && word >> 4 < 10 => DIGITS.get((word >> 4) as usize).map(core::slice::from_ref),
        _ => None,
    }
}

/// The JSON text of a value.
#[inline(never)]
pub fn write(value: Value, style: Style) -> Result<&'static [u8], Unwritable> {
    let mut out = Buffer::with_capacity(256);
    let fits = write_value(value, style, &mut out);
    match out.finish() {
        Some(text) if fits => Ok(text),
        Some(_) => Err(Unwritable::Number),
        None => Err(Unwritable::Memory),
    }
}

/// Appends the JSON text of a value; `false` if a number in it has a text that JSON does not know (which is written all the same).
pub fn write_value(value: Value, style: Style, out: &mut Buffer) -> bool {
    match value.tag() {
        abi::ARRAY | abi::OBJECT | abi::SET => write_collection(value, style, out),
        _ => write_scalar(value, style, out),
    }
}

fn write_scalar(value: Value, style: Style, out: &mut Buffer) -> bool {
    match value.tag() {
        abi::NUMBER | abi::NUMBER_TEXT => return number::write_text(value, out),
        abi::STRING => write_string(value, style, out),
        abi::INT => write_int(value.word() as i64 >> 4, out),
        abi::BOOL if value.word() == abi::TRUE => out.extend(b"true"),
        abi::BOOL => out.extend(b"false"),
        _ => out.extend(b"null"),
    }
    true
}

/// Appends an integer.
pub(crate) fn write_int(value: i64, out: &mut Buffer) {
    // Room for 20 digits and a sign; written from the end.
    let Some(at) = out.reserve(24) else {
        return;
    };
    let mut digits = 1;
    let mut rest = value.unsigned_abs();
    let mut bound = 10u64;
    while rest >= bound {
        digits += 1;
        if digits == 20 {
            break;
        }
        bound *= 10;
    }
    let sign = u32::from(value < 0);
    if sign == 1 {
        mem::store8(at, b'-');
    }
    for position in (sign..sign + digits).rev() {
        mem::store8(at + position, b'0' + (rest % 10) as u8);
        rest /= 10;
    }
    out.advance(sign + digits);
}

/// The rest of a collection: words from `at` to `end`.
struct Walk {
    at: u32,
    end: u32,
    object: bool,
}

impl Walk {
    /// Opens a collection and writes its first bracket.
    fn open(value: Value, out: &mut Buffer) -> Walk {
        if let Some(object) = value.as_object() {
            out.push(b'{');
            let object = with_text_keys(object);
            let at = if object.is_empty() { 0 } else { object.sorted() };
            return Walk {
                at,
                end: at + object.len() * 16,
                object: true,
            };
        }
        out.push(b'[');
        let (at, len) = match (value.as_array(), value.as_set()) {
            (Some(array), _) if !array.is_empty() => (array.items(), array.len()),
            (_, Some(set)) if !set.is_empty() => (set.sorted(), set.len()),
            _ => (0, 0),
        };
        Walk {
            at,
            end: at + len * 8,
            object: false,
        }
    }
}

#[inline(never)]
fn write_collection(value: Value, style: Style, out: &mut Buffer) -> bool {
    let mut fits = true;
    let mut levels = Levels::new();
    let mut walk = Walk::open(value, out);
    let mut first = true;
    loop {
        if walk.at == walk.end {
            out.push(if walk.object { b'}' } else { b']' });
            match levels.pop() {
                Some([at, end, object, _]) => {
                    walk = Walk {
                        at,
                        end,
                        object: object != 0,
                    }
                }
                None => return fits,
            }
            first = false;
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        if walk.object {
            write_string(Value::from_word(mem::load64(walk.at)), style, out);
            out.push(b':');
            walk.at += 8;
        }
        let value = Value::from_word(mem::load64(walk.at));
        walk.at += 8;
        if value.tag() < abi::ARRAY {
            fits &= write_scalar(value, style, out);
        } else {
            if !levels.push([walk.at, walk.end, u32::from(walk.object), 0]) {
                return fits;
            }
            walk = Walk::open(value, out);
            first = true;
        }
    }
}

/// The object itself if its keys are strings, else one whose keys are texts. Of keys with the same text the last one in Rego's order counts.
fn with_text_keys(object: Object) -> Object {
    if object.iter_unordered().all(|(key, _)| key.tag() == abi::STRING) {
        return object;
    }
    let texts = Object::with_capacity(object.len());
    for (key, value) in object.iter() {
        texts.insert(key_text(key), value);
    }
    texts
}

/// A key as a string: itself, or its JSON text.
pub fn key_text(key: Value) -> Value {
    if key.tag() == abi::STRING {
        return key;
    }
    let mut text = Buffer::new();
    write_value(key, Style::Html, &mut text);
    text.into_string()
}

/// Appends a string in quotes.
#[inline(never)]
pub fn write_string(value: Value, style: Style, out: &mut Buffer) {
    if value.tag() != abi::STRING {
        // Only after memory ran out.
        return;
    }
    let (at, len) = (value.address(), value.byte_len());
    // Room for both quotes and a whole vector.
    let Some(to) = out.reserve(len + 32) else {
        return;
    };
    mem::store8(to, b'"');
    let plain = copy_plain(at, at + len, to + 1, style);
    if plain == len {
        mem::store8(to + 1 + len, b'"');
        out.advance(len + 2);
    } else {
        out.advance(plain + 1);
        write_rest(at + plain, at + len, style, out);
    }
}

/// The rest of a string, from what is not plain on.
#[inline(never)]
fn write_rest(mut at: u32, end: u32, style: Style, out: &mut Buffer) {
    while at < end {
        // Room for what is left, the longest escape, and a whole vector.
        let Some(to) = out.reserve(end - at + 32) else {
            return;
        };
        let (read, written) = write_special(at, end, to);
        at += read;
        let plain = copy_plain(at, end, to + written, style);
        at += plain;
        out.advance(written + plain);
    }
    out.push(b'"');
}

/// Copies bytes as long as they need no escape, and gives their number. May write up to 15 bytes more.
#[inline(always)]
fn copy_plain(at: u32, end: u32, to: u32, style: Style) -> u32 {
    let mut done = 0;
    #[cfg(target_arch = "wasm32")]
    while at + done < end {
        use core::arch::wasm32::{i8x16_lt, u8x16_bitmask, u8x16_eq, u8x16_splat, v128_and, v128_or, v128_store};
        let bytes = super::scan::sixteen(at + done);
        // SAFETY: the caller has made room for the string and a vector more.
        unsafe { v128_store(mem::ptr(to + done).cast(), bytes) };
        // As signed bytes, those from 0x80 on are below 0x20 as well.
        let mut special = v128_or(
            i8x16_lt(bytes, u8x16_splat(0x20)),
            v128_or(u8x16_eq(bytes, u8x16_splat(b'"')), u8x16_eq(bytes, u8x16_splat(b'\\'))),
        );
        if style == Style::Html {
            // `<` and `>` differ in one bit.
            let angle = u8x16_eq(v128_and(bytes, u8x16_splat(0xfd)), u8x16_splat(b'<'));
            special = v128_or(special, v128_or(angle, u8x16_eq(bytes, u8x16_splat(b'&'))));
        }
        // The bit above the vector's ends the search.
        let plain = (u32::from(u8x16_bitmask(special)) | 1 << 16).trailing_zeros();
        done += plain;
        if plain < 16 {
            break;
        }
    }
    #[cfg(not(target_arch = "wasm32"))]
    while at + done < end && is_plain(mem::load8(at + done), style) {
        mem::store8(to + done, mem::load8(at + done));
        done += 1;
    }
    done.min(end - at)
}

#[cfg(not(target_arch = "wasm32"))]
fn is_plain(byte: u8, style: Style) -> bool {
    match byte {
        b'"' | b'\\' => false,
        b'<' | b'>' | b'&' => style == Style::Plain,
        _ => (0x20..0x80).contains(&byte),
    }
}

/// Writes to `to` what is not plain at `at`: a byte, or characters as long as they are beyond ASCII and stand for themselves. Tells how many bytes were
/// read and written: no more than the longest escape in addition to what was read. May write up to 3 bytes more.
#[inline(never)]
fn write_special(at: u32, end: u32, to: u32) -> (u32, u32) {
    let byte = mem::load8(at);
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        0x80.. => return write_characters(at, end, to),
        _ => return (1, write_escape(u16::from(byte), to)),
    };
    mem::store8(to, b'\\');
    mem::store8(to + 1, short);
    (1, 2)
}

/// [`write_special`] of what begins beyond ASCII.
#[inline(always)]
fn write_characters(at: u32, end: u32, to: u32) -> (u32, u32) {
    let mut done = 0;
    while at + done < end {
        let (at, to) = (at + done, to + done);
        if mem::load8(at) < 0x80 {
            break;
        }
        match utf8::length(mem::bytes(at, (end - at).min(4))) as u32 {
            0 => return (done + 1, done + write_escape(0xfffd, to)),
            3 if mem::load16(at) == u16::from_le_bytes([0xe2, 0x80]) && mem::load8(at + 2) & 0xfe == 0xa8 => {
                let last = u16::from(mem::load8(at + 2) & 1);
                return (done + 3, done + write_escape(0x2028 | last, to));
            }
            len => {
                mem::store32(to, mem::load32(at));
                done += len;
            }
        }
    }
    (done, done)
}

/// Writes `\uXXXX` and gives its length.
fn write_escape(code: u16, to: u32) -> u32 {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    mem::store8(to, b'\\');
    mem::store8(to + 1, b'u');
    for place in 0..4 {
        let digit = HEX[usize::from(code >> (12 - 4 * place) & 15)];
        mem::store8(to + 2 + place, digit);
    }
    6
}
