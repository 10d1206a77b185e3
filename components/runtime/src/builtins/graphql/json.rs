//! Trees as JSON text, as OPA gives them: without places, and without whatever is null or empty. Texts and flags are always there.

use super::ast::{
    Argument, Comments, Definition, Described, Directive, DirectiveDefinition, EnumValue, Field, FieldDefinition, Fragment, Inline,
    Operation, Query, RootOperation, SchemaDefinition, SchemaDocument, Selection, Shape, Spread, Type, Value, Variable,
};

/// A document that is being put together.
enum Json {
    Text(String),
    Bool(bool),
    Number(usize),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

/// The JSON of a query.
pub fn query_json(query: &Query) -> String {
    written(&object([
        ("Operations", list(&query.operations, operation)),
        ("Fragments", list(&query.fragments, fragment)),
    ]))
}

/// The JSON of a schema.
pub fn schema_json(schema: &SchemaDocument) -> String {
    written(&object([
        ("Schema", list(&schema.schema, schema_definition)),
        ("SchemaExtension", list(&schema.schema_extensions, schema_definition)),
        ("Directives", list(&schema.directives, directive_definition)),
        ("Definitions", list(&schema.definitions, definition)),
        ("Extensions", list(&schema.extensions, definition)),
        ("Comment", comments(&schema.comments)),
    ]))
}

fn operation(node: &Operation) -> Json {
    object([
        ("Operation", text(node.kind.word())),
        ("Name", text(&node.name)),
        ("VariableDefinitions", list(&node.variables, variable)),
        ("Directives", list(&node.directives, directive)),
        ("SelectionSet", list(&node.selections, selection)),
        ("Comment", comments(&node.comments)),
    ])
}

fn variable(node: &Variable) -> Json {
    object([
        ("Variable", text(&node.name)),
        ("Type", ty(&node.ty)),
        ("DefaultValue", optional(node.default.as_ref(), value)),
        ("Directives", list(&node.directives, directive)),
        ("Comment", comments(&node.comments)),
        ("Used", Json::Bool(false)),
    ])
}

fn selection(node: &Selection) -> Json {
    match node {
        Selection::Field(node) => field(node),
        Selection::Spread(node) => spread(node),
        Selection::Inline(node) => inline(node),
    }
}

fn field(node: &Field) -> Json {
    object([
        ("Alias", text(&node.alias)),
        ("Name", text(&node.name)),
        ("Arguments", list(&node.arguments, argument)),
        ("Directives", list(&node.directives, directive)),
        ("SelectionSet", list(&node.selections, selection)),
        ("Comment", comments(&node.comments)),
    ])
}

fn spread(node: &Spread) -> Json {
    object([
        ("Name", text(&node.name)),
        ("Directives", list(&node.directives, directive)),
        ("Comment", comments(&node.comments)),
    ])
}

fn inline(node: &Inline) -> Json {
    object([
        ("TypeCondition", text(&node.condition)),
        ("Directives", list(&node.directives, directive)),
        ("SelectionSet", list(&node.selections, selection)),
        ("Comment", comments(&node.comments)),
    ])
}

fn fragment(node: &Fragment) -> Json {
    object([
        ("Name", text(&node.name)),
        ("VariableDefinition", list(&node.variables, variable)),
        ("TypeCondition", text(&node.condition)),
        ("Directives", list(&node.directives, directive)),
        ("SelectionSet", list(&node.selections, selection)),
        ("Comment", comments(&node.comments)),
    ])
}

fn argument(node: &Argument) -> Json {
    object([
        ("Name", text(&node.name)),
        ("Value", value(&node.value)),
        ("Comment", comments(&node.comments)),
    ])
}

fn directive(node: &Directive) -> Json {
    object([
        ("Name", text(&node.name)),
        ("Arguments", list(&node.arguments, argument)),
        ("Location", text("")),
    ])
}

fn value(node: &Value) -> Json {
    let child = |child: &super::ast::Child| {
        object([
            ("Name", text(&child.name)),
            ("Value", value(&child.value)),
            ("Comment", comments(&child.comments)),
        ])
    };
    object([
        ("Raw", text(&node.raw)),
        ("Children", list(&node.children, child)),
        ("Kind", Json::Number(node.kind as usize)),
        ("Comment", comments(&node.comments)),
        ("ExpectedTypeHasDefault", Json::Bool(false)),
    ])
}

fn ty(node: &Type) -> Json {
    let (name, element) = match &node.shape {
        Shape::Named(name) => (name.as_str(), None),
        Shape::List(element) => ("", Some(&**element)),
    };
    object([
        ("NamedType", text(name)),
        ("Elem", optional(element, ty)),
        ("NonNull", Json::Bool(node.non_null)),
    ])
}

fn schema_definition(node: &SchemaDefinition) -> Json {
    described(
        &node.description,
        [
            ("Directives", list(&node.directives, directive)),
            ("OperationTypes", list(&node.operations, root_operation)),
        ],
    )
}

fn root_operation(node: &RootOperation) -> Json {
    object([
        ("Operation", text(node.kind.word())),
        ("Type", text(&node.ty)),
        ("Comment", comments(&node.comments)),
    ])
}

fn definition(node: &Definition) -> Json {
    described(
        &node.description,
        [
            ("Kind", text(node.kind.name())),
            ("Name", text(&node.name)),
            ("Directives", list(&node.directives, directive)),
            ("Interfaces", list(&node.interfaces, |name| text(name))),
            ("Fields", list(&node.fields, field_definition)),
            ("Types", list(&node.members, |(name, _)| text(name))),
            ("EnumValues", list(&node.values, enum_value)),
            ("BuiltIn", Json::Bool(node.built_in)),
        ],
    )
}

fn field_definition(node: &FieldDefinition) -> Json {
    described(
        &node.description,
        [
            ("Name", text(&node.name)),
            ("Arguments", list(&node.arguments, field_definition)),
            ("DefaultValue", optional(node.default.as_ref(), value)),
            ("Type", ty(&node.ty)),
            ("Directives", list(&node.directives, directive)),
        ],
    )
}

fn enum_value(node: &EnumValue) -> Json {
    described(
        &node.description,
        [("Name", text(&node.name)), ("Directives", list(&node.directives, directive))],
    )
}

fn directive_definition(node: &DirectiveDefinition) -> Json {
    described(
        &node.description,
        [
            ("Name", text(&node.name)),
            ("Arguments", list(&node.arguments, field_definition)),
            ("Locations", list(&node.locations, |name| text(name))),
            ("IsRepeatable", Json::Bool(node.repeatable)),
        ],
    )
}

/// Fields, and those of the description.
fn described<const N: usize>(node: &Described, fields: [(&'static str, Json); N]) -> Json {
    let around = [
        ("Description", text(&node.text)),
        ("BeforeDescriptionComment", comments(&node.before)),
        ("AfterDescriptionComment", comments(&node.after)),
        ("EndOfDefinitionComment", comments(&node.end)),
    ];
    pruned(fields.into_iter().chain(around))
}

fn text(text: &str) -> Json {
    Json::Text(text.to_owned())
}

fn comments(comments: &Comments) -> Json {
    object([("List", list(comments, |comment| object([("Value", text(comment))])))])
}

fn optional<T>(node: Option<&T>, json: impl FnOnce(&T) -> Json) -> Json {
    node.map_or(Json::Object(Vec::new()), json)
}

fn list<T>(nodes: &[T], json: impl Fn(&T) -> Json) -> Json {
    Json::List(nodes.iter().map(json).filter(is_filled).collect())
}

fn object<const N: usize>(fields: [(&'static str, Json); N]) -> Json {
    pruned(fields.into_iter())
}

fn pruned(fields: impl Iterator<Item = (&'static str, Json)>) -> Json {
    Json::Object(fields.filter(|(_, json)| is_filled(json)).collect())
}

fn is_filled(json: &Json) -> bool {
    match json {
        Json::List(items) => !items.is_empty(),
        Json::Object(fields) => !fields.is_empty(),
        _ => true,
    }
}

fn written(json: &Json) -> String {
    let mut out = String::new();
    write(json, &mut out);
    out
}

fn write(json: &Json, out: &mut String) {
    match json {
        Json::Text(text) => write_string(text, out),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(number) => out.push_str(&number.to_string()),
        Json::List(items) => {
            for (index, item) in items.iter().enumerate() {
                out.push(if index == 0 { '[' } else { ',' });
                write(item, out);
            }
            out.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        Json::Object(fields) => {
            for (index, (key, value)) in fields.iter().enumerate() {
                out.push(if index == 0 { '{' } else { ',' });
                write_string(key, out);
                out.push(':');
                write(value, out);
            }
            out.push_str(if fields.is_empty() { "{}" } else { "}" });
        }
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            '\0'..='\x1f' => {
                out.push_str("\\u00");
                out.extend(char::from_digit(char as u32 >> 4, 16));
                out.extend(char::from_digit(char as u32 & 15, 16));
            }
            _ => out.push(char),
        }
    }
    out.push('"');
}
