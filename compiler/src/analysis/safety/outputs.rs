//! Which variables an expression gives values to, given those that already have one.

use super::unify::{is_ref_safe, unify};
use crate::analysis::functions::Functions;
use crate::analysis::make;
use crate::analysis::vars::{self, Skip, VarSet};
use crate::analysis::visit::{Node, walk};
use crate::syntax::ast::{Expr, ExprKind, Term, Value};

/// The outputs of a body, in the order it is written, beyond `safe`.
pub fn of_body(body: &[Expr], functions: Functions<'_>, safe: &VarSet) -> VarSet {
    let mut known = safe.clone();
    for expr in body {
        let outputs = of_expr(expr, functions, &known);
        known.extend(outputs);
    }
    known.retain(|name| !safe.contains(name));
    known
}

/// The outputs of an expression.
pub fn of_expr(expr: &Expr, functions: Functions<'_>, safe: &VarSet) -> VarSet {
    if expr.negated || !modifiers_are_safe(expr, safe) {
        return VarSet::new();
    }
    match &expr.kind {
        ExprKind::Term(_) => of_terms(Node::Expr(expr), safe),
        ExprKind::Call(_) if make::calls(expr, "eq") => of_equality(expr, safe),
        ExprKind::Call(terms) => of_call(expr, terms, functions, safe),
        ExprKind::Every(every) => of_terms(Node::Term(&every.domain), safe),
        ExprKind::Some(_) | ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) => VarSet::new(),
    }
}

fn modifiers_are_safe(expr: &Expr, safe: &VarSet) -> bool {
    expr.with.is_empty() || {
        let mut used = VarSet::new();
        vars::collect(Skip::SAFETY, &mut used, |c| expr.with.iter().for_each(|with| c.with(with)));
        used.is_subset(safe)
    }
}

/// The outputs of an `eq` with two operands.
pub fn of_equality(expr: &Expr, safe: &VarSet) -> VarSet {
    let Some((lhs, rhs)) = make::both_sides(expr) else {
        return safe.clone();
    };
    let mut known = of_terms(Node::Expr(expr), safe);
    known.extend(safe.iter().cloned());
    if expr.assigned {
        // What is assigned to is an output and nothing else: the right side cannot get its values from there.
        for name in vars::of_term(lhs, Skip::NOTHING) {
            known.remove(&name);
        }
    }
    let unified = unify(&known, lhs, rhs);
    known.extend(unified);
    known.retain(|name| !safe.contains(name));
    known
}

fn of_call(expr: &Expr, terms: &[Term], functions: Functions<'_>, safe: &VarSet) -> VarSet {
    let Some(arity) = make::call_operator(terms).and_then(|operator| functions.arity(operator)) else {
        return VarSet::new();
    };
    let mut outputs = of_terms(Node::Expr(expr), safe);
    if arity + 1 >= terms.len() {
        return outputs;
    }
    let skip = Skip {
        sets: true,
        ..Skip::BINDABLE
    };
    let inputs = vars::of_terms(&terms[..=arity], skip);
    if inputs.iter().any(|name| !outputs.contains(name) && !safe.contains(name)) {
        return VarSet::new();
    }
    vars::collect(skip, &mut outputs, |c| c.terms(&terms[arity + 1..]));
    outputs
}

/// The variables that safe references iterate over.
fn of_terms(node: Node<'_>, safe: &VarSet) -> VarSet {
    let mut outputs = VarSet::new();
    walk(node, &mut |node| match node {
        Node::Term(term) => match &term.value {
            Value::TemplateString(_) => false,
            Value::Ref(parts) => {
                let safe = is_ref_safe(parts, safe);
                if safe && !make::is_ground_ref(parts) {
                    vars::collect(
                        Skip {
                            ref_head: true,
                            ..Skip::NOTHING
                        },
                        &mut outputs,
                        |c| c.term(term),
                    );
                }
                safe
            }
            _ => !make::is_comprehension(term),
        },
        _ => true,
    });
    outputs
}
