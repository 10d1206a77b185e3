//! How long a response may be used: `cache-control`, `date`, `expires`, as OPA reads them.

use super::super::time::civil::days_from;

/// Nanoseconds of a second.
pub const SECOND: i64 = 1_000_000_000;

/// The value of a directive of a `cache-control` header; empty for one without value.
fn directive<'a>(header: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut found = None;
    for part in header.split(|byte| *byte == b',') {
        let part = trimmed(part);
        let mut sides = part.splitn(2, |byte| *byte == b'=');
        let (left, right) = (sides.next().unwrap_or_default(), sides.next());
        match right {
            Some(right) if trimmed(left) == name && !right.contains(&b'=') => found = Some(right),
            None if left == name => found = Some(b"".as_slice()),
            _ => {}
        }
    }
    found
}

fn trimmed(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| *byte != b' ').unwrap_or(text.len());
    let end = text.iter().rposition(|byte| *byte != b' ').map_or(start, |at| at + 1);
    text.get(start..end).unwrap_or_default()
}

/// Whether a response with this `cache-control` may be kept.
pub fn may_store(cache_control: &[u8]) -> bool {
    directive(cache_control, b"no-store").is_none()
}

/// The headers that tell how long.
pub struct Headers<'a> {
    /// `cache-control`
    pub cache_control: &'a [u8],
    /// `date`
    pub date: &'a [u8],
    /// `expires`
    pub expires: &'a [u8],
}

/// Until when a response is good, in nanoseconds since 1970; `None` if its headers contradict themselves.
pub fn expiry(headers: &Headers<'_>) -> Option<i64> {
    match directive(headers.cache_control, b"max-age") {
        Some(seconds) => {
            if seconds.is_empty() || !seconds.iter().all(u8::is_ascii_digit) {
                return None;
            }
            let most = i64::from(i32::MAX);
            let seconds = seconds.iter().fold(0, |n: i64, digit| (n * 10 + i64::from(digit - b'0')).min(most));
            Some(http_date(headers.date)?.saturating_add(seconds).saturating_mul(SECOND))
        }
        // Without a date it has expired long since.
        None => Some(http_date(headers.expires).map_or(i64::MIN, |seconds| seconds.saturating_mul(SECOND))),
    }
}

/// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT` or one of the two forms that went before it.
pub fn http_date(text: &[u8]) -> Option<i64> {
    let words: Vec<&[u8]> = text
        .split(|byte| matches!(byte, b' ' | b',' | b'-'))
        .filter(|word| !word.is_empty())
        .collect();
    let (day, month, year, clock) = match words.as_slice() {
        [_, day, month, year, clock, b"GMT"] => (day, month, century(year, number(year)?), clock),
        [_, month, day, clock, year] => (day, month, number(year)?, clock),
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| name == month)? as i64 + 1;
    let mut clock = clock.split(|byte| *byte == b':').map(number);
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let day = number(day)?;
    let fits = clock.next().is_none() && hour < 24 && minute < 60 && second < 60 && (1..=31).contains(&day);
    fits.then(|| days_from(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Years of two digits are those around now.
fn century(text: &[u8], year: i64) -> i64 {
    match (text.len(), year) {
        (2, 69..) => 1900 + year,
        (2, _) => 2000 + year,
        _ => year,
    }
}

fn number(text: &[u8]) -> Option<i64> {
    let fits = (1..=4).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    fits.then(|| text.iter().fold(0, |n, digit| n * 10 + i64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(http_date(text.as_bytes()), Some(784_111_777), "{text}");
        }
        for text in ["", "now", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "0"] {
            assert_eq!(http_date(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn how_long() {
        let date = b"Sun, 06 Nov 1994 08:49:37 GMT".as_slice();
        let until = |cache_control: &str, expires: &[u8]| {
            expiry(&Headers {
                cache_control: cache_control.as_bytes(),
                date,
                expires,
            })
        };
        assert_eq!(until("public, max-age=10", b""), Some(784_111_787 * SECOND));
        assert_eq!(
            until("max-age=99999999999", b""),
            Some((784_111_777 + i64::from(i32::MAX)) * SECOND)
        );
        assert_eq!(until("max-age=x", b""), None);
        assert_eq!(until("", date), Some(784_111_777 * SECOND));
        assert_eq!(until("", b"-1"), Some(i64::MIN));
        assert!(may_store(b"private") && !may_store(b"private, no-store"));
    }
}
