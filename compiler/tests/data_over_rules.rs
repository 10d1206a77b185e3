//! Combinations of rules and base documents, held against what `opa eval` says: it refuses documents where rules are.
//!
//! `data_over_rules.jsonl` holds the answers: a policy, the documents, and OPA's error or `null`. With `OPA=path/to/opa` the test asks OPA
//! and rewrites the file. A test of the program pushes the same documents to compiled policies.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use warrego_compiler::{Failure, Input, Options, check};

const POLICIES: [&str; 14] = [
    "package shop\nallow := false",
    "package shop\ndefault allow := false",
    "package shop\nallow(x) := x",
    "package shop\nallow contains 1",
    "package shop\nallow[x] := 1 if x := input.x",
    "package shop\nallow.a.b := 1",
    "package shop\nallow[x].a := 1 if x := input.x",
    "package shop\nallow[\"a b\"] := 1",
    "package shop\nallow[1] := 2",
    "package shop.allow\na := 1",
    "package shop[\"a/b\"].allow\na := 1",
    "package shop",
    "package shop\nallow := 1\nother := 2",
    "package shop\nallow := 1 if input.x\nelse := 2",
];

const DOCUMENTS: [&str; 18] = [
    "{}",
    r#"{"shop":1}"#,
    r#"{"shop":null}"#,
    r#"{"shop":[{"allow":1}]}"#,
    r#"{"shop":{}}"#,
    r#"{"shop":{"allow":true}}"#,
    r#"{"shop":{"allow":null}}"#,
    r#"{"shop":{"allow":{}}}"#,
    r#"{"shop":{"allow":[1]}}"#,
    r#"{"shop":{"allow":{"a":1}}}"#,
    r#"{"shop":{"allow":{"a":{}}}}"#,
    r#"{"shop":{"allow":{"a":{"b":1}}}}"#,
    r#"{"shop":{"allow":{"a b":1}}}"#,
    r#"{"shop":{"allow":{"1":1}}}"#,
    r#"{"shop":{"a/b":{"allow":{"a":1}}}}"#,
    r#"{"shop":{"other":1}}"#,
    r#"{"shop":{"Allow":1},"allow":1,"a":{"shop":{"allow":1}}}"#,
    r#"{"shop":{"allow ":1,"":{"allow":1}}}"#,
];

#[test]
fn documents_are_refused_where_opa_refuses_them() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data_over_rules.jsonl");
    let cases: Vec<(&str, &str)> = POLICIES
        .iter()
        .flat_map(|&policy| DOCUMENTS.iter().map(move |&documents| (policy, documents)))
        .collect();
    if let Some(opa) = std::env::var_os("OPA") {
        let lines = cases.iter().map(|&(policy, documents)| {
            let answer = ask(Path::new(&opa), policy, documents);
            let documents: Value = serde_json::from_str(documents).unwrap();
            json!({"policy": policy, "documents": documents, "opa": answer}).to_string() + "\n"
        });
        fs::write(&file, lines.collect::<String>()).unwrap();
    }
    let recorded = fs::read_to_string(&file).unwrap();
    let recorded: Vec<Value> = recorded.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(recorded.len(), cases.len(), "record the answers with OPA=path/to/opa");
    let mut wrong = Vec::new();
    let mut refused = 0;
    for ((policy, documents), recorded) in cases.into_iter().zip(recorded) {
        let documents: Value = serde_json::from_str(documents).unwrap();
        assert_eq!((&recorded["policy"], &recorded["documents"]), (&json!(policy), &documents));
        let answer = answer(policy, documents);
        refused += usize::from(!answer.is_null());
        if answer != recorded["opa"] {
            wrong.push(format!("{recorded}\n  {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{} answers differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(refused > 50, "{refused} are refused");
}

fn answer(policy: &str, documents: Value) -> Value {
    let input = Input {
        modules: vec![("p.rego".to_owned(), policy.to_owned())],
        data: documents,
    };
    match check(&input, &Options::default()) {
        Ok(()) => Value::Null,
        Err(Failure::Policy { diagnostics, .. }) => diagnostics
            .iter()
            .map(|diagnostic| diagnostic.message.clone())
            .collect::<Vec<_>>()
            .join("\n")
            .into(),
        Err(failure) => failure.to_string().into(),
    }
}

fn ask(opa: &Path, policy: &str, documents: &str) -> Value {
    let folder = std::env::temp_dir().join(format!("warrego-documents-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("p.rego"), policy).unwrap();
    fs::write(folder.join("data.json"), documents).unwrap();
    let output = Command::new(opa)
        .args(["eval", "-f", "json", "-d", "p.rego", "-d", "data.json", "1"])
        .current_dir(&folder)
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let errors = answer["errors"].as_array().into_iter().flatten();
    let messages: Vec<&str> = errors.filter_map(|error| error["message"].as_str()).collect();
    if messages.is_empty() {
        Value::Null
    } else {
        messages.join("\n").into()
    }
}
