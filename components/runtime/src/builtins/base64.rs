//! `base64.*`, `base64url.*`: as Go's `encoding/base64` does it. Line breaks are skipped, bits left over are ignored, and errors tell the byte.

use super::args::{failure_parts, type_error};
use crate::arena::Buffer;
use crate::number::arithmetic::format_small;
use crate::value::Value;

/// The standard alphabet's last two letters, and those of the one for addresses.
const STANDARD: [u8; 2] = *b"+/";
const URL: [u8; 2] = *b"-_";

const fn letter(value: u32, last: [u8; 2]) -> u8 {
    match value as u8 & 0x3f {
        value @ 0..=25 => b'A' + value,
        value @ 26..=51 => b'a' + value - 26,
        value @ 52..=61 => b'0' + value - 52,
        62 => last[0],
        _ => last[1],
    }
}

/// No letter.
const NONE: u8 = 0xff;

/// What each byte stands for, or [`NONE`].
const fn values(last: [u8; 2]) -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < 64 {
        values[letter(value, last) as usize] = value as u8;
        value += 1;
    }
    values
}

static STANDARD_VALUES: [u8; 256] = values(STANDARD);
static URL_VALUES: [u8; 256] = values(URL);

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

/// Bytes in the usual alphabet, padded.
pub fn standard(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    encode(bytes, STANDARD, true, &mut |letter| text.push(letter));
    text
}

/// The bytes that padded text stands for.
pub fn decode_standard(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = vec![0; room(text)];
    let written = decode(text, &STANDARD_VALUES, &mut bytes).ok()?;
    bytes.truncate(written);
    Some(bytes)
}

/// As many bytes as a text can stand for.
fn room(text: &[u8]) -> usize {
    text.len() / 4 * 3 + 3
}

/// Decodes padded text into `out`, which has [`room`] for it, and says how much that was; the error is the place of the byte that does not fit.
fn decode(text: &[u8], values: &[u8; 256], out: &mut [u8]) -> Result<usize, usize> {
    let (mut at, mut written) = fast(text, values, out);
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
                None if count == 0 => return Ok(written),
                None => return Err(place - count),
                Some(b'=') => {
                    let more = finish(count, place, &mut next)?;
                    write(out, &mut written, bits << (6 * (4 - count)), more);
                    return Ok(written);
                }
                Some(byte) => match values[usize::from(byte)] {
                    NONE => return Err(place),
                    value => bits = bits << 6 | u32::from(value),
                },
            }
            count += 1;
        }
        write(out, &mut written, bits, 3);
    }
}

/// Decodes from the beginning as long as four bytes at a time are letters: how many bytes were read and written.
fn fast(text: &[u8], values: &[u8; 256], out: &mut [u8]) -> (usize, usize) {
    let mut quads = 0;
    for (quad, bytes) in text.as_chunks::<4>().0.iter().zip(out.as_chunks_mut::<3>().0) {
        let [a, b, c, d] = *quad;
        let (a, b, c, d) = (value(values, a), value(values, b), value(values, c), value(values, d));
        if a | b | c | d == u32::from(NONE) {
            break;
        }
        let [_, first, second, third] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
        *bytes = [first, second, third];
        quads += 1;
    }
    (quads * 4, quads * 3)
}

#[inline(always)]
fn value(values: &[u8; 256], letter: u8) -> u32 {
    u32::from(values[usize::from(letter)])
}

/// Writes the first bytes of 24 bits.
fn write(out: &mut [u8], written: &mut usize, bits: u32, count: usize) {
    for (byte, shift) in out.iter_mut().skip(*written).zip([16, 8, 0]).take(count) {
        *byte = (bits >> shift) as u8;
    }
    *written += count;
}

/// The end of the text, from the first `=` on, which must come behind two or three letters: how many bytes these stand for.
fn finish(count: usize, place: usize, next: &mut impl FnMut() -> (Option<u8>, usize)) -> Result<usize, usize> {
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
    Ok(count - 1)
}

fn encoded(name: &str, a: Value, last: [u8; 2], pad: bool) -> Value {
    let Some(bytes) = a.as_str() else {
        return type_error(name, 0, a, "string");
    };
    let mut out = Buffer::with_capacity((bytes.len() as u32).div_ceil(3).saturating_mul(4));
    encode(bytes, last, pad, &mut |byte| out.push(byte));
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
    encoded("base64.encode", a, STANDARD, true)
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
    Value::boolean(a.as_str().is_some_and(|text| decode_standard(text).is_some()))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded_text(text: &str) -> Result<String, usize> {
        let mut out = vec![0; room(text.as_bytes())];
        let written = decode(text.as_bytes(), &STANDARD_VALUES, &mut out)?;
        Ok(String::from_utf8_lossy(&out[..written]).into_owned())
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
        assert_eq!(decoded_text("YWJjZGV\nmZ2g="), Ok(String::from("abcdefgh")));
        assert_eq!(decoded_text("YWJjZG_m"), Err(6));
    }
}
