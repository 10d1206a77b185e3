//! GraphQL's text to tokens, one at a time. Columns count characters, as the messages that OPA gives do; what cannot be read becomes a token of its own,
//! placed where reading stopped, and the parser says what it would have liked instead.

use super::ast::Pos;

/// Kinds of tokens, by the names that messages give them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Invalid,
    Eof,
    Bang,
    Dollar,
    Amp,
    ParenL,
    ParenR,
    Spread,
    Colon,
    Equals,
    At,
    BracketL,
    BracketR,
    BraceL,
    BraceR,
    Pipe,
    Name,
    Int,
    Float,
    String,
    BlockString,
    Comment,
}

impl Kind {
    /// As messages show it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Invalid => "<Invalid>",
            Self::Eof => "<EOF>",
            Self::Bang => "!",
            Self::Dollar => "$",
            Self::Amp => "&",
            Self::ParenL => "(",
            Self::ParenR => ")",
            Self::Spread => "...",
            Self::Colon => ":",
            Self::Equals => "=",
            Self::At => "@",
            Self::BracketL => "[",
            Self::BracketR => "]",
            Self::BraceL => "{",
            Self::BraceR => "}",
            Self::Pipe => "|",
            Self::Name => "Name",
            Self::Int => "Int",
            Self::Float => "Float",
            Self::String => "String",
            Self::BlockString => "BlockString",
            Self::Comment => "Comment",
        }
    }
}

/// A token.
#[derive(Debug, Clone)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its text; for strings, what they mean. Punctuation has none.
    pub value: String,
    /// Where it stands.
    pub pos: Pos,
}

/// A reader of tokens.
pub struct Lexer<'t> {
    text: &'t str,
    /// The text is the prelude and not the user's.
    prelude: bool,
    start: usize,
    start_chars: i64,
    end: usize,
    end_chars: i64,
    line: i64,
    line_start: i64,
}

impl<'t> Lexer<'t> {
    /// At the beginning.
    pub fn new(text: &'t str, prelude: bool) -> Self {
        Self {
            text,
            prelude,
            start: 0,
            start_chars: 0,
            end: 0,
            end_chars: 0,
            line: 1,
            line_start: 0,
        }
    }

    /// The next token. At the end there are only [`Kind::Eof`]s.
    pub fn read(&mut self) -> Token {
        self.skip_blanks();
        (self.start, self.start_chars) = (self.end, self.end_chars);
        let Some(byte) = self.peek() else {
            return self.token(Kind::Eof, String::new());
        };
        let punctuation = match byte {
            b'!' => Kind::Bang,
            b'$' => Kind::Dollar,
            b'&' => Kind::Amp,
            b'(' => Kind::ParenL,
            b')' => Kind::ParenR,
            b':' => Kind::Colon,
            b'=' => Kind::Equals,
            b'@' => Kind::At,
            b'[' => Kind::BracketL,
            b']' => Kind::BracketR,
            b'{' => Kind::BraceL,
            b'}' => Kind::BraceR,
            b'|' => Kind::Pipe,
            b'.' if self.rest().starts_with("...") => {
                self.skip(3);
                return self.token(Kind::Spread, String::new());
            }
            b'#' => return self.comment(),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                return self.slice(Kind::Name);
            }
            b'-' | b'0'..=b'9' => return self.number(),
            b'"' if self.rest().starts_with("\"\"\"") => return self.block_string(),
            b'"' => return self.string(),
            _ => return self.invalid(),
        };
        self.skip(1);
        self.token(punctuation, String::new())
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.end..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.end).copied()
    }

    /// Over characters of one byte.
    fn skip(&mut self, bytes: usize) {
        self.end += bytes;
        self.end_chars += bytes as i64;
    }

    /// Over one character.
    fn skip_char(&mut self) -> Option<char> {
        let char = self.rest().chars().next()?;
        self.end += char.len_utf8();
        self.end_chars += 1;
        Some(char)
    }

    /// Over bytes of this sort; how many.
    fn skip_while(&mut self, belongs: impl Fn(u8) -> bool) -> usize {
        let count = self.rest().bytes().take_while(|byte| belongs(*byte)).count();
        self.skip(count);
        count
    }

    fn accept(&mut self, bytes: &[u8]) -> bool {
        let fits = self.peek().is_some_and(|byte| bytes.contains(&byte));
        if fits {
            self.skip(1);
        }
        fits
    }

    fn new_line(&mut self) {
        self.line += 1;
        self.line_start = self.end_chars;
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\t' | b' ' | b',' => self.skip(1),
                b'\n' => {
                    self.skip(1);
                    self.new_line();
                }
                b'\r' => {
                    self.skip(1);
                    self.new_line();
                    self.accept(b"\n");
                }
                0xef if self.rest().starts_with('\u{feff}') => {
                    self.skip_char();
                }
                _ => return,
            }
        }
    }

    fn token(&self, kind: Kind, value: String) -> Token {
        self.token_at(kind, value, self.start_chars)
    }

    fn token_at(&self, kind: Kind, value: String, chars: i64) -> Token {
        Token {
            kind,
            value,
            pos: Pos {
                line: self.line,
                column: chars - self.line_start + 1,
                prelude: self.prelude,
            },
        }
    }

    /// What was read since the start.
    fn slice(&self, kind: Kind) -> Token {
        self.token(kind, self.text.get(self.start..self.end).unwrap_or_default().to_owned())
    }

    fn invalid(&self) -> Token {
        self.token_at(Kind::Invalid, String::new(), self.end_chars)
    }

    fn comment(&mut self) -> Token {
        while self.rest().chars().next().is_some_and(|char| char > '\u{1f}' || char == '\t') {
            self.skip_char();
        }
        self.slice(Kind::Comment)
    }

    fn number(&mut self) -> Token {
        let digits = |byte: u8| byte.is_ascii_digit();
        self.accept(b"-");
        if self.accept(b"0") {
            if self.peek().is_some_and(digits) {
                return self.invalid();
            }
        } else if self.skip_while(digits) == 0 {
            return self.invalid();
        }
        let mut kind = Kind::Int;
        if self.accept(b".") {
            kind = Kind::Float;
            if self.skip_while(digits) == 0 {
                return self.invalid();
            }
        }
        if self.accept(b"eE") {
            kind = Kind::Float;
            self.accept(b"-+");
            if self.skip_while(digits) == 0 {
                return self.invalid();
            }
        }
        self.slice(kind)
    }

    /// A string is placed behind its opening quote.
    fn string(&mut self) -> Token {
        self.skip(1);
        (self.start, self.start_chars) = (self.end, self.end_chars);
        let mut value = String::new();
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    let token = self.token(Kind::String, value);
                    self.skip(1);
                    return token;
                }
                b'\t' | b' '.. if byte != b'\\' => value.extend(self.skip_char()),
                b'\\' => match self.escape() {
                    Some(char) => value.push(char),
                    None => {
                        self.skip(1);
                        return self.invalid();
                    }
                },
                _ => break,
            }
        }
        self.invalid()
    }

    /// At a backslash: the character that is meant. `None`, with nothing read, where none is.
    fn escape(&mut self) -> Option<char> {
        let rest = self.rest().as_bytes();
        let char = match *rest.get(1)? {
            b'u' => {
                // Something has to follow the digits.
                if rest.len() <= 6 {
                    return None;
                }
                let digits = rest.get(2..6)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                let code = u32::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()?;
                self.skip(6);
                // Halves of surrogate pairs are not put together.
                return Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            same @ (b'"' | b'/' | b'\\') => same.into(),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            _ => return None,
        };
        self.skip(2);
        Some(char)
    }

    /// A block string is placed behind its opening quotes, in the line in which it ends.
    fn block_string(&mut self) -> Token {
        self.skip(3);
        (self.start, self.start_chars) = (self.end, self.end_chars);
        let mut raw = String::new();
        while let Some(byte) = self.peek() {
            let quotes = self.rest().bytes().take_while(|byte| *byte == b'"').count();
            if quotes >= 3 {
                // Of more than three the last three are the end.
                raw.extend(core::iter::repeat_n('"', quotes - 3));
                let token = self.token(Kind::BlockString, dedented(&raw));
                self.skip(quotes);
                return token;
            }
            match byte {
                b'\\' if self.rest().starts_with("\\\"\"\"") => {
                    raw.push_str("\"\"\"");
                    self.skip(4);
                }
                b'\r' => {
                    self.skip(1);
                    self.accept(b"\n");
                    raw.push('\n');
                    self.new_line();
                }
                b'\n' => {
                    raw.extend(self.skip_char());
                    self.new_line();
                }
                b'\t' | b' '.. => raw.extend(self.skip_char()),
                _ => return self.invalid(),
            }
        }
        self.invalid()
    }
}

/// A block string without the indentation that its lines share and without blank lines around it.
fn dedented(raw: &str) -> String {
    let mut lines: Vec<&str> = raw.split('\n').collect();
    let indent = |line: &str| line.find(|char| char != ' ' && char != '\t');
    if let Some(common) = lines.iter().filter_map(|line| indent(line)).min() {
        for line in lines.iter_mut().skip(1) {
            *line = line.get(common..).unwrap_or_default();
        }
    }
    let filled = |line: &&str| indent(line).is_some();
    let Some(first) = lines.iter().position(filled) else {
        return String::new();
    };
    let last = lines.iter().rposition(filled).unwrap_or(first);
    lines.get(first..=last).unwrap_or_default().join("\n")
}
