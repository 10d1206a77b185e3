//! Bytes to text. A byte order mark tells UTF-16; everything else is UTF-8.

use std::borrow::Cow;

use crate::Error;
use crate::source::{Fault, Source};

/// The text of a stream's bytes.
///
/// # Errors
/// When the bytes are not text.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Error> {
    let error = match bytes {
        [0xff, 0xfe, rest @ ..] => return utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return utf16(rest, u16::from_be_bytes),
        _ => match core::str::from_utf8(bytes) {
            Ok(text) => return Ok(Cow::Borrowed(text)),
            Err(error) => error,
        },
    };
    let (valid, rest) = bytes.split_at_checked(error.valid_up_to()).unwrap_or((bytes, &[]));
    // What comes first is reported.
    if let Ok(text) = core::str::from_utf8(valid) {
        Source::new(text)?;
    }
    Err(Fault::new(problem(rest)).into())
}

/// What is wrong with bytes that do not begin with a character.
fn problem(bytes: &[u8]) -> &'static str {
    let length = match bytes.first() {
        Some(0..=0x7f) => 1,
        Some(0xc0..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf7) => 4,
        _ => return "invalid leading UTF-8 octet",
    };
    match bytes.get(1..length) {
        None => "incomplete UTF-8 octet sequence",
        Some(rest) if rest.iter().any(|byte| byte & 0xc0 != 0x80) => "invalid trailing UTF-8 octet",
        Some(_) if matches!(bytes, [0xc0 | 0xc1, ..] | [0xe0, ..=0x9f, ..] | [0xf0, ..=0x8f, ..]) => "invalid length of a UTF-8 sequence",
        Some(_) => "invalid Unicode character",
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, str>, Error> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(Cow::Owned(text)),
        Ok(_) => Err(Fault::new("incomplete UTF-16 character").into()),
        Err(error) if (0xd800..0xdc00).contains(&error.unpaired_surrogate()) => Err(Fault::new("expected low surrogate area").into()),
        Err(_) => Err(Fault::new("unexpected low surrogate area").into()),
    }
}
