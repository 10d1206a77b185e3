//! Limits, instances that are given up, data that is pushed, the cache, and memory over many decisions.

use std::fs;
use std::time::{Duration, Instant};

use warrego_host::{DecisionError, Engine, EngineOptions, Grants, Limits, Policy, Pool};

use super::support::{component, engine, json, policy};

/// `slow` runs for ages, `large` wants all memory, `conflict` fails by itself.
const HEAVY: &str = r#"package heavy

slow := count([1 |
	some a in input.xs
	some b in input.xs
	some c in input.xs
	some d in input.xs
	some e in input.xs
	some f in input.xs
	a + b + c + d + e + f == 0
])

large := [[a, b, c, d, e, f] |
	some a in input.xs
	some b in input.xs
	some c in input.xs
	some d in input.xs
	some e in input.xs
	some f in input.xs
]

conflict := a if some a in input.xs

size := count(input.xs)

stored := data.stored
"#;

const ENTRYPOINTS: [&str; 5] = ["heavy/slow", "heavy/large", "heavy/conflict", "heavy/size", "heavy/stored"];

fn input() -> Vec<u8> {
    serde_json::json!({"xs": (1..=100).collect::<Vec<u32>>()}).to_string().into_bytes()
}

#[test]
fn a_deadline_ends_a_decision_and_the_instance() {
    let deadline = Duration::from_millis(100);
    let policy = policy(
        HEAVY,
        &ENTRYPOINTS,
        Limits {
            deadline: Some(deadline),
            ..Limits::default()
        },
    );
    let mut instance = policy.instance().unwrap();
    let begun = Instant::now();
    assert_eq!(instance.evaluate(0, Some(&input())), Err(DecisionError::Deadline(deadline)));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(instance.is_spent());
    assert_eq!(instance.evaluate(3, Some(&input())), Err(DecisionError::Spent));

    let pool = Pool::new(policy);
    assert_eq!(pool.evaluate(0, Some(&input())), Err(DecisionError::Deadline(deadline)));
    assert_eq!(pool.evaluate(3, Some(&input())).unwrap().unwrap(), b"100");
}

#[test]
fn memory_is_bounded() {
    let policy = policy(
        HEAVY,
        &ENTRYPOINTS,
        Limits {
            deadline: Some(Duration::from_secs(3)),
            memory: 16 << 20,
        },
    );
    let mut instance = policy.instance().unwrap();
    let error = instance.evaluate(1, Some(&input())).unwrap_err();
    assert!(matches!(error, DecisionError::Memory(_) | DecisionError::Limit(_)), "{error}");
    assert!(instance.memory() <= 16 << 20);
}

#[test]
fn a_policys_own_error_leaves_the_instance_usable() {
    let policy = policy(HEAVY, &ENTRYPOINTS, Limits::default());
    let mut instance = policy.instance().unwrap();
    let Err(DecisionError::Conflict(detail)) = instance.evaluate(2, Some(&input())) else {
        panic!("no conflict")
    };
    assert_eq!(detail.code, "eval_conflict_error");
    assert_eq!(
        detail.location.map(|place| (place.file, place.row)),
        Some(("policy.rego".to_owned(), 22))
    );
    assert!(matches!(instance.evaluate(3, Some(b"{")), Err(DecisionError::MalformedInput(_))));
    assert!(matches!(
        instance.evaluate(99, Some(b"{}")),
        Err(DecisionError::UnknownEntrypoint(_))
    ));
    assert_eq!(instance.evaluate(3, Some(&input())).unwrap().unwrap(), b"100");
}

#[test]
fn pushed_data_reaches_every_instance() {
    let pool = Pool::new(policy(
        HEAVY,
        &ENTRYPOINTS,
        Limits {
            deadline: Some(Duration::from_millis(50)),
            ..Limits::default()
        },
    ));
    let stored = || pool.evaluate(4, Some(b"{}")).unwrap().map(|bytes| json(&bytes));
    assert_eq!(stored(), None);
    pool.set_data("{}").unwrap();
    assert_eq!(stored(), None);
    pool.patch_data("/stored", Some("{}")).unwrap();
    assert_eq!(stored(), Some(serde_json::json!({})));
    pool.patch_data("/stored/c", Some("{}")).unwrap();
    assert_eq!(stored(), Some(serde_json::json!({"c": {}})));
    pool.set_data(r#"{"stored": {"a": 1}}"#).unwrap();
    pool.patch_data("/stored/b", Some("[2]")).unwrap();
    assert_eq!(stored(), Some(serde_json::json!({"a": 1, "b": [2]})));
    assert!(matches!(pool.set_data("{"), Err(DecisionError::MalformedInput(_))));
    assert!(pool.evaluate(0, Some(&input())).is_err(), "ends an instance");
    assert_eq!(stored(), Some(serde_json::json!({"a": 1, "b": [2]})), "the next one has the data");
    pool.patch_data("/stored/a", None).unwrap();
    assert_eq!(stored(), Some(serde_json::json!({"b": [2]})));
}

#[test]
fn a_million_decisions_leave_memory_as_after_the_first() {
    let policy = policy(HEAVY, &ENTRYPOINTS, Limits::default());
    let mut instance = policy.instance().unwrap();
    let input = input();
    instance.evaluate(3, Some(&input)).unwrap();
    let first = instance.memory();
    for _ in 0..1_000_000 {
        instance.evaluate(3, Some(&input)).unwrap();
    }
    assert_eq!(instance.memory(), first);
}

#[test]
fn the_cache_believes_nothing_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let options = EngineOptions {
        instances: None,
        cache: Some(cache.clone()),
        ..EngineOptions::default()
    };
    let engine = Engine::new(options).unwrap();
    let component = component(HEAVY, &ENTRYPOINTS, None);
    let decide = || {
        let policy = Policy::load(&engine, &component, Limits::default()).unwrap();
        policy.evaluate_fresh(3, Some(&input())).unwrap().unwrap()
    };
    let entry = || {
        let mut entries = fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().path());
        let entry = entries.next().unwrap();
        assert_eq!(entries.next(), None);
        entry
    };
    assert_eq!(decide(), b"100");
    let good = fs::read(entry()).unwrap();
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for damaged in [&flipped[..], &good[..good.len() - 1], &good[..20], b"", &[0; 4096]] {
        fs::write(entry(), damaged).unwrap();
        assert_eq!(decide(), b"100");
        assert_eq!(fs::read(entry()).unwrap(), good, "replaced by a good one");
    }
}

#[cfg(unix)]
#[test]
fn the_cache_is_not_used_where_others_may_write() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let options = EngineOptions {
        instances: None,
        cache: Some(folder.path().to_owned()),
        ..EngineOptions::default()
    };
    Policy::load(
        &Engine::new(options).unwrap(),
        &component(HEAVY, &ENTRYPOINTS, None),
        Limits::default(),
    )
    .unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn precompiled_code_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.cwasm");
    fs::write(&path, Policy::precompile(engine(), &component(HEAVY, &ENTRYPOINTS, None)).unwrap()).unwrap();
    // SAFETY: written just now, and nobody else knows of the folder.
    let policy = unsafe { Policy::load_precompiled(engine(), &path, Limits::default(), Grants::default()) }.unwrap();
    assert_eq!(policy.evaluate_fresh(3, Some(&input())).unwrap().unwrap(), b"100");
}
