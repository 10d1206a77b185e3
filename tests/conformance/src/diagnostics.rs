//! The part `compile`: what the compiler refuses, and with which words. Nothing is run.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use warrego_compiler::analysis::{Settings, analyse};
use warrego_compiler::syntax::ast::RegoVersion;
use warrego_compiler::syntax::source::{Source, Sources};
use warrego_compiler::syntax::{ParseOptions, parse_module, parse_query};

use crate::batch::{caught, keep_panics_quiet};
use crate::front::{Texts, capabilities, refused};
use crate::outcome::{Outcome, Refusal};
use crate::raw::members;
use crate::report::Verdict;

struct Case {
    note: String,
    body: bool,
    texts: Texts,
    errors: Vec<Refusal>,
    exhaustive: bool,
    print_statements: bool,
}

/// How far a case of a suite must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    /// All errors with code, row, column and message.
    Whole,
    /// Accepted or refused, and code and row of the first error.
    First,
}

/// What the suites without exact messages are also measured by: accepted or refused as OPA does.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sides {
    /// Cases on the same side as OPA.
    pub same: usize,
    /// Cases.
    pub all: usize,
}

/// What was compared: the verdicts, and for each case that differs what OPA says and what we say.
pub type Compared = (Vec<Verdict>, Vec<(String, Sides)>);

/// Runs the suites that `suite` names, or all.
pub fn run(dir: &Path, suite: Option<&str>) -> Result<Compared> {
    keep_panics_quiet();
    let (mut verdicts, mut sides) = (Vec::new(), Vec::new());
    for (name, text) in crate::suites(&dir.join("compile"), suite)? {
        let measure = match name.as_str() {
            "tests" | "queries" => Measure::First,
            _ => Measure::Whole,
        };
        let mut of_suite = Sides::default();
        for line in text.lines() {
            let case = Case::read(line).with_context(|| format!("suite {name}"))?;
            let found = case.check();
            of_suite.all += 1;
            of_suite.same += usize::from(matches!(&found, Ok(found) if found.is_empty() == case.errors.is_empty()));
            verdicts.push(case.judge(&name, found, measure));
        }
        sides.push((name, of_suite));
    }
    Ok((verdicts, sides))
}

impl Case {
    fn read(line: &str) -> Result<Self> {
        let members: HashMap<&str, &str> = members(line).context("not an object")?.into_iter().collect();
        let text = |name: &str| -> Result<Option<String>> { Ok(members.get(name).map(|text| serde_json::from_str(text)).transpose()?) };
        let modules: Vec<String> = members.get("modules").map_or(Ok(Vec::new()), |text| serde_json::from_str(text))?;
        let errors: Vec<Value> = members.get("errors").map_or(Ok(Vec::new()), |text| serde_json::from_str(text))?;
        Ok(Self {
            note: text("note")?.context("no note")?,
            body: text("kind")?.as_deref() == Some("body"),
            texts: Texts {
                modules: Texts::name_modules(modules),
                v0: text("rego_version")?.as_deref() == Some("v0"),
                strict: members.get("strict") == Some(&"true"),
                experimental_keywords: members.contains_key("experimental_keywords"),
                ..Texts::default()
            },
            errors: errors.iter().map(expected).collect(),
            exhaustive: members.get("exhaustive") == Some(&"true"),
            print_statements: members.get("print_statements") == Some(&"true"),
        })
    }

    /// What our compiler says, or why it says nothing.
    fn check(&self) -> Result<Vec<Refusal>, Outcome> {
        let found = caught(|| if self.body { self.check_query() } else { self.check_modules() })?;
        match found {
            None => Ok(Vec::new()),
            Some(Outcome::Refused(refusals)) => Ok(refusals),
            Some(other) => Err(other),
        }
    }

    fn check_modules(&self) -> Option<Outcome> {
        let _guard = capabilities().enter();
        let (mut sources, mut modules, mut found) = (Sources::default(), Vec::new(), Vec::new());
        for (index, (name, text)) in self.texts.modules.iter().enumerate() {
            sources.files.push(source(name, text));
            let parsed = parse_module(index as u32, text, &self.parse_options());
            modules.extend(parsed.module);
            found.extend(parsed.errors);
        }
        if found.is_empty() {
            let settings = Settings {
                strict: self.texts.strict,
                print_statements: self.print_statements,
                ..Settings::default()
            };
            found = analyse(modules, &sources, &settings, None).err().unwrap_or_default();
        }
        (!found.is_empty()).then(|| refused(&sources, &found))
    }

    fn check_query(&self) -> Option<Outcome> {
        let (mut sources, mut found) = (Sources::default(), Vec::new());
        for (index, (name, text)) in self.texts.modules.iter().enumerate() {
            sources.files.push(source(name, text));
            found.extend(parse_query(index as u32, text, &self.parse_options()).err().unwrap_or_default());
        }
        (!found.is_empty()).then(|| refused(&sources, &found))
    }

    /// The corpus was made without reading annotations.
    fn parse_options(&self) -> ParseOptions {
        ParseOptions {
            version: if self.texts.v0 { RegoVersion::V0 } else { RegoVersion::V1 },
            experimental_keywords: self.texts.experimental_keywords,
            process_annotations: false,
            ..ParseOptions::default()
        }
    }

    fn judge(&self, suite: &str, found: Result<Vec<Refusal>, Outcome>, measure: Measure) -> Verdict {
        let passed = found.as_ref().is_ok_and(|found| match measure {
            Measure::Whole => {
                let same = |(wanted, found): (&Refusal, &Refusal)| {
                    let place = (wanted.row, wanted.col) == (found.row, found.col);
                    same_code(wanted, found) && place && wanted.message == found.message
                };
                let counted = if self.exhaustive {
                    found.len() == self.errors.len()
                } else {
                    found.len() >= self.errors.len()
                };
                counted && self.errors.iter().zip(found).all(same)
            }
            Measure::First => match (self.errors.first(), found.first()) {
                (None, None) => true,
                (Some(wanted), Some(found)) => same_code(wanted, found) && wanted.row == found.row,
                _ => false,
            },
        });
        let expected: Vec<String> = self.errors.iter().map(Refusal::to_string).collect();
        Verdict {
            suite: suite.to_owned(),
            case: self.note.clone(),
            passed,
            listed: false,
            expected: if expected.is_empty() {
                "accepted".to_owned()
            } else {
                expected.join("; ")
            },
            actual: match found {
                Ok(found) if found.is_empty() => Outcome::Value(b"accepted".to_vec()),
                Ok(found) => Outcome::Refused(found),
                Err(outcome) => outcome,
            },
        }
    }
}

/// Some of OPA's errors have no code; `other` stands for them.
fn same_code(wanted: &Refusal, found: &Refusal) -> bool {
    wanted.code == found.code || wanted.code == "other"
}

fn source(name: &str, text: &str) -> Source {
    Source {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

fn expected(error: &Value) -> Refusal {
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |name: &str| error.get(name).and_then(Value::as_u64).unwrap_or(0) as u32;
    Refusal {
        code: text("code"),
        message: text("message"),
        module: text("module"),
        row: number("row"),
        col: number("col"),
        details: Vec::new(),
    }
}
