//! Unification of types: whether two can be equal, and what an equality teaches about variables.

use std::rc::Rc;

use rustc_hash::FxHashMap as HashMap;

use super::check::Checker;
use super::{ArrayType, Known, ObjectType, Type, is_unknown, or, select, values};
use crate::analysis::compare::compare;
use crate::analysis::make;
use crate::budget;
use crate::syntax::ast::{Term, Value};

/// True if some value can be of both types.
pub fn unifies(a: Option<&Type>, b: Option<&Type>) -> bool {
    Unification::default().types(a, b)
}

/// Pairs of nodes that were unified already: types share parts, and what is shared is looked at once.
#[derive(Default)]
struct Unification {
    known: HashMap<(usize, usize), bool>,
}

impl Unification {
    fn types(&mut self, a: Option<&Type>, b: Option<&Type>) -> bool {
        budget::tick();
        let (Some(a), Some(b)) = (a, b) else { return false };
        let (Some(x), Some(y)) = (address(a), address(b)) else {
            return self.fresh(a, b);
        };
        if let Some(&known) = self.known.get(&(x, y)) {
            return known;
        }
        let outcome = self.fresh(a, b);
        self.known.insert((x, y), outcome);
        outcome
    }

    fn fresh(&mut self, a: &Type, b: &Type) -> bool {
        match (a, b) {
            (Type::Any(of), other) if self.any(of, other) => true,
            (other, Type::Any(of)) if self.any(of, other) => true,
            (Type::Any(_), _) | (_, Type::Any(_)) => false,
            (Type::Null, Type::Null) | (Type::Boolean, Type::Boolean) | (Type::Number, Type::Number) | (Type::String, Type::String) => true,
            (Type::Array(a), Type::Array(b)) => {
                self.arrays(a, b)
                    && self.arrays(b, a)
                    && (a.rest.is_none() || b.rest.is_none() || self.types(a.rest.as_ref(), b.rest.as_ref()))
            }
            (Type::Object(a), Type::Object(b)) => {
                let (x, y) = (a.rest_value(), b.rest_value());
                self.objects(a, b) && self.objects(b, a) && (x.is_none() || y.is_none() || self.types(x.as_ref(), y.as_ref()))
            }
            (Type::Set(a), Type::Set(b)) => {
                let (a, b): (&Known, &Known) = (a, b);
                a.is_none() || b.is_none() || self.types(a.as_ref(), b.as_ref())
            }
            (Type::Function(a), Type::Function(b)) => {
                a.args.len() == b.args.len() && a.args.iter().zip(&b.args).all(|(a, b)| self.types(a.as_ref(), b.as_ref()))
            }
            _ => false,
        }
    }

    fn any(&mut self, of: &[Type], other: &Type) -> bool {
        !matches!(other, Type::Function(_)) && (of.is_empty() || of.iter().any(|tpe| self.types(Some(tpe), Some(other))))
    }

    fn arrays(&mut self, a: &ArrayType, b: &ArrayType) -> bool {
        let mut items = a.fixed.iter().enumerate();
        items.all(|(i, tpe)| self.types(tpe.as_ref(), b.select(i).as_ref()))
    }

    fn objects(&mut self, a: &ObjectType, b: &ObjectType) -> bool {
        a.fixed.iter().all(|(key, tpe)| match b.select(key) {
            None => a.rest_value().is_some() || b.rest_value().is_some(),
            other => self.types(tpe.as_ref(), other.as_ref()),
        })
    }
}

/// The address of a type that is made of others.
fn address(tpe: &Type) -> Option<usize> {
    match tpe {
        Type::Array(array) => Some(array.address()),
        Type::Object(object) => Some(object.address()),
        Type::Set(of) => Some(of.address()),
        Type::Any(of) if !of.is_empty() => Some(Rc::as_ptr(of).addr()),
        _ => None,
    }
}

impl Checker<'_> {
    /// Unifies two terms of these types; false if they cannot be equal.
    pub(super) fn unify_terms(&mut self, a: &Term, a_type: Known, b: &Term, b_type: Known) -> bool {
        match (is_unknown(a_type.as_ref()), is_unknown(b_type.as_ref())) {
            (true, false) => return self.unify_type(a, &b_type, false),
            (false, true) => return self.unify_type(b, &a_type, false),
            (false, false) => return unifies(a_type.as_ref(), b_type.as_ref()),
            (true, true) => {}
        }
        match (&a.value, &b.value) {
            (Value::Array(xs), Value::Array(ys)) => return self.unify_arrays(xs, ys),
            (Value::Object(xs), Value::Object(ys)) => return self.unify_objects(xs, ys),
            (Value::Array(_) | Value::Object(_), Value::Var(_)) => return self.unify_collection(a, b),
            (Value::Var(_), Value::Array(_) | Value::Object(_)) => return self.unify_collection(b, a),
            (Value::Array(_) | Value::Object(_), _) => return false,
            (Value::Var(_), Value::Var(_)) => return self.unify_collection(a, b),
            (Value::Var(_), Value::Ref(_)) => return self.unify_type(a, &Some(Type::any()), false),
            (Value::Ref(_), Value::Var(_)) => return self.unify_type(b, &Some(Type::any()), false),
            _ => {}
        }
        // One side is a variable of which nothing is known, the other a type that is known in part.
        if matches!(a.value, Value::Var(_)) && a_type.is_none() && b_type.is_some() {
            return self.unify_type(a, &b_type, false);
        }
        if matches!(b.value, Value::Var(_)) && b_type.is_none() && a_type.is_some() {
            return self.unify_type(b, &a_type, false);
        }
        false
    }

    fn unify_collection(&mut self, collection: &Term, variable: &Term) -> bool {
        self.unify_type(collection, &Some(Type::any()), false) && {
            let tpe = self.term_type(collection);
            self.unify_type(variable, &tpe, false)
        }
    }

    fn unify_arrays(&mut self, xs: &[Term], ys: &[Term]) -> bool {
        xs.len() == ys.len() && xs.iter().zip(ys).all(|(x, y)| self.unify_pair(x, y))
    }

    fn unify_pair(&mut self, x: &Term, y: &Term) -> bool {
        let (x_type, y_type) = (self.term_type(x), self.term_type(y));
        self.unify_terms(x, x_type, y, y_type)
    }

    fn unify_objects(&mut self, xs: &[(Term, Term)], ys: &[(Term, Term)]) -> bool {
        xs.len() == ys.len()
            && xs
                .iter()
                .all(|(key, x)| match ys.iter().find(|(other, _)| compare(key, other).is_eq()) {
                    Some((_, y)) => self.unify_pair(x, y),
                    None => false,
                })
    }

    /// Unifies a term with a type: variables that nothing is known of take it. With `union`, variables take one more type.
    pub(super) fn unify_type(&mut self, term: &Term, tpe: &Known, union: bool) -> bool {
        budget::tick();
        match (&term.value, tpe) {
            (Value::Var(name), _) => {
                let known = self.env.variable(name);
                match known {
                    _ if union => {
                        let both = or(known, tpe.clone());
                        self.env.set_variable(name, both);
                    }
                    Some(known) => return unifies(Some(&known), tpe.as_ref()),
                    None => self.env.set_variable(name, tpe.clone()),
                }
                true
            }
            (Value::Array(_) | Value::Object(_) | Value::Set(_), Some(Type::Any(of))) if of.is_empty() => {
                for item in parts(term) {
                    self.unify_type(item, &Some(Type::any()), true);
                }
                true
            }
            (Value::Array(_) | Value::Object(_) | Value::Set(_), Some(Type::Any(of))) => {
                let mut fits = false;
                for tpe in of.iter() {
                    fits = self.unify_type(term, &Some(tpe.clone()), true) || fits;
                }
                fits
            }
            (Value::Array(items), Some(Type::Array(array))) => {
                (items.len() == array.fixed.len() || array.rest.is_some())
                    && items
                        .iter()
                        .enumerate()
                        .all(|(i, item)| self.unify_type(item, &array.select(i), union))
            }
            (Value::Object(pairs), Some(Type::Object(object))) => self.unify_object(pairs, object, tpe, union),
            (Value::Set(items), Some(Type::Set(_))) => {
                let of = values(tpe.as_ref());
                items.iter().all(|item| self.unify_type(item, &of, union))
            }
            (Value::Array(_) | Value::Object(_) | Value::Set(_), _) => false,
            _ => {
                let known = self.term_type(term);
                unifies(known.as_ref(), tpe.as_ref())
            }
        }
    }

    fn unify_object(&mut self, pairs: &[(Term, Term)], object: &ObjectType, tpe: &Known, union: bool) -> bool {
        if pairs.len() != object.fixed.len() && object.rest_value().is_none() {
            return false;
        }
        pairs.iter().all(|(key, value)| {
            if !make::is_constant(key) {
                self.unify_type(value, &Some(Type::any()), union);
                return true;
            }
            let child = tpe.as_ref().and_then(|tpe| select(tpe, key));
            child.is_some() && self.unify_type(value, &child, union)
        })
    }
}

/// The terms of a collection.
fn parts(term: &Term) -> Vec<&Term> {
    match &term.value {
        Value::Array(items) | Value::Set(items) => items.iter().collect(),
        Value::Object(pairs) => pairs.iter().flat_map(|(key, value)| [key, value]).collect(),
        _ => Vec::new(),
    }
}
