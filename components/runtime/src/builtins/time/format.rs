//! Moments as text in a layout.

use super::layout::{DAYS, Element, MONTHS, Width, next};
use super::{Moment, NANOS};
use crate::arena::Buffer;
use crate::number::arithmetic::format_small;
use crate::value::Value;

/// Appends a number with at least `width` digits.
fn push(number: i64, width: usize, fill: u8, out: &mut Buffer) {
    let mut digits = [0; 20];
    let text = format_small(number.abs(), &mut digits);
    if number < 0 {
        out.push(b'-');
    }
    for _ in text.len()..width {
        out.push(fill);
    }
    out.extend(text);
}

fn push_width(number: i64, digits: usize, width: Width, out: &mut Buffer) {
    match width {
        Width::Plain => push(number, 0, b'0', out),
        Width::Spaces => push(number, digits, b' ', out),
        Width::Zeros => push(number, digits, b'0', out),
    }
}

/// The text of a moment.
pub(super) fn text(moment: &Moment, layout: &[u8]) -> Value {
    let mut out = Buffer::with_capacity(layout.len() as u32 + 16);
    let local = moment.local();
    let period = moment.zone.at(moment.seconds());
    let [hour, minute, second] = local.clock();
    let mut rest = layout;
    loop {
        let piece = next(rest);
        out.extend(piece.before);
        rest = piece.rest;
        let Some((element, _)) = piece.element else {
            return out.into_string();
        };
        let month = MONTHS.get(local.month as usize - 1).copied().unwrap_or_default();
        let day = DAYS.get(local.weekday()).copied().unwrap_or_default();
        let half_day_hour = if hour % 12 == 0 { 12 } else { hour % 12 };
        match element {
            Element::Year => push(local.year, 4, b'0', &mut out),
            Element::ShortYear => push(local.year.max(0) % 100, 2, b'0', &mut out),
            Element::MonthName => out.extend(month.as_bytes()),
            Element::ShortMonthName => out.extend(month.as_bytes().get(..3).unwrap_or_default()),
            Element::Month(width) => push_width(local.month, 2, width, &mut out),
            Element::DayName => out.extend(day.as_bytes()),
            Element::ShortDayName => out.extend(day.as_bytes().get(..3).unwrap_or_default()),
            Element::Day(width) => push_width(local.day, 2, width, &mut out),
            Element::DayOfYear(width) => push_width(local.day_of_year(), 3, width, &mut out),
            Element::Hour => push(hour, 2, b'0', &mut out),
            Element::HalfDayHour(width) => push_width(half_day_hour, 2, width, &mut out),
            Element::Minute(width) => push_width(minute, 2, width, &mut out),
            Element::Second(width) => push_width(second, 2, width, &mut out),
            Element::HalfDay(upper) => out.extend(match (upper, hour >= 12) {
                (true, true) => b"PM",
                (true, false) => b"AM",
                (false, true) => b"pm",
                (false, false) => b"am",
            }),
            Element::ZoneName => out.extend(period.name),
            Element::Offset { zulu, colons, pairs } => push_offset(period.offset, zulu, colons, pairs, &mut out),
            Element::Fraction {
                digits,
                trimmed,
                separator,
            } => {
                push_fraction(moment.nanos.rem_euclid(NANOS), digits, trimmed, separator, &mut out);
            }
        }
    }
}

fn push_offset(offset: i64, zulu: bool, colons: bool, pairs: u8, out: &mut Buffer) {
    if zulu && offset == 0 {
        return out.push(b'Z');
    }
    // The sign is that of the whole minutes.
    out.push(if offset / 60 < 0 { b'-' } else { b'+' });
    let offset = offset.abs();
    for (place, value) in (0..pairs).zip([offset / 3600, offset / 60 % 60, offset % 60]) {
        if place > 0 && colons {
            out.push(b':');
        }
        push(value, 2, b'0', out);
    }
}

fn push_fraction(nanos: i64, digits: usize, trimmed: bool, separator: u8, out: &mut Buffer) {
    let mut text = [b'0'; 9];
    let mut rest = nanos;
    for cell in text.iter_mut().rev() {
        *cell = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let shown = text.get(..digits.min(9)).unwrap_or_default();
    let shown = if trimmed {
        let end = shown.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
        shown.get(..end).unwrap_or_default()
    } else {
        shown
    };
    if trimmed && shown.is_empty() {
        return;
    }
    out.push(separator);
    out.extend(shown);
    if !trimmed {
        for _ in 9..digits {
            out.push(b'0');
        }
    }
}
