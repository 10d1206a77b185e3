//! Heads: comprehensions in them have scopes of their own, rewritten before the body so that its declarations do not reach in;
//! what is left of the head then takes the names that the body declared.

use std::collections::HashMap;

use super::scopes::Scopes;
use super::{Rewriter, walk_terms};
use crate::analysis::context::Errors;
use crate::analysis::make;
use crate::analysis::visit::NodeMut;
use crate::analysis::visit::walk_head_mut;
use crate::syntax::ast::{Head, Name, TemplatePart, Term, Value};

impl Rewriter<'_> {
    /// Rewrites comprehensions and template strings in a head.
    pub(super) fn nested_in_head(&mut self, head: &mut Head, errors: &mut Errors) {
        let mut nested = Rewriter::new(self.locals, self.originals, Scopes::new(), self.strict);
        let mut unused = Vec::new();
        walk_head_mut(head, &mut |node| match node {
            NodeMut::Term(term) => nested.head_term(term, &mut unused),
            _ => true,
        });
        errors.fatal(nested.errors);
        errors.recoverable(unused);
    }

    fn head_term(&mut self, term: &mut Term, unused: &mut Vec<crate::diagnostic::Diagnostic>) -> bool {
        self.scopes = Scopes::new();
        let below = match &mut term.value {
            Value::ArrayComprehension(..) | Value::SetComprehension(..) | Value::ObjectComprehension(..) => {
                self.comprehension(term);
                false
            }
            Value::TemplateString(template) => {
                for part in &mut template.parts {
                    if let TemplatePart::Expr(expr) = part {
                        self.scopes.push();
                        self.expr_terms(expr);
                        self.scopes.pop();
                    }
                }
                false
            }
            _ => true,
        };
        unused.append(&mut self.unused);
        below
    }
}

/// Replaces variables everywhere in a term.
pub(super) fn rename(term: &mut Term, names: &HashMap<Name, Name>) {
    let mut changed = false;
    walk_terms(term, &mut |term| {
        if let Value::Var(name) = &mut term.value
            && let Some(new) = names.get(name)
        {
            changed = changed || new != name;
            *name = new.clone();
        }
        true
    });
    if changed {
        walk_terms(term, &mut |term| {
            make::sort_collection(&mut term.value);
            true
        });
    }
}
