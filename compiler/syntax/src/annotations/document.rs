//! One `# METADATA` block: its fields, checked and in the order in which OPA's `rego.metadata` functions give them.

use serde_json::{Map, Value as Json, json};
use warrego_yaml::{Content, Tree, float_general};

use super::yaml::{Mapping, YamlError, as_str, describe, get, mapping_json, parse, scalar_text, wrong_types};
use crate::ast::{Annotations, Comment, CompileAnnotation, ExprKind, OwnRef, RegoVersion, SchemaAnnotation, Term, Value};
use crate::print::{quote, reference_text};
use crate::source::Span;
use crate::{ParseOptions, parse_query};

/// What is wrong with a block, and where.
type Fault = (Span, String);

/// Reads the comments below a `METADATA` line.
pub(super) fn read(span: Span, comments: &[Comment]) -> Result<Annotations, Fault> {
    let mut text = String::new();
    for comment in comments {
        text.push_str(comment.text.strip_prefix(' ').unwrap_or(&comment.text));
        text.push('\n');
    }
    if text.trim().is_empty() {
        return Err((span, "expected METADATA block, found whitespace".to_owned()));
    }
    let fields = parse(&text).and_then(|mapping| check_types(&mapping).map(|()| mapping));
    let fields = fields.map_err(|error| yaml_fault(error, comments, span))?;
    let mut annotations = annotations(&fields).map_err(|message| (span, message))?;
    annotations.span = span;
    annotations.text = text;
    Ok(annotations)
}

/// Errors of YAML are placed at a comment near the line they speak of.
fn yaml_fault(error: YamlError, comments: &[Comment], span: Span) -> Fault {
    let place = match error.line {
        Some(line) => comments.get(line).or(comments.last()),
        None => comments.first(),
    };
    let mut message = error.message;
    for comment in comments {
        let invalid = not_spaces(&comment.text);
        if !invalid.is_empty() {
            message.push_str(&format!(
                "\n  Hint: on line {}, symbol(s) [{}] immediately following a key/value separator ':' is not a legal yaml space character",
                comment.span.row,
                invalid.join(" ")
            ));
        }
    }
    (place.map_or(span, |comment| comment.span), message)
}

/// Characters behind colons that would have to be spaces.
fn not_spaces(text: &str) -> Vec<String> {
    let mut invalid = Vec::new();
    let mut parts = text.split(':').skip(1).peekable();
    while let Some(part) = parts.next() {
        match part.chars().next() {
            None if parts.peek().is_none() => break,
            None => invalid.push("'\\ufffd'".to_owned()),
            Some(' ' | '\t') => break,
            Some(char) if char.is_ascii() => invalid.push(format!("'{char}'")),
            Some(char) if (char as u32) < 0x10000 => invalid.push(format!("'\\u{:04x}'", char as u32)),
            Some(char) => invalid.push(format!("'\\U{:08x}'", char as u32)),
        }
    }
    invalid
}

/// Whether each field is of the type it has to be.
fn check_types(fields: &Mapping) -> Result<(), YamlError> {
    let mut complaints = Vec::new();
    for (key, value) in fields {
        let Some(key) = as_str(key) else { continue };
        if value.content == Content::Null {
            continue;
        }
        let line = value.line;
        match key {
            "scope" | "title" | "description" if scalar_text(value).is_none() => complaints.push((line, describe(value), "string")),
            "entrypoint" if truth(value).is_none() => complaints.push((line, describe(value), "bool")),
            "organizations" => check_items(value, "[]string", "string", |item| scalar_text(item).is_some(), &mut complaints),
            "authors" | "related_resources" => check_items(value, "[]interface {}", "", |_| true, &mut complaints),
            "schemas" => {
                let (list, item) = ("[]map[string]interface {}", "map[string]interface {}");
                check_items(value, list, item, is_mapping, &mut complaints);
            }
            "custom" | "labels" | "compile" if !is_mapping(value) => {
                complaints.push((line, describe(value), "map[string]interface {}"));
            }
            _ => {}
        }
    }
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(wrong_types(&complaints))
    }
}

/// All that the fields say; place and text are left open.
fn annotations(fields: &Mapping) -> Result<Annotations, String> {
    let mut out = Map::new();
    let text_of = |key: &str| get(fields, key).and_then(scalar_text).filter(|text| !text.is_empty());
    out.insert("scope".to_owned(), text_of("scope").unwrap_or_default().into());
    if let Some(title) = text_of("title") {
        out.insert("title".to_owned(), title.into());
    }
    if get(fields, "entrypoint").and_then(truth) == Some(true) {
        out.insert("entrypoint".to_owned(), true.into());
    }
    if let Some(description) = text_of("description") {
        out.insert("description".to_owned(), description.into());
    }
    let mut add = |key: &str, items: Vec<Json>| {
        if !items.is_empty() {
            out.insert(key.to_owned(), items.into());
        }
    };
    let organizations = items(fields, "organizations")
        .iter()
        .map(|item| scalar_text(item).unwrap_or_default().into());
    add("organizations", organizations.collect());
    let resources = items(fields, "related_resources")
        .iter()
        .map(|item| related_resource(item).map_err(|why| format!("invalid related-resource definition {}: {why}", go_text(item))));
    add("related_resources", resources.collect::<Result<_, _>>()?);
    let compile = compile(fields)?;
    let schemas: Result<Vec<SchemaAnnotation>, String> = items(fields, "schemas").iter().map(schema).collect();
    let authors = |item: &Tree| author(item).map_err(|why| format!("invalid author definition {}: {why}", go_text(item)));
    let schemas = schemas?;
    add("authors", items(fields, "authors").iter().map(authors).collect::<Result<_, _>>()?);
    add("schemas", schemas.iter().map(schema_document).collect());
    for key in ["custom", "labels"] {
        let Some(Content::Mapping(entries)) = get(fields, key).map(|value| &value.content) else {
            continue;
        };
        for (_, value) in entries {
            check_keys(value, "")?;
        }
        if !entries.is_empty() {
            out.insert(key.to_owned(), mapping_json(entries));
        }
    }
    Ok(Annotations {
        span: Span::default(),
        scope: text_of("scope").unwrap_or_default(),
        document: Json::Object(out),
        schemas,
        compile,
        text: String::new(),
        target_row: 0,
    })
}

/// `{path: schema}`, where the schema is a reference or stands there itself.
fn schema(item: &Tree) -> Result<SchemaAnnotation, String> {
    let (path, schema) = match &item.content {
        Content::Mapping(mapping) => mapping.first().map_or((String::new(), &Content::Null), |(key, value)| {
            (scalar_text(key).unwrap_or_default(), &value.content)
        }),
        _ => (String::new(), &Content::Null),
    };
    let Some(Value::Ref(parts)) = parse_term(&path).map(|term| term.value) else {
        return Err("invalid document reference".to_owned());
    };
    let (schema, definition) = match schema {
        Content::String(text) => {
            let is_root = |term: &Term| matches!(&term.value, Value::Var(name) if &**name == "schema");
            let parts = match parse_term(text) {
                Some(Term {
                    value: Value::Ref(parts), ..
                }) if is_root(&parts[0]) => parts,
                Some(term) if is_root(&term) => vec![term],
                _ => return Err("invalid schema reference".to_owned()),
            };
            (Some(OwnRef { text: text.clone(), parts }), None)
        }
        Content::Mapping(mapping) if has_string_keys(mapping) => (None, Some(mapping_json(mapping))),
        _ => return Err(format!("invalid schema declaration for path {}", quote(&path))),
    };
    Ok(SchemaAnnotation {
        path: OwnRef { text: path, parts },
        schema,
        definition,
    })
}

/// A schema's entry as policies see it.
fn schema_document(schema: &SchemaAnnotation) -> Json {
    let path = part_texts(&schema.path.parts);
    match (&schema.schema, &schema.definition) {
        (Some(name), _) => json!({"path": path, "schema": part_texts(&name.parts)}),
        (None, definition) => json!({"path": path, "definition": definition}),
    }
}

/// The items of a list; none where there is no list.
fn items<'y>(fields: &'y Mapping, key: &str) -> &'y [Tree] {
    match get(fields, key).map(|value| &value.content) {
        Some(Content::Sequence(items)) => items,
        _ => &[],
    }
}

/// YAML 1.1's words for true and false.
fn truth(value: &Tree) -> Option<bool> {
    match &value.content {
        Content::Boolean(value) => Some(*value),
        Content::String(word) => match word.as_str() {
            "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
            "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn check_items<'w>(
    value: &Tree,
    list: &'w str,
    wanted: &'w str,
    fits: impl Fn(&Tree) -> bool,
    complaints: &mut Vec<(usize, String, &'w str)>,
) {
    match &value.content {
        Content::Sequence(items) => {
            for item in items {
                if item.content != Content::Null && !fits(item) {
                    complaints.push((item.line, describe(item), wanted));
                }
            }
        }
        // A scalar does for a list of scalars that is left open.
        _ => complaints.push((value.line, describe(value), list)),
    }
}

/// Keys of inner mappings have to be strings.
fn check_keys(value: &Tree, path: &str) -> Result<(), String> {
    match &value.content {
        Content::Mapping(mapping) if !has_string_keys(mapping) => Err(format!("invalid map key type(s): {path}")),
        Content::Sequence(items) => items.iter().enumerate().try_for_each(|(index, item)| {
            let inner = if path.is_empty() {
                index.to_string()
            } else {
                format!("{path}/{index}")
            };
            check_keys(item, &inner)
        }),
        _ => Ok(()),
    }
}

fn field(mapping: &Mapping, key: &str) -> String {
    get(mapping, key).and_then(as_str).unwrap_or_default().trim().to_owned()
}

fn related_resource(item: &Tree) -> Result<Json, &'static str> {
    match &item.content {
        Content::String(reference) if reference.is_empty() => Err("ref URL may not be empty string"),
        Content::String(reference) => Ok(json!({"ref": reference})),
        Content::Mapping(mapping) => match (field(mapping, "ref"), field(mapping, "description")) {
            (reference, _) if reference.is_empty() => Err("'ref' value required in object"),
            (reference, description) if description.is_empty() => Ok(json!({"ref": reference})),
            (reference, description) => Ok(json!({"ref": reference, "description": description})),
        },
        _ => Err("invalid value type, must be string or map"),
    }
}

fn author(item: &Tree) -> Result<Json, &'static str> {
    let (name, email) = match &item.content {
        Content::String(text) => {
            let mut words: Vec<&str> = text.split_whitespace().collect();
            let Some(last) = words.last() else {
                return Err("author is an empty string");
            };
            let email = last.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
            if email.is_some() {
                words.pop();
            }
            (words.join(" "), email.unwrap_or_default().to_owned())
        }
        Content::Mapping(mapping) => (field(mapping, "name"), field(mapping, "email")),
        _ => return Err("invalid value type, must be string or map"),
    };
    if name.is_empty() && email.is_empty() && is_mapping(item) {
        return Err("'name' and/or 'email' values required in object");
    }
    let mut out = Map::new();
    for (key, value) in [("name", name), ("email", email)] {
        if !value.is_empty() {
            out.insert(key.to_owned(), value.into());
        }
    }
    Ok(Json::Object(out))
}

/// What the compile API reads; it is no part of what policies see.
fn compile(fields: &Mapping) -> Result<Option<CompileAnnotation>, String> {
    let Some(Content::Mapping(compile)) = get(fields, "compile").map(|value| &value.content) else {
        return Ok(None);
    };
    let unknown = |item: &Tree| {
        let Some(text) = as_str(item) else { return Ok(None) };
        match parse_term(text) {
            Some(Term {
                value: Value::Ref(parts), ..
            }) => Ok(Some(OwnRef {
                text: text.to_owned(),
                parts,
            })),
            Some(term) => Err(format!("invalid unknowns element {}: expected ref but got {term}", quote(text))),
            None => Err(format!("invalid unknowns element {}: failed to parse ref", quote(text))),
        }
    };
    let unknowns = items(compile, "unknowns").iter().map(unknown).collect::<Result<_, _>>()?;
    let mask_rule = match get(compile, "mask_rule").and_then(as_str) {
        None => None,
        Some(text) => {
            let parts = match parse_term(text) {
                Some(Term {
                    value: Value::Ref(parts), ..
                }) => parts,
                Some(
                    term @ Term {
                        value: Value::Var(_) | Value::String(_),
                        ..
                    },
                ) => vec![term],
                Some(_) => return Err(format!("invalid mask_rule annotation type {}: string", quote(text))),
                None => return Err(format!("invalid mask_rule annotation {}: failed to parse term", quote(text))),
            };
            Some(OwnRef {
                text: text.to_owned(),
                parts,
            })
        }
    };
    Ok(Some(CompileAnnotation { unknowns, mask_rule }))
}

/// A text that is one term.
fn parse_term(text: &str) -> Option<Term> {
    let options = ParseOptions {
        version: RegoVersion::V1,
        process_annotations: false,
        skip_rules: true,
        ..ParseOptions::default()
    };
    let mut body = parse_query(0, text, &options).ok()?;
    let only = body.pop().filter(|_| body.is_empty())?;
    match only.kind {
        ExprKind::Term(term) => Some(term),
        _ => None,
    }
}

/// The parts of a reference, each as text.
fn part_texts(parts: &[Term]) -> Vec<Json> {
    let text = |part: &Term| match &part.value {
        Value::String(text) => Json::from(&**text),
        _ => reference_text(std::slice::from_ref(part)).into(),
    };
    parts.iter().map(text).collect()
}

/// A value as Go's `%s` shows it.
fn go_text(value: &Tree) -> String {
    match &value.content {
        Content::String(text) | Content::Moment(text) => text.clone(),
        Content::Null => "%!s(<nil>)".to_owned(),
        Content::Boolean(value) => format!("%!s(bool={value})"),
        Content::Float(float) => format!("%!s(float64={})", float_general(*float)),
        Content::Integer(digits) => format!("%!s(int={digits})"),
        Content::Sequence(items) => format!("[{}]", items.iter().map(go_text).collect::<Vec<_>>().join(" ")),
        Content::Mapping(mapping) => {
            let mut entries: Vec<String> = mapping
                .iter()
                .map(|(key, value)| format!("{}:{}", go_text(key), go_text(value)))
                .collect();
            entries.sort();
            format!("map[{}]", entries.join(" "))
        }
    }
}

fn is_mapping(value: &Tree) -> bool {
    matches!(value.content, Content::Mapping(_))
}

/// Whether all keys are strings.
fn has_string_keys(mapping: &Mapping) -> bool {
    mapping.iter().all(|(key, _)| as_str(key).is_some())
}
