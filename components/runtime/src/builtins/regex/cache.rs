//! Compiled regular expressions, kept for the life of the instance: as many as OPA keeps. They live outside the arena, since they grow scratch space
//! while they match.

use super::syntax::{self, SyntaxError};
use crate::mem::Global;
use regex::{Regex, RegexBuilder};

/// How many are kept.
const ENTRIES: usize = 100;
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
    entries: Vec<Compiled>,
    /// The entry used last, and the one that is replaced next.
    recent: usize,
    oldest: usize,
}

static CACHE: Global<Cache> = Global::new(Cache {
    entries: Vec::new(),
    recent: 0,
    oldest: 0,
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
        None => add(cache, compile(pattern)?),
    };
    cache.recent = place;
    match cache.entries.get(place) {
        Some(entry) => Ok(entry),
        None => syntax::error("expression too large", &String::from_utf8_lossy(pattern)),
    }
}

fn add(cache: &mut Cache, compiled: Compiled) -> usize {
    if cache.entries.len() < ENTRIES {
        cache.entries.push(compiled);
        return cache.entries.len() - 1;
    }
    let place = cache.oldest;
    cache.oldest = (place + 1) % ENTRIES;
    if let Some(entry) = cache.entries.get_mut(place) {
        *entry = compiled;
    }
    place
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
