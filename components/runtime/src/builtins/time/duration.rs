//! Durations: Go's `1h2m3.5s`, and days, weeks and years besides.

use super::super::args::failure_parts;
use super::super::quote::quote as strict_quote;
use super::parse::quote;
use crate::arena::Buffer;
use crate::error;
use crate::number::decimal::Decimal;
use crate::number::float::Float;
use crate::number::integer;
use crate::number::seq::Seq;
use crate::number::text::Digits;
use crate::value::Value;

const NAME: &str = "time.parse_duration_ns";
const LIMIT: u64 = 1 << 63;

/// Why a text is no duration.
enum Fault<'a> {
    Invalid,
    MissingUnit,
    UnknownUnit(&'a [u8]),
}

/// Fails with Go's words. Durations with long units are quoted in another way than others.
#[cold]
fn complain(text: &[u8], extended: bool, fault: &Fault<'_>) -> Value {
    if !error::strict() {
        return Value::UNDEFINED;
    }
    let mut message = Buffer::new();
    message.extend(b"time: ");
    match fault {
        Fault::Invalid => message.extend(b"invalid duration "),
        Fault::MissingUnit => message.extend(b"missing unit in duration "),
        Fault::UnknownUnit(unit) => {
            message.extend(b"unknown unit ");
            quote(unit, &mut message);
            message.extend(b" in duration ");
        }
    }
    if extended {
        strict_quote(text, false, &mut message);
    } else {
        quote(text, &mut message);
    }
    failure_parts(NAME, &[message.as_bytes()])
}

/// The nanoseconds of a duration.
pub(super) fn nanos(text: &[u8]) -> Value {
    let extended = text.is_empty() || text.iter().any(|byte| matches!(byte, b'd' | b'w' | b'y'));
    if text.is_empty() {
        return complain(text, true, &Fault::Invalid);
    }
    let rewritten = match extended {
        true => match rewritten(text) {
            Some(rewritten) => rewritten,
            None => return complain(text, true, &Fault::Invalid),
        },
        false => Seq::from_slice(text),
    };
    match parse(&rewritten) {
        Ok(nanos) => integer(nanos),
        Err(fault) => complain(text, extended, &fault),
    }
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    }
}

/// The duration with days, weeks and years written as hours.
fn rewritten(text: &[u8]) -> Option<Seq<u8>> {
    let mut out = Seq::with_capacity(text.len() + 8);
    let (_, mut rest) = sign(text);
    out.extend(text.iter().copied().take(text.len() - rest.len()));
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
        let (digits, behind) = rest.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())?;
        let two = [&b"ms"[..], b"us", b"\xc2\xb5s", b"ns"]
            .into_iter()
            .find(|unit| behind.starts_with(unit));
        let unit_len = two.map_or(1, <[u8]>::len);
        let (unit, behind) = behind.split_at_checked(unit_len)?;
        if two.is_none() && !unit.first()?.is_ascii_lowercase() {
            return None;
        }
        rest = behind;
        let hours = match unit {
            b"d" => 24.0,
            b"w" => 7.0 * 24.0,
            b"y" => 365.0 * 24.0,
            _ => {
                out.extend(digits.iter().chain(unit).copied());
                continue;
            }
        };
        let count = Decimal::parse(digits).and_then(|decimal| Float::double_of(&decimal))?;
        let hours = Digits::shortest_double(&Float::from_f64(count * hours));
        hours.write_plain((hours.digits.len() as i64 - hours.point).max(0) as usize, &mut out);
        out.push(b'h');
    }
    Some(out)
}

fn unit_nanos(unit: &[u8]) -> Option<u64> {
    Some(match unit {
        b"ns" => 1,
        // The micro sign, and the Greek letter.
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1_000,
        b"ms" => 1_000_000,
        b"s" => 1_000_000_000,
        b"m" => 60_000_000_000,
        b"h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// Go's `time.ParseDuration`.
fn parse(text: &[u8]) -> Result<i64, Fault<'_>> {
    let (negative, mut rest) = sign(text);
    if rest == b"0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(Fault::Invalid);
    }
    let mut total = 0u64;
    while !rest.is_empty() {
        let number_len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (whole, behind) = rest.split_at_checked(number_len).ok_or(Fault::Invalid)?;
        let value = integer_part(whole).ok_or(Fault::Invalid)?;
        let (fraction, behind) = match behind {
            [b'.', behind @ ..] => {
                let len = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
                behind.split_at_checked(len).ok_or(Fault::Invalid)?
            }
            _ => (&b""[..], behind),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(Fault::Invalid);
        }
        let is_number = |byte: &u8| *byte == b'.' || byte.is_ascii_digit();
        let unit_len = behind.iter().position(is_number).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(unit_len).ok_or(Fault::Invalid)?;
        if unit.is_empty() {
            return Err(Fault::MissingUnit);
        }
        let nanos = unit_nanos(unit).ok_or(Fault::UnknownUnit(unit))?;
        rest = behind;
        if value > LIMIT / nanos {
            return Err(Fault::Invalid);
        }
        let part = value * nanos + fraction_nanos(fraction, nanos);
        total = total.saturating_add(part);
        if part > LIMIT || total > LIMIT {
            return Err(Fault::Invalid);
        }
    }
    if negative {
        return Ok((total as i64).wrapping_neg());
    }
    i64::try_from(total).map_err(|_| Fault::Invalid)
}

fn integer_part(digits: &[u8]) -> Option<u64> {
    digits
        .iter()
        .try_fold(0u64, |n, digit| n.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
        .filter(|value| *value <= LIMIT)
}

/// The nanoseconds of the digits behind the point, as exact as doubles are.
fn fraction_nanos(digits: &[u8], unit: u64) -> u64 {
    let (mut value, mut scale) = (0u64, 1.0f64);
    for digit in digits {
        if value > (LIMIT - 1) / 10 {
            break;
        }
        let next = value * 10 + u64::from(digit - b'0');
        if next > LIMIT {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let of = |text: &str| parse(text.as_bytes()).ok();
        assert_eq!(of("1h2m3.5s"), Some(3_723_500_000_000));
        assert_eq!(of("-1.5h"), Some(-5_400_000_000_000));
        assert_eq!(of("0"), Some(0));
        assert_eq!(of("2562047h47m16.854775807s"), Some(i64::MAX));
        assert_eq!(of("2562047h47m16.854775808s"), None);
        assert_eq!(rewritten(b"1d2h").map(|text| text.to_vec()), Some(b"24h2h".to_vec()));
        assert_eq!(rewritten(b"1.5w3ms").map(|text| text.to_vec()), Some(b"252h3ms".to_vec()));
        assert!(rewritten(b"1dh").is_none() && rewritten(b"1d-1h").is_none());
    }
}
