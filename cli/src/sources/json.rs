//! JSON as Go reads it, in OPA's words where it is not that. Numbers stay as they are written; a byte that is not UTF-8, and half of a surrogate pair, become
//! U+FFFD. What is open is a list: documents may be nested deeper than the stack is.

use serde_json::{Map, Number, Value};

/// How deep a document may be nested.
const DEPTH_MAX: usize = 10_000;

/// A collection that is still open.
enum Open {
    Array(Vec<Value>),
    /// With the key whose value comes next.
    Object(Map<String, Value>, String),
}

/// Reads a document.
///
/// # Errors
/// When it is not JSON.
pub fn read(text: &[u8]) -> Result<Value, String> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.document()?;
    match reader.next_byte() {
        None => Ok(value),
        Some(_) => Err(reader.left_over()),
    }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Value, String> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            // A value begins here.
            let mut value = match self.next_byte() {
                Some(b'[' | b'{') if open.len() == DEPTH_MAX => return Err(self.unexpected("exceeded max depth")),
                Some(b'[') => {
                    self.at += 1;
                    if self.next_byte() != Some(b']') {
                        open.push(Open::Array(Vec::new()));
                        continue;
                    }
                    self.at += 1;
                    Value::Array(Vec::new())
                }
                Some(b'{') => {
                    self.at += 1;
                    if self.next_byte() != Some(b'}') {
                        let key = self.key()?;
                        open.push(Open::Object(Map::new(), key));
                        continue;
                    }
                    self.at += 1;
                    Value::Object(Map::new())
                }
                None if open.is_empty() => return Err("EOF".to_owned()),
                _ => self.scalar()?,
            };
            // It ends here, and with it maybe what it is in.
            loop {
                let (next, end, place) = match open.last_mut() {
                    None => return Ok(value),
                    Some(Open::Array(items)) => {
                        items.push(value);
                        (self.next_byte(), b']', "after array element")
                    }
                    Some(Open::Object(fields, key)) => {
                        fields.insert(std::mem::take(key), value);
                        (self.next_byte(), b'}', "after object key:value pair")
                    }
                };
                match next {
                    Some(b',') => {
                        self.at += 1;
                        if let Some(Open::Object(_, key)) = open.last_mut() {
                            *key = self.key()?;
                        }
                        break;
                    }
                    Some(byte) if byte == end => self.at += 1,
                    _ => return Err(self.unexpected(place)),
                }
                value = match open.pop() {
                    Some(Open::Array(items)) => Value::Array(items),
                    Some(Open::Object(fields, _)) => Value::Object(fields),
                    None => return Err(self.unexpected(place)),
                };
            }
        }
    }

    /// The next byte that is no white space.
    fn next_byte(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn key(&mut self) -> Result<String, String> {
        if self.next_byte() != Some(b'"') {
            return Err(self.unexpected("looking for beginning of object key string"));
        }
        let key = self.string()?;
        if self.next_byte() != Some(b':') {
            return Err(self.unexpected("after object key"));
        }
        self.at += 1;
        Ok(key)
    }

    fn scalar(&mut self) -> Result<Value, String> {
        match self.text.get(self.at) {
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b't') => self.word("true").map(|()| Value::Bool(true)),
            Some(b'f') => self.word("false").map(|()| Value::Bool(false)),
            Some(b'n') => self.word("null").map(|()| Value::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        for letter in word.bytes() {
            if self.text.get(self.at) != Some(&letter) {
                return Err(self.unexpected(&format!("in literal {word} (expecting '{}')", char::from(letter))));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn digits(&mut self, place: &str) -> Result<(), String> {
        let from = self.at;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == from { Err(self.unexpected(place)) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Value, String> {
        let from = self.at;
        if self.text.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        if self.text.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.text.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let digits = self.text.get(from..self.at).unwrap_or_default();
        let digits = String::from_utf8_lossy(digits).into_owned();
        Ok(Value::Number(Number::from_string_unchecked(digits)))
    }

    /// Reads a string, whose opening quote comes next.
    fn string(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let from = self.at;
            while self.text.get(self.at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            for chunk in self.text.get(from..self.at).unwrap_or_default().utf8_chunks() {
                out.push_str(chunk.valid());
                out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
            }
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Result<char, String> {
        let char = match self.text.get(self.at) {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let first = self.code_unit()?;
                let second = match self.text.get(self.at..) {
                    Some([b'\\', b'u', rest @ ..]) if (0xd800..0xdc00).contains(&first) => hex(rest),
                    _ => None,
                };
                if let Some(second @ 0xdc00..0xe000) = second {
                    self.at += 6;
                    let pair = char::decode_utf16([first, second]).next();
                    return Ok(pair.and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                return Ok(char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.at += 1;
        Ok(char)
    }

    fn code_unit(&mut self) -> Result<u16, String> {
        let unit = hex(self.text.get(self.at..).unwrap_or_default());
        for _ in 0..4 {
            if !self.text.get(self.at).is_some_and(u8::is_ascii_hexdigit) {
                return Err(self.unexpected("in \\u hexadecimal character escape"));
            }
            self.at += 1;
        }
        Ok(unit.unwrap_or_default())
    }

    fn unexpected(&self, place: &str) -> String {
        match self.text.get(self.at) {
            None => "unexpected EOF".to_owned(),
            Some(byte) => {
                let shown = match byte {
                    b'\'' => "\\'".to_owned(),
                    b'"' => "\"".to_owned(),
                    b'\\' => "\\\\".to_owned(),
                    b'\n' => "\\n".to_owned(),
                    b'\r' => "\\r".to_owned(),
                    b'\t' => "\\t".to_owned(),
                    0..=0x1f | 0x7f..=0x9f => format!("\\x{byte:02x}"),
                    byte => char::from(*byte).to_string(),
                };
                format!("invalid character '{shown}' {place}")
            }
        }
    }

    /// What is wrong with what follows the document: a token is named, and what is none.
    fn left_over(&mut self) -> String {
        let token = match self.text.get(self.at) {
            Some(byte @ (b'[' | b'{')) => Ok(char::from(*byte).to_string()),
            _ => self.scalar().map(|value| match value {
                Value::String(text) => text,
                Value::Bool(value) => format!("%!s(bool={value})"),
                Value::Null => "%!s(<nil>)".to_owned(),
                value => value.to_string(),
            }),
        };
        match token {
            Ok(token) => format!("error: invalid character '{token}' after top-level value"),
            Err(fault) => fault,
        }
    }
}

/// The number that four hexadecimal digits stand for.
fn hex(digits: &[u8]) -> Option<u16> {
    digits
        .get(..4)?
        .iter()
        .try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)? as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_serde_reads() {
        for text in [
            "1",
            "\"a\\\"b\"",
            "[]",
            "{}",
            " [ 1 , [ ] , {} ] ",
            "{\"a\": {\"b\": [1.0, true, null, -0]}, \"c\\n\": \"\"}",
            "[[[1]]]",
            "\"\\u00e9\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\"",
            "[0, -1, 10, 0.5e+3, 1e+2]",
        ] {
            assert_eq!(
                read(text.as_bytes()).unwrap(),
                serde_json::from_str::<Value>(text).unwrap(),
                "{text}"
            );
        }
    }

    #[test]
    fn faults_in_opas_words() {
        for (text, fault) in [
            ("", "EOF"),
            ("[", "unexpected EOF"),
            ("[1", "unexpected EOF"),
            ("{\"a\":", "unexpected EOF"),
            ("\"a", "unexpected EOF"),
            ("\"\\", "unexpected EOF"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("{1:2}", "invalid character '1' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("[1}", "invalid character '}' after array element"),
            ("{\"a\": 01}", "invalid character '1' after object key:value pair"),
            ("[tru]", "invalid character ']' in literal true (expecting 'e')"),
            ("[-]", "invalid character ']' in numeric literal"),
            ("[1.]", "invalid character ']' after decimal point in numeric literal"),
            ("[1e]", "invalid character ']' in exponent of numeric literal"),
            ("\"\n\"", "invalid character '\\n' in string literal"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"),
            ("'a'", "invalid character '\\'' looking for beginning of value"),
            ("1 2", "error: invalid character '2' after top-level value"),
            ("{} {", "error: invalid character '{' after top-level value"),
            ("{} true", "error: invalid character '%!s(bool=true)' after top-level value"),
            ("[1]]", "invalid character ']' looking for beginning of value"),
            ("1 \0", "invalid character '\\x00' looking for beginning of value"),
        ] {
            assert_eq!(read(text.as_bytes()).unwrap_err(), fault, "{text}");
        }
        assert_eq!(
            read(b"\xef\xbb\xbf1").unwrap_err(),
            "invalid character 'ï' looking for beginning of value"
        );
    }

    #[test]
    fn what_is_not_unicode_is_replaced() {
        for (text, value) in [
            (&b"\"caf\xe9\""[..], "caf\u{fffd}"),
            (b"\"\xff\xc3\"", "\u{fffd}\u{fffd}"),
            (b"\"\xe2\x82\"", "\u{fffd}\u{fffd}"),
            (b"\"\\ud800\"", "\u{fffd}"),
            (b"\"\\ud800\\u0041\"", "\u{fffd}A"),
            (b"\"\\udc00\\ud800\"", "\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(read(text).unwrap(), value, "{text:?}");
        }
    }

    #[test]
    fn numbers_stay_as_they_are_written() {
        for text in ["1e400", "1e+400", "1E3", "-0", "1.50", "1e-999999999"] {
            assert_eq!(read(text.as_bytes()).unwrap().to_string(), text);
        }
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        let mut value = read(nested(DEPTH_MAX).as_bytes()).unwrap();
        // Dropped level by level: the stack of a test's thread is small.
        while let Value::Array(mut items) = value {
            value = items.pop().unwrap_or_default();
        }
        assert_eq!(
            read(nested(DEPTH_MAX + 1).as_bytes()).unwrap_err(),
            "invalid character '[' exceeded max depth"
        );
    }
}
