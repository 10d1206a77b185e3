//! `indexof`, `indexof_n`, `substring`, `strings.count`, `strings.reverse`: positions in strings, counted in code points.

use super::args::{failure, integer, mismatch, type_error};
use super::text::{Runes, encode, find, is_ascii, rune};
use crate::arena::{self, Buffer};
use crate::collections::Array;
use crate::mem;
use crate::number;
use crate::value::{Kind, Value};

/// The text behind its first code point.
fn behind(text: &[u8]) -> &[u8] {
    text.get(rune(text).1..).unwrap_or_default()
}

/// Whether a text begins with the code points of another; bytes that are no UTF-8 are all alike.
fn begins(text: &[u8], runes: &[u8]) -> bool {
    let mut ahead = Runes(text);
    Runes(runes).all(|(rune, _)| ahead.next().is_some_and(|(other, _)| other == rune))
}

/// Longer needles are searched with a table, so that those which overlap themselves are not compared anew at each place.
const NEEDLE_MAX: usize = 64;

/// Finds all places of a needle, overlapping ones too, in one pass over the text (Knuth, Morris and Pratt).
struct Overlapping {
    /// For each length of what was read of the needle the next shorter one that is an end of it; an array in the arena.
    table: u32,
    /// How much of the needle stands before the place that was reached in the text.
    held: usize,
}

impl Overlapping {
    /// `None` without memory.
    fn new(needle: &[u8]) -> Option<Overlapping> {
        let table = arena::alloc((needle.len() as u32).checked_add(1)?.checked_mul(4)?);
        if table == 0 {
            return None;
        }
        let mut search = Overlapping { table, held: 0 };
        mem::store32(table, 0);
        mem::store32(table + 4, 0);
        for (place, byte) in needle.iter().enumerate().skip(1) {
            search.step(needle, *byte);
            mem::store32(table + (place as u32 + 1) * 4, search.held as u32);
        }
        search.held = 0;
        Some(search)
    }

    /// Takes a byte of the text.
    fn step(&mut self, needle: &[u8], byte: u8) {
        while needle.get(self.held) != Some(&byte) {
            if self.held == 0 {
                return;
            }
            self.held = mem::load32(self.table + self.held as u32 * 4) as usize;
        }
        self.held += 1;
    }
}

/// The positions where a text begins to be equal to a needle that is not empty.
struct Positions<'a> {
    text: &'a [u8],
    needle: &'a [u8],
    at: i64,
    ascii: bool,
    long: Option<Overlapping>,
}

impl<'a> Positions<'a> {
    fn new(text: &'a [u8], needle: &'a [u8]) -> Positions<'a> {
        let ascii = is_ascii(text) && is_ascii(needle);
        Positions {
            text,
            needle,
            at: 0,
            ascii,
            long: None,
        }
    }
}

impl Iterator for Positions<'_> {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        if let Some(search) = &mut self.long {
            while let Some((byte, rest)) = self.text.split_first() {
                self.text = rest;
                self.at += 1;
                search.step(self.needle, *byte);
                if search.held == self.needle.len() {
                    return Some(self.at - self.needle.len() as i64);
                }
            }
            return None;
        }
        if self.ascii {
            let offset = find(self.text, self.needle)?;
            self.text = self.text.get(offset + 1..).unwrap_or_default();
            self.at += offset as i64 + 1;
            return Some(self.at - 1);
        }
        while !self.text.is_empty() {
            let found = begins(self.text, self.needle);
            self.text = behind(self.text);
            self.at += 1;
            if found {
                return Some(self.at - 1);
            }
        }
        None
    }
}

fn positions(name: &str, text: Value, needle: Value) -> Result<Positions<'static>, Value> {
    match (text.as_str(), needle.as_str()) {
        (Some(_), Some([])) => Err(failure(name, "empty search character")),
        (Some(text), Some(needle)) => Ok(Positions::new(text, needle)),
        _ => Err(mismatch(name, &[(text, Kind::String), (needle, Kind::String)])),
    }
}

/// The first position of a string in another, or -1.
#[unsafe(export_name = "b.indexof")]
pub extern "C" fn indexof(text: Value, needle: Value) -> Value {
    match positions("indexof", text, needle) {
        Ok(mut positions) => number::integer(positions.next().unwrap_or(-1)),
        Err(error) => error,
    }
}

/// All positions of a string in another.
#[unsafe(export_name = "b.indexof_n")]
pub extern "C" fn indexof_n(text: Value, needle: Value) -> Value {
    let mut positions = match positions("indexof_n", text, needle) {
        Ok(positions) => positions,
        Err(error) => return error,
    };
    if positions.ascii && positions.needle.len() > NEEDLE_MAX {
        positions.long = Overlapping::new(positions.needle);
        if positions.long.is_none() {
            return Value::ERROR;
        }
    }
    let result = Array::new();
    for position in positions {
        result.push(number::integer(position));
    }
    result.value()
}

/// The part of a text from a code point on, a number of code points long.
fn part(text: &[u8], start: u64, length: u64) -> &[u8] {
    let end = start.saturating_add(length);
    if is_ascii(text) {
        let place = |at: u64| usize::try_from(at).map_or(text.len(), |at| at.min(text.len()));
        return text.get(place(start)..place(end)).unwrap_or_default();
    }
    let mut rest = text;
    for _ in 0..start {
        if rest.is_empty() {
            break;
        }
        rest = behind(rest);
    }
    let from = rest;
    for _ in start..end {
        if rest.is_empty() {
            break;
        }
        rest = behind(rest);
    }
    from.get(..from.len() - rest.len()).unwrap_or_default()
}

/// A part of a string; a negative length means all of the rest.
#[unsafe(export_name = "b.substring")]
pub extern "C" fn substring(text: Value, start: Value, length: Value) -> Value {
    const NAME: &str = "substring";
    let Some(bytes) = text.as_str() else {
        return type_error(NAME, 0, text, "string");
    };
    let (start, length) = match (integer(NAME, 1, start), integer(NAME, 2, length)) {
        (Ok(start), Ok(length)) => (start, length),
        (Err(error), _) | (_, Err(error)) => return error,
    };
    let Ok(start) = u64::try_from(start) else {
        return failure(NAME, "negative offset");
    };
    let part = part(bytes, start, length.try_into().unwrap_or(u64::MAX));
    // A part holds U+FFFD for bytes that are no UTF-8, the whole is left as it is.
    let whole = part.len() == bytes.len() && length >= 0;
    if whole || is_ascii(part) || Runes(part).all(|(rune, len)| rune != super::text::REPLACEMENT || len == 3) {
        return Value::string_static(part);
    }
    let mut out = Buffer::with_capacity(part.len() as u32);
    for (rune, _) in Runes(part) {
        let (bytes, len) = encode(rune);
        out.extend(bytes.get(..len).unwrap_or_default());
    }
    out.into_string()
}

/// How often a text stands in another, without overlaps; an empty one stands around each code point.
fn occurrences(text: &[u8], needle: &[u8]) -> i64 {
    if needle.is_empty() {
        return i64::from(super::text::count_runes(text)) + 1;
    }
    let mut count = 0;
    let mut rest = text;
    while let Some(at) = find(rest, needle) {
        rest = rest.get(at + needle.len()..).unwrap_or_default();
        count += 1;
    }
    count
}

/// How often a string stands in another.
#[unsafe(export_name = "b.strings.count")]
pub extern "C" fn count(text: Value, needle: Value) -> Value {
    match (text.as_str(), needle.as_str()) {
        (Some(text), Some(needle)) => number::integer(occurrences(text, needle)),
        _ => mismatch("strings.count", &[(text, Kind::String), (needle, Kind::String)]),
    }
}

/// The code points in reverse order.
#[unsafe(export_name = "b.strings.reverse")]
pub extern "C" fn reverse(text: Value) -> Value {
    let Some(bytes) = text.as_str() else {
        return type_error("strings.reverse", 0, text, "string");
    };
    let mut out = Buffer::with_capacity(bytes.len() as u32);
    let mut rest = bytes;
    while let Some((last, front)) = rest.split_last() {
        if *last < 0x80 {
            out.push(*last);
            rest = front;
            continue;
        }
        let (_, len) = super::text::last_rune(rest);
        let (front, last) = rest.split_at_checked(rest.len() - len).unwrap_or_default();
        out.extend(last);
        rest = front;
    }
    out.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finding() {
        let all = |text: &str, needle: &str| Positions::new(text.as_bytes(), needle.as_bytes()).collect::<Vec<i64>>();
        assert_eq!(all("abcabc", "c"), [2, 5]);
        assert_eq!(all("aaa", "aa"), [0, 1]);
        assert_eq!(all("日本日本", "本"), [1, 3]);
        assert_eq!(all("abc", "é"), [0i64; 0]);
    }

    #[test]
    fn parts_and_counts() {
        assert_eq!(part(b"hello", 1, 3), b"ell");
        assert_eq!(part(b"hello", 9, 3), b"");
        assert_eq!(part("aéb日".as_bytes(), 1, 2), "éb".as_bytes());
        assert_eq!(part("aéb日".as_bytes(), 2, u64::MAX), "b日".as_bytes());
        assert_eq!(occurrences(b"", b""), 1);
        assert_eq!(occurrences("éa".as_bytes(), b""), 3);
        assert_eq!(occurrences(b"aaaa", b"aa"), 2);
    }
}
