//! Which parts of a policy its tests evaluate: the report of `opa test --coverage`. A part is an expression or a rule's head; it is covered if it, or
//! a part around it, was evaluated.
//!
//! Where OPA's index leaves rules out that cannot hold, this report may count their first expressions as evaluated.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Number;
use warrego_compiler::syntax::source::{Source, Sources, Span};

/// A report.
#[derive(Debug, Serialize)]
pub struct Report {
    files: BTreeMap<String, FileReport>,
    covered_lines: usize,
    not_covered_lines: usize,
    coverage: Number,
    /// The same as a number to compare with.
    #[serde(skip)]
    percent: f64,
}

#[derive(Debug, Default, Serialize)]
struct FileReport {
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    covered: BTreeSet<Range>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    not_covered: BTreeSet<Range>,
    #[serde(skip_serializing_if = "is_zero")]
    covered_lines: usize,
    #[serde(skip_serializing_if = "is_zero")]
    not_covered_lines: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<Number>,
}

/// A range of a file; the end is behind the last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Position {
    row: u32,
    col: u32,
}

impl Range {
    fn of(source: &Source, span: Span) -> Self {
        let text = source.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let rows = text.matches('\n').count() as u32;
        let last = text.rsplit('\n').next().unwrap_or_default().chars().count() as u32;
        Self {
            start: Position {
                row: span.row,
                col: span.col,
            },
            end: Position {
                row: span.row + rows,
                col: if rows == 0 { span.col } else { 1 } + last,
            },
        }
    }

    fn contains(&self, other: &Self) -> bool {
        self.start <= other.start && self.end >= other.end
    }
}

/// Makes the report: `evaluated` parts, and `all` there are.
pub fn report(sources: &Sources, evaluated: &[Span], all: &[Span]) -> Report {
    let mut files: BTreeMap<String, FileReport> = sources
        .files
        .iter()
        .map(|file| (file.name.clone(), FileReport::default()))
        .collect();
    let mut each = |spans: &[Span], add: fn(&mut FileReport, Range)| {
        for &span in spans {
            if let Some(source) = sources.files.get(span.file as usize)
                && let Some(file) = files.get_mut(&source.name)
            {
                add(file, Range::of(source, span));
            }
        }
    };
    each(evaluated, |file, range| {
        file.covered.insert(range);
    });
    each(all, |file, range| {
        if !file.covered.iter().any(|covered| covered.contains(&range)) {
            file.not_covered.insert(range);
        }
    });
    let (mut covered_lines, mut not_covered_lines) = (0, 0);
    for file in files.values_mut() {
        file.covered_lines = rows(&file.covered).len();
        file.not_covered_lines = rows(&file.not_covered).len();
        covered_lines += file.covered_lines;
        not_covered_lines += file.not_covered_lines;
        file.coverage = (file.covered_lines > 0).then(|| number(percent(file.covered_lines, file.not_covered_lines)));
    }
    let percent = percent(covered_lines, not_covered_lines);
    Report {
        files,
        covered_lines,
        not_covered_lines,
        coverage: number(percent),
        percent,
    }
}

impl Report {
    /// What is missing to a threshold in percent, if anything is; with `verbose`, line by line.
    pub fn missing(&self, threshold: f64, verbose: bool) -> Option<String> {
        if self.percent >= threshold {
            return None;
        }
        let mut text = format!("Code coverage threshold not met: got {:.2} instead of {threshold:.2}", self.percent);
        if verbose && !self.files.is_empty() {
            text.push_str("\nLines not covered:");
            for (name, file) in &self.files {
                for (first, last) in runs(&rows(&file.not_covered)) {
                    let _ = match first == last {
                        true => write!(text, "\n\t{name}:{first}"),
                        false => write!(text, "\n\t{name}:{first}-{last}"),
                    };
                }
            }
        }
        Some(text)
    }
}

fn rows(ranges: &BTreeSet<Range>) -> BTreeSet<u32> {
    ranges.iter().flat_map(|range| range.start.row..=range.end.row).collect()
}

/// Rows that follow one another, by their first and last.
fn runs(rows: &BTreeSet<u32>) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &row in rows {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == row => *last = row,
            _ => runs.push((row, row)),
        }
    }
    runs
}

fn percent(covered: usize, not_covered: usize) -> f64 {
    match covered + not_covered {
        0 => 0.0,
        all => 100.0 * covered as f64 / all as f64,
    }
}

/// A number without `.0` behind integers.
fn number(value: f64) -> Number {
    value.to_string().parse().unwrap_or_else(|_| Number::from(0))
}

fn is_zero(value: &usize) -> bool {
    *value == 0
}
