//! The trees of `tests/syntax` as JSON: beside each `<case>.rego` stands `<case>.json`, what OPA writes of it, unless it cannot. `WARREGO_OPA` names an `opa` program
//! that is then asked anew.

use std::fs;
use std::path::Path;
use std::process::Command;

use warrego_syntax::ast::RegoVersion;
use warrego_syntax::json::{Layout, module_json};
use warrego_syntax::source::Source;
use warrego_syntax::{ParseOptions, parse_module};

const LAYOUT: Layout = Layout {
    locations: false,
    comments: true,
    indented: true,
};

fn source(name: &str, text: &str) -> Source {
    Source {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

fn json(source: &Source, version: RegoVersion, layout: Layout) -> Result<String, String> {
    let options = ParseOptions {
        version,
        ..ParseOptions::default()
    };
    let parsed = parse_module(0, &source.text, &options);
    let module = parsed.module.ok_or_else(|| format!("{:?}", parsed.errors))?;
    module_json(module, source, layout).map_err(|error| error.to_string())
}

#[test]
fn trees_are_written_as_opa_writes_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax");
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".rego") else { continue };
        let is_v0 = stem.ends_with(".v0");
        let expected = path.with_extension("json");
        if let Some(opa) = std::env::var_os("WARREGO_OPA") {
            let mut command = Command::new(opa);
            command
                .current_dir(&folder)
                .args(["parse", "--format", "json", &name])
                .args(is_v0.then_some("--v0-compatible"));
            let output = command.output().unwrap();
            if output.status.success() {
                fs::write(&expected, output.stdout).unwrap();
            }
        }
        let source = source(&name, &fs::read_to_string(&path).unwrap());
        let written = json(&source, if is_v0 { RegoVersion::V0 } else { RegoVersion::V1 }, LAYOUT);
        match fs::read_to_string(&expected) {
            Ok(expected) => assert_eq!(written.unwrap() + "\n", expected, "{name}"),
            Err(_) => assert!(written.is_err(), "{name}"),
        }
        count += 1;
    }
    assert!(count > 5);
}

#[test]
fn places_come_with_their_text() {
    let source = source("p.rego", "package p");
    let layout = Layout {
        locations: true,
        indented: false,
        ..LAYOUT
    };
    let place = |col: u32, text: &str| format!(r#""location":{{"file":"p.rego","row":1,"col":{col},"text":"{text}"}}"#);
    let (package, name) = (place(1, "cGFja2FnZQ=="), place(9, "cA=="));
    assert_eq!(
        json(&source, RegoVersion::V1, layout).unwrap(),
        format!(r#"{{"package":{{{package},"path":[{{{name},"type":"var","value":"data"}},{{{name},"type":"string","value":"p"}}]}}}}"#)
    );
}

#[test]
fn numbers_without_a_digit_before_the_point_have_no_json() {
    let error = json(&source("a.rego", "package a\np := [1, -.5]"), RegoVersion::V1, LAYOUT).unwrap_err();
    assert!(error.starts_with("json: error calling MarshalJSON for type *ast.Rule: "), "{error}");
    assert!(error.ends_with("for type *ast.Array: json: error calling MarshalJSON for type *ast.Term: json: error calling MarshalJSON for type ast.Number: json: invalid number literal \"-.5\""), "{error}");
}

#[test]
fn of_equal_keys_the_last_value_counts() {
    let source = source("a.rego", "package a\np := {1.0: 2, 1: 3}");
    let layout = Layout { indented: false, ..LAYOUT };
    let written = json(&source, RegoVersion::V1, layout).unwrap();
    assert!(
        written.contains(r#"[[{"type":"number","value":1.0},{"type":"number","value":3}]]"#),
        "{written}"
    );
}
