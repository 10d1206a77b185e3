//! Base documents: JSON and YAML texts to values, and how values that meet at one place are merged.

use serde_json::{Map, Value};

/// Reads JSON.
///
/// # Errors
/// When it is none.
pub fn json(bytes: &[u8]) -> Result<Value, String> {
    super::json::read(bytes)
}

/// Reads YAML as the JSON it stands for.
///
/// # Errors
/// When it is none, or says what JSON cannot.
pub fn yaml(bytes: &[u8]) -> Result<Value, String> {
    warrego_yaml::json(bytes).map_err(|error| error.message)
}

/// Merges a value into the documents at a place.
///
/// # Errors
/// When something else is there, or the root would not be an object.
pub fn merge_at(root: &mut Map<String, Value>, at: &[String], value: Value) -> Result<(), String> {
    let wrapped = at
        .iter()
        .rev()
        .fold(value, |value, step| Value::Object(Map::from_iter([(step.clone(), value)])));
    match wrapped {
        Value::Object(object) => warrego_bundle::merge(root, object).map_err(|path| {
            let path = path.join(".");
            format!("merge error: conflicting values at data.{path}, data from multiple files must not overlap")
        }),
        _ => Err("document must be of type object".to_owned()),
    }
}
