//! Walking the syntax tree. A pass that only looks for something, or that changes nodes in place, says so with a closure; passes
//! that carry scopes walk by themselves. The order is that of OPA's visitors, since numbers of generated variables and the order of
//! errors follow from it: a head's arguments, key and value (not its reference), then bodies; operands before modifiers.

use crate::budget;
use crate::syntax::ast::{Body, Every, Expr, ExprKind, Head, Logical, Rule, TemplatePart, Term, Value, With};

/// Any node that passes look at.
#[derive(Clone, Copy)]
pub enum Node<'a> {
    /// A rule's head.
    Head(&'a Head),
    /// A body: a rule's or a nested one.
    Body(&'a [Expr]),
    /// An expression.
    Expr(&'a Expr),
    /// A `with` modifier.
    With(&'a With),
    /// A term.
    Term(&'a Term),
}

/// Calls `enter` on `node` and, as long as it answers true, on what lies below.
pub fn walk<'a>(node: Node<'a>, enter: &mut dyn FnMut(Node<'a>) -> bool) {
    budget::tick();
    if !enter(node) {
        return;
    }
    match node {
        Node::Head(head) => {
            for term in head.args.iter().flatten().chain(&head.key).chain(&head.value) {
                walk(Node::Term(term), enter);
            }
        }
        Node::Body(body) => {
            for expr in body {
                walk(Node::Expr(expr), enter);
            }
        }
        Node::Expr(expr) => walk_expr(expr, enter),
        Node::With(with) => {
            walk(Node::Term(&with.target), enter);
            walk(Node::Term(&with.value), enter);
        }
        Node::Term(term) => walk_value(&term.value, enter),
    }
}

/// Walks a rule's head and body, without its `else` chain.
pub fn walk_rule<'a>(rule: &'a Rule, enter: &mut dyn FnMut(Node<'a>) -> bool) {
    walk(Node::Head(&rule.head), enter);
    walk(Node::Body(&rule.body), enter);
}

fn walk_expr<'a>(expr: &'a Expr, enter: &mut dyn FnMut(Node<'a>) -> bool) {
    match &expr.kind {
        ExprKind::Term(term) => walk(Node::Term(term), enter),
        ExprKind::Call(terms) | ExprKind::Some(terms) => {
            for term in terms {
                walk(Node::Term(term), enter);
            }
        }
        ExprKind::Every(every) => {
            for term in every.key.iter().chain([&every.value, &every.domain]) {
                walk(Node::Term(term), enter);
            }
            walk(Node::Body(&every.body), enter);
        }
        ExprKind::Not(not) => walk(Node::Body(&not.body), enter),
        ExprKind::And(logical) | ExprKind::Or(logical) => {
            walk(Node::Body(&logical.lhs), enter);
            walk(Node::Body(&logical.rhs), enter);
        }
    }
    for with in &expr.with {
        walk(Node::With(with), enter);
    }
}

fn walk_value<'a>(value: &'a Value, enter: &mut dyn FnMut(Node<'a>) -> bool) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Var(_) => {}
        Value::Ref(terms) | Value::Array(terms) | Value::Set(terms) | Value::Call(terms) => {
            for term in terms {
                walk(Node::Term(term), enter);
            }
        }
        Value::Object(pairs) => {
            for (key, value) in pairs {
                walk(Node::Term(key), enter);
                walk(Node::Term(value), enter);
            }
        }
        Value::ArrayComprehension(term, body) | Value::SetComprehension(term, body) => {
            walk(Node::Term(term), enter);
            walk(Node::Body(body), enter);
        }
        Value::ObjectComprehension(key, value, body) => {
            walk(Node::Term(key), enter);
            walk(Node::Term(value), enter);
            walk(Node::Body(body), enter);
        }
        Value::TemplateString(template) => {
            for part in &template.parts {
                match part {
                    TemplatePart::Text(term) => walk(Node::Term(term), enter),
                    TemplatePart::Expr(expr) => walk(Node::Expr(expr), enter),
                }
            }
        }
    }
}

/// True if some node below (or `node` itself) satisfies the predicate.
pub fn any<'a>(node: Node<'a>, mut predicate: impl FnMut(Node<'a>) -> bool) -> bool {
    let mut found = false;
    walk(node, &mut |node| {
        found = found || predicate(node);
        !found
    });
    found
}

/// A node to be changed in place.
pub enum NodeMut<'a> {
    /// A body.
    Body(&'a mut Body),
    /// An expression.
    Expr(&'a mut Expr),
    /// A term.
    Term(&'a mut Term),
}

impl NodeMut<'_> {
    fn reborrow(&mut self) -> NodeMut<'_> {
        match self {
            NodeMut::Body(body) => NodeMut::Body(body),
            NodeMut::Expr(expr) => NodeMut::Expr(expr),
            NodeMut::Term(term) => NodeMut::Term(term),
        }
    }
}

/// Calls `enter` on a node and then, as long as it answers true, on what lies below, as it stands after the call.
pub fn walk_mut(mut node: NodeMut<'_>, enter: &mut dyn FnMut(NodeMut<'_>) -> bool) {
    budget::tick();
    if !enter(node.reborrow()) {
        return;
    }
    match node {
        NodeMut::Body(body) => {
            for expr in body {
                walk_mut(NodeMut::Expr(expr), enter);
            }
        }
        NodeMut::Expr(expr) => walk_expr_mut(expr, enter),
        NodeMut::Term(term) => walk_value_mut(&mut term.value, enter),
    }
}

/// [`walk_mut`] over a rule's head and body, without its `else` chain.
pub fn walk_rule_mut(rule: &mut Rule, enter: &mut dyn FnMut(NodeMut<'_>) -> bool) {
    walk_head_mut(&mut rule.head, enter);
    walk_mut(NodeMut::Body(&mut rule.body), enter);
}

/// [`walk_mut`] over a rule's head.
pub fn walk_head_mut(head: &mut Head, enter: &mut dyn FnMut(NodeMut<'_>) -> bool) {
    for term in head.args.iter_mut().flatten().chain(&mut head.key).chain(&mut head.value) {
        walk_mut(NodeMut::Term(term), enter);
    }
}

fn walk_expr_mut(expr: &mut Expr, enter: &mut dyn FnMut(NodeMut<'_>) -> bool) {
    match &mut expr.kind {
        ExprKind::Term(term) => walk_mut(NodeMut::Term(term), enter),
        ExprKind::Call(terms) | ExprKind::Some(terms) => {
            for term in terms {
                walk_mut(NodeMut::Term(term), enter);
            }
        }
        ExprKind::Every(every) => {
            let Every { key, value, domain, body } = &mut **every;
            for term in key.iter_mut().chain([value, domain]) {
                walk_mut(NodeMut::Term(term), enter);
            }
            walk_mut(NodeMut::Body(body), enter);
        }
        ExprKind::Not(not) => walk_mut(NodeMut::Body(&mut not.body), enter),
        ExprKind::And(logical) | ExprKind::Or(logical) => {
            let Logical { lhs, rhs, .. } = &mut **logical;
            walk_mut(NodeMut::Body(lhs), enter);
            walk_mut(NodeMut::Body(rhs), enter);
        }
    }
    for with in &mut expr.with {
        walk_mut(NodeMut::Term(&mut with.target), enter);
        walk_mut(NodeMut::Term(&mut with.value), enter);
    }
}

fn walk_value_mut(value: &mut Value, enter: &mut dyn FnMut(NodeMut<'_>) -> bool) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Var(_) => {}
        Value::Ref(terms) | Value::Array(terms) | Value::Set(terms) | Value::Call(terms) => {
            for term in terms {
                walk_mut(NodeMut::Term(term), enter);
            }
        }
        Value::Object(pairs) => {
            for (key, value) in pairs {
                walk_mut(NodeMut::Term(key), enter);
                walk_mut(NodeMut::Term(value), enter);
            }
        }
        Value::ArrayComprehension(term, body) | Value::SetComprehension(term, body) => {
            walk_mut(NodeMut::Term(term), enter);
            walk_mut(NodeMut::Body(body), enter);
        }
        Value::ObjectComprehension(key, value, body) => {
            walk_mut(NodeMut::Term(key), enter);
            walk_mut(NodeMut::Term(value), enter);
            walk_mut(NodeMut::Body(body), enter);
        }
        Value::TemplateString(template) => {
            for part in &mut template.parts {
                match part {
                    TemplatePart::Text(term) => walk_mut(NodeMut::Term(term), enter),
                    TemplatePart::Expr(expr) => walk_mut(NodeMut::Expr(expr), enter),
                }
            }
        }
    }
}

/// Calls `f` on a rule and each link of its `else` chain.
pub fn for_chain(rule: &mut Rule, f: &mut dyn FnMut(&mut Rule)) {
    let mut next = Some(rule);
    while let Some(rule) = next {
        f(rule);
        next = rule.else_rule.as_deref_mut();
    }
}

/// A rule and the links of its `else` chain.
pub fn chain(rule: &Rule) -> impl Iterator<Item = &Rule> {
    std::iter::successors(Some(rule), |rule| rule.else_rule.as_deref())
}
