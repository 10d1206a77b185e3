//! `and`, `or`, `set_diff`, `union`, `intersection`: sets from sets. `minus` on sets comes here too.
//!
//! Where both sides have an element, written differently (`1` and `1.0`), the result has it as the left side writes it; what is common to both, as the smaller
//! side does.

use super::args::{mismatch, type_error};
use crate::collections::Set;
use crate::value::{Kind, Value};

/// The elements of `a` that are not in `b`.
pub fn difference(a: Set, b: Set) -> Value {
    Set::from_values(a.iter().filter(|element| !b.contains(*element))).value()
}

fn common(a: Set, b: Set) -> Set {
    let (a, b) = if b.len() < a.len() { (b, a) } else { (a, b) };
    Set::from_values(a.iter().filter(|element| b.contains(*element)))
}

fn add_all(to: Set, from: Set) {
    from.iter().for_each(|element| to.add(element));
}

/// `a & b`.
#[unsafe(export_name = "b.and")]
pub extern "C" fn and(a: Value, b: Value) -> Value {
    match (a.as_set(), b.as_set()) {
        (Some(x), Some(y)) => common(x, y).value(),
        _ => mismatch("and", &[(a, Kind::Set), (b, Kind::Set)]),
    }
}

/// `a | b`.
#[unsafe(export_name = "b.or")]
pub extern "C" fn or(a: Value, b: Value) -> Value {
    match (a.as_set(), b.as_set()) {
        (Some(x), _) if x.is_empty() && b.kind() == Kind::Set => b,
        (_, Some(y)) if y.is_empty() && a.kind() == Kind::Set => a,
        (Some(x), Some(y)) => {
            let result = x.duplicate(y.len());
            add_all(result, y);
            result.value()
        }
        _ => mismatch("or", &[(a, Kind::Set), (b, Kind::Set)]),
    }
}

/// `a - b` of sets, by its old name.
#[unsafe(export_name = "b.set_diff")]
pub extern "C" fn set_diff(a: Value, b: Value) -> Value {
    match (a.as_set(), b.as_set()) {
        (Some(x), Some(y)) => difference(x, y),
        _ => mismatch("set_diff", &[(a, Kind::Set), (b, Kind::Set)]),
    }
}

/// Checks that a value is a set of sets.
fn sets(name: &str, value: Value) -> Result<Set, Value> {
    let Some(set) = value.as_set() else {
        return Err(type_error(name, 0, value, "set"));
    };
    match set.iter().find(|element| element.kind() != Kind::Set) {
        Some(other) => Err(type_error(name, 0, other, "set")),
        None => Ok(set),
    }
}

/// What is in any of the sets in a set.
#[unsafe(export_name = "b.union")]
pub extern "C" fn union(a: Value) -> Value {
    let all = match sets("union", a) {
        Ok(all) => all,
        Err(error) => return error,
    };
    let result = Set::new();
    all.iter().filter_map(Value::as_set).for_each(|set| add_all(result, set));
    result.value()
}

/// What is in all of the sets in a set.
#[unsafe(export_name = "b.intersection")]
pub extern "C" fn intersection(a: Value) -> Value {
    let all = match sets("intersection", a) {
        Ok(all) => all,
        Err(error) => return error,
    };
    let mut sets = all.iter().filter_map(Value::as_set);
    match sets.next() {
        Some(first) => sets.fold(first, common).value(),
        None => a,
    }
}
