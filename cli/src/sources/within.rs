//! Names of Rego files within the folder or bundle that was given, for what is built: anybody who has the same sources must get the same bytes,
//! wherever the sources are.

use std::collections::HashMap;
use std::path::Path;

use super::clean;

/// Where a Rego file is in what was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    /// The path in the folder or bundle.
    path: String,
    /// The folder's own name, to tell files of several folders apart.
    folder: String,
}

impl Within {
    /// A file that was found in a folder, or that was given itself.
    pub fn given(name: &str, given: &Path) -> Self {
        let name = clean(Path::new(name));
        let own = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let path = match name.strip_prefix(given) {
            Ok(path) if path != Path::new("") => path.to_string_lossy().into_owned(),
            _ => own(&name),
        };
        let given = if given == Path::new("") { Path::new(".") } else { given };
        let folder = std::fs::canonicalize(given).map(|given| own(&given)).unwrap_or_default();
        Self { path, folder }
    }

    /// A file of a bundle.
    pub fn bundle(module: &warrego_bundle::Module) -> Self {
        let path = warrego_bundle::clean(&format!("/{}", module.path));
        Self {
            path: path.trim_start_matches('/').to_owned(),
            folder: String::new(),
        }
    }
}

/// The names: the paths, or where two are equal, with the folder's name.
pub fn names(files: &[Within]) -> Vec<String> {
    let mut count: HashMap<&str, usize> = HashMap::new();
    for file in files {
        *count.entry(&file.path).or_default() += 1;
    }
    let name = |file: &Within| match count.get(file.path.as_str()) {
        Some(&several) if several > 1 && !file.folder.is_empty() => format!("{}/{}", file.folder, file.path),
        _ => file.path.clone(),
    };
    files.iter().map(name).collect()
}
