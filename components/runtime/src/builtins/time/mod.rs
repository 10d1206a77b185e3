//! `time.*`: moments as nanoseconds since 1970, in zones of the IANA database, in Go's layouts.

pub(super) mod civil;
mod duration;
mod format;
mod layout;
mod parse;
mod zone;

use super::args::{failure, failure_parts, integer, type_error};
use crate::collections::Array;
use crate::number::{self, float::PRECISION};
use crate::value::{Kind, Value};
use civil::Civil;
use zone::{Unknown, Zone};

const NANOS: i64 = 1_000_000_000;

/// A moment in a zone.
#[derive(Clone, Copy)]
struct Moment {
    nanos: i64,
    zone: Zone,
}

impl Moment {
    fn seconds(&self) -> i64 {
        self.nanos.div_euclid(NANOS)
    }

    /// Date and time on the clocks of the zone.
    fn local(&self) -> Civil {
        let seconds = self.seconds();
        Civil::from_seconds(seconds + self.zone.at(seconds).offset)
    }
}

/// Nanoseconds since 1970; fractions of one and more than 64 bits are refused.
fn nanos(name: &str, value: Value) -> Result<i64, Value> {
    if let Some(nanos) = value.as_int() {
        return Ok(nanos);
    }
    let Some(number) = number::get(value) else {
        return Err(type_error(name, 0, value, "number"));
    };
    let float = number.to_float(PRECISION);
    let whole = float.is_whole().then(|| float.truncated()).and_then(|whole| whole.to_i64());
    whole.ok_or_else(|| failure(name, "timestamp too big"))
}

/// A moment operand: nanoseconds, or an array of them, a zone and a layout.
fn moment(name: &str, value: Value) -> Result<(Moment, &'static [u8]), Value> {
    let wrong = || type_error(name, 0, value, "either number (ns) or [number (ns), string (tz)]");
    let parts = match value.kind() {
        Kind::Number => {
            let moment = Moment {
                nanos: nanos(name, value)?,
                zone: Zone::Utc,
            };
            return Ok((moment, b""));
        }
        Kind::Array => value.as_array().filter(|parts| !parts.is_empty()).ok_or_else(wrong)?,
        _ => return Err(wrong()),
    };
    let first = parts.get(0).unwrap_or(Value::NULL);
    if !first.is_number() {
        return Err(type_error(name, 0, first, "number"));
    }
    let text = |index: u32| match parts.get(index) {
        None => Ok(&b""[..]),
        Some(part) => part.as_str().ok_or_else(|| type_error(name, 0, part, "string")),
    };
    let zone_name = text(1)?;
    let zone = zone::find(zone_name).map_err(|unknown| match unknown {
        Unknown::Name => failure_parts(name, &[b"unknown time zone ", zone_name]),
        Unknown::Location => failure(name, "time: invalid location name"),
        Unknown::Directory => failure(name, "is a directory"),
        Unknown::Argument => failure(name, "invalid argument"),
    })?;
    let layout = text(2)?;
    let nanos = nanos(name, first)?;
    Ok((Moment { nanos, zone }, layout))
}

fn numbers(values: &[i64]) -> Value {
    Array::from_values(values.iter().map(|value| number::integer(*value))).value()
}

/// Year, month and day.
#[unsafe(export_name = "b.time.date")]
pub extern "C" fn date(a: Value) -> Value {
    match moment("time.date", a) {
        Ok((moment, _)) => {
            let local = moment.local();
            numbers(&[local.year, local.month, local.day])
        }
        Err(error) => error,
    }
}

/// Hour, minute and second.
#[unsafe(export_name = "b.time.clock")]
pub extern "C" fn clock(a: Value) -> Value {
    match moment("time.clock", a) {
        Ok((moment, _)) => numbers(&moment.local().clock()),
        Err(error) => error,
    }
}

/// The name of the day.
#[unsafe(export_name = "b.time.weekday")]
pub extern "C" fn weekday(a: Value) -> Value {
    match moment("time.weekday", a) {
        Ok((moment, _)) => {
            let name = layout::DAYS.get(moment.local().weekday()).copied().unwrap_or_default();
            Value::string_static(name.as_bytes())
        }
        Err(error) => error,
    }
}

/// A moment as text.
#[unsafe(export_name = "b.time.format")]
pub extern "C" fn format(a: Value) -> Value {
    match moment("time.format", a) {
        Ok((moment, b"")) => format::text(&moment, layout::RFC3339_NANO),
        Ok((moment, layout)) => format::text(&moment, layout::named(layout)),
        Err(error) => error,
    }
}

/// Whether a text is a moment in a layout.
pub(super) fn fits(layout: &[u8], text: &str) -> bool {
    parse::fits(layout, text.as_bytes())
}

/// The nanoseconds of seconds and nanoseconds, if 64 bits hold them.
fn checked(name: &str, seconds: i64, nanos: i64) -> Value {
    let total = i128::from(seconds) * i128::from(NANOS) + i128::from(nanos);
    match i64::try_from(total) {
        Ok(nanos) => number::integer(nanos),
        Err(_) => failure(name, "time outside of valid range"),
    }
}

/// A moment some years, months and days later.
#[unsafe(export_name = "b.time.add_date")]
pub extern "C" fn add_date(a: Value, years: Value, months: Value, days: Value) -> Value {
    const NAME: &str = "time.add_date";
    let moment = match moment(NAME, a) {
        Ok((moment, _)) => moment,
        Err(error) => return error,
    };
    let more = [years, months, days].into_iter().zip(1..);
    let mut added = [0i64; 3];
    for ((operand, position), sum) in more.zip(&mut added) {
        match integer(NAME, position, operand) {
            Ok(value) => *sum = value,
            Err(error) => return error,
        }
    }
    let [years, months, days] = added;
    let local = moment.local();
    let date = civil::days_wrapped(
        local.year.wrapping_add(years),
        local.month.wrapping_add(months),
        local.day.wrapping_add(days),
    );
    let seconds = date.wrapping_mul(civil::DAY).wrapping_add(local.second_of_day);
    let seconds = moment.zone.to_universal(seconds);
    checked(NAME, seconds, moment.nanos.rem_euclid(NANOS))
}

/// What lies between two moments: years, months, days, hours, minutes and seconds, none of them negative.
#[unsafe(export_name = "b.time.diff")]
pub extern "C" fn diff(a: Value, b: Value) -> Value {
    const NAME: &str = "time.diff";
    let both = moment(NAME, a).and_then(|(a, _)| Ok((a, moment(NAME, b)?.0)));
    let (one, mut other) = match both {
        Ok(both) => both,
        Err(error) => return error,
    };
    other.zone = one.zone;
    let (first, second) = if one.nanos > other.nanos { (other, one) } else { (one, other) };
    let (from, to) = (first.local(), second.local());
    let [h1, m1, s1] = from.clock();
    let [h2, m2, s2] = to.clock();
    let mut parts = [
        to.year - from.year,
        to.month - from.month,
        to.day - from.day,
        h2 - h1,
        m2 - m1,
        s2 - s1,
    ];
    // From the smallest unit up, what is missing is taken from the next one; of months, as many days as the first one has.
    let units = [12, civil::days_in(from.year, from.month), 24, 60, 60];
    for at in (1..parts.len()).rev() {
        let unit = units.get(at - 1).copied().unwrap_or(0);
        if let Some([above, part]) = parts.get_mut(at - 1..=at)
            && *part < 0
        {
            *part += unit;
            *above -= 1;
        }
    }
    numbers(&parts)
}

/// The moment of an RFC 3339 text.
#[unsafe(export_name = "b.time.parse_rfc3339_ns")]
pub extern "C" fn parse_rfc3339_ns(text: Value) -> Value {
    const NAME: &str = "time.parse_rfc3339_ns";
    match text.as_str() {
        Some(text) => parse::text(NAME, layout::RFC3339, text),
        None => type_error(NAME, 0, text, "string"),
    }
}

/// The moment of a text in a layout.
#[unsafe(export_name = "b.time.parse_ns")]
pub extern "C" fn parse_ns(layout: Value, text: Value) -> Value {
    const NAME: &str = "time.parse_ns";
    match (layout.as_str(), text.as_str()) {
        (Some(layout), Some(text)) => parse::text(NAME, layout::named(layout), text),
        _ => super::args::mismatch(NAME, &[(layout, Kind::String), (text, Kind::String)]),
    }
}

/// The nanoseconds of a duration: `1d2h30m`.
#[unsafe(export_name = "b.time.parse_duration_ns")]
pub extern "C" fn parse_duration_ns(text: Value) -> Value {
    match text.as_str() {
        Some(text) => duration::nanos(text),
        None => type_error("time.parse_duration_ns", 0, text, "string"),
    }
}
