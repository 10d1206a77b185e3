//! The text of a YAML stream, character by character, with the place that has been reached. What may not stand in a stream at all is found here.

/// A place in the text. Lines and columns count from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    /// Characters before it.
    pub index: usize,
    /// Lines before it.
    pub line: usize,
    /// Characters before it in its line.
    pub column: usize,
}

/// Why a stream is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line in the message, 0 for none.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

impl Fault {
    /// A fault that names no line.
    pub fn new(problem: &str) -> Fault {
        Fault {
            line: 0,
            problem: problem.to_owned(),
        }
    }
}

impl From<Fault> for crate::Error {
    fn from(fault: Fault) -> Self {
        let line = match fault.line {
            0 => String::new(),
            line => ["line ", &line.to_string(), ": "].concat(),
        };
        crate::Error {
            line: fault.line,
            message: ["yaml: ", &line, &fault.problem].concat(),
        }
    }
}

/// The text, and how far it has been read. Behind its end come NULs, which cannot stand in it.
pub struct Source {
    chars: Vec<char>,
    /// Where the next character stands.
    pub mark: Mark,
}

/// Whether a character may stand in a stream.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether a character ends a line.
pub fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Space or tab.
pub fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// The end of a line or of the text.
pub fn is_break_or_end(c: char) -> bool {
    c == '\0' || is_break(c)
}

/// What ends a word.
pub fn is_blank_or_end(c: char) -> bool {
    is_blank(c) || is_break_or_end(c)
}

/// What names are made of.
pub fn is_alpha(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

impl Source {
    /// Checks a text.
    pub fn new(text: &str) -> Result<Source, Fault> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let chars: Vec<char> = text.chars().collect();
        if !chars.iter().all(|c| is_allowed(*c)) {
            return Err(Fault::new("control characters are not allowed"));
        }
        Ok(Source {
            chars,
            mark: Mark::default(),
        })
    }

    /// The character `ahead` of the next one.
    pub fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.mark.index + ahead).copied().unwrap_or('\0')
    }

    /// The next character.
    pub fn next(&self) -> char {
        self.peek(0)
    }

    /// Passes characters that are no line breaks.
    pub fn skip(&mut self, count: usize) {
        self.mark.index += count;
        self.mark.column += count;
    }

    /// Reads a character that is no line break.
    pub fn read(&mut self, out: &mut String) {
        out.push(self.next());
        self.skip(1);
    }

    /// Passes a line break, if there is one.
    pub fn skip_line(&mut self) {
        self.read_line(&mut String::new());
    }

    /// Reads a line break, if there is one. All but two become a line feed.
    pub fn read_line(&mut self, out: &mut String) {
        let (length, c) = match (self.next(), self.peek(1)) {
            ('\r', '\n') => (2, '\n'),
            ('\r' | '\n' | '\u{85}', _) => (1, '\n'),
            (c @ ('\u{2028}' | '\u{2029}'), _) => (1, c),
            _ => return,
        };
        out.push(c);
        self.mark.index += length;
        self.mark.line += 1;
        self.mark.column = 0;
    }

    /// Whether a line begins here with a document indicator.
    pub fn at_indicator(&self, c: char) -> bool {
        self.mark.column == 0 && (0..3).all(|ahead| self.peek(ahead) == c) && is_blank_or_end(self.peek(3))
    }
}
