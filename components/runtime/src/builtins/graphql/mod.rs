//! `graphql.*`: GraphQL's queries and schemas as trees, and queries held against schemas.
//!
//! OPA leaves this to a library, whose trees, rules and messages are what policies see. Here are a small parser and its rules of our own: text → tokens
//! (`lexer`) → trees (`ast`, by `parser`, `query` and `schema`; `object` for trees that policies give back) → the types to validate against (`types`,
//! `checks`, with the `prelude`) → the walk and its rules (`walk`, `rules`, `suggest`) → what is wrong (`report`) or the tree (`json`). All of these
//! know nothing of Rego's values and can be tested anywhere; this file is the bridge.
//!
//! A schema that was found valid is kept with its text for the next call.

mod ast;
mod cache;
mod checks;
mod json;
mod lexer;
mod object;
mod parser;
mod prelude;
mod query;
mod report;
mod rules;
mod schema;
mod suggest;
#[cfg(test)]
mod tests;
mod types;
mod walk;

use super::args::{failure, type_error};
use crate::collections::{Array, Object};
use crate::error::{self, TYPE_ERROR};
use crate::json::read_quietly;
use crate::value::{Kind, Value};
use ast::{Query, SchemaDocument};
use object::{TREE_DEPTH_MAX, Tree};
use report::{Refusal, TOO_DEEP, TOO_LARGE};
use types::Schema;

/// The longest text, in bytes.
const TEXT_MAX: usize = 4 << 20;

/// An operand that is neither text nor tree.
struct WrongType;

/// The tree of a query's text.
#[unsafe(export_name = "b.graphql.parse_query")]
pub extern "C" fn parse_query(a: Value) -> Value {
    const NAME: &str = "graphql.parse_query";
    if a.kind() != Kind::String {
        return type_error(NAME, 0, a, "string");
    }
    match text_of(a).and_then(|text| query::parse(&text)) {
        Ok(query) => document(&json::query_json(&query)),
        Err(refusal) => refused(NAME, &refusal),
    }
}

/// The tree of a schema's text. The schema need not be valid.
#[unsafe(export_name = "b.graphql.parse_schema")]
pub extern "C" fn parse_schema(a: Value) -> Value {
    const NAME: &str = "graphql.parse_schema";
    if a.kind() != Kind::String {
        return type_error(NAME, 0, a, "string");
    }
    match text_of(a).and_then(|text| schema::parse(&text, false)) {
        Ok(schema) => document(&json::schema_json(&schema)),
        Err(refusal) => refused(NAME, &refusal),
    }
}

/// The trees of a query and a schema, if the query fits the schema.
#[unsafe(export_name = "b.graphql.parse")]
pub extern "C" fn parse(a: Value, b: Value) -> Value {
    const NAME: &str = "graphql.parse";
    let query = match read_query(a) {
        Ok(Ok(query)) => query,
        Ok(Err(refusal)) => return refused(NAME, &refusal),
        Err(WrongType) => return not_a_document(NAME, b"0", a),
    };
    let schema = match read_schema(b) {
        Ok(Ok(schema)) => schema,
        Ok(Err(refusal)) => return refused(NAME, &refusal),
        Err(WrongType) => return not_a_document(NAME, b"1", b),
    };
    match verified(b, &query, schema) {
        Ok([query, schema]) => trees(&[document(&query), document(&schema)]),
        Err(refusal) => refused(NAME, &refusal),
    }
}

/// Whether a query fits a schema, and if so, the trees of both.
#[unsafe(export_name = "b.graphql.parse_and_verify")]
pub extern "C" fn parse_and_verify(a: Value, b: Value) -> Value {
    let both = match (read_query(a), read_schema(b)) {
        (Ok(query), Ok(schema)) => query.and_then(|query| Ok((query, schema?))).map(Some),
        _ => Ok(None),
    };
    match both.and_then(|both| both.map(|(query, schema)| verified(b, &query, schema)).transpose()) {
        Ok(Some([query, schema])) => trees(&[Value::boolean(true), document(&query), document(&schema)]),
        Err(refusal) if refusal.is_limit() => refused("graphql.parse_and_verify", &refusal),
        _ => trees(&[Value::boolean(false), Object::new().value(), Object::new().value()]),
    }
}

/// Whether a query fits a schema.
#[unsafe(export_name = "b.graphql.is_valid")]
pub extern "C" fn is_valid(a: Value, b: Value) -> Value {
    let valid = match read_query(a) {
        Ok(Ok(query)) => with_schema(b, |schema| walk::validate(schema, &query)),
        Ok(Err(refusal)) => Err(Some(refusal)),
        Err(WrongType) => Err(None),
    };
    is_fine("graphql.is_valid", &valid)
}

/// Hands the schema of an operand to `act`; else why there is none.
fn with_schema<T>(operand: Value, act: impl FnOnce(&Schema) -> Result<T, Refusal>) -> Result<T, Option<Refusal>> {
    let mut why = None;
    let read = || {
        let schema = read_schema(operand).ok()?.and_then(Schema::new);
        schema.map_err(|refusal| why = Some(refusal)).ok()
    };
    match cache::with(operand, read, act) {
        Some(outcome) => outcome.map_err(Some),
        None => Err(why),
    }
}

/// Whether something is valid. A limit of ours is no answer to that.
fn is_fine(name: &str, outcome: &Result<(), Option<Refusal>>) -> Value {
    match outcome {
        Ok(()) => Value::TRUE,
        Err(Some(refusal)) if refusal.is_limit() => refused(name, refusal),
        Err(_) => Value::FALSE,
    }
}

/// Whether a schema is valid.
#[unsafe(export_name = "b.graphql.schema_is_valid")]
pub extern "C" fn schema_is_valid(a: Value) -> Value {
    is_fine("graphql.schema_is_valid", &with_schema(a, |_| Ok(())))
}

/// The JSON of a query and of a schema that it fits. `operand` is what the schema was read from.
fn verified(operand: Value, query: &Query, schema: SchemaDocument) -> Result<[String; 2], Refusal> {
    let trees = [json::query_json(query), json::schema_json(&schema)];
    let mut why = None;
    let valid = cache::with(
        operand,
        || Schema::new(schema).map_err(|refusal| why = Some(refusal)).ok(),
        |schema| walk::validate(schema, query),
    );
    match (valid, why) {
        (Some(valid), _) => valid.map(|()| trees),
        (None, Some(refusal)) => Err(refusal),
        (None, None) => Err(TOO_LARGE.into()),
    }
}

fn read_query(operand: Value) -> Result<Result<Query, Refusal>, WrongType> {
    match operand.kind() {
        Kind::String => Ok(text_of(operand).and_then(|text| query::parse(&text))),
        Kind::Object => Ok(tree_of(operand, 0).and_then(|tree| object::query(&tree))),
        _ => Err(WrongType),
    }
}

fn read_schema(operand: Value) -> Result<Result<SchemaDocument, Refusal>, WrongType> {
    match operand.kind() {
        Kind::String => Ok(text_of(operand).and_then(|text| schema::parse(&text, false))),
        Kind::Object => Ok(tree_of(operand, 0).and_then(|tree| object::schema(&tree))),
        _ => Err(WrongType),
    }
}

fn text_of(operand: Value) -> Result<String, Refusal> {
    let bytes = operand.str_bytes();
    if bytes.len() > TEXT_MAX {
        return Err(TOO_LARGE.into());
    }
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// A value without what JSON cannot say.
fn tree_of(value: Value, depth: u32) -> Result<Tree, Refusal> {
    if depth > TREE_DEPTH_MAX {
        return Err(TOO_DEEP.into());
    }
    let text = |value: Value| String::from_utf8_lossy(value.str_bytes()).into_owned();
    Ok(match value.kind() {
        Kind::Boolean => Tree::Bool(value.as_bool() == Some(true)),
        Kind::Number => {
            let mut text = crate::arena::Buffer::new();
            super::term::write(value, &mut text);
            Tree::Number(String::from_utf8_lossy(text.as_bytes()).into_owned())
        }
        Kind::String => Tree::Text(text(value)),
        Kind::Array | Kind::Set => {
            let elements = super::args::elements(value).into_iter().flatten();
            Tree::List(elements.map(|element| tree_of(element, depth + 1)).collect::<Result<_, _>>()?)
        }
        Kind::Object => {
            let pairs = value
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(key, _)| key.kind() == Kind::String);
            let pair = |(key, value)| Ok((text(key), tree_of(value, depth + 1)?));
            Tree::Object(pairs.map(pair).collect::<Result<_, Refusal>>()?)
        }
        _ => Tree::Null,
    })
}

/// The value of a JSON text. Its strings lie in the text, so that has to be in the arena.
fn document(json: &str) -> Value {
    read_quietly(Value::string(json.as_bytes()).str_bytes())
}

fn trees(values: &[Value]) -> Value {
    if values.iter().all(|value| value.is_defined()) {
        Array::from_values(values.iter().copied()).value()
    } else {
        Value::ERROR
    }
}

#[cold]
fn refused(name: &str, refusal: &Refusal) -> Value {
    if !error::strict() {
        return Value::UNDEFINED;
    }
    failure(name, &refusal.text())
}

/// OPA counts these operands from 0.
#[cold]
fn not_a_document(name: &str, position: &[u8], got: Value) -> Value {
    let kind = got.kind().name().as_bytes();
    error::builtin(
        TYPE_ERROR,
        &[
            name.as_bytes(),
            b": operand ",
            position,
            b" must be one of {string, object} but got ",
            kind,
        ],
    )
}
