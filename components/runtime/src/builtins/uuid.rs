//! `uuid.parse`: what a UUID says about itself.

use super::args::type_error;
use super::hex::{nibble, write as write_hex};
use crate::arena::Buffer;
use crate::collections::Object;
use crate::number::{arithmetic::format_small, integer};
use crate::value::Value;

/// From the beginning of the Gregorian calendar to 1970, in units of 100 ns.
const CALENDAR_START: i64 = 122_192_928_000_000_000;

/// Reads `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, also without hyphens, in any brackets, or behind `urn:uuid:`.
fn parse(text: &[u8]) -> Option<[u8; 16]> {
    let bare = match text.len() {
        32 => return parse_digits(text.iter().copied()),
        36 => text,
        38 => text.get(1..37)?,
        45 if text.get(..9)?.eq_ignore_ascii_case(b"urn:uuid:") => text.get(9..)?,
        _ => return None,
    };
    let is_gap = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    if bare.iter().enumerate().any(|(at, byte)| is_gap(at) && *byte != b'-') {
        return None;
    }
    parse_digits(bare.iter().enumerate().filter(|(at, _)| !is_gap(*at)).map(|(_, byte)| *byte))
}

fn parse_digits(mut digits: impl Iterator<Item = u8>) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    for byte in &mut bytes {
        *byte = nibble(digits.next()?)? << 4 | nibble(digits.next()?)?;
    }
    Some(bytes)
}

fn string(text: &'static str) -> Value {
    Value::string_static(text.as_bytes())
}

/// A number of `len` bytes at `at`, the most significant first.
fn number(bytes: &[u8; 16], at: usize, len: usize) -> i64 {
    let field = bytes.iter().skip(at).take(len);
    field.fold(0, |n, byte| n << 8 | i64::from(*byte))
}

/// The time in nanoseconds since 1970, as Go computes it.
fn nanos(bytes: &[u8; 16]) -> i64 {
    let ticks = number(bytes, 0, 4) | number(bytes, 4, 2) << 32 | (number(bytes, 6, 2) & 0xfff) << 48;
    ticks.wrapping_sub(CALENDAR_START).wrapping_mul(100)
}

fn node(bytes: &[u8; 16]) -> Value {
    let mut out = Buffer::with_capacity(17);
    for (at, byte) in bytes.iter().skip(10).enumerate() {
        if at > 0 {
            out.push(b'-');
        }
        write_hex(core::slice::from_ref(byte), &mut out);
    }
    out.into_string()
}

fn domain(bytes: &[u8; 16]) -> Value {
    match number(bytes, 9, 1) {
        0 => string("Person"),
        1 => string("Group"),
        2 => string("Org"),
        other => {
            let mut out = Buffer::with_capacity(12);
            out.extend(b"Domain");
            out.extend(format_small(other, &mut [0; 20]));
            out.into_string()
        }
    }
}

/// Version and variant, and of versions with a clock what is in it; undefined if it is no UUID.
#[unsafe(export_name = "b.uuid.parse")]
pub extern "C" fn uuid_parse(text: Value) -> Value {
    let Some(bytes) = text.as_str() else {
        return type_error("uuid.parse", 0, text, "string");
    };
    let Some(bytes) = parse(bytes) else {
        return Value::UNDEFINED;
    };
    let result = Object::with_capacity(8);
    let set = |key: &'static str, value: Value| result.insert(string(key), value);
    let version = number(&bytes, 6, 1) >> 4;
    let variant = match number(&bytes, 8, 1) >> 5 {
        0b100 | 0b101 => "RFC4122",
        0b110 => "Microsoft",
        0b111 => "Future",
        _ => "Reserved",
    };
    set("version", integer(version));
    set("variant", string(variant));
    if version == 1 || version == 2 {
        let address = match number(&bytes, 10, 1) & 0b11 {
            0b11 => "local:multicast",
            0b01 => "global:multicast",
            0b10 => "local:unicast",
            _ => "global:unicast",
        };
        set("time", integer(nanos(&bytes)));
        set("nodeid", node(&bytes));
        set("macvariables", string(address));
        set("clocksequence", integer(number(&bytes, 8, 2) & 0x3fff));
        if version == 2 {
            set("id", integer(number(&bytes, 0, 4)));
            set("domain", domain(&bytes));
        }
    }
    result.value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let plain = parse(b"6ba7b810-9dad-11d1-80b4-00c04fd430c8");
        assert!(plain.is_some_and(|bytes| nanos(&bytes) == 886_630_433_151_182_400));
        for same in ["6BA7B8109DAD11D180B400C04FD430C8", "URN:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8"] {
            assert_eq!(parse(same.as_bytes()), plain, "{same}");
        }
        for bad in [
            "",
            "x",
            "6ba7b810-9dad-11d1-80b4_00c04fd430c8",
            "zba7b810-9dad-11d1-80b4-00c04fd430c8",
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
