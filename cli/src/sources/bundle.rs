//! OPA bundles on disk: tarballs, and folders read as such. What a bundle is, and that it lies within its roots, is `warrego-bundle`'s affair.
//!
//! Symbolic links in a folder are passed over unless they are asked for: a bundle from somebody else must not read what lies out of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use warrego_bundle::{Bundle, File, Origin, Reading, SIZE_LIMIT, is_part};

use super::{Loaded, Loading, Together, cannot, document, entries, ignored, ignored_within};

/// How bundles are read.
pub(super) fn reading(loading: &Loading) -> Reading {
    Reading {
        json: document::json,
        yaml: document::yaml,
        verify: loading.together == Together::Built,
        size_limit: SIZE_LIMIT,
    }
}

/// Reads a tarball or a folder as a bundle.
pub(super) fn open(name: &str, loading: &Loading) -> Result<Bundle, String> {
    let (files, origin) = files(name, loading)?;
    with_code(name, files, origin, loading)
}

/// The files of a tarball or a folder.
pub(super) fn files(name: &str, loading: &Loading) -> Result<(Vec<File>, Origin), String> {
    let path = Path::new(name);
    let metadata = fs::metadata(path).map_err(|error| format!("error reading {name:?}: {}", cannot("stat", path, &error)))?;
    if metadata.is_dir() {
        let mut files = Vec::new();
        collect(path, &PathBuf::new(), loading, &mut files)?;
        return Ok((files, Origin::Folder));
    }
    let bytes = fs::read(path).map_err(|error| cannot("open", path, &error))?;
    Ok((of_archive(name, &bytes, loading)?, Origin::Archive))
}

/// Reads the bytes of a tarball as a bundle.
pub(super) fn read(name: &str, bytes: &[u8], loading: &Loading) -> Result<Bundle, String> {
    let files = of_archive(name, bytes, loading)?;
    with_code(name, files, Origin::Archive, loading)
}

/// A bundle whose code can be compiled.
fn with_code(name: &str, files: Vec<File>, origin: Origin, loading: &Loading) -> Result<Bundle, String> {
    let bundle = Bundle::from_files(name, files, origin, &reading(loading));
    let bundle = bundle.and_then(|bundle| bundle.require_code().map(|()| bundle));
    bundle.map_err(|error| format!("bundle {name}: {error}"))
}

fn of_archive(name: &str, bytes: &[u8], loading: &Loading) -> Result<Vec<File>, String> {
    let mut files = warrego_bundle::files(bytes, SIZE_LIMIT).map_err(|error| format!("bundle {name}: {error}"))?;
    files.retain(|file| !ignored_within(&file.path, &loading.ignore));
    Ok(files)
}

/// All files of a folder that can be part of a bundle, by their path in it.
fn collect(folder: &Path, place: &Path, loading: &Loading, files: &mut Vec<File>) -> Result<(), String> {
    for entry in entries(folder)? {
        if ignored(&entry, &loading.ignore) {
            continue;
        }
        let place = place.join(entry.file_name().unwrap_or_default());
        let metadata = match loading.follow_symlinks {
            true => fs::metadata(&entry),
            false => fs::symlink_metadata(&entry),
        };
        let metadata = metadata.map_err(|error| cannot("stat", &entry, &error))?;
        if metadata.is_dir() {
            collect(&entry, &place, loading, files)?;
            continue;
        }
        let path = place.to_string_lossy().into_owned();
        if !metadata.is_file() || !is_part(&path) {
            continue;
        }
        if metadata.len() > SIZE_LIMIT {
            let size = metadata.len();
            return Err(format!(
                "bundle file {path} size ({size} bytes) exceeds configured size_limit_bytes ({SIZE_LIMIT} bytes)"
            ));
        }
        let bytes = fs::read(&entry).map_err(|error| cannot("open", &entry, &error))?;
        files.push(File { path, bytes });
    }
    Ok(())
}

/// Takes a bundle as one file of documents and policies among others, as `opa eval -d` does it. Its manifest is part of the documents, so that there can be
/// only one.
pub(super) fn take(loaded: &mut Loaded, bundle: Bundle) -> Result<(), String> {
    let name = bundle.name().to_owned();
    if let Some(plan) = bundle.plan()
        && loaded.plan.replace(plan.to_vec()).is_some()
    {
        return Err(format!("bundle {name}: there is another plan already; build one at a time"));
    }
    for module in bundle.modules() {
        loaded.bundled(module.clone());
    }
    let merged = document::merge_at(&mut loaded.data, &[], Value::Object(bundle.data().clone()));
    merged.map_err(|error| format!("{name}: {error}"))?;
    let place = ["system", "bundle", "manifest"].map(str::to_owned).to_vec();
    if loaded.together == Together::Activated && loaded.manifests.iter().any(|(other, _)| *other == place) {
        return Err(format!(
            "{name}: merge error: conflicting values at data.system.bundle.manifest (hint: use -b)"
        ));
    }
    loaded.manifests.push((place, bundle.manifest().to_json()));
    Ok(())
}
