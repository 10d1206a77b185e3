//! Types as text, in OPA's notation.

use std::fmt;

use super::{Known, Type};
use crate::budget;
use crate::syntax::ast::Value;
use crate::syntax::order::{compare, compare_values};

/// A type as text; `???` where nothing is known.
pub fn text(tpe: Option<&Type>) -> String {
    tpe.map_or_else(|| "???".to_owned(), ToString::to_string)
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        budget::tick();
        let list = |types: &[Known]| types.iter().map(|tpe| text(tpe.as_ref())).collect::<Vec<_>>().join(", ");
        match self {
            Type::Null => f.write_str("null"),
            Type::Boolean => f.write_str("boolean"),
            Type::Number => f.write_str("number"),
            Type::String => f.write_str("string"),
            Type::Array(array) => {
                f.write_str("array")?;
                if !array.fixed.is_empty() {
                    write!(f, "<{}>", list(&array.fixed))?;
                }
                array.rest.iter().try_for_each(|rest| write!(f, "[{rest}]"))
            }
            Type::Object(object) => {
                f.write_str("object")?;
                if !object.fixed.is_empty() {
                    let mut fixed: Vec<(Value, &Known)> = object.fixed.iter().map(|(key, value)| (plain(key), value)).collect();
                    fixed.sort_by(|(a, _), (b, _)| compare_values(a, b));
                    let property = |(key, value): &(Value, &Known)| format!("{}: {}", key_text(key), text(value.as_ref()));
                    write!(f, "<{}>", fixed.iter().map(property).collect::<Vec<_>>().join(", "))?;
                }
                object
                    .rest
                    .iter()
                    .try_for_each(|(key, value)| write!(f, "[{}: {}]", text(key.as_ref()), text(value.as_ref())))
            }
            Type::Set(of) => match &**of {
                Some(of) => write!(f, "set[{of}]"),
                None => f.write_str("set"),
            },
            Type::Any(of) if of.is_empty() => f.write_str("any"),
            Type::Any(of) => write!(f, "any<{}>", of.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
            Type::Function(function) => {
                let mut args: Vec<String> = function.args.iter().map(|arg| text(arg.as_ref())).collect();
                args.extend(function.variadic.iter().map(|tpe| format!("{tpe}...")));
                write!(f, "({}) => {}", args.join(", "), text(function.result.as_ref()))
            }
        }
    }
}

/// A property's key. OPA keeps keys as Go's values and prints them as Go does: strings bare, lists without commas, sets as lists.
pub(super) fn key_text(key: &Value) -> String {
    match key {
        Value::Null => "<nil>".to_owned(),
        Value::String(s) => s.to_string(),
        Value::Array(items) | Value::Set(items) => {
            let items: Vec<String> = items.iter().map(|item| key_text(&item.value)).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(pairs) => {
            let mut members: Vec<(String, String)> = pairs
                .iter()
                .map(|(key, value)| {
                    let name = match &key.value {
                        Value::String(name) => name.to_string(),
                        other => crate::analysis::text::value(other),
                    };
                    (name, key_text(&value.value))
                })
                .collect();
            members.sort();
            let members: Vec<String> = members.iter().map(|(name, value)| format!("{name}:{value}")).collect();
            format!("map[{}]", members.join(" "))
        }
        key => crate::analysis::text::value(key),
    }
}

/// A key with sets as lists, which is how OPA orders them.
fn plain(key: &Value) -> Value {
    match key {
        Value::Set(items) => {
            let mut items = items.clone();
            items.sort_by(compare);
            Value::Array(items)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::analysis::types::type_of;
    use crate::syntax::ast::ExprKind;
    use crate::syntax::{ParseOptions, parse_query};

    fn shown(term: &str) -> String {
        let query = parse_query(0, term, &ParseOptions::default()).unwrap();
        match &query[0].kind {
            ExprKind::Term(term) => text(type_of(&term.value).as_ref()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn keys_are_written_as_go_writes_them() {
        assert_eq!(shown(r#"{["a"]: "x"}"#), "object<[a]: string>");
        assert_eq!(
            shown(r#"{1: "one", [2]: "two", {3}: "three", null: 0}"#),
            "object<<nil>: number, 1: string, [2]: string, [3]: string>"
        );
        assert_eq!(shown(r#"{{"b": [1, null], "a": "x"}: 1}"#), "object<map[a:x b:[1 <nil>]]: number>");
    }
}
