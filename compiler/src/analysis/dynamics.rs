//! References and comprehensions as operands are evaluated before the expression that uses them: they are bound to variables in
//! front of it. Only at the top of equalities and of lone terms they may stay. Runs on ordered bodies and keeps the order.

use super::context::Locals;
use super::make;
use super::visit::for_chain;
use crate::syntax::ast::{Body, Expr, ExprKind, Module, Term, Value, With};

/// Rewrites `==` as `=` in all rules; only the safety check has to tell them apart.
pub fn rewrite_equals(modules: &mut [Module]) {
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        for_chain(rule, &mut |rule| {
            super::visit::walk_rule_mut(rule, &mut |node| {
                if let super::visit::NodeMut::Expr(expr) = node
                    && make::calls(expr, "equal")
                    && let ExprKind::Call(terms) = &mut expr.kind
                    && terms.len() == 3
                {
                    terms[0] = make::operator(terms[0].span, "eq");
                }
                true
            });
        });
    }
}

/// Rewrites the bodies of all rules.
pub fn rewrite(modules: &mut [Module], locals: &mut Locals) {
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        for_chain(rule, &mut |rule| rewrite_body(&mut rule.body, locals));
    }
}

/// Rewrites a body.
pub fn rewrite_body(body: &mut Body, locals: &mut Locals) {
    let old = std::mem::take(body);
    body.reserve(old.len());
    let mut rewriter = Rewriter { locals, result: body };
    for expr in old {
        rewriter.expr(expr);
    }
}

struct Rewriter<'a> {
    locals: &'a mut Locals,
    result: &'a mut Body,
}

impl Rewriter<'_> {
    fn expr(&mut self, mut expr: Expr) {
        let with = expr.with;
        match &mut expr.kind {
            ExprKind::Call(terms) if is_equality(terms) => {
                if terms.len() == 3 {
                    self.top_term(&mut terms[1], &with);
                    self.top_term(&mut terms[2], &with);
                }
            }
            ExprKind::Call(terms) => terms.iter_mut().skip(1).for_each(|term| self.term(term, &with)),
            ExprKind::Term(term) => self.top_term(term, &with),
            ExprKind::Every(every) => {
                self.term(&mut every.domain, &with);
                rewrite_body(&mut every.body, self.locals);
            }
            ExprKind::Not(not) => rewrite_body(&mut not.body, self.locals),
            ExprKind::And(logical) | ExprKind::Or(logical) => {
                rewrite_body(&mut logical.lhs, self.locals);
                rewrite_body(&mut logical.rhs, self.locals);
            }
            ExprKind::Some(_) => {}
        }
        expr.with = with;
        self.result.push(expr);
    }

    /// A term that may itself stay a reference or a comprehension.
    fn top_term(&mut self, term: &mut Term, with: &[With]) {
        match &mut term.value {
            Value::Ref(parts) => parts.iter_mut().skip(1).for_each(|part| self.term(part, with)),
            Value::ArrayComprehension(_, body) | Value::SetComprehension(_, body) | Value::ObjectComprehension(_, _, body) => {
                rewrite_body(body, self.locals);
            }
            _ => self.term(term, with),
        }
    }

    /// A term that has to become a scalar, a variable, or a collection of these.
    fn term(&mut self, term: &mut Term, with: &[With]) {
        match &mut term.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Var(_) => {}
            Value::Call(_) | Value::TemplateString(_) => {}
            Value::Ref(parts) => {
                parts.iter_mut().skip(1).for_each(|part| self.term(part, with));
                self.bind(term, with);
            }
            Value::ArrayComprehension(_, body) | Value::SetComprehension(_, body) | Value::ObjectComprehension(_, _, body) => {
                rewrite_body(body, self.locals);
                self.bind(term, with);
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.term(item, with)),
            Value::Set(items) => {
                items.iter_mut().for_each(|item| self.term(item, with));
                make::sort_collection(&mut term.value);
            }
            Value::Object(pairs) => {
                for (key, value) in pairs.iter_mut() {
                    self.term(key, with);
                    self.term(value, with);
                }
                make::sort_collection(&mut term.value);
            }
        }
    }

    fn bind(&mut self, term: &mut Term, with: &[With]) {
        let subject = term.value.clone();
        let mut equality = self.locals.hoist(term);
        self.locals.note_subject(term, subject);
        equality.with = with.to_vec();
        self.result.push(equality);
    }
}

fn is_equality(terms: &[Term]) -> bool {
    make::call_operator(terms).is_some_and(|operator| make::spells(operator, "eq"))
}
