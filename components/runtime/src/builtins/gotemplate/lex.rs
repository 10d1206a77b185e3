//! A template's text to tokens: plain text, and what stands between `{{` and `}}`.

use crate::builtins::quote::quote_rune_sharp;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something is wrong; the text says what.
    Error,
    Bool,
    /// A character that means nothing by itself.
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Dot,
    /// `block`, `break` and the like.
    Keyword,
}

/// A token.
#[derive(Debug, Clone)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it begins, in bytes.
    pub pos: usize,
    /// Its text.
    pub text: String,
    /// The line it begins in, from 1.
    pub line: usize,
}

const KEYWORDS: [&str; 11] = [
    "block", "break", "continue", "define", "else", "end", "if", "range", "nil", "template", "with",
];

/// Reads tokens.
pub struct Lexer<'a> {
    input: &'a str,
    pos: usize,
    start: usize,
    line: usize,
    start_line: usize,
    inside: bool,
    parens: usize,
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphabetic() || c.is_numeric()
}

/// Whether a text begins with a minus and a space: the space before is cut off.
fn trims_left(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|rest| rest.starts_with(is_space))
}

/// Whether a text begins with a space, a minus and the closing braces.
fn trims_right(text: &str) -> bool {
    text.strip_prefix(is_space).is_some_and(|rest| rest.starts_with("-}}"))
}

impl<'a> Lexer<'a> {
    /// Reads a template.
    pub fn new(input: &'a str) -> Lexer<'a> {
        Lexer {
            input,
            pos: 0,
            start: 0,
            line: 1,
            start_line: 1,
            inside: false,
            parens: 0,
        }
    }

    fn rest(&self) -> &'a str {
        self.input.get(self.pos..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn token(&mut self, kind: Kind) -> Token {
        let token = Token {
            kind,
            pos: self.start,
            text: self.input.get(self.start..self.pos).unwrap_or_default().to_owned(),
            line: self.start_line,
        };
        self.start = self.pos;
        self.start_line = self.line;
        token
    }

    /// Passes over what was read, counting lines.
    fn ignore(&mut self, count_lines: bool) {
        if count_lines {
            self.line += self.input.get(self.start..self.pos).unwrap_or_default().matches('\n').count();
        }
        self.start = self.pos;
        self.start_line = self.line;
    }

    /// Ends with an error.
    fn error(&mut self, what: &[&str]) -> Token {
        let token = Token {
            kind: Kind::Error,
            pos: self.start,
            text: what.concat(),
            line: self.start_line,
        };
        self.input = "";
        self.pos = 0;
        self.start = 0;
        self.inside = false;
        token
    }

    fn bad_character(&mut self, what: &str, c: Option<char>) -> Token {
        let mut shown = Vec::new();
        match c {
            Some(c) => quote_rune_sharp(u32::from(c), &mut shown),
            None => shown.extend_from_slice(b"U+FFFFFFFFFFFFFFFF"),
        }
        let shown = String::from_utf8_lossy(&shown).into_owned();
        self.error(&[what, &shown])
    }

    /// The next token.
    pub fn next_token(&mut self) -> Token {
        if self.inside { self.inside_action() } else { self.text() }
    }

    fn text(&mut self) -> Token {
        loop {
            let Some(open) = self.rest().find("{{") else {
                self.pos = self.input.len();
                let kind = if self.pos > self.start { Kind::Text } else { Kind::Eof };
                self.line += self.input.get(self.start..).unwrap_or_default().matches('\n').count();
                return self.token(kind);
            };
            if open > 0 {
                let whole = self.rest().get(..open).unwrap_or_default();
                let behind = self.rest().get(open + 2..).unwrap_or_default();
                let kept = if trims_left(behind) {
                    whole.trim_end_matches(is_space)
                } else {
                    whole
                };
                self.pos += kept.len();
                self.line += kept.matches('\n').count();
                let token = self.token(Kind::Text);
                self.pos += whole.len() - kept.len();
                self.ignore(true);
                if !token.text.is_empty() {
                    return token;
                }
            }
            self.pos += 2;
            let marker = if trims_left(self.rest()) { 2 } else { 0 };
            if self.rest().get(marker..).is_some_and(|rest| rest.starts_with("/*")) {
                self.pos += marker;
                self.ignore(true);
                match self.comment() {
                    Some(error) => return error,
                    None => continue,
                }
            }
            let token = self.token(Kind::LeftDelim);
            self.inside = true;
            self.pos += marker;
            self.ignore(true);
            self.parens = 0;
            return token;
        }
    }

    fn comment(&mut self) -> Option<Token> {
        self.pos += 2;
        let Some(end) = self.rest().find("*/") else {
            return Some(self.error(&["unclosed comment"]));
        };
        self.pos += end + 2;
        let trims = trims_right(self.rest());
        if !trims && !self.rest().starts_with("}}") {
            return Some(self.error(&["comment ends before closing delimiter"]));
        }
        self.pos += if trims { 4 } else { 2 };
        if trims {
            self.pos += self.rest().len() - self.rest().trim_start_matches(is_space).len();
        }
        self.ignore(true);
        None
    }

    fn right_delim(&mut self) -> Token {
        let trims = trims_right(self.rest());
        if trims {
            self.pos += 2;
            self.ignore(true);
        }
        self.pos += 2;
        let token = self.token(Kind::RightDelim);
        if trims {
            self.pos += self.rest().len() - self.rest().trim_start_matches(is_space).len();
            self.ignore(true);
        }
        self.inside = false;
        token
    }

    fn inside_action(&mut self) -> Token {
        if trims_right(self.rest()) || self.rest().starts_with("}}") {
            if self.parens == 0 {
                return self.right_delim();
            }
            return self.error(&["unclosed left paren"]);
        }
        let Some(c) = self.next() else {
            return self.error(&["unclosed action"]);
        };
        let digit_follows = self.peek().is_some_and(|c| c.is_ascii_digit());
        match c {
            c if is_space(c) => {
                while self.peek().is_some_and(is_space) && !trims_right(self.rest()) {
                    self.next();
                }
                self.token(Kind::Space)
            }
            '=' => self.token(Kind::Assign),
            ':' if self.next() == Some('=') => self.token(Kind::Declare),
            ':' => self.error(&["expected :="]),
            '|' => self.token(Kind::Pipe),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant"),
            '`' => loop {
                match self.next() {
                    None => return self.error(&["unterminated raw quoted string"]),
                    Some('`') => return self.token(Kind::RawString),
                    Some(_) => {}
                }
            },
            '$' => self.name(Kind::Variable, Kind::Variable),
            '.' if !digit_follows => self.name(Kind::Field, Kind::Dot),
            '.' | '+' | '-' | '0'..='9' => {
                self.pos -= 1;
                self.number()
            }
            c if is_alphanumeric(c) => self.identifier(),
            '(' => {
                self.parens += 1;
                self.token(Kind::LeftParen)
            }
            ')' if self.parens == 0 => self.error(&["unexpected right paren"]),
            ')' => {
                self.parens -= 1;
                self.token(Kind::RightParen)
            }
            ' '..='~' => self.token(Kind::Char),
            c => self.bad_character("unrecognized character in action: ", Some(c)),
        }
    }

    fn quoted(&mut self, quote: char, kind: Kind, problem: &str) -> Token {
        loop {
            let mut c = self.next();
            let escaped = c == Some('\\');
            if escaped {
                c = self.next();
            }
            match c {
                None | Some('\n') => return self.error(&[problem]),
                Some(c) if c == quote && !escaped => return self.token(kind),
                Some(_) => {}
            }
        }
    }

    /// Whether a name ends here.
    fn at_terminator(&self) -> bool {
        match self.peek() {
            None => true,
            Some(c) => is_space(c) || matches!(c, '.' | ',' | '|' | ':' | ')' | '(') || self.rest().starts_with("}}"),
        }
    }

    /// A field or a variable, or what the sign is without a name.
    fn name(&mut self, named: Kind, bare: Kind) -> Token {
        if self.at_terminator() {
            return self.token(bare);
        }
        while self.peek().is_some_and(is_alphanumeric) {
            self.next();
        }
        if !self.at_terminator() {
            let c = self.peek();
            return self.bad_character("bad character ", c);
        }
        self.token(named)
    }

    fn identifier(&mut self) -> Token {
        while self.peek().is_some_and(is_alphanumeric) {
            self.next();
        }
        if !self.at_terminator() {
            let c = self.peek();
            return self.bad_character("bad character ", c);
        }
        let word = self.input.get(self.start..self.pos).unwrap_or_default();
        let kind = match word {
            "true" | "false" => Kind::Bool,
            word if KEYWORDS.contains(&word) => Kind::Keyword,
            _ => Kind::Identifier,
        };
        self.token(kind)
    }

    fn accept(&mut self, valid: &str) -> bool {
        let found = self.peek().is_some_and(|c| valid.contains(c));
        if found {
            self.next();
        }
        found
    }

    fn accept_run(&mut self, valid: &str) {
        while self.accept(valid) {}
    }

    fn number(&mut self) -> Token {
        let mut good = self.scan_number();
        let mut kind = Kind::Number;
        if good && self.peek().is_some_and(|c| matches!(c, '+' | '-')) {
            good = self.scan_number() && self.input.get(..self.pos).is_some_and(|text| text.ends_with('i'));
            kind = Kind::Complex;
        }
        if good {
            return self.token(kind);
        }
        let mut shown = Vec::new();
        crate::builtins::quote::quote(
            self.input.get(self.start..self.pos).unwrap_or_default().as_bytes(),
            false,
            &mut shown,
        );
        let shown = String::from_utf8_lossy(&shown).into_owned();
        self.error(&["bad number syntax: ", &shown])
    }

    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        let exponent = match digits.len() {
            11 => "eE",
            23 => "pP",
            _ => "",
        };
        if self.accept(exponent) {
            self.accept("+-");
            self.accept_run("0123456789_");
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            return false;
        }
        true
    }
}
