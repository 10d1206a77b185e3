//! Text in a layout as a moment, with Go's tolerance and Go's complaints.

use super::super::args::failure_parts;
use super::checked;
use super::civil::{DAY, days_from, days_in};
use super::layout::{DAYS, Element, MONTHS, Width, next};
use crate::arena::Buffer;
use crate::error;
use crate::value::Value;

/// What is wrong.
enum Fault<'a> {
    /// A part of the text does not fit a part of the layout.
    Misfit { text: &'a [u8], layout: &'a [u8] },
    /// A number is too large or too small.
    Range(&'static str),
    /// Something else is wrong with the whole.
    Whole(&'static str),
    /// There is more text than layout.
    Extra(&'a [u8]),
}

/// Appends text in quotes as Go's `time` does: bytes beyond ASCII in hexadecimal.
pub(super) fn quote(text: &[u8], out: &mut Buffer) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' => {
                out.push(b'\\');
                out.push(*byte);
            }
            b' '..=0x7f => out.push(*byte),
            _ => {
                out.extend(b"\\x");
                super::super::hex::write(core::slice::from_ref(byte), out);
            }
        }
    }
    out.push(b'"');
}

#[cold]
fn complain(name: &str, text: &[u8], layout: &[u8], fault: &Fault<'_>) -> Value {
    if !error::strict() {
        return Value::UNDEFINED;
    }
    let mut message = Buffer::new();
    message.extend(b"parsing time ");
    quote(text, &mut message);
    match fault {
        Fault::Misfit {
            text: part,
            layout: element,
        } => {
            message.extend(b" as ");
            quote(layout, &mut message);
            message.extend(b": cannot parse ");
            quote(part, &mut message);
            message.extend(b" as ");
            quote(element, &mut message);
        }
        Fault::Range(what) => {
            message.extend(b": ");
            message.extend(what.as_bytes());
            message.extend(b" out of range");
        }
        Fault::Whole(what) => {
            message.extend(b": ");
            message.extend(what.as_bytes());
        }
        Fault::Extra(rest) => {
            message.extend(b": extra text: ");
            quote(rest, &mut message);
        }
    }
    failure_parts(name, &[message.as_bytes()])
}

/// The moment of a text, for a built-in.
pub(super) fn text(name: &str, layout: &[u8], text: &[u8]) -> Value {
    match parse(layout, text) {
        Ok((seconds, nanos)) => checked(name, seconds, nanos),
        Err(fault) => complain(name, text, layout, &fault),
    }
}

/// Whether a text is in a layout.
pub(super) fn fits(layout: &[u8], text: &[u8]) -> bool {
    parse(layout, text).is_ok()
}

/// What was read so far.
#[derive(Default)]
struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
    /// AM or PM.
    afternoon: Option<bool>,
    /// Seconds east of Greenwich.
    offset: i64,
}

/// The value of an element does not fit it.
struct Misfit;

/// What reading an element found wrong: it does not fit, or it is out of range.
enum Problem {
    Misfit,
    Range(&'static str),
}

impl From<Misfit> for Problem {
    fn from(Misfit: Misfit) -> Problem {
        Problem::Misfit
    }
}

/// Reads a text from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], Misfit> {
        let (head, rest) = self.0.split_at_checked(len).ok_or(Misfit)?;
        self.0 = rest;
        Ok(head)
    }

    fn starts(&self, prefix: &[u8]) -> bool {
        self.0.starts_with(prefix)
    }

    fn is_digit(&self, at: usize) -> bool {
        self.0.get(at).is_some_and(u8::is_ascii_digit)
    }

    /// Skips literal text; spaces stand for any number of spaces.
    fn skip(&mut self, prefix: &[u8]) -> Result<(), Misfit> {
        let mut prefix = prefix;
        while let Some((first, rest)) = prefix.split_first() {
            if *first == b' ' {
                if self.0.first().is_some_and(|byte| *byte != b' ') {
                    return Err(Misfit);
                }
                prefix = without_spaces(prefix);
                self.0 = without_spaces(self.0);
                continue;
            }
            self.0 = self.0.strip_prefix(&[*first]).ok_or(Misfit)?;
            prefix = rest;
        }
        Ok(())
    }

    /// One or two digits, or exactly two.
    fn number(&mut self, fixed: bool) -> Result<i64, Misfit> {
        if !self.is_digit(0) || fixed && !self.is_digit(1) {
            return Err(Misfit);
        }
        let len = if self.is_digit(1) { 2 } else { 1 };
        self.take(len).map(value)
    }

    fn width(&mut self, width: Width) -> Result<i64, Misfit> {
        self.number(width == Width::Zeros)
    }

    fn name(&mut self, names: &[&str], short: bool) -> Result<i64, Misfit> {
        for (name, number) in names.iter().zip(1..) {
            let len = if short { 3 } else { name.len() };
            let name = name.as_bytes().get(..len).unwrap_or_default();
            if self.0.get(..len).is_some_and(|head| head.eq_ignore_ascii_case(name)) {
                self.take(len)?;
                return Ok(number);
            }
        }
        Err(Misfit)
    }

    /// A point or comma and digits, `len` bytes in all.
    fn fraction(&mut self, len: usize) -> Result<i64, Misfit> {
        match self.take(len)? {
            [b'.' | b',', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {
                let shown = digits.get(..digits.len().min(9)).unwrap_or_default();
                Ok((shown.len()..9).fold(value(shown), |n, _| n * 10))
            }
            _ => Err(Misfit),
        }
    }

    /// How long the fraction is that the text begins with; 0 if there is none.
    fn fraction_len(&self) -> usize {
        match self.0 {
            [b'.' | b',', digits @ ..] => {
                let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
                if count == 0 { 0 } else { count + 1 }
            }
            _ => 0,
        }
    }
}

fn without_spaces(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| *byte != b' ').unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

fn value(digits: &[u8]) -> i64 {
    digits.iter().fold(0i64, |n, digit| {
        n.wrapping_mul(10).wrapping_add(i64::from(digit.wrapping_sub(b'0')))
    })
}

fn within(value: i64, low: i64, high: i64, what: &'static str) -> Result<i64, Problem> {
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(Problem::Range(what))
    }
}

impl Fields {
    fn read(&mut self, element: Element, reader: &mut Reader<'_>, layout: &[u8]) -> Result<(), Problem> {
        match element {
            Element::ShortYear => {
                let digits = reader.take(2)?;
                if !digits.iter().all(u8::is_ascii_digit) {
                    return Err(Problem::Misfit);
                }
                let year = value(digits);
                self.year = if year >= 69 { year + 1900 } else { year + 2000 };
            }
            Element::Year => {
                let digits = reader.take(4)?;
                if !digits.iter().all(u8::is_ascii_digit) {
                    return Err(Problem::Misfit);
                }
                self.year = value(digits);
            }
            Element::MonthName => self.month = Some(reader.name(&MONTHS, false)?),
            Element::ShortMonthName => self.month = Some(reader.name(&MONTHS, true)?),
            Element::Month(width) => self.month = Some(within(reader.width(width)?, 1, 12, "month")?),
            Element::DayName => {
                reader.name(&DAYS, false)?;
            }
            Element::ShortDayName => {
                reader.name(&DAYS, true)?;
            }
            Element::Day(width) => {
                if width == Width::Spaces && reader.starts(b" ") {
                    reader.take(1)?;
                }
                self.day = Some(reader.width(width)?);
            }
            Element::DayOfYear(width) => self.day_of_year = Some(day_of_year(width, reader)?),
            Element::Hour => self.hour = within(reader.number(false)?, 0, 23, "hour")?,
            Element::HalfDayHour(width) => self.hour = within(reader.width(width)?, 0, 12, "hour")?,
            Element::Minute(width) => self.minute = within(reader.width(width)?, 0, 59, "minute")?,
            Element::Second(width) => {
                self.second = within(reader.width(width)?, 0, 59, "second")?;
                // A fraction that the layout does not mention is read all the same.
                let mentioned = matches!(next(layout).element, Some((Element::Fraction { .. }, _)));
                let len = reader.fraction_len();
                if len > 0 && !mentioned {
                    self.nanos = reader.fraction(len)?;
                }
            }
            Element::HalfDay(upper) => {
                let (before, after): (&[u8], &[u8]) = if upper { (b"AM", b"PM") } else { (b"am", b"pm") };
                let found = reader.take(2)?;
                if found != before && found != after {
                    return Err(Problem::Misfit);
                }
                self.afternoon = Some(found == after);
            }
            Element::Offset { zulu, colons, pairs } => {
                if zulu && reader.starts(b"Z") {
                    reader.take(1)?;
                    self.offset = 0;
                } else {
                    self.offset = offset(colons, pairs, reader)?;
                }
            }
            Element::ZoneName => zone_name(reader)?,
            Element::Fraction { digits, trimmed, .. } => {
                let len = if trimmed { reader.fraction_len() } else { digits + 1 };
                if len > 0 {
                    self.nanos = reader.fraction(len)?;
                }
            }
        }
        Ok(())
    }

    /// Month and day, which may have been given as a day of the year.
    fn date(&self) -> Result<(i64, i64), Fault<'static>> {
        let Some(day_of_year) = self.day_of_year else {
            return Ok((self.month.unwrap_or(1), self.day.unwrap_or(1)));
        };
        let days = days_from(self.year + 1, 1, 1) - days_from(self.year, 1, 1);
        if !(1..=days).contains(&day_of_year) {
            return Err(Fault::Whole("day-of-year out of range"));
        }
        let mut month = 1;
        let mut day = day_of_year;
        while day > days_in(self.year, month) {
            day -= days_in(self.year, month);
            month += 1;
        }
        if self.month.is_some_and(|other| other != month) {
            return Err(Fault::Whole("day-of-year does not match month"));
        }
        if self.day.is_some_and(|other| other != day) {
            return Err(Fault::Whole("day-of-year does not match day"));
        }
        Ok((month, day))
    }

    fn finish(&self) -> Result<(i64, i64), Fault<'static>> {
        let hour = match (self.afternoon, self.hour) {
            (Some(true), hour) if hour < 12 => hour + 12,
            (Some(false), 12) => 0,
            (_, hour) => hour,
        };
        let (month, day) = self.date()?;
        if !(1..=days_in(self.year, month)).contains(&day) {
            return Err(Fault::Whole("day out of range"));
        }
        let time = (hour * 60 + self.minute) * 60 + self.second;
        Ok((days_from(self.year, month, day) * DAY + time - self.offset, self.nanos))
    }
}

fn day_of_year(width: Width, reader: &mut Reader<'_>) -> Result<i64, Misfit> {
    for _ in 0..2 {
        if width == Width::Spaces && reader.starts(b" ") {
            reader.take(1)?;
        }
    }
    let count = (0..3).take_while(|at| reader.is_digit(*at)).count();
    if count == 0 || width == Width::Zeros && count != 3 {
        return Err(Misfit);
    }
    reader.take(count).map(value)
}

fn offset(colons: bool, pairs: u8, reader: &mut Reader<'_>) -> Result<i64, Problem> {
    let len = 1 + usize::from(pairs) * 2 + if colons { usize::from(pairs) - 1 } else { 0 };
    let mut inside = Reader(reader.take(len)?);
    let sign = inside.take(1)?;
    let mut seconds = 0;
    let mut beyond = None;
    let limits = [
        (24, 3600, "time zone offset hour"),
        (60, 60, "time zone offset minute"),
        (60, 1, "time zone offset second"),
    ];
    for (place, (limit, unit, what)) in (0..pairs).zip(limits) {
        if place > 0 && colons && inside.take(1)? != b":" {
            return Err(Problem::Misfit);
        }
        let number = inside.number(true)?;
        if number > limit {
            // The last one counts.
            beyond = Some(what);
        }
        seconds += number * unit;
    }
    match (beyond, sign) {
        (Some(what), _) => Err(Problem::Range(what)),
        (None, b"+") => Ok(seconds),
        (None, b"-") => Ok(-seconds),
        (None, _) => Err(Problem::Misfit),
    }
}

/// How long the sign and the number of hours are that a text begins with.
fn signed_hours(text: &[u8]) -> Option<usize> {
    if !matches!(text.first()?, b'+' | b'-') {
        return None;
    }
    let digits = text.get(1..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let hours = value(text.get(1..=digits)?);
    if digits == 0 || digits > 9 || hours > 23 {
        return None;
    }
    Some(digits + 1)
}

/// An abbreviation. Go keeps what one says about an offset (`GMT+3`) for writing the time again, and reads the time as universal all the same.
fn zone_name(reader: &mut Reader<'_>) -> Result<(), Misfit> {
    if reader.starts(b"ChST") || reader.starts(b"MeST") {
        return reader.take(4).map(|_| ());
    }
    if reader.starts(b"GMT") {
        reader.take(3)?;
        return match signed_hours(reader.0) {
            Some(len) => reader.take(len).map(|_| ()),
            None => Ok(()),
        };
    }
    if reader.0.len() < 3 {
        return Err(Misfit);
    }
    if let Some(b'+' | b'-') = reader.0.first() {
        let len = signed_hours(reader.0).ok_or(Misfit)?;
        return reader.take(len).map(|_| ());
    }
    let letters = reader.0.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count();
    let fits = match letters {
        3 => true,
        4 => reader.0.get(3) == Some(&b'T') || reader.starts(b"WITA"),
        5 => reader.0.get(4) == Some(&b'T'),
        _ => reader.starts(b"UTC"),
    };
    if !fits {
        return Err(Misfit);
    }
    let len = if reader.starts(b"UTC") { 3 } else { letters };
    reader.take(len).map(|_| ())
}

/// Seconds and nanoseconds since 1970.
fn parse<'a>(layout: &'a [u8], text: &'a [u8]) -> Result<(i64, i64), Fault<'a>> {
    let mut fields = Fields::default();
    let mut reader = Reader(text);
    let mut layout = layout;
    loop {
        let piece = next(layout);
        if reader.skip(piece.before).is_err() {
            return Err(Fault::Misfit {
                text: reader.0,
                layout: piece.before,
            });
        }
        let Some((element, written)) = piece.element else {
            break;
        };
        layout = piece.rest;
        let hold = reader.0;
        match fields.read(element, &mut reader, layout) {
            Ok(()) => {}
            Err(Problem::Range(what)) => return Err(Fault::Range(what)),
            Err(Problem::Misfit) => {
                return Err(Fault::Misfit {
                    text: hold,
                    layout: written,
                });
            }
        }
    }
    if !reader.0.is_empty() {
        return Err(Fault::Extra(reader.0));
    }
    fields.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(layout: &str, text: &str) -> Option<i64> {
        parse(layout.as_bytes(), text.as_bytes()).ok().map(|(seconds, _)| seconds)
    }

    #[test]
    fn layouts() {
        assert_eq!(seconds("2006-01-02T15:04:05Z07:00", "2024-05-06T07:08:09Z"), Some(1_714_979_289));
        assert_eq!(
            seconds("2006-01-02T15:04:05Z07:00", "2024-05-06T09:08:09+02:00"),
            Some(1_714_979_289)
        );
        assert_eq!(seconds("02 Jan 06 15:04 MST", "06 May 24 07:08 GMT+2"), Some(1_714_979_280));
        assert_eq!(seconds("3:04PM", "12:00AM"), Some(days_from(0, 1, 1) * DAY));
        assert_eq!(seconds("2006 002", "2024 060"), Some(days_from(2024, 2, 29) * DAY));
        assert_eq!(seconds("2006-01-02", "2024-02-30"), None);
        assert_eq!(seconds("15:04:05", "07:08:09.25"), Some(days_from(0, 1, 1) * DAY + 25_689));
    }
}
