//! Data as YAML: blocks, indented by two; scalars plain where they mean the same without quotes.

use core::cmp::Ordering;

use warrego_yaml::{is_blank, is_blank_or_end, is_break, is_string};

use super::data::Data;
use super::values::Values;
use crate::builtins::double;

/// The longest key that needs no question mark, in bytes.
const KEY_MAX: usize = 128;

/// How a scalar is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Element,
    Key,
    Value,
}

#[derive(Default)]
struct Writer {
    out: String,
    column: usize,
    /// What was written last was white space, or stands for it.
    space: bool,
    /// Nothing but indentation was written in this line.
    fresh: bool,
}

/// The text of data.
pub fn emit(data: &Data) -> String {
    let mut writer = Writer {
        space: true,
        fresh: true,
        ..Writer::default()
    };
    writer.value(data, -2, Place::Root);
    writer.indent(0);
    writer.out
}

impl Writer {
    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn put_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
        self.fresh = true;
    }

    /// Goes to a column, in a new line unless this one has room before it.
    fn indent(&mut self, column: usize) {
        if !self.fresh || self.column > column || self.column == column && !self.space {
            self.put_break('\n');
        }
        while self.column < column {
            self.put(' ');
        }
        self.space = true;
    }

    fn indicator(&mut self, text: &str, apart: bool, space: bool, fresh: bool) {
        if apart && !self.space {
            self.put(' ');
        }
        text.chars().for_each(|c| self.put(c));
        self.space = space;
        self.fresh &= fresh;
    }

    /// Writes a value that belongs to something indented by `outer`.
    fn value(&mut self, data: &Data, outer: isize, place: Place) {
        let inner = match place {
            Place::Root => 0,
            Place::Element => outer + 2,
            Place::Key | Place::Value => (outer + 2) / 2 * 2,
        };
        match data {
            Data::List(elements) if elements.is_empty() => self.indicator("[]", true, false, false),
            Data::Map(pairs) if pairs.is_empty() => self.indicator("{}", true, false, false),
            Data::List(elements) => {
                for element in elements {
                    self.indent(inner.max(0) as usize);
                    self.indicator("-", true, false, true);
                    self.value(element, inner, Place::Element);
                }
            }
            Data::Map(pairs) => {
                let mut pairs: Vec<(&String, &Data)> = pairs.iter().collect();
                pairs.sort_by(|(a, _), (b, _)| natural_order(a, b));
                for (key, value) in pairs {
                    self.pair(key, value, inner);
                }
            }
            scalar => self.scalar(scalar, outer, place),
        }
    }

    fn pair(&mut self, key: &str, value: &Data, indent: isize) {
        let column = indent.max(0) as usize;
        self.indent(column);
        let simple = key.len() <= KEY_MAX && !key.contains(is_break);
        if simple {
            self.scalar(&Data::String(key.to_owned()), indent, Place::Key);
            self.indicator(":", false, false, false);
        } else {
            self.indicator("?", true, false, true);
            self.scalar(&Data::String(key.to_owned()), indent, Place::Value);
            self.indent(column);
            self.indicator(":", true, false, true);
        }
        self.value(value, indent, Place::Value);
    }

    fn scalar(&mut self, data: &Data, outer: isize, place: Place) {
        let column = match place {
            Place::Root => 2,
            Place::Element => outer + 2,
            Place::Key | Place::Value => (outer + 2) / 2 * 2,
        };
        let column = column.max(0) as usize;
        match data {
            Data::Boolean(value) => self.plain(if *value { "true" } else { "false" }, column),
            Data::Integer(text) => self.plain(text, column),
            Data::Float(double) => {
                let mut text = Vec::new();
                double::write_general(*double, &mut text);
                let text = match text.as_slice() {
                    b"+Inf" => ".inf".into(),
                    b"-Inf" => "-.inf".into(),
                    b"NaN" => ".nan".into(),
                    text => String::from_utf8_lossy(text),
                };
                self.plain(&text, column);
            }
            Data::String(text) => match style(text, place == Place::Key) {
                Style::Plain => self.plain(text, column),
                Style::Single => self.single(text, column),
                Style::Double => self.double(text),
                Style::Literal => self.literal(text, column),
            },
            _ => self.plain("null", column),
        }
    }

    /// Writes a character of a scalar that may have lines.
    fn line(&mut self, c: char, broken: &mut bool, column: usize) {
        if is_break(c) {
            if !*broken && c == '\n' {
                self.put_break('\n');
            }
            self.put_break(c);
            *broken = true;
            return;
        }
        if *broken && c != ' ' {
            self.indent(column);
            *broken = false;
        }
        self.put(c);
        if c != ' ' {
            self.fresh = false;
        }
    }

    fn plain(&mut self, text: &str, column: usize) {
        if !text.is_empty() && !self.space {
            self.put(' ');
        }
        let mut broken = false;
        text.chars().for_each(|c| self.line(c, &mut broken, column));
        if !text.is_empty() {
            self.space = false;
        }
        self.fresh = false;
    }

    fn single(&mut self, text: &str, column: usize) {
        self.indicator("'", true, false, false);
        let mut broken = false;
        for c in text.chars() {
            if c == '\'' {
                self.line(c, &mut broken, column);
            }
            self.line(c, &mut broken, column);
        }
        self.indicator("'", false, false, false);
        self.fresh = false;
    }

    fn double(&mut self, text: &str) {
        self.indicator("\"", true, false, false);
        // The library looks for the mark where the text begins, not where it stands.
        let marked = text.starts_with('\u{feff}');
        for c in text.chars() {
            if is_printable(c) && !is_break(c) && c != '"' && c != '\\' && !marked {
                self.put(c);
                continue;
            }
            self.put('\\');
            let short = match c {
                '\0' => '0',
                '\u{7}' => 'a',
                '\u{8}' => 'b',
                '\t' => 't',
                '\n' => 'n',
                '\u{b}' => 'v',
                '\u{c}' => 'f',
                '\r' => 'r',
                '\u{1b}' => 'e',
                '"' | '\\' => c,
                '\u{85}' => 'N',
                '\u{a0}' => '_',
                '\u{2028}' => 'L',
                '\u{2029}' => 'P',
                _ => '\0',
            };
            if short != '\0' {
                self.put(short);
                continue;
            }
            let value = u32::from(c);
            let (letter, digits) = match value {
                0..=0xff => ('x', 2),
                0x100..=0xffff => ('u', 4),
                _ => ('U', 8),
            };
            self.put(letter);
            for place in (0..digits).rev() {
                let digit = char::from_digit(value >> (4 * place) & 0xf, 16).unwrap_or('0');
                self.put(digit.to_ascii_uppercase());
            }
        }
        self.indicator("\"", false, false, false);
        self.fresh = false;
    }

    fn literal(&mut self, text: &str, column: usize) {
        self.indicator("|", true, false, false);
        if text.starts_with([' ', '\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            self.indicator("2", false, false, false);
        }
        let mut ends = text.chars().rev();
        match (ends.next().is_some_and(is_break), ends.next()) {
            (false, _) => self.indicator("-", false, false, false),
            (true, None) => self.indicator("+", false, false, false),
            (true, Some(c)) if is_break(c) => self.indicator("+", false, false, false),
            _ => {}
        }
        self.put_break('\n');
        self.space = true;
        let mut broken = true;
        for c in text.chars() {
            if is_break(c) {
                self.put_break(c);
                broken = true;
                continue;
            }
            if broken {
                self.indent(column);
                broken = false;
            }
            self.put(c);
            self.fresh = false;
        }
    }
}

/// What double quotes need not escape.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// Whether older readers would take a text for something else: a number of base 60, or a boolean.
fn meant_something(text: &str) -> bool {
    const WORDS: [&str; 16] = [
        "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF",
    ];
    if WORDS.contains(&text) {
        return true;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let sixtieths = |part: &str| match part.as_bytes() {
        [b'0'..=b'9'] => true,
        [tens, ones] => (b'0'..=b'5').contains(tens) && ones.is_ascii_digit(),
        _ => false,
    };
    whole.contains(':') && first.starts_with(|c: char| c.is_ascii_digit()) && digits(first) && digits(fraction) && parts.all(sixtieths)
}

/// How a string is written.
fn style(text: &str, key: bool) -> Style {
    let form = Form::of(text);
    let plain_means_it = is_string::<Values>(text) && !meant_something(text);
    let mut style = match text.contains('\n') {
        true => Style::Literal,
        false if plain_means_it => Style::Plain,
        false => Style::Double,
    };
    if key && form.lines {
        style = Style::Double;
    }
    if style == Style::Plain && (!form.plain || text.is_empty() && key) {
        style = Style::Single;
    }
    if style == Style::Single && !form.single || style == Style::Literal && (!form.block || key) {
        style = Style::Double;
    }
    style
}

/// In which styles a text can be written.
struct Form {
    lines: bool,
    plain: bool,
    single: bool,
    block: bool,
}

impl Form {
    fn of(text: &str) -> Form {
        if text.is_empty() {
            return Form {
                lines: false,
                plain: true,
                single: true,
                block: false,
            };
        }
        let mut form = Form {
            lines: text.contains(is_break),
            plain: true,
            single: true,
            block: !text.ends_with(' '),
        };
        let edge = |c: char| c == ' ' || is_break(c);
        let indicators = text.starts_with("---") || text.starts_with("...") || has_indicators(text);
        form.plain &= !indicators && !form.lines && !text.starts_with(edge) && !text.ends_with(edge);
        let mut before = None;
        for c in text.chars() {
            let break_space = c == ' ' && before.is_some_and(is_break);
            let space_break = is_break(c) && before == Some(' ');
            let special = c != '\t' && !is_printable(c);
            if break_space || space_break || special || c == '\t' {
                form.plain = false;
                form.single = false;
            }
            form.block &= !space_break && !special;
            before = Some(c);
        }
        form
    }
}

/// Whether a character has a meaning where it stands, outside of brackets.
fn has_indicators(text: &str) -> bool {
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let word_ends = chars.peek().is_none_or(|next| is_blank(*next));
        let found = match (before, c) {
            (None, '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`') => true,
            (None, '?' | '-') | (_, ':') => word_ends,
            (Some(before), '#') => is_blank_or_end(before),
            _ => false,
        };
        if found {
            return true;
        }
        before = Some(c);
    }
    false
}

/// The order of keys: numbers in them count as numbers, letters come after everything else.
fn natural_order(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut digits = false;
    for (at, (x, y)) in a.iter().zip(&b).enumerate() {
        if x == y {
            digits = x.is_numeric();
            continue;
        }
        match (x.is_alphabetic(), y.is_alphabetic()) {
            (true, true) => return x.cmp(y),
            (false, false) => {}
            // Behind a digit, letters come first.
            (first, _) => return if first == digits { Ordering::Less } else { Ordering::Greater },
        }
        let mut start = 0i64;
        if *x == '0' || *y == '0' {
            // Zeros behind other digits belong to a number.
            let number = a.get(..at).unwrap_or_default().iter().rev().take_while(|c| c.is_numeric());
            start = i64::from(number.into_iter().any(|c| *c != '0'));
        }
        let value = |text: &[char]| {
            let run = text.get(at..).unwrap_or_default().iter().take_while(|c| c.is_numeric());
            run.fold((start, 0), |(value, length), c| {
                let digit = i64::from(u32::from(*c)) - i64::from(u32::from('0'));
                (value.wrapping_mul(10).wrapping_add(digit), length + 1)
            })
        };
        let (one, other) = (value(&a), value(&b));
        return one.cmp(&other).then(x.cmp(y));
    }
    a.len().cmp(&b.len())
}
