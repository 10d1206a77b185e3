//! Reads the workloads: one folder is one case, as plain files. Inputs and data that are too large to keep are generated into the
//! target folder by the case's own `gen.py`. Nothing here runs a policy.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// A workload.
pub struct Case {
    /// The folder's name; generated sizes add theirs (`rules-100`).
    pub name: String,
    /// The entrypoint with slashes, e.g. `system/main`.
    pub entrypoint: String,
    /// The folder with the policy's files.
    pub policies: PathBuf,
    /// The policy's files: name and text.
    pub modules: Vec<(String, String)>,
    /// The base documents, where the policy has any.
    pub data: Option<PathBuf>,
    /// The inputs, each with the decision it must get.
    pub inputs: Vec<Input>,
}

/// One input document.
pub struct Input {
    /// The file's name without `.json`.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The document.
    pub bytes: Vec<u8>,
    /// The document as text.
    pub text: String,
    /// The decision.
    pub expected: Value,
}

impl Case {
    /// The entrypoint as a query: `data.system.main`.
    pub fn query(&self) -> String {
        format!("data.{}", self.entrypoint.replace('/', "."))
    }

    /// The text of the base documents: `{}` if there are none.
    pub fn data_text(&self) -> Result<String> {
        match &self.data {
            Some(path) => fs::read_to_string(path).with_context(|| format!("reading {}", path.display())),
            None => Ok("{}".into()),
        }
    }
}

/// What to read.
pub struct Selection<'a> {
    /// The folder of cases.
    pub dir: &'a Path,
    /// Only this case.
    pub only: Option<&'a str>,
    /// Leave out what takes long to generate.
    pub small: bool,
    /// Where generated files go.
    pub generated: &'a Path,
}

/// Reads the cases in the order of their names, and the reasons why some were left out.
pub fn load(selection: &Selection<'_>) -> Result<(Vec<Case>, Vec<String>)> {
    let mut folders: Vec<PathBuf> = fs::read_dir(selection.dir)
        .with_context(|| format!("reading {}", selection.dir.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    folders.retain(|folder| folder.join("case.json").is_file());
    folders.sort();
    let (mut cases, mut left_out) = (Vec::new(), Vec::new());
    for folder in folders {
        let name = file_name(&folder);
        if selection
            .only
            .is_some_and(|only| only != name && !only.starts_with(&format!("{name}-")))
        {
            continue;
        }
        match read_folder(&folder, &name, selection).with_context(|| format!("case {name}")) {
            Ok(read) => cases.extend(read),
            Err(error) => left_out.push(format!("{error:#}")),
        }
    }
    if let Some(only) = selection.only {
        cases.retain(|case| case.name == only || case.name.starts_with(&format!("{only}-")));
        ensure!(!cases.is_empty() || !left_out.is_empty(), "no case named {only}");
    }
    Ok((cases, left_out))
}

fn read_folder(folder: &Path, name: &str, selection: &Selection<'_>) -> Result<Vec<Case>> {
    let about = read_json(&folder.join("case.json"))?;
    if let Some(generator) = about.get("generator") {
        return generate_sizes(folder, name, generator, selection);
    }
    let mut data = Some(folder.join("data.json")).filter(|path| path.is_file());
    if data.is_none() && about.get("generated").is_some() {
        if selection.small {
            bail!("left out of the smoke run: its data is large");
        }
        let out = selection.generated.join(name);
        let file = out.join("data.json");
        if !file.is_file() {
            generate(folder, &[], &out)?;
        }
        data = Some(file);
    }
    Ok(vec![read_case(folder, name.to_owned(), &about, data, None)?])
}

fn generate_sizes(folder: &Path, name: &str, generator: &Value, selection: &Selection<'_>) -> Result<Vec<Case>> {
    let sizes = generator
        .get("sizes")
        .and_then(Value::as_array)
        .context("`generator` has no sizes")?;
    let mut cases = Vec::new();
    for size in sizes {
        let name = format!("{name}-{size}");
        let large = size.as_u64().is_none_or(|size| size > 100);
        if (large && selection.small) || selection.only.is_some_and(|only| only.contains('-') && only != name) {
            continue;
        }
        let out = selection.generated.join(&name);
        if !out.join("case.json").is_file() {
            generate(folder, &[&size.to_string()], &out)?;
        }
        cases.push(read_case(
            &out,
            name,
            &read_json(&out.join("case.json"))?,
            None,
            generator.get("expected"),
        )?);
    }
    Ok(cases)
}

/// Runs the case's generator.
fn generate(folder: &Path, arguments: &[&str], out: &Path) -> Result<()> {
    fs::create_dir_all(out)?;
    let status = Command::new("python3")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(folder.join("gen.py"))
        .args(arguments)
        .arg(out)
        .status()
        .context("python3 is needed to generate this case")?;
    ensure!(status.success(), "gen.py failed");
    Ok(())
}

fn read_case(folder: &Path, name: String, about: &Value, data: Option<PathBuf>, expected: Option<&Value>) -> Result<Case> {
    let entrypoint = about
        .get("entrypoint")
        .and_then(Value::as_str)
        .context("no `entrypoint`")?
        .to_owned();
    let policies = folder.join("policy");
    let mut modules = Vec::new();
    for path in json_or_rego(&policies, "rego")? {
        modules.push((file_name(&path), fs::read_to_string(&path)?));
    }
    let several = folder.join("inputs");
    let files = if several.is_dir() {
        json_or_rego(&several, "json")?
    } else {
        vec![folder.join("input.json")]
    };
    let mut inputs = Vec::new();
    for path in files {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let expected = match expected {
            Some(expected) => expected
                .get(&name)
                .cloned()
                .with_context(|| format!("no expected decision for {name}"))?,
            None if several.is_dir() => read_json(&folder.join("expected").join(format!("{name}.json")))?,
            None => read_json(&folder.join("expected.json"))?,
        };
        let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        inputs.push(Input {
            name,
            path,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
            expected,
        });
    }
    Ok(Case {
        name,
        entrypoint,
        policies,
        modules,
        data,
        inputs,
    })
}

fn json_or_rego(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("reading {}", folder.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    Ok(files)
}

fn read_json(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
