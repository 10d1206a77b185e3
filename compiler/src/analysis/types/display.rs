//! Types as text, in OPA's notation.

use std::fmt;

use super::{Known, Type};
use crate::syntax::ast::Value;

/// A type as text; `???` where nothing is known.
pub fn text(tpe: Option<&Type>) -> String {
    tpe.map_or_else(|| "???".to_owned(), ToString::to_string)
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
                    let property = |(key, value): &(Value, Known)| format!("{}: {}", key_text(key), text(value.as_ref()));
                    write!(f, "<{}>", object.fixed.iter().map(property).collect::<Vec<_>>().join(", "))?;
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

/// A property's key.
pub(super) fn key_text(key: &Value) -> String {
    match key {
        Value::String(s) => s.to_string(),
        key => crate::analysis::text::value(key),
    }
}
