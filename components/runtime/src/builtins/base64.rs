//! `base64.*`, `base64url.*`: as Go's `encoding/base64` does it. They write into the arena; what turns bytes into letters
//! and back is in [`codec`].

pub mod codec;

use codec::{STANDARD_LETTERS, STANDARD_VALUES, URL_LETTERS, URL_VALUES, decode, encode, letters_of, room};

use super::args::{failure_parts, type_error};
use crate::arena::Buffer;
use crate::number::arithmetic::format_small;
use crate::value::Value;

fn encoded(name: &str, a: Value, letters: &[u8; 64], pad: bool) -> Value {
    let Some(bytes) = a.as_str() else {
        return type_error(name, 0, a, "string");
    };
    let room = letters_of(bytes) as u32;
    let mut out = Buffer::with_capacity(room);
    let Some(text) = out.room_mut(room) else {
        return Value::ERROR;
    };
    let written = encode(bytes, letters, pad, text);
    out.advance(written as u32);
    out.into_string()
}

fn decoded(name: &str, text: &[u8], values: &[u8; 256]) -> Value {
    let room = room(text);
    let mut out = Buffer::with_capacity(room as u32);
    let Some(bytes) = out.room_mut(room as u32) else {
        return Value::ERROR;
    };
    match decode(text, values, bytes) {
        Ok(written) => {
            out.advance(written as u32);
            out.into_string()
        }
        Err(place) => {
            let mut digits = [0; 20];
            let place = format_small(place as i64, &mut digits);
            failure_parts(name, &[b"illegal base64 data at input byte ", place])
        }
    }
}

/// In base64.
#[unsafe(export_name = "b.base64.encode")]
pub extern "C" fn base64_encode(a: Value) -> Value {
    encoded("base64.encode", a, &STANDARD_LETTERS, true)
}

/// From base64.
#[unsafe(export_name = "b.base64.decode")]
pub extern "C" fn base64_decode(a: Value) -> Value {
    match a.as_str() {
        Some(text) => decoded("base64.decode", text, &STANDARD_VALUES),
        None => type_error("base64.decode", 0, a, "string"),
    }
}

/// Whether it is base64.
#[unsafe(export_name = "b.base64.is_valid")]
pub extern "C" fn base64_is_valid(a: Value) -> Value {
    Value::boolean(a.as_str().is_some_and(|text| codec::decode_standard(text).is_ok()))
}

/// In base64 for addresses, padded.
#[unsafe(export_name = "b.base64url.encode")]
pub extern "C" fn base64url_encode(a: Value) -> Value {
    encoded("base64url.encode", a, &URL_LETTERS, true)
}

/// In base64 for addresses, not padded.
#[unsafe(export_name = "b.base64url.encode_no_pad")]
pub extern "C" fn base64url_encode_no_pad(a: Value) -> Value {
    encoded("base64url.encode_no_pad", a, &URL_LETTERS, false)
}

/// From base64 for addresses, padded or not.
#[unsafe(export_name = "b.base64url.decode")]
pub extern "C" fn base64url_decode(a: Value) -> Value {
    match a.as_str() {
        Some(text) => decode_url("base64url.decode", text),
        None => type_error("base64url.decode", 0, a, "string"),
    }
}

/// Decodes base64 for addresses whose padding may be missing; errors are those of the built-in `name`.
pub fn decode_url(name: &str, text: &'static [u8]) -> Value {
    let missing = match (text.last(), text.len() % 4) {
        (Some(b'='), _) | (_, 0) => 0,
        (_, 2) => 2,
        (_, 3) => 1,
        _ => return failure_parts(name, &[b"illegal base64url string: ", text]),
    };
    if missing == 0 {
        return decoded(name, text, &URL_VALUES);
    }
    let mut padded = Buffer::with_capacity(text.len() as u32 + 2);
    padded.extend(text);
    padded.extend(if missing == 1 { b"=" } else { b"==" });
    match padded.finish() {
        Some(padded) => decoded(name, padded, &URL_VALUES),
        None => Value::ERROR,
    }
}
