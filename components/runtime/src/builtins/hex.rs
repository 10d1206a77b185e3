//! `hex.encode`, `hex.decode`.

use super::args::{failure, failure_parts, type_error};
use super::quote::quote_rune_sharp;
use crate::arena::Buffer;
use crate::value::Value;

fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + value - 10 }
}

/// Appends bytes in hexadecimal.
pub fn write(bytes: &[u8], out: &mut Buffer) {
    for byte in bytes {
        out.push(digit(byte >> 4));
        out.push(digit(byte & 0xf));
    }
}

/// The value of a digit of either case.
pub fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Bytes in hexadecimal.
#[unsafe(export_name = "b.hex.encode")]
pub extern "C" fn encode(a: Value) -> Value {
    let Some(bytes) = a.as_str() else {
        return type_error("hex.encode", 0, a, "string");
    };
    let mut out = Buffer::with_capacity(bytes.len() as u32 * 2);
    write(bytes, &mut out);
    out.into_string()
}

/// Bytes from hexadecimal.
#[unsafe(export_name = "b.hex.decode")]
pub extern "C" fn decode(a: Value) -> Value {
    const NAME: &str = "hex.decode";
    let Some(text) = a.as_str() else {
        return type_error(NAME, 0, a, "string");
    };
    let mut out = Buffer::with_capacity(text.len() as u32 / 2 + 1);
    let mut high = None;
    for byte in text {
        let Some(value) = nibble(*byte) else {
            return invalid(*byte);
        };
        match high.take() {
            None => high = Some(value),
            Some(high) => out.push(high << 4 | value),
        }
    }
    if high.is_some() {
        return failure(NAME, "encoding/hex: odd length hex string");
    }
    out.into_string()
}

#[cold]
fn invalid(byte: u8) -> Value {
    if !crate::error::strict() {
        return Value::UNDEFINED;
    }
    let mut rune = Buffer::new();
    quote_rune_sharp(u32::from(byte), &mut rune);
    failure_parts("hex.decode", &[b"encoding/hex: invalid byte: ", rune.as_bytes()])
}
