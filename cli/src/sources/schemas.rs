//! JSON schemas, for `--schema`: one file is that of `input`; in a folder, `a/b.json` is `schema.a.b`, whatever its name ends in.

use std::path::Path;

use serde_json::Value;
use warrego_compiler::analysis::Schemas;

use super::{SourceErrors, cannot, entries, json, yaml};

/// Reads a file or a folder of schemas, if one is named.
///
/// # Errors
/// What cannot be read.
pub fn schemas(path: Option<&str>) -> Result<Option<Schemas>, SourceErrors> {
    let Some(name) = path.filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let path = Path::new(name.strip_prefix("file://").unwrap_or(name));
    let mut schemas = Schemas::new();
    let result = match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => folder(path, &mut Vec::new(), &mut schemas),
        Ok(_) => read(path).map(|schema| drop(schemas.insert(Vec::new(), schema))),
        Err(error) => Err(cannot("stat", path, &error)),
    };
    match result {
        Ok(()) => Ok(Some(schemas)),
        Err(error) => Err(error.into()),
    }
}

fn folder(path: &Path, steps: &mut Vec<String>, schemas: &mut Schemas) -> Result<(), String> {
    for entry in entries(path)? {
        let name = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        if entry.is_dir() {
            steps.push(name(entry.file_name()));
            folder(&entry, steps, schemas)?;
        } else {
            steps.push(name(entry.file_stem()));
            schemas.insert(steps.clone(), read(&entry)?);
        }
        steps.pop();
    }
    Ok(())
}

fn read(path: &Path) -> Result<Value, String> {
    let bytes = std::fs::read(path).map_err(|error| cannot("open", path, &error))?;
    json(&bytes)
        .or_else(|_| yaml(&bytes))
        .map_err(|error| format!("{}: {error}", path.display()))
}
