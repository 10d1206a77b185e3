//! Durations as Go writes them, `1h2m3.5s`, without the longer units that other built-ins know.

/// Why a text is no duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It does not look like one.
    Invalid,
    /// A number stands alone.
    NoUnit,
    /// A unit is none.
    Unit,
}

/// The nanoseconds of a duration.
pub fn parse(text: &[u8]) -> Result<i64, Fault> {
    let (negative, mut rest) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    if rest == b"0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(Fault::Invalid);
    }
    let mut sum = 0i64;
    while !rest.is_empty() {
        let (nanos, behind) = part(rest)?;
        sum = sum.checked_add(nanos).ok_or(Fault::Invalid)?;
        rest = behind;
    }
    Ok(if negative { -sum } else { sum })
}

/// One number with its unit, and what is behind it.
fn part(text: &[u8]) -> Result<(i64, &[u8]), Fault> {
    let (whole, rest) = digits(text);
    let (fraction, rest) = match rest.split_first() {
        Some((b'.', rest)) => digits(rest),
        _ => (b"".as_slice(), rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(Fault::Invalid);
    }
    let end = rest
        .iter()
        .position(|byte| byte.is_ascii_digit() || *byte == b'.')
        .unwrap_or(rest.len());
    let (unit, rest) = rest.split_at_checked(end).unwrap_or((rest, b""));
    let unit = match unit {
        b"" => return Err(Fault::NoUnit),
        b"ns" => 1,
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1_000,
        b"ms" => 1_000_000,
        b"s" => 1_000_000_000,
        b"m" => 60_000_000_000,
        b"h" => 3_600_000_000_000_i64,
        _ => return Err(Fault::Unit),
    };
    let mut nanos = whole
        .iter()
        .try_fold(0i64, |n, digit| n.checked_mul(10)?.checked_add(i64::from(digit - b'0')))
        .and_then(|n| n.checked_mul(unit))
        .ok_or(Fault::Invalid)?;
    let mut place = unit;
    for digit in fraction {
        place /= 10;
        nanos = nanos.checked_add(i64::from(digit - b'0') * place).ok_or(Fault::Invalid)?;
    }
    Ok((nanos, rest))
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, b""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_go() {
        for (text, nanos) in [
            ("0", Ok(0)),
            ("500ms", Ok(500_000_000)),
            ("1h2m3.5s", Ok(3_723_500_000_000)),
            ("1.5us", Ok(1500)),
            ("-2s", Ok(-2_000_000_000)),
            ("", Err(Fault::Invalid)),
            ("s", Err(Fault::Invalid)),
            ("5", Err(Fault::NoUnit)),
            ("1d", Err(Fault::Unit)),
            ("9999999999h", Err(Fault::Invalid)),
        ] {
            assert_eq!(parse(text.as_bytes()), nanos, "{text}");
        }
    }
}
