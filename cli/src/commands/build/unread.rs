//! Base documents that no entrypoint reads. They are compiled in, since a policy may be asked to look them up by a path that is known only then, but whoever
//! built them in may not know it.

use serde_json::Value as Json;
use warrego_compiler::syntax::ast::{Ref, Value};
use warrego_compiler::{Input, Options, depend};

/// How many documents are listed.
const MOST: usize = 10;

/// The paths of documents that no entrypoint reads, as `a.b`; none if that cannot be found out.
pub fn paths(input: &Input, options: &Options) -> Vec<String> {
    if input.data.as_object().is_none_or(serde_json::Map::is_empty) || !options.queries.is_empty() {
        return Vec::new();
    }
    let mut read: Vec<Vec<String>> = Vec::new();
    for entrypoint in &options.entrypoints {
        let steps: Vec<String> = entrypoint.split('/').map(|step| format!("[{}]", Json::from(step))).collect();
        match depend(input, options, &format!("data{}", steps.concat())) {
            Ok(documents) => read.extend(documents.base.iter().filter_map(below_data)),
            Err(_) => return Vec::new(),
        }
    }
    let mut unread = Vec::new();
    walk(&input.data, &mut Vec::new(), &read, &mut unread);
    unread
}

/// The constant steps of a reference below `data`.
fn below_data(reference: &Ref) -> Option<Vec<String>> {
    let (head, tail) = reference.split_first()?;
    if !matches!(&head.value, Value::Var(name) if &**name == "data") {
        return None;
    }
    let steps = tail.iter().map_while(|part| match &part.value {
        Value::String(step) => Some(step.to_string()),
        _ => None,
    });
    Some(steps.collect())
}

fn walk(document: &Json, path: &mut Vec<String>, read: &[Vec<String>], unread: &mut Vec<String>) {
    if unread.len() == MOST || read.iter().any(|reference| path.starts_with(reference)) {
        return;
    }
    match document {
        Json::Object(fields) if path.is_empty() || read.iter().any(|reference| reference.starts_with(path)) => {
            for (key, value) in fields {
                path.push(key.clone());
                walk(value, path, read, unread);
                path.pop();
            }
        }
        _ => unread.push(path.join(".")),
    }
}
