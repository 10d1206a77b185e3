//! Verdicts, counted: a line per suite, and one per part.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::outcome::Outcome;

/// What became of a case.
#[derive(Debug)]
pub struct Verdict {
    /// Its suite.
    pub suite: String,
    /// Its name there.
    pub case: String,
    /// Whether it is as OPA has it.
    pub passed: bool,
    /// Whether it differs on purpose: it is listed in `differences.md`.
    pub listed: bool,
    /// What OPA has.
    pub expected: String,
    /// What we have.
    pub actual: Outcome,
}

/// Passed, listed, and all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Cases as OPA has them.
    pub passed: usize,
    /// Cases that differ on purpose.
    pub listed: usize,
    /// Cases.
    pub all: usize,
}

impl Count {
    /// Counts verdicts.
    pub fn of<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Self {
        let mut count = Self::default();
        for verdict in verdicts {
            count.all += 1;
            count.passed += usize::from(verdict.passed);
            count.listed += usize::from(verdict.listed && !verdict.passed);
        }
        count
    }

    /// Passed of a hundred, those that differ on purpose among them; a hundred if there are none.
    pub fn percent(self) -> f64 {
        if self.all == 0 {
            100.0
        } else {
            (self.passed + self.listed) as f64 * 100.0 / self.all as f64
        }
    }
}

/// The suites of a part with their counts, in order of their names.
pub fn suites(verdicts: &[Verdict]) -> BTreeMap<&str, Count> {
    let mut suites: BTreeMap<&str, Count> = BTreeMap::new();
    for verdict in verdicts {
        let count = suites.entry(&verdict.suite).or_default();
        count.all += 1;
        count.passed += usize::from(verdict.passed);
        count.listed += usize::from(verdict.listed && !verdict.passed);
    }
    suites
}

/// How many cases crashed the compiler, and how many trapped.
pub fn faults(verdicts: &[Verdict]) -> (usize, usize) {
    let count = |is: fn(&Outcome) -> bool| verdicts.iter().filter(|verdict| is(&verdict.actual)).count();
    (
        count(|outcome| matches!(outcome, Outcome::Crash(_))),
        count(|outcome| matches!(outcome, Outcome::Trap(_))),
    )
}

/// Each failing case, and then what they have in common, most frequent first.
pub fn failures(part: &str, verdicts: &[Verdict]) -> String {
    let mut out = String::new();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for verdict in verdicts.iter().filter(|verdict| !verdict.passed) {
        let actual = verdict.actual.to_string();
        let _ = writeln!(
            out,
            "{} {part} {}: {}\n  expected {}\n  actual   {actual}",
            if verdict.listed { "DIFFERS" } else { "FAIL" },
            verdict.suite,
            verdict.case,
            verdict.expected
        );
        *kinds.entry(kind(&verdict.actual)).or_default() += 1;
    }
    let mut kinds: Vec<(String, usize)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (kind, count) in kinds.iter().take(40) {
        let _ = writeln!(out, "{count:>6} × {kind}");
    }
    out
}

/// A failure without its particulars.
fn kind(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Value(_) => "another value".to_owned(),
        Outcome::Refused(refusals) => {
            let first = refusals.first();
            first.map_or_else(String::new, |first| format!("refused: {} {}", first.code, first.message))
        }
        Outcome::Trap(message) => format!("trap: {}", message.lines().last().unwrap_or_default()),
        other => other.to_string(),
    }
}
