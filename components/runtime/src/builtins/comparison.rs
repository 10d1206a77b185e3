//! `eq`, `equal`, `neq`, `lt`, `lte`, `gt`, `gte`: Rego's order as functions. They take any two values.

use crate::compare::{compare, equal as same};
use crate::value::Value;
use core::cmp::Ordering;

/// `a = b` where neither side has variables left.
#[unsafe(export_name = "b.eq")]
pub extern "C" fn eq(a: Value, b: Value) -> Value {
    Value::boolean(same(a, b))
}

/// `a == b`.
#[unsafe(export_name = "b.equal")]
pub extern "C" fn equal(a: Value, b: Value) -> Value {
    Value::boolean(same(a, b))
}

/// `a != b`.
#[unsafe(export_name = "b.neq")]
pub extern "C" fn neq(a: Value, b: Value) -> Value {
    Value::boolean(!same(a, b))
}

/// `a < b`.
#[unsafe(export_name = "b.lt")]
pub extern "C" fn lt(a: Value, b: Value) -> Value {
    Value::boolean(compare(a, b) == Ordering::Less)
}

/// `a <= b`.
#[unsafe(export_name = "b.lte")]
pub extern "C" fn lte(a: Value, b: Value) -> Value {
    Value::boolean(compare(a, b) != Ordering::Greater)
}

/// `a > b`.
#[unsafe(export_name = "b.gt")]
pub extern "C" fn gt(a: Value, b: Value) -> Value {
    Value::boolean(compare(a, b) == Ordering::Greater)
}

/// `a >= b`.
#[unsafe(export_name = "b.gte")]
pub extern "C" fn gte(a: Value, b: Value) -> Value {
    Value::boolean(compare(a, b) != Ordering::Less)
}
