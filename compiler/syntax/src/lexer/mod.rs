//! Text to tokens, the whole file at once, so that the parser can look ahead and step back by index.
//!
//! Template strings need to know where their `{…}` end; the lexer counts braces for that. It knows no grammar. Faults inside a
//! token (an unfinished string, a stray character) are kept beside the tokens and reported by the parser when it gets there.

mod digits;
mod strings;

use self::digits::is_digit;
use super::ast::Comment;
use super::source::Span;
use super::token::{Kind, Token};

/// The tokens of a file. The last one is [`Kind::Eof`].
pub struct Tokens {
    /// In source order.
    pub tokens: Vec<Token>,
    /// Faults: index of the token and message, in source order.
    pub faults: Vec<(usize, &'static str)>,
    /// All comments.
    pub comments: Vec<Comment>,
}

const BOM: &[u8] = "\u{feff}".as_bytes();
const NO_BREAK_SPACE: char = '\u{a0}';

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    file: u32,
    at: usize,
    row: u32,
    col: u32,
    faults: Vec<&'static str>,
    /// For each template expression we are in: whether the string is raw, and how many braces are open inside.
    templates: Vec<(bool, u32)>,
    /// The `}` just read ended a template expression: text of a (raw) string follows.
    resumes: Option<bool>,
}

/// Splits a text into tokens.
pub fn tokenise(file: u32, text: &str) -> Tokens {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        file,
        at: 0,
        row: 1,
        col: 0,
        faults: Vec::new(),
        templates: Vec::new(),
        resumes: None,
    };
    lexer.arrive();
    if lexer.bytes.starts_with(BOM) {
        lexer.advance();
    }
    lexer.run()
}

impl Lexer<'_> {
    fn run(mut self) -> Tokens {
        let mut out = Tokens {
            tokens: Vec::with_capacity(self.bytes.len() / 4 + 1),
            faults: Vec::new(),
            comments: Vec::new(),
        };
        loop {
            let token = self.next(&mut out.comments);
            if token.faulty {
                let index = out.tokens.len();
                out.faults.extend(self.faults.drain(..).map(|fault| (index, fault)));
            }
            out.tokens.push(token);
            if token.kind == Kind::Eof {
                return out;
            }
        }
    }

    fn next(&mut self, comments: &mut Vec<Comment>) -> Token {
        let mut token = Token {
            kind: Kind::Illegal,
            blank_before: false,
            newline_before: false,
            comment_before: false,
            faulty: false,
            start: self.at as u32,
            end: 0,
            row: self.row,
            col: self.col,
        };
        if let Some(raw) = self.resumes.take() {
            token.kind = self.template_text(raw);
        } else {
            token.blank_before = matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r' | b'#'));
            let comment_first = self.peek() == Some(b'#');
            self.skip(&mut token, comments);
            if comment_first {
                token.blank_before = token.newline_before;
            }
            if self.faults.is_empty() || token.start == 0 {
                token.kind = self.token();
            }
        }
        token.end = self.at as u32;
        token.faulty = !self.faults.is_empty();
        token
    }

    /// The byte at hand; `None` at the end.
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Steps over the character at hand.
    fn advance(&mut self) {
        let Some(first) = self.peek() else { return };
        self.at += match first {
            ..0xc0 => 1,
            0xc0..0xe0 => 2,
            0xe0..0xf0 => 3,
            _ => 4,
        };
        self.arrive();
    }

    /// Counts the character at hand and looks whether it may stand in a policy at all.
    fn arrive(&mut self) {
        match self.peek() {
            None => {}
            Some(b'\n') => {
                self.row += 1;
                self.col = 0;
            }
            Some(byte) => {
                self.col += 1;
                if byte == 0 {
                    self.faults.push("illegal null character");
                } else if byte == BOM[0] && self.at > 0 && self.bytes[self.at..].starts_with(BOM) {
                    self.faults.push("illegal byte-order mark");
                }
            }
        }
    }

    /// Steps over blanks and comments, and notes where the token begins. A fault in them is a token of its own.
    fn skip(&mut self, token: &mut Token, comments: &mut Vec<Comment>) {
        loop {
            (token.start, token.row, token.col) = (self.at as u32, self.row, self.col);
            match self.peek() {
                Some(b'\n') => {
                    token.newline_before = true;
                    self.advance();
                }
                Some(b' ' | b'\t' | b'\r') => self.advance(),
                Some(b'#') => {
                    comments.push(self.comment());
                    token.comment_before = true;
                }
                _ => return,
            }
            if !self.faults.is_empty() {
                return;
            }
        }
    }

    fn comment(&mut self) -> Comment {
        let (start, row, col) = (self.at, self.row, self.col);
        while self.peek().is_some_and(|byte| byte != b'\n') {
            self.advance();
        }
        let text = self.text[start + 1..self.at].trim_end_matches('\r').to_owned();
        Comment {
            span: Span {
                file: self.file,
                start: start as u32,
                end: self.at as u32,
                row,
                col,
            },
            text,
        }
    }

    fn token(&mut self) -> Kind {
        let Some(byte) = self.peek() else { return Kind::Eof };
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => return self.word(),
            b'0'..=b'9' => return self.number(),
            _ => {}
        }
        let char = self.text[self.at..].chars().next().unwrap_or_default();
        self.advance();
        match char {
            '"' => self.string(),
            '`' => self.raw_string(),
            '$' => self.template(),
            '{' => {
                if let Some((_, open)) = self.templates.last_mut() {
                    *open += 1;
                }
                Kind::LBrace
            }
            '}' => {
                match self.templates.last_mut() {
                    Some((raw, 0)) => {
                        self.resumes = Some(*raw);
                        self.templates.pop();
                    }
                    Some((_, open)) => *open -= 1,
                    None => {}
                }
                Kind::RBrace
            }
            '[' => Kind::LBrack,
            ']' => Kind::RBrack,
            '(' => Kind::LParen,
            ')' => Kind::RParen,
            ',' => Kind::Comma,
            ';' => Kind::Semicolon,
            '.' => Kind::Dot,
            '+' => Kind::Add,
            '-' => Kind::Sub,
            '*' => Kind::Mul,
            '/' => Kind::Div,
            '%' => Kind::Rem,
            '&' => Kind::And,
            '|' => Kind::Or,
            ':' => self.or_equals(Kind::Colon, Kind::Assign),
            '=' => self.or_equals(Kind::Unify, Kind::Equal),
            '<' => self.or_equals(Kind::Lt, Kind::Lte),
            '>' => self.or_equals(Kind::Gt, Kind::Gte),
            '!' => {
                let kind = self.or_equals(Kind::Illegal, Kind::Neq);
                if kind == Kind::Illegal {
                    self.faults.push("illegal ! character");
                }
                kind
            }
            NO_BREAK_SPACE => {
                self.faults
                    .push("illegal non-breaking space character, use a regular space instead");
                Kind::Illegal
            }
            _ => Kind::Illegal,
        }
    }

    fn or_equals(&mut self, alone: Kind, with_equals: Kind) -> Kind {
        if self.peek() == Some(b'=') {
            self.advance();
            with_equals
        } else {
            alone
        }
    }

    fn word(&mut self) -> Kind {
        let start = self.at;
        self.skip_word();
        // A word that runs into a character outside ASCII is on its way to an error, and no keyword.
        if self.peek().is_some_and(|byte| !byte.is_ascii()) {
            return Kind::Ident;
        }
        Kind::of_word(&self.text[start..self.at])
    }

    /// Letters, `_` and digits of any script.
    fn skip_word(&mut self) {
        while let Some(byte) = self.peek() {
            let belongs = byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 && is_digit(&self.text[self.at..]);
            if !belongs {
                return;
            }
            self.advance();
        }
    }

    fn digits(&mut self) -> bool {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.advance();
        }
        self.at > start
    }

    fn number(&mut self) -> Kind {
        self.digits();
        if self.peek() == Some(b'.') {
            self.advance();
            if !self.digits() {
                self.faults.push("expected fraction");
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.advance();
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.advance();
            }
            if !self.digits() {
                self.faults.push("expected exponent");
            }
        }
        if self.peek().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_') {
            self.faults.push("illegal number format");
            self.skip_word();
        }
        Kind::Number
    }
}
