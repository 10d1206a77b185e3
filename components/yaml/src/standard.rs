//! Doubles as Go reads and writes them, with Rust's standard library. Policies do without this: the runtime has functions of its own.

use crate::Floats;

/// Numbers as Rust's standard library reads and writes them.
#[derive(Debug, Clone, Copy)]
pub struct Standard;

impl Floats for Standard {
    fn parse_float(text: &str) -> Option<f64> {
        text.parse().ok().filter(|double: &f64| double.is_finite())
    }

    fn float_key(value: f64) -> String {
        let single = value as f32;
        general(&format!("{single:e}"), &format!("{single}"))
    }
}

/// A finite double as Go writes it in JSON.
pub fn float_json(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return format!("{value}");
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = parts(&scientific);
    format!("{mantissa}e{}{}", sign(exponent), exponent.abs())
}

/// A finite double as Go's `%g` shows it.
pub fn float_general(value: f64) -> String {
    general(&format!("{value:e}"), &format!("{value}"))
}

fn general(scientific: &str, plain: &str) -> String {
    let (mantissa, exponent) = parts(scientific);
    if (-4..6).contains(&exponent) {
        return plain.to_owned();
    }
    format!("{mantissa}e{}{:02}", sign(exponent), exponent.abs())
}

fn parts(scientific: &str) -> (&str, i32) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    (mantissa, exponent.parse().unwrap_or(0))
}

fn sign(exponent: i32) -> char {
    if exponent < 0 { '-' } else { '+' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (value, json, general, key) in [
            (0.0, "0", "0", "0"),
            (-0.0, "-0", "-0", "-0"),
            (1e20, "100000000000000000000", "1e+20", "1e+20"),
            (1e21, "1e+21", "1e+21", "1e+21"),
            (1.5e-7, "1.5e-7", "1.5e-07", "1.5e-07"),
            (123_456.5, "123456.5", "123456.5", "123456.5"),
            (16_777_217.0, "16777217", "1.6777217e+07", "1.6777216e+07"),
            (0.1, "0.1", "0.1", "0.1"),
        ] {
            assert_eq!(
                [float_json(value), float_general(value), Standard::float_key(value)],
                [json, general, key]
            );
        }
        assert_eq!(
            (
                Standard::parse_float("1e400"),
                Standard::parse_float("x"),
                Standard::parse_float("0e400")
            ),
            (None, None, Some(0.0))
        );
    }
}
