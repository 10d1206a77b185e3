//! JSON without a limit on its depth, and with numbers as they are written. `serde_json` reads documents that are nested less than 128 levels deep, and
//! writes `1e3` as `1e+3`; this reads with a stack of its own for what is open, and leaves strings, and whether a number is one, to `serde_json`.

use serde_json::{Map, Number, Value};

/// A collection that is still open.
enum Open {
    Array(Vec<Value>),
    /// With the key whose value comes next.
    Object(Map<String, Value>, String),
}

/// Reads a document.
///
/// # Errors
/// When it is none.
pub fn read(text: &[u8]) -> Result<Value, String> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.document()?;
    match reader.next_byte() {
        None => Ok(value),
        Some(_) => Err(reader.unexpected()),
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
                Some(_) => self.scalar()?,
                None => return Err(self.unexpected()),
            };
            // It ends here, and with it maybe what it is in.
            loop {
                let (next, end) = match open.last_mut() {
                    None => return Ok(value),
                    Some(Open::Array(items)) => {
                        items.push(value);
                        (self.next_byte(), b']')
                    }
                    Some(Open::Object(fields, key)) => {
                        fields.insert(std::mem::take(key), value);
                        (self.next_byte(), b'}')
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
                    _ => return Err(self.unexpected()),
                }
                value = match open.pop() {
                    Some(Open::Array(items)) => Value::Array(items),
                    Some(Open::Object(fields, _)) => Value::Object(fields),
                    None => return Err(self.unexpected()),
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
        let key = match self.next_byte() {
            Some(b'"') => self.scalar()?,
            _ => return Err(self.unexpected()),
        };
        match (key, self.next_byte()) {
            (Value::String(key), Some(b':')) => {
                self.at += 1;
                Ok(key)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn scalar(&mut self) -> Result<Value, String> {
        let from = self.at;
        if self.text.get(self.at) == Some(&b'"') {
            self.at += 1;
            while let Some(byte) = self.text.get(self.at) {
                match byte {
                    b'"' => break,
                    b'\\' => self.at += 2,
                    _ => self.at += 1,
                }
            }
            self.at += 1;
        } else {
            while self.text.get(self.at).is_some_and(|byte| !b" \n\r\t,:]}[{\"".contains(byte)) {
                self.at += 1;
            }
        }
        let text: &'t [u8] = self.text.get(from..self.at).unwrap_or_default();
        let invalid = |error: &dyn std::fmt::Display| format!("{error} of the value at byte {from}");
        match serde_json::from_slice(text).map_err(|error| invalid(&error))? {
            Value::Number(_) => {
                let text = std::str::from_utf8(text).map_err(|error| invalid(&error))?;
                Ok(Value::Number(Number::from_string_unchecked(text.to_owned())))
            }
            value => Ok(value),
        }
    }

    fn unexpected(&self) -> String {
        match self.text.get(self.at) {
            Some(byte) => format!("unexpected `{}` at byte {}", char::from(*byte), self.at),
            None => "the document ends too early".to_owned(),
        }
    }
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
        ] {
            assert_eq!(
                read(text.as_bytes()).unwrap(),
                serde_json::from_str::<Value>(text).unwrap(),
                "{text}"
            );
        }
        for text in [
            "",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "{",
            "{\"a\"",
            "{\"a\":}",
            "{\"a\":1,}",
            "{1:2}",
            "[1}",
            "1 2",
            "[1]]",
            "\"a",
            "tru",
            "\"\\",
        ] {
            assert!(
                read(text.as_bytes()).is_err() && serde_json::from_str::<Value>(text).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_stay_as_they_are_written() {
        for text in ["1e400", "1e+400", "1E3", "-0", "1.50"] {
            assert_eq!(read(text.as_bytes()).unwrap().to_string(), text);
        }
    }

    #[test]
    fn depth_does_not_matter() {
        let mut value = read(("[".repeat(5000) + &"]".repeat(5000)).as_bytes()).unwrap();
        // Dropped level by level: the stack of a test's thread is small.
        while let Value::Array(mut items) = value {
            value = items.pop().unwrap_or_default();
        }
    }
}
