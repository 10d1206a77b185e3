//! Statements that declare variables: `:=`, `some`, `every`, and the bodies of `not`, `and` and `or`.

use super::Rewriter;
use super::scopes::Occurrence;
use super::unused::Written;
use crate::analysis::make;
use crate::analysis::safety::outputs;
use crate::analysis::vars::{self, Skip, VarSet, is_wildcard};
use crate::syntax::ast::{Body, Every, Expr, ExprKind, Term, Value};
use crate::syntax::source::Span;

impl Rewriter<'_> {
    /// Rewrites a body in the innermost scope. `used` are variables that are used outside the body: in the head it belongs to.
    pub(super) fn body(&mut self, body: &mut Body, used: &VarSet) {
        let first = body.first().map(|expr| expr.span).unwrap_or_default();
        let mut written = Vec::with_capacity(body.len());
        let mut rewritten = Vec::with_capacity(body.len());
        for expr in body.drain(..) {
            written.push(Written::of(&expr));
            if let Some(expr) = self.statement(expr) {
                if let Some(note) = written.last_mut() {
                    note.became = Some(rewritten.len());
                }
                rewritten.push(expr);
            }
        }
        if rewritten.is_empty() {
            rewritten.push(make::always(Span::default()));
        }
        *body = rewritten;
        self.check_unused_assigned(body, &written, used, first);
        self.check_unused_declared(body, &written, used, first);
    }

    fn statement(&mut self, mut expr: Expr) -> Option<Expr> {
        match &expr.kind {
            ExprKind::Call(_) if make::calls(&expr, "assign") => {
                self.assignment(&mut expr);
                Some(expr)
            }
            ExprKind::Some(_) => self.some(expr),
            ExprKind::Every(_) => self.every(expr),
            ExprKind::Not(_) => Some(self.not(expr)),
            ExprKind::And(_) | ExprKind::Or(_) => Some(self.logical(expr)),
            _ => {
                self.expr_terms(&mut expr);
                Some(expr)
            }
        }
    }

    /// `x := term` becomes `x' = term`. The right side comes first: it sees no variable of the left.
    fn assignment(&mut self, expr: &mut Expr) {
        if expr.negated {
            return self.fail(expr.span, NEGATED.to_owned());
        }
        let ExprKind::Call(terms) = &mut expr.kind else { return };
        let [operator, lhs, rhs] = terms.as_mut_slice() else { return };
        let before = self.errors.len();
        self.term(rhs);
        for with in &mut expr.with {
            self.term(&mut with.value);
        }
        self.assignee(lhs);
        if self.errors.len() == before {
            *operator = make::operator(operator.span, "eq");
            expr.assigned = true;
        }
    }

    fn some(&mut self, mut expr: Expr) -> Option<Expr> {
        let span = expr.span;
        let ExprKind::Some(symbols) = &mut expr.kind else {
            return Some(expr);
        };
        for symbol in std::mem::take(symbols) {
            match symbol.value {
                Value::Var(name) => {
                    if let Err(message) = self.declare(&name, Occurrence::Declared) {
                        self.fail(span, message);
                        return None;
                    }
                }
                Value::Call(terms) => return self.some_in(expr, terms),
                _ => {}
            }
        }
        None
    }

    /// `some k, v in xs` becomes `v' = xs[k']`.
    fn some_in(&mut self, mut expr: Expr, terms: Vec<Term>) -> Option<Expr> {
        let span = expr.span;
        let mut terms = terms.into_iter().skip(1);
        let (key, value, domain) = match (terms.next(), terms.next(), terms.next()) {
            (Some(key), Some(value), Some(domain)) => (key, value, domain),
            (Some(value), Some(domain), None) => (make::var(domain.span, &self.locals.fresh()), value, domain),
            _ => return None,
        };
        let bound = Self::bindable(&[&key, &value], Skip::BINDABLE);
        let in_domain = vars::of_term(
            &domain,
            Skip {
                closures: true,
                ..Skip::NOTHING
            },
        );
        let before = self.errors.len();
        for name in bound.intersection(&in_domain).filter(|name| !is_wildcard(name)) {
            self.fail(span, format!("var {name} assigned before"));
        }
        if self.errors.len() > before {
            return None;
        }
        let known = vars::of_term(&domain, Skip::NOTHING);
        let domain_span = domain.span;
        let reference = match domain.value {
            Value::Ref(mut parts) => {
                parts.push(key);
                parts
            }
            _ => vec![domain, key],
        };
        expr.kind = ExprKind::Call(vec![
            make::operator(span, "eq"),
            value,
            make::term(domain_span, Value::Ref(reference)),
        ]);
        for name in outputs::of_equality(&expr, &known) {
            if let Err(message) = self.declare(&name, Occurrence::Declared) {
                self.fail(span, message);
                return None;
            }
        }
        self.expr_terms(&mut expr);
        Some(expr)
    }

    fn every(&mut self, mut expr: Expr) -> Option<Expr> {
        let span = expr.span;
        let ExprKind::Every(every) = &mut expr.kind else {
            return Some(expr);
        };
        let Every { key, value, domain, body } = &mut **every;
        self.term(domain);
        self.scopes.push();
        let declared = match key {
            Some(key) => self.iteration_variable(key, span),
            None => {
                *key = Some(make::var(domain.span, &self.locals.fresh()));
                true
            }
        } && self.iteration_variable(value, span);
        if !declared {
            self.scopes.pop();
            return None;
        }
        self.body(body, &VarSet::new());
        self.expr_terms(&mut expr);
        self.scopes.pop();
        Some(expr)
    }

    fn iteration_variable(&mut self, term: &mut Term, span: Span) -> bool {
        let Value::Var(name) = &term.value else { return true };
        if is_wildcard(name) {
            return true;
        }
        match self.declare(&name.clone(), Occurrence::Declared) {
            Ok(generated) => {
                term.value = Value::Var(generated);
                true
            }
            Err(message) => {
                self.fail(span, message);
                false
            }
        }
    }

    fn not(&mut self, mut expr: Expr) -> Expr {
        let ExprKind::Not(not) = &mut expr.kind else { return expr };
        if !not.explicit {
            let before = self.errors.len();
            self.implicit_body(&mut not.body, NEGATED);
            if self.errors.len() == before {
                self.expr_terms(&mut expr);
            }
        } else {
            self.scopes.push();
            self.body(&mut not.body, &VarSet::new());
            self.expr_terms(&mut expr);
            self.scopes.pop();
        }
        expr
    }

    fn logical(&mut self, mut expr: Expr) -> Expr {
        let before = self.errors.len();
        let (logical, message) = match &mut expr.kind {
            ExprKind::And(logical) => (logical, IN_AND),
            ExprKind::Or(logical) => (logical, IN_OR),
            _ => return expr,
        };
        let (explicit_lhs, explicit_rhs) = (logical.explicit_lhs, logical.explicit_rhs);
        for (operand, explicit) in [(&mut logical.lhs, explicit_lhs), (&mut logical.rhs, explicit_rhs)] {
            if explicit {
                self.scopes.push();
                self.body(operand, &VarSet::new());
                self.scopes.pop();
            } else {
                self.implicit_body(operand, message);
            }
        }
        if self.errors.len() == before {
            self.expr_terms(&mut expr);
        }
        expr
    }

    /// An operand without braces binds nothing for the body around it, so an assignment in it would be lost.
    fn implicit_body(&mut self, body: &mut Body, message: &str) {
        let exprs = std::mem::take(body);
        for expr in exprs {
            body.push(match &expr.kind {
                ExprKind::Call(_) if make::calls(&expr, "assign") => {
                    self.fail(expr.span, message.to_owned());
                    expr
                }
                ExprKind::Not(_) => self.not(expr),
                ExprKind::And(_) | ExprKind::Or(_) => self.logical(expr),
                _ => expr,
            });
        }
    }
}

const NEGATED: &str = "cannot assign vars inside negated expression";
const IN_AND: &str = "cannot assign vars inside implicit and operand";
const IN_OR: &str = "cannot assign vars inside implicit or operand";
