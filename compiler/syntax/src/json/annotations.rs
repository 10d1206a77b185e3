//! Blocks of metadata. What in them is Rego was parsed from texts of its own, so its places are places in these.

use serde_json::{Map, Value as Json};

use super::{Encoder, Writer};
use crate::ast::{Annotations, CompileAnnotation, OwnRef, SchemaAnnotation};

impl Encoder<'_> {
    pub(super) fn annotations(&mut self, block: &Annotations) {
        let empty = Map::new();
        let fields = block.document.as_object().unwrap_or(&empty);
        self.node("*ast.Annotations", |e| {
            if let Some(authors) = fields.get("authors").and_then(Json::as_array) {
                e.out.key("authors");
                e.array(authors, Self::author);
            }
            if let Some(compile) = &block.compile {
                e.out.key("compile");
                e.compile(compile);
            }
            for key in ["custom", "description", "entrypoint", "labels"] {
                e.plain_field(fields, key);
            }
            if e.locations {
                e.out.key("location");
                e.place(block.span, &block_text(block));
            }
            for key in ["organizations", "related_resources"] {
                e.plain_field(fields, key);
            }
            if !block.schemas.is_empty() {
                e.out.key("schemas");
                e.array(&block.schemas, Self::schema);
            }
            e.string_field("scope", &block.scope);
            e.plain_field(fields, "title");
        });
    }

    fn author(&mut self, author: &Json) {
        self.object(|e| {
            e.string_field("name", author["name"].as_str().unwrap_or_default());
            if let Some(email) = author["email"].as_str() {
                e.string_field("email", email);
            }
        });
    }

    fn compile(&mut self, compile: &CompileAnnotation) {
        self.object(|e| {
            if !compile.unknowns.is_empty() {
                e.out.key("unknowns");
                e.array(&compile.unknowns, |e, unknown| match unknown {
                    Some(reference) => e.own_ref(reference),
                    None => e.out.literal("null"),
                });
            }
            if let Some(mask) = &compile.mask_rule {
                e.out.key("mask_rule");
                e.own_ref(mask);
            }
        });
    }

    fn schema(&mut self, schema: &SchemaAnnotation) {
        self.node("*ast.SchemaAnnotation", |e| {
            e.out.key("path");
            e.array(&schema.path.parts, |e, part| e.object(|e| e.placeless(&part.value)));
            if let Some(reference) = &schema.schema {
                e.out.key("schema");
                // The root alone is OPA's own and stands nowhere.
                if reference.parts.len() == 1 {
                    e.array(&reference.parts, |e, part| e.object(|e| e.placeless(&part.value)));
                } else {
                    e.own_ref(reference);
                }
            }
            if let Some(definition) = &schema.definition {
                e.out.key("definition");
                e.plain(definition);
            }
        });
    }

    fn own_ref(&mut self, reference: &OwnRef) {
        let mut inner = Encoder {
            out: std::mem::replace(&mut self.out, Writer::new(false)),
            file: "",
            text: &reference.text,
            locations: self.locations,
            nodes: std::mem::take(&mut self.nodes),
            fault: self.fault.take(),
        };
        inner.terms(&reference.parts);
        (self.out, self.nodes, self.fault) = (inner.out, inner.nodes, inner.fault);
    }

    fn plain_field(&mut self, fields: &Map<String, Json>, key: &str) {
        if let Some(value) = fields.get(key) {
            self.out.key(key);
            self.plain(value);
        }
    }

    /// A document; keys come by the alphabet.
    fn plain(&mut self, value: &Json) {
        match value {
            Json::Null => self.out.literal("null"),
            Json::Bool(value) => self.out.literal(if *value { "true" } else { "false" }),
            Json::Number(number) => self.out.literal(&number.to_string()),
            Json::String(text) => self.out.string(text),
            Json::Array(items) => self.array(items, Self::plain),
            Json::Object(fields) => {
                let mut keys: Vec<&String> = fields.keys().collect();
                keys.sort();
                self.object(|e| keys.into_iter().for_each(|key| e.plain_field(fields, key)));
            }
        }
    }
}

/// The text of a block, as if each of its lines began with `# `.
pub(super) fn block_text(block: &Annotations) -> String {
    let mut text = "# METADATA".to_owned();
    for line in block.text.strip_suffix('\n').unwrap_or(&block.text).split('\n') {
        text.push_str("\n# ");
        text.push_str(line);
    }
    text
}
