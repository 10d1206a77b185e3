//! Data pushed to a pool: every instance has the document, whatever the pushes were, and the pushes themselves are forgotten.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use warrego_compiler::{Input, Options, compile};
use warrego_host::{Carry, DecisionError, Limits, Policy, Pool, Switch};

use super::support::{engine, json};

/// A policy that shows some documents, built with data.
fn policy(data: Value) -> Policy {
    let text = "package p\n\narr := data.arr\n\na := data.a\n\nusers := data.users\n";
    let input = Input {
        modules: vec![("policy.rego".to_owned(), text.to_owned())],
        data,
    };
    let options = Options {
        entrypoints: ["p/arr", "p/a", "p/users"].map(str::to_owned).to_vec(),
        ..Options::default()
    };
    let component = compile(&input, &options).unwrap_or_else(|failure| panic!("{failure}")).component;
    Policy::load(engine(), &component, Limits::default()).unwrap()
}

fn shown(pool: &Pool, entrypoint: u32) -> Option<Value> {
    pool.evaluate(entrypoint, Some(b"{}")).unwrap().map(|bytes| json(&bytes))
}

/// What an instance that was there says, and one that is new.
fn old_and_new(pool: &Pool, entrypoint: u32) -> [Option<Value>; 2] {
    let old = shown(pool, entrypoint);
    pool.discard_idle();
    [old, shown(pool, entrypoint)]
}

/// Pushes to a document, each with a path and a value or `null` for removing.
const SEQUENCES: &str = r#"[
    {"built": {}, "set": {"arr": [0, 1, 2, 3]}, "push": [["/arr/1", "X"], ["/arr/0", null], ["/arr/1", "Y"]], "arr": ["X", "Y", 3]},
    {"built": {"arr": [0, 1, 2, 3]}, "push": [["/arr/1", "X"], ["/arr/0", null], ["/arr/1", "Y"]], "arr": ["X", "Y", 3]},
    {"built": {}, "set": {"arr": [0]}, "push": [["/arr/1", "A"], ["/arr/2", "B"], ["/arr/1", "C"]], "arr": [0, "C", "B"]},
    {"built": {"arr": [0]}, "push": [["/arr/1", "A"], ["/arr/2", "B"], ["/arr/1", "C"]], "arr": [0, "C", "B"]},
    {"built": {"arr": [[1, 2], 3]}, "push": [["/arr/0/-", 4], ["/arr/1", null], ["/arr/0/0", null], ["/arr/-", 5]], "arr": [[2, 4], 5]},
    {"built": {"arr": [{"a": 1}, {"b": 2}]}, "push": [["/arr/0", null], ["/arr/0/c", 3], ["/arr/5", null]], "arr": [{"b": 2, "c": 3}]},
    {"built": {}, "push": [["/arr/0", 1], ["/arr/-", 2], ["/arr/0", null]], "arr": {"-": 2}},
    {"built": {}, "push": [["/arr/k", 1], ["/arr/k", null]], "arr": {}},
    {"built": {}, "push": [["/arr/k", null]], "arr": "undefined"},
    {"built": {"arr": {"k": 1, "l": 2}}, "push": [["/arr/k", null], ["/arr/m~1~0/n", 3]], "arr": {"l": 2, "m/~": {"n": 3}}},
    {"built": {"arr": {"k": {"x": 1}}}, "push": [["/arr/k", null], ["/arr/k/y", 2]], "arr": {"k": {"y": 2}}},
    {"built": {"arr": 1}, "push": [["", {"arr": []}], ["/arr/-/x", 1]], "arr": [{"x": 1}]}
]"#;

#[test]
fn sequences_of_pushes() {
    for case in json(SEQUENCES.as_bytes()).as_array().unwrap() {
        let policy = policy(case["built"].clone());
        let (pool, switch) = (Pool::new(policy.clone()), Switch::new(policy.clone()).unwrap());
        if let Some(data) = case.get("set") {
            pool.set_data(&data.to_string()).unwrap();
            switch.set_data(&data.to_string()).unwrap();
        }
        for push in case["push"].as_array().unwrap() {
            let value = Some(push[1].to_string()).filter(|_| !push[1].is_null());
            let (path, value) = (push[0].as_str().unwrap(), value.as_deref());
            pool.patch_data(path, value).unwrap();
            // One whose instances come and go.
            switch.patch_data(path, value).unwrap();
            switch.replace(policy.clone(), Carry::Data).unwrap();
        }
        let wanted = Some(case["arr"].clone()).filter(|value| value != "undefined");
        assert_eq!(old_and_new(&pool, 0), [wanted.clone(), wanted.clone()], "{case}");
        assert_eq!(old_and_new(&switch.current(), 0), [wanted.clone(), wanted], "{case}, replaced");
    }
}

#[test]
fn a_refused_push_changes_nothing() {
    let pool = Pool::new(policy(json!({"arr": [1], "a": 2})));
    pool.patch_data("/users/u", Some("1")).unwrap();
    let deep = format!("{}{}", "[".repeat(9_999), "]".repeat(9_999));
    let long = "/users".repeat(300);
    for (path, value) in [
        ("/arr/3", Some("1")),
        ("/arr/x", Some("1")),
        ("/a/b", Some("1")),
        ("/a/b", None),
        ("arr", Some("1")),
        ("/arr/~", Some("1")),
        ("/arr/0", Some("{")),
        ("", Some("[]")),
        ("/users/x", Some(deep.as_str())),
        (long.as_str(), Some("1")),
    ] {
        assert!(pool.patch_data(path, value).is_err(), "{path}");
        assert_eq!(old_and_new(&pool, 0), [Some(json!([1])), Some(json!([1]))], "{path}");
        assert_eq!(old_and_new(&pool, 1), [Some(json!(2)), Some(json!(2))], "{path}");
        assert_eq!(old_and_new(&pool, 2), [Some(json!({"u": 1})), Some(json!({"u": 1}))], "{path}");
    }
    assert!(matches!(pool.patch_data(&long, None), Err(DecisionError::Limit(_))));
}

#[test]
fn pushes_that_were_taken_back_leave_nothing() {
    let pool = Pool::new(policy(json!({})));
    pool.set_data(r#"{"users": {}, "arr": []}"#).unwrap();
    let fresh = || {
        pool.discard_idle();
        let begun = Instant::now();
        assert_eq!(shown(&pool, 2), Some(json!({})));
        begun.elapsed()
    };
    let before = (0..20).map(|_| fresh()).min().unwrap();
    let value = format!("\"{}\"", "x".repeat(500));
    for number in 0..20_000 {
        let path = format!("/users/u{number}");
        pool.patch_data(&path, Some(&value)).unwrap();
        pool.patch_data("/arr/-", Some(&value)).unwrap();
        pool.patch_data(&path, None).unwrap();
        pool.patch_data("/arr/0", None).unwrap();
    }
    assert_eq!(old_and_new(&pool, 0), [Some(json!([])), Some(json!([]))]);
    // Twenty thousand values of 500 bytes would take far longer to be pushed again.
    let after = (0..20).map(|_| fresh()).min().unwrap();
    assert!(after < before + Duration::from_millis(20), "{before:?}, then {after:?}");
}

#[test]
fn pushes_and_decisions_at_once() {
    let pool = Pool::new(policy(json!({"arr": [0, 0]})));
    thread::scope(|scope| {
        for thread in 0..3 {
            let pool = &pool;
            scope.spawn(move || {
                for round in 0..200 {
                    match thread {
                        // Both elements change at once, so that a decision that sees half of a push sees two values.
                        0 => pool.patch_data("/arr", Some(&format!("[{round}, {round}]"))).unwrap(),
                        1 => pool.patch_data("/a", Some(&round.to_string())).unwrap(),
                        _ => pool.patch_data("/users/x", (round % 2 == 0).then_some("1")).unwrap(),
                    }
                    let seen = shown(pool, 0).unwrap();
                    assert_eq!(seen[0], seen[1]);
                }
            });
        }
    });
    assert_eq!(old_and_new(&pool, 0), [Some(json!([199, 199])), Some(json!([199, 199]))]);
    assert_eq!(old_and_new(&pool, 1), [Some(json!(199)), Some(json!(199))]);
    assert_eq!(old_and_new(&pool, 2), [Some(json!({})), Some(json!({}))]);
}
