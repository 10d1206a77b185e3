//! Values: of the types that are expected, variables in particular.

use std::collections::HashSet;

use super::super::ast::{Definition, Type, TypeKind, Value, ValueKind};
use super::super::suggest;
use super::super::types::{has_directive, named};
use super::super::walk::{Walker, Wanted};
use warrego_syntax::print::quote;

/// Scalars whose values are looked at; of others anything goes.
const KNOWN_SCALARS: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];

impl<'d> Walker<'d> {
    pub fn undefined_variable(&mut self, value: &Value) {
        let Some(operation) = self.operation.filter(|_| value.kind == ValueKind::Variable) else {
            return;
        };
        if self.variable_of(value).is_none() {
            let by = if operation.name.is_empty() {
                String::new()
            } else {
                format!(" by operation \"{}\"", operation.name)
            };
            self.report(value.pos, format!("Variable \"${}\" is not defined{by}.", value.raw));
        }
    }

    pub fn unique_input_fields(&mut self, value: &'d Value) {
        if value.kind != ValueKind::Object {
            return;
        }
        let mut seen = HashSet::new();
        for field in &value.children {
            if !seen.insert(&field.name) {
                self.report(field.pos, format!("There can be only one input field named \"{}\".", field.name));
            }
        }
    }

    pub fn value_of_type(&mut self, value: &Value, wanted: Wanted<'d>) {
        let (Some(definition), Some(ty)) = (self.schema.get(wanted.definition), wanted.ty) else {
            return;
        };
        if value.kind == ValueKind::Null && ty.non_null {
            self.report(
                value.pos,
                format!("Expected value of type \"{}\", found {}.", ty.text(), text_of(value)),
            );
        }
        let name = definition.name.as_str();
        if definition.kind == TypeKind::Scalar && !KNOWN_SCALARS.contains(&name) {
            return;
        }
        if !can_be_computed(value) {
            self.wrong_type(value, definition, ty);
        }
        let enums = definition.values.iter().map(|value| value.name.as_str());
        match value.kind {
            ValueKind::Null | ValueKind::Variable => {}
            ValueKind::List if ty.element().is_none() => self.wrong_type(value, definition, ty),
            ValueKind::List => {}
            ValueKind::Int if !matches!(name, "Int" | "Float" | "ID") => self.wrong_type(value, definition, ty),
            ValueKind::Float if name != "Float" => self.wrong_type(value, definition, ty),
            ValueKind::Boolean if name != "Boolean" => self.wrong_type(value, definition, ty),
            ValueKind::Int | ValueKind::Float | ValueKind::Boolean => {}
            ValueKind::String | ValueKind::Block if definition.kind == TypeKind::Enum => {
                let hint = suggest::quoted("Did you mean the enum value", &value.raw, enums);
                self.report(
                    value.pos,
                    format!("Enum \"{}\" cannot represent non-enum value: {}.{hint}", ty.text(), text_of(value)),
                );
            }
            ValueKind::String | ValueKind::Block => {
                if !matches!(name, "String" | "ID") {
                    self.wrong_type(value, definition, ty);
                }
            }
            ValueKind::Enum if definition.kind != TypeKind::Enum => self.wrong_type(value, definition, ty),
            ValueKind::Enum => {
                if !definition.values.iter().any(|known| known.name == value.raw) {
                    let hint = suggest::quoted("Did you mean the enum value", &value.raw, enums);
                    self.report(
                        value.pos,
                        format!("Value \"{}\" does not exist in \"{}\" enum.{hint}", text_of(value), ty.text()),
                    );
                }
            }
            ValueKind::Object => self.object_of_type(value, definition),
        }
    }

    fn object_of_type(&mut self, value: &Value, definition: &Definition) {
        let name = &definition.name;
        for field in definition
            .fields
            .iter()
            .filter(|field| field.ty.non_null && field.default.is_none())
        {
            if !value.children.iter().any(|child| child.name == field.name) {
                let message = format!(
                    "Field \"{name}.{}\" of required type \"{}\" was not provided.",
                    field.name,
                    field.ty.text()
                );
                self.report(value.pos, message);
            }
        }
        let one_ofs = definition.directives.iter().filter(|directive| directive.name == "oneOf").count();
        for _ in 0..one_ofs {
            match value.children.as_slice() {
                [only] if only.value.kind == ValueKind::Null => {
                    let field = definition.fields.first().map_or("", |field| field.name.as_str());
                    self.report(only.value.pos, format!("Field \"{name}.{field}\" must be non-null."));
                }
                [_] => {}
                _ => self.report(value.pos, format!("OneOf Input Object \"{name}\" must specify exactly one key.")),
            }
        }
        for child in value
            .children
            .iter()
            .filter(|child| named(&definition.fields, &child.name).is_none())
        {
            let names = definition.fields.iter().map(|field| field.name.as_str());
            let hint = suggest::quoted("Did you mean", &child.name, names);
            self.report(
                child.pos,
                format!("Field \"{}\" is not defined by type \"{name}\".{hint}", child.name),
            );
        }
    }

    fn wrong_type(&mut self, value: &Value, definition: &Definition, ty: &Type) {
        let (wanted, shown) = (ty.text(), text_of(value));
        let message = match wanted.as_str() {
            "Int" | "Int!" if is_large_integer(&value.raw) => format!("Int cannot represent non 32-bit signed integer value: {shown}"),
            "Int" | "Int!" => format!("Int cannot represent non-integer value: {shown}"),
            "String" | "String!" | "[String]" => format!("String cannot represent a non string value: {shown}"),
            "Boolean" | "Boolean!" => format!("Boolean cannot represent a non boolean value: {shown}"),
            "Float" | "Float!" => format!("Float cannot represent non numeric value: {shown}"),
            "ID" | "ID!" => format!("ID cannot represent a non-string and non-integer value: {shown}"),
            _ if definition.kind == TypeKind::Enum => format!("Enum \"{wanted}\" cannot represent non-enum value: {shown}."),
            _ => format!("Expected value of type \"{wanted}\", found {shown}."),
        };
        self.report(value.pos, message);
    }

    pub fn variable_position(&mut self, value: &Value, wanted: Wanted<'d>) {
        let (Some(variable), Some(ty)) = (self.variable_of(value), wanted.ty) else {
            return;
        };
        let has_default = variable.default.as_ref().is_some_and(|default| default.kind != ValueKind::Null);
        if !variable.ty.fits(ty, has_default || wanted.has_default) {
            let (own, wanted) = (variable.ty.text(), ty.text());
            let message = format!(
                "Variable \"${}\" of type \"{own}\" used in position expecting type \"{wanted}\".",
                value.raw
            );
            self.report(value.pos, message);
        }
    }

    pub fn one_of_variables(&mut self, value: &Value, wanted: Wanted<'d>) {
        let Some(definition) = self.schema.get(wanted.definition).filter(|_| value.kind == ValueKind::Object) else {
            return;
        };
        if !has_directive(&definition.directives, "oneOf") {
            return;
        }
        for child in &value.children {
            let Some(variable) = self.variable_of(&child.value).filter(|variable| !variable.ty.non_null) else {
                continue;
            };
            let message = format!(
                "Variable \"${}\" is of type \"{}\" but must be non-nullable to be used for OneOf Input Object \"{}\".",
                child.value.raw,
                variable.ty.text(),
                definition.name
            );
            self.report(variable.pos, message);
        }
    }
}

/// A value as messages show it.
fn text_of(value: &Value) -> String {
    let children = |child: fn(&str, String) -> String| {
        let texts: Vec<String> = value.children.iter().map(|part| child(&part.name, text_of(&part.value))).collect();
        texts.join(",")
    };
    match value.kind {
        ValueKind::Variable => format!("${}", value.raw),
        ValueKind::String | ValueKind::Block => quote(&value.raw),
        ValueKind::List => format!("[{}]", children(|_, text| text)),
        ValueKind::Object => format!("{{{}}}", children(|name, text| format!("{name}:{text}"))),
        ValueKind::Int | ValueKind::Float | ValueKind::Enum | ValueKind::Boolean | ValueKind::Null => value.raw.clone(),
    }
}

/// Whether the numbers in a value are within 64 bits, floats within their range.
fn can_be_computed(value: &Value) -> bool {
    match value.kind {
        ValueKind::Int => value.raw.parse::<i64>().is_ok(),
        ValueKind::Float => value.raw.parse::<f64>().is_ok_and(f64::is_finite),
        ValueKind::Boolean => matches!(value.raw.as_str(), "true" | "false"),
        ValueKind::List | ValueKind::Object => value.children.iter().all(|child| can_be_computed(&child.value)),
        ValueKind::Variable | ValueKind::String | ValueKind::Block | ValueKind::Null | ValueKind::Enum => true,
    }
}

/// An integer beyond 32 bits.
fn is_large_integer(raw: &str) -> bool {
    let digits = raw.strip_prefix(['-', '+']).unwrap_or(raw);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && raw.parse::<i32>().is_err()
}
