//! What `warrego inspect` says about a Rego file or a bundle: in JSON the document of `opa inspect`, for people its tables and texts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};
use warrego_bundle::Bundle;
use warrego_compiler::inspection::{self, Annotated};
use warrego_compiler::{Input, Options};

use crate::diagnostics::Problem;
use crate::output::draw;
use crate::sources::{bundle_files, cannot, clean};

/// Longest text in a table, and longest line of a list.
const CELL: usize = 50;
const LINE: usize = 80;

/// Everything there is to know, as JSON.
pub fn inspect(path: &str, options: &Options, annotations: bool) -> Result<(Value, Vec<Annotated>), String> {
    let (files, bundle) = match path.ends_with(".rego") {
        true => {
            let bytes = std::fs::read(path).map_err(|error| cannot("open", path.as_ref(), &error))?;
            (vec![(path.to_owned(), bytes)], None)
        }
        false => {
            let (files, bundle) = bundle_files(path)?;
            let files = files.into_iter().map(|file| (file.path, file.bytes)).collect();
            (files, Some(bundle))
        }
    };
    let is_bundle = !path.ends_with(".rego");
    let in_folder = Path::new(path).is_dir();
    // In a folder files are named as they are reached, in a tarball by their place in it.
    let shown = |name: &str| match in_folder {
        true => clean(&Path::new(path).join(name)).to_string_lossy().into_owned(),
        false => clean(Path::new(name)).to_string_lossy().into_owned(),
    };
    let mut report = Map::new();
    if let Some(bundle) = &bundle {
        report.insert("manifest".to_owned(), bundle.manifest().to_json());
    }
    let signatures = files.iter().find(|(name, _)| name == ".signatures.json");
    let signatures = signatures.map(|(_, bytes)| parse(bytes, "bundle load failed on signatures decode: "));
    report.insert("signatures_config".to_owned(), signatures.transpose()?.unwrap_or_else(|| json!({})));
    let wasm: Vec<Value> = files
        .iter()
        .filter(|(name, _)| name.ends_with(".wasm"))
        .map(|(name, _)| json!({"entrypoints": entrypoints(&report["manifest"], name), "path": format!("/{name}"), "url": shown(name)}))
        .collect();
    if !wasm.is_empty() {
        report.insert("wasm_modules".to_owned(), wasm.into());
    }
    let (mut modules, mut versions) = (Vec::new(), BTreeMap::new());
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".rego")) {
        let text = String::from_utf8(bytes.clone()).map_err(|_| format!("{name}: not valid UTF-8"))?;
        let of_bundle = bundle.iter().flat_map(Bundle::modules).find(|module| module.path == *name);
        versions.extend(of_bundle.and_then(|module| module.version).map(|version| (modules.len(), version)));
        modules.push((if is_bundle { shown(name) } else { name.clone() }, text));
    }
    let input = Input { modules, data: json!({}) };
    let options = Options {
        versions,
        ..options.clone()
    };
    let found = inspection::inspect(&input, &options).map_err(|failure| Problem::from(failure).text().trim_end().to_owned())?;
    let mut namespaces: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (package, (name, _)) in found.packages.iter().zip(&input.modules) {
        namespaces.entry(package.clone()).or_default().push(name.clone());
    }
    for (name, _) in &files {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        if matches!(file, "data.json" | "data.yaml" | "data.yml") {
            let place = std::iter::once("data").chain(folder.split('/').filter(|step| !step.is_empty()));
            let place = place.collect::<Vec<_>>().join(".");
            namespaces.entry(place).or_default().push(shown(name));
        }
    }
    for resolver in report
        .get("manifest")
        .and_then(|manifest| manifest["wasm"].as_array())
        .into_iter()
        .flatten()
    {
        let entrypoint = resolver["entrypoint"].as_str().unwrap_or_default();
        let place = format!("data.{}", entrypoint.trim_start_matches('/').replace('/', "."));
        let module = resolver["module"].as_str().unwrap_or_default();
        namespaces.entry(place).or_default().push(module.to_owned());
    }
    if !namespaces.is_empty() {
        report.insert("namespaces".to_owned(), json!(namespaces));
    }
    let listed = if annotations { found.annotations } else { Vec::new() };
    if !listed.is_empty() {
        let entries = listed.iter().map(|entry| {
            json!({
                "annotations": entry.annotations,
                "location": {"file": entry.file, "row": entry.row, "col": entry.col},
                "path": entry.path,
            })
        });
        report.insert("annotations".to_owned(), entries.collect());
    }
    report.insert("capabilities".to_owned(), found.required);
    Ok((Value::Object(report), listed))
}

fn parse(bytes: &[u8], what: &str) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("{what}{error}"))
}

fn entrypoints(manifest: &Value, module: &str) -> Vec<String> {
    let resolvers = manifest["wasm"].as_array().into_iter().flatten();
    let of_module = resolvers.filter(|resolver| {
        resolver["module"]
            .as_str()
            .is_some_and(|name| name.trim_start_matches('/') == module)
    });
    of_module
        .filter_map(|resolver| resolver["entrypoint"].as_str())
        .map(|entrypoint| format!("data.{}", entrypoint.trim_start_matches('/').replace('/', ".")))
        .collect()
}

/// The report for people.
pub fn pretty(report: &Value, annotations: &[Annotated]) -> String {
    let mut text = String::new();
    let rows = manifest_rows(&report["manifest"]);
    if !rows.is_empty() {
        text.push_str("MANIFEST:\n");
        text.push_str(&draw(&["FIELD".to_owned(), "VALUE".to_owned()], &merged(rows)));
    }
    let namespaces = report["namespaces"].as_object().into_iter().flatten();
    let rows: Vec<Vec<String>> = namespaces
        .flat_map(|(place, files)| {
            let files = files.as_array().into_iter().flatten().filter_map(Value::as_str);
            files.map(|file| vec![place.clone(), shortened(file)])
        })
        .collect();
    if !rows.is_empty() {
        text.push_str("NAMESPACES:\n");
        text.push_str(&draw(&["NAMESPACE".to_owned(), "FILE".to_owned()], &merged(rows)));
    }
    if !annotations.is_empty() {
        text.push_str("ANNOTATIONS:\n");
        annotations.iter().for_each(|entry| describe(&mut text, entry));
    }
    text
}

fn manifest_rows(manifest: &Value) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = |field: &str, value: String| rows.push(vec![field.to_owned(), value]);
    if let Some(version) = manifest.get("rego_version") {
        row("Rego Version", version.to_string());
    }
    if let Some(revision) = manifest["revision"].as_str().filter(|revision| !revision.is_empty()) {
        row("Revision", cut(revision, CELL));
    }
    let mut roots: Vec<&str> = manifest["roots"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    roots.sort_unstable();
    if roots != [""] {
        roots.iter().for_each(|root| row("Roots", shortened(root)));
    }
    if let Some(metadata) = manifest.get("metadata") {
        row("Metadata", cut(&sorted(metadata).to_string(), CELL));
    }
    rows
}

/// A document whose keys come by the alphabet.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<&String, Value> = fields.iter().map(|(key, value)| (key, sorted(value))).collect();
            json!(fields)
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        value => value.clone(),
    }
}

/// Names that repeat the one above are left out.
fn merged(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let names: Vec<String> = rows.iter().filter_map(|row| row.first().cloned()).collect();
    for (row, (above, name)) in rows.iter_mut().skip(1).zip(names.iter().zip(names.iter().skip(1))) {
        if above == name
            && let Some(first) = row.first_mut()
        {
            first.clear();
        }
    }
    rows
}

fn cut(text: &str, limit: usize) -> String {
    if text.len() < limit {
        return text.to_owned();
    }
    let end = (0..=limit - 3).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    format!("{}...", &text[..end])
}

/// A long path without the beginning of its folders.
fn shortened(path: &str) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let folder = folder.trim_start_matches('/');
    let below = folder.find('/').map_or(folder, |slash| &folder[slash..]);
    if path.len() < CELL || below.len() <= 3 {
        return path.to_owned();
    }
    let spare = CELL.saturating_sub(path.len() - below.len() + 3);
    let end = (0..=below.len().saturating_sub(spare))
        .rev()
        .find(|&end| below.is_char_boundary(end));
    let dropped = &below[..end.unwrap_or(0)];
    match dropped.len() > 3 {
        true => path.replacen(dropped, "...", 1),
        false => path.to_owned(),
    }
}

fn describe(text: &mut String, entry: &Annotated) {
    let block = &entry.annotations;
    let field = |name: &str| block[name].as_str().unwrap_or_default();
    let title = match field("title").trim() {
        "" => entry.name.as_str(),
        title => title,
    };
    let _ = writeln!(text, "{title}\n{}\n", "=".repeat(title.len().min(LINE)));
    if !field("description").is_empty() {
        let _ = writeln!(text, "{}\n", field("description"));
    }
    let _ = writeln!(text, "Package:  {}", entry.package);
    if let Some(rule) = &entry.rule {
        let _ = writeln!(text, "Rule:     {rule}");
    }
    let _ = writeln!(text, "Location: {}:{}", entry.file, entry.row);
    if !field("scope").is_empty() {
        let _ = writeln!(text, "Scope: {}", field("scope"));
    }
    if block["entrypoint"] == true {
        text.push_str("Entrypoint: true\n");
    }
    text.push('\n');
    let items = |name: &str| block[name].as_array().into_iter().flatten();
    let line = |text: &str| text.replace('\n', " ");
    let alone = |texts: Vec<String>| texts.into_iter().map(|text| (text, String::new())).collect();
    let organizations = items("organizations").filter_map(Value::as_str).map(line).collect();
    list(text, "Organizations", alone(organizations), "");
    list(
        text,
        "Authors",
        alone(items("authors").map(|author| line(&author_text(author))).collect()),
        "",
    );
    list(text, "Schemas", entry.schemas.clone(), ": ");
    let resources = items("related_resources").map(|resource| {
        let part = |name: &str| resource[name].as_str().unwrap_or_default();
        (line(part("ref")), part("description").to_owned())
    });
    list(text, "Related Resources", resources.collect(), " ");
    let custom = block["custom"].as_object().into_iter().flatten();
    list(
        text,
        "Custom",
        custom.map(|(key, value)| (key.clone(), sorted(value).to_string())).collect(),
        ": ",
    );
}

fn author_text(author: &Value) -> String {
    let part = |name: &str| author[name].as_str().unwrap_or_default();
    match (part("name"), part("email")) {
        (name, "") => name.to_owned(),
        ("", email) => format!("<{email}>"),
        (name, email) => format!("{name} <{email}>"),
    }
}

/// A list with a title; values stand in one column.
fn list(text: &mut String, title: &str, entries: Vec<(String, String)>, separator: &str) {
    if entries.is_empty() {
        return;
    }
    let width = entries.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let _ = writeln!(text, "{title}:");
    for (key, value) in entries {
        let line = match value.is_empty() {
            true => format!(" {key}"),
            false => format!(" {key}{separator}{}{value}", " ".repeat(width - key.len())),
        };
        let _ = writeln!(text, "{}", cut(&line, LINE));
    }
    text.push('\n');
}
