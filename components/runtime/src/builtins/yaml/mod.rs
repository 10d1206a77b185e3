//! `yaml.marshal`, `yaml.unmarshal`, `yaml.is_valid`: YAML as the library does it that OPA uses, a descendant of libyaml with version 1.2's booleans.
//!
//! `source` and `scan` (with `scalars` and `tags`) make tokens of text, `nodes` makes nodes of tokens, `resolve` tells what scalars mean, `decode` follows
//! aliases and merges, `emit` writes.

mod decode;
mod emit;
mod nodes;
mod resolve;
mod scalars;
mod scan;
mod source;
mod tags;

use super::args::{failure_parts, type_error};
use super::json::text;
use super::tree::Tree;
use crate::value::Value;
use decode::{load, to_tree};
use source::Fault;

/// The library's message about a fault.
fn message(fault: &Fault) -> String {
    let line = match fault.line {
        0 => String::new(),
        line => ["line ", &line.to_string(), ": "].concat(),
    };
    ["yaml: ", &line, &fault.problem].concat()
}

/// The JSON document that a YAML text stands for.
pub fn read(text: &[u8]) -> Result<Tree, String> {
    to_tree(load(text, true).map_err(|fault| message(&fault))?)
}

/// A JSON text as YAML.
pub fn write(json: &[u8]) -> Result<String, String> {
    match load(json, false) {
        Ok(data) => Ok(emit::emit(&data)),
        Err(fault) => Err(message(&fault)),
    }
}

/// A value as YAML.
#[unsafe(export_name = "b.yaml.marshal")]
pub extern "C" fn marshal(value: Value) -> Value {
    const NAME: &str = "yaml.marshal";
    match text(NAME, value).map(write) {
        Ok(Ok(text)) => Value::string(text.as_bytes()),
        Ok(Err(message)) => failure_parts(NAME, &[message.as_bytes()]),
        Err(error) => error,
    }
}

/// The value of a YAML text.
#[unsafe(export_name = "b.yaml.unmarshal")]
pub extern "C" fn unmarshal(value: Value) -> Value {
    const NAME: &str = "yaml.unmarshal";
    match value.as_str().map(read) {
        Some(Ok(tree)) => tree.value(),
        Some(Err(message)) => failure_parts(NAME, &[message.as_bytes()]),
        None => type_error(NAME, 0, value, "string"),
    }
}

/// Whether a string is YAML.
#[unsafe(export_name = "b.yaml.is_valid")]
pub extern "C" fn is_valid(value: Value) -> Value {
    Value::boolean(value.as_str().is_some_and(|text| read(text).is_ok()))
}

#[cfg(test)]
mod tests;
