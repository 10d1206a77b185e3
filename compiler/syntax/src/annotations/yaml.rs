//! YAML as OPA's library reads it into its structure for metadata: the text of a block to a mapping, its errors in that library's words, and plain values to
//! JSON.

use serde_json::Value as Json;
use warrego_yaml::{Content, Tree, float_general, tree};

/// Keys and values.
pub(super) type Mapping = [(Tree, Tree)];

/// Why a block is no YAML, with the line in it that is to blame where that is known.
pub(super) struct YamlError {
    pub message: String,
    pub line: Option<usize>,
}

/// The mapping that a block is; empty where the block is `null`.
pub(super) fn parse(text: &str) -> Result<Vec<(Tree, Tree)>, YamlError> {
    let root = tree(text).map_err(|error| YamlError {
        message: error.message,
        line: Some(error.line).filter(|line| *line > 0),
    })?;
    let Some(root) = root else { return Ok(Vec::new()) };
    match root.content {
        Content::Mapping(pairs) => Ok(pairs),
        Content::Null => Ok(Vec::new()),
        _ => Err(wrong_types(&[(root.line, describe(&root), "ast.rawAnnotation")])),
    }
}

/// All complaints about values of the wrong type, each with its line.
pub(super) fn wrong_types(complaints: &[(usize, String, &str)]) -> YamlError {
    let lines: Vec<String> = complaints
        .iter()
        .map(|(line, what, wanted)| format!("  line {line}: cannot unmarshal {what} into {wanted}"))
        .collect();
    YamlError {
        message: format!("yaml: unmarshal errors:\n{}", lines.join("\n")),
        line: complaints.first().map(|first| first.0),
    }
}

/// A value in the library's words: its tag, and the beginning of its text if it is a scalar.
pub(super) fn describe(value: &Tree) -> String {
    let tag = match &value.content {
        Content::Sequence(_) => return "!!seq".to_owned(),
        Content::Mapping(_) => return "!!map".to_owned(),
        Content::Null => "!!null",
        Content::Boolean(_) => "!!bool",
        Content::Float(_) => "!!float",
        Content::Integer(_) => "!!int",
        Content::String(_) => "!!str",
        Content::Moment(_) => "!!timestamp",
    };
    match value.text.get(..7) {
        Some(begin) if value.text.len() > 10 => format!("{tag} `{begin}...`"),
        _ => format!("{tag} `{}`", value.text),
    }
}

/// The value of a key.
pub(super) fn get<'t>(mapping: &'t Mapping, key: &str) -> Option<&'t Tree> {
    let found = mapping
        .iter()
        .find(|(name, _)| matches!(&name.content, Content::String(text) if text == key));
    found.map(|(_, value)| value)
}

/// A string.
pub(super) fn as_str(value: &Tree) -> Option<&str> {
    match &value.content {
        Content::String(text) => Some(text),
        _ => None,
    }
}

/// The text of a scalar, as it is written.
pub(super) fn scalar_text(value: &Tree) -> Option<String> {
    match &value.content {
        Content::String(text) => Some(text.clone()),
        Content::Null | Content::Sequence(_) | Content::Mapping(_) => None,
        _ => Some(value.text.clone()),
    }
}

/// A value as JSON.
pub(super) fn to_json(value: &Tree) -> Json {
    match &value.content {
        Content::Null => Json::Null,
        Content::Boolean(value) => Json::Bool(*value),
        Content::Integer(digits) => serde_json::from_str(digits).unwrap_or(Json::Null),
        Content::Float(float) => serde_json::from_str(&float_general(*float)).unwrap_or(Json::Null),
        Content::String(text) | Content::Moment(text) => Json::String(text.clone()),
        Content::Sequence(items) => Json::Array(items.iter().map(to_json).collect()),
        Content::Mapping(pairs) => mapping_json(pairs),
    }
}

/// A mapping as JSON.
pub(super) fn mapping_json(mapping: &Mapping) -> Json {
    let entry = |(key, value): &(Tree, Tree)| Some((scalar_text(key)?, to_json(value)));
    Json::Object(mapping.iter().filter_map(entry).collect())
}
