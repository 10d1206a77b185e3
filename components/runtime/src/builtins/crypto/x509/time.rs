//! The times of a validity.

use super::super::super::time::civil::{Civil, DAY, days_from, days_in};
use super::super::der::{Der, tag};
use super::super::failure::{Failure, Outcome};
use super::super::number::small;

/// A second, in the zone in which it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    /// Seconds since 1970.
    pub seconds: i64,
    /// Minutes east of Greenwich.
    offset: i64,
}

fn number(digits: &[u8]) -> Option<i64> {
    let all = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    all.then(|| digits.iter().fold(0, |n, digit| n * 10 + i64::from(digit - b'0')))
}

/// Minutes of `Z` or `±hhmm`; zero is never written with digits.
fn zone(text: &[u8]) -> Option<i64> {
    let (sign, digits) = text.split_first()?;
    let sign = match (sign, digits) {
        (b'Z', []) => return Some(0),
        (b'+', _) => 1,
        (b'-', _) => -1,
        _ => return None,
    };
    let (hours, minutes) = digits.split_at_checked(2)?;
    let (hours, minutes) = (number(hours)?, number(minutes).filter(|_| minutes.len() == 2)?);
    (hours < 24 && minutes < 60 && hours + minutes > 0).then_some(sign * (hours * 60 + minutes))
}

impl Time {
    /// `year` and `MMddhhmm[ss]zone`.
    fn parse(year: i64, text: &[u8], must_have_seconds: bool) -> Option<Time> {
        let mut rest = text;
        let mut two = || {
            let (digits, behind) = rest.split_at_checked(2)?;
            let value = number(digits)?;
            rest = behind;
            Some(value)
        };
        let (month, day, hour, minute) = (two()?, two()?, two()?, two()?);
        let second = two();
        if second.is_none() && must_have_seconds {
            return None;
        }
        let second = second.unwrap_or(0);
        let valid = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day) && hour < 24 && minute < 60 && second < 60;
        let offset = zone(rest)?;
        let seconds = days_from(year, month, day) * DAY + hour * 3600 + (minute - offset) * 60 + second;
        valid.then_some(Time { seconds, offset })
    }

    /// The next value.
    pub fn read(der: &mut Der<'_>) -> Outcome<Time> {
        if der.peek(tag::UTC_TIME) {
            let time = der.content(tag::UTC_TIME).and_then(|text| {
                let (year, rest) = text.split_at_checked(2)?;
                let year = number(year)?;
                Time::parse(if year >= 50 { 1900 + year } else { 2000 + year }, rest, false)
            });
            return time.ok_or(Failure::from("x509: malformed UTCTime"));
        }
        if der.peek(tag::GENERALIZED_TIME) {
            let time = der.content(tag::GENERALIZED_TIME).and_then(|text| {
                let (year, rest) = text.split_at_checked(4)?;
                Time::parse(number(year)?, rest, true)
            });
            return time.ok_or(Failure::from("x509: malformed GeneralizedTime"));
        }
        Err(Failure::from("x509: unsupported time format"))
    }

    /// As RFC 3339 writes it.
    pub fn text(&self) -> Vec<u8> {
        let civil = Civil::from_seconds(self.seconds + self.offset * 60);
        let [hour, minute, second] = civil.clock();
        let mut text = Vec::with_capacity(25);
        let mut digits = |value: i64, len: usize, behind: u8| {
            let digits = small(value);
            text.extend(std::iter::repeat_n(b'0', len.saturating_sub(digits.len())));
            text.extend(digits);
            text.push(behind);
        };
        digits(civil.year, 4, b'-');
        digits(civil.month, 2, b'-');
        digits(civil.day, 2, b'T');
        digits(hour, 2, b':');
        digits(minute, 2, b':');
        if self.offset == 0 {
            digits(second, 2, b'Z');
        } else {
            digits(second, 2, if self.offset > 0 { b'+' } else { b'-' });
            digits(self.offset.abs() / 60, 2, b':');
            digits(self.offset.abs() % 60, 2, b' ');
            text.pop();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(tag: u8, content: &str) -> String {
        let der = [&[tag, content.len() as u8], content.as_bytes()].concat();
        let time = Time::read(&mut Der(&der)).map(|time| time.text());
        String::from_utf8_lossy(&time.unwrap_or_else(|failure| failure.text().to_vec())).into_owned()
    }

    #[test]
    fn times() {
        assert_eq!(text(23, "490101000000Z"), "2049-01-01T00:00:00Z");
        assert_eq!(text(23, "5001010000Z"), "1950-01-01T00:00:00Z");
        assert_eq!(text(24, "20991231235959Z"), "2099-12-31T23:59:59Z");
        assert_eq!(text(23, "200101000000+0130"), "2020-01-01T00:00:00+01:30");
        assert_eq!(text(23, "200230000000Z"), "x509: malformed UTCTime");
        assert_eq!(text(24, "202001010000Z"), "x509: malformed GeneralizedTime");
        assert_eq!(text(4, ""), "x509: unsupported time format");
    }
}
