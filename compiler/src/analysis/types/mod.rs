//! Types: what is known of values before evaluation, and the checks that follow from it. Inference is that of OPA: optimistic where
//! nothing is known (a type is then `None`), and only what can never work is an error.
//!
//! This file has the types and their algebra; `env` what is known of names, `unify` how expressions teach more, `references` and
//! `check` the errors, `notation` the table of built-in functions, `details` what an error shows besides its message, `elide` how that
//! stays narrow; `schema` reads JSON schemas as types, `annotated` what metadata says of documents.

mod annotated;
mod check;
pub mod details;
mod display;
mod elide;
mod env;
mod merge;
pub(crate) mod notation;
mod references;
pub mod schema;
mod shared;
mod unify;

use std::cmp::Ordering;
use std::rc::Rc;

pub use self::check::{check_query, check_rules};
pub use self::display::text;
pub use self::env::Env;
use self::shared::Shared;
use super::compare::compare_values;
use super::make;
use crate::budget;
use crate::syntax::ast::{Term, Value};

/// A type, or `None` where nothing is known.
pub type Known = Option<Type>;

/// The type of a value.
#[derive(Debug, Clone)]
pub enum Type {
    /// `null`.
    Null,
    /// `true` and `false`.
    Boolean,
    /// Numbers.
    Number,
    /// Strings.
    String,
    /// Arrays.
    Array(Shared<ArrayType>),
    /// Objects.
    Object(Shared<ObjectType>),
    /// Sets, with the type of their elements; none for the empty set.
    Set(Shared<Known>),
    /// One of several types, sorted; anything if there are none.
    Any(Rc<Vec<Type>>),
    /// Functions.
    Function(Rc<FunctionType>),
}

/// Arrays: the first elements' types, then that of all further ones.
#[derive(Debug, Clone, Default)]
pub struct ArrayType {
    /// Types by position.
    pub fixed: Vec<Known>,
    /// The type of elements beyond.
    pub rest: Known,
}

/// Objects: known keys, and the types of all others.
#[derive(Debug, Clone, Default)]
pub struct ObjectType {
    /// Values' types by key, sorted by key.
    pub fixed: Vec<(Value, Known)>,
    /// The types of other keys and their values.
    pub rest: Option<(Known, Known)>,
}

/// Functions.
#[derive(Debug, Clone, Default)]
pub struct FunctionType {
    /// The arguments.
    pub args: Vec<Known>,
    /// The result; none for functions without one.
    pub result: Known,
    /// What may follow the arguments any number of times.
    pub variadic: Known,
}

impl ArrayType {
    /// The type of the element at a position.
    pub fn select(&self, position: usize) -> Known {
        self.fixed.get(position).cloned().unwrap_or_else(|| self.rest.clone())
    }
}

impl ObjectType {
    /// An object of these properties.
    pub fn of(mut fixed: Vec<(Value, Known)>, rest: Option<(Known, Known)>) -> Type {
        fixed.sort_by(|(a, _), (b, _)| compare_values(a, b));
        Type::Object(Shared::new(ObjectType { fixed, rest }))
    }

    /// The type of the value at a constant key.
    pub fn select(&self, key: &Value) -> Known {
        if let Ok(index) = self.fixed.binary_search_by(|(other, _)| compare_values(other, key)) {
            return self.fixed[index].1.clone();
        }
        let (key_type, value_type) = self.rest.as_ref()?;
        contains(key_type.as_ref(), type_of(key).as_ref()).then(|| value_type.clone())?
    }

    /// The type of further values.
    pub fn rest_value(&self) -> Known {
        self.rest.as_ref().and_then(|(_, value)| value.clone())
    }
}

impl Type {
    /// Anything.
    pub fn any() -> Type {
        Type::Any(Rc::new(Vec::new()))
    }

    /// A set.
    pub fn set(of: Known) -> Type {
        Type::Set(Shared::new(of))
    }

    /// An array.
    pub fn array(fixed: Vec<Known>, rest: Known) -> Type {
        Type::Array(Shared::new(ArrayType { fixed, rest }))
    }

    /// True for the type of everything.
    pub fn is_anything(&self) -> bool {
        matches!(self, Type::Any(of) if of.is_empty())
    }

    /// True for a collection that can hold nothing.
    pub fn is_empty_collection(&self) -> bool {
        match self {
            Type::Object(object) => object.fixed.is_empty() && object.rest.is_none(),
            Type::Array(array) => array.fixed.is_empty() && array.rest.is_none(),
            Type::Set(of) => of.is_none(),
            _ => false,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Type::Null => 0,
            Type::Boolean => 1,
            Type::Number => 2,
            Type::String => 3,
            Type::Array(_) => 4,
            Type::Object(_) => 5,
            Type::Set(_) => 6,
            Type::Any(_) => 7,
            Type::Function(_) => 8,
        }
    }
}

fn compare_known(a: &Known, b: &Known) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

fn compare_lists(a: &[Known], b: &[Known]) -> Ordering {
    let first = a.iter().zip(b).map(|(a, b)| compare_known(a, b)).find(|order| order.is_ne());
    first.unwrap_or_else(|| a.len().cmp(&b.len()))
}

impl Ord for Type {
    fn cmp(&self, other: &Self) -> Ordering {
        budget::tick();
        match (self, other) {
            (Type::Array(a), Type::Array(b)) if a.is(b) => Ordering::Equal,
            (Type::Object(a), Type::Object(b)) if a.is(b) => Ordering::Equal,
            (Type::Set(a), Type::Set(b)) if a.is(b) => Ordering::Equal,
            (Type::Any(a), Type::Any(b)) if Rc::ptr_eq(a, b) => Ordering::Equal,
            (Type::Array(a), Type::Array(b)) => compare_known(&a.rest, &b.rest).then_with(|| compare_lists(&a.fixed, &b.fixed)),
            (Type::Object(a), Type::Object(b)) => compare_objects(a, b),
            (Type::Set(a), Type::Set(b)) => compare_known(a, b),
            (Type::Any(a), Type::Any(b)) => a.cmp(b),
            (Type::Function(a), Type::Function(b)) => (a.args.len().cmp(&b.args.len()))
                .then_with(|| compare_lists(&a.args, &b.args))
                .then_with(|| compare_known(&a.result, &b.result))
                .then_with(|| compare_known(&a.variadic, &b.variadic)),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

fn compare_objects(a: &ObjectType, b: &ObjectType) -> Ordering {
    let rest = match (&a.rest, &b.rest) {
        (Some((k, v)), Some((l, w))) => compare_known(k, l).then_with(|| compare_known(v, w)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    let fixed = || {
        let pairs = a.fixed.iter().zip(&b.fixed);
        let mut orders = pairs.map(|((k, v), (l, w))| compare_values(k, l).then_with(|| compare_known(v, w)));
        orders
            .find(|order| order.is_ne())
            .unwrap_or_else(|| a.fixed.len().cmp(&b.fixed.len()))
    };
    rest.then_with(fixed)
}

impl PartialOrd for Type {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Type {}

/// The type that holds the values of both.
pub fn or(a: Known, b: Known) -> Known {
    let (a, b) = match (a, b) {
        (None, other) | (other, None) => return other,
        (Some(a), Some(b)) => (a, b),
    };
    match (&a, &b) {
        (Type::Function(f), Type::Function(g)) => union_functions(f, g),
        (Type::Function(_), _) | (_, Type::Function(_)) => None,
        (Type::Any(of), Type::Any(other)) => {
            if of.is_empty() || other.is_empty() {
                return Some(Type::any());
            }
            let mut all: Vec<Type> = of.iter().chain(other.iter()).cloned().collect();
            all.sort();
            all.dedup();
            Some(Type::Any(Rc::new(all)))
        }
        (Type::Any(of), single) | (single, Type::Any(of)) => {
            if of.is_empty() || of.binary_search(single).is_ok() {
                return Some(Type::Any(of.clone()));
            }
            let mut all = (**of).clone();
            let index = all.binary_search(single).unwrap_or_else(|index| index);
            all.insert(index, single.clone());
            Some(Type::Any(Rc::new(all)))
        }
        _ if a == b => Some(a),
        _ => {
            let mut both = vec![a, b];
            both.sort();
            Some(Type::Any(Rc::new(both)))
        }
    }
}

fn union_functions(f: &FunctionType, g: &FunctionType) -> Known {
    if f.args.len() != g.args.len() || f.variadic.is_some() != g.variadic.is_some() {
        return None;
    }
    Some(Type::Function(Rc::new(FunctionType {
        args: f.args.iter().zip(&g.args).map(|(a, b)| or(a.clone(), b.clone())).collect(),
        result: or(f.result.clone(), g.result.clone()),
        variadic: or(f.variadic.clone(), g.variadic.clone()),
    })))
}

/// True if all values of `b` are values of `a`.
pub fn contains(a: Option<&Type>, b: Option<&Type>) -> bool {
    match (a, b) {
        (Some(Type::Any(_)), Some(Type::Function(_))) => false,
        (Some(Type::Any(of)), b) => of.is_empty() || b.is_some_and(|b| of.binary_search(b).is_ok()),
        (a, b) => a == b,
    }
}

/// The type of a constant.
pub fn type_of(value: &Value) -> Known {
    let item = |term: &Term| type_of(&term.value);
    Some(match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Boolean,
        Value::Number(_) => Type::Number,
        Value::String(_) => Type::String,
        Value::Array(items) => Type::array(items.iter().map(item).collect(), None),
        Value::Set(items) => Type::array(items.iter().map(item).collect(), None),
        Value::Object(pairs) => ObjectType::of(pairs.iter().map(|(key, value)| (key.value.clone(), item(value))).collect(), None),
        _ => return None,
    })
}

/// The type of what stands at a constant key.
pub fn select(tpe: &Type, key: &Term) -> Known {
    if !make::is_constant(key) {
        return None;
    }
    match tpe {
        Type::Array(array) => match &key.value {
            Value::Number(number) => array.select(number.parse().ok()?),
            _ => None,
        },
        Type::Object(object) => object.select(&key.value),
        Type::Set(of) => {
            let tpe = type_of(&key.value);
            let of: &Known = of;
            match of {
                of if *of == tpe => of.clone(),
                Some(any @ Type::Any(_)) if contains(Some(any), tpe.as_ref()) => tpe,
                _ => None,
            }
        }
        Type::Any(of) if of.is_empty() => Some(Type::any()),
        Type::Any(of) => of.iter().fold(None, |found, tpe| or(select(tpe, key), found)),
        _ => None,
    }
}

/// The type of a collection's keys.
pub fn keys(tpe: Option<&Type>) -> Known {
    match tpe? {
        Type::Array(_) => Some(Type::Number),
        Type::Object(object) => {
            let fixed = object.fixed.iter().fold(None, |found, (key, _)| or(found, type_of(key)));
            or(fixed, object.rest.as_ref().and_then(|(key, _)| key.clone()))
        }
        Type::Set(of) => (**of).clone(),
        Type::Any(of) if of.is_empty() => Some(Type::any()),
        Type::Any(of) => of.iter().fold(None, |found, tpe| or(keys(Some(tpe)), found)),
        _ => None,
    }
}

/// The type of a collection's values.
pub fn values(tpe: Option<&Type>) -> Known {
    match tpe? {
        Type::Array(array) => or(array.fixed.iter().cloned().fold(None, or), array.rest.clone()),
        Type::Object(object) => or(
            object.fixed.iter().fold(None, |found, (_, value)| or(found, value.clone())),
            object.rest_value(),
        ),
        Type::Set(of) => (**of).clone(),
        Type::Any(of) if of.is_empty() => Some(Type::any()),
        Type::Any(of) => of.iter().fold(None, |found, tpe| or(values(Some(tpe)), found)),
        _ => None,
    }
}

/// True if something in a type is not known.
pub fn is_unknown(tpe: Option<&Type>) -> bool {
    let unknown = |tpe: &Known| is_unknown(tpe.as_ref());
    match tpe {
        None => true,
        Some(Type::Function(function)) => function.args.iter().any(unknown) || unknown(&function.result),
        Some(Type::Array(array)) => array.is_unknown(),
        Some(Type::Object(object)) => object.is_unknown(),
        Some(Type::Set(of)) => of.is_unknown(),
        Some(_) => false,
    }
}
