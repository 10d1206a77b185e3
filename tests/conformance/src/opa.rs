//! OPA's own source tree as a corpus: its evaluation cases in YAML, written down in the form in which [`crate::run`] reads them. So another release of OPA
//! can be tried as it is. Plans, diagnostics and recorded calls are not in that tree; they need OPA itself.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Number, Value};
use serde_yaml_ng::Value as Yaml;

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
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let file: Yaml = serde_yaml_ng::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
    let cases = file.get("cases").and_then(Yaml::as_sequence);
    for case in cases.with_context(|| format!("{} has no cases", path.display()))? {
        let mut case = json(case).with_context(|| format!("reading {}", path.display()))?;
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

/// YAML as the JSON that OPA makes of it: keys become texts, and numbers that are whole are written so.
fn json(yaml: &Yaml) -> Result<Value> {
    Ok(match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(*value),
        Yaml::Number(value) => number(value)?,
        Yaml::String(text) => Value::String(text.clone()),
        Yaml::Sequence(items) => items.iter().map(json).collect::<Result<_>>()?,
        Yaml::Mapping(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| {
                let key = match json(key)? {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                Ok((key, json(value)?))
            });
            Value::Object(pairs.collect::<Result<Map<_, _>>>()?)
        }
        Yaml::Tagged(tagged) => json(&tagged.value)?,
    })
}

fn number(value: &serde_yaml_ng::Number) -> Result<Value> {
    if let Some(whole) = value.as_i64() {
        return Ok(whole.into());
    }
    if let Some(whole) = value.as_u64() {
        return Ok(whole.into());
    }
    let float = value.as_f64().context("a number that is none")?;
    if float.fract() == 0.0 && float.abs() < 1e21 {
        return Ok(serde_json::from_str(&format!("{float:.0}"))?);
    }
    Ok(Number::from_f64(float).map_or(Value::Null, Value::Number))
}
