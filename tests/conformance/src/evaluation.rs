//! The parts `eval` and `plan`: queries with the results that OPA gives.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use warrego_compiler::ir::Policy;

use crate::batch::{self, Job};
use crate::compare::{Rules, same_results};
use crate::front::Texts;
use crate::outcome::Outcome;
use crate::raw::members;
use crate::report::Verdict;
use crate::term;

/// Which way a case goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From its Rego text.
    Source,
    /// From OPA's plan of it.
    Plan,
}

/// Where its documents are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Documents {
    /// Compiled in.
    Baked,
    /// Pushed at run time.
    Pushed,
}

/// One evaluation.
struct Case {
    suite: String,
    note: String,
    texts: Texts,
    plan: Option<String>,
    data: Option<String>,
    input: Option<Vec<u8>>,
    input_term: Option<String>,
    strict_error: bool,
    env: HashMap<String, String>,
    wanted: Wanted,
}

#[derive(Default)]
struct Wanted {
    results: Vec<Value>,
    rules: Rules,
    code: Option<String>,
    message: Option<String>,
}

/// Runs the suites of `version` (`v0` or `v1`) that `suite` names, or all.
pub fn run(dir: &Path, version: &str, way: Way, documents: Documents, suite: Option<&str>) -> Result<Vec<Verdict>> {
    let mut cases = Vec::new();
    for (name, text) in crate::suites(&dir.join("eval").join(version), suite)? {
        let mut plans = match way {
            Way::Source => HashMap::new(),
            Way::Plan => read_plans(&dir.join("plan").join(version).join(format!("{name}.jsonl")))?,
        };
        for line in text.lines() {
            let mut case = Case::read(line).with_context(|| format!("suite {name}"))?;
            case.suite = format!("{version}/{name}");
            case.plan = plans.get_mut(&case.note).and_then(VecDeque::pop_front).flatten();
            cases.push(case);
        }
    }
    if way == Way::Plan {
        // Policies that OPA refuses have no plan.
        cases.retain(|case| case.plan.is_some());
    }
    let outcomes = batch::run(&cases, |case| case.prepare(way, documents))?;
    Ok(cases.iter().zip(outcomes).map(|(case, outcomes)| case.judge(&outcomes)).collect())
}

/// The plans of a suite by the cases' names. Several cases may have one name; their plans stand in the cases' order.
fn read_plans(file: &Path) -> Result<HashMap<String, VecDeque<Option<String>>>> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let mut plans: HashMap<String, VecDeque<Option<String>>> = HashMap::new();
    for line in text.lines() {
        let members: HashMap<&str, &str> = members(line).context("not an object")?.into_iter().collect();
        let note = members.get("note").context("a plan without a name")?;
        let plan = members.get("plan").filter(|plan| **plan != "null").map(|plan| (*plan).to_owned());
        plans.entry(serde_json::from_str(note)?).or_default().push_back(plan);
    }
    Ok(plans)
}

impl Case {
    fn read(line: &str) -> Result<Self> {
        let members: HashMap<&str, &str> = members(line).context("not an object")?.into_iter().collect();
        let text = |name: &str| -> Result<Option<String>> { Ok(members.get(name).map(|text| serde_json::from_str(text)).transpose()?) };
        let flag = |name: &str| members.get(name) == Some(&"true");
        let modules: Vec<String> = members.get("modules").map_or(Ok(Vec::new()), |text| serde_json::from_str(text))?;
        Ok(Self {
            suite: String::new(),
            note: text("note")?.context("no note")?,
            texts: Texts {
                modules: Texts::name_modules(modules),
                queries: vec![text("query")?.context("no query")?],
                v0: text("rego_version")?.as_deref() == Some("v0"),
                experimental_keywords: members.contains_key("experimental_keywords"),
                strict: false,
            },
            plan: None,
            data: members.get("data").filter(|text| **text != "null").map(|text| (*text).to_owned()),
            input: members.get("input").map(|text| text.as_bytes().to_vec()),
            input_term: text("input_term")?,
            strict_error: flag("strict_error"),
            env: members
                .get("env")
                .map_or_else(|| Ok(HashMap::new()), |text| serde_json::from_str(text))?,
            wanted: Wanted {
                results: members
                    .get("want_result")
                    .map_or(Ok(Vec::new()), |text| serde_json::from_str(text))?,
                rules: Rules {
                    sort_bindings: flag("sort_bindings"),
                    ignore_generated_vars: flag("ignore_generated_vars"),
                },
                code: text("want_error_code")?,
                message: text("want_error")?,
            },
        })
    }

    fn prepare(&self, way: Way, documents: Documents) -> Result<Job, Outcome> {
        let broken = |error: anyhow::Error| Outcome::Crash(format!("{error:#}"));
        let policy = match (way, &self.plan) {
            (Way::Plan, Some(plan)) => {
                let mut policy: Policy = serde_json::from_str(plan).map_err(|error| broken(error.into()))?;
                if let Some(term) = &self.input_term {
                    term::with_input(&mut policy, plan, term).map_err(broken)?;
                }
                policy
            }
            _ => {
                let mut texts = self.texts.clone();
                if let Some(term) = &self.input_term {
                    texts.queries = texts.queries.iter().map(|query| format!("{query} with input as {term}")).collect();
                }
                texts.plan()?
            }
        };
        let data = self.data.as_deref().unwrap_or("{}");
        let (baked, pushed) = match documents {
            Documents::Baked => (data, None),
            Documents::Pushed => ("{}", Some(data.to_owned())),
        };
        Ok(Job {
            policy,
            data: serde_json::from_str(baked).map_err(|error| broken(error.into()))?,
            pushed,
            input: self.input.clone(),
            strict_builtin_errors: self.strict_error,
            env: self.env.clone().into_iter().collect(),
            time: None,
        })
    }

    fn judge(&self, outcomes: &[Outcome]) -> Verdict {
        let outcome = outcomes.first().cloned().unwrap_or(Outcome::Undefined);
        Verdict {
            suite: self.suite.clone(),
            case: self.note.clone(),
            passed: self.wanted.fits(&outcome),
            listed: false,
            expected: self.wanted.to_string(),
            actual: outcome,
        }
    }
}

impl Wanted {
    fn fits(&self, outcome: &Outcome) -> bool {
        if self.code.is_none() && self.message.is_none() {
            let text = match outcome {
                Outcome::Value(text) => String::from_utf8_lossy(text).into_owned(),
                Outcome::Undefined => "[]".to_owned(),
                _ => return false,
            };
            let results: Result<Vec<Value>, _> = serde_json::from_str(&text);
            return results.is_ok_and(|results| same_results(&results, &self.results, self.rules));
        }
        let fits = |code: &str, message: &str| {
            self.code.as_deref().is_none_or(|wanted| wanted == code)
                && self.message.as_deref().is_none_or(|wanted| message.contains(wanted))
        };
        match outcome {
            // OPA's cases look for a part of the whole text.
            Outcome::Error { code, .. } => fits(code, &outcome.to_string()),
            Outcome::Refused(refusals) => refusals.iter().any(|refusal| fits(&refusal.code, &refusal.message)),
            _ => false,
        }
    }
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.code, &self.message) {
            (None, None) => write!(f, "{}", Value::from(self.results.clone())),
            (code, message) => {
                write!(f, "{}: {}", code.as_deref().unwrap_or("error"), message.as_deref().unwrap_or("…"))
            }
        }
    }
}
