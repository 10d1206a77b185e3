//! Documents that nobody should send, in files: nested too deeply, with numbers too long, and not in UTF-8. What is too much for OPA is refused in its words.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// Runs `warrego eval`; returns the value of the only expression, or the only error.
fn eval(folder: &Path, arguments: &[&str]) -> Result<Value, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_warrego"))
        .arg("eval")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let Ok(answer) = serde_json::from_str::<Value>(&out) else {
        return Err(err.trim().to_owned());
    };
    match answer.pointer("/errors/0/message") {
        Some(message) => Err(message.as_str().unwrap().to_owned()),
        None => Ok(answer["result"][0]["expressions"][0]["value"].clone()),
    }
}

#[test]
fn depth_is_limited() {
    let folder = tempfile::tempdir().unwrap();
    let nested = |depth: usize| format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    fs::create_dir(folder.path().join("bundle")).unwrap();
    for (name, depth) in [("allowed", 9_999), ("deep", 10_000), ("deepest", 1_000_000)] {
        for ending in ["json", "yaml"] {
            fs::write(folder.path().join(name).with_extension(ending), nested(depth)).unwrap();
        }
    }
    let eval = |arguments: &[&str]| eval(folder.path(), arguments);
    for ending in ["json", "yaml"] {
        let file = format!("allowed.{ending}");
        assert_eq!(eval(&["-d", &file, "is_array(data.x)"]), Ok(json!(true)), "{ending}");
        assert_eq!(eval(&["-i", &file, "is_array(input.x)"]), Ok(json!(true)), "{ending}");
    }
    let json = "invalid character '[' exceeded max depth";
    let yaml = "yaml: exceeded max depth of 10000";
    for name in ["deep", "deepest"] {
        let file = format!("{name}.json");
        assert_eq!(eval(&["-d", &file, "1"]), Err(format!("{file}: {json}")));
        assert_eq!(
            eval(&["-s", &file, "1"]).map_err(|error| error.contains("exceeded max depth")),
            Err(true)
        );
        fs::copy(folder.path().join(&file), folder.path().join("bundle/data.json")).unwrap();
        assert_eq!(eval(&["-b", "bundle", "1"]).map_err(|error| error.contains(json)), Err(true));
    }
    assert_eq!(
        eval(&["-d", "deepest.yaml", "1"]),
        Err(format!("deepest.yaml: error converting YAML to JSON: {yaml}"))
    );
    let error = eval(&["-i", "deepest.json", "1"]).unwrap_err();
    assert!(
        error.contains("nested too deeply") || error.contains("exceeded max depth"),
        "{error}"
    );
}

#[test]
fn numbers_stay_as_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let digits = "7".repeat(1_000_000);
    fs::write(
        folder.path().join("long.json"),
        format!("{{\"n\": {digits}, \"m\": 0.{digits}, \"e\": 1e-999999999}}"),
    )
    .unwrap();
    let eval = |arguments: &[&str]| eval(folder.path(), arguments);
    assert_eq!(eval(&["-d", "long.json", "data.m < data.n"]), Ok(json!(true)));
    // As in OPA, which takes it for zero when it compares.
    assert_eq!(eval(&["-d", "long.json", "0 < data.e"]), Ok(json!(false)));
    assert_eq!(
        eval(&["-d", "long.json", "data.e"]).map(|value| value.to_string()),
        Ok("1e-999999999".to_owned())
    );
}

#[test]
fn bytes_that_are_not_text() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("latin.json"), b"{\"a\": \"caf\xe9\"}").unwrap();
    fs::write(folder.path().join("latin.yaml"), b"a: caf\xe9\n").unwrap();
    let eval = |arguments: &[&str]| eval(folder.path(), arguments);
    assert_eq!(eval(&["-d", "latin.json", "data.a"]), Ok(json!("caf\u{fffd}")));
    assert_eq!(eval(&["-i", "latin.json", "input.a"]), Ok(json!("caf\u{fffd}")));
    let problem = "yaml: incomplete UTF-8 octet sequence";
    assert_eq!(
        eval(&["-d", "latin.yaml", "data.a"]),
        Err(format!("latin.yaml: error converting YAML to JSON: {problem}"))
    );
    assert_eq!(
        eval(&["-i", "latin.yaml", "input.a"]),
        Err(format!("unable to parse input: {problem}"))
    );
}
