//! The heads of comprehensions hold nothing that has to be evaluated: references and comprehensions in them move to the end of the
//! body, bound to variables.

use super::context::Locals;
use super::make;
use super::visit::{Node, NodeMut, any, for_chain, walk_mut, walk_rule_mut};
use crate::syntax::ast::{Body, Module, Term, Value};

/// True if a term holds references or comprehensions.
pub fn requires_eval(term: &Term) -> bool {
    match &term.value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Var(_) => false,
        _ => any(Node::Term(term), |node| match node {
            Node::Term(term) => matches!(term.value, Value::Ref(_)) || make::is_comprehension(term),
            _ => false,
        }),
    }
}

/// Rewrites the comprehensions of all rules.
pub fn rewrite(modules: &mut [Module], locals: &mut Locals) {
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        for_chain(rule, &mut |rule| walk_rule_mut(rule, &mut |node| enter(node, locals)));
    }
}

/// Rewrites the comprehensions of a query.
pub fn rewrite_query(body: &mut Body, locals: &mut Locals) {
    walk_mut(NodeMut::Body(body), &mut |node| enter(node, locals));
}

fn enter(node: NodeMut<'_>, locals: &mut Locals) -> bool {
    if let NodeMut::Term(term) = node {
        match &mut term.value {
            Value::ArrayComprehension(head, body) | Value::SetComprehension(head, body) => move_head(head, body, locals),
            Value::ObjectComprehension(key, value, body) => {
                move_head(key, body, locals);
                move_head(value, body, locals);
            }
            _ => {}
        }
    }
    true
}

fn move_head(head: &mut Term, body: &mut Body, locals: &mut Locals) {
    if requires_eval(head) {
        let equality = locals.hoist(head);
        make::append(body, vec![equality]);
    }
}
