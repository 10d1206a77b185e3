//! YAML is read in one way: as a data file, as an input file, and by `yaml.unmarshal`. `tests/yaml/table.jsonl` holds OPA's answers, written by
//! `tests/yaml/regenerate.py`.

use std::fs;
use std::path::Path;
use std::process::Command;

use data_encoding::BASE64;
use serde_json::{Map, Value, json};
use warrego_host::Limits;

use super::support::policy;

const TABLE: &str = include_str!("../yaml/table.jsonl");

struct Case {
    text: Vec<u8>,
    row: Value,
}

impl Case {
    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.text).chars().take(200).collect()
    }

    /// OPA's answer about one of the ways to read it.
    fn answer(&self, way: &str) -> Option<Result<&Value, &str>> {
        let answer = self.row.get(way)?;
        Some(answer["error"].as_str().map_or(Ok(&answer["value"]), Err))
    }
}

fn cases() -> Vec<Case> {
    let rows = TABLE.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let cases = rows.map(|row| Case {
        text: match row["text"].as_str() {
            Some(text) => text.as_bytes().to_vec(),
            None => BASE64.decode(row["base64"].as_str().unwrap().as_bytes()).unwrap(),
        },
        row,
    });
    cases.collect()
}

/// A message without Go's way to show a moment.
fn words(message: &str) -> &str {
    message.split(", key: time.").next().unwrap_or(message)
}

fn eval(folder: &Path, arguments: &[String]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_warrego"))
        .arg("eval")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.success(), text)
}

#[test]
fn data_files_are_read_as_opa_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases();
    assert!(cases.len() > 250, "{}", cases.len());
    let (mut good, mut bad) = (vec!["data".to_owned()], vec!["1".to_owned()]);
    for (number, case) in cases.iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.yaml")), &case.text).unwrap();
        let arguments = if case.answer("data").unwrap().is_ok() {
            &mut good
        } else {
            &mut bad
        };
        arguments.extend(["-d".to_owned(), format!("c{number}:{number}.yaml")]);
    }
    let (success, text) = eval(folder.path(), &good);
    assert!(success, "{text}");
    let found: Value = serde_json::from_str(&text).unwrap();
    let documents = &found["result"][0]["expressions"][0]["value"];
    let (_, text) = eval(folder.path(), &bad);
    let mut errors = "\n".to_owned();
    for error in serde_json::from_str::<Value>(&text).unwrap()["errors"].as_array().unwrap() {
        errors += error["message"].as_str().unwrap();
        errors.push('\n');
    }
    let mut wrong = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        match case.answer("data").unwrap() {
            Ok(value) if documents[format!("c{number}")] == *value => {}
            Ok(value) => wrong.push(format!("{:?}\n  {}\n  OPA: {value}", case.shown(), documents[format!("c{number}")])),
            Err(message) => {
                let message = message.replace("case.yaml", &format!("{number}.yaml"));
                let message = message.strip_prefix("1 error occurred: ").unwrap_or(&message);
                if !errors.contains(&format!("\n{}", words(message))) {
                    wrong.push(format!("{:?}\n  OPA: {message}", case.shown()));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}\n{errors}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn input_files_are_read_as_opa_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    // Data and input go through the same reader: one case of each kind, and all in which OPA's answers differ.
    let mut kinds = Vec::new();
    for case in cases() {
        let (data, input) = (case.answer("data").unwrap(), case.answer("input").unwrap());
        let kind = input
            .err()
            .map(|message| message.split(['`', '"']).next().unwrap_or_default().to_owned());
        let differs = data.ok() != input.ok() && kinds.iter().filter(|seen| **seen == kind).count() < 3;
        if !differs && kinds.contains(&kind) {
            continue;
        }
        kinds.push(kind);
        fs::write(folder.path().join("case.yaml"), &case.text).unwrap();
        let (success, text) = eval(folder.path(), &["-i", "case.yaml", "input"].map(str::to_owned));
        match input {
            Ok(value) => {
                let found: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                assert_eq!(found["result"][0]["expressions"][0]["value"], *value, "{:?}", case.shown());
            }
            Err(message) => assert!(
                !success && text.starts_with(words(message)),
                "{:?}\n  {text}\n  OPA: {message}",
                case.shown()
            ),
        }
    }
    assert!(kinds.len() > 20, "{kinds:?}");
}

#[test]
fn policies_read_as_opa_reads_them() {
    let text = "package test\n\nvalues[i] := yaml.unmarshal(input[i])\n\nvalid := {i | some i, text in input; yaml.is_valid(text)}\n";
    let policy = policy(text, &["test/values", "test/valid"], Limits::default());
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.answer("unmarshal").is_some()).collect();
    let texts = cases
        .iter()
        .enumerate()
        .map(|(number, case)| (number.to_string(), case.row["text"].clone()));
    let input = Value::Object(texts.collect::<Map<_, _>>()).to_string();
    let ask = |number| {
        let answer = policy
            .instance()
            .unwrap()
            .evaluate(number, Some(input.as_bytes()))
            .unwrap()
            .unwrap();
        serde_json::from_slice::<Value>(&answer).unwrap()
    };
    let (values, valid) = (ask(0), ask(1));
    let mut wrong = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let found = values.get(number.to_string());
        let expected = case.answer("unmarshal").unwrap().ok();
        let is_valid = valid.as_array().unwrap().contains(&json!(number.to_string()));
        if found != expected || is_valid != expected.is_some() {
            wrong.push(format!("{:?}\n  {found:?}\n  OPA: {expected:?}", case.shown()));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
