//! How documents that meet are merged: objects key by key; anything else at one place is a conflict, even two equal values.

use serde_json::{Map, Value};

/// Merges documents into others.
///
/// # Errors
/// The path of the first conflict; `into` is then merged in part.
pub fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) -> Result<(), Vec<String>> {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (None, value) => {
                into.insert(key, value);
            }
            (Some(Value::Object(there)), Value::Object(value)) => {
                if let Err(mut path) = merge(there, value) {
                    path.insert(0, key);
                    return Err(path);
                }
            }
            _ => return Err(vec![key]),
        }
    }
    Ok(())
}
