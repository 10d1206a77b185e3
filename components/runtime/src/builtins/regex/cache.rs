//! Compiled regular expressions, kept for the life of the instance: as many as OPA keeps, as long as they fit into a bound in bytes. They live outside
//! the arena, since they grow scratch space while they match.

use super::super::kept::{measured, used};
use super::syntax::{self, SyntaxError};
use crate::mem::Global;
use regex::{Regex, RegexBuilder};

/// How many are kept, and how many bytes of them; the last one is kept whatever its size.
const ENTRIES: usize = 100;
const BYTES: u32 = 32 << 20;
/// Groups, alternatives, repetitions and sequences in each other. Go allows a thousand; but the automata are built by recursion, whose stack is the
/// instance's.
const DEPTH_MAX: u32 = 250;

/// A compiled pattern.
pub struct Compiled {
    /// The pattern as the policy has it.
    source: Box<[u8]>,
    /// The automaton.
    pub regex: Regex,
    /// The names of groups 1, 2, …
    pub names: Vec<String>,
}

struct Cache {
    /// In the order in which they came.
    entries: Vec<Compiled>,
    /// The entry used last.
    recent: usize,
    /// Bytes of all entries, and of the whole heap when they were counted last.
    bytes: u32,
    counted: u32,
}

static CACHE: Global<Cache> = Global::new(Cache {
    entries: Vec::new(),
    recent: 0,
    bytes: 0,
    counted: 0,
});

/// The compiled form of a pattern, good until the next call.
pub fn get(pattern: &[u8]) -> Result<&'static Compiled, SyntaxError> {
    let cache = CACHE.get();
    let is_it = |entry: &&Compiled| *entry.source == *pattern;
    let place = match cache.entries.get(cache.recent).filter(is_it) {
        Some(_) => Some(cache.recent),
        None => cache.entries.iter().position(|entry| is_it(&entry)),
    };
    let place = match place {
        Some(place) => place,
        None => cache.add(pattern)?,
    };
    cache.recent = place;
    match cache.entries.get(place) {
        Some(entry) => Ok(entry),
        None => syntax::error("expression too large", &String::from_utf8_lossy(pattern)),
    }
}

impl Cache {
    /// Compiles a pattern and makes room for it; gives its place.
    fn add(&mut self, pattern: &[u8]) -> Result<usize, SyntaxError> {
        // What the heap has grown by since is taken for scratch space of the entries. It may be that of others; then too many entries leave.
        self.bytes = self.bytes.saturating_add(used().saturating_sub(self.counted));
        let (compiled, size) = measured(|| compile(pattern));
        let compiled = compiled?;
        while !self.entries.is_empty() && (self.entries.len() >= ENTRIES || self.bytes.saturating_add(size) > BYTES) {
            let before = used();
            self.entries.remove(0);
            self.bytes = self.bytes.saturating_sub(before.saturating_sub(used()));
        }
        if self.entries.is_empty() {
            self.bytes = 0;
        }
        self.entries.push(compiled);
        self.bytes = self.bytes.saturating_add(size);
        self.counted = used();
        Ok(self.entries.len() - 1)
    }
}

/// Compiles a pattern anew.
pub(super) fn compile(pattern: &[u8]) -> Result<Compiled, SyntaxError> {
    let translated = syntax::translate(pattern)?;
    let regex = RegexBuilder::new(&translated.text).nest_limit(DEPTH_MAX).build();
    match regex {
        Ok(regex) => Ok(Compiled {
            source: pattern.into(),
            regex,
            names: translated.names,
        }),
        // All other mistakes in it were found before.
        Err(regex::Error::Syntax(_)) => syntax::error(syntax::TOO_DEEP, &String::from_utf8_lossy(pattern)),
        Err(_) => syntax::error("expression too large", &String::from_utf8_lossy(pattern)),
    }
}
