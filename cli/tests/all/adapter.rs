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
    let response = load(Some(decision)).instance().unwrap().decide(&request).unwrap();
    assert_eq!((response.request_id.as_str(), response.permitted), ("one", false));
    assert_eq!(response.message.as_deref(), Some("not signed"));
    assert_eq!(load(None).instance().unwrap().decide(&request), Err(DecisionError::NoPolicyService));
}
