//! OPA's plans come in and go out as the same JSON.

mod cases;

use serde_json::Value;
use warrego_compiler::ir::Policy;

/// Without what stands for its absence: null, zero, empty lists. Both ways of writing mean the same plan.
fn normal(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(normal).collect()),
        Value::Object(items) => {
            // OPA writes the index of a number twice.
            let twice = items.contains_key("Index");
            let items = items
                .iter()
                .filter(|(key, _)| !(twice && *key == "index"))
                .map(|(key, value)| (key.clone(), normal(value)));
            let default = |value: &Value| match value {
                Value::Null => true,
                Value::Number(number) => number.as_i64() == Some(0),
                Value::Array(items) => items.is_empty(),
                _ => false,
            };
            let mut items: Vec<_> = items.filter(|(_, value)| !default(value)).collect();
            items.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(items.into_iter().collect())
        }
        other => other.clone(),
    }
}

/// The first place where two documents differ.
fn difference(a: &Value, b: &Value) -> Option<String> {
    let inner = |key: &str, a: Option<&Value>, b: Option<&Value>| {
        difference(a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null)).map(|place| format!("/{key}{place}"))
    };
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let others = y.keys().filter(|key| !x.contains_key(*key));
            x.keys().chain(others).find_map(|key| inner(key, x.get(key), y.get(key)))
        }
        (Value::Array(x), Value::Array(y)) => (0..x.len().max(y.len())).find_map(|i| inner(&i.to_string(), x.get(i), y.get(i))),
        _ => (a != b).then(|| format!(": {a} is not {b}")),
    }
}

fn round_trip(kind: &str) {
    for (suite, case) in cases::load(kind).unwrap_or_default() {
        let note = &case["note"];
        let plan: Policy = serde_json::from_value(case["plan"].clone()).unwrap_or_else(|error| panic!("{suite}: {note}: {error}"));
        let written = serde_json::to_value(&plan).expect("plans are JSON");
        if let Some(place) = difference(&normal(&written), &normal(&case["plan"])) {
            panic!("{suite}: {note}: differs at {place}");
        }
        let read: Policy = serde_json::from_value(written).expect("our own JSON");
        assert!(read == plan, "{suite}: {note}");
    }
}

#[test]
fn plans_of_v0_round_trip() {
    round_trip("plan/v0");
}

#[test]
fn plans_of_v1_round_trip() {
    round_trip("plan/v1");
}
