//! Policies made up, and what they decide: the component, optimised, must say what the interpreter for tests makes of the plan as it was before. That one
//! knows no optimiser, no code generation and no runtime. The same with the base documents pushed at run time.
//!
//! `examples/against_opa.rs` holds the same policies against OPA, which knows no planner of ours either.

pub mod constructs;
mod expressions;
mod rules;

#[path = "../../../../compiler/tests/interpreter/mod.rs"]
#[allow(dead_code, missing_docs, reason = "made for the compiler's tests, which need more of it")]
mod interpreter;

use std::fmt;
use std::sync::OnceLock;

use serde_json::Value as Json;
use warrego_compiler::syntax::ast::RegoVersion;
use warrego_compiler::syntax::{ParseOptions, parse_module};
use warrego_compiler::{Failure as Refusal, Input, Options, compile_plans, ir, plan};
use warrego_host::{DecisionError, Effort, Engine, EngineOptions, Instance, Limits};

use crate::{Case, Choices};
use constructs::Counts;
use interpreter::value::Value;
use interpreter::{Failure, run};
use rules::{Dialect, Maker};

/// A policy, its plan, and what it is asked.
pub struct Policy {
    /// The policy.
    pub text: String,
    /// How many rules it has, `data.r.r0` and so on.
    pub rules: usize,
    /// What it is asked.
    pub inputs: Vec<String>,
    /// Rules that the compiler refused, each with the policy before it, and why.
    pub refused: Vec<(String, String)>,
    dialect: Dialect,
    plan: ir::Policy,
}

impl Policy {
    /// Whether its files are read as Rego v0.
    pub fn is_v0_compatible(&self) -> bool {
        self.dialect.is_v0_compatible()
    }

    /// The package that it calls.
    pub fn library(&self) -> String {
        self.dialect.library()
    }

    /// What its component decides: for each rule, for each input.
    ///
    /// # Panics
    /// The plan does not compile.
    pub fn decide(&self) -> Vec<Vec<Decision>> {
        let mut instance = self.load().instance().expect("an instance");
        let rules = 0..self.rules;
        rules
            .map(|rule| self.inputs.iter().map(|input| decided(&mut instance, rule, input)).collect())
            .collect()
    }

    fn load(&self) -> warrego_host::Policy {
        let documents = documents();
        let compiled = compile_plans(vec![(self.plan.clone(), &documents)], &Options::default());
        let component = compiled.unwrap_or_else(|failure| panic!("{failure:?}")).component;
        warrego_host::Policy::load(engine(), &component, Limits::default()).expect("the component is valid")
    }

    /// Counts the constructs that it uses.
    pub fn count(&self, counts: &mut Counts) {
        let options = ParseOptions {
            version: if self.is_v0_compatible() {
                RegoVersion::V0
            } else {
                RegoVersion::V1
            },
            ..ParseOptions::default()
        };
        for text in [&self.text, &self.library()] {
            let module = parse_module(0, text, &options).module.expect("it has a plan");
            constructs::count(&module, counts);
        }
    }
}

/// What a decision comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// There is no value.
    Undefined,
    /// The value, written in one way.
    Value(String),
    /// Rules contradict each other.
    Conflict,
}

impl Decision {
    /// The decision that is a value.
    pub fn of(value: &Json) -> Self {
        Self::Value(Value::from_json(value).to_string())
    }
}

impl Case for Policy {
    /// Rules that the compiler takes, one after the other: what has a wrong type, say, is left out.
    fn make(choices: &mut Choices<'_>) -> Self {
        let mut inputs: Vec<String> = INPUTS.map(str::to_owned).to_vec();
        inputs.extend((0..2).map(|_| input(choices)));
        let dialect = Dialect::choose(choices);
        let mut maker = Maker::new(choices, dialect);
        let mut text = dialect.head();
        let mut policy = planned(&text, dialect, 0).expect("the head has a plan");
        let mut refused = Vec::new();
        while maker.rules < 24 && !maker.is_done() {
            let before = maker.kept();
            let rule = maker.rule();
            let longer = format!("{text}{rule}");
            match planned(&longer, dialect, maker.rules) {
                Ok(plan) => (text, policy) = (longer, plan),
                Err(reason) => {
                    maker.restore(before);
                    refused.push((longer, reason));
                }
            }
        }
        Self {
            rules: maker.rules,
            text,
            inputs,
            refused,
            dialect,
            plan: policy,
        }
    }

    fn check(&self) -> &'static str {
        let documents = documents();
        let policy = self.load();
        let mut instance = policy.instance().expect("an instance");
        let mut pushed = policy.instance().expect("an instance");
        pushed.set_data(&documents.to_string()).expect("the documents are JSON");
        let mut seen = [0; 3];
        for entry in 0..self.rules {
            let mut plan = self.plan.clone();
            plan.plans.plans = vec![plan.plans.plans.swap_remove(entry)];
            for input in &self.inputs {
                let Some(wanted) = interpreted(&plan, input, &documents) else {
                    continue;
                };
                assert_eq!(decided(&mut instance, entry, input), wanted, "r{entry} of {input}");
                assert_eq!(decided(&mut pushed, entry, input), wanted, "r{entry} of {input}, with data pushed");
                seen[match wanted {
                    Decision::Undefined => 0,
                    Decision::Value(_) => 1,
                    Decision::Conflict => 2,
                }] += 1;
            }
        }
        match seen.map(|count| count > 0) {
            [true, true, true] => "undefined, values and conflicts",
            [true, true, false] => "undefined and values",
            _ => "less",
        }
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}\n{}\n{}", self.dialect, self.text, self.inputs.join("\n"))
    }
}

/// What the plan says; `None` where it says more than the interpreter has the patience for.
fn interpreted(plan: &ir::Policy, input: &str, documents: &Json) -> Option<Decision> {
    let input = serde_json::from_str(input).expect("inputs are JSON");
    match run(plan, Some(Value::from_json(&input)), Value::from_json(documents)) {
        Ok(results) => Some(match results.first().and_then(|result| result.get(&Value::string("result"))) {
            Some(value) => Decision::Value(value.as_result().to_string()),
            None => Decision::Undefined,
        }),
        Err(Failure::Conflict(_)) => Some(Decision::Conflict),
        Err(Failure::Plan(message)) if message == "too many steps" => None,
        Err(failure) => panic!("the interpreter: {failure:?}"),
    }
}

fn decided(instance: &mut Instance, entry: usize, input: &str) -> Decision {
    match instance.evaluate(entry as u32, Some(input.as_bytes())) {
        Ok(None) => Decision::Undefined,
        Ok(Some(bytes)) => Decision::of(&serde_json::from_slice(&bytes).expect("decisions are JSON")),
        Err(DecisionError::Conflict(_)) => Decision::Conflict,
        Err(error) => panic!("r{entry} of {input}: {error}"),
    }
}

/// The plan of a policy, or why the compiler refuses it.
///
/// # Panics
/// The reason is a fault of the compiler.
fn planned(text: &str, dialect: Dialect, rules: usize) -> Result<ir::Policy, String> {
    let input = Input {
        modules: vec![
            ("policy.rego".to_owned(), text.to_owned()),
            ("library.rego".to_owned(), dialect.library()),
        ],
        data: documents(),
    };
    let options = Options {
        entrypoints: (0..rules).map(|rule| format!("r/r{rule}")).collect(),
        v0_compatible: dialect.is_v0_compatible(),
        ..Options::default()
    };
    match plan(&input, &options) {
        Ok((policy, _)) => Ok(policy),
        Err(Refusal::Bug(bug)) => panic!("bug in the compiler: {bug}\n{text}"),
        Err(Refusal::Policy { diagnostics, .. }) => {
            let reasons = diagnostics
                .iter()
                .map(|diagnostic| format!("{}: {}", diagnostic.code.as_str(), diagnostic.message));
            Err(reasons.collect::<Vec<_>>().join("\n"))
        }
        Err(failure) => Err(failure.to_string()),
    }
}

/// The base documents.
pub fn documents() -> Json {
    serde_json::json!({"d": {"a": 1, "l": [1, 2, 2, 5], "m": {"a": {"k": 1}, "b": {"k": "b"}}}})
}

const INPUTS: [&str; 6] = [
    r#"{}"#,
    r#"{"a": 1, "b": 2, "xs": [1, 2, 3], "ys": [], "o": {"k": 1, "l": 2}, "s": "a"}"#,
    r#"{"a": true, "b": false, "xs": [3, 3], "ys": [[1], {"k": 2}], "o": {"k": "a"}, "s": "b"}"#,
    r#"{"a": null, "b": "b", "xs": [0], "ys": ["a", null], "o": {}, "s": "c"}"#,
    r#"{"a": 2, "xs": {"p": 1, "q": 2}, "ys": [1, 1], "o": {"k": [1, 2], "l": [1, 2]}, "s": "d"}"#,
    r#"[1, 2]"#,
];

/// An input with the fields that policies look at, each of any type.
fn input(choices: &mut Choices<'_>) -> String {
    let mut fields = Vec::new();
    for name in ["a", "b", "s", "o", "xs", "ys"] {
        if !choices.once_in(6) {
            fields.push(format!("\"{name}\": {}", json(choices, 2)));
        }
    }
    format!("{{{}}}", fields.join(", "))
}

fn json(choices: &mut Choices<'_>, depth: usize) -> String {
    match choices.below(if depth == 0 { 6 } else { 10 }) {
        0..6 => choices
            .of(&["1", "0", "2", "3", "\"a\"", "\"b\"", "null", "true", "false", "-1", "\"\"", "7"])
            .to_owned(),
        6 | 7 => {
            let items: Vec<String> = (0..choices.below(4)).map(|_| json(choices, depth - 1)).collect();
            format!("[{}]", items.join(", "))
        }
        _ => {
            let fields: Vec<String> = ["k", "l", "a"][..choices.below(4)]
                .iter()
                .map(|key| format!("\"{key}\": {}", json(choices, depth - 1)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// One engine for all components. Their code runs a few times only.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let options = EngineOptions {
            effort: Effort::Quick,
            ..EngineOptions::default()
        };
        Engine::new(options).expect("an engine")
    })
}
