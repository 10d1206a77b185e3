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
mod document;
mod json;
mod schemas;
mod within;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value};
use warrego_bundle::{Bundle, Words, activate};
use warrego_compiler::Input;
use warrego_compiler::syntax::ast::RegoVersion;
use warrego_compiler::syntax::{ParseOptions, parse_module};

pub use document::{json, yaml};
pub use schemas::schemas;
use within::Within;

/// What went wrong while reading.
#[derive(Debug)]
pub struct SourceErrors {
    /// The errors.
    pub errors: Vec<String>,
    /// What was being read.
    pub stage: Stage,
}

/// What was being read when something went wrong, which decides how `opa` introduces the error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Stage {
    /// Files and folders.
    #[default]
    Files,
    /// The bundle of that name.
    Bundle(String),
    /// Several bundles together.
    Activation,
}

impl fmt::Display for SourceErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.errors.join("\n"))
    }
}

impl From<String> for SourceErrors {
    fn from(error: String) -> Self {
        Self {
            errors: vec![error],
            stage: Stage::Files,
        }
    }
}

impl SourceErrors {
    /// The errors as `opa check`, `opa test` and `opa deps` report them.
    pub fn report(&self) -> String {
        match (self.errors.as_slice(), &self.stage) {
            (all, Stage::Bundle(_) | Stage::Activation) => format!("{}\n", all.join("\n")),
            ([only], Stage::Files) => format!("1 error occurred during loading: {only}\n"),
            (all, Stage::Files) => format!("{} errors occurred during loading:\n{}\n", all.len(), all.join("\n")),
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
    /// What is made of several bundles.
    pub together: Together,
    /// Read Rego files only, and pass over all others: `opa check`.
    pub only_rego: bool,
    /// Files are Rego v0 unless they say otherwise.
    pub v0: bool,
    /// Follow symbolic links in a bundle's folder, wherever they lead.
    pub follow_symlinks: bool,
}

/// What is made of several bundles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Together {
    /// They are activated, as `opa eval` and `opa test` do it: what they hold replaces what files
    /// put at their roots.
    #[default]
    Activated,
    /// They are merged, as `opa check` does it.
    Merged,
    /// They are merged, tarballs that are given as paths among them, and must not be signed: `opa build`.
    Built,
}

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Rego files, by name.
    pub modules: Vec<(String, String)>,
    /// The Rego files' paths within what was given, in the order of `modules`.
    within: Vec<Within>,
    /// What was given and is being read.
    given: PathBuf,
    /// The base documents.
    pub data: Map<String, Value>,
    /// The versions of Rego that manifests give to files, by their position in `modules`.
    pub versions: BTreeMap<usize, RegoVersion>,
    /// A plan from a bundle, instead of Rego.
    pub plan: Option<Vec<u8>>,
    seen: HashSet<(Vec<String>, PathBuf)>,
    bundles: Vec<Bundle>,
    /// Manifests and where OPA has them in `data`.
    manifests: Vec<(Vec<String>, Value)>,
    together: Together,
    errors: Vec<String>,
    stage: Stage,
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
            self.together = loading.together;
            self.given = clean(path);
            if !loading.bundle {
                let result = self.path(path, &prefix, &mut Vec::new(), loading);
                self.note(result);
                continue;
            }
            let name = path.to_string_lossy();
            match bundle::open(&name, loading) {
                Ok(bundle) => self.bundles.push(bundle),
                Err(error) => {
                    self.errors = vec![error];
                    self.stage = Stage::Bundle(name.into_owned());
                    return;
                }
            }
        }
    }

    /// What was read, unless something was not.
    ///
    /// # Errors
    /// Everything that went wrong.
    pub fn finish(mut self) -> Result<Self, SourceErrors> {
        if self.errors.is_empty()
            && let Err(error) = self.activate()
        {
            self.errors.push(error);
            self.stage = Stage::Activation;
        }
        if self.errors.is_empty() {
            Ok(self)
        } else {
            Err(SourceErrors {
                errors: self.errors,
                stage: self.stage,
            })
        }
    }

    /// For the compiler of what others get: files are named by their paths within what was given, so that the result does not depend on where that
    /// is. Returns the names as they were given, too.
    pub fn into_built_input(self) -> (Input, Vec<String>) {
        let names = within::names(&self.within);
        let (given, texts): (Vec<String>, Vec<String>) = self.modules.into_iter().unzip();
        let input = Input {
            modules: names.into_iter().zip(texts).collect(),
            data: Value::Object(self.data),
        };
        (input, given)
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

    /// With the manifests of bundles in `data.system`, if the query or a policy may look there. OPA always has them there, but shows nothing of
    /// `data.system` to those who ask for all of `data`.
    ///
    /// # Errors
    /// When a document is in the way.
    pub fn with_manifests(mut self, query: &str) -> Result<Self, String> {
        if query.contains("system") || self.modules.iter().any(|(_, text)| text.contains("system")) {
            for (place, manifest) in std::mem::take(&mut self.manifests) {
                document::merge_at(&mut self.data, &place, manifest)?;
            }
        }
        Ok(self)
    }

    /// Puts the bundles together.
    fn activate(&mut self) -> Result<(), String> {
        let bundles = std::mem::take(&mut self.bundles);
        if bundles.is_empty() {
            return Ok(());
        }
        let words = match self.together {
            Together::Activated => Words::Activation,
            Together::Merged | Together::Built => Words::Merge,
        };
        // Files that are read beside bundles must not vanish from what is built.
        let files = match self.together {
            Together::Activated => std::mem::take(&mut self.data),
            Together::Merged | Together::Built => Map::new(),
        };
        let activated = activate(bundles, files, words).map_err(|error| error.to_string())?;
        document::merge_at(&mut self.data, &[], Value::Object(activated.data))?;
        for (name, manifest) in &activated.manifests {
            let place = ["system", "bundles", name, "manifest"].map(str::to_owned);
            self.manifests.push((place.to_vec(), manifest.to_json()));
        }
        activated.modules.into_iter().for_each(|module| self.bundled(module));
        self.plan = activated.plan.or(self.plan.take());
        Ok(())
    }

    /// A file or a folder; `folders` are the ones it was reached through, which a link must not lead back to.
    fn path(&mut self, path: &Path, at: &[String], folders: &mut Vec<PathBuf>, loading: &Loading) -> Result<(), String> {
        let depth = folders.len();
        let metadata = fs::metadata(path).map_err(|error| cannot("stat", path, &error))?;
        if depth > 0 && ignored(path, &loading.ignore) {
            return Ok(());
        }
        if !metadata.is_dir() {
            // Reading a pipe that somebody left in a folder would wait for ever.
            if depth > 0 && !metadata.is_file() {
                return Ok(());
            }
            if loading.only_rego && path.extension().is_none_or(|ending| ending != "rego") {
                return Ok(());
            }
            let fresh = self.seen.insert((at.to_vec(), path.to_owned()));
            return if fresh { self.file(path, at, depth, loading) } else { Ok(()) };
        }
        let place = fs::canonicalize(path).map_err(|error| cannot("stat", path, &error))?;
        if folders.contains(&place) {
            return Err(format!("stat {}: too many levels of symbolic links", path.display()));
        }
        let mut below = at.to_vec();
        if depth > 0 {
            below.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
        folders.push(place);
        for entry in entries(path)? {
            let result = self.path(&entry, &below, folders, loading);
            self.note(result);
        }
        folders.pop();
        Ok(())
    }

    fn file(&mut self, path: &Path, at: &[String], depth: usize, loading: &Loading) -> Result<(), String> {
        let name = path.to_string_lossy().into_owned();
        let read = || fs::read(path).map_err(|error| cannot("open", path, &error));
        match Kind::of(&name) {
            Some(Kind::Rego) => self.module(name, read()?),
            Some(Kind::Json) => self.document(at, json(&read()?).map_err(|error| format!("{name}: {error}"))?, &name),
            Some(Kind::Yaml) => self.document(
                at,
                yaml(&read()?).map_err(|error| format!("{name}: error converting YAML to JSON: {error}"))?,
                &name,
            ),
            Some(Kind::Bundle) => {
                let bundle = bundle::read(&name, &read()?, loading)?;
                if depth == 0 && loading.together == Together::Built {
                    self.bundles.push(bundle);
                    return Ok(());
                }
                bundle::take(self, bundle)
            }
            None if depth > 0 => Ok(()),
            None => {
                let bytes = read()?;
                if is_rego(&bytes, loading) {
                    return self.module(name, bytes);
                }
                let document = json(&bytes)
                    .or_else(|_| yaml(&bytes))
                    .map_err(|_| format!("{name}: can't recognize file type"))?;
                self.document(at, document, &name)
            }
        }
    }

    fn module(&mut self, name: String, bytes: Vec<u8>) -> Result<(), String> {
        let text = String::from_utf8(bytes).map_err(|_| format!("{name}: not valid UTF-8"))?;
        self.within.push(Within::given(&name, &self.given));
        self.modules.push((name, text));
        Ok(())
    }

    /// Takes a Rego file of a bundle.
    fn bundled(&mut self, module: warrego_bundle::Module) {
        self.within.push(Within::bundle(&module));
        self.versions.extend(module.version.map(|version| (self.modules.len(), version)));
        self.modules.push((module.name, module.text));
    }

    fn document(&mut self, at: &[String], value: Value, name: &str) -> Result<(), String> {
        document::merge_at(&mut self.data, at, value).map_err(|error| format!("{name}: {error}"))
    }
}

/// Whether bytes are a Rego file, whatever it is called.
fn is_rego(bytes: &[u8], loading: &Loading) -> bool {
    let options = ParseOptions {
        version: if loading.v0 { RegoVersion::V0 } else { RegoVersion::V1 },
        ..ParseOptions::default()
    };
    std::str::from_utf8(bytes).is_ok_and(|text| parse_module(0, text, &options).errors.is_empty())
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

/// The files of a bundle, by their paths in it, and the bundle.
///
/// # Errors
/// When it cannot be read, or reaches out of its roots.
pub fn bundle_files(name: &str) -> Result<(Vec<warrego_bundle::File>, Bundle), String> {
    let name = name.strip_prefix("file://").unwrap_or(name);
    let loading = Loading::default();
    let (files, origin) = bundle::files(name, &loading)?;
    let bundle =
        Bundle::from_files(name, files.clone(), origin, &bundle::reading(&loading)).map_err(|error| format!("bundle {name}: {error}"))?;
    Ok((files, bundle))
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

/// Whether a step of a path is to be passed over.
fn ignored_within(path: &str, patterns: &[String]) -> bool {
    path.split('/').any(|step| ignored(Path::new(step), patterns))
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
