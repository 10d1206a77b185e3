//! The built-in functions that tests of the language call, as far as they are needed there. `None` is undefined: errors are too.

use std::collections::BTreeSet;

use super::Failure;
use super::value::Value;

pub fn call(name: &str, args: &[Value]) -> Result<Option<Value>, Failure> {
    let known = match args {
        [] => none(name),
        [x] => one(name, x),
        [x, y] => two(name, x, y),
        [x, y, z] => three(name, x, y, z),
        _ => None,
    };
    known.ok_or_else(|| Failure::NoBuiltin(name.to_owned()))
}

fn none(name: &str) -> Option<Option<Value>> {
    match name {
        "opa.runtime" => Some(Some(Value::object([]))),
        _ => None,
    }
}

fn one(name: &str, x: &Value) -> Option<Option<Value>> {
    let items = || match x {
        Value::Array(_) | Value::Set(_) => Some(x.entries().into_iter().map(|(_, item)| item).collect::<Vec<_>>()),
        _ => None,
    };
    let is = |condition| Some(Value::Bool(condition));
    Some(match name {
        "count" => x.len().map(|len| Value::number(&len.to_string())),
        "sum" => items()
            .and_then(|items| items.iter().map(Value::as_f64).sum::<Option<f64>>())
            .map(Value::float),
        "product" => items()
            .and_then(|items| items.iter().map(Value::as_f64).product::<Option<f64>>())
            .map(Value::float),
        "max" => items().and_then(|items| items.into_iter().max()),
        "min" => items().and_then(|items| items.into_iter().min()),
        "sort" => items().map(|mut items| {
            items.sort();
            Value::array(items)
        }),
        "abs" => x.as_f64().map(|x| Value::float(x.abs())),
        "round" => x.as_f64().map(|x| Value::float(x.round())),
        "ceil" => x.as_f64().map(|x| Value::float(x.ceil())),
        "floor" => x.as_f64().map(|x| Value::float(x.floor())),
        "lower" => x.as_str().map(|x| Value::string(&x.to_lowercase())),
        "upper" => x.as_str().map(|x| Value::string(&x.to_uppercase())),
        "trim_space" => x.as_str().map(|x| Value::string(x.trim())),
        "is_null" => is(matches!(x, Value::Null)),
        "is_boolean" => is(matches!(x, Value::Bool(_))),
        "is_number" => is(matches!(x, Value::Number(_))),
        "is_string" => is(matches!(x, Value::String(_))),
        "is_array" => is(matches!(x, Value::Array(_))),
        "is_object" => is(matches!(x, Value::Object(_))),
        "is_set" => is(matches!(x, Value::Set(_))),
        "type_name" => Some(Value::string(match x {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
            Value::Set(_) => "set",
        })),
        "to_number" => match x {
            Value::String(text) => text.parse::<f64>().ok().map(|_| Value::number(text)),
            Value::Number(_) => Some(x.clone()),
            Value::Bool(value) => Some(Value::number(if *value { "1" } else { "0" })),
            Value::Null => Some(Value::number("0")),
            _ => None,
        },
        "object.keys" => Some(Value::set(x.entries().into_iter().map(|(key, _)| key))),
        "union" => items().map(|sets| Value::set(sets.iter().flat_map(|set| set.entries()).map(|(_, item)| item))),
        "walk" => {
            let mut all = Vec::new();
            walk(x, &mut Vec::new(), &mut all);
            Some(Value::array(all))
        }
        "internal.template_string" => {
            let text = x.entries().into_iter().map(|(_, part)| match &part {
                Value::Set(items) => items.borrow().first().map_or("<undefined>".to_owned(), plain),
                part => plain(part),
            });
            Some(Value::string(&text.collect::<String>()))
        }
        "internal.print" => is(true),
        "all" => items().map(|items| Value::Bool(items.iter().all(|item| *item == Value::Bool(true)))),
        "any" => items().map(|items| Value::Bool(items.contains(&Value::Bool(true)))),
        _ => return None,
    })
}

fn walk(value: &Value, path: &mut Vec<Value>, all: &mut Vec<Value>) {
    all.push(Value::array(vec![Value::array(path.clone()), value.clone()]));
    for (key, inner) in value.entries() {
        path.push(key);
        walk(&inner, path, all);
        path.pop();
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn two(name: &str, x: &Value, y: &Value) -> Option<Option<Value>> {
    let numbers = || Some((x.as_f64()?, y.as_f64()?));
    let strings = || Some((x.as_str()?, y.as_str()?));
    let is = |condition| Some(Value::Bool(condition));
    let sets = || match (x, y) {
        (Value::Set(a), Value::Set(b)) => Some((a.borrow().clone(), b.borrow().clone())),
        _ => None,
    };
    let set = |items: BTreeSet<Value>| Value::set(items);
    Some(match name {
        "plus" => numbers().map(|(x, y)| Value::float(x + y)),
        "minus" => match sets() {
            Some((a, b)) => Some(set(&a - &b)),
            None => numbers().map(|(x, y)| Value::float(x - y)),
        },
        "mul" => numbers().map(|(x, y)| Value::float(x * y)),
        "div" => numbers().filter(|(_, y)| *y != 0.0).map(|(x, y)| Value::float(x / y)),
        "rem" => numbers().filter(|(_, y)| *y != 0.0).map(|(x, y)| Value::float(x % y)),
        "and" => sets().map(|(a, b)| set(&a & &b)),
        "or" => sets().map(|(a, b)| set(&a | &b)),
        "equal" => is(x == y),
        "neq" => is(x != y),
        "lt" => is(x < y),
        "lte" => is(x <= y),
        "gt" => is(x > y),
        "gte" => is(x >= y),
        "internal.member_2" => is(y.entries().iter().any(|(_, item)| item == x)),
        "contains" => strings().and_then(|(x, y)| is(x.contains(y))),
        "startswith" => strings().and_then(|(x, y)| is(x.starts_with(y))),
        "endswith" => strings().and_then(|(x, y)| is(x.ends_with(y))),
        "indexof" => strings().map(|(x, y)| Value::number(&x.find(y).map_or("-1".to_owned(), |at| x[..at].chars().count().to_string()))),
        "split" => strings().map(|(x, y)| Value::array(x.split(y).map(Value::string).collect())),
        "trim" => strings().map(|(x, y)| Value::string(x.trim_matches(|c| y.contains(c)))),
        "trim_prefix" => strings().map(|(x, y)| Value::string(x.strip_prefix(y).unwrap_or(x))),
        "trim_suffix" => strings().map(|(x, y)| Value::string(x.strip_suffix(y).unwrap_or(x))),
        "concat" => x.as_str().map(|x| {
            let parts: Vec<String> = y.entries().iter().map(|(_, item)| plain(item)).collect();
            Value::string(&parts.join(x))
        }),
        "array.concat" => Some(Value::array(
            x.entries().into_iter().chain(y.entries()).map(|(_, item)| item).collect(),
        )),
        "sprintf" => x.as_str().map(|format| {
            let mut args = y.entries().into_iter().map(|(_, item)| plain(&item));
            let mut text = String::new();
            let mut chars = format.chars();
            while let Some(c) = chars.next() {
                match c {
                    '%' => match chars.next() {
                        Some('%') => text.push('%'),
                        _ => text.push_str(&args.next().unwrap_or_default()),
                    },
                    c => text.push(c),
                }
            }
            Value::string(&text)
        }),
        "format_int" => numbers().map(|(x, _)| Value::string(&x.trunc().to_string())),
        "object.union" => Some(y.merge(x)),
        "numbers.range" => numbers().map(|(x, y)| {
            let (x, y) = (x as i64, y as i64);
            let items: Vec<i64> = if x <= y { (x..=y).collect() } else { (y..=x).rev().collect() };
            Value::array(items.iter().map(|item| Value::number(&item.to_string())).collect())
        }),
        "object.remove" => Some(Value::object(
            x.entries()
                .into_iter()
                .filter(|(key, _)| !y.entries().iter().any(|(_, other)| other == key)),
        )),
        _ => return None,
    })
}

fn three(name: &str, x: &Value, y: &Value, z: &Value) -> Option<Option<Value>> {
    Some(match name {
        "internal.member_3" => Some(Value::Bool(z.get(x).is_some_and(|item| item == *y))),
        "object.get" if !matches!(x, Value::Object(_)) => None,
        "object.get" => Some(match y {
            Value::Array(path) => path
                .borrow()
                .iter()
                .try_fold(x.clone(), |value, key| value.get(key))
                .unwrap_or_else(|| z.clone()),
            key => x.get(key).unwrap_or_else(|| z.clone()),
        }),
        "replace" => x.as_str().and_then(|x| Some(Value::string(&x.replace(y.as_str()?, z.as_str()?)))),
        "substring" => x.as_str().and_then(|x| {
            let (start, length) = (y.as_f64()? as usize, z.as_f64()?);
            let chars = x.chars().skip(start);
            Some(Value::string(&if length < 0.0 {
                chars.collect::<String>()
            } else {
                chars.take(length as usize).collect()
            }))
        }),
        "array.slice" => Some(Value::array(
            x.entries()
                .into_iter()
                .map(|(_, item)| item)
                .take(z.as_f64().unwrap_or(0.0).max(0.0) as usize)
                .skip(y.as_f64().unwrap_or(0.0).max(0.0) as usize)
                .collect(),
        )),
        _ => return None,
    })
}
