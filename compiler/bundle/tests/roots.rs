//! Combinations of roots, packages and documents, in one bundle and in two, held against the answers of `opa eval -b`.
//!
//! `roots.jsonl` holds the answers: the files of each bundle, and the documents that OPA sees or its error. With `OPA=path/to/opa` the test
//! asks OPA and rewrites the file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};
use warrego_bundle::{Bundle, File, Origin, Reading, SIZE_LIMIT, Words, activate};

/// What manifests say of roots; `None` without a manifest.
const ROOTS: [Option<&str>; 17] = [
    None,
    Some(r#"{}"#),
    Some(r#"{"roots":[]}"#),
    Some(r#"{"roots":[""]}"#),
    Some(r#"{"roots":["/"]}"#),
    Some(r#"{"roots":["a"]}"#),
    Some(r#"{"roots":["/a/"]}"#),
    Some(r#"{"roots":["a/b"]}"#),
    Some(r#"{"roots":["a","b"]}"#),
    Some(r#"{"roots":["a/b","a/c"]}"#),
    Some(r#"{"roots":["a","a/b"]}"#),
    Some(r#"{"roots":["","a"]}"#),
    Some(r#"{"roots":["ab"]}"#),
    Some(r#"{"roots":["a//b"]}"#),
    Some(r#"{"Roots":["b"]}"#),
    Some(r#"{"roots":["a"],"roots":["b"]}"#),
    Some(r#"{"roots":["a"],"ROOTS":["b"]}"#),
];

const PACKAGES: [&str; 7] = ["a", "a.b", "a.b.c", "b", "ab", r#"a["b/c"]"#, "system.bundles"];

/// Data files: a path and a document.
const DOCUMENTS: [(&str, &str); 17] = [
    ("data.json", "{}"),
    ("data.json", r#"{"a":1}"#),
    ("data.json", r#"{"a":{"b":1}}"#),
    ("data.json", r#"{"a":{"b":{},"c":{}}}"#),
    ("data.json", r#"{"a":{"c":{"b":1}}}"#),
    ("data.json", r#"{"a/b":1}"#),
    ("data.json", r#"{"":{"a":1}}"#),
    ("data.json", r#"{"a":{"":{"b":1}}}"#),
    ("data.json", r#"{"x":{"a":{}}}"#),
    ("data.json", r#"{"a":{"x":{"a":{}}}}"#),
    ("a/data.json", r#"{"b":1}"#),
    ("a/b/data.json", "1"),
    ("a/bc/data.json", "1"),
    ("../a/data.json", "1"),
    ("/x/../b/data.json", "1"),
    (".a/data.json", "1"),
    ("data.json", "[]"),
];

/// The files of a bundle.
type Files = BTreeMap<String, String>;

/// Bundles by their names.
type Case = BTreeMap<String, Files>;

fn cases() -> Vec<Case> {
    let bundle = |manifest: Option<&str>, path: &str, content: &str| {
        let manifest = manifest.map(|text| (".manifest".to_owned(), text.to_owned()));
        let mut files: Files = manifest.into_iter().collect();
        files.insert(path.to_owned(), content.to_owned());
        files
    };
    let mut cases = Vec::new();
    for roots in ROOTS {
        let one = |files: Files| Case::from([("one.tar.gz".to_owned(), files)]);
        cases.extend(PACKAGES.map(|package| one(bundle(roots, "dir/x.rego", &format!("package {package}\nx := 1\n")))));
        cases.extend(DOCUMENTS.map(|(path, content)| one(bundle(roots, path, content))));
        for other in ROOTS {
            cases.push(Case::from([
                ("one.tar.gz".to_owned(), bundle(roots, "data.json", "{}")),
                ("two.tar.gz".to_owned(), bundle(other, "data.json", "{}")),
            ]));
        }
    }
    cases
}

#[test]
fn roots_are_those_of_opa() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/roots.jsonl");
    let cases = cases();
    if let Some(opa) = std::env::var_os("OPA") {
        let mut lines = String::new();
        for case in &cases {
            let answer = ask(Path::new(&opa), case);
            lines.push_str(&json!({"bundles": case, "opa": answer}).to_string());
            lines.push('\n');
        }
        fs::write(&file, lines).unwrap();
    }
    let recorded = fs::read_to_string(&file).unwrap();
    let recorded: Vec<Value> = recorded.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(recorded.len(), cases.len(), "record the answers with OPA=path/to/opa");
    let (mut read, mut wrong) = (0, Vec::new());
    for (case, recorded) in cases.iter().zip(recorded) {
        assert_eq!(recorded["bundles"], json!(case), "record the answers with OPA=path/to/opa");
        let answer = answer(case);
        read += usize::from(answer.is_ok());
        let agrees = match (&answer, &recorded["opa"]) {
            (Ok(data), Value::Object(expected)) => data == expected,
            // Which of several places an error names is chance in OPA.
            (Err(error), Value::String(expected)) => kind(error) == kind(expected),
            _ => false,
        };
        if !agrees {
            wrong.push(format!("{}\n  {answer:?}\n  {}", json!(case), recorded["opa"]));
        }
    }
    assert!(wrong.is_empty(), "{} answers differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(read > 100 && cases.len() - read > 100, "{read} of {} bundles are read", cases.len());
}

/// An error without the path of the document.
fn kind(error: &str) -> String {
    match error.split_once(" data at path '") {
        Some((begin, rest)) => format!("{begin} data at path {}", rest.split_once('\'').map_or("", |(_, end)| end)),
        None => error.to_owned(),
    }
}

/// What this crate makes of bundles: the documents without `system`, or the error.
fn answer(case: &Case) -> Result<Map<String, Value>, String> {
    let json = |bytes: &[u8]| serde_json::from_slice(bytes).map_err(|error| error.to_string());
    let reading = Reading {
        json,
        yaml: json,
        verify: false,
        size_limit: SIZE_LIMIT,
    };
    let mut bundles = Vec::new();
    for (name, files) in case {
        let files = files.iter().map(|(path, content)| File {
            path: path.clone(),
            bytes: content.clone().into_bytes(),
        });
        let bundle = Bundle::from_files(name, files.collect(), Origin::Archive, &reading);
        bundles.push(bundle.map_err(|error| format!("loading error: bundle {name}: {error}"))?);
    }
    let activated = activate(bundles, Map::new(), Words::Activation);
    let mut data = activated.map_err(|error| format!("bundle activation failed: {error}"))?.data;
    data.remove("system");
    Ok(data)
}

/// What OPA makes of them; of Rego files only whether they are accepted.
fn ask(opa: &Path, case: &Case) -> Value {
    let folder = std::env::temp_dir().join(format!("warrego-roots-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut command = Command::new(opa);
    command.args(["eval", "-f", "json"]).current_dir(&folder);
    for (name, files) in case {
        let file = fs::File::create(folder.join(name)).unwrap();
        let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(file, flate2::Compression::fast()));
        for (path, content) in files {
            let mut header = tar::Header::new_ustar();
            // Names like `../a` are not for `set_path`.
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_size(content.len() as u64);
            header.set_entry_type(tar::EntryType::Regular);
            header.set_mode(0o600);
            header.set_cksum();
            archive.append(&header, content.as_bytes()).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap();
        command.args(["-b", name]);
    }
    let output = command.arg("data").output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    match answer["errors"][0]["message"].as_str() {
        Some(error) => error.into(),
        None if case.values().flat_map(Files::keys).any(|path| path.ends_with(".rego")) => json!({}),
        None => answer["result"][0]["expressions"][0]["value"].clone(),
    }
}
