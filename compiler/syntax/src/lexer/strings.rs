//! Strings, raw strings and template strings: where they end. What their escapes mean is for the parser.

use super::Lexer;
use crate::token::Kind;

impl Lexer<'_> {
    /// Behind the opening quote.
    pub(super) fn string(&mut self) -> Kind {
        loop {
            match self.peek() {
                None | Some(b'\n') => {
                    self.faults.push("non-terminated string");
                    break;
                }
                Some(b'"') => {
                    self.advance();
                    break;
                }
                Some(b'\\') => {
                    self.advance();
                    self.escape(false);
                }
                Some(_) => self.advance(),
            }
        }
        Kind::String
    }

    /// Behind a backslash.
    pub(super) fn escape(&mut self, brace_allowed: bool) {
        match self.peek() {
            Some(b'\\' | b'"' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.advance(),
            Some(b'{') if brace_allowed => self.advance(),
            Some(b'u') => (0..4).for_each(|_| self.advance()),
            _ => self.faults.push("illegal escape sequence"),
        }
    }

    /// Behind the opening back quote.
    pub(super) fn raw_string(&mut self) -> Kind {
        loop {
            match self.peek() {
                None => {
                    self.faults.push("non-terminated string");
                    break;
                }
                Some(b'`') => {
                    self.advance();
                    break;
                }
                Some(_) => self.advance(),
            }
        }
        Kind::String
    }

    /// Behind a `$`.
    pub(super) fn template(&mut self) -> Kind {
        let raw = match self.peek() {
            Some(b'"') => false,
            Some(b'`') => true,
            _ => {
                self.faults.push("illegal $ character");
                return Kind::Illegal;
            }
        };
        self.advance();
        self.template_text(raw)
    }

    /// Text of a template string, up to its end or the next `{`.
    pub(super) fn template_text(&mut self, raw: bool) -> Kind {
        let (quote, part, end) = if raw {
            (b'`', Kind::RawTemplatePart, Kind::RawTemplateEnd)
        } else {
            (b'"', Kind::TemplatePart, Kind::TemplateEnd)
        };
        loop {
            match self.peek() {
                None => {
                    self.faults.push("non-terminated string");
                    return part;
                }
                Some(b'\n') if !raw => {
                    self.faults.push("non-terminated string");
                    return part;
                }
                Some(byte) if byte == quote => {
                    self.advance();
                    return end;
                }
                Some(b'{') => {
                    self.advance();
                    self.templates.push((raw, 0));
                    return part;
                }
                Some(b'\\') => {
                    self.advance();
                    if !raw {
                        self.escape(true);
                    } else if self.peek() == Some(b'{') {
                        self.advance();
                    }
                }
                Some(_) => self.advance(),
            }
        }
    }
}
