//! Plans with something changed: what others write need not be right, and what is wrong with it must neither stop the compiler nor go through as a component
//! that is not valid.

use std::fmt;

use serde_json::Value as Json;
use warrego_compiler::ir::Policy;

use crate::compiler::compile_foreign;
use crate::{Case, Choices, texts};

/// A plan as JSON.
pub struct Distorted(Json);

impl Case for Distorted {
    fn make(choices: &mut Choices<'_>) -> Self {
        let (_, plans) = texts::planned();
        let mut plan = plans[choices.below(plans.len())].clone();
        for _ in 0..=choices.below(3) {
            distort(&mut plan, choices);
        }
        Self(plan)
    }

    fn check(&self) -> &'static str {
        match serde_json::from_value::<Policy>(self.0.clone()) {
            Ok(policy) => compile_foreign(policy, &serde_json::json!({})),
            Err(_) => "no plan",
        }
    }
}

impl fmt::Debug for Distorted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Changes something somewhere below.
fn distort(json: &mut Json, choices: &mut Choices<'_>) {
    match json {
        Json::Array(items) if !items.is_empty() => {
            let at = choices.below(items.len());
            match choices.below(8) {
                5 => drop(items.remove(at)),
                6 => items.push(items[at].clone()),
                7 => items.swap(0, at),
                _ => distort(&mut items[at], choices),
            }
        }
        Json::Object(fields) if !fields.is_empty() => {
            let at = choices.below(fields.len());
            if let Some(field) = fields.values_mut().nth(at) {
                distort(field, choices);
            }
        }
        Json::Number(_) => *json = Json::from([0, 1, 2, 3, 5, 9, 1000, i64::from(u32::MAX), -1][choices.below(9)]),
        Json::Bool(value) => *value = !*value,
        _ => {}
    }
}
