//! `json.match_schema`, `json.verify_schema`: JSON Schema as OPA's library understands it, a mixture of drafts 4, 6 and 7 unless `$schema` names one of them.
//!
//! A schema is compiled once and kept, for it outlives the decision: `compile` turns its document into `model`, `pool` finds what references mean,
//! `validate` checks documents against it and `report` words what is wrong. Documents of other hosts are not loaded.

mod compile;
mod email;
mod format;
mod limits;
mod measure;
mod meta;
pub mod model;
mod pool;
pub mod report;
mod validate;

pub use compile::compile;
pub use validate::validate;

use super::args::failure;
use super::json::{check, text};
use super::kept::{Kept, measured};
use super::tree::{NoTree, Tree};
use crate::collections::{Array, Object};
use crate::json::read_quietly;
use crate::mem::{self, Global};
use crate::value::{Kind, Value};
use model::Schema;

const MATCH: &str = "json.match_schema";
const VERIFY: &str = "json.verify_schema";

/// How many compiled schemas are kept, and how many bytes of them.
const ENTRIES: usize = 32;
const BYTES: u32 = 16 << 20;

/// What is said of documents that only we refuse.
const DOCUMENT_TOO_DEEP: &str = "document is nested too deeply";

/// Why an operand is no document.
enum Refusal {
    /// In words.
    Text(&'static str),
    /// The outcome of the call.
    Value(Value),
}

/// The document of an operand: JSON text, or a value.
fn document(value: Value) -> Result<Tree, Refusal> {
    let value = match value.kind() {
        Kind::String if check::is_valid(value.str_bytes()) => read_quietly(value.str_bytes()),
        Kind::String => return Err(Refusal::Text("invalid JSON string")),
        Kind::Array | Kind::Object => value,
        _ => return Err(Refusal::Text("wrong type, expected string or object")),
    };
    if !value.is_defined() {
        return Err(Refusal::Text("invalid JSON string"));
    }
    Tree::of(value).map_err(|reason| match reason {
        NoTree::Depth => Refusal::Text(DOCUMENT_TOO_DEEP),
        NoTree::Number => match text(MATCH, value) {
            Ok(_) => Refusal::Text("invalid number"),
            Err(error) => Refusal::Value(error),
        },
    })
}

fn refuse(name: &str, refusal: &Refusal) -> Value {
    match refusal {
        Refusal::Text(what) => failure(name, what),
        Refusal::Value(value) => *value,
    }
}

/// The operand's word, if it stands for the same value in every decision, else its text.
type Key = (Option<u64>, Box<[u8]>);

static SCHEMAS: Global<Kept<Key, Schema>> = Global::new(Kept::new(ENTRIES, BYTES));

/// What a schema is known by.
fn key(value: Value) -> Option<(Option<u64>, &'static [u8])> {
    if value.address() < mem::heap_base() {
        return Some((Some(value.word()), b""));
    }
    match value.kind() {
        Kind::String => Some((None, value.str_bytes())),
        _ => text(MATCH, value).ok().map(|text| (None, text)),
    }
}

fn cached(key: (Option<u64>, &[u8])) -> Option<&'static Schema> {
    SCHEMAS.get().find(|(word, text)| *word == key.0 && **text == *key.1)
}

fn keep(key: (Option<u64>, &[u8]), schema: Schema, size: u32) -> Option<&'static Schema> {
    SCHEMAS.get().keep((key.0, key.1.into()), schema, size + key.1.len() as u32)
}

/// Whether a document fits a schema, and what is wrong with it.
#[unsafe(export_name = "b.json.match_schema")]
pub extern "C" fn match_schema(subject: Value, schema: Value) -> Value {
    let tree = match document(subject) {
        Ok(tree) => tree,
        Err(refusal) => return refuse(MATCH, &refusal),
    };
    let known = match key(schema) {
        Some(key) => cached(key).ok_or(Some(key)),
        None => Err(None),
    };
    let own;
    let compiled = match known {
        Ok(compiled) => compiled,
        Err(key) => {
            let (compiled, size) = measured(|| document(schema).map(compile));
            let compiled = match compiled {
                Ok(Ok(compiled)) => compiled,
                Ok(Err(message)) => return failure(MATCH, &message),
                Err(refusal) => return refuse(MATCH, &refusal),
            };
            match key {
                Some(key) => match keep(key, compiled, size) {
                    Some(compiled) => compiled,
                    None => return Value::UNDEFINED,
                },
                None => {
                    own = compiled;
                    &own
                }
            }
        }
    };
    let Some(faults) = validate(compiled, &tree) else {
        return failure(
            MATCH,
            "the schema refers to itself without end, is nested too deeply or takes too many steps",
        );
    };
    let list = Array::with_capacity(faults.len() as u32);
    for fault in &faults {
        let error = [&fault.field, &b": "[..], &fault.description].concat();
        let object = Object::with_capacity(4);
        let set = |name: &'static str, text: &[u8]| object.insert(Value::string_static(name.as_bytes()), Value::string(text));
        set("error", &error);
        set("type", fault.kind.as_bytes());
        set("field", &fault.field);
        set("desc", &fault.description);
        list.push(object.value());
    }
    pair(Value::boolean(faults.is_empty()), list.value())
}

fn pair(first: Value, second: Value) -> Value {
    let pair = Array::with_capacity(2);
    pair.push(first);
    pair.push(second);
    pair.value()
}

/// Whether a document is a schema, and else why not.
#[unsafe(export_name = "b.json.verify_schema")]
pub extern "C" fn verify_schema(schema: Value) -> Value {
    let reason = match document(schema).map(compile) {
        Ok(Ok(_)) => return pair(Value::TRUE, Value::NULL),
        Ok(Err(message)) => message,
        Err(Refusal::Text(what)) => what.to_owned(),
        Err(refusal) => return refuse(VERIFY, &refusal),
    };
    // A limit of ours says nothing about the schema.
    if [DOCUMENT_TOO_DEEP, compile::TOO_DEEP, compile::TOO_LARGE].contains(&reason.as_str()) {
        return failure(VERIFY, &reason);
    }
    let message = ["jsonschema: ", &reason].concat();
    pair(Value::FALSE, Value::string(message.as_bytes()))
}
