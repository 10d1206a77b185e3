//! The meta-schemas of JSON Schema (json-schema.org): the only documents that a schema can refer to without containing them.

use super::super::tree::Tree;
use super::model::Draft;

const PREFIX: &str = "http://json-schema.org/draft-0";

/// The draft that a URL stands for.
pub fn draft(url: &str) -> Option<Draft> {
    match url.strip_prefix(PREFIX)? {
        "4/schema" => Some(Draft::Four),
        "6/schema" => Some(Draft::Six),
        "7/schema" => Some(Draft::Seven),
        _ => None,
    }
}

/// The meta-schema at a URL.
pub fn document(url: &str) -> Option<Tree> {
    let text = match draft(url)? {
        Draft::Four => include_str!("meta/draft-04.json"),
        Draft::Six => include_str!("meta/draft-06.json"),
        _ => include_str!("meta/draft-07.json"),
    };
    let value = crate::json::read_quietly(text.trim_ascii_end().as_bytes());
    if value.is_defined() { Tree::of(value).ok() } else { None }
}
