//! What plans mean: cases of OPA's corpus, run by the interpreter.

mod cases;
mod interpreter;

use interpreter::value::Value;
use interpreter::{Failure, run};
use warrego_compiler::ir::Policy;

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
    let data = case.get("data").filter(|data| !data.is_null()).map_or_else(|| Value::object([]), Value::from_json);
    let expects_error = case.get("want_error_code").or(case.get("want_error")).is_some_and(|error| !error.is_null());
    let results = match run(plan, input, data) {
        Ok(results) => results,
        Err(Failure::NoBuiltin(name)) => return Outcome::Skipped(format!("built-in {name}")),
        Err(Failure::Conflict(_)) if expects_error => return Outcome::Right,
        Err(failure) => return Outcome::Wrong(format!("{failure:?}")),
    };
    if expects_error {
        return Outcome::Wrong(format!("no error, but {} results", results.len()));
    }
    let Some(want) = case.get("want_result").and_then(|want| want.as_array()) else { return Outcome::Skipped("no expectation".to_owned()) };
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
    let (Some(cases), Some(plans)) = (cases::load("eval/v1"), cases::load("plan/v1")) else { return };
    let (mut right, mut wrong) = (0, Vec::new());
    for ((suite, case), (_, plan)) in cases.iter().zip(&plans) {
        assert_eq!(note(case), note(plan));
        let Ok(policy) = serde_json::from_value::<Policy>(plan["plan"].clone()) else { continue };
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
