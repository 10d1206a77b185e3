//! Reads the terms that OPA's Wasm dumps (JSON, and sets), and writes them as `sprintf`'s `%v` shows them. Only as much of Rego's
//! notation as `opa_value_dump` writes.

use std::fmt::Write;

/// A term.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub enum Term {
    /// `null`, `true`, `false` and numbers, by their text.
    Word(String),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Term>),
    /// A set, in order.
    Set(Vec<Term>),
    /// An object.
    Object(Vec<(Term, Term)>),
}

impl Term {
    /// Reads a term; `None` if it is none.
    pub fn read(text: &[u8]) -> Option<Self> {
        let mut reader = Reader { rest: text };
        let term = reader.term()?;
        reader.skip();
        reader.rest.is_empty().then_some(term)
    }

    /// The member of an object.
    pub fn get(&self, key: &str) -> Option<&str> {
        let Self::Object(members) = self else { return None };
        members.iter().find_map(|(name, value)| match (name, value) {
            (Self::String(name), Self::String(value)) if name == key => Some(value.as_str()),
            _ => None,
        })
    }

    /// As `%v` shows it inside of a collection.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Word(text) => out.push_str(text),
            Self::String(text) => out.push_str(&serde_json::Value::from(text.as_str()).to_string()),
            Self::Array(items) => list(out, ('[', ']'), items, Self::write),
            Self::Set(items) if items.is_empty() => out.push_str("set()"),
            Self::Set(items) => list(out, ('{', '}'), items, Self::write),
            Self::Object(members) => list(out, ('{', '}'), members, |(key, value), out| {
                key.write(out);
                let _ = out.write_str(": ");
                value.write(out);
            }),
        }
    }
}

fn list<T>(out: &mut String, brackets: (char, char), items: &[T], mut write: impl FnMut(&T, &mut String)) {
    out.push(brackets.0);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
    out.push(brackets.1);
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn eat(&mut self, token: &[u8]) -> bool {
        self.skip();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn term(&mut self) -> Option<Term> {
        if self.eat(b"set()") {
            return Some(Term::Set(Vec::new()));
        }
        if self.eat(b"[") {
            let mut items = Vec::new();
            while !self.eat(b"]") {
                items.push(self.term()?);
                self.eat(b",");
            }
            return Some(Term::Array(items));
        }
        if self.eat(b"{") {
            return self.braces();
        }
        self.skip();
        if self.rest.first() == Some(&b'"') {
            return self.string();
        }
        let end = self
            .rest
            .iter()
            .position(|byte| b",]}: \n".contains(byte))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then(|| Term::Word(String::from_utf8_lossy(word).into_owned()))
    }

    fn braces(&mut self) -> Option<Term> {
        let (mut items, mut members) = (Vec::new(), Vec::new());
        while !self.eat(b"}") {
            let first = self.term()?;
            if self.eat(b":") {
                members.push((first, self.term()?));
            } else {
                items.push(first);
            }
            self.eat(b",");
        }
        items.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        Some(if items.is_empty() {
            Term::Object(members)
        } else {
            Term::Set(items)
        })
    }

    fn string(&mut self) -> Option<Term> {
        let mut end = 1;
        loop {
            match self.rest.get(end)? {
                b'\\' => end += 2,
                b'"' => break,
                _ => end += 1,
            }
        }
        let (text, rest) = self.rest.split_at(end + 1);
        self.rest = rest;
        serde_json::from_slice(text).ok().map(Term::String)
    }
}
