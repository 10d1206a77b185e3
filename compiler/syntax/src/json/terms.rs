//! Expressions and terms. Fields come by the alphabet, except in what holds a comprehension or a template string.

use super::Encoder;
use crate::ast::{Body, Expr, ExprKind, Logical, TemplatePart, Term, Value, With};
use crate::source::Span;

impl Encoder<'_> {
    pub(super) fn body(&mut self, body: &Body) {
        self.within("ast.Body", |e| {
            e.array(body.iter().enumerate(), |e, (index, expr)| e.expr(index, expr))
        });
    }

    fn expr(&mut self, index: usize, expr: &Expr) {
        self.node("*ast.Expr", |e| {
            e.flag("generated", expr.generated);
            e.out.key("index");
            e.out.literal(&index.to_string());
            e.location(expr.span);
            e.flag("negated", expr.negated);
            e.out.key("terms");
            e.kind(expr);
            if !expr.with.is_empty() {
                e.out.key("with");
                e.array(&expr.with, Self::with);
            }
        });
    }

    fn kind(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::Call(terms) => self.call(terms),
            ExprKind::Some(symbols) => self.node("*ast.SomeDecl", |e| {
                e.word_location(expr.span, "some");
                e.out.key("symbols");
                e.terms(symbols);
            }),
            ExprKind::Every(every) => self.node("*ast.Every", |e| {
                e.out.key("body");
                e.body(&every.body);
                e.out.key("domain");
                e.term(&every.domain);
                e.out.key("key");
                match &every.key {
                    Some(key) => e.term(key),
                    None => e.out.literal("null"),
                }
                e.word_location(expr.span, "every");
                e.out.key("value");
                e.term(&every.value);
            }),
            ExprKind::Not(not) => self.node("*ast.Not", |e| {
                e.out.key("body");
                e.body(&not.body);
                e.out.key("explicit_body");
                e.out.literal(if not.explicit { "true" } else { "false" });
                e.string_field("type", "not");
            }),
            ExprKind::And(operands) => self.logical("*ast.LogicalAnd", "and", operands),
            ExprKind::Or(operands) => self.logical("*ast.LogicalOr", "or", operands),
        }
    }

    fn logical(&mut self, node: &'static str, word: &str, operands: &Logical) {
        self.node(node, |e| {
            e.flag("explicit_lhs", operands.explicit_lhs);
            e.flag("explicit_rhs", operands.explicit_rhs);
            e.out.key("lhs");
            e.body(&operands.lhs);
            e.out.key("rhs");
            e.body(&operands.rhs);
            e.string_field("type", word);
        });
    }

    /// The place of the word that a declaration begins with.
    pub(super) fn word_location(&mut self, span: Span, word: &str) {
        self.location(Span {
            end: span.start.saturating_add(word.len() as u32),
            ..span
        });
    }

    fn with(&mut self, with: &With) {
        self.node("*ast.With", |e| {
            e.location(with.span);
            e.out.key("target");
            e.term(&with.target);
            e.out.key("value");
            e.term(&with.value);
        });
    }

    /// The operator of a sign before a name stands nowhere, but the zero that it is taken from stands where the sign does.
    fn call(&mut self, terms: &[Term]) {
        let is_sign = |span: Span| self.text.as_bytes().get(span.start as usize..span.end as usize) == Some(b"-".as_slice());
        let unwritten = matches!(terms, [operator, zero, _] if operator.span == zero.span && is_sign(zero.span));
        self.array(terms.iter().enumerate(), |e, (index, term)| {
            if unwritten && index == 0 {
                e.nowhere(|e| e.term(term));
            } else {
                e.term(term);
            }
        });
    }

    pub(super) fn terms(&mut self, terms: &[Term]) {
        self.array(terms, Self::term);
    }

    pub(super) fn term(&mut self, term: &Term) {
        self.node("*ast.Term", |e| {
            e.location(e.read_span(term));
            e.placeless(&term.value);
        });
    }

    /// The part of a term's text that OPA keeps: of a number only its sign or point where it begins with one, of a reference into something in
    /// brackets only what begins with the closing one.
    pub(super) fn read_span(&self, term: &Term) -> Span {
        let whole = term.span;
        let first = self.text.as_bytes().get(whole.start as usize).copied();
        match &term.value {
            Value::Number(_) if matches!(first, Some(b'-' | b'.')) => Span {
                end: whole.start + 1,
                ..whole
            },
            Value::Ref(parts) if matches!(first, Some(b'[' | b'{' | b'(')) => match parts.first() {
                Some(head) if head.span.start == whole.start && head.span.end < whole.end => Span {
                    start: head.span.end.saturating_sub(1),
                    ..whole
                },
                _ => whole,
            },
            _ => whole,
        }
    }

    /// The fields of a term whose place is known already, or told to nobody.
    pub(super) fn placeless(&mut self, value: &Value) {
        self.string_field("type", value.kind_name());
        self.out.key("value");
        self.value(value);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.object(|_| {}),
            Value::Bool(value) => self.out.literal(if *value { "true" } else { "false" }),
            Value::Number(text) => self.within("ast.Number", |e| e.number(text)),
            Value::String(text) | Value::Var(text) => self.out.string(text),
            Value::Ref(parts) => self.terms(parts),
            Value::Call(terms) => self.call(terms),
            Value::Array(items) => self.within("*ast.Array", |e| e.terms(items)),
            Value::Set(items) => self.within("*ast.set", |e| e.terms(items)),
            Value::Object(pairs) => self.within("*ast.object", |e| {
                e.array(pairs, |e, (key, value)| e.array([key, value], Self::term));
            }),
            Value::ArrayComprehension(head, body) | Value::SetComprehension(head, body) => self.object(|e| {
                e.out.key("term");
                e.term(head);
                e.out.key("body");
                e.body(body);
            }),
            Value::ObjectComprehension(key, value, body) => self.object(|e| {
                e.out.key("key");
                e.term(key);
                e.out.key("value");
                e.term(value);
                e.out.key("body");
                e.body(body);
            }),
            Value::TemplateString(template) => self.object(|e| {
                e.out.key("parts");
                match template.parts.as_slice() {
                    [] => e.out.literal("null"),
                    parts => e.array(parts, |e, part| match part {
                        TemplatePart::Text(term) => e.term(term),
                        TemplatePart::Expr(expr) => e.expr(0, expr),
                    }),
                }
                e.out.key("multi_line");
                e.out.literal(if template.raw { "true" } else { "false" });
            }),
        }
    }
}
