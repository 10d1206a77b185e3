//! Sets of variables and collecting them. What counts as "the variables of" a node depends on who asks: safety looks past
//! closures and call operators, unification past keys and reference heads. [`Skip`] names the cuts; [`collect`] makes them.

use std::collections::BTreeSet;

use crate::budget;
use crate::syntax::ast::{Expr, ExprKind, Name, TemplatePart, Term, Value, With};
use crate::syntax::source::Span;

/// A set of variables, in order of their names.
pub type VarSet = BTreeSet<Name>;

/// The variables that always have a value: `data` and `input`.
pub fn reserved() -> VarSet {
    ["data", "input"].into_iter().map(Name::from).collect()
}

/// True for names that analysis made.
pub fn is_generated(name: &str) -> bool {
    name.starts_with("__local")
}

/// True for `_`, which the parser numbers `$0`, `$1`, ….
pub fn is_wildcard(name: &str) -> bool {
    name.starts_with('$')
}

/// What a collection of variables leaves out.
#[derive(Clone, Copy, Default)]
pub struct Skip {
    /// The first part of references.
    pub ref_head: bool,
    /// The first part of call operators, of `with` targets and of references as `with` values.
    pub call_head: bool,
    /// Keys of object literals.
    pub object_keys: bool,
    /// Comprehensions, template strings, `not`, `and`, `or` and the bodies of `every`.
    pub closures: bool,
    /// Set literals.
    pub sets: bool,
    /// Template strings.
    pub templates: bool,
}

impl Skip {
    /// Nothing is left out.
    pub const NOTHING: Skip = Skip {
        ref_head: false,
        call_head: false,
        object_keys: false,
        closures: false,
        sets: false,
        templates: false,
    };
    /// What the safety check looks at.
    pub const SAFETY: Skip = Skip {
        call_head: true,
        closures: true,
        ..Skip::NOTHING
    };
    /// What unification can bind inside a collection.
    pub const BINDABLE: Skip = Skip {
        ref_head: true,
        object_keys: true,
        closures: true,
        ..Skip::NOTHING
    };
}

/// Walks nodes and hands out variables.
pub struct Collector<'f> {
    /// What to leave out.
    pub skip: Skip,
    /// Asked at closures before they are skipped: may hand out variables by itself.
    pub at_logical: Option<&'f dyn Fn(&ExprKind) -> VarSet>,
    /// Takes the variables.
    pub found: &'f mut dyn FnMut(&Name, Span),
}

impl Collector<'_> {
    /// Visits a body.
    pub fn body(&mut self, body: &[Expr]) {
        for expr in body {
            self.expr(expr);
        }
    }

    /// Visits a list of terms.
    pub fn terms(&mut self, terms: &[Term]) {
        for term in terms {
            self.term(term);
        }
    }

    /// Visits an expression.
    pub fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::Call(terms) => self.call(terms),
            ExprKind::Some(symbols) => self.terms(symbols),
            ExprKind::Every(every) if self.skip.closures => return self.term(&every.domain),
            ExprKind::Every(every) => {
                for term in every.key.iter().chain([&every.value, &every.domain]) {
                    self.term(term);
                }
                self.body(&every.body);
            }
            ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) => self.logical(&expr.kind, expr.span),
        }
        for with in &expr.with {
            self.with(with);
        }
    }

    fn logical(&mut self, kind: &ExprKind, span: Span) {
        if let Some(promote) = self.at_logical {
            for name in promote(kind) {
                (self.found)(&name, span);
            }
            return;
        }
        if self.skip.closures {
            return;
        }
        match kind {
            ExprKind::Not(not) => self.body(&not.body),
            ExprKind::And(logical) | ExprKind::Or(logical) => {
                self.body(&logical.lhs);
                self.body(&logical.rhs);
            }
            _ => {}
        }
    }

    fn call(&mut self, terms: &[Term]) {
        let Some((operator, args)) = terms.split_first() else { return };
        match &operator.value {
            Value::Ref(parts) if self.skip.call_head => self.terms(&parts[1..]),
            _ => self.term(operator),
        }
        self.terms(args);
    }

    /// Visits a modifier.
    pub fn with(&mut self, with: &With) {
        if !self.skip.call_head {
            self.term(&with.target);
            self.term(&with.value);
            return;
        }
        if let Value::Ref(parts) = &with.target.value {
            self.terms(&parts[1..]);
        }
        match &with.value.value {
            Value::Ref(parts) => self.terms(&parts[1..]),
            _ => self.term(&with.value),
        }
    }

    /// Visits a term.
    pub fn term(&mut self, term: &Term) {
        budget::tick();
        match &term.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            Value::Var(name) => (self.found)(name, term.span),
            Value::Ref(parts) => self.terms(if self.skip.ref_head { &parts[1..] } else { parts }),
            Value::Array(items) => self.terms(items),
            Value::Set(items) => {
                if !self.skip.sets {
                    self.terms(items);
                }
            }
            Value::Object(pairs) => {
                for (key, value) in pairs {
                    if !self.skip.object_keys {
                        self.term(key);
                    }
                    self.term(value);
                }
            }
            Value::Call(terms) => self.call(terms),
            Value::ArrayComprehension(..) | Value::SetComprehension(..) | Value::ObjectComprehension(..) if self.skip.closures => {}
            Value::ArrayComprehension(term, body) | Value::SetComprehension(term, body) => {
                self.term(term);
                self.body(body);
            }
            Value::ObjectComprehension(key, value, body) => {
                self.term(key);
                self.term(value);
                self.body(body);
            }
            Value::TemplateString(_) if self.skip.closures || self.skip.templates => {}
            Value::TemplateString(template) => {
                for part in &template.parts {
                    match part {
                        TemplatePart::Text(term) => self.term(term),
                        TemplatePart::Expr(expr) => self.expr(expr),
                    }
                }
            }
        }
    }
}

/// Collects variables into a set by a visit.
pub fn collect(skip: Skip, into: &mut VarSet, visit: impl FnOnce(&mut Collector<'_>)) {
    let mut found = |name: &Name, _| {
        if !into.contains(name) {
            into.insert(name.clone());
        }
    };
    visit(&mut Collector {
        skip,
        at_logical: None,
        found: &mut found,
    });
}

/// The variables of a term.
pub fn of_term(term: &Term, skip: Skip) -> VarSet {
    let mut set = VarSet::new();
    collect(skip, &mut set, |c| c.term(term));
    set
}

/// The variables of several terms.
pub fn of_terms(terms: &[Term], skip: Skip) -> VarSet {
    let mut set = VarSet::new();
    collect(skip, &mut set, |c| c.terms(terms));
    set
}

/// The variables of an expression.
pub fn of_expr(expr: &Expr, skip: Skip) -> VarSet {
    let mut set = VarSet::new();
    collect(skip, &mut set, |c| c.expr(expr));
    set
}

/// The variables of a body.
pub fn of_body(body: &[Expr], skip: Skip) -> VarSet {
    let mut set = VarSet::new();
    collect(skip, &mut set, |c| c.body(body));
    set
}
