//! `rego.parse_module`: a module's syntax tree as a document. The parser is the compiler's own (`warrego-syntax`); this hands it the text and reads
//! the JSON that it writes. (`rego.metadata.*` are answered at compile time.)
//!
//! OPA parses with default options: version 1 whatever the policy is, and blocks of metadata are mere comments.

use super::args::{failure, failure_parts, type_error};
use crate::error;
use crate::json;
use crate::value::{Kind, Value};
use warrego_syntax::ParseOptions;
use warrego_syntax::diagnostic::errors_text;
use warrego_syntax::json::{Layout, module_json};
use warrego_syntax::parse_without_annotations;
use warrego_syntax::source::Source;

const NAME: &str = "rego.parse_module";
/// The longest text, in bytes. A tree takes a hundred times as much.
const TEXT_MAX: usize = 1 << 20;
/// How deep trees may be, in the parser's measure: a tenth of what it allows elsewhere, as is the stack.
const DEPTH_MAX: u32 = 200;

/// The tree of a module, as `opa parse` gives it.
#[unsafe(export_name = "b.rego.parse_module")]
pub extern "C" fn parse_module(name: Value, text: Value) -> Value {
    for operand in [name, text] {
        // OPA numbers both of them 1.
        if operand.kind() != Kind::String {
            return type_error(NAME, 0, operand, "string");
        }
    }
    let name = String::from_utf8_lossy(name.str_bytes()).into_owned();
    let text = text.str_bytes();
    if text.len() > TEXT_MAX {
        return failure(NAME, "module is too large");
    }
    match String::from_utf8(text.to_vec()) {
        Ok(text) => document(Source { name, text }),
        Err(error) => not_utf8(&name, text, error.utf8_error().valid_up_to()),
    }
}

fn document(source: Source) -> Value {
    let options = ParseOptions {
        process_annotations: false,
        depth: DEPTH_MAX,
        ..ParseOptions::default()
    };
    let parsed = parse_without_annotations(0, &source.text, &options);
    let Some(module) = parsed.module else {
        if !error::strict() {
            return Value::UNDEFINED;
        }
        return failure(NAME, &errors_text(&parsed.errors, &source.name));
    };
    let layout = Layout {
        locations: false,
        comments: true,
        indented: false,
    };
    match module_json(module, &source, layout) {
        // Strings of the value lie in the text, so that has to be in the arena.
        Ok(json) => json::read_quietly(Value::string(json.as_bytes()).str_bytes()),
        Err(error) if error::strict() => failure(NAME, &error.to_string()),
        Err(_) => Value::UNDEFINED,
    }
}

/// A byte that is no part of a character.
#[cold]
fn not_utf8(name: &str, text: &[u8], at: usize) -> Value {
    let row = text.iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
    let place = if name.is_empty() {
        format!("{row}:1")
    } else {
        format!("{name}:{row}")
    };
    failure_parts(
        NAME,
        &[
            b"1 error occurred: ",
            place.as_bytes(),
            b": rego_parse_error: illegal utf-8 character",
        ],
    )
}
