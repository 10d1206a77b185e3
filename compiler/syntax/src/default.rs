//! Default rules: what they say must need no evaluation.

use std::collections::HashSet;

use super::ast::{Expr, ExprKind, Head, Rule, TemplatePart, Term, Value};
use super::parser::Parser;
use super::rule::{new_rule, truth_expr};
use super::source::Span;

impl Parser<'_> {
    /// Behind the head of a default.
    pub fn default_rule(&mut self, start: Span, head: Head) -> Option<Rule> {
        let mut faults = Vec::new();
        match &head.value {
            None => faults.push("must have a value".to_owned()),
            Some(value) => unfit_for_default(value, &mut faults),
        }
        if faults.is_empty() {
            let mut seen = HashSet::new();
            for arg in head.args.iter().flatten() {
                match &arg.value {
                    Value::Var(name) if seen.insert(name.clone()) => {}
                    Value::Var(name) => faults.push(format!("arguments cannot be repeated {name}")),
                    other => faults.push(format!("arguments cannot contain {}", other.kind_name())),
                }
            }
        }
        for fault in &faults {
            self.error(start, format!("illegal default rule ({fault})"));
        }
        let rule = Rule {
            default: true,
            generated_body: true,
            body: vec![truth_expr(start)],
            ..new_rule(self.since(start), head)
        };
        faults.is_empty().then_some(rule)
    }
}

/// What in a default's value has to be evaluated: only comprehensions may.
fn unfit_for_default(term: &Term, faults: &mut Vec<String>) {
    match &term.value {
        Value::Ref(_) | Value::Var(_) | Value::Call(_) => {
            faults.push(format!("value cannot contain {}", term.value.kind_name()));
        }
        Value::Array(items) | Value::Set(items) => items.iter().for_each(|item| unfit_for_default(item, faults)),
        Value::Object(pairs) => {
            for (key, value) in pairs {
                unfit_for_default(key, faults);
                unfit_for_default(value, faults);
            }
        }
        Value::TemplateString(template) => {
            for part in &template.parts {
                if let TemplatePart::Expr(Expr {
                    kind: ExprKind::Term(term),
                    ..
                }) = part
                {
                    unfit_for_default(term, faults);
                } else if let TemplatePart::Expr(Expr {
                    kind: ExprKind::Call(terms),
                    ..
                }) = part
                {
                    terms.iter().for_each(|term| unfit_for_default(term, faults));
                }
            }
        }
        _ => {}
    }
}
