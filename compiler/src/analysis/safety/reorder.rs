//! Ordering bodies so that every variable has a value before it is needed. An expression moves behind those that bind its
//! variables, as little as possible: what is safe where it stands stays in front. What cannot be ordered is unsafe.

use std::collections::BTreeMap;

use super::outputs;
use super::promote::promoted;
use crate::analysis::functions::Functions;
use crate::analysis::make;
use crate::analysis::vars::{self, Collector, Skip, VarSet};
use crate::analysis::visit::{Node, NodeMut, any, walk, walk_mut};
use crate::syntax::ast::{Body, Expr, ExprKind, Name, Term, Value};
use crate::syntax::source::Span;

/// An expression some of whose variables never get a value.
#[derive(Debug, Clone)]
pub struct Unsafe {
    /// Where the expression stands.
    pub span: Span,
    /// For `x := …`: the variables of the left side.
    pub assigns: Option<VarSet>,
    /// Its unsafe variables.
    pub vars: VarSet,
}

impl Unsafe {
    fn new(expr: &Expr, vars: VarSet) -> Unsafe {
        let assigns = match make::both_sides(expr) {
            Some((lhs, _)) if expr.assigned => Some(vars::of_term(lhs, Skip::NOTHING)),
            _ => None,
        };
        Unsafe {
            span: expr.span,
            assigns,
            vars,
        }
    }
}

/// The variables a safety check of `expr` is about.
pub fn visible(expr: &Expr, functions: Functions<'_>, into: &mut VarSet) {
    let promote = |kind: &ExprKind| promoted(kind, functions);
    let mut found = |name: &Name, _| {
        if !into.contains(name) {
            into.insert(name.clone());
        }
    };
    Collector {
        skip: Skip::SAFETY,
        at_logical: Some(&promote),
        found: &mut found,
    }
    .expr(expr);
}

/// Orders a body. `globals` have values from outside. Returns what is unsafe; the body is in no useful order then.
pub fn reorder(body: &mut Body, functions: Functions<'_>, globals: &VarSet) -> Vec<Unsafe> {
    let (mut unsafe_exprs, closures) = order(body, functions, globals);
    if closures {
        order_closures(body, functions, globals, &mut unsafe_exprs);
    }
    unsafe_exprs
}

/// Orders the expressions of a body, and tells whether there are closures among those that are safe. Unsafe ones are dropped.
fn order(body: &mut Body, functions: Functions<'_>, globals: &VarSet) -> (Vec<Unsafe>, bool) {
    let mut body_vars = VarSet::new();
    let mut open: Vec<VarSet> = Vec::with_capacity(body.len());
    for expr in body.iter() {
        let mut seen = VarSet::new();
        visible(expr, functions, &mut seen);
        body_vars.extend(seen.iter().cloned());
        open.push(seen);
    }
    let mut safe: VarSet = body_vars.intersection(globals).cloned().collect();
    for vars in &mut open {
        vars.retain(|name| !safe.contains(name));
    }
    let closed_over: Vec<VarSet> = body.iter().map(|expr| closure_vars(expr, &body_vars, globals)).collect();

    let mut pending: Vec<Option<Expr>> = body.drain(..).map(Some).collect();
    loop {
        let before = body.len();
        for (i, slot) in pending.iter_mut().enumerate() {
            let Some(expr) = slot else { continue };
            let outputs = outputs::of_expr(expr, functions, &safe);
            if !closed_over[i].is_empty() {
                let bound = outputs::of_body(body, functions, &safe);
                let missing: VarSet = closed_over[i].difference(&bound).cloned().collect();
                if !missing.is_empty() {
                    if missing == outputs {
                        continue;
                    }
                    open[i] = missing;
                }
            }
            open[i].retain(|name| !outputs.contains(name) && !safe.contains(name));
            if open[i].is_empty() {
                body.extend(slot.take());
                safe.extend(outputs);
            }
        }
        if body.len() == before {
            break;
        }
    }
    let left = pending
        .iter()
        .enumerate()
        .filter_map(|(i, slot)| slot.as_ref().map(|expr| Unsafe::new(expr, open[i].clone())));
    (left.collect(), body.iter().any(has_closure))
}

fn has_closure(expr: &Expr) -> bool {
    any(Node::Expr(expr), |node| match node {
        Node::Expr(expr) => matches!(
            expr.kind,
            ExprKind::Every(_) | ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_)
        ),
        Node::Term(term) => make::is_comprehension(term),
        _ => false,
    })
}

/// The variables of the body that closures in an expression use.
fn closure_vars(expr: &Expr, body_vars: &VarSet, globals: &VarSet) -> VarSet {
    let mut used = VarSet::new();
    walk(Node::Expr(expr), &mut |node| {
        match node {
            Node::Expr(expr) => match &expr.kind {
                ExprKind::Every(every) => vars::collect(Skip::NOTHING, &mut used, |c| c.body(&every.body)),
                ExprKind::Not(not) => vars::collect(Skip::NOTHING, &mut used, |c| c.body(&not.body)),
                ExprKind::And(logical) | ExprKind::Or(logical) => vars::collect(Skip::NOTHING, &mut used, |c| {
                    c.body(&logical.lhs);
                    c.body(&logical.rhs);
                }),
                _ => return true,
            },
            Node::Term(term) if make::is_comprehension(term) => vars::collect(Skip::NOTHING, &mut used, |c| c.term(term)),
            _ => return true,
        }
        false
    });
    used.retain(|name| body_vars.contains(name) && !globals.contains(name));
    used
}

/// Orders the bodies inside an ordered body: each sees what the expressions before it bind.
fn order_closures(body: &mut Body, functions: Functions<'_>, globals: &VarSet, unsafe_exprs: &mut Vec<Unsafe>) {
    let mut closures = Closures {
        functions,
        globals: globals.clone(),
        nested: Vec::new(),
        missing: BTreeMap::new(),
    };
    for i in 0..body.len() {
        if i > 0 {
            visible(&body[i - 1], functions, &mut closures.globals);
        }
        let expr = &mut body[i];
        closures.missing.clear();
        walk_mut(NodeMut::Expr(expr), &mut |node| closures.enter(node));
        if !closures.missing.is_empty() {
            unsafe_exprs.push(Unsafe::new(expr, closures.missing.keys().cloned().collect()));
        }
    }
    unsafe_exprs.append(&mut closures.nested);
}

struct Closures<'a> {
    functions: Functions<'a>,
    globals: VarSet,
    /// What is unsafe inside closures.
    nested: Vec<Unsafe>,
    /// Variables in the heads of the current expression's comprehensions that nothing binds.
    missing: BTreeMap<Name, ()>,
}

impl Closures<'_> {
    fn enter(&mut self, node: NodeMut<'_>) -> bool {
        match node {
            NodeMut::Term(term) => match &mut term.value {
                Value::ArrayComprehension(head, body) | Value::SetComprehension(head, body) => {
                    self.comprehension(&[&**head], body);
                    false
                }
                Value::ObjectComprehension(key, value, body) => {
                    self.comprehension(&[&**key, &**value], body);
                    false
                }
                _ => true,
            },
            NodeMut::Expr(expr) => match &mut expr.kind {
                ExprKind::Every(every) => {
                    let bound = every.key.iter().chain([&every.value]);
                    vars::collect(Skip::NOTHING, &mut self.globals, |c| bound.for_each(|term| c.term(term)));
                    self.comprehension(&[], &mut every.body);
                    false
                }
                ExprKind::Not(not) => {
                    self.comprehension(&[], &mut not.body);
                    false
                }
                ExprKind::And(logical) | ExprKind::Or(logical) => {
                    self.comprehension(&[], &mut logical.lhs);
                    self.comprehension(&[], &mut logical.rhs);
                    false
                }
                _ => true,
            },
            NodeMut::Body(_) => true,
        }
    }

    fn comprehension(&mut self, heads: &[&Term], body: &mut Body) {
        if !heads.is_empty() {
            let mut bound = self.globals.clone();
            for expr in body.iter() {
                visible(expr, self.functions, &mut bound);
            }
            for head in heads {
                let open = vars::of_term(head, Skip::NOTHING);
                self.missing
                    .extend(open.into_iter().filter(|name| !bound.contains(name)).map(|name| (name, ())));
            }
        }
        let mut nested = reorder(body, self.functions, &self.globals);
        self.nested.append(&mut nested);
    }
}
