//! The compiler from texts to components. A policy that is wrong gives errors; one that is not gives a component, always the same one, that a host would take.

use std::fmt;

use serde_json::Value as Json;
use warrego_compiler::ir::Policy;
use warrego_compiler::{Failure, Input, Options, check, compile, compile_plans, plan};
use wasmparser::{Validator, WasmFeatures};

use crate::parser::well_placed;
use crate::{Case, Choices, texts};

/// Policies, and how they are compiled.
pub struct Sources {
    input: Input,
    options: Options,
}

impl Case for Sources {
    fn make(choices: &mut Choices<'_>) -> Self {
        let options = Options {
            v0_compatible: choices.once_in(10),
            strict: choices.once_in(4),
            print_statements: choices.once_in(2),
            strict_builtin_errors: choices.once_in(4),
            experimental_keywords: choices.once_in(4),
            type_annotations: choices.once_in(2),
            queries: vec![if choices.once_in(8) {
                texts::pieces(choices, 10)
            } else {
                "data".to_owned()
            }],
            ..Options::default()
        };
        let (policies, _) = texts::planned();
        let count = if choices.once_in(4) { 2 } else { 1 };
        let modules = (0..count)
            .map(|number| (format!("policy{number}.rego"), texts::text(policies, choices)))
            .collect();
        let data = serde_json::json!({"roles": {"admin": ["read", "write"]}, "x": 1});
        Self {
            input: Input { modules, data },
            options,
        }
    }

    fn check(&self) -> &'static str {
        let checked = check(&self.input, &self.options);
        let planned = plan(&self.input, &self.options);
        match (&checked, &planned) {
            (Err(first), Err(second)) => assert_eq!(self.diagnostics(first), self.diagnostics(second), "checked and planned"),
            (Err(failure), Ok(_)) => panic!("planned although {:?}", self.diagnostics(failure)),
            (Ok(()), Err(failure)) => assert!(!self.diagnostics(failure).is_empty(), "refused without a reason"),
            (Ok(()), Ok(_)) => {}
        }
        let (policy, _) = match planned {
            Ok(planned) => planned,
            Err(Failure::Policy { diagnostics, .. }) => return diagnostics[0].code.as_str(),
            Err(_) => return "no plan",
        };
        let json = serde_json::to_value(&policy).expect("a plan is JSON");
        let read: Policy = serde_json::from_value(json.clone()).expect("a plan is read back");
        assert!(
            serde_json::to_value(read).ok() == Some(json),
            "the plan, written and read, is another"
        );
        match compile(&self.input, &self.options) {
            Ok(output) => {
                let again = compile_plans(vec![(policy, &self.input.data)], &self.options).expect("the plan has been compiled before");
                assert!(output.component == again.component, "two components of one policy");
                valid(&output.component);
                "compiled"
            }
            Err(failure) => {
                drop(self.diagnostics(&failure));
                "planned"
            }
        }
    }
}

impl Sources {
    /// What is wrong with the policy, all of it in its place.
    fn diagnostics(&self, failure: &Failure) -> Vec<String> {
        let (sources, diagnostics) = match failure {
            Failure::Policy { sources, diagnostics } => (sources, diagnostics),
            Failure::Plan(message) => return vec![message.clone()],
            Failure::Limit(limit) => return vec![limit.to_string()],
            Failure::Bug(message) => panic!("bug in the compiler: {message}"),
        };
        assert!(!diagnostics.is_empty(), "refused without a reason");
        let texts: Vec<&str> = sources.files.iter().map(|source| source.text.as_str()).collect();
        well_placed(diagnostics, &texts);
        diagnostics.iter().map(|diagnostic| format!("{diagnostic:?}")).collect()
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}", self.options)?;
        for (name, text) in &self.input.modules {
            write!(f, "{name}: {text:?}\n{text}\n")?;
        }
        Ok(())
    }
}

/// Compiles a plan that others wrote, or that looks as if they had.
pub fn compile_foreign(policy: Policy, documents: &Json) -> &'static str {
    match compile_plans(vec![(policy, documents)], &Options::default()) {
        Ok(output) => {
            valid(&output.component);
            "compiled"
        }
        Err(Failure::Bug(message)) => panic!("bug in the compiler: {message}"),
        Err(_) => "refused",
    }
}

/// A host would take it.
fn valid(component: &[u8]) {
    if let Err(error) = Validator::new_with_features(WasmFeatures::WASM2 | WasmFeatures::COMPONENT_MODEL).validate_all(component) {
        panic!("the component is not valid: {error}");
    }
}
