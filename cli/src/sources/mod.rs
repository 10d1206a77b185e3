//! Reads what policies are made of: Rego files, data files, folders of them, and bundles, by the rules of `opa eval -d` and `opa build`.
//!
//! - A file is Rego (`.rego`), a base document (`.json`, `.yaml`, `.yml`) or a bundle (`.tar.gz`). In a folder other files are passed over, and named
//!   alone they are tried as each of these.
//! - A data file in a folder stands where the folders below the one given say; its own name does not count: `d/a/b/x.json`, given as `d`, is
//!   `data.a.b`.
//! - `a.b:path` puts what is loaded under `data.a.b`.
//! - As a bundle (`-b`), a folder's data are the files `data.json`, `data.yaml` and `data.yml` only, and its `.manifest` holds.
//! - Documents that meet are merged; two different values at one place are an error.
//!
//! All that cannot be read is told at once.

pub mod archive;
mod bundle;
mod deep;
mod document;
mod schemas;

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value};
use warrego_compiler::Input;

pub use document::{json, yaml};
pub use schemas::schemas;

/// What went wrong while reading.
#[derive(Debug)]
pub struct SourceErrors(pub Vec<String>);

impl fmt::Display for SourceErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl SourceErrors {
    /// The errors as `opa` tells them.
    pub fn report(&self) -> String {
        match self.0.as_slice() {
            [only] => format!("1 error occurred during loading: {only}\n"),
            all => format!("{} errors occurred during loading:\n{}\n", all.len(), all.join("\n")),
        }
    }
}

/// How paths are read.
#[derive(Debug, Clone, Default)]
pub struct Loading {
    /// Paths are bundles.
    pub bundle: bool,
    /// Names of files and folders to pass over; `*` stands for any characters.
    pub ignore: Vec<String>,
}

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Rego files, by name.
    pub modules: Vec<(String, String)>,
    /// The base documents.
    pub data: Map<String, Value>,
    /// A bundle says that its Rego is of version 0.
    pub v0: bool,
    /// A plan from a bundle, instead of Rego.
    pub plan: Option<Vec<u8>>,
    seen: HashSet<(Vec<String>, PathBuf)>,
    errors: Vec<String>,
}

/// Reads paths.
///
/// # Errors
/// Everything that cannot be read or merged.
pub fn load(paths: &[String], loading: &Loading) -> Result<Loaded, SourceErrors> {
    let mut loaded = Loaded::default();
    loaded.add(paths, loading);
    loaded.finish()
}

impl Loaded {
    /// Reads further paths.
    pub fn add(&mut self, paths: &[String], loading: &Loading) {
        for path in paths {
            let (prefix, path) = split_prefix(path);
            let path = Path::new(path.strip_prefix("file://").unwrap_or(path));
            let result = if loading.bundle {
                self.bundle_path(path, loading)
            } else {
                self.path(path, &prefix, 0, loading)
            };
            self.note(result);
        }
    }

    /// What was read, unless something was not.
    ///
    /// # Errors
    /// Everything that went wrong.
    pub fn finish(self) -> Result<Self, SourceErrors> {
        if self.errors.is_empty() {
            Ok(self)
        } else {
            Err(SourceErrors(self.errors))
        }
    }

    /// For the compiler.
    pub fn into_input(self) -> Input {
        Input {
            modules: self.modules,
            data: Value::Object(self.data),
        }
    }

    fn note(&mut self, result: Result<(), String>) {
        self.errors.extend(result.err());
    }

    fn path(&mut self, path: &Path, at: &[String], depth: usize, loading: &Loading) -> Result<(), String> {
        let metadata = fs::metadata(path).map_err(|error| cannot("stat", path, &error))?;
        if depth > 0 && ignored(path, &loading.ignore) {
            return Ok(());
        }
        if !metadata.is_dir() {
            let fresh = self.seen.insert((at.to_vec(), path.to_owned()));
            return if fresh { self.file(path, at, depth) } else { Ok(()) };
        }
        let mut below = at.to_vec();
        if depth > 0 {
            below.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
        for entry in entries(path)? {
            let result = self.path(&entry, &below, depth + 1, loading);
            self.note(result);
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, at: &[String], depth: usize) -> Result<(), String> {
        let name = path.to_string_lossy().into_owned();
        let read = || fs::read(path).map_err(|error| cannot("open", path, &error));
        match Kind::of(&name) {
            Some(Kind::Rego) => self.module(name, read()?),
            Some(Kind::Json) => self.document(at, json(&read()?).map_err(|error| format!("{name}: {error}"))?, &name),
            Some(Kind::Yaml) => self.document(at, yaml(&read()?).map_err(|error| format!("{name}: {error}"))?, &name),
            Some(Kind::Bundle) => bundle::read(self, &name, &read()?).map_err(|error| format!("bundle {name}: {error}")),
            None if depth > 0 => Ok(()),
            None => {
                let bytes = read()?;
                let document = json(&bytes)
                    .or_else(|_| yaml(&bytes))
                    .map_err(|_| format!("{name}: can't recognize file type"))?;
                self.document(at, document, &name)
            }
        }
    }

    /// A folder or a tarball, as a bundle.
    fn bundle_path(&mut self, path: &Path, loading: &Loading) -> Result<(), String> {
        let name = path.to_string_lossy().into_owned();
        let metadata = fs::metadata(path).map_err(|error| format!("error reading {name:?}: {}", cannot("stat", path, &error)))?;
        if metadata.is_dir() {
            let mut files = Vec::new();
            collect(path, &PathBuf::new(), loading, &mut files)?;
            bundle::assemble(self, &name, files)
        } else {
            let bytes = fs::read(path).map_err(|error| cannot("open", path, &error))?;
            bundle::read(self, &name, &bytes).map_err(|error| format!("bundle {name}: {error}"))
        }
    }

    fn module(&mut self, name: String, bytes: Vec<u8>) -> Result<(), String> {
        let text = String::from_utf8(bytes).map_err(|_| format!("{name}: not valid UTF-8"))?;
        self.modules.push((name, text));
        Ok(())
    }

    fn document(&mut self, at: &[String], value: Value, name: &str) -> Result<(), String> {
        document::merge_at(&mut self.data, at, value).map_err(|error| format!("{name}: {error}"))
    }
}

/// What a file's name says it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rego,
    Json,
    Yaml,
    Bundle,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        let ends = |suffix: &str| name.ends_with(suffix);
        match () {
            () if ends(".rego") => Some(Self::Rego),
            () if ends(".json") => Some(Self::Json),
            () if ends(".yaml") || ends(".yml") => Some(Self::Yaml),
            () if ends(".tar.gz") => Some(Self::Bundle),
            () => None,
        }
    }
}

/// The files of a bundle, by their places in it.
///
/// # Errors
/// When it cannot be read.
pub fn bundle_files(name: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
    let path = Path::new(name.strip_prefix("file://").unwrap_or(name));
    let metadata = fs::metadata(path).map_err(|error| format!("error reading {name:?}: {}", cannot("stat", path, &error)))?;
    if metadata.is_dir() {
        let mut files = Vec::new();
        collect(path, &PathBuf::new(), &Loading::default(), &mut files)?;
        Ok(files)
    } else {
        let bytes = fs::read(path).map_err(|error| cannot("open", path, &error))?;
        bundle::files(&bytes).map_err(|error| format!("bundle {name}: {error}"))
    }
}

/// All files of a folder, by their place in it.
fn collect(folder: &Path, place: &Path, loading: &Loading, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), String> {
    for entry in entries(folder)? {
        if ignored(&entry, &loading.ignore) {
            continue;
        }
        let place = place.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() {
            collect(&entry, &place, loading, files)?;
        } else if bundle::wanted(&place.to_string_lossy()) {
            files.push((
                place.to_string_lossy().into_owned(),
                fs::read(&entry).map_err(|error| cannot("open", &entry, &error))?,
            ));
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let list = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut paths: Vec<PathBuf> = list
        .map_err(|error| cannot("open", folder, &error))?
        .iter()
        .map(|entry| clean(&entry.path()))
        .collect();
    paths.sort();
    Ok(paths)
}

/// A path without steps that lead nowhere, as what is found in a folder is named: `./a/../b` is `b`.
pub fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for step in path.components() {
        match step {
            Component::CurDir => {}
            Component::ParentDir if matches!(clean.components().next_back(), Some(Component::Normal(_))) => {
                clean.pop();
            }
            step => clean.push(step),
        }
    }
    clean
}

/// `a.b:path`, with an exception for Windows' drives and for URLs.
fn split_prefix(path: &str) -> (Vec<String>, &str) {
    match path.split_once(':') {
        Some((prefix, rest)) if !rest.is_empty() && !rest.starts_with("//") && !prefix.is_empty() && !prefix.contains(['/', '\\']) => {
            let steps: Vec<String> = prefix.split('.').filter(|step| !step.is_empty()).map(str::to_owned).collect();
            // A path that begins with `data` may say so.
            let skip = usize::from(steps.first().is_some_and(|step| step == "data"));
            (steps.into_iter().skip(skip).collect(), rest)
        }
        _ => (Vec::new(), path),
    }
}

fn ignored(path: &Path, patterns: &[String]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    patterns.iter().any(|pattern| matches(pattern.as_bytes(), name.as_bytes()))
}

/// Whether a name fits a pattern with `*` and `?`.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => matches(rest, name) || name.split_first().is_some_and(|(_, name)| matches(pattern, name)),
        (Some((b'?', rest)), Some((_, name))) => matches(rest, name),
        (Some((wanted, rest)), Some((found, name))) => wanted == found && matches(rest, name),
        _ => false,
    }
}

/// Why a file cannot be used, in the words of `opa`.
pub fn cannot(what: &str, path: &Path, error: &std::io::Error) -> String {
    let path = path.display();
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("{what} {path}: no such file or directory"),
        std::io::ErrorKind::PermissionDenied => format!("{what} {path}: permission denied"),
        _ => format!("{what} {path}: {error}"),
    }
}
