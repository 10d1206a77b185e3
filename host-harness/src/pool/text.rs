//! The outermost level of JSON text that a policy has accepted: its members as text, without a look inside them.
//!
//! The text is well-formed, since an instance has read it. Strings are decoded as the runtime decodes them: a byte that is not UTF-8 and half a surrogate
//! pair are U+FFFD each. Nothing here is recursive, so the depth of a document does not matter.

/// The outermost level of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Level<'t> {
    /// Keys, decoded, with the text of their values, in the order of the text.
    Object(Vec<(String, &'t [u8])>),
    /// The text of each element.
    Array(Vec<&'t [u8]>),
    /// Neither array nor object.
    Scalar,
}

/// Splits a document into the members of its outermost array or object.
pub(super) fn split(text: &[u8]) -> Level<'_> {
    let mut rest = Cursor { text, at: 0 };
    rest.space();
    match rest.next() {
        Some(b'{') => {
            let mut members = Vec::new();
            while let Some(key) = rest.member() {
                rest.pass(b':');
                let value = rest.member().unwrap_or_default();
                rest.pass(b',');
                members.push((decode(key), value));
            }
            Level::Object(members)
        }
        Some(b'[') => {
            let mut elements = Vec::new();
            while let Some(element) = rest.member() {
                rest.pass(b',');
                elements.push(element);
            }
            Level::Array(elements)
        }
        _ => Level::Scalar,
    }
}

/// How many arrays and objects are open at the deepest place of a document.
pub(super) fn depth(text: &[u8]) -> usize {
    let mut rest = Cursor { text, at: 0 };
    let (mut open, mut deepest) = (0_usize, 0);
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => rest.string(),
            b'{' | b'[' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// A position in a text.
struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Cursor<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Passes a separator if it comes next.
    fn pass(&mut self, separator: u8) {
        self.space();
        if self.peek() == Some(separator) {
            self.at += 1;
        }
    }

    /// Passes the rest of a string whose opening quote has been passed.
    fn string(&mut self) {
        while let Some(byte) = self.next() {
            match byte {
                b'"' => return,
                b'\\' => self.at += 1,
                _ => {}
            }
        }
    }

    /// Passes a value and returns its text; `None` at the end of the array or object.
    fn member(&mut self) -> Option<&'t [u8]> {
        self.space();
        let begin = self.at;
        let mut open = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.at += 1;
                    self.string();
                }
                b'{' | b'[' => {
                    open += 1;
                    self.at += 1;
                }
                b'}' | b']' if open == 0 => break,
                b'}' | b']' => {
                    open -= 1;
                    self.at += 1;
                }
                b',' | b':' if open == 0 => break,
                _ => self.at += 1,
            }
        }
        let text = self.text.get(begin..self.at)?.trim_ascii_end();
        (!text.is_empty()).then_some(text)
    }
}

/// What a string of JSON, with its quotes, says.
fn decode(quoted: &[u8]) -> String {
    let mut rest = quoted
        .strip_prefix(b"\"")
        .and_then(|text| text.strip_suffix(b"\""))
        .unwrap_or(quoted);
    let mut decoded = String::new();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'\\' {
            let length = rest.iter().position(|byte| *byte == b'\\').unwrap_or(rest.len());
            let (plain, after) = rest.split_at(length);
            push(&mut decoded, plain);
            rest = after;
            continue;
        }
        let (escape, after) = after.split_first().unwrap_or((&b'\\', after));
        rest = after;
        decoded.push(match escape {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let (char, length) = unicode(after);
                rest = after.get(length..).unwrap_or_default();
                char
            }
            other => char::from(*other),
        });
    }
    decoded
}

/// The character that `XXXX` or `XXXX\uXXXX` stands for, and how long that is.
fn unicode(text: &[u8]) -> (char, usize) {
    let unit = |text: &[u8]| {
        let digits = std::str::from_utf8(text.get(..4)?).ok()?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = unit(text).unwrap_or(0xfffd);
    let second = text.get(4..).and_then(|text| unit(text.strip_prefix(b"\\u")?));
    let pair = second.and_then(|second| char::decode_utf16([first, second]).next()?.ok());
    match (char::from_u32(first.into()), pair) {
        (Some(char), _) => (char, 4),
        (None, Some(char)) => (char, 10),
        (None, None) => ('\u{fffd}', 4),
    }
}

/// Appends bytes, with U+FFFD for each that is not UTF-8.
fn push(to: &mut String, bytes: &[u8]) {
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                to.push_str(text);
                return;
            }
            Err(error) => {
                let (valid, after) = rest.split_at(error.valid_up_to());
                to.push_str(&String::from_utf8_lossy(valid));
                to.push('\u{fffd}');
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, depth, split};

    fn object<'t>(members: &[(&str, &'t str)]) -> Level<'t> {
        Level::Object(members.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes())).collect())
    }

    #[test]
    fn members() {
        assert_eq!(split(b" { } "), object(&[]));
        assert_eq!(split(b"[]"), Level::Array(Vec::new()));
        assert_eq!(split(b" [1 , \"a,]\\\"\" ,[ {\"x\":[2]} ]]"), {
            Level::Array(vec![b"1", b"\"a,]\\\"\"", b"[ {\"x\":[2]} ]"])
        });
        assert_eq!(
            split(br#"{"a" : {"b":1}, "c\n":[] ,"":"}","d":-1e5}"#),
            object(&[("a", "{\"b\":1}"), ("c\n", "[]"), ("", "\"}\""), ("d", "-1e5")])
        );
        for scalar in ["1", "\"{\"", "null", ""] {
            assert_eq!(split(scalar.as_bytes()), Level::Scalar);
        }
    }

    #[test]
    fn keys() {
        let key = |text: &[u8]| match split(&[b"{", text, b":1}"].concat()) {
            Level::Object(members) => members[0].0.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(key(br#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#), "\"\\/\u{8}\u{c}\n\r\té😀");
        assert_eq!(key(br#""\ud83dx\ude00\ud83d\u0041""#), "\u{fffd}x\u{fffd}\u{fffd}A");
        assert_eq!(key(b"\"a\xe2\x82b\xff\""), "a\u{fffd}\u{fffd}b\u{fffd}");
    }

    #[test]
    fn depths() {
        assert_eq!((depth(b"1"), depth(b"[]"), depth(br#"[{"[[":[1]},[]]"#)), (0, 1, 3));
        assert_eq!(depth("[".repeat(1_000_000).as_bytes()), 1_000_000);
    }
}
