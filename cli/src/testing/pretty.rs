//! The report for people: what is not as it should be, line by line, and how many tests there were of each kind.

use std::fmt::Write as _;

use super::failure::Failure;
use super::result::{TestResult, visit};
use crate::duration;

/// Writes the report. With `verbose`, tests that pass are told too; with `explained`, which expressions made tests fail.
pub fn report(results: &[TestResult], verbose: bool, explained: bool) -> String {
    let mut text = String::new();
    let mut file = "";
    for result in results.iter().filter(|result| verbose || !result.passes()) {
        if !file.is_empty() && file != result.location.file {
            text.push('\n');
        }
        file = &result.location.file;
        entry(&mut text, result, verbose);
    }
    if explained && results.iter().any(|result| result.fail) {
        text.push_str(&format!("{0}FAILURES\n{0}", rule()));
        results
            .iter()
            .filter(|result| result.fail)
            .for_each(|result| failures(&mut text, result));
    }
    if !text.is_empty() {
        text.push_str(&rule());
    }
    text + &Counts::of(results).text()
}

fn entry(text: &mut String, result: &TestResult, verbose: bool) {
    let _ = writeln!(text, "{}:{}:", result.location.file, result.location.row);
    let _ = writeln!(text, "{}", line(result));
    visit(&result.sub_results, &mut Vec::new(), &mut |name, case| {
        if case.fail || verbose {
            let indent = "  ".repeat(name.len());
            let _ = writeln!(text, "{indent}{}: {}", case.name, case.outcome());
        }
    });
    if !result.output.is_empty() {
        let _ = writeln!(text, "\n{}\n", indented(result.output.trim(), 2));
    }
    if let Some(error) = &result.error {
        let _ = writeln!(text, "  {}", error.text());
    }
}

/// The expressions that made a test, or cases of it, fail.
fn failures(text: &mut String, result: &TestResult) {
    let _ = writeln!(text, "{}\n", line(result));
    if result.sub_results.is_empty() {
        text.push_str(&result.failure.as_ref().map_or_else(String::new, |failure| drawn(failure, 0) + "\n"));
    }
    for (name, case) in result.leaves().iter().filter(|(_, case)| case.fail) {
        for (depth, part) in (1..).zip(name) {
            let _ = writeln!(text, "{}{part}: {}", "  ".repeat(depth), case.outcome());
        }
        let indent = 2 + 2 * name.len();
        let _ = writeln!(text, "{:indent$}", "");
        if let Some(failure) = &case.failure {
            let _ = writeln!(text, "{}{:indent$}", drawn(failure, indent), "");
        }
    }
    text.push('\n');
}

/// An expression with its values, and its place above it.
fn drawn(failure: &Failure, indent: usize) -> String {
    let place = format!("{}:{}:", failure.location.file, failure.location.row);
    format!("{}\n{}", indented(&place, indent + 2), indented(&failure.drawn, indent + 4))
}

fn indented(text: &str, by: usize) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| format!("{:by$}{line}", "")).collect();
    lines.join("\n")
}

/// A test with its outcome and how long it took.
pub fn line(result: &TestResult) -> String {
    let outcome = result.outcome();
    if result.skip {
        return format!("{}.{}: {outcome}", result.package, result.name);
    }
    format!(
        "{}.{}: {outcome} ({})",
        result.package,
        result.name,
        duration::text(result.duration)
    )
}

/// A line across.
pub fn rule() -> String {
    "-".repeat(80) + "\n"
}

/// How many tests there were; of a table, its cases count.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// True.
    pub pass: usize,
    /// Not true.
    pub fail: usize,
    /// Not run.
    pub skip: usize,
    /// Without a value.
    pub error: usize,
}

impl Counts {
    /// Counts results.
    pub fn of<'a>(results: impl IntoIterator<Item = &'a TestResult>) -> Self {
        let mut counts = Self::default();
        for result in results {
            counts.add(result);
        }
        counts
    }

    fn add(&mut self, result: &TestResult) {
        if result.skip {
            self.skip += 1;
        } else if result.error.is_some() {
            self.error += 1;
        } else if result.sub_results.is_empty() {
            self.count(result.fail);
        } else {
            for (_, case) in result.leaves() {
                self.count(case.fail);
            }
        }
    }

    fn count(&mut self, fail: bool) {
        if fail {
            self.fail += 1;
        } else {
            self.pass += 1;
        }
    }

    /// All together.
    pub fn total(self) -> usize {
        self.pass + self.fail + self.skip + self.error
    }

    fn text(self) -> String {
        let mut text = String::new();
        let total = self.total();
        for (name, count) in [
            ("PASS", self.pass),
            ("FAIL", self.fail),
            ("SKIPPED", self.skip),
            ("ERROR", self.error),
        ] {
            if count > 0 {
                let _ = writeln!(text, "{name}: {count}/{total}");
            }
        }
        text
    }
}
