//! Functions of the embedder: a policy that imports them, composed with a component in Rust that supplies them.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use warrego_compiler::capabilities::Capabilities;
use warrego_compiler::{Input, Options, compile};
use warrego_host::{DecisionError, Limits, LoadError, Policy, compose};
use wit_component::ComponentEncoder;

use super::support::{engine, example, json};

const INTERFACE: &str = "warrego:functions/acme-geo@0.2.0";

/// The policy of the example; `text` comes beside it.
fn policy(text: &str, strict_builtin_errors: bool) -> Vec<u8> {
    let folder = example("capabilities");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let functions = Capabilities::read(read("functions.json").as_bytes()).unwrap();
    let input = Input {
        modules: vec![
            ("door.rego".to_owned(), read("policy/door.rego")),
            ("test.rego".to_owned(), text.to_owned()),
        ],
        data: json!({"door": {"place": [-27.47, 153.02]}}),
    };
    let options = Options {
        entrypoints: vec!["test/q".to_owned()],
        strict_builtin_errors,
        capabilities: Some(functions.with_ours()),
        ..Options::default()
    };
    compile(&input, &options)
        .map_err(|failure| format!("{failure:?}"))
        .unwrap()
        .component
}

/// The example's component, built for Wasm.
fn geo() -> Vec<u8> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("functions");
    let output = Command::new(env!("CARGO"))
        .args([
            "rustc",
            "--package",
            "warrego-example-geo",
            "--lib",
            "--crate-type",
            "cdylib",
            "--locked",
        ])
        .args(["--target", "wasm32-unknown-unknown", "--target-dir"])
        .arg(&target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let module = fs::read(target.join("wasm32-unknown-unknown/debug/warrego_example_geo.wasm")).unwrap();
    ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .validate(true)
        .encode()
        .unwrap()
}

#[test]
fn a_component_supplies_them() {
    let policy = policy(
        "package test\n\nq := {\"near\": acme.geo.distance(input, data.door.place) < 1000, \"zero\": acme.geo.distance([0, 0], [0, 0])}\n",
        true,
    );
    match Policy::load(engine(), &policy, Limits::default()) {
        Err(LoadError::Imports(imports)) => assert_eq!(imports, [INTERFACE]),
        _ => panic!("nobody has these functions"),
    }
    let geo = geo();
    let [door, functions] = [("door.wasm", &policy), ("geo.wasm", &geo)].map(|(name, bytes)| compose::Part { name, bytes });
    match compose::compose(functions, &[door]) {
        Err(error @ compose::ComposeError::NothingFits { swapped: true, .. }) => {
            let message = error.to_string();
            assert!(
                message.starts_with("door.wasm fills no import of geo.wasm\n") && message.contains(INTERFACE),
                "{message}"
            );
        }
        other => panic!("{other:?}"),
    }
    let composed = compose::compose(door, &[functions]).unwrap();
    let policy = Policy::load(engine(), &composed, Limits::default()).unwrap();
    assert_eq!(policy.imports(), [] as [String; 0]);
    let mut instance = policy.instance().unwrap();
    let mut ask = |input: &str| instance.evaluate(0, Some(input.as_bytes()));
    let decision = |near| json!({"near": near, "zero": 0});
    assert_eq!(json(&ask("[-27.471, 153.021]").unwrap().unwrap()), decision(true));
    assert_eq!(json(&ask("[-33.87, 151.21]").unwrap().unwrap()), decision(false));
    match ask("[100, 0]") {
        Err(DecisionError::Policy(detail)) => {
            assert_eq!(detail.code, "eval_builtin_error");
            assert_eq!(detail.message, "acme.geo.distance: a place is latitude and longitude in degrees");
        }
        other => panic!("{other:?}"),
    }
}

/// What a policy could otherwise permit by: the function that fails is neither undefined nor anything else, strict or not.
#[test]
fn a_function_that_fails_ends_the_decision() {
    let text = "package test\n\nq if not acme.geo.distance(input, [0, 0]) < 1000\n";
    let geo = geo();
    for strict in [false, true] {
        let policy = policy(text, strict);
        let [door, functions] = [("door.wasm", &policy), ("geo.wasm", &geo)].map(|(name, bytes)| compose::Part { name, bytes });
        let composed = compose::compose(door, &[functions]).unwrap();
        let policy = Policy::load(engine(), &composed, Limits::default()).unwrap();
        let mut instance = policy.instance().unwrap();
        assert_eq!(instance.decide("test/q", Some("[0, 0]")), Ok(None));
        assert_eq!(instance.decide("test/q", Some("[1, 0]")), Ok(Some("true".to_owned())));
        for input in ["[100, 0]", "\"here\"", "null"] {
            match instance.decide("test/q", Some(input)) {
                Err(DecisionError::Policy(detail)) => assert_eq!(detail.code, "eval_builtin_error", "{input}"),
                other => panic!("{input}: {other:?}"),
            }
        }
    }
}
