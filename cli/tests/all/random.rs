//! Policies made at random, from fixed seeds: what their components decide is what their plans say, run by the compiler's interpreter for tests, which knows
//! no optimiser, no code generation and no runtime. And documents changed at random: they are read or refused, and nothing traps.

#[path = "../../../compiler/tests/interpreter/mod.rs"]
#[allow(dead_code, reason = "made for the compiler's tests, which need more of it")]
mod interpreter;

use std::fmt::Write as _;

use interpreter::value::Value;
use interpreter::{Failure, run};
use warrego_compiler::ir::Policy as PlannedPolicy;
use warrego_compiler::{Input, Options, compile_plans, plan};
use warrego_host::{DecisionError, Limits, Policy};

use super::support::{engine, json, policy};

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

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// A policy under way.
struct Maker {
    random: Random,
    /// How many rules there are; a rule calls those before it alone.
    rules: usize,
    /// Variables bound where the next expression stands.
    vars: Vec<String>,
    next: usize,
}

const PATHS: [&str; 8] = [
    "input.a",
    "input.b",
    "input.xs",
    "input.o",
    "input.o.k",
    "input.xs[0]",
    "input.s",
    "data.d.a",
];
const NUMBERS: [&str; 5] = ["0", "1", "2", "3", "7"];
const SCALARS: [&str; 9] = ["0", "1", "2", "true", "false", "null", "\"a\"", "\"b\"", "\"\""];

impl Maker {
    fn var(&mut self) -> String {
        self.next += 1;
        format!("v{}", self.next)
    }

    /// An expression with a value.
    fn value(&mut self, depth: usize) -> String {
        match self.random.below(if depth == 0 { 6 } else { 12 }) {
            0 | 1 => self.random.of(&SCALARS).to_owned(),
            2 | 3 => self.random.of(&PATHS).to_owned(),
            4 | 5 => match self.vars.len() {
                0 => self.random.of(&NUMBERS).to_owned(),
                len => self.vars[self.random.below(len)].clone(),
            },
            6 => format!("[{}, {}]", self.value(depth - 1), self.value(depth - 1)),
            7 => format!("{{\"k\": {}, \"l\": {}}}", self.value(depth - 1), self.value(depth - 1)),
            8 => format!("{{{}, {}}}", self.value(depth - 1), self.value(depth - 1)),
            9 => self.comprehension(depth - 1),
            10 => match self.rules {
                0 => "count(input.xs)".to_owned(),
                rules => format!("data.r.r{}", self.random.below(rules)),
            },
            _ => format!("data.r.pick({}, {})", self.value(depth - 1), self.value(depth - 1)),
        }
    }

    fn comprehension(&mut self, depth: usize) -> String {
        let vars = self.vars.clone();
        let body = self.body(depth, 2).join("; ");
        let value = self.value(depth);
        let text = match self.random.below(3) {
            0 => format!("[{value} | {body}]"),
            1 => format!("{{{value} | {body}}}"),
            _ => format!("{{\"k\": {value} | {body}}}"),
        };
        self.vars = vars;
        text
    }

    /// Expressions of a body; what they bind stays bound.
    fn body(&mut self, depth: usize, most: usize) -> Vec<String> {
        (0..=self.random.below(most)).map(|_| self.expression(depth)).collect()
    }

    fn expression(&mut self, depth: usize) -> String {
        match self.random.below(11) {
            0 => format!("{} == {}", self.random.of(&PATHS), self.value(0)),
            1 => format!("{} != {}", self.random.of(&PATHS), self.value(0)),
            2 => format!("{} > {}", self.random.of(&PATHS), self.random.of(&NUMBERS)),
            3 => format!("not {}", self.random.of(&PATHS)),
            4 | 5 => {
                let var = self.var();
                let text = format!("some {var} in {}", self.random.of(&["input.xs", "input.o", "input.ys", "data.d.l"]));
                self.vars.push(var);
                text
            }
            6 => {
                let value = self.value(depth);
                let var = self.var();
                let text = format!("{var} := {value}");
                self.vars.push(var);
                text
            }
            7 => {
                let var = self.var();
                format!(
                    "every {var} in {} {{ {var} {} {} }}",
                    self.random.of(&["input.xs", "input.o", "data.d.l"]),
                    self.random.of(&["<", "!=", ">="]),
                    self.random.of(&NUMBERS)
                )
            }
            8 if self.rules > 0 => {
                let rule = self.random.below(self.rules);
                format!("{}data.r.r{rule}", self.random.of(&["", "not "]))
            }
            9 if self.rules > 0 => {
                let rule = self.random.below(self.rules);
                let var = self.var();
                let text = format!(
                    "{var} := data.r.r{rule} with input.{} as {}",
                    self.random.of(&["a", "b", "xs"]),
                    self.random.of(&["1", "2", "[1, 3]", "true"])
                );
                self.vars.push(var);
                text
            }
            _ => self.random.of(&["input.a", "input.b", "input.o.k", "input.missing.k"]).to_owned(),
        }
    }

    /// A head, its body, and what follows it.
    fn body_of(&mut self, head: impl FnOnce(&mut Self) -> String) -> String {
        self.vars.clear();
        let body = self.body(2, 3);
        let head = head(self);
        format!("{head} if {{\n\t{}\n}}", body.join("\n\t"))
    }

    fn rule(&mut self) -> String {
        let name = format!("r{}", self.rules);
        let mut text = String::new();
        let kind = self.random.below(7);
        let bodies = 1 + self.random.below(5);
        if matches!(kind, 0 | 3) {
            let _ = writeln!(text, "default {name} := {}\n", self.random.of(&SCALARS));
        }
        for _ in 0..bodies {
            let body = match kind {
                // One constant for all: left as soon as one holds.
                0 => self.body_of(|_| format!("{name} := true")),
                1 => self.body_of(|maker| format!("{name} contains {}", maker.value(1))),
                2 => self.body_of(|maker| format!("{name}[{}] := {}", maker.random.of(&["\"k\"", "input.s", "\"l\""]), maker.value(0))),
                3 => {
                    // A constant ends the loops around it.
                    let constant = self.random.below(2) == 0;
                    let first = self.body_of(|maker| format!("{name} := {}", maker.value(if constant { 0 } else { 1 })));
                    let second = self.body_of(|maker| format!("else := {}", maker.value(0)));
                    format!("{first} {second}")
                }
                // A row of comparisons with constants, for the index.
                4 => {
                    let key = self.random.of(&["\"a\"", "\"b\"", "\"c\"", "\"d\""]);
                    self.body_of(|maker| format!("{name} := {}", maker.random.of(&NUMBERS))).replacen(
                        "{\n",
                        &format!("{{\n\tinput.s == {key}\n"),
                        1,
                    )
                }
                _ => self.body_of(|maker| format!("{name} := {}", maker.value(1))),
            };
            text.push_str(&body);
            text.push_str("\n\n");
        }
        self.rules += 1;
        text
    }
}

const HEAD: &str = "package r

pick(x, _) := x if x

pick(x, y) := y if x == null

pick(x, y) := [x, y] if not x

";

/// Rules that the compiler takes, one after the other: what has a wrong type is left out.
fn random_policy(seed: u64) -> (String, usize) {
    let mut maker = Maker {
        random: Random(seed),
        rules: 0,
        vars: Vec::new(),
        next: 0,
    };
    let mut text = HEAD.to_owned();
    for _ in 0..24 {
        let rule = maker.rule();
        let longer = format!("{text}{rule}");
        if planned(&longer, maker.rules).is_some() {
            text = longer;
        } else {
            maker.rules -= 1;
        }
    }
    (text, maker.rules)
}

fn planned(text: &str, rules: usize) -> Option<PlannedPolicy> {
    let input = Input {
        modules: vec![("policy.rego".to_owned(), text.to_owned())],
        data: documents(),
    };
    let options = Options {
        entrypoints: (0..rules).map(|rule| format!("r/r{rule}")).collect(),
        ..Options::default()
    };
    plan(&input, &options).ok().map(|(policy, _)| policy)
}

fn documents() -> serde_json::Value {
    serde_json::json!({"d": {"a": 1, "l": [1, 2, 2, 5]}})
}

const INPUTS: [&str; 6] = [
    r#"{}"#,
    r#"{"a": 1, "b": 2, "xs": [1, 2, 3], "ys": [], "o": {"k": 1, "l": 2}, "s": "a"}"#,
    r#"{"a": true, "b": false, "xs": [3, 3], "ys": [[1], {"k": 2}], "o": {"k": "a"}, "s": "b"}"#,
    r#"{"a": null, "b": "b", "xs": [0], "ys": ["a", null], "o": {}, "s": "c"}"#,
    r#"{"a": 2, "xs": {"p": 1, "q": 2}, "ys": [1, 1], "o": {"k": [1, 2], "l": [1, 2]}, "s": "d"}"#,
    r#"[1, 2]"#,
];

/// What a decision comes to.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Undefined,
    Value(String),
    Conflict,
}

fn interpreted(policy: &PlannedPolicy, entry: usize, input: &str) -> Decision {
    let mut policy = policy.clone();
    policy.plans.plans = vec![policy.plans.plans.swap_remove(entry)];
    let input = Value::from_json(&json(input.as_bytes()));
    match run(&policy, Some(input), Value::from_json(&documents())) {
        Ok(results) => match results.first().and_then(|result| result.get(&Value::string("result"))) {
            Some(value) => Decision::Value(value.as_result().to_string()),
            None => Decision::Undefined,
        },
        Err(Failure::Conflict(_)) => Decision::Conflict,
        Err(failure) => panic!("{failure:?}"),
    }
}

#[test]
fn components_decide_as_their_plans_say() {
    let mut seen = [0; 3];
    for seed in 1..=12 {
        let (text, rules) = random_policy(seed);
        let plan = planned(&text, rules).unwrap();
        let documents = documents();
        let component = compile_plans(vec![(plan.clone(), &documents)], &Options::default())
            .unwrap()
            .component;
        let policy = Policy::load(engine(), &component, Limits::default()).unwrap();
        let mut instance = policy.instance().unwrap();
        for input in INPUTS {
            for entry in 0..rules {
                let wanted = interpreted(&plan, entry, input);
                let decision = match instance.evaluate(entry as u32, input.as_bytes()) {
                    Ok(None) => Decision::Undefined,
                    Ok(Some(bytes)) => Decision::Value(Value::from_json(&json(&bytes)).to_string()),
                    Err(DecisionError::Conflict(_)) => Decision::Conflict,
                    Err(error) => panic!("seed {seed}, r{entry}, {input}: {error}\n{text}"),
                };
                assert_eq!(decision, wanted, "seed {seed}, r{entry}, {input}\n{text}");
                seen[match decision {
                    Decision::Undefined => 0,
                    Decision::Value(_) => 1,
                    Decision::Conflict => 2,
                }] += 1;
            }
        }
    }
    assert!(
        seen.iter().all(|&count| count > 20),
        "hardly ever undefined, a value or a conflict: {seen:?}"
    );
}

#[test]
fn documents_are_read_or_refused() {
    let policy = policy(
        "package p\n\nwhole := input\n\npart := input.o.k",
        &["p/whole", "p/part"],
        Limits::default(),
    );
    let mut instance = policy.instance().unwrap();
    let mut random = Random(7);
    let texts = [
        INPUTS[1],
        INPUTS[2],
        INPUTS[4],
        r#"{"a": "é\u00e9\n", "n": [-0.5e+10, 12345678901234567890, 1E400], "": {"": [[[]]]}}"#,
    ];
    let pieces = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "0", "-", "1e", ".", "true", "nul", " ", "\u{1}", "é",
    ];
    let (mut read, mut refused) = (0, 0);
    for round in 0..4_000 {
        let mut bytes = random.of(&texts).as_bytes().to_vec();
        for _ in 0..=random.below(2) {
            let at = random.below(bytes.len() + 1);
            let end = (at + random.below(4)).min(bytes.len());
            match random.below(4) {
                0 => drop(bytes.drain(at..end)),
                1 => drop(bytes.splice(at..end, random.of(&pieces).bytes())),
                2 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
                _ => drop(bytes.splice(at..at, random.of(&pieces).bytes())),
            }
        }
        // What is not UTF-8 stands for U+FFFD, as in OPA.
        let text = String::from_utf8_lossy(&bytes);
        let parsed = serde_json::from_str::<serde_json::Value>(&text);
        match instance.evaluate(round % 2, &bytes) {
            Ok(_) => {
                read += 1;
                assert!(parsed.is_ok(), "{text:?}: {parsed:?}");
            }
            // What OPA takes for no number has a limit of its own.
            Err(DecisionError::MalformedInput(detail)) => {
                refused += 1;
                assert!(parsed.is_err() || detail.message.contains("too big"), "{text:?}");
            }
            Err(error) => panic!("{text:?}: {error}"),
        }
    }
    assert!(read > 200 && refused > 200, "{read} read, {refused} refused");
}
