//! The report for people: what is not as it should be, line by line, and how many tests there were of each kind.

use std::fmt::Write as _;

use super::result::{TestResult, visit};
use crate::duration;

/// Writes the report. With `verbose`, tests that pass are told too.
pub fn report(results: &[TestResult], verbose: bool) -> String {
    let mut text = String::new();
    let mut file = "";
    for result in results.iter().filter(|result| verbose || !result.passes()) {
        if !file.is_empty() && file != result.location.file {
            text.push('\n');
        }
        file = &result.location.file;
        entry(&mut text, result, verbose);
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
    if let Some(error) = &result.error {
        let _ = writeln!(text, "  {}", error.text());
    }
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
