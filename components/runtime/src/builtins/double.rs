//! Doubles as Go reads and writes them, on the runtime's own number texts.

use super::text::Sink;
use crate::number::decimal::Decimal;
use crate::number::float::Float;
use crate::number::seq::Seq;
use crate::number::text::Digits;

/// The nearest double of a number's text; `None` if it is no number, or too large for a double.
pub fn parse(text: &[u8]) -> Option<f64> {
    let decimal = Decimal::parse(text)?;
    if decimal.is_zero() {
        return Some(if decimal.negative { -0.0 } else { 0.0 });
    }
    Float::double_of(&decimal)
}

/// Appends a finite double as JSON text: with an exponent below 10^-6 and from 10^21 up.
pub fn write_json(double: f64, out: &mut impl Sink) {
    let size = double.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let mut text = Seq::new();
        scientific(double, &mut text);
        // Exponents of one digit are written with one.
        match text.as_ref() {
            [before @ .., b'e', b'-', b'0', digit] => {
                out.extend(before);
                out.extend(&[b'e', b'-', *digit]);
            }
            text => out.extend(text),
        }
        return;
    }
    write_plain(double, out);
}

/// Appends a finite double without an exponent, with as many digits as it takes.
fn write_plain(double: f64, out: &mut impl Sink) {
    let mut text = Seq::new();
    sign(double, &mut text);
    let digits = Digits::shortest_double(&Float::from_f64(double.abs()));
    let decimals = (digits.digits.len() as i64 - digits.point).max(0) as usize;
    digits.write_plain(decimals, &mut text);
    out.extend(&text);
}

/// Appends a double as Go's `%v` and `%g` do.
pub fn write_general(double: f64, out: &mut impl Sink) {
    if double.is_nan() {
        return out.extend(b"NaN");
    }
    if double.is_infinite() {
        return out.extend(if double > 0.0 { b"+Inf" } else { b"-Inf" });
    }
    let mut text = Seq::new();
    sign(double, &mut text);
    Digits::shortest_double(&Float::from_f64(double.abs())).write_general(&mut text);
    out.extend(&text);
}

/// Appends a finite double as [`write_general`] does, with the digits of a number of 32 bits.
pub fn write_single(double: f64, out: &mut impl Sink) {
    let single = f64::from(double as f32);
    let mut text = Seq::new();
    sign(single, &mut text);
    Digits::shortest(&Float::from_f64(single.abs()), f32::MANTISSA_DIGITS).write_general(&mut text);
    out.extend(&text);
}

fn sign(double: f64, text: &mut Seq<u8>) {
    if double.is_sign_negative() {
        text.push(b'-');
    }
}

fn scientific(double: f64, text: &mut Seq<u8>) {
    sign(double, text);
    let digits = Digits::shortest_double(&Float::from_f64(double.abs()));
    digits.write_scientific(digits.digits.len().saturating_sub(1), text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let show = |double: f64| {
            let mut json = Vec::new();
            write_json(double, &mut json);
            String::from_utf8(json).unwrap_or_default()
        };
        assert_eq!(show(0.0), "0");
        assert_eq!(show(-0.0), "-0");
        assert_eq!(show(1e20), "100000000000000000000");
        assert_eq!(show(1e21), "1e+21");
        assert_eq!(show(1e-7), "1e-7");
        assert_eq!(show(1e-10), "1e-10");
        assert_eq!(show(123456.5), "123456.5");
        let general = |double: f64| {
            let (mut text, mut single) = (Vec::new(), Vec::new());
            write_general(double, &mut text);
            write_single(double, &mut single);
            [text, single].map(|text| String::from_utf8(text).unwrap_or_default())
        };
        assert_eq!(general(1e21), ["1e+21", "1e+21"]);
        assert_eq!(general(1234567.0), ["1.234567e+06", "1.234567e+06"]);
        assert_eq!(general(0.1), ["0.1", "0.1"]);
        assert_eq!(general(0.0), ["0", "0"]);
        assert_eq!(parse(b"1e400"), None);
        assert_eq!(parse(b"0e400"), Some(0.0));
    }
}
