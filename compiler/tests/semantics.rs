//! What plans mean: cases of OPA's corpus, run by the interpreter.

mod cases;
mod interpreter;

use interpreter::value::Value;
use interpreter::{Failure, run};
use warrego_compiler::analysis::{Settings, analyse};
use warrego_compiler::diagnostic::Diagnostic;
use warrego_compiler::ir::Policy;
use warrego_compiler::planner::{Target, plan};
use warrego_compiler::syntax::ast::RegoVersion;
use warrego_compiler::syntax::source::{Source, Sources};
use warrego_compiler::syntax::{ParseOptions, parse_module, parse_query};

/// How a case went.
#[derive(Debug, PartialEq)]
enum Outcome {
    Right,
    /// The interpreter lacks something.
    Skipped(String),
    Wrong(String),
}

fn judge(case: &serde_json::Value, plan: &Policy) -> Outcome {
    let input = case.get("input").map(Value::from_json);
    let data = case
        .get("data")
        .filter(|data| !data.is_null())
        .map_or_else(|| Value::object([]), Value::from_json);
    let expects_error = case
        .get("want_error_code")
        .or(case.get("want_error"))
        .is_some_and(|error| !error.is_null());
    let results = match run(plan, input, data) {
        Err(Failure::NoBuiltin(name)) => return Outcome::Skipped(format!("built-in {name}")),
        Err(Failure::Conflict(_)) if expects_error => return Outcome::Right,
        Ok(_) if case["want_error_code"] == "eval_builtin_error" || case["want_error_code"] == "eval_type_error" => {
            return Outcome::Skipped("errors of built-ins".to_owned());
        }
        Err(failure) => return Outcome::Wrong(format!("{failure:?}")),
        Ok(results) => results,
    };
    if expects_error {
        return Outcome::Wrong(format!("no error, but {} results", results.len()));
    }
    let Some(want) = case.get("want_result").and_then(|want| want.as_array()) else {
        return Outcome::Skipped("no expectation".to_owned());
    };
    let sort = case.get("sort_bindings").is_some_and(|sort| sort == true);
    let tidy = |value: Value| if sort { value.sorted() } else { value };
    let mut want: Vec<Value> = want.iter().map(|want| tidy(Value::from_json(want))).collect();
    let mut have: Vec<Value> = results.iter().map(|result| tidy(result.as_result())).collect();
    want.sort();
    have.sort();
    if want == have {
        return Outcome::Right;
    }
    let show = |values: &[Value]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ");
    Outcome::Wrong(format!("have {}, want {}", show(&have), show(&want)))
}

fn note(case: &serde_json::Value) -> &str {
    case["note"].as_str().unwrap_or_default()
}

/// The interpreter gives OPA's plans the meaning that OPA gives the policies, but for what OPA's plans do not express.
#[test]
fn interpreter_runs_plans() {
    let (Some(cases), Some(plans)) = (cases::load("eval/v1"), cases::load("plan/v1")) else {
        return;
    };
    let (mut right, mut wrong) = (0, Vec::new());
    for ((suite, case), (_, plan)) in cases.iter().zip(&plans) {
        assert_eq!(note(case), note(plan));
        let Ok(policy) = serde_json::from_value::<Policy>(plan["plan"].clone()) else {
            continue;
        };
        if policy.plans.plans.is_empty() || case.get("input_term").is_some() {
            continue;
        }
        match judge(case, &policy) {
            Outcome::Right => right += 1,
            Outcome::Skipped(_) => {}
            Outcome::Wrong(why) => wrong.push(format!("{suite}: {}: {why}", note(case))),
        }
    }
    eprintln!("{right} right, {} wrong", wrong.len());
    if std::env::var_os("WARREGO_VERBOSE").is_some() {
        wrong.iter().for_each(|line| eprintln!("{line}"));
    }
}

/// Plans a case's query over its modules.
fn plan_case(case: &serde_json::Value) -> Result<Policy, String> {
    let first = |errors: Vec<Diagnostic>| {
        errors
            .first()
            .map_or_else(String::new, |error| format!("{}: {}", error.code.as_str(), error.message))
    };
    let options = ParseOptions {
        version: if case["rego_version"] == "v0" {
            RegoVersion::V0
        } else {
            RegoVersion::V1
        },
        experimental_keywords: case["experimental_keywords"] == true,
        ..ParseOptions::default()
    };
    let mut sources = Sources::default();
    let mut modules = Vec::new();
    for (position, text) in case["modules"].as_array().into_iter().flatten().enumerate() {
        let text = text.as_str().unwrap_or_default().to_owned();
        let parsed = parse_module(position as u32, &text, &options);
        modules.push(parsed.module.ok_or_else(|| first(parsed.errors))?);
        sources.files.push(Source {
            name: format!("module-{position}.rego"),
            text,
        });
    }
    let analysed = analyse(modules, &sources, &Settings::default(), None).map_err(first)?;
    let mut text = case["query"].as_str().unwrap_or_default().to_owned();
    if let Some(term) = case["input_term"].as_str() {
        text = format!("{text} with input as {term}");
    }
    let body = parse_query(sources.files.len() as u32, &text, &options).map_err(first)?;
    let query = analysed.query(body, None).map_err(first)?;
    plan(
        &analysed,
        &sources,
        &[Target::Query {
            name: "query",
            query: &query,
        }],
    )
    .map_err(|error| format!("planner: {error}"))
}

/// The suites that are about the language and not about built-in functions.
const LANGUAGE: &str = "assignments baseandvirtualdocs completedoc compositebasedereference compositereferences comprehensions containskeyword \
    dataderef defaultkeyword disjunction elsekeyword embeddedvirtualdoc eqexpr evaltermexpr every example fix1863 functions indexing \
    indirectreferences inputvalues keywordrefs logic_operators negation nestedreferences partialdocconstants partialiter partialobjectdoc \
    partialsetdoc planner-ir refheads rego_v2_import regometadatachain regometadatarule stringinterpolation topdowndynamicdispatch undos \
    varreferences virtualdocs withkeyword";

/// Our plans mean what OPA's interpreter does.
fn plans_mean(kind: &str) {
    let Some(cases) = cases::load(kind) else { return };
    let only = std::env::var("WARREGO_CASE").ok();
    let (mut right, mut skipped, mut wrong) = (0, Vec::new(), Vec::new());
    for (suite, case) in &cases {
        if only.as_ref().is_some_and(|only| !note(case).contains(only.as_str())) {
            continue;
        }
        let outcome = match plan_case(case) {
            Ok(policy) => {
                if only.is_some() {
                    eprintln!("{}", listing(&policy));
                }
                judge(case, &policy)
            }
            Err(error) if case["stage"] == "compile" || error.starts_with("rego_") && case.get("want_error_code").is_some() => {
                let _ = error;
                Outcome::Right
            }
            Err(error) => Outcome::Wrong(error),
        };
        match outcome {
            Outcome::Right => right += 1,
            Outcome::Skipped(why) => skipped.push(format!("{suite}: {}: {why}", note(case))),
            Outcome::Wrong(why) => wrong.push(format!("{suite}: {}: {why}", note(case))),
        }
    }
    eprintln!("{kind}: {right} right, {} skipped, {} wrong", skipped.len(), wrong.len());
    if std::env::var_os("WARREGO_VERBOSE").is_some() {
        wrong.iter().for_each(|line| eprintln!("wrong: {line}"));
        skipped.iter().for_each(|line| eprintln!("skipped: {line}"));
    }
    let language = |line: &&String| LANGUAGE.split_whitespace().any(|suite| line.split(':').next() == Some(suite));
    let broken: Vec<&String> = wrong.iter().filter(language).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

/// A plan to read.
fn listing(policy: &Policy) -> String {
    serde_json::to_string_pretty(policy).unwrap_or_default()
}

#[test]
fn plans_mean_v0() {
    plans_mean("eval/v0");
}

#[test]
fn plans_mean_v1() {
    plans_mean("eval/v1");
}

/// Cases of one's own, in `eval/own`: for trying something out.
#[test]
fn plans_mean_own() {
    if std::env::var_os("WARREGO_OWN").is_some() {
        plans_mean("eval/own");
    }
}
