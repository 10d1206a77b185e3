//! Every target for a while. `PROPTEST_CASES` and `PROPTEST_RNG_SEED` make the while longer and another one.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use warrego_fuzz::decisions::constructs::{ALL, Counts};
use warrego_fuzz::{
    Case, Choices, Outcomes, archives, compiler, components, decisions, documents, messages, parser, plans, pushes, run, yaml,
};

/// Cases that hardly ever go one way do not test it.
fn often(outcomes: &Outcomes, ways: &[&str]) {
    let all: u32 = outcomes.values().sum();
    for way in ways {
        let count = outcomes.get(way).copied().unwrap_or_default();
        assert!(count * 50 >= all, "{way}: {count} of {all}");
    }
}

#[test]
fn texts() {
    let outcomes = run::<parser::Text>(4_000, 120);
    often(&outcomes, &["parsed", "refused"]);
}

#[test]
fn policies() {
    let outcomes = run::<compiler::Sources>(1_500, 120);
    often(&outcomes, &["compiled", "rego_parse_error", "rego_unsafe_var_error"]);
}

#[test]
fn plans_of_others() {
    let outcomes = run::<plans::Distorted>(300, 60);
    often(&outcomes, &["compiled", "refused"]);
}

#[test]
fn json() {
    let outcomes = run::<documents::Document>(4_000, 300);
    often(&outcomes, &["read", "refused"]);
}

#[test]
fn messages_to_the_adapter() {
    let outcomes = run::<messages::Message>(3_000, 120);
    often(&outcomes, &["permitted", "denied", "denied: not JSON"]);
}

#[test]
fn data_pushed() {
    let outcomes = run::<pushes::Pushes>(400, 400);
    often(&outcomes, &["pushed", "pushed and refused"]);
}

#[test]
fn components_of_others() {
    let outcomes = run::<components::Component>(150, 60);
    often(&outcomes, &["not a component", "loaded"]);
}

#[test]
fn bundles() {
    let outcomes = run::<archives::Archive>(6_000, 120);
    often(&outcomes, &["read", "broken", "out of its roots", "refused", "too large"]);
}

#[test]
fn yaml_streams() {
    let outcomes = run::<yaml::Stream>(4_000, 300);
    often(&outcomes, &["read", "refused"]);
}

#[test]
fn decided_as_planned() {
    run::<decisions::Policy>(12, 8_000);
}

/// The policies that [`decided_as_planned`] runs use every construct of the syntax tree; a construct that they never use is one that nothing tests.
#[test]
fn every_construct_is_made() {
    let config = Config {
        rng_seed: RngSeed::Fixed(1),
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let bytes = proptest::collection::vec(proptest::arbitrary::any::<u8>(), 4_000..=8_000);
    let mut counts = Counts::new();
    for _ in 0..40 {
        let bytes = bytes.new_tree(&mut runner).unwrap().current();
        decisions::Policy::make(&mut Choices::new(&bytes)).count(&mut counts);
    }
    for construct in ALL {
        println!("{:7} {construct}", counts.get(construct).copied().unwrap_or_default());
    }
    let missing: Vec<_> = ALL.iter().filter(|construct| !counts.contains_key(*construct)).collect();
    assert!(missing.is_empty(), "never made: {missing:?}");
}
