//! Policies made up, and what they decide: the component, optimised, must say what the interpreter for tests makes of the plan as it was before. That one
//! knows no optimiser, no code generation and no runtime. The same with the base documents pushed at run time.

mod expressions;
mod rules;

#[path = "../../../../compiler/tests/interpreter/mod.rs"]
#[allow(dead_code, missing_docs, reason = "made for the compiler's tests, which need more of it")]
mod interpreter;

use std::fmt;
use std::sync::OnceLock;

use serde_json::Value as Json;
use warrego_compiler::ir;
use warrego_compiler::{Input, Options, compile_plans, plan};
use warrego_host::{DecisionError, Effort, Engine, EngineOptions, Instance, Limits};

use crate::{Case, Choices};
use interpreter::value::Value;
use interpreter::{Failure, run};
use rules::Maker;

/// A policy, its plan, and what it is asked.
pub struct Policy {
    text: String,
    rules: usize,
    plan: ir::Policy,
    inputs: Vec<String>,
}

/// What a decision comes to.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Undefined,
    Value(String),
    Conflict,
}

impl Case for Policy {
    /// Rules that the compiler takes, one after the other: what has a wrong type, say, is left out.
    fn make(choices: &mut Choices<'_>) -> Self {
        let mut inputs: Vec<String> = INPUTS.map(str::to_owned).to_vec();
        inputs.extend((0..2).map(|_| input(choices)));
        let mut maker = Maker::new(choices);
        let mut text = rules::HEAD.to_owned();
        let mut policy = planned(&text, 0).expect("the head has a plan");
        while maker.rules < 24 && !maker.is_done() {
            let before = maker.kept();
            let rule = maker.rule();
            let longer = format!("{text}{rule}");
            if let Some(plan) = planned(&longer, maker.rules) {
                (text, policy) = (longer, plan);
            } else {
                maker.restore(before);
            }
        }
        Self {
            rules: maker.rules,
            text,
            plan: policy,
            inputs,
        }
    }

    fn check(&self) -> &'static str {
        let documents = documents();
        let compiled = compile_plans(vec![(self.plan.clone(), &documents)], &Options::default());
        let component = compiled.unwrap_or_else(|failure| panic!("{failure:?}")).component;
        let policy = warrego_host::Policy::load(engine(), &component, Limits::default()).expect("the component is valid");
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
        write!(f, "{}\n{}", self.text, self.inputs.join("\n"))
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
        Ok(Some(bytes)) => {
            let value = serde_json::from_slice(&bytes).expect("decisions are JSON");
            Decision::Value(Value::from_json(&value).to_string())
        }
        Err(DecisionError::Conflict(_)) => Decision::Conflict,
        Err(error) => panic!("r{entry} of {input}: {error}"),
    }
}

fn planned(text: &str, rules: usize) -> Option<ir::Policy> {
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

fn documents() -> Json {
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
