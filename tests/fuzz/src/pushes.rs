//! Pushes of data, of which every instance must have the same document, whether it was there from the beginning or comes at the end: the one that a plain
//! model has after the same pushes. Some of them are wrong, and change nothing.

use std::fmt;
use std::sync::OnceLock;

use serde_json::{Value as Json, json};
use warrego_compiler::{Input, Options, compile};
use warrego_host::{Carry, Effort, Engine, EngineOptions, Instance, Limits, Policy, Pool, Switch};

use crate::{Case, Choices};

/// The documents that the policies are built with.
const BUILT: [&str; 3] = [
    "{}",
    r#"{"a": {"b": [0, 1, {"c": 2}], "0": {"-": null}}, "arr": [[1, [2]], {"x": 1}, "two", 3]}"#,
    r#"{"arr": [], "a": [10, 11, 12, 13, 14, 15, 16, 17, 18, 19], "x/y": {"m~n": {"é": {}}}}"#,
];

/// Keys of the outermost object; the policy looks at each.
const ROOT: [&str; 5] = ["a", "arr", "x/y", "m~n", "0"];

/// A sequence of pushes.
pub struct Pushes {
    built: usize,
    pushes: Vec<Push>,
}

/// A push: where, and what; `None` removes.
#[derive(Debug)]
enum Push {
    Patch(String, Option<String>),
    Set(String),
    /// The policy is replaced by itself, and keeps the data.
    Replace,
}

impl Case for Pushes {
    fn make(choices: &mut Choices<'_>) -> Self {
        let built = choices.below(BUILT.len());
        let mut pushes = Vec::new();
        while pushes.len() < 40 && !choices.is_empty() {
            pushes.push(match choices.below(16) {
                14 => Push::Set(if choices.once_in(4) {
                    value(choices, 0)
                } else {
                    object(choices, 0)
                }),
                15 => Push::Replace,
                kind => {
                    let path = path(choices);
                    Push::Patch(path, (kind < 9).then(|| value(choices, 0)))
                }
            });
        }
        Self { built, pushes }
    }

    fn check(&self) -> &'static str {
        let policy = policy(self.built);
        let mut model: Json = serde_json::from_str(BUILT[self.built]).expect("it is JSON");
        let pool = Pool::new(policy.clone());
        let switch = Switch::new(policy.clone()).expect("it starts");
        let mut alone = policy.instance().expect("an instance");
        let (mut made, mut refused) = (0, 0);
        for (number, push) in self.pushes.iter().enumerate() {
            let changed = match push {
                Push::Replace => {
                    switch
                        .replace(policy.clone(), Carry::Data)
                        .expect("it starts, and takes its own data");
                    continue;
                }
                Push::Set(text) => {
                    let results = [pool.set_data(text), switch.set_data(text), alone.set_data(text)];
                    all_alike(&results, number);
                    results[0].is_ok().then(|| parsed(text))
                }
                Push::Patch(path, value) => {
                    let value = value.as_deref();
                    let results = [
                        pool.patch_data(path, value),
                        switch.patch_data(path, value),
                        alone.patch_data(path, value),
                    ];
                    all_alike(&results, number);
                    results[0]
                        .is_ok()
                        .then(|| patched(&model, path, value.map(|value| parse(value.as_bytes()))))
                }
            };
            match changed {
                Some(changed) => (model, made) = (changed, made + 1),
                None => refused += 1,
            }
            let wanted = seen(&model);
            assert_eq!(of_pool(&pool), wanted, "the pool after push {number}");
            if number % 3 == 0 {
                // Another thread has another shelf, mostly, with an instance that has missed some pushes.
                let other = std::thread::scope(|scope| scope.spawn(|| of_pool(&pool)).join().expect("a decision"));
                assert_eq!(other, wanted, "the pool on another thread after push {number}");
            }
            assert_eq!(of_pool(&switch.current()), wanted, "the switch after push {number}");
            assert_eq!(of(&mut alone), wanted, "one instance after push {number}");
        }
        let new = Pool::with_data_of(policy.clone(), &pool).expect("a policy takes its own data");
        assert_eq!(of_pool(&new), seen(&model), "a pool with the same data");
        pool.discard_idle();
        assert_eq!(of_pool(&pool), seen(&model), "a new instance of the pool");
        match (made, refused) {
            (0, _) => "nothing pushed",
            (_, 0) => "pushed",
            _ => "pushed and refused",
        }
    }
}

impl fmt::Debug for Pushes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "built with {}", BUILT[self.built])?;
        for (number, push) in self.pushes.iter().enumerate() {
            writeln!(f, "{number}: {push:?}")?;
        }
        Ok(())
    }
}

fn all_alike(results: &[Result<(), warrego_host::DecisionError>; 3], number: usize) {
    let [pool, switch, alone] = results;
    assert_eq!(pool.is_ok(), switch.is_ok(), "push {number}: {pool:?}, {switch:?}");
    assert_eq!(pool.is_ok(), alone.is_ok(), "push {number}: {pool:?}, {alone:?}");
}

fn policy(built: usize) -> &'static Policy {
    static POLICIES: OnceLock<Vec<Policy>> = OnceLock::new();
    let load = |data: &&str| {
        let rules: String = ROOT
            .iter()
            .map(|key| format!("all[k] := v if {{ k := {0}; v := data[{0}] }}\n", json!(key)))
            .collect();
        let input = Input {
            modules: vec![("p.rego".to_owned(), format!("package p\n\n{rules}"))],
            data: serde_json::from_str(data).expect("it is JSON"),
        };
        let options = Options {
            entrypoints: vec!["p/all".to_owned()],
            ..Options::default()
        };
        let component = compile(&input, &options).unwrap_or_else(|failure| panic!("{failure:?}")).component;
        let engine = Engine::new(EngineOptions {
            effort: Effort::Quick,
            instances: Some(50),
            ..EngineOptions::default()
        });
        let limits = Limits {
            deadline: None,
            ..Limits::default()
        };
        Policy::load(&engine.expect("an engine"), &component, limits).expect("it loads")
    };
    &POLICIES.get_or_init(|| BUILT.iter().map(load).collect())[built]
}

/// What the policy shows of a document.
fn seen(document: &Json) -> Json {
    let shown = ROOT.iter().filter_map(|key| Some(((*key).to_owned(), document.get(key)?.clone())));
    Json::Object(shown.collect())
}

fn of(instance: &mut Instance) -> Json {
    parse(&instance.evaluate(0, Some(b"{}")).expect("a decision").expect("a document"))
}

fn of_pool(pool: &Pool) -> Json {
    parse(&pool.evaluate(0, Some(b"{}")).expect("a decision").expect("a document"))
}

fn parse(bytes: &[u8]) -> Json {
    serde_json::from_slice(bytes).expect("it is JSON")
}

fn parsed(text: &str) -> Json {
    parse(text.as_bytes())
}

/// The model: what a push makes of a document.
fn patched(document: &Json, path: &str, value: Option<Json>) -> Json {
    let mut result = document.clone();
    let steps: Vec<String> = path
        .split('/')
        .skip(1)
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect();
    let Some((last, way)) = steps.split_last() else {
        return value.unwrap_or_else(|| json!({}));
    };
    let mut at = &mut result;
    for step in way {
        at = match at {
            Json::Object(members) => {
                if value.is_some() {
                    members.entry(step.clone()).or_insert_with(|| json!({}));
                }
                match members.get_mut(step) {
                    Some(member) => member,
                    None => return document.clone(),
                }
            }
            Json::Array(items) => {
                let place = place(step, items.len());
                if place == Some(items.len()) && value.is_some() {
                    items.push(json!({}));
                }
                match place.and_then(|place| items.get_mut(place)) {
                    Some(item) => item,
                    None => return document.clone(),
                }
            }
            _ => panic!("a path through `{step}` of something that is neither array nor object was accepted"),
        };
    }
    match (at, value) {
        (Json::Object(members), Some(value)) => drop(members.insert(last.clone(), value)),
        (Json::Object(members), None) => drop(members.remove(last)),
        (Json::Array(items), Some(value)) => match place(last, items.len()) {
            Some(place) if place < items.len() => items[place] = value,
            Some(_) => items.push(value),
            None => panic!("`{last}` was accepted in an array"),
        },
        (Json::Array(items), None) => {
            if let Some(place) = place(last, items.len()).filter(|place| *place < items.len() && last != "-") {
                items.remove(place);
            }
        }
        _ => panic!("a path to `{last}` of something that is neither array nor object was accepted"),
    }
    result
}

/// The position that a step stands for, up to the one that follows the last element.
fn place(step: &str, len: usize) -> Option<usize> {
    if step == "-" {
        return Some(len);
    }
    let place = step.parse::<usize>().ok()?;
    (place.to_string() == step && place <= len).then_some(place)
}

fn path(choices: &mut Choices<'_>) -> String {
    let steps = ["0", "1", "a", "b", "2", "-", "3", "x", "m~0n", "é", "", "01", "c", "~"];
    let mut path = String::new();
    if choices.once_in(24) {
        return choices.of(&["", "a", "/~2"]).to_owned();
    }
    path.push('/');
    path.push_str(&choices.of(&ROOT).replace('~', "~0").replace('/', "~1"));
    for _ in 0..choices.below(4) {
        let usual = if choices.once_in(4) { steps.len() } else { 7 };
        path.push('/');
        path.push_str(choices.of(&steps[..usual]));
    }
    path
}

fn value(choices: &mut Choices<'_>, depth: usize) -> String {
    match choices.below(if depth < 3 { 9 } else { 6 }) {
        0 => "1".to_owned(),
        1 => "{}".to_owned(),
        2 => "[]".to_owned(),
        3 => "null".to_owned(),
        4 => r#""\u00e9/~""#.to_owned(),
        5 if choices.once_in(4) => choices.of(&["{", "[1,]", "", "nul", "{\"a\":1 \"b\":2}"]).to_owned(),
        5 => "-1.5".to_owned(),
        6 | 7 => object(choices, depth + 1),
        _ => {
            let items: Vec<String> = (0..choices.below(4)).map(|_| value(choices, depth + 1)).collect();
            format!("[{}]", items.join(" ,"))
        }
    }
}

fn object(choices: &mut Choices<'_>, depth: usize) -> String {
    let keys = ["a", "arr", "0", "b", "1", "x/y", "m~n", "\\u0061", "\\u00e9"];
    let members: Vec<String> = (0..choices.below(4))
        .map(|_| format!("\"{}\" :{}", choices.of(&keys), value(choices, depth + 1)))
        .collect();
    format!("{{{}}}", members.join(", "))
}
