//! Strings and code points as Go literals: `strconv.Quote` and its relatives.

use super::printable::is_printable;
use super::text::{REPLACEMENT, Runes, Sink, encode};

/// Appends a string in double quotes; with `ascii`, everything beyond ASCII is escaped.
pub fn quote(text: &[u8], ascii: bool, out: &mut impl Sink) {
    out.push(b'"');
    let mut rest = text;
    for (rune, len) in Runes(text) {
        let (bytes, behind) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        rest = behind;
        if rune == REPLACEMENT && len == 1 {
            out.extend(b"\\x");
            write_hex(u32::from(bytes.first().copied().unwrap_or(0)), 2, out);
        } else {
            write_rune(rune, b'"', ascii, out);
        }
    }
    out.push(b'"');
}

/// Appends a code point in single quotes.
pub fn quote_rune(rune: u32, ascii: bool, out: &mut impl Sink) {
    let rune = if char::from_u32(rune).is_some() { rune } else { REPLACEMENT };
    out.push(b'\'');
    write_rune(rune, b'\'', ascii, out);
    out.push(b'\'');
}

/// Whether Go prints a code point as it is.
pub fn is_print(rune: u32) -> bool {
    matches!(rune, 0x20..=0x7e) || rune >= 0x80 && is_printable(rune)
}

fn write_rune(rune: u32, quote: u8, ascii: bool, out: &mut impl Sink) {
    if rune == u32::from(quote) || rune == u32::from(b'\\') {
        out.push(b'\\');
        return out.push(rune as u8);
    }
    if is_print(rune) && (rune < 0x80 || !ascii) {
        let (bytes, len) = encode(rune);
        return out.extend(bytes.get(..len).unwrap_or_default());
    }
    out.push(b'\\');
    match rune {
        0x07 => out.push(b'a'),
        0x08 => out.push(b'b'),
        0x0c => out.push(b'f'),
        0x0a => out.push(b'n'),
        0x0d => out.push(b'r'),
        0x09 => out.push(b't'),
        0x0b => out.push(b'v'),
        _ => {
            let (letter, digits) = match rune {
                0..=0x7f => (b'x', 2),
                0x80..=0xffff => (b'u', 4),
                _ => (b'U', 8),
            };
            out.push(letter);
            write_hex(rune, digits, out);
        }
    }
}

fn write_hex(value: u32, digits: u32, out: &mut impl Sink) {
    for place in (0..digits).rev() {
        let digit = (value >> (4 * place) & 0xf) as u8;
        out.push(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit });
    }
}

/// Appends a code point as Go's `%#U` does: `U+0041 'A'`.
pub fn quote_rune_sharp(rune: u32, out: &mut impl Sink) {
    out.extend(b"U+");
    let digits = (32 - rune.leading_zeros()).div_ceil(4).max(4);
    for place in (0..digits).rev() {
        let digit = (rune >> (4 * place) & 0xf) as u8;
        out.push(if digit < 10 { b'0' + digit } else { b'A' - 10 + digit });
    }
    if is_print(rune) {
        let (bytes, len) = encode(rune);
        out.extend(b" '");
        out.extend(bytes.get(..len).unwrap_or_default());
        out.push(b'\'');
    }
}
