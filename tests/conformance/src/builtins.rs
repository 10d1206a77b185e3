//! The part `builtins`: recorded calls, in default mode and with strict built-in errors. What a call gives is compared as text where JSON
//! can write it, and asked further (`type_name`, equality with a term) where it cannot.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use regex::Regex;
use serde_json::Value;

use crate::batch::{self, Job};
use crate::front::Texts;
use crate::outcome::{Outcome, Refusal};
use crate::raw::members;
use crate::report::Verdict;

/// 2024-05-06T07:08:09.123456789Z: when the calls were recorded.
const NOW: Duration = Duration::new(1_714_979_289, 123_456_789);

/// One call.
struct Case {
    suite: String,
    id: String,
    texts: Texts,
    input: Option<Vec<u8>>,
    wanted: Wanted,
    /// What strict mode reports: code and message.
    error: Option<(String, String)>,
}

enum Wanted {
    /// A JSON text, and the answers to further questions, which have to be `true`.
    Result(Option<String>),
    Undefined,
    /// An error in default mode as well.
    Error(String, String),
    Refused(Refusal),
    /// OPA panics here: anything but a value, a crash or a trap will do.
    NoValue,
    Property(Property),
}

struct Property {
    type_name: String,
    pattern: Option<Regex>,
    integer: bool,
    min: Option<f64>,
    max: Option<f64>,
}

/// Runs the built-ins that `suite` names, or all.
pub fn run(dir: &Path, suite: Option<&str>) -> Result<Vec<Verdict>> {
    let mut cases = Vec::new();
    for (name, text) in crate::suites(&dir.join("builtins"), suite)? {
        for line in text.lines() {
            let case = Case::read(&name, line).with_context(|| format!("suite {name}"))?;
            cases.push(case);
        }
    }
    let lenient = batch::run(&cases, |case| case.prepare(false))?;
    let strict = batch::run(&cases, |case| case.prepare(true))?;
    Ok(cases
        .iter()
        .zip(lenient.iter().zip(&strict))
        .map(|(case, (lenient, strict))| case.judge(lenient, strict))
        .collect())
}

impl Case {
    fn read(suite: &str, line: &str) -> Result<Self> {
        let members: HashMap<&str, &str> = members(line).context("not an object")?.into_iter().collect();
        let text = |name: &str| -> Result<Option<String>> { Ok(members.get(name).map(|text| serde_json::from_str(text)).transpose()?) };
        let json = |name: &str| -> Result<Option<Value>> { Ok(members.get(name).map(|text| serde_json::from_str(text)).transpose()?) };
        let expr = text("expr")?.context("no expr")?;
        let (module, value) = match text("module")? {
            Some(module) => (module, expr),
            None => (format!("package test\n\nresult := {expr}"), "data.test.result".to_owned()),
        };
        let wanted = if let Some(error) = json("compile_error")? {
            Wanted::Refused(refusal(&error)?)
        } else if let Some(error) = json("default_error")? {
            let (code, message) = pair(&error)?;
            Wanted::Error(code, message)
        } else if members.contains_key("undefined") {
            Wanted::Undefined
        } else if members.contains_key("panic") {
            Wanted::NoValue
        } else if let Some(property) = json("property")? {
            Wanted::Property(Property::read(&property)?)
        } else {
            Wanted::Result(members.get("result").map(|text| (*text).to_owned()))
        };
        let mut queries = vec![format!("x = {value}")];
        if matches!(wanted, Wanted::Result(_)) {
            let type_name = text("type")?.unwrap_or_default();
            // JSON tells the other types apart.
            if !members.contains_key("result") || type_name == "set" || type_name == "array" {
                queries.push(format!("x = (type_name({value}) == \"{type_name}\")"));
            }
            if let Some(term) = text("term")? {
                queries.push(format!("x = ({value} == {})", rego_term(&term)));
            }
        }
        Ok(Self {
            suite: suite.to_owned(),
            id: text("id")?.context("no id")?,
            texts: Texts {
                modules: vec![("test.rego".to_owned(), module)],
                queries,
                v0: text("rego_version")?.as_deref() == Some("v0"),
                ..Texts::default()
            },
            input: members.get("input").map(|text| text.as_bytes().to_vec()),
            wanted,
            error: json("error")?.map(|error| pair(&error)).transpose()?,
        })
    }

    fn prepare(&self, strict_builtin_errors: bool) -> Result<Job, Outcome> {
        Ok(Job {
            policy: self.texts.plan()?,
            data: Value::Object(serde_json::Map::new()),
            pushed: None,
            input: self.input.clone(),
            strict_builtin_errors,
            env: Vec::new(),
            time: Some(NOW),
        })
    }

    fn judge(&self, lenient: &[Outcome], strict: &[Outcome]) -> Verdict {
        let lenient_fits = self.wanted.fits(lenient);
        let strict_fits = match &self.error {
            Some((code, message)) => is_error(strict.first(), code, message),
            None => self.wanted.fits(strict),
        };
        let of = |outcomes: &[Outcome]| outcomes.first().cloned().unwrap_or(Outcome::Undefined);
        let (expected, actual) = match (lenient_fits, &self.error) {
            (true, Some((code, message))) => (format!("strict: {code}: {message}"), of(strict)),
            (true, None) => (format!("strict: {}", self.wanted), of(strict)),
            (false, _) => (self.wanted.to_string(), of(lenient)),
        };
        // A crash in either mode is one.
        let crashed = strict
            .iter()
            .chain(lenient)
            .find(|outcome| matches!(outcome, Outcome::Crash(_) | Outcome::Trap(_)));
        Verdict {
            suite: self.suite.clone(),
            case: self.id.clone(),
            passed: lenient_fits && strict_fits,
            listed: false,
            expected,
            actual: crashed.cloned().unwrap_or(actual),
        }
    }
}

/// A term as OPA prints it, for which it quotes strings as Go does: `\x00`, where Rego has `\u0000`.
fn rego_term(term: &str) -> String {
    let mut out = String::with_capacity(term.len());
    let mut chars = term.chars();
    while let Some(c) = chars.next() {
        out.push(c);
        match (c, chars.clone().next()) {
            ('\\', Some('x')) => {
                chars.next();
                out.push_str("u00");
            }
            ('\\', Some('a' | 'v')) => out.push_str(if chars.next() == Some('a') { "u0007" } else { "u000b" }),
            ('\\', Some(escaped)) => {
                chars.next();
                out.push(escaped);
            }
            _ => {}
        }
    }
    out
}

fn pair(error: &Value) -> Result<(String, String)> {
    let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok((
        text("code").context("an error without code")?,
        text("message").context("an error without message")?,
    ))
}

fn refusal(error: &Value) -> Result<Refusal> {
    let (code, message) = pair(error)?;
    let details = error.get("details").and_then(Value::as_array);
    let details = details.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    Ok(Refusal {
        code,
        details: details.collect(),
        ..Refusal::bare(message)
    })
}

fn is_error(outcome: Option<&Outcome>, code: &str, message: &str) -> bool {
    matches!(outcome, Some(Outcome::Error { code: c, message: m, .. }) if c == code && m == message)
}

/// The value bound by the one result of `x = …`, as text.
fn bound(outcome: &Outcome) -> Option<String> {
    let Outcome::Value(text) = outcome else { return None };
    let text = String::from_utf8_lossy(text);
    let value = text.strip_prefix("[{\"x\":")?.strip_suffix("}]")?;
    Some(value.to_owned())
}

fn nothing(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Undefined => true,
        Outcome::Value(text) => text == b"[]",
        _ => false,
    }
}

impl Wanted {
    fn fits(&self, outcomes: &[Outcome]) -> bool {
        let Some((first, further)) = outcomes.split_first() else {
            return false;
        };
        match self {
            Self::Result(wanted) => {
                let told = match wanted {
                    Some(wanted) => bound(first).is_some_and(|value| same_text(&value, wanted)),
                    None => true,
                };
                told && further.iter().all(|answer| bound(answer).as_deref() == Some("true"))
            }
            Self::Undefined => nothing(first),
            Self::Error(code, message) => is_error(Some(first), code, message),
            Self::Refused(wanted) => match first {
                // Details were recorded of type errors only.
                Outcome::Refused(refusals) => refusals.first().is_some_and(|first| {
                    (&first.code, &first.message) == (&wanted.code, &wanted.message)
                        && (first.code != "rego_type_error" || first.details == wanted.details)
                }),
                _ => false,
            },
            Self::NoValue => nothing(first) || matches!(first, Outcome::Error { .. }),
            Self::Property(property) => bound(first).is_some_and(|value| property.holds(&value)),
        }
    }
}

/// Equal as JSON with every number written the same. Strings may be escaped in different ways.
fn same_text(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    read(a).is_some_and(|a| read(b).is_some_and(|b| serde_json::to_string(&a).ok() == serde_json::to_string(&b).ok()))
}

impl Property {
    fn read(property: &Value) -> Result<Self> {
        let pattern = property.get("pattern").and_then(Value::as_str);
        Ok(Self {
            type_name: property
                .get("type")
                .and_then(Value::as_str)
                .context("a property without type")?
                .to_owned(),
            pattern: pattern.map(Regex::new).transpose()?,
            integer: property.get("integer").and_then(Value::as_bool) == Some(true),
            min: property.get("min").and_then(Value::as_f64),
            max: property.get("max").and_then(Value::as_f64),
        })
    }

    fn holds(&self, value: &str) -> bool {
        let Ok(value) = serde_json::from_str::<Value>(value) else {
            return false;
        };
        match &value {
            Value::String(text) => self.type_name == "string" && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(text)),
            Value::Number(number) => {
                let text = number.to_string();
                let Ok(value) = text.parse::<f64>() else { return false };
                self.type_name == "number"
                    && !(self.integer && text.contains(['.', 'e', 'E']))
                    && self.min.is_none_or(|min| value >= min)
                    && self.max.is_none_or(|max| value <= max)
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Result(Some(text)) => f.write_str(text),
            Self::Result(None) => f.write_str("a value that JSON cannot write"),
            Self::Undefined => f.write_str("undefined"),
            Self::Error(code, message) => write!(f, "{code}: {message}"),
            Self::Refused(refusal) => write!(f, "refused: {}: {} {:?}", refusal.code, refusal.message, refusal.details),
            Self::NoValue => f.write_str("no value"),
            Self::Property(property) => write!(f, "a {} with a property", property.type_name),
        }
    }
}
