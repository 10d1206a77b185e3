//! `compiler/src/capabilities/versions.tsv`, made from the files of capabilities that OPA ships: one for each of its versions, nearly all of them alike.
//! The table has each declaration once, with the versions that it appears in.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::setup::Workspace;

const FILE: &str = "compiler/src/capabilities/versions.tsv";

const HEAD: &str = "\
# Capabilities of OPA's versions, made by `cargo xtask capabilities FOLDER` from the folder `capabilities` of OPA's sources.
# The first line lists the versions. Each further line: the first and the last version that have the entry, the field it is in, the entry.
";

/// Writes the table from a folder of OPA's files, or with `check` compares it with them.
pub fn table(workspace: &Workspace, folder: &Path, check: bool) -> Result<()> {
    let text = made(folder)?;
    let path = workspace.root.join(FILE);
    if !check {
        return fs::write(&path, text).with_context(|| format!("writing {}", path.display()));
    }
    let present = fs::read_to_string(&path).with_context(|| format!("reading {FILE}"))?;
    ensure!(
        present == text,
        "{FILE} is not what OPA's files say: run `cargo xtask capabilities FOLDER`"
    );
    Ok(())
}

fn made(folder: &Path) -> Result<String> {
    let mut versions = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some(version) = name.strip_suffix(".json") {
            versions.push((order(version)?, version.to_owned()));
        }
    }
    versions.sort();
    ensure!(!versions.is_empty(), "{} holds no files of capabilities", folder.display());
    // Entries by field and text, with the versions that have them.
    let mut entries: BTreeMap<(String, String, String), Vec<usize>> = BTreeMap::new();
    for (number, (_, version)) in versions.iter().enumerate() {
        let path = folder.join(format!("{version}.json"));
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let document: BTreeMap<String, Value> = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        for (field, value) in document {
            let list = match (field.as_str(), value) {
                ("builtins", Value::Array(declarations)) => declarations,
                (_, value) => vec![value],
            };
            for entry in list {
                let name = entry["name"].as_str().unwrap_or_default().to_owned();
                entries.entry((field.clone(), name, entry.to_string())).or_default().push(number);
            }
        }
    }
    let mut text = HEAD.to_owned();
    let names: Vec<&str> = versions.iter().map(|(_, version)| version.as_str()).collect();
    let _ = writeln!(text, "{}", names.join(" "));
    for ((field, _, entry), numbers) in entries {
        let (first, last) = (numbers[0], numbers[numbers.len() - 1]);
        ensure!(
            numbers.len() == last - first + 1,
            "{field}: {entry} went and came back: the table has no form for that"
        );
        let _ = writeln!(text, "{}\t{}\t{field}\t{entry}", names[first], names[last]);
    }
    Ok(text)
}

/// What versions are sorted by; a release candidate comes before its release.
fn order(version: &str) -> Result<([u32; 3], bool, String)> {
    let (numbers, candidate) = version.split_once('-').unwrap_or((version, ""));
    let numbers: Vec<u32> = numbers
        .trim_start_matches('v')
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect();
    match numbers.as_slice() {
        &[major, minor, patch] => Ok(([major, minor, patch], candidate.is_empty(), candidate.to_owned())),
        _ => bail!("{version} is not a version"),
    }
}
