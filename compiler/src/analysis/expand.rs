//! Nested calls become expressions of their own: `f(g(x))` is `g(x, v); f(v)`. What stands at the head of a reference without being a
//! variable (`[1, 2][i]`) is bound to one. Supporting expressions come before the one they support, with the same modifiers.

use super::context::Locals;
use super::make;
use super::visit::for_chain;
use crate::budget;
use crate::syntax::ast::{Body, Expr, ExprKind, Module, Rule, Term, Value};

/// Expands the calls in all rules.
pub fn expand(modules: &mut [Module], locals: &mut Locals) {
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        for_chain(rule, &mut |rule| expand_rule(rule, locals));
    }
}

fn expand_rule(rule: &mut Rule, locals: &mut Locals) {
    let head = &mut rule.head;
    for term in head.args.iter_mut().flatten().chain(&mut head.key).chain(&mut head.value) {
        let mut support = Vec::new();
        expand_term(term, locals, &mut support);
        make::append(&mut rule.body, support);
    }
    expand_body(&mut rule.body, locals);
}

/// Expands the calls in a body.
pub fn expand_body(body: &mut Body, locals: &mut Locals) {
    if !body.iter().any(may_hold_calls) {
        return;
    }
    for expr in std::mem::take(body) {
        expand_expr(expr, locals, body);
    }
}

/// False for expressions that surely stay as they are.
fn may_hold_calls(expr: &Expr) -> bool {
    let simple = |term: &Term| match &term.value {
        Value::Ref(parts) => parts
            .iter()
            .all(|part| make::is_scalar(part) || matches!(part.value, Value::Var(_))),
        Value::Var(_) => true,
        _ => make::is_scalar(term),
    };
    match &expr.kind {
        ExprKind::Term(term) => !simple(term) || !expr.with.is_empty(),
        ExprKind::Call(terms) => !terms.iter().all(simple) || !expr.with.is_empty(),
        _ => true,
    }
}

fn expand_expr(mut expr: Expr, locals: &mut Locals, result: &mut Body) {
    for with in &mut expr.with {
        expand_term(&mut with.value, locals, result);
    }
    let first = result.len();
    match &mut expr.kind {
        ExprKind::Term(term) => expand_term(term, locals, result),
        ExprKind::Call(terms) => {
            for term in terms.iter_mut().skip(1) {
                expand_term(term, locals, result);
            }
        }
        ExprKind::Every(every) => {
            let mut equality = locals.hoist(&mut every.domain);
            equality.with = expr.with.clone();
            expand_expr(equality, locals, result);
            expand_body(&mut every.body, locals);
            result.push(expr);
            return;
        }
        ExprKind::Not(not) => expand_body(&mut not.body, locals),
        ExprKind::And(logical) | ExprKind::Or(logical) => {
            expand_body(&mut logical.lhs, locals);
            expand_body(&mut logical.rhs, locals);
        }
        ExprKind::Some(_) => {}
    }
    if !expr.with.is_empty() {
        for support in &mut result[first..] {
            support.with.clone_from(&expr.with);
        }
    }
    result.push(expr);
}

fn expand_term(term: &mut Term, locals: &mut Locals, support: &mut Vec<Expr>) {
    budget::tick();
    match &mut term.value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Var(_) | Value::TemplateString(_) => {}
        Value::Call(terms) => {
            let mut terms = std::mem::take(terms);
            for arg in terms.iter_mut().skip(1) {
                expand_term(arg, locals, support);
            }
            term.value = Value::Var(locals.fresh());
            terms.push(term.clone());
            support.push(Expr {
                generated: true,
                ..make::expr(term.span, ExprKind::Call(terms))
            });
        }
        Value::Ref(parts) => expand_reference(parts, locals, support),
        Value::Array(items) => {
            for item in items {
                expand_term(item, locals, support);
            }
        }
        Value::Set(items) => {
            for item in items.iter_mut() {
                expand_term(item, locals, support);
            }
            make::sort_collection(&mut term.value);
        }
        Value::Object(pairs) => {
            for (key, value) in pairs.iter_mut() {
                expand_term(key, locals, support);
                expand_term(value, locals, support);
            }
            make::sort_collection(&mut term.value);
        }
        Value::ArrayComprehension(head, body) | Value::SetComprehension(head, body) => {
            expand_into(head, body, locals);
            expand_body(body, locals);
        }
        Value::ObjectComprehension(key, value, body) => {
            expand_into(key, body, locals);
            expand_into(value, body, locals);
            expand_body(body, locals);
        }
    }
}

/// Expands the head of a comprehension at the end of its body.
fn expand_into(head: &mut Term, body: &mut Body, locals: &mut Locals) {
    let mut support = Vec::new();
    expand_term(head, locals, &mut support);
    make::append(body, support);
}

fn expand_reference(parts: &mut [Term], locals: &mut Locals, support: &mut Vec<Expr>) {
    for part in parts.iter_mut() {
        let call = matches!(part.value, Value::Call(_)).then(|| part.value.clone());
        expand_term(part, locals, support);
        if let Some(call) = call {
            locals.note_subject(part, call);
        }
    }
    let head = &mut parts[0];
    if matches!(head.value, Value::Array(_) | Value::Object(_) | Value::Set(_)) || make::is_comprehension(head) {
        let subject = head.value.clone();
        support.push(locals.hoist(head));
        locals.note_subject(head, subject);
    }
}
