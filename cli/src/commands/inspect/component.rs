//! What `warrego inspect` says about a component: what it is, what it can do and what it looks at.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value, json};
use warrego_host::{Capability, Clock, Effort, Engine, EngineOptions, Grants, Limits, Log, Policy, Random};
use wasmparser::{Parser, Payload};

use crate::output::draw;
use crate::section;

/// Everything there is to know, as JSON.
pub fn inspect(bytes: &[u8]) -> Result<Value, String> {
    let outline = Outline::read(bytes)?;
    let described = section::read(bytes);
    let names: Vec<String> = match &described {
        Some(described) => strings(
            described["entrypoints"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|entrypoint| &entrypoint["name"]),
        ),
        // A policy of another builder is asked.
        None if outline.exports.iter().any(|name| name.starts_with("warrego:policy/evaluator")) => entrypoints(bytes.to_vec())?,
        None => Vec::new(),
    };
    let reads = |name: &str| {
        let entrypoints = described
            .as_ref()
            .and_then(|described| described["entrypoints"].as_array())
            .into_iter()
            .flatten();
        entrypoints
            .filter(|entrypoint| entrypoint["name"] == name)
            .map(|entrypoint| entrypoint["reads"].clone())
            .next()
    };
    let entrypoints: Vec<Value> = names.iter().map(|name| json!({"name": name, "reads": reads(name)})).collect();
    Ok(json!({
        "entrypoints": entrypoints,
        "exports": outline.exports,
        "imports": outline.imports,
        "capabilities": capabilities(&outline.imports),
        "sizes": {"total": bytes.len(), "code": outline.code, "data": outline.data},
        "compiler": described.map(|described| described["compiler"].clone()),
    }))
}

/// The longest that compiling a component of another builder, and asking it, may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The largest component of another builder that is compiled, in bytes.
const LARGEST: usize = 64 << 20;

/// Asks a policy of another builder for its entrypoints, within limits of time and memory.
fn entrypoints(component: Vec<u8>) -> Result<Vec<String>, String> {
    if component.len() > LARGEST {
        return Err(format!(
            "the component has {} bytes; more than {LARGEST} are not compiled to ask it for its entrypoints",
            component.len()
        ));
    }
    let (sender, receiver) = mpsc::channel();
    let ask = move || {
        let engine = Engine::new(EngineOptions {
            instances: None,
            effort: Effort::Quick,
            ..EngineOptions::default()
        })?;
        Policy::load_with(&engine, &component, Limits::default(), asked())
    };
    // Compiling cannot be interrupted; the thread ends with the program.
    thread::spawn(move || sender.send(ask().map(|policy| policy.entrypoints().to_vec())));
    match receiver.recv_timeout(PATIENCE) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(_) => Err(format!("the component was not compiled and asked within {} s", PATIENCE.as_secs())),
    }
}

/// What a policy gets that is only asked for its entrypoints: everything may be imported, and nothing is reached.
fn asked() -> Grants {
    Grants {
        clock: Clock::Fixed(Duration::ZERO),
        random: Random::Seeded(0),
        environment: Some(Vec::new()),
        network: "invalid".parse().into_iter().collect(),
        publish: Vec::new(),
        log: Log::Discard,
    }
}

/// What the imports amount to: capabilities of the host, and functions of the embedder.
fn capabilities(imports: &[String]) -> Vec<Value> {
    let functions = "warrego:functions/";
    imports
        .iter()
        .filter_map(|import| {
            let name = match Capability::of(import) {
                Some(capability) => capability.to_string(),
                None => format!("functions of the embedder ({})", import.strip_prefix(functions)?.split('@').next()?),
            };
            Some(json!({"capability": name, "import": import}))
        })
        .collect()
}

/// What the component's sections say.
#[derive(Default)]
struct Outline {
    imports: Vec<String>,
    exports: Vec<String>,
    code: usize,
    data: usize,
}

impl Outline {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        if !Parser::is_component(bytes) {
            return Err("not a component".to_owned());
        }
        let invalid = |error: wasmparser::BinaryReaderError| format!("not a valid component: {error}");
        let mut outline = Self::default();
        // How deep the parser is in components and modules within components.
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(invalid)? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::CodeSectionStart { size, .. } => outline.code += size as usize,
                Payload::DataSection(section) => outline.data += usize::try_from(section.range().end - section.range().start).unwrap_or(0),
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        outline.imports.push(import.map_err(invalid)?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        outline.exports.push(export.map_err(invalid)?.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(outline)
    }
}

fn strings<'a>(values: impl Iterator<Item = &'a Value>) -> Vec<String> {
    values.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The report for people.
pub fn pretty(report: &Value) -> String {
    let list = |name: &str| strings(report[name].as_array().into_iter().flatten());
    let mut text = String::new();
    let rows: Vec<Vec<String>> = report["entrypoints"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entrypoint| {
            let reads = entrypoint["reads"]
                .as_array()
                .map_or_else(|| "?".to_owned(), |reads| strings(reads.iter()).join(", "));
            vec![
                entrypoint["name"].as_str().unwrap_or_default().to_owned(),
                if reads.is_empty() { "nothing".to_owned() } else { reads },
            ]
        })
        .collect();
    if !rows.is_empty() {
        text.push_str(&draw(&["ENTRYPOINT".to_owned(), "READS".to_owned()], &rows));
    }
    let mut section = |title: &str, entries: &[String]| {
        let entries = if entries.is_empty() {
            "none".to_owned()
        } else {
            entries.join("\n          ")
        };
        text.push_str(&format!("{title:<10}{entries}\n"));
    };
    let capabilities = report["capabilities"].as_array();
    let capabilities = strings(capabilities.into_iter().flatten().map(|entry| &entry["capability"]));
    section("wants", &capabilities);
    section("imports", &list("imports"));
    section("exports", &list("exports"));
    let empty = Map::new();
    let sizes = report["sizes"].as_object().unwrap_or(&empty);
    let sizes: Vec<String> = sizes.iter().map(|(name, bytes)| format!("{name} {bytes} bytes")).collect();
    section("sizes", &[sizes.join(", ")]);
    if let Some(version) = report["compiler"].as_str() {
        section("compiler", &[version.to_owned()]);
    }
    text
}
