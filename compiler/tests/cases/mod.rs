//! The conformance cases, one JSON document a line.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// Where the cases are: `WARREGO_CONFORMANCE`, or the repository's own.
fn folder() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("WARREGO_CONFORMANCE") {
        return Some(path.into());
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    [workspace.join("tests/conformance/cases"), workspace.join("conformance")]
        .into_iter()
        .find(|path| path.is_dir())
}

/// The cases of the files in a folder, with the file's name; `None` (and a message) if they are not on this machine.
pub fn load(kind: &str) -> Option<Vec<(String, Value)>> {
    let Some(folder) = folder().map(|folder| folder.join(kind)).filter(|folder| folder.is_dir()) else {
        eprintln!("skipped: no conformance cases `{kind}`; WARREGO_CONFORMANCE tells where they are");
        return None;
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("a readable file");
        for line in text.lines().filter(|line| !line.is_empty()) {
            cases.push((name.clone(), serde_json::from_str(line).expect("a JSON document a line")));
        }
    }
    Some(cases)
}
