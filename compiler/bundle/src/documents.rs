//! Puts the documents of data files where their folders say.

use serde_json::{Map, Value};

use crate::merge;

/// Puts a document at a place.
///
/// # Errors
/// When something else is there, or the root would not be an object.
pub fn insert(root: &mut Map<String, Value>, place: &[String], value: Value) -> Result<(), String> {
    let wrapped = place
        .iter()
        .rev()
        .fold(value, |value, step| Value::Object(Map::from_iter([(step.clone(), value)])));
    match wrapped {
        Value::Object(object) => merge(root, object).map_err(|_| format!("failed to insert data file from path {}", place.join("/"))),
        _ => Err("root value must be object".to_owned()),
    }
}

/// Takes the document at a path out of others.
pub fn take(root: &mut Map<String, Value>, path: &[&str]) -> Option<Value> {
    let (last, folders) = path.split_last()?;
    let mut object = root;
    for step in folders {
        object = object.get_mut(*step)?.as_object_mut()?;
    }
    object.remove(*last)
}
