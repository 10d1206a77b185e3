//! Variables that are declared and never used. `some x` without a use is always an error, `x := …` in strict mode.

use std::collections::BTreeMap;

use super::scopes::Occurrence;
use super::{Code, Rewriter, error};
use crate::analysis::resolve::declared_in;
use crate::analysis::vars::{self, Skip, VarSet, is_generated, is_wildcard};
use crate::syntax::ast::{Expr, ExprKind, Name};
use crate::syntax::source::Span;

/// What an expression was before it was rewritten.
pub(super) struct Written {
    span: Span,
    /// The names it declares, for statements that were rewritten as copies.
    declares: VarSet,
    /// True for calls and terms, which are rewritten where they stand.
    plain: bool,
    /// Its index in the rewritten body.
    pub(super) became: Option<usize>,
}

impl Written {
    pub(super) fn of(expr: &Expr) -> Written {
        let plain = matches!(expr.kind, ExprKind::Call(_) | ExprKind::Term(_));
        let mut declares = VarSet::new();
        if !plain {
            declared_in(expr, &mut declares);
        }
        Written {
            span: expr.span,
            declares,
            plain,
            became: None,
        }
    }
}

impl Rewriter<'_> {
    pub(super) fn check_unused_assigned(&mut self, body: &[Expr], written: &[Written], used: &VarSet, first: Span) {
        if !self.strict || !self.errors.is_empty() || !self.unused.is_empty() {
            return;
        }
        let mut unused: BTreeMap<Name, Name> = BTreeMap::new();
        for (name, (generated, occurrence)) in &self.scopes.innermost().names {
            let once = *occurrence == Occurrence::Assigned && self.scopes.uses(name) <= 1;
            if once && !is_wildcard(name) && !used.contains(generated) {
                unused.insert(generated.clone(), name.clone());
            }
        }
        for name in used {
            if let Some(generated) = self.scopes.meaning(name) {
                unused.remove(generated);
            }
        }
        for (generated, name) in unused {
            let holds = |note: &&Written| {
                let expr = note.became.filter(|_| note.plain).and_then(|i| body.get(i));
                expr.is_some_and(|expr| vars::of_expr(expr, Skip::NOTHING).contains(&generated))
            };
            let span = written.iter().find(holds).map_or(first, |note| note.span);
            self.unused.push(error(Code::Compile, span, format!("assigned var {name} unused")));
        }
    }

    pub(super) fn check_unused_declared(&mut self, body: &[Expr], written: &[Written], used: &VarSet, first: Span) {
        if !self.errors.is_empty() || !self.unused.is_empty() {
            return;
        }
        let declared = self
            .scopes
            .innermost()
            .names
            .iter()
            .filter(|(_, (_, occurrence))| *occurrence == Occurrence::Declared);
        let mut unused: BTreeMap<Name, Name> = declared.map(|(name, (generated, _))| (generated.clone(), name.clone())).collect();
        if unused.is_empty() {
            return;
        }
        let in_body = vars::of_body(body, Skip::NOTHING);
        unused.retain(|generated, name| !in_body.contains(generated) && !used.contains(generated) && !is_generated(name));
        for name in used {
            match self.scopes.meaning(name) {
                Some(generated) => unused.remove(generated),
                None => unused.remove(name),
            };
        }
        for name in unused.into_values() {
            let span = written
                .iter()
                .find(|note| note.declares.contains(&name))
                .map_or(first, |note| note.span);
            self.unused.push(error(Code::Compile, span, format!("declared var {name} unused")));
        }
    }
}
