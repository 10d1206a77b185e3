//! The message of a conflict: every value that rules or a function gave and that differs from the first, with its place.
//!
//! The error is raised with the first two values. Generated code goes on with the rules behind, and each further value is added to the message; it stays as
//! it was where memory runs out. What else goes wrong meanwhile says nothing: the first error counts, and built-ins that fail are undefined.
//!
//! A function's table is a static array: the message, then file, row and column of each place, in the order of the source. A place is named by its number.

use crate::arena::Buffer;
use crate::builtins::term;
use crate::collections::Array;
use crate::mem::Global;
use crate::value::Value;
use crate::{compare, error, number};
use warrego_abi::{self as abi, error_kind};

/// How many values are listed.
const MOST: usize = 10;
/// How many characters are shown of a value.
const SHOWN: u32 = 80;

/// A value and its place.
#[derive(Clone, Copy)]
pub struct Produced {
    /// The value.
    pub value: Value,
    /// The number of its place in the function's table.
    pub site: u32,
}

/// A value as text, and its place.
#[derive(Clone, Copy)]
struct Line {
    site: u32,
    text: &'static [u8],
}

struct List {
    /// Whose list it is.
    table: Value,
    first: Value,
    lines: [Line; MOST],
    len: usize,
    more: bool,
    /// The message that was written last: as long as the error has it, the error is this list's.
    message: &'static [u8],
}

static LIST: Global<List> = Global::new(List {
    table: Value::UNDEFINED,
    first: Value::UNDEFINED,
    lines: [Line { site: 0, text: &[] }; MOST],
    len: 0,
    more: false,
    message: &[],
});

/// Whether a value is the first one; `ERROR` stands for the one that the list began with.
pub fn agrees(value: Value, first: Value) -> bool {
    let first = if first.word() == abi::ERROR { LIST.get().first } else { first };
    compare::equal(value, first)
}

/// Raises the conflict, or adds to it.
pub fn note(table: Value, other: Produced, first: Produced) -> Value {
    let list = LIST.get();
    if !error::raised() {
        list.begin(table, first);
        list.raise(other.site);
    } else if list.table.word() != table.word() || !error::says(list.message) {
        // Something else went wrong before.
        return Value::ERROR;
    }
    if !compare::equal(list.first, other.value) {
        list.add(other);
        list.write();
    }
    Value::ERROR
}

impl List {
    fn begin(&mut self, table: Value, first: Produced) {
        self.table = table;
        self.first = first.value;
        self.len = 0;
        self.more = false;
        self.add(first);
    }

    fn item(&self, index: u32) -> Value {
        Array::at(self.table.address()).get(index).unwrap_or(Value::UNDEFINED)
    }

    /// Raises the error without a list.
    fn raise(&mut self, site: u32) {
        let [file, row, col] = self.place(site);
        self.message = self.item(0).str_bytes();
        error::raise_bytes(error_kind::CONFLICT, error::CONFLICT_ERROR, self.message);
        let number = |value: Value| value.as_int().unwrap_or(0) as u32;
        if number(row) > 0 {
            error::locate(file, number(row), number(col));
        }
        error::set_strict(false);
    }

    fn place(&self, site: u32) -> [Value; 3] {
        [1, 2, 3].map(|part| self.item(site * 3 + part))
    }

    /// Values stand in the order of their places; those of one place, in the order in which they came.
    fn add(&mut self, produced: Produced) {
        if self.len == MOST {
            self.more = true;
            return;
        }
        let mut text = Buffer::new();
        term::write(produced.value, &mut text);
        let Some(text) = text.finish().and_then(shorten) else { return };
        let Some(line) = self.lines.get_mut(self.len) else { return };
        *line = Line { site: produced.site, text };
        for last in (1..=self.len).rev() {
            if let Some([.., before, line]) = self.lines.get_mut(..=last)
                && before.site > line.site
            {
                core::mem::swap(before, line);
            }
        }
        self.len += 1;
    }

    /// Writes the message anew.
    fn write(&mut self) {
        let mut out = Buffer::new();
        out.extend(self.item(0).str_bytes());
        out.push(b':');
        for line in self.lines.iter().take(self.len) {
            out.extend(b"\n  ");
            out.extend(line.text);
            out.extend(b" at ");
            self.write_place(line.site, &mut out);
        }
        if self.more {
            out.extend(b"\n  ...");
        }
        if let Some(message) = out.finish() {
            self.message = message;
            error::set_message(message);
        }
    }

    fn write_place(&self, site: u32, out: &mut Buffer) {
        let [file, row, col] = self.place(site);
        if row.as_int() == Some(0) {
            return out.extend(b"<unknown>");
        }
        if file.str_bytes().is_empty() {
            number::write_text(row, out);
            out.push(b':');
            number::write_text(col, out);
        } else {
            out.extend(file.str_bytes());
            out.push(b':');
            number::write_text(row, out);
        }
    }
}

/// A value's text with single spaces, and not too long. Other space than that is escaped in it.
fn shorten(text: &'static [u8]) -> Option<&'static [u8]> {
    let mut out = Buffer::new();
    let mut shown = 0;
    for &byte in text {
        if byte == b' ' && out.as_bytes().last() == Some(&b' ') {
            continue;
        }
        // The bytes of a character follow its first one.
        if byte & 0xc0 != 0x80 {
            if shown == SHOWN {
                out.extend(b"...");
                break;
            }
            shown += 1;
        }
        out.push(byte);
    }
    out.finish()
}
