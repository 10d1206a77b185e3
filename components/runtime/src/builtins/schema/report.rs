//! What a schema finds wrong with a document, in the words of the library that OPA uses.

use super::measure::{type_name, write_number};
use super::model::TYPES;
use crate::builtins::tree::Tree;
use crate::number::arithmetic::format_small;

/// The way from the document to a value in it.
pub struct Context<'a> {
    step: Step<'a>,
    outer: Option<&'a Context<'a>>,
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl Context<'static> {
    /// The document.
    pub const ROOT: Context<'static> = Context {
        step: Step::Key("(Root)"),
        outer: None,
    };
}

impl Context<'_> {
    /// The value of a key.
    pub fn key<'a>(&'a self, key: &'a str) -> Context<'a> {
        Context {
            step: Step::Key(key),
            outer: Some(self),
        }
    }

    /// An element.
    pub fn index(&self, position: usize) -> Context<'_> {
        Context {
            step: Step::Index(position),
            outer: Some(self),
        }
    }

    /// The steps with dots between them; the document itself is only named where it is meant.
    fn text(&self) -> Vec<u8> {
        let mut out = match self.outer {
            None => Vec::new(),
            // The outermost step goes without saying.
            Some(outer) if outer.outer.is_none() => Vec::new(),
            Some(outer) => {
                let mut out = outer.text();
                out.push(b'.');
                out
            }
        };
        match self.step {
            Step::Key(key) => out.extend_from_slice(key.as_bytes()),
            Step::Index(position) => write_count(position as i64, &mut out),
        }
        out
    }
}

fn write_count(count: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(format_small(count, &mut [0; 20]));
}

/// What can be wrong.
pub enum What<'a> {
    /// The schema is `false`.
    False,
    /// Another type.
    Type(&'a [usize], &'a Tree),
    /// None of `anyOf` fits.
    AnyOf,
    /// None of `oneOf` fits, or several.
    OneOf,
    /// Not all of `allOf` fit.
    AllOf,
    /// `not` fits.
    Not,
    /// A property asks for another.
    Dependency(&'a str),
    /// `then` does not fit.
    Then,
    /// `else` does not fit.
    Else,
    /// Another value.
    Const(&'a [u8]),
    /// None of the values.
    Enum(&'a [Vec<u8>]),
    /// Another format.
    Format(&'a str),
    /// Elements that are not listed.
    AdditionalItems,
    /// Too few elements.
    MinItems(i64),
    /// Too many elements.
    MaxItems(i64),
    /// Two elements are the same.
    Unique(usize, usize),
    /// No element fits.
    Contains,
    /// Too few properties.
    MinProperties(i64),
    /// Too many properties.
    MaxProperties(i64),
    /// A property is missing.
    Required(&'a str),
    /// A property that is not listed.
    AdditionalProperty(&'a str),
    /// A property's name does not fit.
    PropertyName(&'a str),
    /// Too short.
    MinLength(i64),
    /// Too long.
    MaxLength(i64),
    /// Another pattern.
    Pattern(&'a str),
    /// No multiple.
    MultipleOf(&'a str),
    /// Too large.
    Maximum(&'a str),
    /// Too large, or equal.
    ExclusiveMaximum(&'a str),
    /// Too small.
    Minimum(&'a str),
    /// Too small, or equal.
    ExclusiveMinimum(&'a str),
}

/// A fault, as it is reported.
pub struct Fault {
    /// What kind it is.
    pub kind: &'static str,
    /// Where it is.
    pub field: Vec<u8>,
    /// What is wrong.
    pub description: Vec<u8>,
}

impl Fault {
    /// A fault at a place.
    pub fn new(what: What<'_>, context: &Context<'_>) -> Fault {
        let field = context.text();
        let mut out = Vec::new();
        let kind = describe(what, &field, &mut out);
        Fault {
            kind,
            field,
            description: out,
        }
    }
}

/// Appends the description, and gives the kind.
fn describe(what: What<'_>, field: &[u8], out: &mut Vec<u8>) -> &'static str {
    let mut plain = |kind: &'static str, parts: &[&str]| {
        parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
        kind
    };
    match what {
        What::False => plain("false", &["False always fails validation"]),
        What::AnyOf => plain("number_any_of", &["Must validate at least one schema (anyOf)"]),
        What::OneOf => plain("number_one_of", &["Must validate one and only one schema (oneOf)"]),
        What::AllOf => plain("number_all_of", &["Must validate all the schemas (allOf)"]),
        What::Not => plain("number_not", &["Must not validate the schema (not)"]),
        What::Dependency(key) => plain("missing_dependency", &["Has a dependency on ", key]),
        What::Then => plain("condition_then", &["Must validate \"then\" as \"if\" was valid"]),
        What::Else => plain("condition_else", &["Must validate \"else\" as \"if\" was not valid"]),
        What::Format(format) => plain("format", &["Does not match format '", format, "'"]),
        What::AdditionalItems => plain("array_no_additional_items", &["No additional items allowed on array"]),
        What::Contains => plain("contains", &["At least one of the items must match"]),
        What::Required(name) => plain("required", &[name, " is required"]),
        What::AdditionalProperty(name) => plain(
            "additional_property_not_allowed",
            &["Additional property ", name, " is not allowed"],
        ),
        What::PropertyName(name) => plain("invalid_property_name", &["Property name of \"", name, "\" does not match"]),
        What::Pattern(pattern) => plain("pattern", &["Does not match pattern '", pattern, "'"]),
        What::Type(types, value) => {
            let names: Vec<&str> = types.iter().filter_map(|place| TYPES.get(*place).copied()).collect();
            let list = match names.as_slice() {
                [name] => (*name).to_owned(),
                names => ["[", &names.join(","), "]"].concat(),
            };
            plain("invalid_type", &["Invalid type. Expected: ", &list, ", given: ", type_name(value)])
        }
        What::MinItems(count) => counted("array_min_items", "Array must have at least ", count, " items", out),
        What::MaxItems(count) => counted("array_max_items", "Array must have at most ", count, " items", out),
        What::MinProperties(count) => counted("array_min_properties", "Must have at least ", count, " properties", out),
        What::MaxProperties(count) => counted("array_max_properties", "Must have at most ", count, " properties", out),
        What::MinLength(count) => counted("string_gte", "String length must be greater than or equal to ", count, "", out),
        What::MaxLength(count) => counted("string_lte", "String length must be less than or equal to ", count, "", out),
        What::MultipleOf(number) => measured("multiple_of", "Must be a multiple of ", number, out),
        What::Maximum(number) => measured("number_lte", "Must be less than or equal to ", number, out),
        What::ExclusiveMaximum(number) => measured("number_lt", "Must be less than ", number, out),
        What::Minimum(number) => measured("number_gte", "Must be greater than or equal to ", number, out),
        What::ExclusiveMinimum(number) => measured("number_gt", "Must be greater than ", number, out),
        What::Unique(i, j) => {
            out.extend_from_slice(b"array items[");
            write_count(i as i64, out);
            out.push(b',');
            write_count(j as i64, out);
            out.extend_from_slice(b"] must be unique");
            "unique"
        }
        What::Const(constant) => {
            out.extend_from_slice(field);
            out.extend_from_slice(b" does not match: ");
            out.extend_from_slice(constant);
            "const"
        }
        What::Enum(allowed) => {
            out.extend_from_slice(field);
            out.extend_from_slice(b" must be one of the following: ");
            out.extend(allowed.join(&b", "[..]));
            "enum"
        }
    }
}

fn counted(kind: &'static str, before: &str, count: i64, after: &str, out: &mut Vec<u8>) -> &'static str {
    out.extend_from_slice(before.as_bytes());
    write_count(count, out);
    out.extend_from_slice(after.as_bytes());
    kind
}

fn measured(kind: &'static str, before: &str, number: &str, out: &mut Vec<u8>) -> &'static str {
    out.extend_from_slice(before.as_bytes());
    write_number(number, out);
    kind
}
