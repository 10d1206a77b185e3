//! Who can be called: arities, and the errors for calls of functions that do not exist or with the wrong number of arguments.

use std::cell::Cell;

use super::builtins;
use super::conflicts::shown;
use super::context::{Errors, error};
use super::make;
use super::safety::Originals;
use super::text;
use super::tree::RuleTree;
use super::types::details;
use super::visit::{Node, walk, walk_rule};
use crate::diagnostic::{Code, Diagnostic};
use crate::nearest;
use crate::syntax::ast::{Expr, Module, Term, Value};

/// The functions a call's operator can name.
#[derive(Clone, Copy)]
pub struct Functions<'a> {
    tree: &'a RuleTree,
}

impl<'a> Functions<'a> {
    /// Built-in functions, and the rules of this tree.
    pub fn new(tree: &'a RuleTree) -> Functions<'a> {
        Functions { tree }
    }

    /// The rules.
    pub fn tree(self) -> &'a RuleTree {
        self.tree
    }

    /// How many arguments a function takes; 0 for rules that are no functions.
    pub fn arity(self, operator: &[Term]) -> Option<usize> {
        if let Some(builtin) = builtins::named_by(operator) {
            return Some(builtin.arity());
        }
        if !make::starts_with(operator, "data") {
            return None;
        }
        self.tree.node(self.tree.find(operator)?).arity
    }

    /// What may have been meant by a function that does not exist.
    fn near(self, operator: &[Term]) -> Option<String> {
        let name = text::reference(operator);
        if make::starts_with(operator, "data") {
            let (last, package) = operator.split_last()?;
            let Value::String(last) = &last.value else { return None };
            let children = &self.tree.node(self.tree.find(package)?).children;
            let functions = children.iter().filter(|(_, child)| self.tree.node(**child).has_function);
            let names: Vec<&str> = functions.filter_map(|(key, _)| key.as_str()).collect();
            return nearest::hint(last, names);
        }
        let names = builtins::all()
            .map(|builtin| builtin.name)
            .filter(|name| builtins::find(name).is_some());
        let children = self.tree.ids().flat_map(|node| &self.tree.node(node).children);
        let functions = children.filter(|(_, child)| self.tree.node(**child).has_function);
        nearest::hint(&name, names.chain(functions.filter_map(|(key, _)| key.as_str())))
    }
}

/// Reports calls of undefined functions and calls with too few or too many arguments.
pub fn check_calls(modules: &[Module], functions: Functions<'_>, originals: &Originals, errors: &mut Errors) {
    let hints = Cell::new(HINTS);
    for rule in modules.iter().flat_map(|module| &module.rules).flat_map(super::visit::chain) {
        walk_rule(rule, &mut |node| {
            check_node(node, functions, originals, &hints, &mut |error| errors.fatal([error]))
        });
    }
}

/// The same for a query.
pub fn check_query_calls(body: &[Expr], functions: Functions<'_>, originals: &Originals) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    let hints = Cell::new(HINTS);
    walk(Node::Body(body), &mut |node| {
        check_node(node, functions, originals, &hints, &mut |error| errors.push(error))
    });
    errors
}

/// How many errors get hints at most: they are for people, and take time.
const HINTS: usize = 10;

fn check_node(
    node: Node<'_>,
    functions: Functions<'_>,
    originals: &Originals,
    hints: &Cell<usize>,
    report: &mut dyn FnMut(Diagnostic),
) -> bool {
    let Node::Expr(expr) = node else { return true };
    match check_call(expr, functions, originals, hints) {
        Some(error) => {
            report(error);
            false
        }
        None => true,
    }
}

fn check_call(expr: &Expr, functions: Functions<'_>, originals: &Originals, hints: &Cell<usize>) -> Option<Diagnostic> {
    let operands = make::operands(expr)?;
    let given = operands.len();
    // A variable in the operator's place is no function's name.
    let operator = make::operator_of(expr).unwrap_or_default();
    let name = || text::reference(&shown(operator, originals));
    let Some(arity) = functions.arity(operator) else {
        let mut found = error(Code::Type, expr.span, format!("undefined function {}", name()));
        if let Some(left) = hints.get().checked_sub(1) {
            hints.set(left);
            found.hint = functions.near(operator);
        }
        return Some(found);
    };
    let given = match expr.generated {
        // An output was added.
        true if make::calls(expr, "eq") || given == arity + 1 => return None,
        true => given - 1,
        false if given == arity || given == arity + 1 => return None,
        false => given,
    };
    if let Some(builtin) = builtins::named_by(operator) {
        let mut found = error(Code::Type, expr.span, format!("{}: arity mismatch", name()));
        found.details = details::arity(builtin, operands);
        return Some(found);
    }
    let noun = if given == 1 { "argument" } else { "arguments" };
    Some(error(
        Code::Type,
        expr.span,
        format!("function {} has arity {arity}, got {given} {noun}", name()),
    ))
}

/// Reports calls of functions without a result where a value is needed.
pub fn check_void(modules: &[Module], errors: &mut Errors) {
    for rule in modules.iter().flat_map(|module| &module.rules).flat_map(super::visit::chain) {
        walk_rule(rule, &mut |node| {
            errors.fatal(void_call(node));
            true
        });
    }
}

/// The same for a query.
pub fn check_query_void(body: &[Expr]) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    walk(Node::Body(body), &mut |node| {
        errors.extend(void_call(node));
        true
    });
    errors
}

fn void_call(node: Node<'_>) -> Option<Diagnostic> {
    let Node::Term(Term {
        value: Value::Call(terms),
        span,
    }) = node
    else {
        return None;
    };
    let builtin = builtins::named_by(make::call_operator(terms)?)?;
    builtin
        .result
        .is_none()
        .then(|| error(Code::Type, *span, format!("{} used as value", text::call(terms))))
}
