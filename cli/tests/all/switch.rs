//! A policy is replaced while others decide: no decision fails, and none mixes the two.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use warrego_host::{Carry, Limits, Switch};

use super::support::{json, policy};

fn version(number: u32) -> warrego_host::Policy {
    // The entrypoints stand in another order in each, so that a number kept from one would be wrong in the other.
    let text = format!(
        r#"package p

a := {{"name": "a", "version": {number}, "data": d}}

default d := null

d := data.d

b := "b"
"#
    );
    let order = if number.is_multiple_of(2) { ["p/a", "p/b"] } else { ["p/b", "p/a"] };
    policy(&text, &order, Limits::default())
}

#[test]
fn decisions_go_on_while_the_policy_changes() {
    let switch = Switch::new(version(0)).unwrap();
    let policies: Vec<_> = (0..4).map(version).collect();
    let (stop, made) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let decision = json(&switch.evaluate("p/a", Some(b"{}")).unwrap().unwrap());
                    assert_eq!(decision["name"], "a");
                    assert!(decision["version"].as_u64().is_some_and(|version| version < 4));
                    made.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for round in 1..=200 {
            switch.replace(policies[round % 4].clone(), Carry::Nothing).unwrap();
            let decision = json(&switch.evaluate("p/a", Some(b"{}")).unwrap().unwrap());
            assert_eq!(
                decision["version"],
                round % 4,
                "what is decided after replacing is decided by the new policy"
            );
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(made.into_inner() > 200);
}

#[test]
fn data_is_carried_over_when_asked_for() {
    let switch = Switch::new(version(0)).unwrap();
    switch.set_data(r#"{"d": 1}"#).unwrap();
    switch.patch_data("/d", Some("2")).unwrap();
    let data = || json(&switch.evaluate("p/a", Some(b"{}")).unwrap().unwrap())["data"].clone();
    assert_eq!(data(), 2);
    switch.replace(version(1), Carry::Data).unwrap();
    assert_eq!(data(), 2);
    switch.replace(version(2), Carry::Nothing).unwrap();
    assert!(data().is_null());
    assert!(switch.evaluate("p/none", Some(b"{}")).is_err() && switch.decide("p/none", None).is_err());
}
