//! `trim`, `trim_left`, `trim_right`, `trim_prefix`, `trim_suffix`, `trim_space`: a string without what is at its ends. The result points into the
//! operand.

use super::args::{mismatch, type_error};
use super::text::{Runes, last_rune, rune};
use crate::arena;
use crate::mem;
use crate::value::{Kind, Value};

/// A part of an operand as a value; the operand itself if it is all of it.
fn part(of: Value, text: &'static [u8]) -> Value {
    if text.len() == of.byte_len() as usize {
        of
    } else {
        Value::string_static(text)
    }
}

fn both(name: &str, a: Value, b: Value, trim: fn(&'static [u8], &[u8]) -> &'static [u8]) -> Value {
    match (a.as_str(), b.as_str()) {
        (Some(text), Some(cut)) => part(a, trim(text, cut)),
        _ => mismatch(name, &[(a, Kind::String), (b, Kind::String)]),
    }
}

/// Without the code points at the beginning that `cut` says.
fn left(text: &[u8], cut: impl Fn(u32) -> bool) -> &[u8] {
    let mut rest = text;
    loop {
        let (first, len) = rune(rest);
        if len == 0 || !cut(first) {
            return rest;
        }
        rest = rest.get(len..).unwrap_or_default();
    }
}

/// Without the code points at the end that `cut` says.
fn right(text: &[u8], cut: impl Fn(u32) -> bool) -> &[u8] {
    let mut rest = text;
    loop {
        let (last, len) = last_rune(rest);
        if len == 0 || !cut(last) {
            return rest;
        }
        rest = rest.get(..rest.len() - len).unwrap_or_default();
    }
}

/// Sets of more bytes are looked up in a table of all code points.
const SET_MAX: usize = 64;
/// Bytes of such a table, a bit for each code point.
const TABLE: u32 = 0x11_0000 / 8;

/// Code points that are cut.
#[derive(Clone, Copy)]
struct Cut<'a> {
    set: &'a [u8],
    /// The address of the table; 0 without one.
    table: u32,
}

impl<'a> Cut<'a> {
    fn new(set: &'a [u8]) -> Cut<'a> {
        let mut table = 0;
        if set.len() > SET_MAX {
            table = arena::alloc(TABLE);
        }
        if table != 0 {
            let bits = mem::bytes_mut(table, TABLE);
            bits.fill(0);
            for (rune, _) in Runes(set) {
                if let Some(byte) = bits.get_mut(rune as usize / 8) {
                    *byte |= 1 << (rune % 8);
                }
            }
        }
        Cut { set, table }
    }

    fn has(self, rune: u32) -> bool {
        if self.table != 0 {
            return mem::load8(self.table + rune / 8) >> (rune % 8) & 1 == 1;
        }
        // One that is too long to be asked without its table belongs to a decision that ran out of memory.
        self.set.len() <= SET_MAX && Runes(self.set).any(|(member, _)| member == rune)
    }
}

fn is_in(set: &[u8]) -> impl Fn(u32) -> bool + Copy {
    let cut = Cut::new(set);
    move |rune| cut.has(rune)
}

/// Go's `unicode.IsSpace`.
fn is_space(rune: u32) -> bool {
    matches!(rune, 0x09..=0x0d | 0x20 | 0x85 | 0xa0 | 0x1680 | 0x2000..=0x200a | 0x2028 | 0x2029 | 0x202f | 0x205f | 0x3000)
}

/// Without the code points of a set at both ends.
#[unsafe(export_name = "b.trim")]
pub extern "C" fn trim(a: Value, b: Value) -> Value {
    both("trim", a, b, |text, set| {
        let cut = is_in(set);
        right(left(text, cut), cut)
    })
}

/// Without the code points of a set at the beginning.
#[unsafe(export_name = "b.trim_left")]
pub extern "C" fn trim_left(a: Value, b: Value) -> Value {
    both("trim_left", a, b, |text, set| left(text, is_in(set)))
}

/// Without the code points of a set at the end.
#[unsafe(export_name = "b.trim_right")]
pub extern "C" fn trim_right(a: Value, b: Value) -> Value {
    both("trim_right", a, b, |text, set| right(text, is_in(set)))
}

/// Without a prefix, if it is there.
#[unsafe(export_name = "b.trim_prefix")]
pub extern "C" fn trim_prefix(a: Value, b: Value) -> Value {
    both("trim_prefix", a, b, |text, prefix| text.strip_prefix(prefix).unwrap_or(text))
}

/// Without a suffix, if it is there.
#[unsafe(export_name = "b.trim_suffix")]
pub extern "C" fn trim_suffix(a: Value, b: Value) -> Value {
    both("trim_suffix", a, b, |text, suffix| text.strip_suffix(suffix).unwrap_or(text))
}

/// Without white space at both ends.
#[unsafe(export_name = "b.trim_space")]
pub extern "C" fn trim_space(a: Value) -> Value {
    match a.as_str() {
        Some(text) => part(a, right(left(text, is_space), is_space)),
        None => type_error("trim_space", 0, a, "string"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends() {
        assert_eq!(left("éabé".as_bytes(), is_in("éa".as_bytes())), "bé".as_bytes());
        assert_eq!(right("xéé".as_bytes(), is_in("é".as_bytes())), b"x");
        assert_eq!(right("a \u{3000}\u{a0}".as_bytes(), is_space), b"a");
        assert_eq!(right(b"", is_space), b"");
        // A byte that is no UTF-8 counts as U+FFFD.
        assert_eq!(left(b"\xffa", is_in("\u{fffd}".as_bytes())), b"a");
    }
}
