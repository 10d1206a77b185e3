//! What `warrego inspect` says about a component: what it is, what it can do and what it looks at.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use warrego_host::{Capability, Clock, Effort, Engine, EngineOptions, Grants, Limits, Log, Policy, Random};
use wasmparser::{Parser, Payload};

use crate::output::draw;
use crate::section;

/// Everything there is to know, as JSON. What cannot be derived from the component's code and types is what its builder claims, and stands apart:
/// anybody can rewrite that section.
pub fn inspect(bytes: &[u8]) -> Result<Value, String> {
    let outline = Outline::read(bytes)?;
    let claimed = section::read(bytes);
    let decides = outline.exports.iter().any(|name| name.starts_with("warrego:policy/evaluator"));
    // The policy itself is asked, for its code is what decides.
    let (entrypoints, asked) = match (decides, &claimed) {
        (false, _) => (Vec::new(), Ok(())),
        (true, claimed) => match entrypoints(bytes.to_vec()) {
            Ok(entrypoints) => (entrypoints, Ok(())),
            Err(error) if claimed.is_none() => return Err(error),
            Err(error) => (Vec::new(), Err(error)),
        },
    };
    let mut report = json!({
        "entrypoints": entrypoints,
        "exports": outline.exports,
        "imports": outline.imports,
        "capabilities": capabilities(&outline.imports),
        "data_replaceable": outline.replaceable,
        "sizes": {"total": bytes.len(), "code": outline.code, "data": outline.data},
        "sha256": HEXLOWER.encode(&Sha256::digest(bytes)),
        "claimed": claimed,
    });
    if let Err(error) = asked {
        report["unknown_entrypoints"] = error.into();
    }
    Ok(report)
}

/// The longest that compiling a component, and asking it, may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The largest component that is compiled, in bytes.
const LARGEST: usize = 64 << 20;

/// Asks a policy for its entrypoints, within limits of time and memory.
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
                Some(capability) => capability.name().to_owned(),
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
    /// Whether base documents can be replaced at run time; `None` where that does not show.
    replaceable: Option<bool>,
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
                Payload::ExportSection(section) => {
                    for export in section {
                        let name = export.map_err(invalid)?.name;
                        if name.starts_with("warrego:policy/evaluator@") {
                            let replaceable = outline.replaceable.get_or_insert(false);
                            *replaceable |= name.ends_with("#set-data") || name.ends_with("#patch-data");
                        }
                    }
                }
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
pub fn pretty(report: &Value, annotations: bool) -> String {
    let list = |value: &Value| strings(value.as_array().into_iter().flatten());
    let claimed = &report["claimed"];
    let mut text = String::new();
    let rows: Vec<Vec<String>> = list(&report["entrypoints"])
        .into_iter()
        .map(|name| {
            let reads = match list(&claimed["reads"][&name]).join(", ") {
                reads if !reads.is_empty() => reads,
                _ if claimed["reads"][&name].is_array() => "nothing".to_owned(),
                _ => "?".to_owned(),
            };
            vec![name, reads]
        })
        .collect();
    if !rows.is_empty() {
        text.push_str(&draw(&["ENTRYPOINT".to_owned(), "READS (CLAIMED)".to_owned()], &rows));
    }
    let mut section = |title: &str, entries: &[String]| {
        let entries = if entries.is_empty() {
            "none".to_owned()
        } else {
            entries.join("\n          ")
        };
        text.push_str(&format!("{title:<10}{entries}\n"));
    };
    if let Some(error) = report["unknown_entrypoints"].as_str() {
        section("unknown", &[format!("the entrypoints: {error}")]);
    }
    let capabilities = report["capabilities"].as_array();
    let capabilities = strings(capabilities.into_iter().flatten().map(|entry| &entry["capability"]));
    section("wants", &capabilities);
    section("imports", &list(&report["imports"]));
    section("exports", &list(&report["exports"]));
    let empty = Map::new();
    let sizes = report["sizes"].as_object().unwrap_or(&empty);
    let sizes: Vec<String> = sizes.iter().map(|(name, bytes)| format!("{name} {bytes} bytes")).collect();
    section("sizes", &[sizes.join(", ")]);
    section("sha256", &[report["sha256"].as_str().unwrap_or_default().to_owned()]);
    match report["data_replaceable"].as_bool() {
        Some(true) => section("data", &["can be replaced at run time".to_owned()]),
        Some(false) => section("data", &["cannot be replaced at run time".to_owned()]),
        None => {}
    }
    if claimed.is_object() {
        text.push_str("\nCLAIMED by the builder, and not checked:\n");
        text.push_str(&claims(claimed, rows.is_empty(), annotations));
    }
    text
}

/// What the builder says; `reads` with the entrypoints where they are not known otherwise, as within a composed component.
fn claims(claimed: &Value, reads: bool, annotations: bool) -> String {
    let mut text = String::new();
    let mut section = |title: &str, entries: Vec<String>| {
        if !entries.is_empty() {
            text.push_str(&format!("{title:<10}{}\n", entries.join("\n          ")));
        }
    };
    let pairs = |value: &Value| {
        let pairs = value.as_object().into_iter().flatten();
        let shown = |(name, value): (&String, &Value)| match value {
            Value::String(text) => format!("{name} {text}"),
            value => format!("{name} {value}"),
        };
        pairs.map(shown).collect::<Vec<_>>()
    };
    section("compiler", claimed["compiler"].as_str().map(str::to_owned).into_iter().collect());
    if reads {
        section("reads", pairs(&claimed["reads"]));
    }
    section("flags", strings(claimed["flags"].as_array().into_iter().flatten()));
    section("sources", pairs(&claimed["sources"]));
    section("data", strings(claimed["data"].as_array().into_iter().flatten()));
    if annotations {
        section("titles", pairs(&claimed["titles"]));
    }
    text
}
