//! Go's view of JSON text: whether `encoding/json` takes it, and in which words it refuses it. The slow and thorough twin of the reader.

use super::super::args::failure_parts;
use super::super::quote;
use crate::arena::Buffer;
use crate::number::{self, seq::Seq, write_text};
use crate::value::{Kind, Value};

/// Nesting that Go allows.
const DEPTH_MAX: usize = 10_000;

/// Why text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is nothing but white space.
    Empty,
    /// It ends in the middle.
    Unexpected,
    /// A byte that may not stand where it does, and where that is.
    Byte(u8, &'static str),
    /// It is nested too deeply.
    Depth(u8),
}

struct Scanner<'a> {
    rest: &'a [u8],
    /// The open containers: the closing byte of each.
    open: Seq<u8>,
    /// The first number outside OPA's range.
    refusal: Option<&'static str>,
}

type Step = Result<(), Refusal>;

impl<'a> Scanner<'a> {
    fn new(text: &'a [u8]) -> Scanner<'a> {
        Scanner {
            rest: text,
            open: Seq::new(),
            refusal: None,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn advance(&mut self) {
        self.rest = self.rest.get(1..).unwrap_or_default();
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.advance();
        }
    }

    /// The byte at hand does not fit.
    fn refuse(&self, context: &'static str) -> Refusal {
        self.peek().map_or(Refusal::Unexpected, |byte| Refusal::Byte(byte, context))
    }

    /// One value, and nothing behind it.
    fn value(&mut self) -> Step {
        self.space();
        if self.rest.is_empty() {
            return Err(Refusal::Empty);
        }
        loop {
            // A value is expected here.
            self.space();
            match self.peek() {
                Some(b'[') => {
                    self.enter(b']')?;
                    if self.peek() != Some(b']') {
                        continue;
                    }
                }
                Some(b'{') => {
                    self.enter(b'}')?;
                    if self.peek() != Some(b'}') {
                        self.key()?;
                        continue;
                    }
                }
                Some(b'"') => self.string()?,
                Some(b't') => self.literal(b"true", ["", TRUE_R, TRUE_U, TRUE_E])?,
                Some(b'f') => self.literal(b"false", ["", FALSE_A, FALSE_L, FALSE_S, FALSE_E])?,
                Some(b'n') => self.literal(b"null", ["", NULL_U, NULL_L, NULL_L])?,
                Some(b'-' | b'0'..=b'9') => self.number()?,
                _ => return Err(self.refuse("looking for beginning of value")),
            }
            if !self.behind_value()? {
                return Ok(());
            }
        }
    }

    /// Closes what ends here; whether another value must follow.
    fn behind_value(&mut self) -> Result<bool, Refusal> {
        loop {
            let Some(close) = self.open.last().copied() else {
                return Ok(false);
            };
            self.space();
            match self.peek() {
                Some(byte) if byte == close => {
                    self.advance();
                    self.open.pop();
                }
                Some(b',') => {
                    self.advance();
                    if close == b'}' {
                        self.key()?;
                    }
                    return Ok(true);
                }
                _ if close == b']' => return Err(self.refuse("after array element")),
                _ => return Err(self.refuse("after object key:value pair")),
            }
        }
    }

    fn enter(&mut self, close: u8) -> Step {
        self.advance();
        self.open.push(close);
        if self.open.len() > DEPTH_MAX {
            return Err(Refusal::Depth(if close == b']' { b'[' } else { b'{' }));
        }
        self.space();
        Ok(())
    }

    fn key(&mut self) -> Step {
        self.space();
        if self.peek() != Some(b'"') {
            return Err(self.refuse("looking for beginning of object key string"));
        }
        self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.refuse("after object key"));
        }
        self.advance();
        Ok(())
    }

    fn string(&mut self) -> Step {
        self.advance();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.advance();
                    return Ok(());
                }
                Some(b'\\') => {
                    self.advance();
                    self.escape()?;
                }
                Some(0x20..) => self.advance(),
                _ => return Err(self.refuse("in string literal")),
            }
        }
    }

    fn escape(&mut self) -> Step {
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.advance(),
            Some(b'u') => {
                self.advance();
                for _ in 0..4 {
                    if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return Err(self.refuse("in \\u hexadecimal character escape"));
                    }
                    self.advance();
                }
            }
            _ => return Err(self.refuse("in string escape code")),
        }
        Ok(())
    }

    fn literal<const N: usize>(&mut self, text: &[u8; N], contexts: [&'static str; N]) -> Step {
        for (expected, context) in text.iter().zip(contexts) {
            if self.peek() != Some(*expected) {
                return Err(self.refuse(context));
            }
            self.advance();
        }
        Ok(())
    }

    fn digits(&mut self, context: &'static str) -> Step {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.refuse(context));
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.advance();
        }
        Ok(())
    }

    fn number(&mut self) -> Step {
        let start = self.rest;
        if self.peek() == Some(b'-') {
            self.advance();
        }
        if self.peek() == Some(b'0') {
            self.advance();
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.advance();
            self.digits("after decimal point in numeric literal")?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.advance();
            if let Some(b'+' | b'-') = self.peek() {
                self.advance();
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text = start.get(..start.len() - self.rest.len()).unwrap_or_default();
        self.refusal = self.refusal.or_else(|| number::refusal(text));
        Ok(())
    }
}

const TRUE_R: &str = "in literal true (expecting 'r')";
const TRUE_U: &str = "in literal true (expecting 'u')";
const TRUE_E: &str = "in literal true (expecting 'e')";
const FALSE_A: &str = "in literal false (expecting 'a')";
const FALSE_L: &str = "in literal false (expecting 'l')";
const FALSE_S: &str = "in literal false (expecting 's')";
const FALSE_E: &str = "in literal false (expecting 'e')";
const NULL_U: &str = "in literal null (expecting 'u')";
const NULL_L: &str = "in literal null (expecting 'l')";

/// Whether Go's `json.Valid` says so.
pub fn is_valid(text: &[u8]) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.value().is_ok() && {
        scanner.space();
        scanner.rest.is_empty()
    }
}

/// Fails with Go's words for what is wrong with a text.
#[cold]
pub fn report(name: &str, text: &[u8]) -> Value {
    let mut scanner = Scanner::new(text);
    let refusal = scanner.value();
    if let Err(refusal) = refusal {
        return refuse(name, refusal);
    }
    scanner.space();
    if !scanner.rest.is_empty() {
        return trailing(name, scanner.rest);
    }
    if let Some(refusal) = scanner.refusal {
        return failure_parts(name, &[b"invalid number: ", refusal.as_bytes()]);
    }
    Value::UNDEFINED
}

fn refuse(name: &str, refusal: Refusal) -> Value {
    failure_parts(name, &[words(refusal).as_bytes()])
}

/// Go's words for a refusal.
fn words(refusal: Refusal) -> Buffer {
    let mut words = Buffer::new();
    match refusal {
        Refusal::Empty => words.extend(b"EOF"),
        Refusal::Unexpected => words.extend(b"unexpected EOF"),
        Refusal::Depth(byte) => {
            words.extend(b"invalid character '");
            words.push(byte);
            words.extend(b"' exceeded max depth");
        }
        Refusal::Byte(byte, context) => {
            words.extend(b"invalid character ");
            // Go shows a byte as the code point of that number, and a double quote as it is.
            quote::quote_rune(u32::from(byte), false, &mut words);
            words.extend(b" ");
            words.extend(context.as_bytes());
        }
    }
    words
}

/// The text of the first value in a text, whatever follows it, or Go's words for what is wrong with it.
pub fn first_value(text: &[u8]) -> Result<&[u8], Buffer> {
    let mut scanner = Scanner::new(text);
    scanner.value().map_err(words)?;
    Ok(text.get(..text.len() - scanner.rest.len()).unwrap_or_default())
}

/// What stands behind the value: OPA reads one token of it.
fn trailing(name: &str, rest: &[u8]) -> Value {
    let mut scanner = Scanner::new(rest);
    let token: &[u8] = match rest.first() {
        Some(b'[' | b'{') => rest.get(..1).unwrap_or_default(),
        _ => {
            if let Err(refusal) = scanner.value() {
                return refuse(name, refusal);
            }
            let token = rest.get(..rest.len() - scanner.rest.len()).unwrap_or_default();
            match token {
                [b'"', inner @ .., b'"'] => inner,
                b"true" => b"%!s(bool=true)",
                b"false" => b"%!s(bool=false)",
                token => token,
            }
        }
    };
    failure_parts(name, &[b"error: invalid character '", token, b"' after top-level value"])
}

/// The first number in a value that JSON cannot write, in the order of writing.
pub fn first_odd_number(value: Value) -> Value {
    let pairs = super::super::walk::walk(value);
    let values = pairs.as_array().into_iter().flatten();
    let mut values = values.filter_map(|pair| pair.as_array()?.get(1));
    let odd = |value: &Value| value.kind() == Kind::Number && !write_text(*value, &mut Buffer::new());
    values.find(odd).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Step {
        Scanner::new(text.as_bytes()).value()
    }

    #[test]
    fn well_formed() {
        for text in [
            "1",
            "-0.5e+3",
            "[]",
            "{}",
            "[1,{\"a\":[null,true,false]}]",
            " \"a\\u00e9\\n\" ",
            "1e1000000",
        ] {
            assert!(is_valid(text.as_bytes()), "{text}");
        }
        for text in ["", "1 2", "[1,]", "{\"a\"}", "01", "\"\t\"", "nul"] {
            assert!(!is_valid(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn reasons() {
        assert_eq!(check("{\"a\" 1}"), Err(Refusal::Byte(b'1', "after object key")));
        assert_eq!(check("[1 2]"), Err(Refusal::Byte(b'2', "after array element")));
        assert_eq!(check("\"\\u12\""), Err(Refusal::Byte(b'"', "in \\u hexadecimal character escape")));
        assert_eq!(check("-"), Err(Refusal::Unexpected));
        assert_eq!(check("nulx"), Err(Refusal::Byte(b'x', NULL_L)));
        assert_eq!(check(&"[".repeat(10_001)), Err(Refusal::Depth(b'[')));
    }
}
