//! What hosts of other makers rely on: input and its absence, text and bytes, entrypoints by name, and what a policy says about itself.

use warrego_host::{Clock, DecisionError, Grants, Limits, Policy, Pool};

use super::support::{component, engine, json};

const CONTRACT: &str = r#"
# METADATA
# title: Contract
# description: What hosts can rely on.
# authors:
# - name: Ann
#   email: ann@example.com
# custom:
#   version: 1.2.3
#   license: Apache-2.0
package contract

seen := input

absent if not input_given

input_given if input == input

bytes := base64.decode("/w==")

nested := {base64.decode("gA=="): [base64.decode("wyg=")], "ok": true}

reads := [input.user.name, data.users[_].name]

now := time.now_ns()
"#;

const CONTRACT_ENTRYPOINTS: [&str; 6] = [
    "contract/seen",
    "contract/absent",
    "contract/bytes",
    "contract/nested",
    "contract/reads",
    "contract/now",
];

fn contract() -> Policy {
    let grants = Grants {
        clock: Clock::System,
        ..Grants::default()
    };
    let component = component(CONTRACT, &CONTRACT_ENTRYPOINTS, None);
    Policy::load_with(engine(), &component, Limits::default(), grants).unwrap()
}

#[test]
fn no_input_is_undefined_and_empty_input_an_error() {
    let mut instance = contract().instance().unwrap();
    for round in 0..2 {
        assert_eq!(instance.evaluate(0, None), Ok(None), "{round}");
        assert_eq!(instance.decide("contract/seen", None), Ok(None));
        assert_eq!(instance.evaluate(1, None).unwrap().unwrap(), b"true");
        assert_eq!(instance.evaluate(1, Some(b"null")), Ok(None));
        for malformed in ["", " ", "\n", "{", "null null"] {
            let error = instance.evaluate(0, Some(malformed.as_bytes())).unwrap_err();
            assert!(matches!(error, DecisionError::MalformedInput(_)), "{malformed:?}: {error}");
            assert_eq!(instance.decide("contract/seen", Some(malformed)), Err(error));
            let error = instance.evaluate(1, Some(malformed.as_bytes())).unwrap_err();
            assert!(matches!(error, DecisionError::MalformedInput(_)), "{malformed:?}: {error}");
        }
        for input in ["null", "false", "\"\"", "{}", "[]", " {\"ä\":\"😀\"} "] {
            let by_number = instance.evaluate(0, Some(input.as_bytes())).unwrap().unwrap();
            let by_name = instance.decide("contract/seen", Some(input)).unwrap().unwrap();
            assert_eq!(by_name.as_bytes(), by_number);
            assert_eq!(json(&by_number), json(input.as_bytes()));
        }
    }
}

#[test]
fn what_is_not_utf_8_is_text_all_the_same() {
    let mut instance = contract().instance().unwrap();
    let mut decide = |name: &str| json(instance.decide(name, None).unwrap().unwrap().as_bytes());
    assert_eq!(decide("contract/bytes"), "\u{fffd}");
    assert_eq!(
        decide("contract/nested"),
        serde_json::json!({"\u{fffd}": ["\u{fffd}("], "ok": true})
    );
    // As input it is replaced, too.
    let seen = instance.evaluate(0, Some(b"\"\xff\"")).unwrap().unwrap();
    assert_eq!(json(&seen), "\u{fffd}");
}

#[test]
fn an_unknown_entrypoint_lists_those_that_are_there() {
    let mut instance = contract().instance().unwrap();
    let mut message = |name: &str| match instance.decide(name, None) {
        Err(DecisionError::UnknownEntrypoint(detail)) => {
            assert_eq!(detail.code, "unknown_entrypoint");
            detail.message
        }
        other => panic!("{name}: {other:?}"),
    };
    let first = "`contract/seen`, `contract/absent`, `contract/bytes`, `contract/nested`, `contract/reads` and others";
    for name in ["", "x", "contract/sen", "a/b/c/d"] {
        let message = message(name);
        assert!(
            message.starts_with(&format!("there is no entrypoint `{name}`; the policy has `")),
            "{message}"
        );
        assert!(message.ends_with(" and others"), "{message}");
        assert_eq!(message.matches(", ").count(), first.matches(", ").count(), "{message}");
    }
    let long = "é".repeat(1 << 20);
    assert!(message(&long).len() < 400);
    assert_eq!(
        instance.decide("contract/absent", None).unwrap().unwrap(),
        "true",
        "the instance decides on"
    );
    let pool = Pool::new(contract());
    assert_eq!(pool.decide("contract/absent", None).unwrap().unwrap(), "true");
}

#[test]
fn a_policy_describes_itself() {
    let policy = contract();
    let info = policy.instance().unwrap().describe().unwrap();
    assert_eq!(info.name.as_deref(), Some("Contract"));
    assert_eq!(info.version.as_deref(), Some("1.2.3"));
    assert_eq!(info.revision, None);
    assert_eq!(info.compiler, format!("warrego {}", env!("CARGO_PKG_VERSION")));
    assert_eq!(info.capabilities, policy.imports());
    let names: Vec<&str> = info.entrypoints.iter().map(|entrypoint| entrypoint.name.as_str()).collect();
    assert_eq!(names, CONTRACT_ENTRYPOINTS);
    let of = |name: &str| info.entrypoints.iter().find(|entrypoint| entrypoint.name == name).unwrap();
    assert_eq!(of("contract/seen").input, ["input.**"]);
    assert_eq!(of("contract/reads").input, ["input.user.name.**"]);
    assert_eq!(of("contract/reads").data, ["data.users[_].name.**"]);
    assert_eq!(of("contract/now").data, [] as [&str; 0]);
}
