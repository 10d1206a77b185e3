//! JSON as Go's `encoding/json` writes it: compact or with two blanks per level, `<`, `>` and `&` escaped. It knows no trees; who calls it sees to
//! it that fields are in order.

/// A text of JSON that grows.
pub(super) struct Writer {
    out: String,
    indented: bool,
    /// For each open array or object, whether something is in it.
    open: Vec<bool>,
    /// A key was written, so what comes next is no item of its own.
    behind_key: bool,
}

impl Writer {
    /// An empty text.
    pub fn new(indented: bool) -> Self {
        Self {
            out: String::new(),
            indented,
            open: Vec::new(),
            behind_key: false,
        }
    }

    /// What was written.
    pub fn finish(self) -> String {
        self.out
    }

    /// Opens an array or an object.
    pub fn begin(&mut self, bracket: char) {
        self.item();
        self.out.push(bracket);
        self.open.push(false);
    }

    /// Closes it.
    pub fn end(&mut self, bracket: char) {
        if self.open.pop() == Some(true) {
            self.line();
        }
        self.out.push(bracket);
    }

    /// The key of what comes next.
    pub fn key(&mut self, key: &str) {
        self.string(key);
        self.out.push_str(if self.indented { ": " } else { ":" });
        self.behind_key = true;
    }

    /// A number or a word, as it stands.
    pub fn literal(&mut self, text: &str) {
        self.item();
        self.out.push_str(text);
    }

    /// A string.
    pub fn string(&mut self, text: &str) {
        self.item();
        self.out.push('"');
        text.chars().for_each(|char| self.escaped(char));
        self.out.push('"');
    }

    /// Bytes in base 64.
    pub fn bytes(&mut self, bytes: &[u8]) {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        self.item();
        self.out.push('"');
        for group in bytes.chunks(3) {
            let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(group.get(at).copied().unwrap_or(0)));
            for at in 0..4 {
                let digit = ALPHABET[(bits >> (18 - 6 * at) & 63) as usize];
                self.out.push(if at <= group.len() { digit.into() } else { '=' });
            }
        }
        self.out.push('"');
    }

    fn escaped(&mut self, char: char) {
        match char {
            '"' | '\\' => self.out.extend(['\\', char]),
            '\u{8}' => self.out.push_str("\\b"),
            '\u{c}' => self.out.push_str("\\f"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            '\0'..='\x1f' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                self.out.push_str("\\u");
                for shift in [12, 8, 4, 0] {
                    self.out.extend(char::from_digit(char as u32 >> shift & 15, 16));
                }
            }
            _ => self.out.push(char),
        }
    }

    /// Before a value or key: what parts it from the one before.
    fn item(&mut self) {
        if std::mem::take(&mut self.behind_key) {
            return;
        }
        if let Some(filled) = self.open.last_mut() {
            if std::mem::replace(filled, true) {
                self.out.push(',');
            }
            self.line();
        }
    }

    fn line(&mut self) {
        if self.indented {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.open.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Writer;

    #[test]
    fn base_64_is_padded() {
        for (bytes, text) in [
            ("", "\"\""),
            ("a", "\"YQ==\""),
            ("ab", "\"YWI=\""),
            ("abc", "\"YWJj\""),
            ("abcd", "\"YWJjZA==\""),
        ] {
            let mut writer = Writer::new(false);
            writer.bytes(bytes.as_bytes());
            assert_eq!(writer.finish(), text);
        }
    }

    #[test]
    fn empty_collections_stay_in_their_line() {
        let mut writer = Writer::new(true);
        writer.begin('{');
        writer.key("a<");
        writer.begin('[');
        writer.end(']');
        writer.key("b");
        writer.begin('[');
        writer.literal("1");
        writer.end(']');
        writer.end('}');
        assert_eq!(writer.finish(), "{\n  \"a\\u003c\": [],\n  \"b\": [\n    1\n  ]\n}");
    }
}
