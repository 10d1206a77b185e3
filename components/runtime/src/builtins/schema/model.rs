//! A compiled schema: subschemas in one list, which refer to each other by their place in it, so that a schema may contain itself.

use regex::Regex;

/// The place of a subschema.
pub type Id = usize;

/// The versions of JSON Schema that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Draft {
    /// Draft 4.
    Four,
    /// Draft 6.
    Six,
    /// Draft 7.
    Seven,
    /// Not said: the keywords of all of them.
    Hybrid,
}

/// The types of JSON Schema, in the order in which messages list them.
pub const TYPES: [&str; 7] = ["array", "boolean", "integer", "number", "null", "object", "string"];

/// What is allowed beside what is listed.
#[derive(Debug, Clone, Copy)]
pub enum Others {
    /// Anything or nothing.
    All(bool),
    /// What fits a schema.
    Fitting(Id),
}

/// What a property asks for.
#[derive(Debug)]
pub enum Dependency {
    /// Other properties.
    Keys(Vec<Box<str>>),
    /// The object fits a schema.
    Fits(Id),
}

/// A pattern with its source.
#[derive(Debug)]
pub struct Pattern {
    /// As the schema has it.
    pub source: Box<str>,
    /// Compiled.
    pub regex: Regex,
}

/// A range of numbers, by their texts.
#[derive(Debug, Default)]
pub struct Bounds {
    /// At least.
    pub minimum: Option<Box<str>>,
    /// More than.
    pub exclusive_minimum: Option<Box<str>>,
    /// At most.
    pub maximum: Option<Box<str>>,
    /// Less than.
    pub exclusive_maximum: Option<Box<str>>,
}

/// A range of lengths.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    /// At least.
    pub min: Option<i64>,
    /// At most.
    pub max: Option<i64>,
}

/// A subschema: what a value must be like. What is not set asks for nothing.
#[derive(Debug, Default)]
pub struct Subschema {
    /// `true` fits everything, `false` nothing.
    pub pass: Option<bool>,
    /// The schema that stands for this one.
    pub reference: Option<Id>,
    /// One of these types, places in [`TYPES`] in the order in which they were written.
    pub types: Vec<usize>,
    /// `multipleOf`.
    pub multiple_of: Option<Box<str>>,
    /// Of numbers.
    pub bounds: Bounds,
    /// Of strings.
    pub length: Counts,
    /// Of strings.
    pub pattern: Option<Pattern>,
    /// Of strings; empty for none.
    pub format: Box<str>,
    /// Number of properties.
    pub properties_count: Counts,
    /// Properties that must be there.
    pub required: Vec<Box<str>>,
    /// By property.
    pub properties: Vec<(Box<str>, Id)>,
    /// By pattern of the property.
    pub pattern_properties: Vec<(Regex, Id)>,
    /// Properties that neither of the two knows.
    pub additional_properties: Option<Others>,
    /// Of each property's name.
    pub property_names: Option<Id>,
    /// By property.
    pub dependencies: Vec<(Box<str>, Dependency)>,
    /// Number of elements.
    pub items_count: Counts,
    /// Elements by position, or all of them if `same_items`.
    pub items: Vec<Id>,
    /// There is one schema in `items`, for all elements.
    pub same_items: bool,
    /// Elements behind those by position.
    pub additional_items: Option<Others>,
    /// No two elements are the same.
    pub unique_items: bool,
    /// Of at least one element.
    pub contains: Option<Id>,
    /// The only value, as text.
    pub constant: Option<Vec<u8>>,
    /// The values allowed, as text.
    pub allowed: Option<Vec<Vec<u8>>>,
    /// Exactly one of these.
    pub one_of: Vec<Id>,
    /// At least one of these.
    pub any_of: Vec<Id>,
    /// All of these.
    pub all_of: Vec<Id>,
    /// Not this.
    pub not: Option<Id>,
    /// If it fits this …
    pub condition: Option<Id>,
    /// … then this as well,
    pub consequence: Option<Id>,
    /// else this.
    pub alternative: Option<Id>,
}

/// A schema: the first subschema is the whole.
#[derive(Debug, Default)]
pub struct Schema {
    /// All subschemas.
    pub parts: Vec<Subschema>,
}
