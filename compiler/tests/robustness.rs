//! Nothing that the compiler is given makes it panic: texts and plans are changed at random places, from a fixed seed, and go through the stages.
//! Errors are fine.

use std::path::Path;

use warrego_compiler::codegen::{self, Unit};
use warrego_compiler::ir::Policy;
use warrego_compiler::optimise::{ResultShape, optimise};
use warrego_compiler::syntax::ast::RegoVersion;
use warrego_compiler::syntax::{ParseOptions, parse_module, parse_query};
use warrego_compiler::{Input, Options, check, plan};

/// Splitmix64: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

/// What Rego's grammar has a meaning for, and what it has none for.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ":=",
    "=",
    "==",
    "|",
    "&",
    ",",
    ";",
    ":",
    ".",
    "\"",
    "`",
    "$\"{",
    "\n",
    "\t",
    "#",
    "if",
    "contains",
    "else",
    "default",
    "not",
    "some",
    "every",
    "in",
    "with",
    "as",
    "import",
    "package",
    "data",
    "input",
    "_",
    "x",
    "0",
    "1e9",
    "-",
    "/",
    "\\u12",
    "é",
    "\u{0}",
    "\u{2028}",
    "null",
    "true",
    "import future.keywords",
];

fn mutate(text: &str, random: &mut Random) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(3) {
        let at = random.below(chars.len() + 1);
        let end = (at + random.below(12)).min(chars.len());
        match random.below(5) {
            0 => drop(chars.drain(at..end)),
            1 => drop(chars.splice(at..at, random.of(PIECES).chars())),
            2 => drop(chars.splice(at..end, random.of(PIECES).chars())),
            3 => {
                let from = random.below(chars.len());
                let copy: Vec<char> = chars[from..(from + random.below(60)).min(chars.len())].to_vec();
                drop(chars.splice(at..at, copy));
            }
            _ => chars.truncate(at.max(1)),
        }
    }
    chars.into_iter().collect()
}

/// The policies of the examples, and of these tests.
fn policies() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [
        "../examples/documents/policy",
        "../examples/wasmcloud/policy",
        "../examples/waxosuit/policy",
        "tests/link",
        "../cli/tests/commands/conflicts",
    ];
    let mut files: Vec<_> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).expect("the folder is there"))
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rego"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| std::fs::read_to_string(file).expect("the file can be read"))
        .collect()
}

#[test]
fn texts_give_trees_or_errors() {
    let mut random = Random(1);
    let texts = policies();
    let mut right = 0;
    for round in 0..4_000 {
        let text = mutate(random.of(&texts.iter().map(String::as_str).collect::<Vec<_>>()), &mut random);
        let options = ParseOptions {
            version: if round % 4 == 0 { RegoVersion::V0 } else { RegoVersion::V1 },
            experimental_keywords: round % 3 == 0,
            ..ParseOptions::default()
        };
        let parsed = parse_module(0, &text, &options);
        assert!(parsed.module.is_some() || !parsed.errors.is_empty(), "{text}");
        right += usize::from(parsed.errors.is_empty());
        let line = text.lines().nth(random.below(20)).unwrap_or_default();
        drop(parse_query(0, line, &options));
    }
    assert!(right > 100, "mutations that hardly ever parse test the parser alone: {right}");
}

#[test]
fn policies_give_plans_or_errors() {
    let mut random = Random(2);
    let texts = policies();
    for round in 0..1_500 {
        let text = mutate(random.of(&texts.iter().map(String::as_str).collect::<Vec<_>>()), &mut random);
        let input = Input {
            modules: vec![("policy.rego".to_owned(), text)],
            data: serde_json::json!({}),
        };
        let options = Options {
            queries: vec!["data".to_owned()],
            strict: round % 4 == 0,
            print_statements: round % 2 == 0,
            ..Options::default()
        };
        if check(&input, &options).is_ok()
            && let Ok((policy, _)) = plan(&input, &options)
        {
            generate(policy);
        }
    }
}

#[test]
fn plans_give_code_or_errors() {
    let mut random = Random(3);
    for text in policies() {
        let input = Input {
            modules: vec![("policy.rego".to_owned(), text)],
            data: serde_json::json!({}),
        };
        let options = Options {
            queries: vec!["data".to_owned()],
            ..Options::default()
        };
        let Ok((policy, _)) = plan(&input, &options) else { continue };
        let plan = serde_json::to_value(policy).expect("a plan is JSON");
        for _ in 0..60 {
            let mut plan = plan.clone();
            for _ in 0..=random.below(3) {
                distort(&mut plan, &mut random);
            }
            if let Ok(policy) = serde_json::from_value::<Policy>(plan) {
                generate(policy);
            }
        }
    }
}

/// Changes something somewhere below.
fn distort(json: &mut serde_json::Value, random: &mut Random) {
    use serde_json::Value;
    match json {
        Value::Array(items) if !items.is_empty() => {
            let at = random.below(items.len());
            match random.below(8) {
                0 => drop(items.remove(at)),
                1 => items.push(items[at].clone()),
                2 => items.swap(0, at),
                _ => distort(&mut items[at], random),
            }
        }
        Value::Object(fields) if !fields.is_empty() => {
            let at = random.below(fields.len());
            if let Some(field) = fields.values_mut().nth(at) {
                distort(field, random);
            }
        }
        Value::Number(_) => *json = Value::from([0, 1, 2, 3, 5, 9, 1000][random.below(7)]),
        Value::Bool(value) => *value = !*value,
        _ => {}
    }
}

fn generate(policy: Policy) {
    let optimised = optimise(policy, |_| ResultShape::Bindings);
    let documents = serde_json::json!({});
    drop(codegen::generate(&[Unit {
        policy: &optimised,
        documents: &documents,
    }]));
}
