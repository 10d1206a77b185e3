//! Base documents: JSON and YAML texts to values, and how values that meet at one place are merged.

use serde_json::{Map, Value};

use super::deep;

/// Reads JSON.
///
/// # Errors
/// When it is none.
pub fn json(bytes: &[u8]) -> Result<Value, String> {
    // What is wrong with a document is told better by those who look at nothing else.
    deep::read(bytes).map_err(|fault| match serde_json::from_slice::<Value>(bytes) {
        Err(error) if !error.to_string().starts_with("recursion limit") => error.to_string(),
        _ => fault,
    })
}

/// Reads YAML as the JSON it stands for: keys become texts.
///
/// # Errors
/// When it is none, or says what JSON cannot.
pub fn yaml(bytes: &[u8]) -> Result<Value, String> {
    let value: serde_yaml_ng::Value =
        serde_yaml_ng::from_slice(bytes).map_err(|error| format!("error converting YAML to JSON: {error}"))?;
    from_yaml(value)
}

fn from_yaml(value: serde_yaml_ng::Value) -> Result<Value, String> {
    use serde_yaml_ng::Value as Yaml;
    Ok(match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::String(text) => Value::String(text),
        Yaml::Number(number) => Value::Number(number_from_yaml(&number)?),
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(from_yaml).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => {
            let entries = entries.into_iter().map(|(key, value)| Ok((key_from_yaml(key)?, from_yaml(value)?)));
            Value::Object(entries.collect::<Result<_, String>>()?)
        }
        Yaml::Tagged(tagged) => from_yaml(tagged.value)?,
    })
}

fn number_from_yaml(number: &serde_yaml_ng::Number) -> Result<serde_json::Number, String> {
    number
        .to_string()
        .parse()
        .map_err(|_| format!("the number {number} has no JSON form"))
}

fn key_from_yaml(key: serde_yaml_ng::Value) -> Result<String, String> {
    use serde_yaml_ng::Value as Yaml;
    match key {
        Yaml::String(text) => Ok(text),
        Yaml::Bool(value) => Ok(value.to_string()),
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Null => Ok("null".to_owned()),
        _ => Err("a key must be a text, a number or a boolean".to_owned()),
    }
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
