//! Small makers of and questions about syntax that several passes need.

use crate::syntax::ast::{Body, Expr, ExprKind, Head, Name, Rule, Term, Value};
pub use crate::syntax::order::sort_collection;
use crate::syntax::source::Span;

/// A term.
pub fn term(span: Span, value: Value) -> Term {
    Term { span, value }
}

/// A variable.
pub fn var(span: Span, name: &Name) -> Term {
    term(span, Value::Var(name.clone()))
}

/// A string.
pub fn string(span: Span, text: &str) -> Term {
    term(span, Value::String(text.into()))
}

/// The operator that calls a built-in function: its name, split at the dots.
pub fn operator(span: Span, name: &str) -> Term {
    let mut parts = name.split('.');
    let mut reference = vec![term(span, Value::Var(parts.next().unwrap_or(name).into()))];
    reference.extend(parts.map(|part| string(span, part)));
    term(span, Value::Ref(reference))
}

/// An expression without modifiers.
pub fn expr(span: Span, kind: ExprKind) -> Expr {
    Expr {
        span,
        kind,
        negated: false,
        with: Vec::new(),
        generated: false,
        assigned: false,
    }
}

/// `lhs = rhs`.
pub fn eq(span: Span, lhs: Term, rhs: Term) -> Expr {
    expr(span, ExprKind::Call(vec![operator(span, "eq"), lhs, rhs]))
}

/// The expression `true`.
pub fn always(span: Span) -> Expr {
    expr(span, ExprKind::Term(term(span, Value::Bool(true))))
}

/// True for null, booleans, numbers and strings.
pub fn is_scalar(term: &Term) -> bool {
    matches!(term.value, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_))
}

/// True if nothing in the value has to be evaluated: no variable, reference, call or comprehension.
pub fn is_constant(term: &Term) -> bool {
    match &term.value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Array(items) | Value::Set(items) => items.iter().all(is_constant),
        Value::Object(pairs) => pairs.iter().all(|(key, value)| is_constant(key) && is_constant(value)),
        Value::TemplateString(_)
        | Value::Var(_)
        | Value::Ref(_)
        | Value::Call(_)
        | Value::ArrayComprehension(..)
        | Value::SetComprehension(..)
        | Value::ObjectComprehension(..) => false,
    }
}

/// True if the term holds no variable (the heads of references aside).
pub fn is_ground(term: &Term) -> bool {
    match &term.value {
        Value::Var(_) | Value::ArrayComprehension(..) | Value::SetComprehension(..) | Value::ObjectComprehension(..) => false,
        Value::Ref(parts) => parts.iter().skip(1).all(is_ground),
        Value::Array(items) | Value::Set(items) | Value::Call(items) => items.iter().all(is_ground),
        Value::Object(pairs) => pairs.iter().all(|(key, value)| is_ground(key) && is_ground(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::TemplateString(_) => true,
    }
}

/// True if all parts of a reference behind its head are ground.
pub fn is_ground_ref(reference: &[Term]) -> bool {
    reference.iter().skip(1).all(is_ground)
}

/// The parts of a reference before its first part that is not ground.
pub fn ground_prefix(reference: &[Term]) -> &[Term] {
    let end = reference
        .iter()
        .skip(1)
        .position(|part| !is_ground(part))
        .map_or(reference.len(), |i| i + 1);
    &reference[..end]
}

/// True for the references `input` and `data` themselves.
pub fn root_document(term: &Term) -> Option<&Name> {
    match &term.value {
        Value::Ref(parts) => match parts.as_slice() {
            [
                Term {
                    value: Value::Var(name), ..
                },
            ] if is_root(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// True for `input` and `data`.
pub fn is_root(name: &str) -> bool {
    name == "input" || name == "data"
}

/// True if the reference begins with this variable.
pub fn starts_with(reference: &[Term], root: &str) -> bool {
    matches!(reference.first(), Some(Term { value: Value::Var(name), .. }) if &**name == root)
}

/// The root document that a reference leads into: `input` or `data`.
pub fn root_name(reference: &[Term]) -> Option<&Name> {
    match &reference.first()?.value {
        Value::Var(name) if is_root(name) => Some(name),
        _ => None,
    }
}

/// The arguments of an expression's call; `None` if it calls nothing.
pub fn operands(expr: &Expr) -> Option<&[Term]> {
    match &expr.kind {
        ExprKind::Call(terms) => terms.get(1..),
        _ => None,
    }
}

/// The reference of what an expression calls; `None` if it calls nothing.
pub fn operator_of(expr: &Expr) -> Option<&[Term]> {
    match &expr.kind {
        ExprKind::Call(terms) => call_operator(terms),
        _ => None,
    }
}

/// The reference of what a call calls.
pub fn call_operator(terms: &[Term]) -> Option<&[Term]> {
    match terms.first() {
        Some(Term {
            value: Value::Ref(parts), ..
        }) => Some(parts),
        _ => None,
    }
}

/// True if the expression calls this built-in function, one without dots in its name.
pub fn calls(expr: &Expr, name: &str) -> bool {
    matches!(operator_of(expr), Some([Term { value: Value::Var(operator), .. }]) if &**operator == name)
}

/// The name of a built-in function a reference may mean: a variable and strings, joined by dots.
pub fn dotted(reference: &[Term]) -> Option<String> {
    let (head, tail) = reference.split_first()?;
    let Value::Var(name) = &head.value else { return None };
    let mut text = name.to_string();
    for part in tail {
        let Value::String(part) = &part.value else { return None };
        text.push('.');
        text.push_str(part);
    }
    Some(text)
}

/// True if the reference spells this dotted name.
pub fn spells(reference: &[Term], name: &str) -> bool {
    let mut parts = name.split('.');
    reference.iter().enumerate().all(|(i, part)| match &part.value {
        Value::Var(text) if i == 0 => parts.next() == Some(text),
        Value::String(text) if i > 0 => parts.next() == Some(text),
        _ => false,
    }) && parts.next().is_none()
}

/// The operands of an `eq` or `assign` that has two.
pub fn both_sides(expr: &Expr) -> Option<(&Term, &Term)> {
    match operands(expr) {
        Some([lhs, rhs]) => Some((lhs, rhs)),
        _ => None,
    }
}

/// Appends to a body; the single expression `true` that stands for an empty one gives way.
pub fn append(body: &mut Body, exprs: Vec<Expr>) {
    if !exprs.is_empty() && is_empty(body) {
        body.clear();
    }
    body.extend(exprs);
}

/// True for the body `true`.
pub fn is_empty(body: &[Expr]) -> bool {
    matches!(
        body,
        [Expr {
            kind: ExprKind::Term(Term {
                value: Value::Bool(true),
                ..
            }),
            ..
        }]
    )
}

/// A rule's name: the first part of its reference.
pub fn rule_name(head: &Head) -> Option<&Name> {
    match head.reference.first() {
        Some(Term {
            value: Value::Var(name), ..
        }) => Some(name),
        _ => None,
    }
}

/// True if a rule has arguments.
pub fn is_function(rule: &Rule) -> bool {
    rule.head.args.as_ref().is_some_and(|args| !args.is_empty())
}

/// True for comprehensions.
pub fn is_comprehension(term: &Term) -> bool {
    matches!(
        term.value,
        Value::ArrayComprehension(..) | Value::SetComprehension(..) | Value::ObjectComprehension(..)
    )
}
