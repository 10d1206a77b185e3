//! Scalars: plain, in quotes, and in blocks behind `|` and `>`. Line breaks in all but the last fold: one is a space, more are one less.

use crate::scan::{Scanner, Step};
use crate::source::{Mark, is_blank, is_blank_or_end, is_break, is_break_or_end};

/// White space that was read and is not yet part of the text: blanks, or line breaks.
#[derive(Default)]
struct Pending {
    blanks: String,
    first_break: String,
    more_breaks: String,
    broken: bool,
}

impl Pending {
    fn is_empty(&self) -> bool {
        !self.broken && self.blanks.is_empty()
    }

    /// Appends what the white space stands for.
    fn fold(&mut self, out: &mut String) {
        if self.broken {
            if !self.first_break.starts_with('\n') {
                out.push_str(&self.first_break);
                out.push_str(&self.more_breaks);
            } else if self.more_breaks.is_empty() {
                out.push(' ');
            } else {
                out.push_str(&self.more_breaks);
            }
        } else {
            out.push_str(&self.blanks);
        }
        *self = Pending::default();
    }
}

impl Scanner {
    /// Reads a blank or a line break.
    fn read_space(&mut self, pending: &mut Pending) {
        if is_blank(self.source.next()) {
            if pending.broken {
                self.source.skip(1);
            } else {
                self.source.read(&mut pending.blanks);
            }
        } else if pending.broken {
            self.source.read_line(&mut pending.more_breaks);
        } else {
            pending.blanks.clear();
            self.source.read_line(&mut pending.first_break);
            pending.broken = true;
        }
    }

    /// Reads a scalar without quotes.
    pub(super) fn scan_plain(&mut self) -> Step<String> {
        let start = self.source.mark;
        let indent = self.indent() + 1;
        let mut text = String::new();
        let mut pending = Pending::default();
        loop {
            if self.source.at_indicator('-') || self.source.at_indicator('.') || self.source.next() == '#' {
                break;
            }
            while !is_blank_or_end(self.source.next()) {
                let c = self.source.next();
                let ends =
                    c == ':' && is_blank_or_end(self.source.peek(1)) || self.in_flow() && matches!(c, ',' | '?' | '[' | ']' | '{' | '}');
                if ends {
                    break;
                }
                if !pending.is_empty() {
                    pending.fold(&mut text);
                }
                self.source.read(&mut text);
            }
            if !is_blank(self.source.next()) && !is_break(self.source.next()) {
                break;
            }
            while is_blank(self.source.next()) || is_break(self.source.next()) {
                let column = self.source.mark.column as isize;
                if pending.broken && column < indent && self.source.next() == '\t' {
                    return self.fault(start, "found a tab character that violates indentation");
                }
                self.read_space(&mut pending);
            }
            if !self.in_flow() && (self.source.mark.column as isize) < indent {
                break;
            }
        }
        if pending.broken {
            self.allow_key();
        }
        Ok(text)
    }

    /// Reads a scalar in quotes.
    pub(super) fn scan_quoted(&mut self, single: bool) -> Step<String> {
        let start = self.source.mark;
        let quote = if single { '\'' } else { '"' };
        self.source.skip(1);
        let mut text = String::new();
        loop {
            if self.source.at_indicator('-') || self.source.at_indicator('.') {
                return self.fault(start, "found unexpected document indicator");
            }
            if self.source.next() == '\0' {
                return self.fault(start, "found unexpected end of stream");
            }
            let mut pending = Pending::default();
            while !is_blank_or_end(self.source.next()) {
                let (c, behind) = (self.source.next(), self.source.peek(1));
                if single && c == '\'' && behind == '\'' {
                    text.push('\'');
                    self.source.skip(2);
                } else if c == quote {
                    self.source.skip(1);
                    return Ok(text);
                } else if !single && c == '\\' && is_break(behind) {
                    // The line goes on as if it had not been broken.
                    self.source.skip(1);
                    self.source.skip_line();
                    pending.broken = true;
                    break;
                } else if !single && c == '\\' {
                    self.scan_quoted_escape(start, &mut text)?;
                } else {
                    self.source.read(&mut text);
                }
            }
            if self.source.next() == quote {
                self.source.skip(1);
                return Ok(text);
            }
            while is_blank(self.source.next()) || is_break(self.source.next()) {
                self.read_space(&mut pending);
            }
            pending.fold(&mut text);
        }
    }

    fn scan_quoted_escape(&mut self, start: Mark, text: &mut String) -> Step {
        let digits = match self.source.peek(1) {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            letter => {
                text.push(match letter {
                    '0' => '\0',
                    'a' => '\u{7}',
                    'b' => '\u{8}',
                    't' | '\t' => '\t',
                    'n' => '\n',
                    'v' => '\u{b}',
                    'f' => '\u{c}',
                    'r' => '\r',
                    'e' => '\u{1b}',
                    ' ' | '"' | '\'' | '\\' => letter,
                    'N' => '\u{85}',
                    '_' => '\u{a0}',
                    'L' => '\u{2028}',
                    'P' => '\u{2029}',
                    _ => return self.fault(start, "found unknown escape character"),
                });
                self.source.skip(2);
                return Ok(());
            }
        };
        self.source.skip(2);
        let mut value = 0u32;
        for ahead in 0..digits {
            let Some(digit) = self.source.peek(ahead).to_digit(16) else {
                return self.fault(start, "did not find expected hexdecimal number");
            };
            value = value.saturating_mul(16).saturating_add(digit);
        }
        let Some(c) = char::from_u32(value) else {
            return self.fault(start, "found invalid Unicode character escape code");
        };
        text.push(c);
        self.source.skip(digits);
        Ok(())
    }

    /// Reads a block scalar.
    pub(super) fn scan_block(&mut self, literal: bool) -> Step<String> {
        let start = self.source.mark;
        self.source.skip(1);
        let (keep, increment) = self.scan_block_header(start)?;
        let mut indent = match increment {
            0 => 0,
            increment => self.indent().max(0) as usize + increment,
        };
        let (mut text, mut line_break, mut breaks) = (String::new(), String::new(), String::new());
        self.scan_breaks(&mut indent, &mut breaks, start)?;
        let mut was_blank = false;
        while self.source.mark.column == indent && self.source.next() != '\0' {
            let blank = is_blank(self.source.next());
            if !literal && !was_blank && !blank && line_break.starts_with('\n') {
                if breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&line_break);
            }
            line_break.clear();
            text.push_str(&breaks);
            breaks.clear();
            was_blank = blank;
            while !is_break_or_end(self.source.next()) {
                self.source.read(&mut text);
            }
            self.source.read_line(&mut line_break);
            self.scan_breaks(&mut indent, &mut breaks, start)?;
        }
        if keep != Some(false) {
            text.push_str(&line_break);
        }
        if keep == Some(true) {
            text.push_str(&breaks);
        }
        Ok(text)
    }

    /// Whether line breaks at the end are kept (`+`) or dropped (`-`), and the indentation, 0 if it is not said.
    fn scan_block_header(&mut self, start: Mark) -> Step<(Option<bool>, usize)> {
        let (mut keep, mut increment) = (None, 0);
        for _ in 0..2 {
            match self.source.next() {
                c @ ('+' | '-') if keep.is_none() => keep = Some(c == '+'),
                '0' if increment == 0 => return self.fault(start, "found an indentation indicator equal to 0"),
                c @ '1'..='9' if increment == 0 => increment = c as usize - '0' as usize,
                _ => break,
            }
            self.source.skip(1);
        }
        while is_blank(self.source.next()) {
            self.source.skip(1);
        }
        if self.source.next() == '#' {
            while !is_break_or_end(self.source.next()) {
                self.source.skip(1);
            }
        }
        if !is_break_or_end(self.source.next()) {
            return self.fault(start, "did not find expected comment or line break");
        }
        self.source.skip_line();
        Ok((keep, increment))
    }

    /// Passes indentation and empty lines; finds the indentation out if it is 0.
    fn scan_breaks(&mut self, indent: &mut usize, breaks: &mut String, start: Mark) -> Step {
        let mut deepest = 0;
        loop {
            let inside = |scanner: &Scanner| *indent == 0 || scanner.source.mark.column < *indent;
            while inside(self) && self.source.next() == ' ' {
                self.source.skip(1);
            }
            deepest = deepest.max(self.source.mark.column);
            if inside(self) && self.source.next() == '\t' {
                return self.fault(start, "found a tab character where an indentation space is expected");
            }
            if !is_break(self.source.next()) {
                break;
            }
            self.source.read_line(breaks);
        }
        if *indent == 0 {
            *indent = deepest.max((self.indent() + 1).max(1) as usize);
        }
        Ok(())
    }
}
