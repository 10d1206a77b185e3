//! Characters to tokens. What a line means depends on its indentation and on what follows: a scalar is a key when a colon comes behind it, so tokens are
//! held back while that is open, and a token is then put before them.
//!
//! `scalars` reads the scalars, `tags` directives and tags.

use crate::source::{Fault, Mark, Source, is_alpha, is_blank, is_blank_or_end, is_break, is_break_or_end};
use std::collections::VecDeque;

/// What is wrong with brackets or indentation beyond [`DEPTH_MAX`](crate::DEPTH_MAX).
const TOO_DEEP: &str = "exceeded max depth of 10000";
/// How long a key without a question mark may be.
const KEY_MAX: usize = 1024;

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The end.
    StreamEnd,
    /// `%YAML`
    Version(u32, u32),
    /// `%TAG` with handle and prefix.
    TagDirective(String, String),
    /// `---`
    DocumentStart,
    /// `...`
    DocumentEnd,
    /// The first entry of a sequence by indentation follows.
    BlockSequenceStart,
    /// The first key of a mapping by indentation follows.
    BlockMappingStart,
    /// The end of either.
    BlockEnd,
    /// `[`
    FlowSequenceStart,
    /// `]`
    FlowSequenceEnd,
    /// `{`
    FlowMappingStart,
    /// `}`
    FlowMappingEnd,
    /// `-`
    BlockEntry,
    /// `,`
    FlowEntry,
    /// `?`, or the beginning of a key.
    Key,
    /// `:`
    Value,
    /// `*name`
    Alias(String),
    /// `&name`
    Anchor(String),
    /// `!handle!suffix`
    Tag(String, String),
    /// A scalar; `true` without quotes and in one of the flow styles.
    Scalar(String, bool),
}

/// A token and where it stands.
#[derive(Debug, Clone)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it begins.
    pub start: Mark,
}

/// A place where a key may have begun.
#[derive(Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    /// It must be one, since nothing else can stand there.
    required: bool,
    token: usize,
    mark: Mark,
    /// Its token is held back. Empty brackets lose this, as in the library: a colon behind them may come too late.
    held: bool,
}

/// Reads tokens.
pub struct Scanner {
    pub(super) source: Source,
    tokens: VecDeque<Token>,
    /// Tokens given out.
    parsed: usize,
    indent: isize,
    indents: Vec<isize>,
    flow_level: usize,
    keys: Vec<SimpleKey>,
    key_allowed: bool,
}

pub(super) type Step<T = ()> = Result<T, Fault>;

impl Scanner {
    /// Reads a text's tokens.
    pub fn new(source: Source) -> Scanner {
        Scanner {
            source,
            tokens: VecDeque::new(),
            // The token that begins the stream counts, though nobody needs to see it.
            parsed: 1,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            keys: vec![SimpleKey::default()],
            key_allowed: true,
        }
    }

    /// A fault in what began at a place.
    pub(super) fn fault<T>(&self, context: Mark, problem: &str) -> Step<T> {
        let line = if context.line != 0 { context.line } else { self.source.mark.line };
        Err(Fault {
            line: if line == 0 { 0 } else { line + 1 },
            problem: problem.to_owned(),
        })
    }

    pub(super) fn in_flow(&self) -> bool {
        self.flow_level > 0
    }

    pub(super) fn indent(&self) -> isize {
        self.indent
    }

    pub(super) fn allow_key(&mut self) {
        self.key_allowed = true;
    }

    /// The next token.
    pub fn peek(&mut self) -> Step<&Token> {
        self.fill()?;
        match self.tokens.front() {
            Some(token) => Ok(token),
            None => Err(Fault::new("unknown problem parsing YAML content")),
        }
    }

    /// Takes the next token.
    pub fn take(&mut self) -> Step<Token> {
        self.fill()?;
        self.parsed += 1;
        match self.tokens.pop_front() {
            Some(token) => Ok(token),
            None => Err(Fault::new("unknown problem parsing YAML content")),
        }
    }

    /// Reads tokens until nothing can come before the first one any more.
    fn fill(&mut self) -> Step {
        loop {
            if self.tokens.len() > 2 {
                let head = self.parsed;
                match self.key_at(head) {
                    Some(place) if self.is_valid(place)? => {}
                    _ => return Ok(()),
                }
            }
            self.fetch()?;
        }
    }

    /// The key that may begin with a token. Keys lie in the order of their tokens.
    fn key_at(&self, token: usize) -> Option<usize> {
        let first = self.keys.partition_point(|key| key.token < token);
        let same = self.keys.get(first..)?.iter().take_while(|key| key.token == token);
        let place = same.into_iter().position(|key| key.possible && key.held)?;
        Some(first + place)
    }

    /// Whether a place can still be the beginning of a key.
    fn is_valid(&mut self, place: usize) -> Step<bool> {
        let Some(key) = self.keys.get(place).copied().filter(|key| key.possible) else {
            return Ok(false);
        };
        let here = self.source.mark;
        if key.mark.line >= here.line && key.mark.index + KEY_MAX >= here.index {
            return Ok(true);
        }
        if key.required {
            return self.fault(key.mark, "could not find expected ':'");
        }
        if let Some(key) = self.keys.get_mut(place) {
            key.possible = false;
        }
        Ok(false)
    }

    fn save_key(&mut self) -> Step {
        if self.key_allowed {
            self.remove_key()?;
            let key = SimpleKey {
                possible: true,
                required: self.flow_level == 0 && self.indent == self.source.mark.column as isize,
                token: self.parsed + self.tokens.len(),
                mark: self.source.mark,
                held: true,
            };
            if let Some(last) = self.keys.last_mut() {
                *last = key;
            }
        }
        Ok(())
    }

    fn remove_key(&mut self) -> Step {
        match self.keys.last_mut() {
            Some(key) if key.possible => {
                let key_now = *key;
                if key_now.required {
                    return self.fault(key_now.mark, "could not find expected ':'");
                }
                key.possible = false;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn push(&mut self, kind: Kind, start: Mark) {
        self.tokens.push_back(Token { kind, start });
    }

    /// Puts a token before token `number`, or last if that is gone.
    fn insert(&mut self, number: usize, kind: Kind, start: Mark) {
        match number.checked_sub(self.parsed) {
            Some(place) if place <= self.tokens.len() => self.tokens.insert(place, Token { kind, start }),
            _ => self.push(kind, start),
        }
    }

    /// Opens a block collection if this column is deeper than the current one; its token goes before token `number`, or last.
    fn roll(&mut self, column: usize, number: Option<usize>, kind: Kind, start: Mark) -> Step {
        if self.flow_level > 0 || self.indent >= column as isize {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column as isize;
        if self.indents.len() > crate::DEPTH_MAX {
            return self.fault(start, TOO_DEEP);
        }
        match number {
            Some(number) => self.insert(number, kind, start),
            None => self.push(kind, start),
        }
        Ok(())
    }

    /// Closes the block collections that are deeper than a column.
    fn unroll(&mut self, column: isize, mark: Mark) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(Kind::BlockEnd, mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn fetch(&mut self) -> Step {
        let before = self.source.mark;
        self.skip_space();
        self.unroll(self.source.mark.column as isize, before);
        let start = self.source.mark;
        let (c, behind) = (self.source.next(), self.source.peek(1));
        let word_ends = is_blank_or_end(behind);
        match c {
            '\0' => return self.fetch_end(),
            '%' if start.column == 0 => {
                self.begin_outside()?;
                let kind = self.scan_directive()?;
                self.push(kind, start);
                return Ok(());
            }
            '-' if self.source.at_indicator('-') => return self.fetch_indicator(Kind::DocumentStart),
            '.' if self.source.at_indicator('.') => return self.fetch_indicator(Kind::DocumentEnd),
            '[' => self.fetch_open(Kind::FlowSequenceStart)?,
            '{' => self.fetch_open(Kind::FlowMappingStart)?,
            ']' => self.fetch_close(Kind::FlowSequenceEnd)?,
            '}' => self.fetch_close(Kind::FlowMappingEnd)?,
            ',' => {
                self.remove_key()?;
                self.key_allowed = true;
                self.source.skip(1);
                self.push(Kind::FlowEntry, start);
            }
            '-' if word_ends => self.fetch_block_entry()?,
            '?' if word_ends || self.flow_level > 0 => self.fetch_key()?,
            ':' if word_ends || self.flow_level > 0 => self.fetch_value()?,
            '*' | '&' => {
                self.save_key()?;
                self.key_allowed = false;
                let name = self.scan_anchor()?;
                self.push(if c == '*' { Kind::Alias(name) } else { Kind::Anchor(name) }, start);
            }
            '!' => {
                self.save_key()?;
                self.key_allowed = false;
                let kind = self.scan_tag()?;
                self.push(kind, start);
            }
            '|' | '>' if self.flow_level == 0 => {
                self.remove_key()?;
                self.key_allowed = true;
                let text = self.scan_block(c == '|')?;
                self.push(Kind::Scalar(text, false), start);
            }
            '\'' | '"' => {
                self.save_key()?;
                self.key_allowed = false;
                let text = self.scan_quoted(c == '\'')?;
                self.push(Kind::Scalar(text, false), start);
            }
            _ if self.begins_plain(c, behind) => {
                self.save_key()?;
                self.key_allowed = false;
                let text = self.scan_plain()?;
                self.push(Kind::Scalar(text, true), start);
            }
            _ => return self.fault(start, "found character that cannot start any token"),
        }
        Ok(())
    }

    fn begins_plain(&self, c: char, behind: char) -> bool {
        match c {
            '-' => !is_blank(behind),
            '?' | ':' => self.flow_level == 0 && !is_blank_or_end(behind),
            ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => false,
            c => !is_blank_or_end(c),
        }
    }

    /// Passes space, comments and line breaks.
    fn skip_space(&mut self) {
        loop {
            // A second mark at the beginning counts as one, a mark elsewhere does not.
            if self.source.mark.index == 0 && self.source.next() == '\u{feff}' {
                self.source.skip(1);
            }
            let tabs = self.flow_level > 0 || !self.key_allowed;
            while self.source.next() == ' ' || tabs && self.source.next() == '\t' {
                self.source.skip(1);
            }
            if self.source.next() == '#' {
                while !is_break_or_end(self.source.next()) {
                    self.source.skip(1);
                }
            }
            if !is_break(self.source.next()) {
                return;
            }
            self.source.skip_line();
            if self.flow_level == 0 {
                self.key_allowed = true;
            }
        }
    }

    /// What stands outside of documents begins.
    fn begin_outside(&mut self) -> Step {
        self.unroll(-1, self.source.mark);
        self.remove_key()?;
        self.key_allowed = false;
        Ok(())
    }

    fn fetch_end(&mut self) -> Step {
        if self.source.mark.column != 0 {
            self.source.mark.column = 0;
            self.source.mark.line += 1;
        }
        self.begin_outside()?;
        self.push(Kind::StreamEnd, self.source.mark);
        Ok(())
    }

    fn fetch_indicator(&mut self, kind: Kind) -> Step {
        self.begin_outside()?;
        self.push(kind, self.source.mark);
        self.source.skip(3);
        Ok(())
    }

    fn fetch_open(&mut self, kind: Kind) -> Step {
        self.save_key()?;
        self.keys.push(SimpleKey {
            token: self.parsed + self.tokens.len(),
            ..SimpleKey::default()
        });
        self.flow_level += 1;
        if self.flow_level > crate::DEPTH_MAX {
            return self.fault(self.source.mark, TOO_DEEP);
        }
        self.key_allowed = true;
        self.push(kind, self.source.mark);
        self.source.skip(1);
        Ok(())
    }

    fn fetch_close(&mut self, kind: Kind) -> Step {
        self.remove_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            if let Some(closed) = self.keys.pop() {
                let same = self.keys.iter_mut().rev().take_while(|key| key.token == closed.token);
                same.for_each(|key| key.held = false);
            }
        }
        self.key_allowed = false;
        self.push(kind, self.source.mark);
        self.source.skip(1);
        Ok(())
    }

    /// A fault unless a block collection may begin here; begins one if it is deeper.
    fn begin_block(&mut self, kind: Kind, refusal: &str) -> Step {
        if self.flow_level > 0 {
            return Ok(());
        }
        let here = self.source.mark;
        if !self.key_allowed {
            return self.fault(here, refusal);
        }
        self.roll(here.column, None, kind, here)
    }

    fn fetch_block_entry(&mut self) -> Step {
        self.begin_block(Kind::BlockSequenceStart, "block sequence entries are not allowed in this context")?;
        self.remove_key()?;
        self.key_allowed = true;
        self.push(Kind::BlockEntry, self.source.mark);
        self.source.skip(1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Step {
        self.begin_block(Kind::BlockMappingStart, "mapping keys are not allowed in this context")?;
        self.remove_key()?;
        self.key_allowed = self.flow_level == 0;
        self.push(Kind::Key, self.source.mark);
        self.source.skip(1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Step {
        let place = self.keys.len().saturating_sub(1);
        if self.is_valid(place)? {
            let key = self.keys.get(place).copied().unwrap_or_default();
            self.insert(key.token, Kind::Key, key.mark);
            self.roll(key.mark.column, Some(key.token), Kind::BlockMappingStart, key.mark)?;
            if let Some(key) = self.keys.get_mut(place) {
                key.possible = false;
            }
            self.key_allowed = false;
        } else {
            self.begin_block(Kind::BlockMappingStart, "mapping values are not allowed in this context")?;
            self.key_allowed = self.flow_level == 0;
        }
        self.push(Kind::Value, self.source.mark);
        self.source.skip(1);
        Ok(())
    }

    fn scan_anchor(&mut self) -> Step<String> {
        let start = self.source.mark;
        self.source.skip(1);
        let mut name = String::new();
        while is_alpha(self.source.next()) {
            self.source.read(&mut name);
        }
        let next = self.source.next();
        if name.is_empty() || !is_blank_or_end(next) && !"?:,]}%@`".contains(next) {
            return self.fault(start, "did not find expected alphabetic or numeric character");
        }
        Ok(name)
    }
}
