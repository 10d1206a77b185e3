//! The parser against OPA's: every text of the conformance data, with the errors OPA gives, to the letter.
//!
//! `WARREGO_CONFORMANCE` names the folder with the data; without it `../../../shared/conformance` is tried, and where there is none
//! the tests say so and pass. `WARREGO_SHOW=n` prints the first `n` differences.

use std::path::PathBuf;

use serde_json::Value;
use warrego_syntax::ast::RegoVersion;
use warrego_syntax::diagnostic::Diagnostic;
use warrego_syntax::{ParseOptions, parse_module, parse_query};

fn data(file: &str) -> Option<Vec<Value>> {
    let folder = std::env::var_os("WARREGO_CONFORMANCE").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
        PathBuf::from,
    );
    let path = folder.join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: there is no {}", path.display());
        return None;
    };
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a line is one JSON value"))
            .collect(),
    )
}

fn options(case: &Value) -> ParseOptions {
    let version = if case["rego_version"] == "v0" {
        RegoVersion::V0
    } else {
        RegoVersion::V1
    };
    ParseOptions {
        version,
        experimental_keywords: case["experimental_keywords"] == true,
        // The data was made without them.
        process_annotations: false,
        ..ParseOptions::default()
    }
}

fn show(errors: &[Diagnostic]) -> Vec<String> {
    errors
        .iter()
        .map(|error| {
            let (row, col) = error.span.map_or((0, 0), |span| (span.row, span.col));
            format!("{row}:{col} {}", error.message)
        })
        .collect()
}

/// What OPA reports when parsing the case, as `row:col message`.
fn wanted(case: &Value) -> Vec<String> {
    if case["stage"] != "parse" {
        return Vec::new();
    }
    let place = |error: &Value, field: &str| error[field].as_u64().unwrap_or(0);
    let errors = case["errors"].as_array().expect("a case has errors");
    errors
        .iter()
        .map(|e| {
            format!(
                "{}:{} {}",
                place(e, "row"),
                place(e, "col"),
                e["message"].as_str().unwrap_or_default()
            )
        })
        .collect()
}

fn got(case: &Value) -> Vec<String> {
    let options = options(case);
    let texts = case["modules"].as_array().expect("a case has modules");
    let mut errors = Vec::new();
    for (file, text) in texts.iter().enumerate() {
        let text = text.as_str().expect("a module is text");
        if case["kind"] == "body" {
            errors.extend(parse_query(file as u32, text, &options).err().unwrap_or_default());
        } else {
            errors.extend(parse_module(file as u32, text, &options).errors);
        }
    }
    show(&errors)
}

fn compare(file: &str) {
    let Some(cases) = data(file) else { return };
    let shown: usize = std::env::var("WARREGO_SHOW").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let mut differing = 0;
    for case in &cases {
        let (wanted, got) = (wanted(case), got(case));
        let exhaustive = case["exhaustive"] != false;
        let same = if exhaustive {
            wanted == got
        } else {
            wanted.iter().all(|error| got.contains(error))
        };
        if !same {
            differing += 1;
            if differing <= shown {
                println!(
                    "{} {}\n{}\n  wanted {wanted:#?}\n  got {got:#?}\n",
                    case["note"], case["rego_version"], case["modules"]
                );
            }
        }
    }
    println!("{file}: {} of {} as OPA", cases.len() - differing, cases.len());
    assert_eq!(differing, 0, "texts of {file} that are read differently");
}

#[test]
fn modules() {
    compare("compile/tests.jsonl");
}

#[test]
fn queries() {
    compare("compile/queries.jsonl");
}

#[test]
fn opas_own_cases() {
    compare("compile/opa.jsonl");
}
