//! Local variables: what `:=`, `some`, `every` and arguments declare gets a generated name, so that later passes need no scopes; a
//! declaration that comes twice, or after a use, is an error. `:=` becomes `=`, `some x in xs` becomes `x = xs[k]`, `some x` goes.

mod heads;
mod scopes;
mod statements;
mod terms;
mod unused;

use std::collections::HashMap;

use self::scopes::{Occurrence, Scopes};
use super::builtins;
use super::context::{Errors, Locals, error};
use super::resolve::declared_in_body;
use super::safety::{Originals, head_may_have_vars};
use super::vars::{self, Skip, VarSet, is_wildcard};
use super::visit::{Node, NodeMut, for_chain, walk_mut};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Body, Module, Name, Rule, Term, Value};
use crate::syntax::source::Span;

/// Rewrites the local variables of all rules.
pub fn rewrite(modules: &mut [Module], locals: &mut Locals, originals: &mut Originals, strict: bool, errors: &mut Errors) {
    for rule in modules.iter_mut().flat_map(|module| &mut module.rules) {
        rewrite_chain(rule, locals, originals, strict, errors);
    }
}

/// Rewrites the local variables of a query.
pub fn rewrite_query(body: &mut Body, locals: &mut Locals, originals: &mut Originals) -> Vec<Diagnostic> {
    let mut rewriter = Rewriter::new(locals, originals, Scopes::new(), false);
    rewriter.body(body, &VarSet::new());
    let mut errors = rewriter.errors;
    errors.append(&mut rewriter.unused);
    errors
}

/// An `else` chain shares its arguments, so their use is counted over all links.
fn rewrite_chain(rule: &mut Rule, locals: &mut Locals, originals: &mut Originals, strict: bool, errors: &mut Errors) {
    let mut unused_args = match &rule.head.args {
        Some(args) if strict => vars::of_terms(args, Skip::NOTHING),
        _ => VarSet::new(),
    };
    let mut arguments = Rewriter::new(locals, originals, Scopes::new(), strict);
    for arg in rule.head.args.iter_mut().flatten() {
        arguments.argument(arg);
    }
    let scopes = arguments.scopes;
    errors.fatal(arguments.errors);
    let span = rule.head.span;
    for_chain(rule, &mut |rule| {
        let mut rewriter = Rewriter::new(locals, originals, scopes.clone(), strict);
        rewriter.rule(rule, &mut unused_args, errors);
        unused_args.retain(|name| rewriter.scopes.uses(name) <= 1);
        errors.fatal(rewriter.errors);
        errors.recoverable(rewriter.unused);
    });
    let unused = unused_args.into_iter().filter(|name| !is_wildcard(name));
    errors.recoverable(unused.map(|name| {
        let message = format!("unused argument {name}. (hint: use _ (wildcard variable) instead)");
        error(Code::Compile, span, message)
    }));
}

/// Rewrites one rule, or something within.
pub(super) struct Rewriter<'a> {
    locals: &'a mut Locals,
    originals: &'a mut Originals,
    scopes: Scopes,
    strict: bool,
    errors: Vec<Diagnostic>,
    /// Variables that are declared and not used: errors that leave the rule as it should be.
    unused: Vec<Diagnostic>,
}

impl<'a> Rewriter<'a> {
    fn new(locals: &'a mut Locals, originals: &'a mut Originals, scopes: Scopes, strict: bool) -> Rewriter<'a> {
        Rewriter {
            locals,
            originals,
            scopes,
            strict,
            errors: Vec::new(),
            unused: Vec::new(),
        }
    }

    fn fail(&mut self, span: Span, message: String) {
        self.errors.push(error(Code::Compile, span, message));
    }

    /// Brings a generated name for `name` into the innermost scope.
    fn introduce(&mut self, name: &Name, occurrence: Occurrence) -> Name {
        let generated = self.locals.fresh();
        self.scopes.insert(name, generated.clone(), occurrence);
        self.originals.insert(generated.clone(), name.clone());
        generated
    }

    /// Declares a variable, or says why it cannot be.
    fn declare(&mut self, name: &Name, occurrence: Occurrence) -> Result<Name, String> {
        match self.scopes.occurrence(name) {
            Some(Occurrence::Seen) => Err(format!("var {name} referenced above")),
            Some(Occurrence::Assigned) => Err(format!("var {name} assigned above")),
            Some(Occurrence::Declared) => Err(format!("var {name} declared above")),
            Some(Occurrence::Argument) => Err(format!("arg {name} redeclared")),
            None => Ok(self.introduce(name, occurrence)),
        }
    }

    fn rule(&mut self, rule: &mut Rule, unused_args: &mut VarSet, errors: &mut Errors) {
        let only_scalars = !head_may_have_vars(&rule.head);
        let mut used = VarSet::new();
        if !only_scalars {
            self.nested_in_head(&mut rule.head, errors);
            let head = &rule.head;
            for term in head.reference.iter().skip(1).chain(&head.key).chain(&head.value) {
                vars::collect(Skip::NOTHING, &mut used, |c| c.term(term));
            }
            if let Some(value) = &head.value {
                let in_value = vars::of_term(value, Skip::NOTHING);
                unused_args.retain(|name| !in_value.contains(name));
            }
        }
        self.hide_builtins(rule);
        self.body(&mut rule.body, &used);
        if only_scalars {
            return;
        }
        let names = self.scopes.innermost().names.clone();
        let renamed: HashMap<Name, Name> = names.into_iter().map(|(name, (generated, _))| (name, generated)).collect();
        let head = &mut rule.head;
        for term in head
            .args
            .iter_mut()
            .flatten()
            .chain(head.reference.iter_mut().skip(1))
            .chain(&mut head.key)
            .chain(&mut head.value)
        {
            heads::rename(term, &renamed);
        }
    }

    /// A variable with a built-in function's name gets a generated one, so that later passes do not take it for the function.
    fn hide_builtins(&mut self, rule: &Rule) {
        let mut hidden = vars::of_body(&rule.body, Skip::SAFETY);
        hidden.retain(|name| builtins::find(name).is_some());
        if hidden.is_empty() {
            return;
        }
        let declared = declared_in_body(&rule.body);
        let mut in_modifiers = VarSet::new();
        let mut next = Some(rule);
        while let Some(link) = next {
            super::visit::walk_rule(link, &mut |node| {
                if let Node::With(with) = node {
                    for term in [&with.target, &with.value] {
                        vars::collect(
                            Skip {
                                call_head: true,
                                ..Skip::NOTHING
                            },
                            &mut in_modifiers,
                            |c| c.term(term),
                        );
                    }
                }
                true
            });
            next = link.else_rule.as_deref();
        }
        for name in hidden {
            if !declared.contains(&name) && !in_modifiers.contains(&name) && self.scopes.meaning(&name).is_none() {
                self.introduce(&name, Occurrence::Seen);
            }
        }
    }

    /// Gives the variables of an argument's pattern generated names.
    fn argument(&mut self, term: &mut Term) {
        match &mut term.value {
            Value::Var(name) => {
                let name = name.clone();
                let generated = match self.scopes.meaning(&name).cloned() {
                    Some(generated) => {
                        self.scopes.count_use(&name);
                        generated
                    }
                    None => self.introduce(&name, Occurrence::Argument),
                };
                term.value = Value::Var(generated);
            }
            Value::Object(pairs) => {
                for (_, value) in pairs {
                    self.argument(value);
                }
            }
            Value::Array(items) | Value::Ref(items) => {
                for item in items {
                    self.argument(item);
                }
            }
            Value::Call(_) => self.fail(term.span, "rule arguments cannot contain calls".to_owned()),
            _ => {}
        }
    }

    /// The variables of an expression's terms, without those of closures.
    fn bindable(terms: &[&Term], skip: Skip) -> VarSet {
        let mut names = VarSet::new();
        vars::collect(skip, &mut names, |c| terms.iter().for_each(|term| c.term(term)));
        names
    }
}

/// Calls `f` on each term of a tree from the top, as long as it answers true on what lies below.
fn walk_terms(term: &mut Term, f: &mut dyn FnMut(&mut Term) -> bool) {
    walk_mut(NodeMut::Term(term), &mut |node| match node {
        NodeMut::Term(term) => f(term),
        _ => true,
    });
}
