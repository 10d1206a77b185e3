//! What the tests share: policies compiled, an engine, the examples.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Map, Value};
use warrego_compiler::{Failure, Input, Options, compile};
use warrego_host::{Engine, EngineOptions, Limits, Policy, compose};

/// The folder of an example.
pub fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name)
}

/// Files of a folder by name without extension, in order.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap()))
        .collect()
}

/// Compiles a policy of one file.
pub fn component(text: &str, entrypoints: &[&str], policy_service: Option<&str>) -> Vec<u8> {
    let input = Input {
        modules: vec![("policy.rego".to_owned(), text.to_owned())],
        data: Value::Object(Map::new()),
    };
    let options = Options {
        entrypoints: entrypoints.iter().map(|&name| name.to_owned()).collect(),
        policy_service: policy_service.map(str::to_owned),
        ..Options::default()
    };
    match compile(&input, &options) {
        Ok(output) => output.component,
        Err(Failure::Policy { diagnostics, .. }) => panic!("{diagnostics:#?}"),
        Err(failure) => panic!("{failure}"),
    }
}

/// One engine for all tests.
pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(EngineOptions::default()).unwrap())
}

/// Loads a policy of one file.
pub fn policy(text: &str, entrypoints: &[&str], limits: Limits) -> Policy {
    Policy::load(engine(), &component(text, entrypoints, None), limits).unwrap()
}

/// The policy of `examples/wasmcloud`, composed with the adapter.
pub fn composed() -> &'static [u8] {
    static COMPOSED: OnceLock<Vec<u8>> = OnceLock::new();
    COMPOSED.get_or_init(|| {
        let text = fs::read_to_string(example("wasmcloud").join("policy/access.rego")).unwrap();
        let decision = "wasmcloud/access/decision";
        compose::wasmcloud(&component(&text, &[decision], Some(decision))).unwrap()
    })
}

/// A recorded request.
pub fn request(name: &str) -> Vec<u8> {
    fs::read(example("wasmcloud").join("inputs").join(name).with_added_extension("json")).unwrap()
}

/// Reads JSON.
pub fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}

/// A hundred messages that are no request, each with the id that its answer must carry.
pub fn broken() -> Vec<(Vec<u8>, String)> {
    let good = request("start-component.signed");
    let text = String::from_utf8(good.clone()).unwrap();
    let id = json(&good)["requestId"].as_str().unwrap().to_owned();
    let with_id = |body: String| (body.into_bytes(), id.clone());
    let mut all = Vec::new();
    // Cut off anywhere: the id counts from where it is complete.
    let complete = text.find(&id).unwrap() + id.len() + 1;
    for part in 1..=40 {
        let length = (text.trim_end().len() - 1) * part / 40;
        all.push((good[..length].to_vec(), if length >= complete { id.clone() } else { String::new() }));
    }
    // Each field of another type, or missing.
    for value in ["17", "[]", "{\"a\":[1]}", "true", "\"\"", "null"] {
        for field in ["kind", "version", "request", "host"] {
            let mut document = json(&good);
            document[field] = json(value.as_bytes());
            all.push(with_id(document.to_string()));
        }
    }
    for field in ["kind", "version", "request", "host"] {
        let mut document = json(&good);
        document.as_object_mut().unwrap().remove(field);
        all.push(with_id(document.to_string()));
    }
    for (path, value) in [
        ("/request/imageRef", "7"),
        ("/request/maxInstances", "-1"),
        ("/request/maxInstances", "1.5"),
        ("/request/annotations", "{\"a\":1}"),
        ("/request/claims", "\"signed\""),
        ("/request/claims/issuer", "null"),
        ("/request/claims/expiresAt", "\"tomorrow\""),
        ("/request/claims/expired", "\"no\""),
        ("/host/labels", "[]"),
        ("/host/publicKey", "null"),
    ] {
        let mut document = json(&good);
        *document.pointer_mut(path).unwrap() = json(value.as_bytes());
        all.push(with_id(document.to_string()));
    }
    // Bytes that are no text.
    let mut bytes = good.clone();
    let place = text.find("ghcr").unwrap();
    bytes[place..place + 2].copy_from_slice(&[0xc3, 0x28]);
    all.push((bytes, id.clone()));
    all.push((vec![0xff; 1000], String::new()));
    // Deep, and far deeper.
    for depth in [200, 20_000, 1_000_000] {
        all.push((vec![b'['; depth], String::new()));
        all.push(with_id(
            text.replace("\"annotations\":{}", &format!("\"annotations\":{}", "[".repeat(depth))),
        ));
        all.push(with_id(text.replace(
            "\"kind\"",
            &format!("\"x\":{}{},\"kind\"", "{\"a\":".repeat(depth), "}".repeat(depth)),
        )));
    }
    // Five megabytes: of one string, of many fields, of nothing.
    all.push((format!("\"{}\"", "x".repeat(5 << 20)).into_bytes(), String::new()));
    all.push(with_id(text.replace("startComponent", &"y".repeat(5 << 20))));
    all.push((vec![b' '; 5 << 20], String::new()));
    // Other documents.
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "nonsense",
        "{\"requestId\":7}",
        "{} {}",
        "{\"requestId\":\"only\"}",
    ] {
        all.push((
            body.as_bytes().to_vec(),
            if body.contains("only") { "only".to_owned() } else { String::new() },
        ));
    }
    all
}
