//! `sprintf`: Go's `fmt.Sprintf` to the letter, `%!d(string=a)` and all. Directives are read here; `argument` says what a value is to Go,
//! `verbs` sends it to its verb, `integers`, `floats` and `strings` write it.

mod argument;
mod floats;
mod integers;
mod strings;
mod verbs;

use super::args::type_error;
use super::text::{encode, rune};
use crate::arena::Buffer;
use crate::collections::Array;
use crate::value::Value;
use argument::Argument;
pub(crate) use integers::write_power_of_two;

/// Widths and precisions beyond this are taken for mistakes.
const NUMBER_MAX: i64 = 1_000_000;

/// What stands between `%` and the verb.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    /// `%+v` and `%#v`: the flags mean something else for this verb.
    plus_v: bool,
    sharp_v: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

impl Flags {
    fn for_value_verb(&mut self) {
        self.sharp_v = self.sharp;
        self.sharp = false;
        self.plus_v = self.plus;
        self.plus = false;
    }
}

struct Printer<'a> {
    format: &'a [u8],
    /// Where in the format we are.
    at: usize,
    arguments: Array,
    /// The next argument to use.
    next: u32,
    /// Whether an argument was named by its number.
    reordered: bool,
    /// Whether all numbers of the current directive name arguments.
    good_index: bool,
    flags: Flags,
    out: Buffer,
}

/// Text with the values put in.
#[unsafe(export_name = "b.sprintf")]
pub extern "C" fn sprintf(format: Value, values: Value) -> Value {
    let Some(text) = format.as_str() else {
        return type_error("sprintf", 0, format, "string");
    };
    let Some(arguments) = values.as_array() else {
        return type_error("sprintf", 1, values, "array");
    };
    let mut printer = Printer {
        format: text,
        at: 0,
        arguments,
        next: 0,
        reordered: false,
        good_index: true,
        flags: Flags::default(),
        out: Buffer::with_capacity(text.len() as u32 + 64),
    };
    printer.run();
    printer.out.into_string()
}

impl Printer<'_> {
    fn run(&mut self) {
        while let Some(rest) = self.format.get(self.at..).filter(|rest| !rest.is_empty()) {
            let plain = rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
            self.out.extend(rest.get(..plain).unwrap_or_default());
            self.at += plain + 1;
            if plain < rest.len() && !self.directive() {
                break;
            }
        }
        if !self.reordered && self.next < self.arguments.len() {
            self.extra();
        }
    }

    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    /// The next argument, which is then used up.
    fn take(&mut self) -> Option<Value> {
        let value = self.arguments.get(self.next)?;
        self.next += 1;
        Some(value)
    }

    /// One directive, from behind its `%`; `false` at the end of the format.
    fn directive(&mut self) -> bool {
        self.good_index = true;
        self.flags = Flags::default();
        loop {
            match self.peek() {
                Some(b'#') => self.flags.sharp = true,
                Some(b'0') => self.flags.zero = true,
                Some(b'+') => self.flags.plus = true,
                Some(b'-') => self.flags.minus = true,
                Some(b' ') => self.flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
        let mut indexed = self.index();
        self.width(&mut indexed);
        if self.peek() == Some(b'.') && self.at + 1 < self.format.len() {
            self.at += 1;
            self.precision(&mut indexed);
        }
        if !indexed {
            self.index();
        }
        let (verb, len) = rune(self.format.get(self.at..).unwrap_or_default());
        if len == 0 {
            self.out.extend(b"%!(NOVERB)");
            return false;
        }
        self.at += len;
        self.verb(verb);
        true
    }

    fn verb(&mut self, verb: u32) {
        let ascii = u8::try_from(verb).unwrap_or(0);
        if ascii == b'%' {
            return self.out.push(b'%');
        }
        if !self.good_index {
            return self.complain(verb, b"(BADINDEX)");
        }
        let Some(value) = self.take() else {
            return self.complain(verb, b"(MISSING)");
        };
        if matches!(ascii, b'v' | b'w') {
            self.flags.for_value_verb();
        }
        verbs::print(self, &Argument::of(value), verb);
    }

    fn complain(&mut self, verb: u32, what: &[u8]) {
        self.out.extend(b"%!");
        self.push_rune(verb);
        self.out.extend(what);
    }

    fn push_rune(&mut self, rune: u32) {
        let (bytes, len) = encode(rune);
        self.out.extend(bytes.get(..len).unwrap_or_default());
    }

    /// `[n]`: names the next argument by its number. Whether one was named.
    fn index(&mut self) -> bool {
        let rest = self.format.get(self.at..).unwrap_or_default();
        if rest.first() != Some(&b'[') {
            return false;
        }
        self.reordered = true;
        let close = if rest.len() < 3 {
            None
        } else {
            rest.iter().position(|byte| *byte == b']')
        };
        let Some(close) = close else {
            self.at += 1;
            self.good_index = false;
            return false;
        };
        let (number, len) = parse_number(rest.get(1..close).unwrap_or_default());
        self.at += close + 1;
        let Some(number) = number.filter(|_| len + 1 == close) else {
            self.good_index = false;
            return false;
        };
        match u32::try_from(number - 1) {
            Ok(index) if index < self.arguments.len() => self.next = index,
            _ => self.good_index = false,
        }
        true
    }

    fn width(&mut self, indexed: &mut bool) {
        if self.peek() == Some(b'*') {
            self.at += 1;
            match self.number_argument() {
                Some(width) => {
                    if width < 0 {
                        self.flags.minus = true;
                        self.flags.zero = false;
                    }
                    self.flags.width = Some(width.unsigned_abs() as usize);
                }
                None => self.out.extend(b"%!(BADWIDTH)"),
            }
            *indexed = false;
        } else {
            self.flags.width = self.number();
            if *indexed && self.flags.width.is_some() {
                self.good_index = false;
            }
        }
    }

    fn precision(&mut self, indexed: &mut bool) {
        if *indexed {
            self.good_index = false;
        }
        *indexed = self.index();
        if self.peek() == Some(b'*') {
            self.at += 1;
            let precision = self.number_argument().filter(|precision| *precision >= 0);
            self.flags.precision = precision.map(|precision| precision as usize);
            if precision.is_none() {
                self.out.extend(b"%!(BADPREC)");
            }
            *indexed = false;
        } else {
            self.flags.precision = Some(self.number().unwrap_or(0));
        }
    }

    /// A number in the format; an absurd one swallows the rest of it.
    fn number(&mut self) -> Option<usize> {
        let rest = self.format.get(self.at..).unwrap_or_default();
        let (number, len) = parse_number(rest);
        self.at += len;
        number.map(|number| number as usize)
    }

    /// The next argument as a width or precision.
    fn number_argument(&mut self) -> Option<i64> {
        match Argument::of(self.take()?) {
            Argument::Int(number) if (-NUMBER_MAX..=NUMBER_MAX).contains(&number) => Some(number),
            _ => None,
        }
    }

    /// Lists the arguments that no directive asked for.
    fn extra(&mut self) {
        self.flags = Flags::default();
        self.out.extend(b"%!(EXTRA ");
        let mut first = true;
        while let Some(value) = self.take() {
            if !first {
                self.out.extend(b", ");
            }
            first = false;
            let argument = Argument::of(value);
            self.out.extend(argument.type_name());
            self.out.push(b'=');
            verbs::print(self, &argument, u32::from(b'v'));
        }
        self.out.push(b')');
    }

    /// Appends text with the width's padding before or behind it.
    fn pad(&mut self, text: &[u8]) {
        let width = self.flags.width.unwrap_or(0);
        let missing = width.saturating_sub(if width == 0 { 0 } else { super::text::count_runes(text) as usize });
        if !self.flags.minus {
            self.padding(missing);
        }
        self.out.extend(text);
        if self.flags.minus {
            self.padding(missing);
        }
    }

    /// Like [`Printer::pad`], with spaces even if the flags ask for zeros.
    fn pad_with_spaces(&mut self, text: &[u8]) {
        let zero = core::mem::take(&mut self.flags.zero);
        self.pad(text);
        self.flags.zero = zero;
    }

    fn padding(&mut self, count: usize) {
        let byte = if self.flags.zero && !self.flags.minus { b'0' } else { b' ' };
        for _ in 0..count {
            self.out.push(byte);
        }
    }
}

/// The number a text begins with and how many bytes were read: all of them when it is absurd.
fn parse_number(text: &[u8]) -> (Option<i64>, usize) {
    let mut number = None;
    for (at, byte) in text.iter().enumerate() {
        if !byte.is_ascii_digit() {
            return (number, at);
        }
        let value = number.unwrap_or(0);
        if value > NUMBER_MAX {
            return (None, text.len());
        }
        number = Some(value * 10 + i64::from(byte - b'0'));
    }
    (number, text.len())
}
