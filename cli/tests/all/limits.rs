//! Built-in functions with arguments that nobody should send: each line of `tests/limits.jsonl` is a call and a part of the error that it must end in, or,
//! without one, a call that must give a value other than `false`. Nothing traps.

use std::time::Duration;

use serde_json::{Map, Value};
use warrego_compiler::{Input, Options, compile};
use warrego_host::{Limits, Policy};

use super::support::engine;

const CASES: &str = include_str!("../limits.jsonl");

/// What calls make their arguments with.
const HELPERS: &str = r#"package limits

times(text, n) := concat("", [text | some _ in numbers.range(1, n)])

nested(begin, middle, end, n) := concat("", [times(begin, n), middle, times(end, n)])

deep("[", end, n) := json.unmarshal(nested("[", "", end, n))

deep(begin, end, n) := json.unmarshal(nested(begin, "1", end, n)) if begin != "["
"#;

#[test]
fn absurd_arguments_end_in_answers_or_errors() {
    let cases: Vec<Value> = CASES.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let call = |case: &Value| case["call"].as_str().unwrap().to_owned();
    let rules = cases
        .iter()
        .enumerate()
        .map(|(number, case)| format!("c{number} := {}\n", call(case)));
    let input = Input {
        modules: vec![("policy.rego".to_owned(), HELPERS.to_owned() + &rules.collect::<String>())],
        data: Value::Object(Map::new()),
    };
    let options = Options {
        entrypoints: (0..cases.len()).map(|number| format!("limits/c{number}")).collect(),
        strict_builtin_errors: true,
        ..Options::default()
    };
    let limits = Limits {
        deadline: Some(Duration::from_secs(60)),
        ..Limits::default()
    };
    let component = compile(&input, &options).unwrap_or_else(|failure| panic!("{failure}")).component;
    let policy = Policy::load(engine(), &component, limits).unwrap();
    let mut wrong = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let entrypoint = u32::try_from(number).unwrap();
        let outcome = policy.instance().unwrap().evaluate(entrypoint, Some(b"{}"));
        let fits = match (&outcome, case["error"].as_str()) {
            (Err(error), Some(part)) => error.to_string().contains(part),
            (Ok(Some(value)), None) => value != b"false",
            _ => false,
        };
        if !fits {
            let outcome = outcome.map(|value| value.map(|value| String::from_utf8_lossy(&value).chars().take(200).collect::<String>()));
            wrong.push(format!("{}\n    {outcome:.300?}", call(case)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
