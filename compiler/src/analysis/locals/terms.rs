//! Terms: a declared variable takes its generated name, any other is noted as seen, so that it cannot be declared afterwards.

use super::scopes::Occurrence;
use super::{Rewriter, walk_terms};
use crate::analysis::make;
use crate::analysis::text;
use crate::analysis::vars::{self, Skip, VarSet};
use crate::syntax::ast::{Body, Expr, ExprKind, Name, TemplatePart, Term, Value, With};

impl Rewriter<'_> {
    /// Rewrites all terms of an expression, and its modifiers.
    pub(super) fn expr_terms(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::Call(terms) | ExprKind::Some(terms) => terms.iter_mut().for_each(|term| self.term(term)),
            ExprKind::Every(every) => {
                every.key.iter_mut().for_each(|key| self.term(key));
                self.term(&mut every.value);
                self.term(&mut every.domain);
                self.body_terms(&mut every.body);
            }
            ExprKind::Not(not) => self.body_terms(&mut not.body),
            ExprKind::And(logical) | ExprKind::Or(logical) => {
                self.body_terms(&mut logical.lhs);
                self.body_terms(&mut logical.rhs);
            }
        }
        for with in &mut expr.with {
            self.modifier(with);
        }
    }

    fn body_terms(&mut self, body: &mut Body) {
        for expr in body {
            self.expr_terms(expr);
        }
    }

    /// Rewrites a term and everything in it.
    pub(super) fn term(&mut self, term: &mut Term) {
        if let Some(name) = make::root_document(term).cloned() {
            return match self.scopes.lookup(&name) {
                Some((generated, occurrence)) if *occurrence != Occurrence::Seen => term.value = Value::Var(generated.clone()),
                _ => {}
            };
        }
        match &mut term.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            Value::Var(name) => {
                let name = name.clone();
                match self.scopes.meaning(&name).cloned() {
                    Some(generated) => {
                        self.scopes.count_use(&name);
                        term.value = Value::Var(generated);
                    }
                    None => self.scopes.insert(&name, name.clone(), Occurrence::Seen),
                }
            }
            Value::Ref(items) | Value::Array(items) => items.iter_mut().for_each(|item| self.term(item)),
            Value::Call(terms) => {
                if let Some(operator) = terms.first() {
                    let renamed = |name: &Name| matches!(self.scopes.meaning(name), Some(generated) if generated != name);
                    for _ in vars::of_term(operator, Skip::NOTHING).iter().filter(|name| renamed(name)) {
                        self.errors.push(super::error(
                            super::Code::Compile,
                            term.span,
                            format!("called function {} shadowed", text::term(operator)),
                        ));
                    }
                }
                terms.iter_mut().for_each(|term| self.term(term));
            }
            Value::Object(pairs) => {
                for (key, value) in pairs.iter_mut() {
                    self.term(key);
                    self.term(value);
                }
                make::sort_collection(&mut term.value);
            }
            Value::Set(items) => {
                items.iter_mut().for_each(|item| self.term(item));
                make::sort_collection(&mut term.value);
            }
            Value::ArrayComprehension(..) | Value::SetComprehension(..) | Value::ObjectComprehension(..) => self.comprehension(term),
            Value::TemplateString(template) => {
                for part in &mut template.parts {
                    match part {
                        TemplatePart::Text(_) => {}
                        TemplatePart::Expr(expr) => self.expr_terms(expr),
                    }
                }
            }
        }
    }

    /// A comprehension has a scope of its own.
    pub(super) fn comprehension(&mut self, term: &mut Term) {
        let (heads, body): (Vec<&mut Term>, &mut Body) = match &mut term.value {
            Value::ArrayComprehension(head, body) | Value::SetComprehension(head, body) => (vec![head], body),
            Value::ObjectComprehension(key, value, body) => (vec![key, value], body),
            _ => return,
        };
        let mut used = VarSet::new();
        vars::collect(Skip::NOTHING, &mut used, |c| heads.iter().for_each(|head| c.term(head)));
        self.scopes.push();
        self.body(body, &used);
        for head in heads {
            self.term(head);
        }
        self.scopes.pop();
    }

    /// In a modifier's target, `input` is the document, even if it is hidden by a variable.
    fn modifier(&mut self, with: &mut With) {
        self.term(&mut with.target);
        if let Some(hidden) = self.scopes.meaning("input").cloned() {
            match &mut with.target.value {
                Value::Var(name) if *name == hidden => with.target.value = Value::Ref(vec![make::var(with.target.span, &"input".into())]),
                Value::Ref(parts) => {
                    if let Some(Term {
                        value: Value::Var(name), ..
                    }) = parts.first_mut()
                        && *name == hidden
                    {
                        *name = "input".into();
                    }
                }
                _ => {}
            }
        }
        self.term(&mut with.value);
    }

    /// Gives the variables that an assignment's left side declares their names.
    pub(super) fn assignee(&mut self, term: &mut Term) {
        walk_terms(term, &mut |term| self.assignee_term(term));
    }

    fn assignee_term(&mut self, term: &mut Term) -> bool {
        let name = match &mut term.value {
            Value::Var(name) => name.clone(),
            Value::Array(_) => return true,
            Value::Object(pairs) => {
                for (_, value) in pairs {
                    self.assignee(value);
                }
                return false;
            }
            _ => match make::root_document(term) {
                Some(name) => name.clone(),
                None => {
                    self.fail(term.span, format!("cannot assign to {}", text::kind(term)));
                    return false;
                }
            },
        };
        match self.declare(&name, Occurrence::Assigned) {
            Ok(generated) => term.value = Value::Var(generated),
            Err(message) => self.fail(term.span, message),
        }
        false
    }
}
