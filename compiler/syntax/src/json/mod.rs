//! A module as the JSON document that OPA makes of it: what `opa parse --format json` prints and `rego.parse_module` gives, with the same fields in
//! the same order. The tree is read as the parser left it; only collections are put in order before (see [`crate::order::sort_collections`]).
//!
//! What OPA gives as a node's text is now and then less than the node, or more: these cases stand where the node is written. The tree's own spans are
//! for people.
//!
//! `module` writes statements, `terms` what is in them, `annotations` metadata, `heads` finds out what OPA keeps of a head for the sake of old
//! readers; `writer` is JSON itself.

mod annotations;
mod heads;
mod module;
mod terms;
mod writer;

use std::fmt;

use crate::ast::{Annotations, Module, Term};
use crate::order::sort_collections;
use crate::source::{Source, Span};
use writer::Writer;

/// What the document holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Every node says where it stands, with its text.
    pub locations: bool,
    /// Comments are in it.
    pub comments: bool,
    /// Lines, indented by two blanks per level.
    pub indented: bool,
}

/// Why there is no document: a number that Rego allows and JSON does not (`.5`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritable {
    number: String,
    /// What the number is in, from the outside, as OPA calls these types.
    within: Vec<&'static str>,
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for node in &self.within {
            write!(f, "json: error calling MarshalJSON for type {node}: ")?;
        }
        write!(f, "json: invalid number literal \"{}\"", self.number)
    }
}

impl std::error::Error for Unwritable {}

/// The document of a module that was parsed from `source`.
///
/// # Errors
/// A number in it is none in JSON.
pub fn module_json(mut module: Module, source: &Source, layout: Layout) -> Result<String, Unwritable> {
    sort_collections(&mut module);
    if !layout.comments {
        module.comments.clear();
    }
    let mut encoder = Encoder {
        out: Writer::new(layout.indented),
        file: &source.name,
        text: &source.text,
        locations: layout.locations,
        nodes: Vec::new(),
        fault: None,
    };
    encoder.module(&module);
    match encoder.fault {
        Some(fault) => Err(fault),
        None => Ok(encoder.out.finish()),
    }
}

/// The document of a reference, an array of its parts.
///
/// # Errors
/// A number in it is none in JSON.
pub fn reference_json(reference: &[Term]) -> Result<String, Unwritable> {
    alone(|encoder| encoder.terms(reference))
}

/// The document of a block of metadata.
///
/// # Errors
/// A number in it is none in JSON.
pub fn annotations_json(block: &Annotations) -> Result<String, Unwritable> {
    alone(|encoder| encoder.annotations(block))
}

/// A document of a part of a module, without places.
fn alone(write: impl FnOnce(&mut Encoder<'_>)) -> Result<String, Unwritable> {
    let mut encoder = Encoder {
        out: Writer::new(false),
        file: "",
        text: "",
        locations: false,
        nodes: Vec::new(),
        fault: None,
    };
    write(&mut encoder);
    match encoder.fault {
        Some(fault) => Err(fault),
        None => Ok(encoder.out.finish()),
    }
}

struct Encoder<'s> {
    out: Writer,
    file: &'s str,
    text: &'s str,
    locations: bool,
    /// The nodes around the one that is being written, by OPA's names.
    nodes: Vec<&'static str>,
    fault: Option<Unwritable>,
}

impl<'s> Encoder<'s> {
    fn object(&mut self, fields: impl FnOnce(&mut Self)) {
        self.out.begin('{');
        fields(self);
        self.out.end('}');
    }

    fn array<T>(&mut self, items: impl IntoIterator<Item = T>, mut each: impl FnMut(&mut Self, T)) {
        self.out.begin('[');
        for item in items {
            each(self, item);
        }
        self.out.end(']');
    }

    /// An object that errors name.
    fn node(&mut self, name: &'static str, fields: impl FnOnce(&mut Self)) {
        self.within(name, |e| e.object(fields));
    }

    /// Something that errors name.
    fn within(&mut self, name: &'static str, write: impl FnOnce(&mut Self)) {
        self.nodes.push(name);
        write(self);
        self.nodes.pop();
    }

    /// Something that was not written and so has no place.
    fn nowhere(&mut self, write: impl FnOnce(&mut Self)) {
        let locations = std::mem::replace(&mut self.locations, false);
        write(self);
        self.locations = locations;
    }

    fn string_field(&mut self, key: &str, value: &str) {
        self.out.key(key);
        self.out.string(value);
    }

    /// A field that is there only when it is true.
    fn flag(&mut self, key: &str, value: bool) {
        if value {
            self.out.key(key);
            self.out.literal("true");
        }
    }

    fn number(&mut self, text: &str) {
        // The parser lets nothing pass that is no number but for one without a digit before the point.
        if text.trim_start_matches('-').starts_with('.') && self.fault.is_none() {
            self.fault = Some(Unwritable {
                number: text.to_owned(),
                within: self.nodes.clone(),
            });
        }
        self.out.literal(text);
    }

    /// Where a node stands, if that is asked for.
    fn location(&mut self, span: Span) {
        if self.locations {
            self.out.key("location");
            self.place(span, self.slice(span));
        }
    }

    /// The text of a place.
    fn slice(&self, span: Span) -> &'s str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    fn place(&mut self, span: Span, text: &str) {
        let file = self.file;
        self.object(|e| {
            e.string_field("file", file);
            e.out.key("row");
            e.out.literal(&span.row.to_string());
            e.out.key("col");
            e.out.literal(&span.col.to_string());
            if e.locations && !text.is_empty() {
                e.out.key("text");
                e.out.bytes(text.as_bytes());
            }
        });
    }
}
