//! Holds the compiler against OPA's own answers: the corpus of evaluations, of plans, of diagnostics and of calls of built-ins.
//!
//! `eval` goes from Rego text to decisions, `plan` from OPA's plans of the same cases, so that front end and back end are held to
//! it apart; `compile` compares diagnostics and runs nothing; `builtins` compares recorded calls. What is expected stands in the
//! corpus' files, never here. The command line is `main`; the floors below which nothing may fall are `floors.json`; what differs on purpose stands,
//! with its reason, in `differences.md`. Calls that once differed and are not in the corpus were recorded in the same way, in
//! `cases/`, a small corpus of its own (`--dir`); `generators/` has the programs that make its tables with OPA.

mod batch;
mod builtins;
mod compare;
mod diagnostics;
mod differences;
mod evaluation;
mod front;
mod machine;
pub mod opa;
mod outcome;
mod raw;
mod report;
mod term;

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub use evaluation::Documents;
use evaluation::Way;
pub use report::{Count, Verdict};

/// A part of the corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Rego text to results.
    Eval,
    /// OPA's plans to results.
    Plan,
    /// Diagnostics.
    Compile,
    /// Calls of built-in functions.
    Builtins,
}

/// All of them.
pub const PARTS: [Part; 4] = [Part::Eval, Part::Plan, Part::Compile, Part::Builtins];

impl Part {
    /// Its name on the command line and in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Eval => "eval",
            Self::Plan => "plan",
            Self::Compile => "compile",
            Self::Builtins => "builtins",
        }
    }
}

/// What became of a part.
#[derive(Debug)]
pub struct Report {
    /// The part.
    pub part: Part,
    /// Every case.
    pub verdicts: Vec<Verdict>,
    /// Counts of groups with a floor of their own: `eval/v1`, `plan/v0`, `compile/opa`, `compile/tests accepted or refused`, …
    pub groups: Vec<(String, Count)>,
}

/// The corpus: `dir` if given, else `WARREGO_CONFORMANCE`, else `../shared/conformance` beside the workspace.
pub fn corpus(dir: Option<&Path>) -> PathBuf {
    let given = dir
        .map(Path::to_owned)
        .or_else(|| env::var_os("WARREGO_CONFORMANCE").map(PathBuf::from));
    given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"))
}

/// Runs a part of the corpus in `dir`, or only the suites whose name is `suite`.
pub fn run(dir: &Path, part: Part, suite: Option<&str>, documents: Documents) -> Result<Report> {
    let (mut verdicts, mut groups) = (Vec::new(), Vec::new());
    match part {
        Part::Eval | Part::Plan => {
            let way = if part == Part::Eval { Way::Source } else { Way::Plan };
            for version in ["v0", "v1"] {
                let mut of_version = evaluation::run(dir, version, way, documents, suite)?;
                differences::mark(part, &mut of_version);
                groups.push((format!("{}/{version}", part.name()), Count::of(&of_version)));
                verdicts.extend(of_version);
            }
        }
        Part::Compile => {
            let (found, sides) = diagnostics::run(dir, suite)?;
            verdicts = found;
            differences::mark(part, &mut verdicts);
            for (name, sides) in sides {
                let count = Count::of(verdicts.iter().filter(|verdict| verdict.suite == name));
                let of_sides = Count {
                    passed: sides.same,
                    listed: 0,
                    all: sides.all,
                };
                groups.push((format!("compile/{name} accepted or refused"), of_sides));
                groups.push((format!("compile/{name}"), count));
            }
        }
        Part::Builtins => {
            verdicts = builtins::run(dir, suite)?;
            differences::mark(part, &mut verdicts);
            groups.push(("builtins".to_owned(), Count::of(&verdicts)));
        }
    }
    Ok(Report { part, verdicts, groups })
}

impl Report {
    /// Cases that crashed the compiler, and cases that trapped.
    pub fn faults(&self) -> (usize, usize) {
        report::faults(&self.verdicts)
    }

    /// A line per suite, the groups, the faults, and last `part: P of N`.
    pub fn text(&self, failures: bool) -> String {
        let name = self.part.name();
        let mut out = String::new();
        for (suite, count) in report::suites(&self.verdicts) {
            let _ = writeln!(out, "{name} {suite}: {} of {}", count.passed, count.all);
        }
        if failures {
            out.push_str(&report::failures(name, &self.verdicts));
        }
        for (group, count) in &self.groups {
            let _ = writeln!(
                out,
                "{group}: {} of {} and {} that differ on purpose ({:.2} %)",
                count.passed,
                count.all,
                count.listed,
                count.percent()
            );
        }
        let (crashes, traps) = self.faults();
        let _ = writeln!(out, "{name} crashes of the compiler: {crashes}, traps: {traps}");
        let all = Count::of(&self.verdicts);
        let _ = writeln!(out, "{name}: {} of {}", all.passed, all.all);
        out
    }
}

/// The suites in a folder in order of their names, with their texts; only the one named `only`, if given.
fn suites(folder: &Path, only: Option<&str>) -> Result<Vec<(String, String)>> {
    let mut suites = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if path.extension().is_some_and(|extension| extension == "jsonl") && only.is_none_or(|only| only == name) {
            let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            suites.push((name, text));
        }
    }
    suites.sort();
    Ok(suites)
}
