//! `strings.render_template`: Go's `text/template` on a document whose numbers are texts.
//!
//! `lex` and `parse` (with `literal`) make a `tree` of the text, `exec` runs it on values (`value`) with `functions`.

mod exec;
mod functions;
mod lex;
mod literal;
mod parse;
mod printf;
mod tree;
mod value;

use super::args::{failure, failure_parts, type_error};
use super::json;
use super::term;
use super::tree::Tree;
use crate::arena::Buffer;
use crate::value::{Kind, Value};

const NAME: &str = "strings.render_template";

/// What a template makes of a document, or why it makes nothing.
pub fn render(text: &str, document: &Tree) -> Result<Vec<u8>, String> {
    let templates = parse::parse(text)?;
    exec::run(text, &templates, document)
}

/// A text with a template's actions carried out.
#[unsafe(export_name = "b.strings.render_template")]
pub extern "C" fn render_template(text: Value, variables: Value) -> Value {
    let Some(source) = text.as_str() else {
        return type_error(NAME, 0, text, "string");
    };
    if variables.kind() != Kind::Object {
        return type_error(NAME, 1, variables, "object");
    }
    // The document is what the object's literal is as JSON, so sets and keys that are no strings are mistakes.
    let mut literal = Buffer::new();
    term::write(variables, &mut literal);
    let Some(literal) = literal.finish() else {
        return Value::ERROR;
    };
    let document = json::read(NAME, literal);
    if !document.is_defined() {
        return document;
    }
    let Ok(document) = Tree::of(document) else {
        return failure(NAME, "document is nested too deeply");
    };
    match render(&String::from_utf8_lossy(source), &document) {
        Ok(out) => Value::string(&replaced(&out)),
        Err(message) => failure_parts(NAME, &[message.as_bytes()]),
    }
}

/// What is missing is shown as undefined.
fn replaced(text: &[u8]) -> Vec<u8> {
    const MISSING: &[u8] = b"<no value>";
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = super::text::find(rest, MISSING) {
        out.extend_from_slice(rest.get(..place).unwrap_or_default());
        out.extend_from_slice(b"<undefined>");
        rest = rest.get(place + MISSING.len()..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests;
