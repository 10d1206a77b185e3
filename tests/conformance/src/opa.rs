//! OPA's own source tree as a corpus: its evaluation cases in YAML, written down in the form in which [`crate::run`] reads them. So another release of OPA
//! can be tried as it is. Plans, diagnostics and recorded calls are not in that tree; they need OPA itself.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value;

/// Where the cases lie in the tree.
const CASES: &str = "v1/test/cases/testdata";

/// Writes the cases of the source tree `tree` into the folder `into`: `eval/<version>/<suite>.jsonl`.
pub fn write_corpus(tree: &Path, into: &Path) -> Result<()> {
    for version in ["v0", "v1"] {
        let from = tree.join(CASES).join(version);
        ensure!(
            from.is_dir(),
            "{} is no source tree of OPA: it has no {CASES}/{version}",
            tree.display()
        );
        let to = into.join("eval").join(version);
        fs::create_dir_all(&to)?;
        for suite in sorted(&from)? {
            let name = suite.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let mut lines = String::new();
            write_suite(&suite, version, &mut lines)?;
            fs::write(to.join(format!("{name}.jsonl")), lines)?;
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn write_suite(path: &Path, version: &str, lines: &mut String) -> Result<()> {
    if path.is_dir() {
        return sorted(path)?.iter().try_for_each(|path| write_suite(path, version, lines));
    }
    let text = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let file = warrego_yaml::json(&text).map_err(|error| anyhow!("reading {}: {error}", path.display()))?;
    let cases = file.get("cases").and_then(Value::as_array);
    for case in cases.with_context(|| format!("{} has no cases", path.display()))? {
        let mut case = case.clone();
        let members = case.as_object_mut().context("a case is no object")?;
        if members.contains_key("want_defined") {
            bail!("{}: `want_defined` is not known here", path.display());
        }
        members.insert("rego_version".to_owned(), version.into());
        lines.push_str(&case.to_string());
        lines.push('\n');
    }
    Ok(())
}
