//! JSON schemas as types: what `--schema` and the `schemas` of `# METADATA` blocks say about `input` and base documents. A schema says far more than a type
//! can; what is left of it are kinds of values, properties and items, as OPA reads them.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::{Known, ObjectType, Type, or};
use crate::syntax::ast::Value;

/// Schemas by name: `schema.a.b` is `["a", "b"]`, and the one without steps is that of `input`.
pub type Schemas = BTreeMap<Vec<String>, Json>;

/// How deep schemas may be nested, references followed.
const DEPTH_MAX: usize = 200;

/// The kinds of values that schemas know, in the order in which they are looked for.
const KINDS: [&str; 7] = ["array", "boolean", "integer", "number", "null", "object", "string"];

/// The type that a schema describes.
///
/// # Errors
/// What is wrong with the schema.
pub fn of_schema(schema: &Json) -> Result<Type, String> {
    check(schema, 0).map_err(|fault| format!("unable to compile the schema: {fault}"))?;
    // What is within itself is followed some way, unless that makes too much of it.
    let read = |unfolded, budget| {
        let mut reader = Reader {
            root: schema,
            open: Vec::new(),
            unfolded,
            budget,
        };
        reader.tpe(&Schema::of(schema))
    };
    let tpe = match read(UNFOLDED, 10_000) {
        Err(Fault::TooLarge) => read(0, 1_000_000),
        tpe => tpe,
    };
    Ok(tpe.map_err(|fault| fault.to_string())?.unwrap_or_else(Type::any))
}

/// How often something is followed into itself.
const UNFOLDED: usize = 3;

/// Why a schema has no type.
#[derive(Debug, thiserror::Error)]
enum Fault {
    /// It is no schema.
    #[error("unable to compile the schema: {0}")]
    Invalid(String),
    /// Its parts do not fit together.
    #[error("type checking: {0}")]
    Unfit(String),
    /// With all that it refers to it is too large.
    #[error("type checking: the schema is too large")]
    TooLarge,
}

/// Reports what is no schema.
fn check(schema: &Json, depth: usize) -> Result<(), String> {
    if depth > DEPTH_MAX {
        return Err("it is nested too deep".to_owned());
    }
    let Some(fields) = schema.as_object() else {
        return match schema {
            Json::Bool(_) => Ok(()),
            _ => Err("Invalid type. Expected: object or boolean, given: Invalid JSON".to_owned()),
        };
    };
    let kinds: Vec<&Json> = match fields.get("type") {
        Some(Json::Array(kinds)) => kinds.iter().collect(),
        kind => kind.into_iter().collect(),
    };
    for kind in kinds {
        let name = kind
            .as_str()
            .ok_or("Invalid type. Expected: string/array of strings, given: type")?;
        if !KINDS.contains(&name) {
            return Err(format!(
                "has a primitive type that is NOT VALID -- given: /{name}/ Expected valid values are:[{}]",
                KINDS.join(" ")
            ));
        }
    }
    let maps = ["properties", "definitions", "$defs"]
        .iter()
        .filter_map(|name| fields.get(*name)?.as_object());
    let lists = ["anyOf", "allOf", "items"].iter().filter_map(|name| fields.get(*name)?.as_array());
    let within = maps.flat_map(Map::values).chain(lists.flatten());
    let items = fields.get("items").filter(|items| !items.is_array());
    within.chain(items).try_for_each(|schema| check(schema, depth + 1))
}

/// The parts of a schema that matter.
#[derive(Debug, Clone, Default)]
struct Schema<'s> {
    kinds: Vec<&'s str>,
    properties: Vec<(&'s str, &'s Json)>,
    items: Vec<&'s Json>,
    /// There is one schema for all items, and not one for each.
    one_for_all: bool,
    any_of: Option<&'s Vec<Json>>,
    all_of: Option<&'s Vec<Json>>,
    reference: Option<&'s str>,
}

impl<'s> Schema<'s> {
    fn of(schema: &'s Json) -> Self {
        let field = |name: &str| schema.get(name);
        let kinds = match field("type") {
            Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).collect(),
            kind => kind.and_then(Json::as_str).into_iter().collect(),
        };
        let properties = field("properties").and_then(Json::as_object).into_iter().flatten();
        let (items, one_for_all) = match field("items") {
            Some(Json::Array(items)) => (items.iter().collect(), false),
            items => (items.into_iter().collect(), true),
        };
        Self {
            kinds,
            properties: properties.map(|(name, schema)| (name.as_str(), schema)).collect(),
            items,
            one_for_all,
            any_of: field("anyOf").and_then(Json::as_array),
            all_of: field("allOf").and_then(Json::as_array),
            reference: field("$ref").and_then(Json::as_str),
        }
    }

    fn is(&self, kind: &str) -> bool {
        self.kinds.contains(&kind)
    }

    /// Adds the kind that properties or items speak of.
    fn assume_kind(&mut self) {
        let kind = match (self.properties.is_empty(), self.items.is_empty()) {
            (false, _) => "object",
            (true, false) => "array",
            (true, true) => return,
        };
        if !self.is(kind) {
            self.kinds.push(kind);
        }
    }

    fn kinds_text(&self) -> String {
        match self.kinds.as_slice() {
            [] => "undefined".to_owned(),
            [only] => (*only).to_owned(),
            all => format!("[{}]", all.join(",")),
        }
    }
}

struct Reader<'s> {
    root: &'s Json,
    /// The references that are being followed.
    open: Vec<&'s str>,
    /// How often a reference is followed within itself.
    unfolded: usize,
    /// How many schemas may still be read.
    budget: usize,
}

impl<'s> Reader<'s> {
    fn json(&mut self, schema: &'s Json) -> Result<Known, Fault> {
        self.tpe(&Schema::of(schema))
    }

    fn tpe(&mut self, schema: &Schema<'s>) -> Result<Known, Fault> {
        self.budget = self.budget.checked_sub(1).ok_or(Fault::TooLarge)?;
        if let Some(reference) = schema.reference {
            return self.referenced(reference);
        }
        if let Some(choices) = schema.any_of {
            return self.any_of(schema, choices);
        }
        if let Some(parts) = schema.all_of {
            return self.all_of(schema, parts);
        }
        if schema.kinds.is_empty() && !(schema.properties.is_empty() && schema.items.is_empty()) {
            let mut schema = schema.clone();
            schema.assume_kind();
            return self.tpe(&schema);
        }
        Ok(Some(if schema.is("boolean") {
            Type::Boolean
        } else if schema.is("string") {
            Type::String
        } else if schema.is("integer") || schema.is("number") {
            Type::Number
        } else if schema.is("object") {
            self.object(schema)?
        } else if schema.is("array") {
            self.array(schema)?
        } else {
            Type::any()
        }))
    }

    fn object(&mut self, schema: &Schema<'s>) -> Result<Type, Fault> {
        let mut fixed: Vec<(Value, Known)> = Vec::new();
        for (name, property) in &schema.properties {
            let key = Value::String((*name).into());
            let tpe = self.json(property)?;
            if !fixed
                .iter()
                .any(|(known, _)| matches!((known, &key), (Value::String(a), Value::String(b)) if a == b))
            {
                fixed.push((key, tpe));
            }
        }
        let rest = fixed.is_empty().then(|| (Some(Type::any()), Some(Type::any())));
        Ok(ObjectType::of(fixed, rest))
    }

    fn array(&mut self, schema: &Schema<'s>) -> Result<Type, Fault> {
        let types = schema.items.iter().map(|item| self.json(item)).collect::<Result<Vec<_>, _>>()?;
        Ok(match types.as_slice() {
            [] => Type::array(Vec::new(), Some(Type::any())),
            [only] if schema.one_for_all => Type::array(Vec::new(), only.clone()),
            _ => Type::array(types, None),
        })
    }

    /// The schema that a reference names; what is within itself may be anything there.
    fn referenced(&mut self, reference: &'s str) -> Result<Known, Fault> {
        let within = self.open.iter().filter(|open| **open == reference).count();
        if within > self.unfolded || self.open.len() > DEPTH_MAX {
            return Ok(Some(Type::any()));
        }
        let schema = self.find(reference)?;
        self.open.push(reference);
        let tpe = self.json(schema);
        self.open.pop();
        tpe
    }

    fn find(&self, reference: &str) -> Result<&'s Json, Fault> {
        let Some(pointer) = reference.strip_prefix('#') else {
            return Err(Fault::Invalid(format!("remote reference loading disabled: {reference}")));
        };
        self.root
            .pointer(pointer)
            .ok_or_else(|| Fault::Invalid(format!("Object has no key '{}'", pointer.rsplit('/').next().unwrap_or_default())))
    }

    fn any_of(&mut self, schema: &Schema<'s>, choices: &'s [Json]) -> Result<Known, Fault> {
        let mut all = None;
        if !schema.kinds.is_empty() {
            let core = self.tpe(&Schema {
                any_of: None,
                ..schema.clone()
            })?;
            if let Some(Type::Object(object)) = &core
                && object.rest.is_none()
                && !object.fixed.is_empty()
            {
                all = core;
            }
        }
        for choice in choices {
            all = or(self.json(choice)?, all);
        }
        Ok(all)
    }

    fn all_of(&mut self, schema: &Schema<'s>, parts: &'s [Json]) -> Result<Known, Fault> {
        let mut list = Vec::new();
        for part in parts {
            let mut part = Schema::of(part);
            let mut steps = 0;
            while let Some(reference) = part.reference.filter(|_| steps < DEPTH_MAX) {
                part = Schema::of(self.find(reference)?);
                steps += 1;
            }
            let only_choices = part.kinds.is_empty() && part.any_of.is_some() && part.properties.is_empty() && part.items.is_empty();
            if !only_choices {
                list.push(part);
            }
        }
        let Some(mut merged) = merged(list)? else {
            return Ok(Some(Type::any()));
        };
        if !schema.kinds.is_empty() {
            let both = |kind| schema.is(kind) && merged.is(kind);
            if both("object") || both("array") {
                let own = Schema {
                    all_of: None,
                    ..schema.clone()
                };
                merged = self::merged(vec![merged, own])?.unwrap_or_default();
            } else if schema.kinds_text() != merged.kinds_text() {
                return Err(Fault::Unfit("unable to merge these schemas".to_owned()));
            }
        }
        self.tpe(&merged)
    }
}

/// One schema that demands what all of them do, as far as types go.
fn merged(mut schemas: Vec<Schema<'_>>) -> Result<Option<Schema<'_>>, Fault> {
    schemas.iter_mut().for_each(Schema::assume_kind);
    let mut schemas = schemas.into_iter();
    let Some(mut result) = schemas.next() else { return Ok(None) };
    for schema in schemas {
        if result.kinds_text() != schema.kinds_text() {
            return Err(Fault::Unfit(format!(
                "unable to merge these schemas: type mismatch: {} and {}",
                result.kinds_text(),
                schema.kinds_text()
            )));
        }
        if !result.properties.is_empty() && !schema.properties.is_empty() {
            result.properties.extend(schema.properties);
        } else if !result.items.is_empty() && !schema.items.is_empty() {
            let known = result.items.len();
            for (mine, other) in result.items.iter().zip(&schema.items) {
                if Schema::of(mine).kinds_text() != Schema::of(other).kinds_text() {
                    return Err(Fault::Unfit("unable to merge these schemas".to_owned()));
                }
            }
            result.items.extend(schema.items.into_iter().skip(known));
        }
    }
    Ok(Some(result))
}

/// An object type in which the value at a path has another type; what is no object becomes one.
pub(super) fn with_override(tpe: Option<&Type>, path: &[Value], value: Type) -> Type {
    let Some((key, rest)) = path.split_first() else { return value };
    let Some(Type::Object(object)) = tpe else {
        return nested(path, value, Some((Some(Type::any()), Some(Type::any()))));
    };
    let mut fixed = object.fixed.clone();
    let same = |known: &Value| crate::analysis::compare::compare_values(known, key).is_eq();
    match fixed.iter_mut().find(|(known, _)| same(known)) {
        Some((_, known)) => *known = Some(with_override(known.clone().as_ref(), rest, value)),
        None => {
            if let Type::Object(added) = nested(path, value, object.rest.clone()) {
                fixed.extend(added.fixed.iter().cloned());
            }
        }
    }
    ObjectType::of(fixed, object.rest.clone())
}

fn nested(path: &[Value], value: Type, rest: Option<(Known, Known)>) -> Type {
    match path.split_first() {
        Some((key, below)) => {
            let inner = nested(below, value, rest.clone());
            ObjectType::of(vec![(key.clone(), Some(inner))], rest)
        }
        None => value,
    }
}
