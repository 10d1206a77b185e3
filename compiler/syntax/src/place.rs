//! Moves parts of the tree to another place: what OPA reports under the place of the construct that brought it about.

use super::ast::{Body, Expr, ExprKind, Head, TemplatePart, Term, Value};
use super::source::Span;

/// A head, except for its reference.
pub(super) fn head(head: &mut Head, span: Span) {
    head.span = span;
    for part in head.args.iter_mut().flatten().chain(&mut head.key).chain(&mut head.value) {
        term(part, span);
    }
}

/// An expression and all in it.
pub(super) fn expr(expr: &mut Expr, span: Span) {
    expr.span = span;
    match &mut expr.kind {
        ExprKind::Term(inner) => term(inner, span),
        ExprKind::Call(all) | ExprKind::Some(all) => terms(all, span),
        ExprKind::Every(every) => {
            every
                .key
                .iter_mut()
                .chain([&mut every.value, &mut every.domain])
                .for_each(|part| term(part, span));
            body(&mut every.body, span);
        }
        ExprKind::Not(not) => body(&mut not.body, span),
        ExprKind::And(logical) | ExprKind::Or(logical) => {
            body(&mut logical.lhs, span);
            body(&mut logical.rhs, span);
        }
    }
    for with in &mut expr.with {
        with.span = span;
        term(&mut with.target, span);
        term(&mut with.value, span);
    }
}

fn body(body: &mut Body, span: Span) {
    body.iter_mut().for_each(|inner| expr(inner, span));
}

fn terms(all: &mut [Term], span: Span) {
    all.iter_mut().for_each(|inner| term(inner, span));
}

/// A term and all in it.
pub(super) fn term(whole: &mut Term, span: Span) {
    whole.span = span;
    match &mut whole.value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Var(_) => {}
        Value::Ref(all) | Value::Array(all) | Value::Set(all) | Value::Call(all) => terms(all, span),
        Value::Object(pairs) => pairs.iter_mut().for_each(|(key, value)| {
            term(key, span);
            term(value, span);
        }),
        Value::ArrayComprehension(head, inner) | Value::SetComprehension(head, inner) => {
            term(head, span);
            body(inner, span);
        }
        Value::ObjectComprehension(key, value, inner) => {
            term(key, span);
            term(value, span);
            body(inner, span);
        }
        Value::TemplateString(template) => template.parts.iter_mut().for_each(|part| match part {
            TemplatePart::Text(inner) => term(inner, span),
            TemplatePart::Expr(inner) => expr(inner, span),
        }),
    }
}
