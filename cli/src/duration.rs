//! Durations as Go writes them, since that is what `opa`'s flags take: `500ms`, `1.5s`, `1m30s`.

use std::time::Duration;

/// A duration from the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoDuration(pub Duration);

/// Reads a duration.
///
/// # Errors
/// When it is none.
pub fn parse(text: &str) -> Result<GoDuration, String> {
    let invalid = || format!("`{text}` is no duration; write it as in 500ms, 10s or 1m30s");
    if text == "0" {
        return Ok(GoDuration(Duration::ZERO));
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit() && char != '.').ok_or_else(invalid)?;
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|char: char| char.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let scale = match unit {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(invalid()),
        };
        seconds += number.parse::<f64>().map_err(|_| invalid())? * scale;
        rest = tail;
    }
    if text.is_empty() {
        return Err(invalid());
    }
    Duration::try_from_secs_f64(seconds).map(GoDuration).map_err(|_| invalid())
}

/// Reads a duration that is longer than nothing.
///
/// # Errors
/// When it is none, or nothing.
pub fn positive(text: &str) -> Result<GoDuration, String> {
    match parse(text)? {
        GoDuration(Duration::ZERO) => Err("must be longer than 0s".to_owned()),
        duration => Ok(duration),
    }
}

/// Nanoseconds as Go writes a duration: `1.5ms`, `2m0.5s`.
pub fn text(nanoseconds: u64) -> String {
    let (unit, scale) = match nanoseconds {
        0 => return "0s".to_owned(),
        1..1_000 => ("ns", 1),
        1_000..1_000_000 => ("µs", 1_000),
        1_000_000..1_000_000_000 => ("ms", 1_000_000),
        _ => ("s", 1_000_000_000),
    };
    let (minutes, rest) = (nanoseconds / 60_000_000_000, nanoseconds % 60_000_000_000);
    let last = decimal(if minutes > 0 { rest } else { nanoseconds }, scale) + unit;
    match (minutes / 60, minutes % 60) {
        (0, 0) => last,
        (0, minutes) => format!("{minutes}m{last}"),
        (hours, minutes) => format!("{hours}h{minutes}m{last}"),
    }
}

/// A quotient by a power of ten, without zeros at its end.
fn decimal(number: u64, scale: u64) -> String {
    let fraction = format!("{:0width$}", number % scale, width = scale.ilog10() as usize);
    match fraction.trim_end_matches('0') {
        "" => (number / scale).to_string(),
        fraction => format!("{}.{fraction}", number / scale),
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn durations_as_go_writes_them() {
        for (nanoseconds, expected) in [
            (0, "0s"),
            (7, "7ns"),
            (759_729, "759.729µs"),
            (1_000_000, "1ms"),
            (5_056_083, "5.056083ms"),
            (1_500_000_000, "1.5s"),
            (60_000_000_000, "1m0s"),
            (3_723_000_000_001, "1h2m3.000000001s"),
        ] {
            assert_eq!(text(nanoseconds), expected);
        }
    }
}
