//! OPA bundles: what a `.tar.gz`, or a folder read as one, holds. Signatures are not checked; a bundle with compiled Wasm and no Rego is refused by
//! name, since such modules are not taken yet.

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::Value;

use super::{Loaded, document};

/// A bundle that unpacks to more than this is refused.
const LIMIT: u64 = 1 << 30;

/// The parts of `.manifest` that matter here.
#[derive(Deserialize, Default)]
struct Manifest {
    #[serde(default)]
    roots: Option<Vec<String>>,
    #[serde(default)]
    rego_version: Option<u8>,
    #[serde(default)]
    file_rego_versions: std::collections::BTreeMap<String, u8>,
}

/// Reads a tarball.
pub(super) fn read(loaded: &mut Loaded, name: &str, bytes: &[u8]) -> Result<(), String> {
    assemble(loaded, name, files(bytes)?)
}

/// The files of a tarball.
pub(super) fn files(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut archive = tar::Archive::new(GzDecoder::new(bytes).take(LIMIT));
    let mut files = Vec::new();
    for entry in archive.entries().map_err(|error| error.to_string())? {
        let mut entry = entry.map_err(|error| error.to_string())?;
        let path = entry.path().map_err(|error| error.to_string())?.to_string_lossy().into_owned();
        let path = path.trim_start_matches("./").trim_start_matches('/').to_owned();
        if entry.header().entry_type().is_file() && wanted(&path) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(|error| format!("{path}: {error}"))?;
            files.push((path, bytes));
        }
    }
    Ok(files)
}

/// Whether a file of that name is part of a bundle.
pub(super) fn wanted(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.ends_with(".rego")
        || matches!(
            name,
            "data.json" | "data.yaml" | "data.yml" | ".manifest" | ".signatures.json" | "plan.json"
        )
        || path.ends_with(".wasm")
}

/// Takes a bundle's files.
pub(super) fn assemble(loaded: &mut Loaded, name: &str, files: Vec<(String, Vec<u8>)>) -> Result<(), String> {
    let manifest = match files.iter().find(|(path, _)| path == ".manifest") {
        Some((_, bytes)) => serde_json::from_slice(bytes).map_err(|error| format!(".manifest: {error}"))?,
        None => Manifest::default(),
    };
    take_version(loaded, &manifest)?;
    let has_rego = files.iter().any(|(path, _)| path.ends_with(".rego"));
    let wasm = files.iter().find(|(path, _)| path.ends_with(".wasm")).map(|(path, _)| path.clone());
    let mut data = serde_json::Map::new();
    for (path, bytes) in files {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path.as_str()));
        let at: Vec<String> = folder.split('/').filter(|step| !step.is_empty()).map(str::to_owned).collect();
        match file {
            "data.json" => place(&mut data, &at, document::json(&bytes), &path)?,
            "data.yaml" | "data.yml" => place(&mut data, &at, document::yaml(&bytes), &path)?,
            "plan.json" if folder.is_empty() => loaded.plan = Some(bytes),
            _ if path.ends_with(".rego") => {
                loaded.module(super::clean(&Path::new(name).join(&path)).to_string_lossy().into_owned(), bytes)?
            }
            _ => {}
        }
    }
    if !has_rego
        && loaded.plan.is_none()
        && let Some(wasm) = wasm
    {
        return Err(format!(
            "{wasm}: compiled Wasm modules are not supported yet; build the bundle with its Rego or with `opa build -t plan`"
        ));
    }
    for root in data.keys() {
        let owned = manifest
            .roots
            .as_ref()
            .is_none_or(|roots| roots.iter().any(|owned| overlaps(owned, root)));
        if !owned {
            return Err(format!("the manifest's roots do not permit data at `{root}`"));
        }
    }
    document::merge_at(&mut loaded.data, &[], Value::Object(data))
}

/// Versions are per compilation here, so that files of one bundle must agree.
fn take_version(loaded: &mut Loaded, manifest: &Manifest) -> Result<(), String> {
    let versions: Vec<u8> = manifest
        .rego_version
        .into_iter()
        .chain(manifest.file_rego_versions.values().copied())
        .collect();
    match (
        versions.iter().all(|&version| version == 0),
        versions.iter().all(|&version| version != 0),
    ) {
        (_, true) => Ok(()),
        (true, _) => {
            loaded.v0 = true;
            Ok(())
        }
        _ => Err("files of Rego v0 and v1 in one bundle are not supported yet".to_owned()),
    }
}

fn place(data: &mut serde_json::Map<String, Value>, at: &[String], value: Result<Value, String>, path: &str) -> Result<(), String> {
    value
        .and_then(|value| document::merge_at(data, at, value))
        .map_err(|error| format!("{path}: {error}"))
}

/// Whether a root of the manifest reaches into a top-level document.
fn overlaps(root: &str, document: &str) -> bool {
    let root = root.trim_matches('/');
    root.is_empty() || root.split('/').next() == Some(document)
}
