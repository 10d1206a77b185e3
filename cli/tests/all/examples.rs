//! The example policies give the answers that stand beside them, which are OPA's.

use std::fs;

use warrego_host::{Limits, Policy};

use super::support::{engine, example, files, json};
use warrego_compiler::{Input, Options, compile};

#[test]
fn wasmcloud() {
    check("wasmcloud");
}

#[test]
fn waxosuit() {
    check("waxosuit");
}

#[test]
fn documents() {
    check("documents");
}

fn check(name: &str) {
    let folder = example(name);
    let about = json(&fs::read(folder.join("example.json")).unwrap());
    let entrypoints: Vec<String> = about["entrypoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entrypoint| entrypoint.as_str().unwrap().to_owned())
        .collect();
    let modules = files(&folder.join("policy"))
        .into_iter()
        .map(|(name, text)| (name, String::from_utf8(text).unwrap()))
        .collect();
    let options = Options {
        entrypoints: entrypoints.clone(),
        policy_service: about["policy_service"].as_str().map(str::to_owned),
        ..Options::default()
    };
    let output = compile(
        &Input {
            modules,
            data: serde_json::json!({}),
        },
        &options,
    )
    .map_err(|failure| format!("{failure:?}"))
    .unwrap();
    let policy = Policy::load(engine(), &output.component, Limits::default()).unwrap();
    assert_eq!(policy.entrypoints(), entrypoints);
    assert_eq!(policy.imports(), [] as [String; 0], "none of the examples needs a capability");
    let mut instance = policy.instance().unwrap();
    for (number, entrypoint) in (0..).zip(&entrypoints) {
        for (name, input) in files(&folder.join("inputs")) {
            let expected = fs::read(
                folder
                    .join("expected")
                    .join(entrypoint.replace('/', "-"))
                    .join(format!("{name}.json")),
            )
            .unwrap();
            let decision = instance.evaluate(number, Some(&input)).unwrap().expect("a decision");
            assert_eq!(json(&decision), json(&expected), "{entrypoint} on {name}");
        }
    }
}
