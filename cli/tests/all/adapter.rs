//! The adapter, composed with the example policy and without a server: what it reads, and that it answers everything.

use serde_json::{Value, json};
use warrego_host::messaging::Handler;
use warrego_host::types::{HostInfo, PolicyRequest, RequestKind, StartProvider};
use warrego_host::{DecisionError, Limits, Policy, compose};

use super::support::{broken, component, composed, engine, example, files, json as read, request};

fn handler() -> Handler {
    Handler::load(engine(), composed(), Limits::default()).unwrap()
}

fn answer(handler: &Handler, body: &[u8]) -> Value {
    read(&handler.answer("wasmcloud.policy", body).unwrap().expect("an answer"))
}

#[test]
fn recorded_requests_are_answered_with_their_id() {
    let handler = handler();
    for (name, request) in files(&example("wasmcloud").join("inputs")) {
        let expected = std::fs::read(
            example("wasmcloud")
                .join("expected/wasmcloud-access-decision")
                .join(format!("{name}.json")),
        )
        .unwrap();
        let mut expected = read(&expected);
        expected["requestId"] = read(&request)["requestId"].clone();
        assert_eq!(answer(&handler, &request), expected, "{name}");
    }
}

#[test]
fn everything_broken_is_denied_with_a_cause() {
    let handler = handler();
    let broken = broken();
    assert!(broken.len() >= 100, "{}", broken.len());
    for (body, id) in broken {
        let answer = answer(&handler, &body);
        let start = String::from_utf8_lossy(&body[..body.len().min(400)]).into_owned();
        assert_eq!(answer["permitted"], false, "{start}");
        assert_eq!(answer["requestId"], id.as_str(), "{start}");
        assert!(
            answer["message"]
                .as_str()
                .is_some_and(|message| !message.is_empty() && message.len() < 1000),
            "{start}: {answer}"
        );
    }
}

#[test]
fn causes_are_named() {
    let handler = handler();
    let mut document = read(&request("start-component.signed"));
    let mut said = |path: &str, value: Value| {
        let before = std::mem::replace(document.pointer_mut(path).unwrap(), value);
        let message = answer(&handler, document.to_string().as_bytes())["message"]
            .as_str()
            .unwrap()
            .to_owned();
        *document.pointer_mut(path).unwrap() = before;
        message
    };
    assert_eq!(said("/kind", json!("stopHost")), "unknown kind `stopHost` of request");
    assert_eq!(said("/version", json!("v9")), "unknown version `v9` of the policy protocol");
    assert_eq!(said("/request/imageRef", Value::Null), "missing field `request.imageRef`");
    assert_eq!(said("/request/claims/issuer", Value::Null), "missing field `request.claims.issuer`");
    assert!(said("/host", json!(4)).starts_with("malformed request: invalid type"));
    // An array is no object, even if it has all fields in order.
    let host = json!(["NB", "default", {}]);
    assert!(said("/host", host).starts_with("malformed request: invalid type: sequence, expected an object"));
    let whole = said("", json!(["id", "performInvocation", "v1", {}, {}]));
    assert!(
        whole.starts_with("malformed request: invalid type: sequence, expected an object"),
        "{whole}"
    );
}

#[test]
fn fields_may_be_left_out_and_claims_stand_in_two_places() {
    let handler = handler();
    let mut document = read(&request("start-component.signed"));
    document["request"].as_object_mut().unwrap().remove("annotations");
    document["host"].as_object_mut().unwrap().remove("labels");
    document["request"]["claims"].as_object_mut().unwrap().remove("expiresAt");
    assert_eq!(answer(&handler, document.to_string().as_bytes())["permitted"], true);
    document["request"].as_object_mut().unwrap().remove("claims");
    assert_eq!(answer(&handler, document.to_string().as_bytes())["message"], "not signed");

    let issuer = "package p\n\ndecision := {\"permitted\": true, \"message\": input.request.target.claims.issuer}\n";
    let composed = compose::wasmcloud(&component(issuer, &["p/decision"], Some("p/decision"))).unwrap();
    let handler = Handler::load(engine(), &composed, Limits::default()).unwrap();
    let claims = read(&request("start-component.signed"))["request"]["claims"].clone();
    let mut document = read(&request("perform-invocation"));
    document["request"]["target"]["claims"] = claims.clone();
    let own = answer(&handler, document.to_string().as_bytes());
    assert_eq!(own["message"], claims["issuer"]);
    document["request"]["target"].as_object_mut().unwrap().remove("claims");
    document["request"]["claims"] = claims;
    assert_eq!(answer(&handler, document.to_string().as_bytes()), own);
}

#[test]
fn composing_fails_when_something_is_missing() {
    let plain = component("package p\n\nallow := true\n", &["p/allow"], None);
    let error = compose::wasmcloud(&plain).unwrap_err();
    assert!(error.to_string().contains("warrego:policy/policy-service"), "{error}");
    assert!(error.hint().is_some());
    assert!(compose::wasmcloud(b"nonsense").is_err());
    assert!(compose::wasmcloud(compose::WASMCLOUD).is_err(), "an adapter is no policy");
}

/// A core module that imports `entrypoints` and exports a function that returns an empty record.
fn adapter_of_another_make() -> Vec<u8> {
    fn section(number: u8, contents: &[u8]) -> Vec<u8> {
        [&[number, u8::try_from(contents.len()).unwrap()], contents].concat()
    }
    fn name(text: &str) -> Vec<u8> {
        [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
    }
    let types = [
        &[0x03, 0x60, 0x01, 0x7f, 0x00, 0x60, 0x00, 0x01, 0x7f][..],
        &[0x60, 0x04, 0x7f, 0x7f, 0x7f, 0x7f, 0x01, 0x7f],
    ];
    let imports = [
        &[0x01][..],
        &name("warrego:policy/evaluator@0.2.0"),
        &name("entrypoints"),
        &[0x00, 0x00],
    ];
    let exports = [
        &[0x03][..],
        &name("test:adapter/check#check"),
        &[0x00, 0x01],
        &name("cabi_realloc"),
        &[0x00, 0x02],
        &name("memory"),
        &[0x02, 0x00],
    ];
    let code = [
        &[0x02, 0x09, 0x00, 0x41, 0xc0, 0x00, 0x10, 0x00, 0x41, 0x00, 0x0b][..],
        &[0x05, 0x00, 0x41, 0x80, 0x08, 0x0b],
    ];
    [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, &types.concat()),
        section(2, &imports.concat()),
        section(3, &[0x02, 0x01, 0x02]),
        section(5, &[0x01, 0x00, 0x01]),
        section(7, &exports.concat()),
        section(10, &code.concat()),
    ]
    .concat()
}

#[test]
fn an_adapter_may_export_types_of_the_policy() {
    let policy = component("package p\n\nallow := true\n", &["p/allow"], None);
    let wit_component::DecodedWasm::Component(mut resolve, _) = wit_component::decode(&policy).unwrap() else {
        panic!("a policy is a component")
    };
    let package = resolve
        .push_str(
            "adapter.wit",
            "package test:adapter;
             interface check { use warrego:policy/types@0.2.0.{error}; check: func() -> result<_, error>; }
             world adapter { import warrego:policy/evaluator@0.2.0; export check; }",
        )
        .unwrap();
    let world = resolve.select_world(&[package], Some("adapter")).unwrap();
    let mut module = adapter_of_another_make();
    wit_component::embed_component_metadata(&mut module, &resolve, world, wit_component::StringEncoding::UTF8).unwrap();
    let adapter = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .unwrap()
        .encode()
        .unwrap();
    let [adapter, policy] = [("adapter.wasm", &adapter), ("policy.wasm", &policy)].map(|(name, bytes)| compose::Part { name, bytes });
    let composed = compose::compose(adapter, &[policy]).unwrap();
    let wit_component::DecodedWasm::Component(resolve, world) = wit_component::decode(&composed).unwrap() else {
        panic!("a composition is a component")
    };
    let world = &resolve.worlds[world];
    let names: Vec<String> = world.exports.keys().map(|key| resolve.name_world_key(key)).collect();
    assert_eq!(names, ["warrego:policy/types@0.2.0", "test:adapter/check"]);
    assert!(world.imports.is_empty());
    match compose::compose(policy, &[adapter]) {
        Err(error) => assert_eq!(error.hint(), Some("the components are in the wrong order")),
        Ok(_) => panic!("a policy imports nothing of an adapter"),
    }
}

#[test]
fn typed_decisions_need_no_adapter() {
    let text = std::fs::read_to_string(example("wasmcloud").join("policy/access.rego")).unwrap();
    let decision = "wasmcloud/access/decision";
    let request = PolicyRequest {
        request_id: "one".to_owned(),
        version: "v1".to_owned(),
        request: RequestKind::StartProvider(StartProvider {
            provider_id: "nats".to_owned(),
            image_ref: "messaging-nats".to_owned(),
            annotations: vec![("team".to_owned(), "a".to_owned())],
            claims: None,
        }),
        host: HostInfo {
            public_key: "N".to_owned(),
            lattice: "default".to_owned(),
            labels: Vec::new(),
        },
    };
    let load = |service| Policy::load(engine(), &component(&text, &[decision], service), Limits::default()).unwrap();
    let response = load(Some(decision)).instance().unwrap().decide_request(&request).unwrap();
    assert_eq!((response.request_id.as_str(), response.permitted), ("one", false));
    assert_eq!(response.message.as_deref(), Some("not signed"));
    assert_eq!(
        load(None).instance().unwrap().decide_request(&request),
        Err(DecisionError::NoPolicyService)
    );
}
