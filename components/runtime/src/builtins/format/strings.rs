//! Verbs on strings: `%s`, `%v`, `%q`, `%x`, `%X`.

use super::super::quote::quote;
use super::super::text::Runes;
use super::Printer;
use crate::arena::Buffer;

/// Appends a string; `false` if the verb is none for strings.
pub(super) fn print(printer: &mut Printer<'_>, text: &[u8], verb: u8) -> bool {
    match verb {
        b'v' if printer.flags.sharp_v => quoted(printer, text),
        b'v' | b's' => plain(printer, text),
        b'x' => hex(printer, text, b"0123456789abcdef", b'x'),
        b'X' => hex(printer, text, b"0123456789ABCDEF", b'X'),
        b'q' => quoted(printer, text),
        _ => return false,
    }
    true
}

/// Appends a string as it is, no more code points than the precision allows.
pub(super) fn plain(printer: &mut Printer<'_>, text: &[u8]) {
    let text = truncated(printer, text);
    printer.pad(text);
}

fn truncated<'a>(printer: &Printer<'_>, text: &'a [u8]) -> &'a [u8] {
    match printer.flags.precision {
        Some(precision) => {
            let len = Runes(text).take(precision).map(|(_, len)| len).sum::<usize>();
            text.get(..len).unwrap_or(text)
        }
        None => text,
    }
}

fn quoted(printer: &mut Printer<'_>, text: &[u8]) {
    let text = truncated(printer, text);
    let mut out = Buffer::new();
    if printer.flags.sharp && fits_backquotes(text) {
        out.push(b'`');
        out.extend(text);
        out.push(b'`');
    } else {
        quote(text, printer.flags.plus, &mut out);
    }
    printer.pad(out.as_bytes());
}

/// Whether Go can write a string between backquotes.
fn fits_backquotes(text: &[u8]) -> bool {
    Runes(text).all(|(rune, len)| match len {
        1 => matches!(rune, 0x09 | 0x20..=0x5f | 0x61..=0x7e),
        _ => rune != 0xfeff,
    })
}

/// Appends the bytes in hexadecimal, apart from each other with the space flag.
fn hex(printer: &mut Printer<'_>, text: &[u8], digits: &[u8; 16], letter: u8) {
    let flags = printer.flags;
    let text = text
        .get(..flags.precision.unwrap_or(usize::MAX).min(text.len()))
        .unwrap_or_default();
    if text.is_empty() {
        return printer.padding(flags.width.unwrap_or(0));
    }
    let prefix = if flags.sharp { 2 } else { 0 };
    let width = if flags.space {
        text.len() * (3 + prefix) - 1
    } else {
        text.len() * 2 + prefix
    };
    let missing = flags.width.unwrap_or(0).saturating_sub(width);
    if !flags.minus {
        printer.padding(missing);
    }
    for (i, byte) in text.iter().enumerate() {
        if flags.space && i > 0 {
            printer.out.push(b' ');
        }
        if flags.sharp && (flags.space || i == 0) {
            printer.out.extend(&[b'0', letter]);
        }
        for nibble in [byte >> 4, byte & 0xf] {
            printer.out.push(digits.get(usize::from(nibble)).copied().unwrap_or(b'0'));
        }
    }
    if flags.minus {
        printer.padding(missing);
    }
}
