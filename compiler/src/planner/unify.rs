//! Plans equations. Unification takes both sides apart until one side of each part has a value: then the other side is bound to it,
//! matched with it or compared with it. Parts that cannot be decided yet wait until others have bound their variables.

use std::collections::VecDeque;

use super::Error;
use super::body::Body;
use super::term::is_constant;
use crate::analysis::compare::{compare, compare_numbers};
use crate::analysis::make;
use crate::analysis::visit::{Node, walk};
use crate::ir::{Op, Operand};
use crate::syntax::ast::{Name, Term, Value};
use crate::syntax::source::Span;

/// One side of an equation.
#[derive(Debug, Clone, Copy)]
enum Side<'t> {
    /// A value that is there.
    Value(Operand),
    /// A term.
    Term(&'t Term),
}

type Pairs<'t> = VecDeque<(Side<'t>, &'t Term)>;

impl Body<'_, '_> {
    /// Makes two terms equal.
    pub fn unify(&mut self, a: &Term, b: &Term) -> Result<(), Error> {
        self.unify_all(VecDeque::from([(Side::Term(a), b)]))
    }

    /// Makes a term equal to a value.
    pub fn match_value(&mut self, value: Operand, pattern: &Term) -> Result<(), Error> {
        self.unify_all(VecDeque::from([(Side::Value(value), pattern)]))
    }

    fn unify_all(&mut self, mut pairs: Pairs<'_>) -> Result<(), Error> {
        let mut stuck = 0;
        while let Some((a, b)) = pairs.pop_front() {
            let decided = match a {
                Side::Value(value) => self.step_value(value, b, &mut pairs)?,
                Side::Term(a) => self.step(a, b, &mut pairs)?,
            };
            if decided {
                stuck = 0;
                continue;
            }
            pairs.push_back((a, b));
            stuck += 1;
            if stuck > pairs.len() {
                return Err(self.unsupported(b.span));
            }
        }
        Ok(())
    }

    /// One equation of terms; false if it has to wait.
    fn step<'t>(&mut self, a: &'t Term, b: &'t Term, pairs: &mut Pairs<'t>) -> Result<bool, Error> {
        if is_constant(a) && is_constant(b) {
            if compare(a, b).is_ne() {
                self.fail();
            }
            return Ok(true);
        }
        match (&a.value, &b.value) {
            (Value::Var(x), Value::Var(y)) if x == y => return Ok(true),
            (Value::Array(x), Value::Array(y)) => {
                if x.len() != y.len() {
                    self.give_up(&[a, b]);
                    return Ok(true);
                }
                for (position, (a, b)) in x.iter().zip(y).enumerate() {
                    pairs.insert(position, (Side::Term(a), b));
                }
                return Ok(true);
            }
            (Value::Object(x), Value::Object(y)) if x.iter().chain(y).all(|(key, _)| is_constant(key)) => {
                let same_keys = x.len() == y.len() && x.iter().all(|(key, _)| y.iter().any(|(other, _)| compare(key, other).is_eq()));
                if !same_keys {
                    self.give_up(&[a, b]);
                    return Ok(true);
                }
                for (key, a) in x {
                    for (_, b) in y.iter().filter(|(other, _)| compare(key, other).is_eq()) {
                        pairs.push_back((Side::Term(a), b));
                    }
                }
                return Ok(true);
            }
            _ => {}
        }
        // What has a value already is planned first; of two values the plainer one is the pattern.
        for (known, other) in [(a, b), (b, a)] {
            if self.is_evaluable(known) && (!self.is_evaluable(other) || is_plain(other)) && !matches!(other.value, Value::Ref(_)) {
                let value = self.term(known)?;
                pairs.push_front((Side::Value(value), other));
                return Ok(true);
            }
        }
        if self.is_evaluable(a) && self.is_evaluable(b) {
            let value = self.term(a)?;
            let other = self.term(b)?;
            self.equal(value, other);
            return Ok(true);
        }
        Ok(false)
    }

    /// These can never be equal. Their variables are bound nevertheless, for what follows is planned as well.
    fn give_up(&mut self, terms: &[&Term]) {
        self.fail();
        let mut names: Vec<Name> = Vec::new();
        for term in terms {
            walk(Node::Term(term), &mut |node| match node {
                Node::Term(Term {
                    value: Value::Var(name), ..
                }) => {
                    names.push(name.clone());
                    true
                }
                Node::Term(term) => !make::is_comprehension(term),
                _ => true,
            });
        }
        for name in names {
            if self.var(&name).is_none() && !make::is_root(&name) {
                self.bind(&name, Operand::Bool(false));
            }
        }
    }

    /// One equation of a value and a term; false if it has to wait.
    fn step_value<'t>(&mut self, value: Operand, pattern: &'t Term, pairs: &mut Pairs<'t>) -> Result<bool, Error> {
        match &pattern.value {
            Value::Var(name) => {
                match self.var(name) {
                    Some(bound) => self.equal(value, bound),
                    None if self.is_evaluable(pattern) => {
                        let other = self.term(pattern)?;
                        self.equal(value, other);
                    }
                    None => self.bind(name, value),
                }
                Ok(true)
            }
            Value::Array(items) if !is_constant(pattern) => {
                if !matches!(value, Operand::Local(_)) {
                    self.give_up(&[pattern]);
                    return Ok(true);
                }
                self.emit(Op::IsArray { source: value });
                self.has_length(value, items.len());
                for (position, item) in items.iter().enumerate() {
                    if is_unused_wildcard(item) {
                        continue;
                    }
                    let key = self.integer(position as i64);
                    let part = self.dot(value, key);
                    self.split(part, item, pairs)?;
                }
                Ok(true)
            }
            Value::Object(items) if !is_constant(pattern) => {
                if !items.iter().all(|(key, _)| self.is_evaluable(key)) {
                    return Ok(false);
                }
                if !matches!(value, Operand::Local(_)) {
                    self.give_up(&[pattern]);
                    return Ok(true);
                }
                self.emit(Op::IsObject { source: value });
                self.has_length(value, items.len());
                for (key, item) in items {
                    let key = self.term(key)?;
                    let part = self.dot(value, key);
                    self.split(part, item, pairs)?;
                }
                Ok(true)
            }
            _ if self.is_evaluable(pattern) => {
                let other = self.term(pattern)?;
                self.equal(value, other);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// A part of a value against a part of the pattern: at once if it can be decided, so that comparisons come before further lookups.
    fn split<'t>(&mut self, part: Operand, item: &'t Term, pairs: &mut Pairs<'t>) -> Result<(), Error> {
        if matches!(item.value, Value::Object(_)) || !self.step_value(part, item, pairs)? {
            pairs.push_back((Side::Value(part), item));
        }
        Ok(())
    }

    fn has_length(&mut self, value: Operand, length: usize) {
        let target = self.new_local();
        self.emit(Op::Len { source: value, target });
        let length = self.integer(length as i64);
        self.emit(Op::Equal {
            a: Operand::Local(target),
            b: length,
        });
    }

    /// Compares two values; decides what is known already.
    pub fn equal(&mut self, a: Operand, b: Operand) {
        match (a, b) {
            (Operand::Local(_), _) | (_, Operand::Local(_)) if a != b => self.emit(Op::Equal { a, b }),
            _ if a != b => self.fail(),
            _ => {}
        }
    }

    fn unsupported(&self, span: Span) -> Error {
        Error::Unsupported {
            what: "an equation of two patterns whose object keys are not constant".to_owned(),
            span,
        }
    }
}

/// A scalar, a variable, or a collection: what makes a pattern.
fn is_plain(term: &Term) -> bool {
    !matches!(
        term.value,
        Value::Ref(_) | Value::Call(_) | Value::ArrayComprehension(..) | Value::SetComprehension(..) | Value::ObjectComprehension(..)
    )
}

/// `_` in a pattern: whatever is there will do.
fn is_unused_wildcard(term: &Term) -> bool {
    matches!(&term.value, Value::Var(name) if name.starts_with('$'))
}

/// Whether two constants are the same value.
pub(super) fn same_constant(a: &Term, b: &Term) -> bool {
    match (&a.value, &b.value) {
        // Equal numbers with different texts are different results.
        (Value::Number(a), Value::Number(b)) => {
            a == b || (a.parse::<i64>().is_ok() && b.parse::<i64>().is_ok() && compare_numbers(a, b).is_eq())
        }
        (Value::Number(_), _) | (_, Value::Number(_)) => false,
        _ => is_constant(a) && is_constant(b) && compare(a, b).is_eq(),
    }
}
