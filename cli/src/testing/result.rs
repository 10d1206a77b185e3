//! What became of a test: the records of `opa test --format json`, field by field, so that scripts which read those go on working. Fields that say
//! nothing are left out, as there.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde::{Serialize, Serializer};
use serde_json::Value;
use warrego_compiler::testing::Test;
use warrego_host::DecisionError;

use super::failure::Failure;
use crate::granted::flag;

/// Cases by name.
pub type SubResults = BTreeMap<String, SubResult>;

/// A test's result.
#[derive(Debug, Clone, Serialize)]
pub struct TestResult {
    /// Where the rule stands.
    pub location: Location,
    /// Its package's path, `data.…`.
    pub package: String,
    /// Its name.
    pub name: String,
    /// It was not true.
    #[serde(skip_serializing_if = "is_false")]
    pub fail: bool,
    /// Why it has no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<TestError>,
    /// It was not run.
    #[serde(skip_serializing_if = "is_false")]
    pub skip: bool,
    /// How long it ran, in nanoseconds.
    pub duration: u64,
    /// What it printed.
    #[serde(skip_serializing_if = "String::is_empty", serialize_with = "base64")]
    pub output: String,
    /// The expression that made it fail, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The cases of a table of cases.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sub_results: SubResults,
}

/// A place in a source file.
#[derive(Debug, Clone, Serialize)]
pub struct Location {
    /// The file's name.
    pub file: String,
    /// 1-based row.
    pub row: u32,
    /// 1-based column.
    pub col: u32,
}

/// A case, or several cases whose names begin alike.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SubResult {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// It, or one of those below it, was not true.
    #[serde(skip_serializing_if = "is_false")]
    pub fail: bool,
    /// The expression that made it fail, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The cases below it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sub_results: SubResults,
}

/// Why a test has no value: what the policy says, or several compile errors.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum TestError {
    /// The decision failed.
    One(ErrorDetail),
    /// The test cannot be asked for.
    Several(Vec<ErrorDetail>),
}

/// An error with OPA's code.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorDetail {
    /// OPA's code, or one of the same form.
    pub code: String,
    /// The cause.
    pub message: String,
    /// The place that is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

impl TestResult {
    /// A result without anything to it yet.
    pub fn of(test: &Test) -> Self {
        Self {
            location: Location {
                file: test.file.clone(),
                row: test.row,
                col: test.col,
            },
            package: test.package.clone(),
            name: test.name.clone(),
            fail: false,
            error: None,
            skip: false,
            duration: 0,
            output: String::new(),
            failure: None,
            sub_results: SubResults::new(),
        }
    }

    /// Whether the test was run and is true.
    pub fn passes(&self) -> bool {
        !self.fail && !self.skip && self.error.is_none()
    }

    /// The outcome in a word.
    pub fn outcome(&self) -> &'static str {
        match self {
            _ if self.passes() => "PASS",
            Self { fail: true, .. } => "FAIL",
            Self { skip: true, .. } => "SKIPPED",
            _ => "ERROR",
        }
    }

    /// The cases that have none below them, each with its whole name.
    pub fn leaves(&self) -> Vec<(Vec<&str>, &SubResult)> {
        let mut leaves = Vec::new();
        visit(&self.sub_results, &mut Vec::new(), &mut |name, case| {
            if case.sub_results.is_empty() {
                leaves.push((name.to_vec(), case));
            }
        });
        leaves
    }
}

impl SubResult {
    /// The outcome in a word.
    pub fn outcome(&self) -> &'static str {
        if self.fail { "FAIL" } else { "PASS" }
    }
}

impl TestError {
    /// An error of ours.
    pub fn message(message: String) -> Self {
        Self::One(ErrorDetail {
            code: "eval_internal_error".to_owned(),
            message,
            location: None,
        })
    }

    /// A function is no test.
    pub fn function(reference: &str) -> Self {
        Self::Several(vec![ErrorDetail {
            code: "rego_type_error".to_owned(),
            message: format!("function {reference} used as reference, not called"),
            location: Some(Location {
                file: String::new(),
                row: 1,
                col: 1,
            }),
        }])
    }

    /// The error in a line.
    pub fn text(&self) -> String {
        match self {
            Self::One(detail) => detail.text(),
            Self::Several(details) if details.len() == 1 => {
                format!("1 error occurred: {}", details.iter().map(ErrorDetail::text).collect::<String>())
            }
            Self::Several(details) => {
                let lines: Vec<String> = details.iter().map(ErrorDetail::text).collect();
                format!("{} errors occurred:\n{}", lines.len(), lines.join("\n"))
            }
        }
    }

    /// Its first code.
    pub fn code(&self) -> &str {
        match self {
            Self::One(detail) => &detail.code,
            Self::Several(details) => details.first().map_or("", |detail| &detail.code),
        }
    }
}

impl ErrorDetail {
    fn text(&self) -> String {
        match &self.location {
            Some(place) if place.file.is_empty() => format!("{}:{}: {}: {}", place.row, place.col, self.code, self.message),
            Some(place) => format!("{}:{}: {}: {}", place.file, place.row, self.code, self.message),
            None => format!("{}: {}", self.code, self.message),
        }
    }
}

impl From<DecisionError> for TestError {
    fn from(error: DecisionError) -> Self {
        let detail = match error {
            DecisionError::MalformedInput(detail)
            | DecisionError::Policy(detail)
            | DecisionError::Conflict(detail)
            | DecisionError::Limit(detail)
            | DecisionError::UnknownEntrypoint(detail) => detail,
            DecisionError::Deadline(_) => {
                return Self::One(ErrorDetail {
                    code: "eval_cancel_error".to_owned(),
                    message: "context deadline exceeded".to_owned(),
                    location: None,
                });
            }
            DecisionError::Denied(capability) => {
                let error = DecisionError::Denied(capability);
                let hint = flag(capability).map_or_else(String::new, |flag| format!("; grant it with {flag}"));
                return Self::One(ErrorDetail {
                    code: "eval_builtin_error".to_owned(),
                    message: format!("{error}{hint}"),
                    location: None,
                });
            }
            other => return Self::message(other.to_string()),
        };
        Self::One(ErrorDetail {
            code: detail.code,
            message: detail.message,
            location: detail.location.map(|place| Location {
                file: place.file,
                row: place.row,
                col: place.col,
            }),
        })
    }
}

/// The cases that a table's value holds.
pub fn cases_of(value: &Value) -> SubResults {
    let entries = value.as_object().into_iter().flatten();
    entries.map(|(name, value)| (name.clone(), case_of(name, value))).collect()
}

fn case_of(name: &str, value: &Value) -> SubResult {
    let name = name.to_owned();
    match value {
        Value::Null => SubResult::default(),
        Value::Object(_) => {
            let sub_results = cases_of(value);
            SubResult {
                name,
                fail: sub_results.values().any(|case| case.fail),
                failure: None,
                sub_results,
            }
        }
        value => SubResult {
            name,
            fail: *value != Value::Bool(true),
            failure: None,
            sub_results: SubResults::new(),
        },
    }
}

/// Notes that a case was begun: it fails unless the table's value holds it. Tells whether it does.
pub fn begin_case(cases: &mut SubResults, name: &[String]) -> bool {
    let Some((first, rest)) = name.split_first() else { return true };
    let case = cases.entry(first.clone()).or_insert_with(|| SubResult {
        name: first.clone(),
        fail: true,
        failure: None,
        sub_results: SubResults::new(),
    });
    if rest.is_empty() {
        return case.fail;
    }
    let fail = begin_case(&mut case.sub_results, rest);
    case.fail |= fail;
    fail
}

/// Says why a case failed, if it did.
pub fn blame(cases: &mut SubResults, name: &[String], failure: Failure) {
    let Some((first, rest)) = name.split_first() else { return };
    let Some(case) = cases.get_mut(first).filter(|case| case.fail) else {
        return;
    };
    match rest {
        [] => case.failure = Some(failure),
        rest => blame(&mut case.sub_results, rest, failure),
    }
}

/// Calls `f` with each case and its whole name, those above before those below.
pub fn visit<'a>(cases: &'a SubResults, name: &mut Vec<&'a str>, f: &mut impl FnMut(&[&'a str], &'a SubResult)) {
    for (part, case) in cases {
        name.push(part);
        f(name, case);
        visit(&case.sub_results, name, f);
        name.pop();
    }
}

fn base64<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&BASE64.encode(text.as_bytes()))
}

fn is_false(value: &bool) -> bool {
    !value
}
