//! Glob patterns as programs, and their execution: all states at once, one code point after the other, so that the time is at most length of pattern times
//! length of text, whatever the pattern.

use super::super::text::{REPLACEMENT, Runes, rune};
use crate::number::seq::Seq;

/// A step of a program. Targets are positions in it.
#[derive(Debug, Clone, Copy, Default)]
enum Step {
    /// The text must end here.
    #[default]
    Match,
    /// This code point.
    Rune(u32),
    /// Any code point but a delimiter.
    NoDelimiter,
    /// Any code point.
    Any,
    /// One of the members between two positions, or none of them.
    Set { from: u32, to: u32, inverted: bool },
    /// A code point between two, or beyond them.
    Between { low: u32, high: u32, inverted: bool },
    /// Go on in two places.
    Fork(u32, u32),
    /// Go on elsewhere.
    Jump(u32),
}

/// A compiled pattern.
pub struct Program {
    steps: Seq<Step>,
    /// The members of sets.
    members: Seq<u32>,
}

/// What is wrong with a pattern, and how far it was read.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// Bytes.
    pub place: usize,
    /// The library's words.
    pub what: &'static str,
}

/// An open group of alternatives.
#[derive(Clone, Copy, Default)]
struct Alternatives {
    /// The fork before the current alternative.
    fork: u32,
    /// The last of the jumps to the end: each holds the position of the one before.
    jump: u32,
}

/// No jump yet.
const NONE: u32 = u32::MAX;

struct Compiler<'a> {
    source: &'a [u8],
    at: usize,
    program: Program,
    open: Seq<Alternatives>,
}

/// Compiles a pattern.
pub fn compile(source: &[u8]) -> Result<Program, Fault> {
    let mut compiler = Compiler {
        source,
        at: 0,
        program: Program {
            steps: Seq::with_capacity(source.len() + 4),
            members: Seq::new(),
        },
        open: Seq::new(),
    };
    while let Some(next) = compiler.read()? {
        compiler.step(next)?;
    }
    if !compiler.open.is_empty() {
        return compiler.fault("unclosed `{`");
    }
    compiler.program.steps.push(Step::Match);
    Ok(compiler.program)
}

impl Compiler<'_> {
    fn fault<T>(&self, what: &'static str) -> Result<T, Fault> {
        Err(Fault { place: self.at, what })
    }

    fn peek(&self) -> Option<(u32, usize)> {
        let (value, len) = rune(self.source.get(self.at..).unwrap_or_default());
        (len > 0).then_some((value, len))
    }

    /// The next code point, `None` at the end.
    fn read(&mut self) -> Result<Option<u32>, Fault> {
        match self.peek() {
            None => Ok(None),
            Some((REPLACEMENT, 1)) => self.fault("invalid UTF-8 sequence"),
            Some((value, len)) => {
                self.at += len;
                Ok(Some(value))
            }
        }
    }

    fn next_is(&self, byte: u8) -> bool {
        self.source.get(self.at) == Some(&byte)
    }

    fn place(&self) -> u32 {
        self.program.steps.len() as u32
    }

    fn push(&mut self, step: Step) {
        self.program.steps.push(step);
    }

    fn patch(&mut self, at: u32, step: Step) {
        if let Some(place) = self.program.steps.get_mut(at as usize) {
            *place = step;
        }
    }

    fn step(&mut self, next: u32) -> Result<(), Fault> {
        match u8::try_from(next).unwrap_or(0) {
            b'*' => {
                let deep = self.next_is(b'*');
                self.at += usize::from(deep);
                let start = self.place();
                self.push(Step::Fork(start + 1, start + 3));
                self.push(if deep { Step::Any } else { Step::NoDelimiter });
                self.push(Step::Jump(start));
            }
            b'?' => self.push(Step::NoDelimiter),
            b'[' => self.class()?,
            b'{' => {
                self.open.push(Alternatives {
                    fork: self.place(),
                    jump: NONE,
                });
                self.push(Step::Jump(0));
            }
            b',' if !self.open.is_empty() => self.alternative(),
            b'}' if !self.open.is_empty() => self.close(),
            b'\\' => match self.read()? {
                Some(escaped) => self.push(Step::Rune(escaped)),
                None => return self.fault("trailing backslash"),
            },
            _ => self.push(Step::Rune(next)),
        }
        Ok(())
    }

    /// A comma in a group: the alternative so far ends, and the fork before it leads here, too.
    fn alternative(&mut self) {
        let Some(mut group) = self.open.last().copied() else {
            return;
        };
        let jump = self.place();
        self.push(Step::Jump(group.jump));
        self.patch(group.fork, Step::Fork(group.fork + 1, jump + 1));
        group.fork = jump + 1;
        group.jump = jump;
        self.push(Step::Jump(0));
        if let Some(last) = self.open.last_mut() {
            *last = group;
        }
    }

    /// The end of a group: its last fork leads nowhere else, and all alternatives meet here.
    fn close(&mut self) {
        let Some(group) = self.open.last().copied() else {
            return;
        };
        self.open.pop();
        self.patch(group.fork, Step::Jump(group.fork + 1));
        let end = self.place();
        let mut jump = group.jump;
        while let Some(Step::Jump(before)) = self.program.steps.get(jump as usize).copied() {
            self.patch(jump, Step::Jump(end));
            jump = before;
        }
    }

    /// What follows `[`.
    fn class(&mut self) -> Result<(), Fault> {
        let inverted = self.next_is(b'!');
        self.at += usize::from(inverted);
        let start = self.at;
        let Some(low) = self.read()? else {
            return self.fault("unexpected end of input");
        };
        if self.next_is(b'-') {
            self.at += 1;
            let Some(high) = self.read()? else {
                return self.fault("unexpected end of input");
            };
            self.bracket()?;
            if high < low {
                return self.fault("range hi character is less than lo");
            }
            self.push(Step::Between { low, high, inverted });
            return Ok(());
        }
        self.at = start;
        let from = self.program.members.len() as u32;
        while !self.next_is(b']') {
            let member = match self.read()? {
                Some(member) if member == u32::from(b'\\') => match self.read()? {
                    None => return self.fault("trailing backslash"),
                    escaped => escaped,
                },
                member => member,
            };
            match member {
                Some(member) => self.program.members.push(member),
                None => break,
            };
        }
        self.bracket()?;
        let to = self.program.members.len() as u32;
        if from == to {
            return self.fault("could not parse range");
        }
        self.push(Step::Set { from, to, inverted });
        Ok(())
    }

    /// The closing bracket.
    fn bracket(&mut self) -> Result<(), Fault> {
        match self.read()? {
            None => self.fault("unexpected end of input"),
            Some(close) if close == u32::from(b']') => Ok(()),
            Some(_) => self.fault("expected close range character"),
        }
    }
}

/// The states that a program is in.
struct States {
    places: Seq<u32>,
    /// For each place, the round in which it was entered last.
    entered: Seq<u32>,
}

impl Program {
    /// Whether the program fits a whole text.
    pub fn fits(&self, text: &[u8], delimiters: &[u32]) -> bool {
        let count = self.steps.len();
        let mut states = States {
            places: Seq::with_capacity(count),
            entered: Seq::zeroed(count),
        };
        let mut next = Seq::with_capacity(count);
        let mut todo = Seq::with_capacity(count);
        let mut round = 1;
        self.enter(0, round, &mut states, &mut todo);
        for (rune, _) in Runes(text) {
            if states.places.is_empty() {
                return false;
            }
            round += 1;
            core::mem::swap(&mut states.places, &mut next);
            states.places.truncate(0);
            for place in next.iter() {
                if self.takes(*place, rune, delimiters) {
                    self.enter(place + 1, round, &mut states, &mut todo);
                }
            }
        }
        states
            .places
            .iter()
            .any(|place| matches!(self.steps.get(*place as usize), Some(Step::Match)))
    }

    fn takes(&self, place: u32, rune: u32, delimiters: &[u32]) -> bool {
        match self.steps.get(place as usize) {
            Some(Step::Rune(expected)) => *expected == rune,
            Some(Step::NoDelimiter) => !delimiters.contains(&rune),
            Some(Step::Any) => true,
            Some(Step::Set { from, to, inverted }) => {
                let members = self.members.get(*from as usize..*to as usize).unwrap_or_default();
                members.contains(&rune) != *inverted
            }
            Some(Step::Between { low, high, inverted }) => (*low <= rune && rune <= *high) != *inverted,
            _ => false,
        }
    }

    /// Enters a place, and those that forks and jumps lead to.
    fn enter(&self, place: u32, round: u32, states: &mut States, todo: &mut Seq<u32>) {
        todo.push(place);
        while let Some(place) = todo.last().copied() {
            todo.pop();
            match states.entered.get_mut(place as usize) {
                Some(entered) if *entered != round => *entered = round,
                _ => continue,
            }
            match self.steps.get(place as usize) {
                Some(Step::Fork(one, other)) => {
                    todo.push(*other);
                    todo.push(*one);
                }
                Some(Step::Jump(target)) => {
                    todo.push(*target);
                }
                Some(_) => {
                    states.places.push(place);
                }
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, text: &str) -> Result<bool, Fault> {
        compile(pattern.as_bytes()).map(|program| program.fits(text.as_bytes(), &[u32::from(b'.')]))
    }

    #[test]
    fn matches() {
        let cases = [
            ("*.com", "api.com", true),
            ("*.com", "a.api.com", false),
            ("**.com", "a.api.com", true),
            ("a?c", "abc", true),
            ("a?c", "a.c", false),
            ("[!a-c]at", "cat", false),
            ("[.]", ".", true),
            ("{cat,bat,[fr]at}", "rat", true),
            ("{{a,b},c}x", "bx", true),
            ("{a,}b", "b", true),
            ("a\\*c", "a*c", true),
            ("*é*", "xéy", true),
            ("", "", true),
            ("a**b", "ab", true),
            ("}", "}", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(fits(pattern, text), Ok(expected), "{pattern} {text}");
        }
    }

    #[test]
    fn faults() {
        let cases = [
            ("[", 1, "unexpected end of input"),
            ("{a", 2, "unclosed `{`"),
            ("[]", 2, "could not parse range"),
            ("[a-c-e]", 5, "expected close range character"),
            ("[z-a]", 5, "range hi character is less than lo"),
            ("a\\", 2, "trailing backslash"),
        ];
        for (pattern, place, what) in cases {
            assert_eq!(fits(pattern, ""), Err(Fault { place, what }), "{pattern}");
        }
    }
}
