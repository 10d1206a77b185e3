//! Checks of names that hide others: imports that come twice, and rules, arguments and variables called `input` or `data`. Rego v1
//! always asks for them, v0 in strict mode.

use super::context::{Errors, error};
use super::make;
use super::resolve::import_name;
use super::text;
use super::visit::{Node, walk_rule};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Import, Module, Name, RegoVersion, Value};
use std::collections::HashMap;

fn applies(module: &Module, strict: bool) -> bool {
    strict || module.version != RegoVersion::V0
}

/// Reports what hides root documents.
pub fn check_root_documents(modules: &[Module], strict: bool, errors: &mut Errors) {
    for module in modules.iter().filter(|module| applies(module, strict)) {
        for rule in &module.rules {
            if let Some(name) = make::rule_name(&rule.head).filter(|name| make::is_root(name)) {
                let message = format!("rules must not shadow {name} (use a different rule name)");
                errors.recoverable([error(Code::Compile, rule.span, message)]);
            }
            for arg in rule.head.args.iter().flatten() {
                if let Some(name) = make::root_document(arg) {
                    let message = format!("args must not shadow {name} (use a different variable name)");
                    errors.recoverable([error(Code::Compile, arg.span, message)]);
                }
            }
        }
        for rule in module.rules.iter().flat_map(super::visit::chain) {
            walk_rule(rule, &mut |node| {
                errors.recoverable(shadowing_assignment(node));
                true
            });
        }
    }
}

fn shadowing_assignment(node: Node<'_>) -> Option<Diagnostic> {
    let Node::Expr(expr) = node else { return None };
    let assignee = make::operands(expr).filter(|_| make::calls(expr, "assign"))?.first()?;
    let name = match &assignee.value {
        Value::Var(name) if make::is_root(name) => name,
        _ => make::root_document(assignee)?,
    };
    Some(error(
        Code::Compile,
        expr.span,
        format!("variables must not shadow {name} (use a different variable name)"),
    ))
}

/// Reports imports that bring in a name that an earlier one brought in.
pub fn check_duplicates(modules: &[Module], strict: bool, errors: &mut Errors) {
    for module in modules.iter().filter(|module| applies(module, strict)) {
        let mut first: HashMap<Name, &Import> = HashMap::new();
        for import in &module.imports {
            let Some(name) = import_name(import) else { continue };
            if let Some(other) = first.get(&name) {
                errors.recoverable([error(
                    Code::Compile,
                    import.span,
                    format!("import must not shadow {}", text::import(other)),
                )]);
            } else {
                first.insert(name, import);
            }
        }
    }
}
