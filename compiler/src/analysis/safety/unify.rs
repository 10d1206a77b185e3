//! Which variables an equality binds, given those that already have a value.

use std::collections::BTreeMap;

use crate::analysis::compare::compare;
use crate::analysis::make::is_comprehension;
use crate::analysis::vars::{self, Skip, VarSet};
use crate::syntax::ast::{Name, Term, Value};

/// The variables that `a = b` gives values to; those in `safe` have one before.
pub fn unify(safe: &VarSet, a: &Term, b: &Term) -> VarSet {
    let mut unifier = Unifier {
        safe,
        unified: VarSet::new(),
        waiting: BTreeMap::new(),
    };
    unifier.unify(a, b);
    unifier.unified
}

/// True if what a reference begins with has a value.
pub fn is_ref_safe(reference: &[Term], safe: &VarSet) -> bool {
    match &reference[0].value {
        Value::Var(name) => safe.contains(name),
        _ => vars::of_term(&reference[0], Skip::SAFETY).is_subset(safe),
    }
}

fn is_call_safe(call: &Term, safe: &VarSet) -> bool {
    vars::of_term(call, Skip::SAFETY).is_subset(safe)
}

struct Unifier<'a> {
    safe: &'a VarSet,
    unified: VarSet,
    /// Variables that get a value as soon as all of these have one, or the other way round.
    waiting: BTreeMap<Name, VarSet>,
}

impl Unifier<'_> {
    fn is_safe(&self, name: &Name) -> bool {
        self.safe.contains(name) || self.unified.contains(name)
    }

    fn has_value(&self, term: &Term) -> bool {
        match &term.value {
            Value::Ref(parts) => is_ref_safe(parts, self.safe),
            Value::Call(_) => is_call_safe(term, self.safe),
            _ => false,
        }
    }

    fn unify(&mut self, a: &Term, b: &Term) {
        match (&a.value, &b.value) {
            (Value::Var(x), Value::Var(y)) => self.unify_variables(x, y),
            (Value::Var(x), Value::Array(_) | Value::Object(_)) => self.unify_collection(x, b),
            (Value::Array(_) | Value::Object(_), Value::Var(y)) => self.unify_collection(y, a),
            (Value::Var(x), Value::Ref(_) | Value::Call(_)) => {
                let known = self.has_value(b);
                self.mark_safe_if(known, x);
            }
            (Value::Ref(_) | Value::Call(_), Value::Var(y)) => {
                let known = self.has_value(a);
                self.mark_safe_if(known, y);
            }
            (Value::Var(name), _) | (_, Value::Var(name)) => self.mark_safe(name),
            (Value::Ref(_) | Value::Call(_), Value::Array(_) | Value::Object(_)) if self.has_value(a) => {
                self.mark_all_safe(b);
            }
            (Value::Array(_) | Value::Object(_), Value::Ref(_) | Value::Call(_)) if self.has_value(b) => {
                self.mark_all_safe(a);
            }
            (Value::ArrayComprehension(..), Value::Array(_)) | (Value::ObjectComprehension(..), Value::Object(_)) => self.mark_all_safe(b),
            (Value::Array(_), _) if is_comprehension(b) => self.mark_all_safe(a),
            (Value::Array(xs), Value::Array(ys)) if xs.len() == ys.len() => {
                for (x, y) in xs.iter().zip(ys) {
                    self.unify(x, y);
                }
            }
            (Value::Object(xs), Value::Object(ys)) if xs.len() == ys.len() => {
                for (key, x) in xs {
                    if let Some((_, y)) = ys.iter().find(|(other, _)| compare(key, other).is_eq()) {
                        self.unify(x, y);
                    }
                }
            }
            _ => {}
        }
    }

    fn unify_variables(&mut self, a: &Name, b: &Name) {
        if self.is_safe(b) {
            self.mark_safe(a);
        } else if self.is_safe(a) {
            self.mark_safe(b);
        } else {
            self.wait(a, b);
            self.wait(b, a);
        }
    }

    fn unify_collection(&mut self, variable: &Name, collection: &Term) {
        if self.is_safe(variable) {
            return self.mark_all_safe(collection);
        }
        let mut open = vars::of_term(collection, Skip::BINDABLE);
        open.retain(|name| !self.is_safe(name));
        if open.is_empty() {
            return self.mark_safe(variable);
        }
        for name in &open {
            self.wait(variable, name);
        }
    }

    fn wait(&mut self, a: &Name, b: &Name) {
        self.waiting.entry(a.clone()).or_default().insert(b.clone());
    }

    fn mark_safe_if(&mut self, known: bool, name: &Name) {
        if known {
            self.mark_safe(name);
        }
    }

    fn mark_all_safe(&mut self, term: &Term) {
        for name in vars::of_term(term, Skip::BINDABLE) {
            self.mark_safe(&name);
        }
    }

    fn mark_safe(&mut self, name: &Name) {
        self.unified.insert(name.clone());
        for other in self.waiting.remove(name).unwrap_or_default() {
            self.mark_safe(&other);
        }
        let mut ready = Vec::new();
        for (waiter, on) in &mut self.waiting {
            if on.remove(name) && on.is_empty() {
                ready.push(waiter.clone());
            }
        }
        for waiter in ready {
            self.mark_safe(&waiter);
        }
    }
}
