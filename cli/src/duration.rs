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
