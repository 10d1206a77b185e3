//! Messages to the adapter of wasmCloud's policy topic, as it runs: composed with a policy. The policy alone, asked about the same document, is what it is
//! held against: whatever a message says, there is no permit where the policy denies, the answer is well-formed, and it bears the request's id.
//!
//! What the adapter tolerates by intention (`tolerated`) is done to the document before the policy sees it.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::{Map, Value as Json};
use warrego_compiler::{Input, Options, compile};
use warrego_host::messaging::Handler;
use warrego_host::{Limits, Policy, compose};

use crate::decisions::engine;
use crate::{Case, Choices};

/// A message: bytes of any kind, mostly nearly a request.
pub struct Message(Vec<u8>);

/// Permits only what is right in each of the fields that identify a request's subject.
const POLICY: &str = r#"package strict

default allow := false

allow if {
	input.version == "v1"
	known_host
	subject.imageRef in {
		"ghcr.io/wasmcloud/components/http-hello-world-rust:0.1.0",
		"ghcr.io/wasmcloud/http-server:0.23.2",
	}
	trusted
	small
}

known_host if {
	startswith(input.host.publicKey, "N")
	input.host.lattice == "default"
	not input.host.labels.blocked
}

subject := input.request.target if input.kind == "performInvocation"

subject := input.request if input.kind in {"startComponent", "startProvider"}

trusted if {
	subject.claims.issuer == "ACOJJN6WUP4ODD75XEBKKTCCUJJCY5ZKQ56XVKYK4BEJWGVAOOQHZMCW"
	subject.claims.expired == false
	startswith(subject.claims.publicKey, "")
}

small if input.kind == "startProvider"

small if {
	input.kind == "startComponent"
	subject.maxInstances <= 10
	count(subject.annotations) == 0
}

small if {
	input.kind == "performInvocation"
	startswith(input.request.interface, "wrpc:")
	input.request.function == "handle"
}
"#;

const ENTRYPOINT: &str = "strict/allow";

/// What takes a value's place, or a key's.
const PIECES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "11",
    "-1",
    "1.0",
    "1e2",
    "4294967296",
    "\"\"",
    "\"v1\"",
    "\"v2\"",
    "\"default\"",
    "\"startComponent\"",
    "\"startProvider\"",
    "\"performInvocation\"",
    "\"requestId\"",
    "\"kind\"",
    "\"request\"",
    "\"host\"",
    "\"claims\"",
    "\"issuer\"",
    "\"target\"",
    "\"imageRef\"",
    "\"maxInstances\"",
    "\"expired\"",
    "\"labels\"",
    "\"blocked\"",
    "\"k\\u0069nd\"",
    "\"\\ud800\"",
    "{}",
    "[]",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\u{feff}",
    " ",
];

/// The recorded requests, the smallest first: those that the policy permits when nothing is changed are among them.
fn recorded() -> &'static [String] {
    static RECORDED: OnceLock<Vec<String>> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/wasmcloud/inputs");
        let mut texts: Vec<String> = fs::read_dir(folder)
            .expect("the examples are there")
            .map(|entry| fs::read_to_string(entry.expect("the folder can be read").path()).expect("a request is text"))
            .collect();
        texts.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        texts
    })
}

/// The composed component, and the policy in it.
fn parts() -> &'static (Handler, Policy, u32) {
    static PARTS: OnceLock<(Handler, Policy, u32)> = OnceLock::new();
    PARTS.get_or_init(|| {
        let input = Input {
            modules: vec![("strict.rego".to_owned(), POLICY.to_owned())],
            data: Json::Object(Map::new()),
        };
        let options = Options {
            entrypoints: vec![ENTRYPOINT.to_owned()],
            policy_service: Some(ENTRYPOINT.to_owned()),
            ..Options::default()
        };
        let component = compile(&input, &options).unwrap_or_else(|failure| panic!("{failure}")).component;
        let policy = Policy::load(engine(), &component, Limits::default()).expect("the policy loads");
        let entrypoint = policy.entrypoint(ENTRYPOINT).expect("the entrypoint is there");
        let composed = compose::wasmcloud(&component).expect("the policy composes");
        let handler = Handler::load(engine(), &composed, Limits::default()).expect("the component loads");
        (handler, policy, entrypoint)
    })
}

impl Case for Message {
    fn make(choices: &mut Choices<'_>) -> Self {
        if choices.once_in(16) {
            return Self(choices.bytes(300));
        }
        let recorded: Vec<&str> = recorded().iter().map(String::as_str).collect();
        let mut tokens = tokens(choices.of(&recorded));
        for _ in 0..choices.below(4) {
            change(&mut tokens, choices);
        }
        let mut bytes = tokens.concat().into_bytes();
        if choices.once_in(6) {
            let at = choices.below(bytes.len() + 1);
            let end = (at + choices.below(8)).min(bytes.len());
            bytes.splice(at..end, choices.bytes(4));
        }
        Self(bytes)
    }

    fn check(&self) -> &'static str {
        let (handler, policy, entrypoint) = parts();
        let answer = handler.answer("wasmcloud.policy", &self.0).expect("the component does not fail");
        let answer: Json = serde_json::from_slice(&answer.expect("there is an answer")).expect("the answer is JSON");
        let permitted = answer["permitted"].as_bool().expect("the answer says whether it permits");
        let id = answer["requestId"].as_str().expect("the answer has an id");
        assert!(
            permitted || answer["message"].is_string() || answer["message"].is_null(),
            "{answer}"
        );
        let document = serde_json::from_slice::<Json>(&self.0).ok();
        if let Some(Json::Object(fields)) = &document
            && let Some(Json::String(expected)) = fields.get("requestId")
            && String::from_utf8_lossy(&self.0).matches("\"requestId\"").count() == 1
        {
            assert_eq!(id, expected, "the id of the request comes back");
        }
        if !permitted {
            return if document.is_some() { "denied" } else { "denied: not JSON" };
        }
        let document = tolerated(document.expect("no permit for what is not JSON"));
        let decision = policy
            .evaluate_fresh(*entrypoint, Some(document.to_string().as_bytes()))
            .expect("the policy decides");
        assert_eq!(decision.as_deref(), Some(&b"true"[..]), "a permit that the policy does not give");
        "permitted"
    }
}

/// An invocation's claims may be given beside its target, as the documentation has them, and annotations and labels may be absent.
fn tolerated(mut document: Json) -> Json {
    let invokes = document["kind"] == "performInvocation";
    let empty = || Json::Object(Map::new());
    if let Some(request) = document.get_mut("request").and_then(Json::as_object_mut) {
        let claims = request.get("claims").cloned().unwrap_or_default();
        let subject = if invokes {
            request.get_mut("target").and_then(Json::as_object_mut)
        } else {
            Some(request)
        };
        if let Some(subject) = subject {
            if subject.get("annotations").is_none_or(Json::is_null) {
                subject.insert("annotations".to_owned(), empty());
            }
            if subject.get("claims").is_none_or(Json::is_null) {
                subject.insert("claims".to_owned(), claims);
            }
        }
    }
    document
}

/// A JSON text's strings, words and marks.
fn tokens(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' => {
                let mut escaped = false;
                let end = rest[1..].find(|char| {
                    let ends = char == '"' && !escaped;
                    escaped = char == '\\' && !escaped;
                    ends
                });
                end.map_or(rest.len(), |end| end + 2)
            }
            '{' | '}' | '[' | ']' | ',' | ':' => 1,
            _ if first.is_whitespace() => rest.find(|char: char| !char.is_whitespace()).unwrap_or(rest.len()),
            _ => rest
                .find(['{', '}', '[', ']', ',', ':', '"', ' ', '\n'])
                .unwrap_or(rest.len())
                .max(first.len_utf8()),
        };
        all.push(rest[..end].to_owned());
        rest = &rest[end..];
    }
    all
}

/// Changes one place: most changes leave JSON behind.
fn change(tokens: &mut Vec<String>, choices: &mut Choices<'_>) {
    let values: Vec<usize> = (0..tokens.len())
        .filter(|at| !matches!(tokens[*at].as_str(), "{" | "}" | "[" | "]" | "," | ":"))
        .collect();
    if values.is_empty() {
        return;
    }
    let at = values[choices.below(values.len())];
    let other = tokens[values[choices.below(values.len())]].clone();
    match choices.below(6) {
        // A value or a key is that of another place, or one of the pieces.
        0 => tokens[at] = other,
        1 => tokens[at] = choices.of(PIECES).to_owned(),
        // A field twice, or one more.
        2 | 3 => {
            let opens: Vec<usize> = (0..tokens.len()).filter(|at| tokens[*at] == "{").collect();
            if let Some(open) = (!opens.is_empty()).then(|| opens[choices.below(opens.len())]) {
                let value = if choices.once_in(2) {
                    choices.of(PIECES).to_owned()
                } else {
                    tokens[at].clone()
                };
                let key = if other.starts_with('"') { other } else { "\"kind\"".to_owned() };
                let field = if tokens.get(open + 1).is_some_and(|next| next == "}") {
                    vec![key, ":".to_owned(), value]
                } else {
                    vec![key, ":".to_owned(), value, ",".to_owned()]
                };
                tokens.splice(open + 1..open + 1, field);
            }
        }
        4 => {
            let end = (at + 1 + choices.below(6)).min(tokens.len());
            tokens.drain(at..end);
        }
        _ => {
            let from = choices.below(tokens.len());
            let copy = tokens[from..(from + choices.below(20)).min(tokens.len())].to_vec();
            tokens.splice(at..at, copy);
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", String::from_utf8_lossy(&self.0))
    }
}
