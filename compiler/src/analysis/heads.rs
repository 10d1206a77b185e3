//! Heads hold nothing that has to be evaluated: what does moves into the body, bound to a variable that stays in the head.

use super::comprehensions::requires_eval;
use super::context::Locals;
use super::make;
use super::visit::for_chain;
use crate::syntax::ast::{Module, Value};

/// Makes each part of a head's reference a scalar or a variable, which is what the rule tree can place.
pub fn rewrite_references(modules: &mut [Module], locals: &mut Locals) {
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        for part in rule.head.reference.iter_mut().skip(1) {
            if !make::is_scalar(part) && !matches!(part.value, Value::Var(_)) {
                let equality = locals.hoist(part);
                make::append(&mut rule.body, vec![equality]);
            }
        }
    }
}

/// Moves references and comprehensions in keys, values and arguments into the body.
pub fn rewrite_terms(modules: &mut [Module], locals: &mut Locals) {
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        for_chain(rule, &mut |rule| {
            let head = &mut rule.head;
            for term in head.key.iter_mut().chain(&mut head.value).chain(head.args.iter_mut().flatten()) {
                if requires_eval(term) {
                    let equality = locals.hoist(term);
                    make::append(&mut rule.body, vec![equality]);
                }
            }
        });
    }
}
