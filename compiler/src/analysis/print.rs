//! `print`: erased, or rewritten so that an undefined operand is printed as such instead of ending the rule: each operand goes into a
//! set comprehension, and `internal.print` gets an array of these sets.

use super::context::{Errors, Locals, error};
use super::functions::Functions;
use super::make;
use super::safety::{Originals, outputs};
use super::text;
use super::vars::{self, Skip, VarSet, is_generated, reserved};
use super::visit::{Node, NodeMut, any, for_chain, walk_mut, walk_rule_mut};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Body, Expr, ExprKind, Module, Value};

fn is_print(expr: &Expr) -> bool {
    make::calls(expr, "print")
}

/// Drops all calls of `print`.
pub fn erase(modules: &mut [Module]) {
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        for_chain(rule, &mut |rule| {
            let is_call = |node: Node<'_>| matches!(node, Node::Expr(expr) if is_print(expr));
            if any(Node::Head(&rule.head), is_call) || any(Node::Body(&rule.body), is_call) {
                walk_rule_mut(rule, &mut erase_in);
            }
        });
    }
}

/// Drops calls of `print` in a query.
pub fn erase_in_query(body: &mut Body) {
    walk_mut(NodeMut::Body(body), &mut erase_in);
}

fn erase_in(node: NodeMut<'_>) -> bool {
    if let NodeMut::Body(body) = node {
        let span = body.first().map(|expr| expr.span).unwrap_or_default();
        body.retain(|expr| !is_print(expr));
        if body.is_empty() {
            body.push(make::always(span));
        }
    }
    true
}

/// Rewrites all calls of `print`.
pub fn rewrite(modules: &mut [Module], functions: Functions<'_>, locals: &mut Locals, originals: &Originals, errors: &mut Errors) {
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        for_chain(rule, &mut |rule| {
            let mut rewriter = Rewriter {
                functions,
                locals,
                originals,
                errors: Vec::new(),
            };
            let mut safe = reserved();
            vars::collect(Skip::NOTHING, &mut safe, |c| rule.head.args.iter().for_each(|args| c.terms(args)));
            super::visit::walk_head_mut(&mut rule.head, &mut |node| rewriter.enter(node, &safe));
            walk_mut(NodeMut::Body(&mut rule.body), &mut |node| rewriter.enter(node, &safe));
            errors.fatal(rewriter.errors);
        });
    }
}

/// Rewrites calls of `print` in a query.
pub fn rewrite_query(body: &mut Body, functions: Functions<'_>, locals: &mut Locals, originals: &Originals) -> Vec<Diagnostic> {
    let mut rewriter = Rewriter {
        functions,
        locals,
        originals,
        errors: Vec::new(),
    };
    rewriter.body(body, &reserved());
    rewriter.errors
}

struct Rewriter<'a> {
    functions: Functions<'a>,
    locals: &'a mut Locals,
    originals: &'a Originals,
    errors: Vec<Diagnostic>,
}

impl Rewriter<'_> {
    /// Rewrites a body, nested ones first; true if the walk has to look further down.
    fn enter(&mut self, node: NodeMut<'_>, outer: &VarSet) -> bool {
        match node {
            NodeMut::Body(body) => {
                self.body(body, outer);
                false
            }
            _ => true,
        }
    }

    fn body(&mut self, body: &mut Body, outer: &VarSet) {
        let before = self.errors.len();
        for i in 0..body.len() {
            if holds_body(&body[i]) {
                let mut safe = outputs::of_body(&body[..i], self.functions, outer);
                safe.extend(outer.iter().cloned());
                if let ExprKind::Every(every) = &body[i].kind {
                    vars::collect(Skip::NOTHING, &mut safe, |c| {
                        every.key.iter().chain([&every.value]).for_each(|term| c.term(term))
                    });
                }
                walk_mut(NodeMut::Expr(&mut body[i]), &mut |node| self.enter(node, &safe));
            }
        }
        if self.errors.len() > before {
            return;
        }
        for i in 0..body.len() {
            if is_print(&body[i]) {
                let mut safe = outputs::of_body(&body[..i], self.functions, outer);
                safe.extend(outer.iter().cloned());
                safe.extend(
                    vars::of_body(&body[..i], Skip::NOTHING)
                        .into_iter()
                        .filter(|name| is_generated(name)),
                );
                self.call(&mut body[i], &safe);
            }
        }
    }

    fn call(&mut self, expr: &mut Expr, safe: &VarSet) {
        let ExprKind::Call(terms) = &mut expr.kind else { return };
        let args = terms.split_off(1);
        let mut sets = Vec::with_capacity(args.len());
        for arg in args {
            for name in vars::of_term(&arg, Skip::SAFETY).difference(safe) {
                let shown = text::variable(self.originals.get(name).unwrap_or(name));
                self.errors
                    .push(error(Code::Compile, arg.span, format!("var {shown} is undeclared")));
            }
            let span = arg.span;
            let variable = make::var(span, &self.locals.fresh());
            let capture = make::eq(span, variable.clone(), arg);
            sets.push(make::term(span, Value::SetComprehension(Box::new(variable), vec![capture])));
        }
        *expr = make::expr(
            expr.span,
            ExprKind::Call(vec![
                make::operator(expr.span, "internal.print"),
                make::term(expr.span, Value::Array(sets)),
            ]),
        );
    }
}

fn holds_body(expr: &Expr) -> bool {
    any(Node::Expr(expr), |node| matches!(node, Node::Body(_)))
}
