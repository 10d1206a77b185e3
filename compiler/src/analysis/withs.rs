//! `with` modifiers: targets must exist and be replaceable, values hold nothing that has to be evaluated (that moves in front).

use super::builtins::{self, Builtin};
use super::comprehensions::requires_eval;
use super::context::{Errors, Locals, error};
use super::make;
use super::tree::RuleTree;
use super::visit::{Node, NodeMut, any, for_chain, walk_mut, walk_rule_mut};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Body, Module, Term, Value, With};
use crate::syntax::source::Span;

/// Rewrites the modifiers in all rules.
pub fn rewrite(modules: &mut [Module], tree: &RuleTree, locals: &mut Locals, errors: &mut Errors) {
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        for_chain(rule, &mut |rule| {
            let is_with = |node: Node<'_>| matches!(node, Node::With(_));
            if any(Node::Head(&rule.head), is_with) || any(Node::Body(&rule.body), is_with) {
                let mut rewriter = Rewriter {
                    tree,
                    locals,
                    errors: Vec::new(),
                };
                walk_rule_mut(rule, &mut |node| rewriter.enter(node));
                errors.fatal(rewriter.errors);
            }
        });
    }
}

/// Rewrites the modifiers in a query.
pub fn rewrite_query(body: &mut Body, tree: &RuleTree, locals: &mut Locals) -> Vec<Diagnostic> {
    let mut rewriter = Rewriter {
        tree,
        locals,
        errors: Vec::new(),
    };
    walk_mut(NodeMut::Body(body), &mut |node| rewriter.enter(node));
    rewriter.errors
}

struct Rewriter<'a> {
    tree: &'a RuleTree,
    locals: &'a mut Locals,
    errors: Vec<Diagnostic>,
}

impl Rewriter<'_> {
    fn enter(&mut self, node: NodeMut<'_>) -> bool {
        if let NodeMut::Body(body) = node
            && body.iter().any(|expr| !expr.with.is_empty())
            && let Err(error) = self.body(body)
        {
            self.errors.push(error);
            return false;
        }
        true
    }

    /// Expressions that were expanded from one share its modifiers: a value is evaluated once for all of them.
    fn body(&mut self, body: &mut Body) -> Result<(), Diagnostic> {
        let mut evaluated: Vec<(Span, Term)> = Vec::new();
        for mut expr in std::mem::take(body) {
            for with in &mut expr.with {
                if let Some((_, variable)) = evaluated.iter().find(|(span, _)| *span == with.span) {
                    with.value = variable.clone();
                    normalise(with);
                } else if self.check(with)? {
                    body.push(self.locals.hoist(&mut with.value));
                    evaluated.push((with.span, with.value.clone()));
                }
            }
            body.push(expr);
        }
        Ok(())
    }

    /// Checks a modifier; true if its value has to be evaluated before.
    fn check(&self, with: &mut With) -> Result<bool, Diagnostic> {
        if let Value::Var(name) = &with.value.value
            && builtins::find(name).is_some()
        {
            with.value.value = Value::Ref(vec![make::var(with.value.span, name)]);
        }
        let builtin = builtin_of(&with.target);
        match &with.target.value {
            Value::Ref(target) if make::starts_with(target, "data") => {
                if self.replaces_function(with, target)? {
                    return Ok(false);
                }
            }
            Value::Ref(target) if make::starts_with(target, "input") => {}
            _ => {
                let Some(builtin) = builtin else {
                    let message = "with keyword target must reference existing input, data, or a function".to_owned();
                    return Err(error(Code::Type, with.target.span, message));
                };
                normalise(with);
                check_builtin_target(builtin, with.target.span)?;
                if self.names_function(&with.value) {
                    return Ok(false);
                }
            }
        }
        Ok(requires_eval(&with.value))
    }

    /// True if the value is to stand for a function as it is.
    fn replaces_function(&self, with: &With, target: &[Term]) -> Result<bool, Diagnostic> {
        let mut node = self.tree.root();
        if let Some((last, between)) = target.get(1..).and_then(<[Term]>::split_last) {
            for part in between {
                let Some(child) = self.tree.child(node, part) else { break };
                if !self.tree.node(child).rules.is_empty() {
                    let message = "with keyword cannot partially replace virtual document(s)".to_owned();
                    return Err(error(Code::Compile, with.target.span, message));
                }
                node = child;
            }
            if let Some(child) = self.tree.child(node, last)
                && self.tree.node(child).has_function
                && self.names_function(&with.value)
            {
                return Ok(true);
            }
        }
        Ok(match &with.value.value {
            Value::Ref(value) => self.tree.find(value).is_some_and(|node| self.tree.node(node).has_function),
            _ => false,
        })
    }

    /// True if a value names something in the rule tree or a built-in function.
    fn names_function(&self, value: &Term) -> bool {
        match &value.value {
            Value::Ref(parts) if self.tree.find(parts).is_some() => true,
            _ => builtin_of(value).is_some(),
        }
    }
}

/// A built-in function as target is a reference.
fn normalise(with: &mut With) {
    if let Value::Var(name) = &with.target.value {
        with.target.value = Value::Ref(vec![make::var(with.target.span, name)]);
    }
}

fn builtin_of(term: &Term) -> Option<&'static Builtin> {
    match &term.value {
        Value::Var(name) => builtins::find(name),
        Value::Ref(parts) => builtins::named_by(parts),
        _ => None,
    }
}

fn check_builtin_target(builtin: &Builtin, span: Span) -> Result<(), Diagnostic> {
    let problem = match builtin.name {
        "eq" | "rego.metadata.chain" | "rego.metadata.rule" => format!("replacement of \"{}\" invalid", builtin.name),
        name if name.starts_with("internal.") => format!("replacement of internal function \"{name}\" invalid"),
        _ if builtin.relation => "target must not be a relation".to_owned(),
        _ if builtin.result.is_none() => "target must not be a void function".to_owned(),
        _ => return Ok(()),
    };
    Err(error(
        Code::Compile,
        span,
        format!("with keyword replacing built-in function: {problem}"),
    ))
}
