//! `base64.*`, `base64url.*`: as Go's `encoding/base64` does it. Line breaks are skipped, bits left over are ignored, and errors tell the byte.

use super::args::{failure_parts, type_error};
use crate::arena::Buffer;
use crate::number::arithmetic::format_small;
use crate::value::Value;

/// The standard alphabet's last two letters, and those of the one for addresses.
const STANDARD: [u8; 2] = *b"+/";
const URL: [u8; 2] = *b"-_";

fn letter(value: u32, last: [u8; 2]) -> u8 {
    match value as u8 & 0x3f {
        value @ 0..=25 => b'A' + value,
        value @ 26..=51 => b'a' + value - 26,
        value @ 52..=61 => b'0' + value - 52,
        62 => last[0],
        _ => last[1],
    }
}

fn value(letter: u8, last: [u8; 2]) -> Option<u32> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        _ if letter == last[0] => 62,
        _ if letter == last[1] => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

fn encode(bytes: &[u8], last: [u8; 2], pad: bool, out: &mut impl FnMut(u8)) {
    for chunk in bytes.chunks(3) {
        let mut bits = 0;
        for (place, byte) in chunk.iter().enumerate() {
            bits |= u32::from(*byte) << (16 - 8 * place);
        }
        for place in 0..4 {
            if place <= chunk.len() {
                out(letter(bits >> (18 - 6 * place), last));
            } else if pad {
                out(b'=');
            }
        }
    }
}

/// The bytes that padded text stands for.
pub fn decode_standard(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    decode(text, STANDARD, &mut |byte| bytes.push(byte)).ok()?;
    Some(bytes)
}

/// Decodes padded text; the error is the place of the byte that does not fit.
fn decode(text: &[u8], last: [u8; 2], out: &mut impl FnMut(u8)) -> Result<(), usize> {
    let mut at = 0;
    // Line breaks don't count.
    let mut next = || {
        while let Some(byte) = text.get(at) {
            at += 1;
            if !matches!(byte, b'\r' | b'\n') {
                return (Some(*byte), at - 1);
            }
        }
        (None, at)
    };
    loop {
        let (mut bits, mut count) = (0, 0);
        while count < 4 {
            let (byte, place) = next();
            match byte {
                None if count == 0 => return Ok(()),
                None => return Err(place - count),
                Some(b'=') => {
                    return finish(bits, count, place, &mut next, out);
                }
                Some(byte) => bits = bits << 6 | value(byte, last).ok_or(place)?,
            }
            count += 1;
        }
        for shift in [16, 8, 0] {
            out((bits >> shift) as u8);
        }
    }
}

/// The end of the text, from the first `=` on, which must come behind two or three letters.
fn finish(
    bits: u32,
    count: usize,
    place: usize,
    next: &mut impl FnMut() -> (Option<u8>, usize),
    out: &mut impl FnMut(u8),
) -> Result<(), usize> {
    match count {
        0 | 1 => return Err(place),
        2 => match next() {
            (Some(b'='), _) => {}
            (None, place) => return Err(place),
            // Go tells the byte before the one that should be the second `=`.
            (Some(_), place) => return Err(place - 1),
        },
        _ => {}
    }
    if let (Some(_), place) = next() {
        return Err(place);
    }
    let bits = bits << (6 * (4 - count));
    out((bits >> 16) as u8);
    if count == 3 {
        out((bits >> 8) as u8);
    }
    Ok(())
}

fn encoded(name: &str, a: Value, last: [u8; 2], pad: bool) -> Value {
    let Some(bytes) = a.as_str() else {
        return type_error(name, 0, a, "string");
    };
    let mut out = Buffer::with_capacity((bytes.len() as u32).div_ceil(3).saturating_mul(4));
    encode(bytes, last, pad, &mut |byte| out.push(byte));
    out.into_string()
}

fn decoded(name: &str, text: &[u8], last: [u8; 2]) -> Value {
    let mut out = Buffer::with_capacity(text.len() as u32 / 4 * 3 + 3);
    match decode(text, last, &mut |byte| out.push(byte)) {
        Ok(()) => out.into_string(),
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
    encoded("base64.encode", a, STANDARD, true)
}

/// From base64.
#[unsafe(export_name = "b.base64.decode")]
pub extern "C" fn base64_decode(a: Value) -> Value {
    match a.as_str() {
        Some(text) => decoded("base64.decode", text, STANDARD),
        None => type_error("base64.decode", 0, a, "string"),
    }
}

/// Whether it is base64.
#[unsafe(export_name = "b.base64.is_valid")]
pub extern "C" fn base64_is_valid(a: Value) -> Value {
    Value::boolean(a.as_str().is_some_and(|text| decode(text, STANDARD, &mut |_| ()).is_ok()))
}

/// In base64 for addresses, padded.
#[unsafe(export_name = "b.base64url.encode")]
pub extern "C" fn base64url_encode(a: Value) -> Value {
    encoded("base64url.encode", a, URL, true)
}

/// In base64 for addresses, not padded.
#[unsafe(export_name = "b.base64url.encode_no_pad")]
pub extern "C" fn base64url_encode_no_pad(a: Value) -> Value {
    encoded("base64url.encode_no_pad", a, URL, false)
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
        return decoded(name, text, URL);
    }
    let mut padded = Buffer::with_capacity(text.len() as u32 + 2);
    padded.extend(text);
    padded.extend(if missing == 1 { b"=" } else { b"==" });
    match padded.finish() {
        Some(padded) => decoded(name, padded, URL),
        None => Value::ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded_text(text: &str) -> Result<String, usize> {
        let mut out = Vec::new();
        decode(text.as_bytes(), STANDARD, &mut |byte| out.push(byte))?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn round_trips() {
        for text in ["", "a", "ab", "abc", "hello world"] {
            let mut out = Vec::new();
            encode(text.as_bytes(), STANDARD, true, &mut |byte| out.push(byte));
            assert_eq!(decoded_text(&String::from_utf8_lossy(&out)), Ok(String::from(text)));
        }
    }

    #[test]
    fn like_go() {
        assert_eq!(decoded_text("aGk=\r\n"), Ok(String::from("hi")));
        assert_eq!(decoded_text("YR=="), Ok(String::from("a")));
        assert_eq!(decoded_text("YQ"), Err(0));
        assert_eq!(decoded_text("YQ="), Err(3));
        assert_eq!(decoded_text("Y!=="), Err(1));
        assert_eq!(decoded_text("YQ==YQ=="), Err(4));
        assert_eq!(decoded_text("YWJj="), Err(4));
    }
}
