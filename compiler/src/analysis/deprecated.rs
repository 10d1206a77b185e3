//! Calls of deprecated built-in functions: errors in Rego v1, and in v0's strict mode. OPA looks for them only if the type checker has met one, which
//! does not check the bodies of `every` and `not { … }`; so a call there is an error only beside another one.

use super::builtins;
use super::context::{Errors, error};
use super::make;
use super::visit::{Node, walk_rule};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::Module;

/// Reports deprecated calls in all modules that may not hold them.
pub fn check(modules: &[Module], strict: bool, errors: &mut Errors) {
    for module in modules.iter().filter(|module| strict || module.version.is_v1()) {
        for rule in module.rules.iter().flat_map(super::visit::chain) {
            walk_rule(rule, &mut |node| {
                errors.recoverable(deprecated_call(node));
                true
            });
        }
    }
}

fn deprecated_call(node: Node<'_>) -> Option<Diagnostic> {
    let Node::Expr(expr) = node else { return None };
    let builtin = builtins::named_by(make::operator_of(expr)?).filter(|builtin| builtin.deprecated)?;
    let message = format!("deprecated built-in function calls in expression: {}", builtin.name);
    Some(error(Code::Type, expr.span, message))
}
