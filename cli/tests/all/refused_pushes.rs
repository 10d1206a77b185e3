//! Documents that are pushed where rules are: refused as the compiler refuses them, and nothing is changed.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use warrego_compiler::{Input, Options, compile};
use warrego_host::{DecisionError, Instance, Limits, Policy};

use crate::support::engine;

/// The policies and documents that OPA answered about, with its answers.
const CASES: &str = include_str!("../../../compiler/tests/data_over_rules.jsonl");

#[test]
fn documents_are_refused_where_rules_are() {
    let mut policies: BTreeMap<String, Vec<(Value, Value)>> = BTreeMap::new();
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let policy = case["policy"].as_str().unwrap().to_owned();
        policies
            .entry(policy)
            .or_default()
            .push((case["documents"].clone(), case["opa"].clone()));
    }
    assert!(policies.len() > 10);
    for (text, cases) in policies {
        let input = Input {
            modules: vec![("p.rego".to_owned(), text.clone())],
            data: json!({"kept": 1}),
        };
        // Only one rule is compiled in, but documents must keep off all.
        let options = Options {
            queries: vec!["x = data.kept".to_owned()],
            ..Options::default()
        };
        let component = compile(&input, &options).unwrap().component;
        let policy = Policy::load(engine(), &component, Limits::default()).unwrap();
        for (documents, expected) in cases {
            let mut instance = policy.instance().unwrap();
            let what = format!("{text}\n{documents}");
            check(instance.set_data(&documents.to_string()), &expected, &what);
            if !expected.is_null() {
                assert_eq!(kept(&mut instance), "[{\"x\":1}]", "{what}");
            }
            let mut instance = policy.instance().unwrap();
            for (key, document) in documents.as_object().unwrap() {
                let document = document.to_string();
                let path = format!("/{key}");
                let of_shop = if key == "shop" { &expected } else { &Value::Null };
                check(instance.patch_data(&path, Some(&document)), of_shop, &what);
                assert_eq!(kept(&mut instance), "[{\"x\":1}]", "{what}");
            }
        }
    }
}

#[test]
fn patches_are_refused_at_and_below_a_rule() {
    let input = Input {
        modules: vec![("p.rego".to_owned(), "package a.b\np.q := 1\ns contains 1\n".to_owned())],
        data: json!({"a": {"x": 1}}),
    };
    let options = Options {
        entrypoints: vec!["a/b".to_owned()],
        ..Options::default()
    };
    let component = compile(&input, &options).unwrap().component;
    let policy = Policy::load(engine(), &component, Limits::default()).unwrap();
    let mut instance = policy.instance().unwrap();
    let refused = |path: &str| json!(format!("conflicting rule for data path {path} found"));
    for (path, document, expected) in [
        ("/a/b/p/q", "1", refused("a/b/p/q")),
        ("/a/b/p/q/r/s", "1", refused("a/b/p/q")),
        ("/a/b/p", "1", refused("a/b/p/q")),
        ("/a/b/s/0", "1", refused("a/b/s")),
        ("/a", "{\"b\": {\"s\": null}}", refused("a/b/s")),
        ("/a", "[]", refused("a/b/p/q")),
        ("", "{\"a\": 1}", refused("a/b/p/q")),
        ("/a/b/p/r", "1", Value::Null),
        ("/a/b/t", "1", Value::Null),
        ("/a/x", "2", Value::Null),
    ] {
        check(instance.patch_data(path, Some(document)), &expected, path);
    }
    let decision = instance.evaluate(0, Some(b"{}")).unwrap().unwrap();
    let decision: Value = serde_json::from_slice(&decision).unwrap();
    assert_eq!(decision, json!({"p": {"q": 1, "r": 1}, "s": [1], "t": 1}));
}

fn kept(instance: &mut Instance) -> String {
    String::from_utf8(instance.evaluate(0, Some(b"{}")).unwrap().unwrap()).unwrap()
}

fn check(result: Result<(), DecisionError>, expected: &Value, what: &str) {
    match (result, expected) {
        (Ok(()), Value::Null) => {}
        (Err(DecisionError::Conflict(detail)), Value::String(message)) => {
            // A push ends at the first of several conflicts.
            let first = message.lines().next().unwrap_or_default();
            assert_eq!(
                (detail.message.as_str(), detail.code.as_str()),
                (first, "rego_compile_error"),
                "{what}"
            );
        }
        (result, expected) => panic!("{what}\n{result:?}\n{expected}"),
    }
}
