//! Verbs on integers: `%d`, `%v`, `%b`, `%o`, `%O`, `%x`, `%X`, `%c`, `%q`, `%U`, and what `big.Int` makes of them.

use super::super::quote::{is_print, quote_rune};
use super::super::text::encode;
use super::Printer;
use crate::arena::Buffer;
use crate::number::integer::Integer;
use crate::number::nat::Nat;
use crate::number::seq::Seq;

/// Appends an integer; `false` if the verb is none for integers.
pub(super) fn print(printer: &mut Printer<'_>, value: i64, verb: u8) -> bool {
    match verb {
        b'v' | b'd' => integer(printer, value, 10, verb),
        b'b' => integer(printer, value, 2, verb),
        b'o' | b'O' => integer(printer, value, 8, verb),
        b'x' | b'X' => integer(printer, value, 16, verb),
        b'c' => {
            let (bytes, len) = encode(code_point(value));
            printer.pad(bytes.get(..len).unwrap_or_default());
        }
        b'q' => {
            let mut out = Buffer::new();
            quote_rune(code_point(value), printer.flags.plus, &mut out);
            printer.pad(out.as_bytes());
        }
        b'U' => unicode(printer, value as u64),
        _ => return false,
    }
    true
}

/// What is no code point becomes one that [`encode`] replaces.
fn code_point(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Puts the digits of a number before what is there, at least `precision` of them; everything is written backwards.
fn push_digits(value: u64, base: u64, upper: bool, precision: usize, out: &mut Seq<u8>) {
    let mut rest = value;
    loop {
        let digit = match base {
            10 => rest % 10,
            _ => rest & (base - 1),
        } as u8;
        let letter = if upper { b'A' } else { b'a' };
        out.push(if digit < 10 { b'0' + digit } else { letter + digit - 10 });
        rest = match base {
            2 => rest >> 1,
            8 => rest >> 3,
            16 => rest >> 4,
            _ => rest / 10,
        };
        if rest == 0 {
            break;
        }
    }
    out.fill_up_with(b'0', precision);
}

fn integer(printer: &mut Printer<'_>, value: i64, base: u64, verb: u8) {
    let flags = printer.flags;
    let sign = if value < 0 {
        Some(b'-')
    } else if flags.plus {
        Some(b'+')
    } else {
        flags.space.then_some(b' ')
    };
    let precision = match (flags.precision, flags.width) {
        (Some(0), width) if value == 0 => {
            printer.flags.zero = false;
            printer.padding(width.unwrap_or(0));
            printer.flags.zero = flags.zero;
            return;
        }
        (Some(precision), _) => precision,
        (None, Some(width)) if flags.zero && !flags.minus => width.saturating_sub(usize::from(sign.is_some())),
        _ => 0,
    };
    let mut text = Seq::new();
    push_digits(value.unsigned_abs(), base, verb == b'X', precision, &mut text);
    if flags.sharp {
        match base {
            2 => text.extend(*b"b0"),
            8 if text.last() != Some(&b'0') => text.extend(*b"0"),
            16 => text.extend([verb, b'0']),
            _ => {}
        }
    }
    if verb == b'O' {
        text.extend(*b"o0");
    }
    text.extend(sign);
    text.reverse();
    printer.pad_with_spaces(&text);
}

/// `U+0041`, and with the sharp flag the character behind it.
fn unicode(printer: &mut Printer<'_>, value: u64) {
    let mut digits = Seq::new();
    push_digits(value, 16, true, printer.flags.precision.unwrap_or(0).max(4), &mut digits);
    digits.extend(*b"+U");
    digits.reverse();
    if let Ok(rune) = u32::try_from(value)
        && printer.flags.sharp
        && is_print(rune)
    {
        let (bytes, len) = encode(rune);
        digits.extend(*b" '");
        digits.extend(bytes.into_iter().take(len));
        digits.push(b'\'');
    }
    printer.pad_with_spaces(&digits);
}

/// Appends an integer beyond 64 bits, in the way of Go's `big.Int`.
pub(super) fn print_big(printer: &mut Printer<'_>, value: &Integer, verb: u32) {
    let ascii = u8::try_from(verb).unwrap_or(0);
    let flags = printer.flags;
    let shift = match ascii {
        b'b' => 1,
        b'o' | b'O' => 3,
        b'x' | b'X' => 4,
        b'd' | b's' | b'v' => 0,
        _ => {
            printer.out.extend(b"%!");
            printer.push_rune(verb);
            printer.out.extend(b"(big.Int=");
            let mut text = Seq::new();
            value.write(&mut text);
            printer.out.extend(&text);
            return printer.out.push(b')');
        }
    };
    let sharp = flags.sharp || flags.sharp_v;
    let prefix: &[u8] = match ascii {
        b'O' => b"0o",
        b'b' if sharp => b"0b",
        b'o' if sharp => b"0",
        b'x' if sharp => b"0x",
        b'X' if sharp => b"0X",
        _ => b"",
    };
    let sign: &[u8] = match value.negative {
        true => b"-",
        false if flags.plus || flags.plus_v => b"+",
        false if flags.space => b" ",
        false => b"",
    };
    let mut digits = Seq::new();
    if shift == 0 {
        value.magnitude.write_decimal(&mut digits);
    } else {
        write_power_of_two(&value.magnitude, shift, ascii == b'X', &mut digits);
    }
    let mut zeros = flags.precision.unwrap_or(0).saturating_sub(digits.len());
    let missing = flags
        .width
        .unwrap_or(0)
        .saturating_sub(sign.len() + prefix.len() + zeros + digits.len());
    let (mut left, mut right) = (0, 0);
    if flags.minus {
        right = missing;
    } else if flags.zero && flags.precision.is_none() {
        zeros = missing;
    } else {
        left = missing;
    }
    repeat(printer, b' ', left);
    printer.out.extend(sign);
    printer.out.extend(prefix);
    repeat(printer, b'0', zeros);
    printer.out.extend(&digits);
    repeat(printer, b' ', right);
}

fn repeat(printer: &mut Printer<'_>, byte: u8, count: usize) {
    for _ in 0..count {
        printer.out.push(byte);
    }
}

/// Appends the digits of a number to the base `2^shift`.
pub(crate) fn write_power_of_two(value: &Nat, shift: u64, upper: bool, out: &mut Seq<u8>) {
    let start = out.len();
    let mut at = 0;
    while at == 0 || at < value.bits() {
        let limb = (at / 32) as usize;
        let two = u64::from(value.limb(limb)) | u64::from(value.limb(limb + 1)) << 32;
        let digit = (two >> (at % 32) & ((1 << shift) - 1)) as u8;
        let letter = if upper { b'A' } else { b'a' };
        out.push(if digit < 10 { b'0' + digit } else { letter + digit - 10 });
        at += shift;
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}
