//! Verbs on doubles: `%v`, `%g`, `%G`, `%e`, `%E`, `%f`, `%F`, `%b`, `%x`, `%X`. Rust's own formatting of floats is not used: it knows none of
//! Go's shapes and weighs more.

use super::Printer;
use crate::number::float::Float;
use crate::number::nat::Nat;
use crate::number::seq::Seq;
use crate::number::text::Digits;

/// Appends a double; `false` if the verb is none for doubles.
pub(super) fn print(printer: &mut Printer<'_>, value: f64, verb: u8) -> bool {
    let (shape, precision) = match verb {
        b'v' => (b'g', None),
        b'b' | b'g' | b'G' | b'x' | b'X' => (verb, None),
        b'f' | b'e' | b'E' => (verb, Some(6)),
        b'F' => (b'f', Some(6)),
        _ => return false,
    };
    float(printer, value, shape, printer.flags.precision.or(precision));
    true
}

fn float(printer: &mut Printer<'_>, value: f64, shape: u8, precision: Option<usize>) {
    let flags = printer.flags;
    let mut number = Seq::new();
    let sign = match (value.is_sign_negative(), flags.space && !flags.plus) {
        (true, _) => b'-',
        (false, true) => b' ',
        (false, false) => b'+',
    };
    number.push(sign);
    write(value.abs(), shape, precision, &mut number);
    if flags.sharp && shape != b'b' {
        number = with_point(&number, shape, precision);
    }
    if !flags.plus && sign == b'+' {
        return printer.pad(number.get(1..).unwrap_or_default());
    }
    let missing = flags.width.unwrap_or(0).saturating_sub(number.len());
    if flags.zero && !flags.minus && missing > 0 {
        printer.out.push(sign);
        printer.padding(missing);
        return printer.out.extend(number.get(1..).unwrap_or_default());
    }
    printer.pad(&number);
}

/// What the sharp flag adds: a point, and the zeros that `%g` leaves out.
fn with_point(number: &[u8], shape: u8, precision: Option<usize>) -> Seq<u8> {
    let mut missing = match shape {
        b'g' | b'G' | b'x' => precision.unwrap_or(6) as i64,
        _ => 0,
    };
    let hex = matches!(shape, b'x' | b'X');
    let is_exponent = |byte: &u8| matches!(byte, b'p' | b'P') || !hex && matches!(byte, b'e' | b'E');
    let end = number.iter().position(is_exponent).unwrap_or(number.len());
    let (digits, exponent) = number.split_at_checked(end).unwrap_or((number, &[]));
    let (mut point, mut significant) = (false, false);
    for byte in digits.iter().skip(1) {
        if *byte == b'.' {
            point = true;
            continue;
        }
        significant |= *byte != b'0';
        missing -= i64::from(significant);
    }
    let mut result = Seq::from_slice(digits);
    if !point {
        if digits.len() == 2 && digits.get(1) == Some(&b'0') {
            missing -= 1;
        }
        result.push(b'.');
    }
    for _ in 0..missing {
        result.push(b'0');
    }
    result.extend(exponent.iter().copied());
    result
}

/// Appends a double that is not negative, in one of the shapes of Go's `strconv.FormatFloat`; without a precision with the fewest digits that tell it from
/// all others.
fn write(value: f64, shape: u8, precision: Option<usize>, out: &mut Seq<u8>) {
    match shape {
        b'b' => return write_binary(value, out),
        b'x' | b'X' => return write_hex(value, shape, precision, out),
        _ => {}
    }
    let float = Float::from_f64(value);
    let mut digits = match precision {
        Some(_) => Digits::of(&float),
        None => Digits::shortest_double(&float),
    };
    let upper_from = out.len();
    match shape {
        b'f' => {
            if let Some(precision) = precision {
                digits.round_at(precision as i64);
            }
            let needed = (digits.digits.len() as i64 - digits.point).max(0) as usize;
            digits.write_plain(precision.unwrap_or(needed), out);
        }
        b'e' | b'E' => {
            if let Some(precision) = precision {
                digits.round(precision.saturating_add(1));
            }
            digits.write_scientific(precision.unwrap_or(digits.digits.len().saturating_sub(1)), out);
        }
        _ => write_general(&mut digits, precision, out),
    }
    if shape.is_ascii_uppercase()
        && let Some(written) = out.get_mut(upper_from..)
    {
        written.make_ascii_uppercase();
    }
}

/// `%g`: whichever of `%e` and `%f` is shorter.
fn write_general(digits: &mut Digits, precision: Option<usize>, out: &mut Seq<u8>) {
    if let Some(precision) = precision {
        digits.round(precision.max(1));
    }
    let count = digits.digits.len() as i64;
    let limit = match precision {
        None => 6,
        Some(precision) => {
            let precision = precision.max(1) as i64;
            if precision > count && count >= digits.point {
                count
            } else {
                precision
            }
        }
    };
    let exponent = digits.point - 1;
    if exponent < -4 || exponent >= limit {
        digits.write_scientific((count - 1).max(0) as usize, out);
    } else {
        digits.write_plain((count - digits.point).max(0) as usize, out);
    }
}

/// Mantissa of 53 bits and exponent of a double that is not negative.
fn parts(value: f64) -> (u64, i64) {
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i64, bits & ((1 << 52) - 1));
    match exponent {
        0 => (fraction, -1074),
        _ => (fraction | 1 << 52, exponent - 1075),
    }
}

fn write_exponent(letter: u8, exponent: i64, width: usize, out: &mut Seq<u8>) {
    out.push(letter);
    out.push(if exponent < 0 { b'-' } else { b'+' });
    let mut text = Seq::new();
    Nat::from_u64(exponent.unsigned_abs()).write_decimal(&mut text);
    for _ in text.len()..width {
        out.push(b'0');
    }
    out.extend(text.iter().copied());
}

/// `4503599627370496p-52`.
fn write_binary(value: f64, out: &mut Seq<u8>) {
    let (mantissa, exponent) = parts(value);
    Nat::from_u64(mantissa).write_decimal(out);
    write_exponent(b'p', exponent, 1, out);
}

/// `0x1.8p+01`.
fn write_hex(value: f64, letter: u8, precision: Option<usize>, out: &mut Seq<u8>) {
    const ONE: u64 = 1 << 60;
    let (mantissa, exponent) = parts(value);
    let mut exponent = if mantissa == 0 { 0 } else { exponent + 52 };
    let up = mantissa.leading_zeros().saturating_sub(3);
    let mut mantissa = if mantissa == 0 { 0 } else { mantissa << up };
    exponent -= if mantissa == 0 { 0 } else { i64::from(up) - 8 };
    if let Some(precision) = precision.filter(|precision| *precision < 15) {
        let shift = precision as u32 * 4;
        let rest = mantissa << shift & (ONE - 1);
        mantissa >>= 60 - shift;
        if rest | (mantissa & 1) > ONE / 2 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & ONE << 1 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    out.extend([b'0', letter, b'0' + (mantissa >> 60 & 1) as u8]);
    mantissa <<= 4;
    let ten = if letter == b'x' { b'a' } else { b'A' };
    let mut left = precision.unwrap_or(if mantissa == 0 { 0 } else { usize::MAX });
    if left > 0 {
        out.push(b'.');
    }
    while left > 0 && (precision.is_some() || mantissa != 0) {
        let digit = (mantissa >> 60) as u8;
        out.push(if digit < 10 { b'0' + digit } else { ten + digit - 10 });
        mantissa <<= 4;
        left -= 1;
    }
    write_exponent(if letter == b'x' { b'p' } else { b'P' }, exponent, 2, out);
}
