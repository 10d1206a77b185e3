//! The parser's machinery: the token at hand, looking ahead and stepping back, errors and hints. What the language looks like
//! is told in the neighbouring files, each of which adds methods to [`Parser`].
//!
//! Rego cannot be parsed with bounded lookahead: `{a | b}` may be a comprehension or a set with a union, and a statement may
//! turn out to be a rule or not. So the parser tries one reading, and on failure restores its [`State`] and tries the next.
//! Errors are part of the state: those of a reading that was given up are forgotten. The first statement that cannot be read
//! in any way ends parsing, as whatever follows it would be guesswork.

use std::collections::HashMap;
use std::rc::Rc;

use super::ast::{Comment, Name, RegoVersion, Term, Value};
use super::lexer::Tokens;
use super::source::Span;
use super::token::{Keywords, Kind, Token};
use crate::diagnostic::Diagnostic;

/// What the parser goes back to when a reading fails.
#[derive(Clone)]
pub(super) struct State {
    /// Index of the token behind the one at hand.
    next: usize,
    /// The token at hand.
    pub token: Token,
    /// What it is taken for.
    pub kind: Kind,
    /// Where the token before it ended.
    pub last_end: u32,
    /// Where it ends.
    pub token_end: u32,
    /// A line break stands before it.
    pub skipped_newline: bool,
    wildcards: u32,
    pub hints: Vec<String>,
    pub errors: Vec<Diagnostic>,
}

/// A term that was parsed in a reading that may be given up, with the state behind it.
pub(super) struct Remembered {
    pub term: Term,
    pub after: State,
}

/// A parser of one text.
pub(super) struct Parser<'t> {
    pub text: &'t str,
    file: u32,
    pub tokens: Tokens,
    pub version: RegoVersion,
    pub keywords: Keywords,
    /// In the path of an import `not` is a name.
    pub not_is_name: bool,
    pub s: State,
    /// How many nested readings are under way that may be given up.
    pub speculating: u32,
    /// Terms of such readings, by first byte: nesting would otherwise double the work at each level.
    pub remembered: HashMap<u32, Remembered>,
    /// The last term that could not be read, while none that begins before it was finished: when the same place is read again,
    /// it is the same error and not a second one.
    pub failed: Option<(u32, State)>,
    /// The value of what turned out to be no rule with a body: first byte, term, state behind it. It need not be read again.
    pub value_read: Option<(u32, Term, State)>,
    depth: u32,
    /// What it must not exceed.
    pub depth_max: u32,
    /// Called at each token.
    pub tick: fn(),
    names: HashMap<&'t str, Name>,
}

impl<'t> Parser<'t> {
    /// A parser at the first token.
    pub fn new(file: u32, text: &'t str, tokens: Tokens, version: RegoVersion, keywords: Keywords) -> Self {
        let token = tokens.tokens[0];
        let state = State {
            next: 0,
            token,
            kind: Kind::Illegal,
            last_end: 0,
            token_end: 0,
            skipped_newline: false,
            wildcards: 0,
            hints: Vec::new(),
            errors: Vec::new(),
        };
        let mut parser = Parser {
            text,
            file,
            tokens,
            version,
            keywords,
            not_is_name: false,
            s: state,
            speculating: 0,
            remembered: HashMap::new(),
            failed: None,
            value_read: None,
            depth: 0,
            depth_max: 0,
            tick: || {},
            names: HashMap::new(),
        };
        parser.scan();
        parser
    }

    /// The comments that were read over up to the token at hand.
    pub fn comments_so_far(&self) -> &[Comment] {
        let end = self.tokens.comments.partition_point(|comment| comment.span.start < self.offset());
        &self.tokens.comments[..end]
    }

    // ---- tokens ----

    /// What the token at hand is taken for.
    pub fn kind(&self) -> Kind {
        self.s.kind
    }

    /// Whether the token at hand is of this kind.
    pub fn at(&self, kind: Kind) -> bool {
        self.s.kind == kind
    }

    /// First byte of the token at hand.
    pub fn offset(&self) -> u32 {
        self.s.token.start
    }

    /// The text of the token at hand; operators have none.
    pub fn literal(&self) -> &'t str {
        if matches!(self.s.token.kind, Kind::And | Kind::Or) {
            return "";
        }
        self.slice(self.s.token.start, self.s.token.end)
    }

    /// A part of the source; empty if the bounds make no sense.
    pub fn slice(&self, start: u32, end: u32) -> &'t str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// To the next token.
    pub fn scan(&mut self) {
        (self.tick)();
        self.leave_token();
        let last = self.tokens.tokens.len() - 1;
        let index = self.s.next.min(last);
        let token = self.tokens.tokens[index];
        self.s.next = index + 1;
        self.s.token = token;
        self.s.token_end = token.end;
        self.s.skipped_newline |= token.newline_before;
        let is_name = match token.kind {
            Kind::Not => self.not_is_name,
            soft => soft.is_soft_keyword() && !self.keywords.has(soft),
        };
        self.s.kind = if is_name { Kind::Ident } else { token.kind };
        if token.faulty {
            let first = self.tokens.faults.partition_point(|fault| fault.0 < index);
            let messages: Vec<&str> = self.tokens.faults[first..]
                .iter()
                .take_while(|fault| fault.0 == index)
                .map(|fault| fault.1)
                .collect();
            for message in messages {
                self.error(self.here(), message.to_owned());
            }
            self.s.kind = Kind::Illegal;
        }
    }

    /// To the next token, or to the blanks before it.
    pub fn scan_blank(&mut self) {
        let next = self.tokens.tokens[self.s.next.min(self.tokens.tokens.len() - 1)];
        if next.blank_before && self.s.kind != Kind::Whitespace {
            self.leave_token();
            let mut start = self.s.token.end;
            if self.text.as_bytes().get(start as usize) == Some(&b'#') {
                start += self.slice(start, next.start).find('\n').unwrap_or(0) as u32;
            }
            self.s.skipped_newline |= self.text.as_bytes().get(start as usize) == Some(&b'\n');
            self.s.kind = Kind::Whitespace;
            self.s.token_end = start + 1;
            // The place is worked out only when an error needs it.
            self.s.token = Token {
                kind: Kind::Whitespace,
                start,
                end: start + 1,
                row: 0,
                col: 0,
                faulty: false,
                ..next
            };
        } else {
            self.scan();
        }
    }

    fn leave_token(&mut self) {
        if self.s.kind != Kind::Whitespace {
            self.s.last_end = self.s.token_end;
            self.s.skipped_newline = false;
        }
    }

    /// What stands behind the token at hand, blanks counted.
    pub fn kind_behind(&mut self) -> Kind {
        let next = self.tokens.tokens[self.s.next.min(self.tokens.tokens.len() - 1)];
        if next.blank_before { Kind::Whitespace } else { next.kind }
    }

    /// The state to come back to.
    pub fn save(&self) -> State {
        self.s.clone()
    }

    /// Goes back, or forth.
    pub fn restore(&mut self, state: State) {
        self.s = state;
    }

    /// Whether a word or operator of that name may be part of a reference: keywords may.
    pub fn may_be_name(&self, kind: Kind) -> bool {
        if kind.is_hard_keyword() {
            return true;
        }
        let name = kind.name();
        match kind {
            Kind::In | Kind::Every | Kind::Contains | Kind::If => self.version.is_v1() || self.keywords.has_word(name),
            Kind::And | Kind::Or | Kind::LogicalAnd | Kind::LogicalOr => self.keywords.has_word(name),
            _ => false,
        }
    }

    /// Whether the version the file is parsed as has template strings.
    pub fn has_template_strings(&self) -> bool {
        matches!(self.version, RegoVersion::V1 | RegoVersion::V2)
    }

    /// Whether a word is a keyword of the language version.
    pub fn is_keyword_of_version(&self, word: &str) -> bool {
        let kind = Kind::of_word(word);
        match kind {
            Kind::In | Kind::Every | Kind::Contains | Kind::If => self.version.is_v1(),
            Kind::LogicalAnd | Kind::LogicalOr => self.version == RegoVersion::V2,
            _ => kind.is_hard_keyword(),
        }
    }

    /// A keyword directly followed by `.` or `[` is the first name of a reference: takes it for that.
    pub fn keyword_begins_reference(&mut self) -> bool {
        let begins = self.may_be_name(self.s.kind) && matches!(self.kind_behind(), Kind::Dot | Kind::LBrack);
        if begins {
            self.s.kind = Kind::Ident;
        }
        begins
    }

    // ---- depth ----

    /// One level deeper; `false`, with an error, if that is too deep.
    pub fn enter(&mut self) -> bool {
        self.enter_by(1)
    }

    /// Several levels deeper.
    pub fn enter_by(&mut self, levels: u32) -> bool {
        if self.depth + levels > self.depth_max {
            self.error(self.here(), "max parsing recursion depth exceeded".to_owned());
            return false;
        }
        self.depth += levels;
        true
    }

    /// As many levels up.
    pub fn leave(&mut self, levels: u32) {
        self.depth -= levels;
    }

    // ---- places ----

    /// The place of the token at hand.
    pub fn here(&self) -> Span {
        let Token {
            start,
            end,
            mut row,
            mut col,
            ..
        } = self.s.token;
        if self.s.kind == Kind::Whitespace {
            (row, col) = self.row_and_column(start);
        }
        Span {
            file: self.file,
            start,
            end,
            row,
            col,
        }
    }

    /// From where `start` begins to the end of the last token.
    pub fn since(&self, start: Span) -> Span {
        Span {
            end: self.s.last_end,
            ..start
        }
    }

    /// Row and column of a byte, counted as the lexer does.
    fn row_and_column(&self, at: u32) -> (u32, u32) {
        let before = self.slice(0, at);
        let newlines = before.bytes().filter(|&byte| byte == b'\n').count() as u32;
        if self.text.as_bytes().get(at as usize) == Some(&b'\n') {
            return (newlines + 2, 0);
        }
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        (newlines + 1, before[line..].chars().count() as u32 + 1)
    }

    // ---- names ----

    /// A name, shared between its uses.
    pub fn name(&mut self, text: &'t str) -> Name {
        self.names.entry(text).or_insert_with(|| Rc::from(text)).clone()
    }

    /// The variable at hand; each `_` is a variable of its own.
    pub fn variable(&mut self) -> Term {
        let text = self.literal();
        let name = if text == "_" { self.wildcard() } else { self.name(text) };
        Term {
            span: self.here(),
            value: Value::Var(name),
        }
    }

    /// A fresh name for a `_`.
    pub fn wildcard(&mut self) -> Name {
        let number = self.s.wildcards;
        self.s.wildcards += 1;
        format!("${number}").into()
    }
}
