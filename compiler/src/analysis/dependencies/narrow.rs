//! What variables in references are known to hold: `some x in ["a", "b"]; data[x].p` depends on `data.a.p` and `data.b.p` only. A
//! variable is known where a body's earlier expression unifies it with a constant or with the members of a constant collection.

use std::collections::HashMap;

use crate::analysis::compare::{compare, compare_numbers};
use crate::analysis::make;
use crate::syntax::ast::{Expr, Name, Term, Value};

/// How many references one may be narrowed into; beyond, its variables stay unknown.
const LIMIT: usize = 64;

/// What is known of the variables of one body.
pub(super) struct Narrowing<'a> {
    body: &'a [Expr],
    bindings: Option<Vec<(usize, &'a Name)>>,
    values: HashMap<&'a Name, Vec<Term>>,
}

impl<'a> Narrowing<'a> {
    pub(super) fn new(body: &'a [Expr]) -> Narrowing<'a> {
        Narrowing {
            body,
            bindings: None,
            values: HashMap::new(),
        }
    }

    /// The references that one in the body's expression `at` can be; none where nothing is known.
    pub(super) fn expand(&mut self, reference: &[Term], at: usize) -> Vec<Vec<Term>> {
        if self.bindings.is_none() {
            self.bindings = Some(self.read_body());
        }
        let visible = self.bindings.iter().flatten().take_while(|(index, _)| *index < at);
        let known: HashMap<&Name, &Vec<Term>> = visible.filter_map(|(_, name)| Some((*name, self.values.get(name)?))).collect();
        if known.is_empty() {
            Vec::new()
        } else {
            expand_with(reference, &known)
        }
    }

    fn read_body(&mut self) -> Vec<(usize, &'a Name)> {
        let mut bindings = Vec::new();
        for (index, expr) in self.body.iter().enumerate() {
            if expr.negated || !expr.with.is_empty() || !make::calls(expr, "eq") {
                continue;
            }
            let [Some(lhs), Some(rhs)] = [0, 1].map(|i| make::operands(expr).and_then(|operands| operands.get(i))) else {
                continue;
            };
            if let Some((name, values)) = self.binding(lhs, rhs).or_else(|| self.binding(rhs, lhs))
                && !self.values.contains_key(name)
            {
                self.values.insert(name, values);
                bindings.push((index, name));
            }
        }
        bindings
    }

    fn binding(&self, variable: &'a Term, term: &Term) -> Option<(&'a Name, Vec<Term>)> {
        let Value::Var(name) = &variable.value else { return None };
        let known: HashMap<&Name, &Vec<Term>> = self.values.iter().map(|(name, values)| (*name, values)).collect();
        Some((name, values_of(term, &known)?))
    }
}

/// The constants a term can be.
fn values_of(term: &Term, known: &HashMap<&Name, &Vec<Term>>) -> Option<Vec<Term>> {
    match &term.value {
        Value::Var(name) => known.get(name).map(|values| values.to_vec()),
        Value::Ref(parts) => values_of_reference(parts, known),
        _ => make::is_constant(term).then(|| vec![term.clone()]),
    }
}

fn values_of_reference(parts: &[Term], known: &HashMap<&Name, &Vec<Term>>) -> Option<Vec<Term>> {
    let mut values = values_of(&parts[0], known)?;
    for part in &parts[1..] {
        let mut next = Vec::new();
        for value in &values {
            if make::is_constant(part) {
                next.extend(member(value, part).cloned());
            } else {
                next.extend(members(value)?);
            }
        }
        if next.len() > LIMIT {
            return None;
        }
        values = next;
    }
    Some(values)
}

/// All members of a constant collection: elements, or an object's values.
pub(super) fn members(collection: &Term) -> Option<Vec<Term>> {
    match &collection.value {
        Value::Array(items) | Value::Set(items) => Some(items.clone()),
        Value::Object(pairs) => Some(pairs.iter().map(|(_, value)| value.clone()).collect()),
        _ => None,
    }
}

fn member<'a>(collection: &'a Term, key: &Term) -> Option<&'a Term> {
    match (&collection.value, &key.value) {
        (Value::Array(items), Value::Number(number)) => items
            .iter()
            .enumerate()
            .find(|(i, _)| compare_numbers(&i.to_string(), number).is_eq())
            .map(|(_, item)| item),
        (Value::Set(items), _) => items.iter().find(|item| compare(item, key).is_eq()),
        (Value::Object(pairs), _) => pairs.iter().find(|(other, _)| compare(other, key).is_eq()).map(|(_, value)| value),
        _ => None,
    }
}

fn expand_with(reference: &[Term], known: &HashMap<&Name, &Vec<Term>>) -> Vec<Vec<Term>> {
    let mut expanded = vec![reference.to_vec()];
    for (i, part) in reference.iter().enumerate().skip(1) {
        if make::is_constant(part) {
            continue;
        }
        // No values: the body cannot be satisfied, but dropping all edges for that would trust this analysis too far.
        let Some(values) = values_of(part, known).filter(|values| !values.is_empty()) else {
            continue;
        };
        if expanded.len() * values.len() > LIMIT {
            continue;
        }
        let fill = |reference: &Vec<Term>, value: &Term| {
            let mut filled = reference.clone();
            filled[i] = value.clone();
            filled
        };
        expanded = expanded
            .iter()
            .flat_map(|reference| values.iter().map(move |value| fill(reference, value)))
            .collect();
    }
    expanded
}
