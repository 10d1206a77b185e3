//! Declarations of functions as OPA writes them in JSON, from and to the notation of our table.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::analysis::builtins::Builtin;
use crate::analysis::types::notation::{parse, without_name};
use crate::analysis::types::{Known, Type};
use crate::syntax::ast;

/// A function's declaration.
pub(super) fn declaration(builtin: &Builtin) -> Value {
    let mut decl = Map::new();
    let args: Vec<Value> = builtin.arguments().map(named_type).collect();
    if !args.is_empty() {
        decl.insert("args".to_owned(), args.into());
    }
    if let Some(result) = builtin.result {
        decl.insert("result".to_owned(), named_type(result));
    }
    decl.insert("type".to_owned(), "function".into());
    if let Some(variadic) = builtin.variadic() {
        decl.insert("variadic".to_owned(), type_json(&parse(variadic)));
    }
    let mut declaration = Map::new();
    declaration.insert("name".to_owned(), builtin.name.into());
    if let Some(category) = builtin.category {
        declaration.insert("categories".to_owned(), json!([category]));
    }
    declaration.insert("decl".to_owned(), decl.into());
    if let Some(infix) = builtin.infix {
        declaration.insert("infix".to_owned(), infix.into());
    }
    for (name, flag) in [
        ("relation", builtin.relation),
        ("deprecated", builtin.deprecated),
        ("nondeterministic", builtin.nondeterministic),
    ] {
        if flag {
            declaration.insert(name.to_owned(), flag.into());
        }
    }
    declaration.into()
}

/// A declaration without what is only for people, keys of types by the alphabet.
pub(super) fn minimal(mut declaration: Value) -> Value {
    if let Some(fields) = declaration.as_object_mut() {
        fields.shift_remove("categories");
        if let Some(decl) = fields.get_mut("decl") {
            *decl = without_names(decl);
        }
    }
    declaration
}

fn without_names(tpe: &Value) -> Value {
    match tpe {
        Value::Object(fields) => {
            let fields: BTreeMap<&String, Value> = fields
                .iter()
                .filter(|&(key, _)| key != "name")
                .map(|(key, value)| (key, without_names(value)))
                .collect();
            json!(fields)
        }
        Value::Array(items) => items.iter().map(without_names).collect(),
        value => value.clone(),
    }
}

/// The name in `name: type`.
pub(super) fn name(text: &str) -> Option<&str> {
    text.strip_suffix(without_name(text))?.strip_suffix(": ")
}

/// `name: type`, or `type`.
fn named_type(text: &str) -> Value {
    let mut json = type_json(&parse(without_name(text)));
    if let Some(name) = name(text)
        && let Some(object) = json.as_object_mut()
    {
        object.insert("name".to_owned(), name.into());
    }
    json
}

fn known_json(tpe: &Known) -> Value {
    tpe.as_ref().map_or_else(|| json!({"type": "any"}), type_json)
}

fn type_json(tpe: &Type) -> Value {
    match tpe {
        Type::Null => json!({"type": "null"}),
        Type::Boolean => json!({"type": "boolean"}),
        Type::Number => json!({"type": "number"}),
        Type::String => json!({"type": "string"}),
        Type::Array(array) => {
            let mut json = json!({"type": "array"});
            if array.rest.is_some() {
                json["dynamic"] = known_json(&array.rest);
            }
            if !array.fixed.is_empty() {
                json["static"] = array.fixed.iter().map(known_json).collect();
            }
            json
        }
        Type::Object(object) => {
            let mut json = json!({"type": "object"});
            if let Some((key, value)) = &object.rest {
                json["dynamic"] = json!({"key": known_json(key), "value": known_json(value)});
            }
            if !object.fixed.is_empty() {
                let property = |(key, value): &(ast::Value, Known)| json!({"key": key_json(key), "value": known_json(value)});
                json["static"] = object.fixed.iter().map(property).collect();
            }
            json
        }
        Type::Set(of) => match &**of {
            Some(_) => json!({"type": "set", "of": known_json(of)}),
            None => json!({"type": "set"}),
        },
        Type::Any(of) if of.is_empty() => json!({"type": "any"}),
        Type::Any(of) => json!({"type": "any", "of": of.iter().map(type_json).collect::<Vec<_>>()}),
        // Functions are no arguments.
        Type::Function(_) => json!({"type": "any"}),
    }
}

fn key_json(key: &ast::Value) -> Value {
    match key {
        ast::Value::String(text) => text.to_string().into(),
        key => crate::analysis::text::value(key).into(),
    }
}

/// OPA's JSON of a type in the table's notation, with its name if it has one that fits.
pub(super) fn notation_with_name(tpe: &Value) -> String {
    let name = tpe.get("name").and_then(Value::as_str).unwrap_or_default();
    let fits = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b' ');
    match fits {
        true => format!("{name}: {}", notation(tpe)),
        false => notation(tpe),
    }
}

/// A type in the table's notation; what that cannot say is anything.
fn notation(tpe: &Value) -> String {
    let list = |name: &str| tpe.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let part = |name: &str| tpe.get(name).filter(|part| !part.is_null());
    let angled = |types: &[Value]| match types {
        [] => String::new(),
        types => format!("<{}>", types.iter().map(notation).collect::<Vec<_>>().join(", ")),
    };
    match tpe.get("type").and_then(Value::as_str) {
        Some(plain @ ("null" | "boolean" | "number" | "string")) => plain.to_owned(),
        Some("array") => {
            let rest = part("dynamic").map(|rest| format!("[{}]", notation(rest))).unwrap_or_default();
            format!("array{}{rest}", angled(list("static")))
        }
        Some("set") => format!("set[{}]", part("of").map_or_else(|| "any".to_owned(), notation)),
        Some("object") => object_notation(list("static"), part("dynamic")),
        Some("any") => format!("any{}", angled(list("of"))),
        _ => "any".to_owned(),
    }
}

fn object_notation(fixed: &[Value], dynamic: Option<&Value>) -> String {
    let is_word = |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let properties: Option<Vec<String>> = fixed
        .iter()
        .map(|property| {
            let key = property.get("key")?.as_str().filter(|key| is_word(key))?;
            Some(format!("{key}: {}", notation(property.get("value")?)))
        })
        .collect();
    let Some(properties) = properties else {
        return "object[any: any]".to_owned();
    };
    let mut text = "object".to_owned();
    if !properties.is_empty() {
        text.push_str(&format!("<{}>", properties.join(", ")));
    }
    if let Some(dynamic) = dynamic {
        let of = |name: &str| dynamic.get(name).map_or_else(|| "any".to_owned(), notation);
        text.push_str(&format!("[{}: {}]", of("key"), of("value")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::builtins;

    #[test]
    fn there_and_back() {
        for builtin in builtins::all() {
            for text in builtin.arguments().chain(builtin.result) {
                let there = named_type(text);
                let back = notation_with_name(&there);
                assert_eq!(named_type(&back), there, "{}: {text}", builtin.name);
            }
        }
    }
}
