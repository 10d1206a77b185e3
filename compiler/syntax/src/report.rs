//! Errors of the parser: their words, the hints collected for them, and the line they show.

use super::parser::Parser;
use super::source::Span;
use super::token::Kind;
use crate::diagnostic::{Code, Diagnostic};

impl Parser<'_> {
    /// Notes a hint for the next error.
    pub fn hint(&mut self, hint: impl Into<String>) {
        self.s.hints.push(hint.into());
    }

    /// Notes an error, with the hints collected so far.
    pub fn error(&mut self, span: Span, mut message: String) {
        let hints = std::mem::take(&mut self.s.hints);
        match hints.as_slice() {
            [] => {}
            [hint] => message.push_str(&format!(" (hint: {hint})")),
            several => message.push_str(&format!(" (hints: {})", several.join(", "))),
        }
        self.s.errors.push(Diagnostic {
            code: Code::Parse,
            message,
            span: Some(span),
            details: Vec::new(),
            hint: None,
        });
    }

    /// The errors there are in the end, each with the line it is about.
    pub fn take_errors(&mut self) -> Vec<Diagnostic> {
        let mut errors = std::mem::take(&mut self.s.errors);
        for error in &mut errors {
            error.details = excerpt(self.text, error.span.map_or(0, |span| span.start));
        }
        errors
    }

    /// Notes that the token at hand does not belong here, and what would.
    pub fn illegal(&mut self, note: impl AsRef<str>) {
        let kind = self.s.kind;
        let message = if kind == Kind::Illegal {
            "illegal token".to_owned()
        } else {
            let what = if kind.is_hard_keyword() || kind.is_soft_keyword() {
                "keyword"
            } else {
                "token"
            };
            let note = note.as_ref();
            let colon = if note.is_empty() { "" } else { ": " };
            format!("unexpected {} {what}{colon}{note}", kind.name())
        };
        self.error(self.here(), message);
    }

    /// Notes that the token at hand does not belong here.
    pub fn illegal_token(&mut self) {
        self.illegal("");
    }
}

/// The line an error is in and a caret below it.
fn excerpt(text: &str, offset: u32) -> Vec<String> {
    let bytes = text.as_bytes();
    if bytes.is_empty() {
        return Vec::new();
    }
    let is_break = |byte: u8| byte == b'\n' || byte == b'\r';
    let mut at = (offset as usize).min(bytes.len() - 1);
    while at > 0 && matches!(bytes[at], b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) {
        at -= 1;
    }
    let begin = bytes[..at].iter().rposition(|&byte| is_break(byte)).map_or(0, |index| index + 1);
    let end = bytes[at..]
        .iter()
        .position(|&byte| is_break(byte))
        .map_or(bytes.len(), |index| at + index);
    let line = text.get(begin..end).unwrap_or_default();
    let trimmed = line.trim_start_matches('\t');
    let tabs = line.len() - trimmed.len();
    vec![trimmed.to_owned(), format!("{}^", " ".repeat((at - begin).saturating_sub(tabs)))]
}
