//! OPA bundles without I/O: the bytes of an archive, or the files of a folder, in; Rego modules, base documents and a manifest out.
//!
//! A [`Bundle`] can only be made by reading one, and reading checks it: everything lies within the roots of its manifest, as OPA checks it and in OPA's
//! words. [`activate`] puts several bundles together and checks that none reaches into the roots of another. So nobody who is handed a bundle can
//! forget a check.
//!
//! Names in an archive are names and not paths of a file system: `..` and a leading `/` only change where a document is placed, and that
//! place is checked like any other. Links, devices and other special entries are passed over, as in OPA.

mod archive;
mod documents;
mod error;
mod manifest;
mod merge;
mod names;
mod overlap;
mod plan;
mod roots;
mod versions;

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use warrego_syntax::ast::{Ref, RegoVersion, Value as Term};
use warrego_syntax::print::reference_text;
use warrego_syntax::{ParseOptions, parse_package};

pub use archive::{File, files, is_part};
pub use error::Error;
pub use manifest::{Manifest, WasmResolver};
pub use merge::merge;
pub use names::clean;
pub use overlap::{Activated, Words, activate};

/// The largest size of an unpacked archive, and of a file in a folder: 1 GiB, as in OPA.
pub const SIZE_LIMIT: u64 = 1 << 30;

/// Reads a document, or reports why it is not one.
pub type ReadDocument = fn(&[u8]) -> Result<Value, String>;

/// How a bundle is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// Reads `data.json`.
    pub json: ReadDocument,
    /// Reads `data.yaml` and `data.yml`.
    pub yaml: ReadDocument,
    /// Refuse bundles that are signed. Signatures cannot be verified yet, so that a caller who relies on them must not read such a bundle.
    pub verify: bool,
    /// The largest size of an unpacked archive, in bytes.
    pub size_limit: u64,
}

/// Where files come from, which decides how errors name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A folder: errors begin with its name.
    Folder,
    /// A tarball: errors use the names in it.
    Archive,
}

/// A Rego file of a bundle.
#[derive(Debug, Clone)]
pub struct Module {
    /// The bundle's name and the path in it, without steps that lead nowhere; unique in the bundle.
    pub name: String,
    /// The path in the bundle, as `file_rego_versions` of the manifest has it.
    pub path: String,
    /// The text.
    pub text: String,
    /// The version of Rego that the manifest says it is of.
    pub version: Option<RegoVersion>,
}

/// A bundle that lies within its roots.
#[derive(Debug, Clone)]
pub struct Bundle {
    name: String,
    manifest: Manifest,
    modules: Vec<Module>,
    data: Map<String, Value>,
    plan: Option<Vec<u8>>,
    wasm: Vec<String>,
}

impl Bundle {
    /// Reads a gzipped tarball.
    ///
    /// # Errors
    /// When it is broken or too large, or reaches out of its roots.
    pub fn from_archive(name: &str, bytes: &[u8], reading: &Reading) -> Result<Self, Error> {
        Self::from_files(name, files(bytes, reading.size_limit)?, Origin::Archive, reading)
    }

    /// Reads the files of a folder or a tarball; their paths are relative to it.
    ///
    /// # Errors
    /// When one of them is broken, or the bundle reaches out of its roots.
    pub fn from_files(name: &str, files: Vec<File>, origin: Origin, reading: &Reading) -> Result<Self, Error> {
        let mut parts = Parts::default();
        let shown = |path: &str| match origin {
            Origin::Folder => names::clean(&format!("{name}/{path}")),
            Origin::Archive => path.to_owned(),
        };
        let rooted = |path: &str| match origin {
            Origin::Folder => format!("/{path}"),
            Origin::Archive => path.to_owned(),
        };
        for file in files {
            parts.add(file, name, (&shown, &rooted), reading)?;
        }
        parts.finish(name, &shown, &rooted)
    }

    /// The name it was read by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its manifest says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its Rego files.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// Its base documents: nothing but what lies within its roots.
    pub fn data(&self) -> &Map<String, Value> {
        &self.data
    }

    /// Its plan (`plan.json`), if it has one.
    pub fn plan(&self) -> Option<&[u8]> {
        self.plan.as_deref()
    }

    /// Refuses a bundle whose only code is a compiled Wasm module, which cannot be used.
    ///
    /// # Errors
    /// When it is one.
    pub fn require_code(&self) -> Result<(), Error> {
        let without_code = self.modules.is_empty() && self.plan.is_none();
        match self.wasm.first().filter(|_| without_code) {
            Some(path) => Err(Error::OnlyWasm(path.clone())),
            None => Ok(()),
        }
    }

    /// The paths of its Wasm modules, which are not used.
    pub fn wasm(&self) -> &[String] {
        &self.wasm
    }
}

/// How errors show a path.
type Shown<'s> = &'s dyn Fn(&str) -> String;

/// What was read of a bundle so far.
#[derive(Default)]
struct Parts {
    manifest: Option<(String, Manifest)>,
    /// By name, so that a later file replaces an earlier one.
    modules: BTreeMap<String, Module>,
    /// The package of every Rego file, replaced ones among them, and the file as errors show it.
    packages: Vec<(Package, String)>,
    data: Map<String, Value>,
    plan: Option<Vec<u8>>,
    wasm: Vec<String>,
}

/// The package of a Rego file.
struct Package {
    /// As `package a.b`.
    text: String,
    segments: Vec<String>,
}

impl Parts {
    /// Adds a file. Errors show paths in two ways: with the folder that the bundle is in, and from the bundle's root.
    fn add(&mut self, file: File, name: &str, (shown, rooted): (Shown<'_>, Shown<'_>), reading: &Reading) -> Result<(), Error> {
        let File { path, bytes } = file;
        if path.len() > names::LENGTH_MAX {
            return Err(Error::NameTooLong(path.chars().take(60).collect()));
        }
        let base = names::base(&path);
        if base == ".signatures.json" {
            return if reading.verify { refuse_signed(&bytes) } else { Ok(()) };
        }
        if base == "patch.json" {
            refuse_delta(&bytes)?;
        }
        if path.ends_with(".rego") {
            let text = String::from_utf8(bytes).map_err(|_| Error::NotUtf8(shown(&path)))?;
            self.packages.extend(package(&text).map(|package| (package, shown(&path))));
            let name = names::clean(&format!("{name}/{path}"));
            self.modules.insert(
                name.clone(),
                Module {
                    name,
                    path,
                    text,
                    version: None,
                },
            );
        } else if base == "policy.wasm" {
            self.wasm.push(shown(&path));
        } else if base == "plan.pb" {
            return Err(Error::Protobuf(shown(&path)));
        } else if base == "plan.json" {
            if self.plan.replace(bytes).is_some() {
                return Err(Error::Plans);
            }
        } else if matches!(base, "data.json" | "data.yaml" | "data.yml") {
            let read = if base == "data.json" { reading.json } else { reading.yaml };
            let value = read(&bytes).map_err(|reason| Error::Document {
                path: shown(&path),
                reason,
            })?;
            let place = names::place(&path);
            documents::insert(&mut self.data, &place, value).map_err(|reason| Error::Document {
                path: rooted(&path),
                reason,
            })?;
        } else if path.ends_with(".manifest.pb") {
            return Err(Error::Protobuf(shown(&path)));
        } else if path.ends_with(".manifest") {
            if let Some((first, _)) = &self.manifest {
                return Err(Error::Manifests(rooted(first), rooted(&path)));
            }
            let manifest = Manifest::read(&bytes).map_err(|reason| Error::Manifest {
                path: shown(&path),
                reason,
            })?;
            self.manifest = Some((path, manifest));
        }
        Ok(())
    }

    fn finish(mut self, name: &str, shown: Shown<'_>, rooted: Shown<'_>) -> Result<Bundle, Error> {
        let mut manifest = self.manifest.take().map(|(_, manifest)| manifest).unwrap_or_default();
        manifest.check()?;
        let roots = roots::Roots::new(&manifest.roots)?;
        for (package, path) in &self.packages {
            if !roots.contain(&package.segments) {
                return Err(Error::Module {
                    roots: roots.text(),
                    package: package.text.clone(),
                    path: path.clone(),
                });
            }
        }
        manifest.check_wasm(&roots, &self.wasm, shown)?;
        if let Some(plan) = &self.plan {
            plan::check(plan, &roots)?;
        }
        let data = roots.take(self.data)?;
        let versions = versions::Versions::new(&manifest)?;
        for module in self.modules.values_mut() {
            module.version = versions.of(&rooted(&module.path));
        }
        Ok(Bundle {
            name: name.to_owned(),
            manifest,
            modules: self.modules.into_values().collect(),
            data,
            plan: self.plan,
            wasm: self.wasm,
        })
    }
}

/// The package of a Rego file. A file in which no version of Rego finds one cannot be compiled either, so that it needs no check.
fn package(text: &str) -> Option<Package> {
    let read = |version| {
        let options = ParseOptions {
            version,
            ..ParseOptions::default()
        };
        parse_package(text, &options)
    };
    let path = [RegoVersion::V1, RegoVersion::V0, RegoVersion::V2].into_iter().find_map(read)?;
    let mut segments = Vec::with_capacity(path.len());
    let mut shown: Ref = path.get(1..)?.to_vec();
    for part in &shown {
        match &part.value {
            Term::String(name) => segments.push(name.to_string()),
            _ => return None,
        }
    }
    let head = shown.first_mut()?;
    head.value = Term::Var(segments.first()?.as_str().into());
    Some(Package {
        text: format!("package {}", reference_text(&shown)),
        segments,
    })
}

/// Signatures are there if the file has some.
fn refuse_signed(bytes: &[u8]) -> Result<(), Error> {
    let content: Value = serde_json::from_slice(bytes).map_err(|error| Error::Signatures(error.to_string()))?;
    let fields = manifest::fields(content).map_err(Error::Signatures)?;
    let signed = fields
        .iter()
        .any(|(name, value)| matches!(name.as_str(), "signatures" | "plugin") && !value.is_null());
    if signed { Err(Error::Signed) } else { Ok(()) }
}

/// A bundle of patches to data that are somewhere else.
fn refuse_delta(bytes: &[u8]) -> Result<(), Error> {
    let content: Value = serde_json::from_slice(bytes).map_err(|error| Error::Patch(error.to_string()))?;
    let fields = manifest::fields(content).map_err(Error::Patch)?;
    let patches = fields
        .iter()
        .any(|(name, value)| name == "data" && !value.is_null() && value.as_array().is_none_or(|patches| !patches.is_empty()));
    if patches { Err(Error::Delta) } else { Ok(()) }
}
