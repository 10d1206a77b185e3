//! What a build says about itself in the component: what it was made of, and how. Nothing depends on it, and nobody should: it can be rewritten. It lets
//! others find the sources, build again and compare.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use warrego_compiler::{Input, Options, Report, inspection};

/// How many paths of documents are listed, and how deep they go.
const PATHS: usize = 100;
const DEPTH: usize = 3;

/// What is known of the sources of a build.
pub struct Claims {
    sources: BTreeMap<String, String>,
    titles: Map<String, Value>,
    data: Vec<String>,
    flags: Vec<&'static str>,
}

impl Claims {
    /// What is to be said of sources.
    pub fn of(input: &Input, options: &Options) -> Self {
        let digest = |text: &str| HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
        let sources = input.modules.iter().map(|(name, text)| (name.clone(), digest(text))).collect();
        let mut data = Vec::new();
        paths(&input.data, "", DEPTH, &mut data);
        let flags = [
            (options.v0_compatible, "--v0-compatible"),
            (options.strict, "--strict"),
            (options.strict_builtin_errors, "--strict-builtin-errors"),
            (options.print_statements, "--print"),
        ];
        Self {
            sources,
            titles: titles(input, options),
            data,
            flags: flags.into_iter().filter(|(given, _)| *given).map(|(_, flag)| flag).collect(),
        }
    }

    /// The section's content.
    pub fn describe(&self, report: &Report) -> Value {
        let reads: Map<String, Value> = report
            .entrypoints
            .iter()
            .map(|entrypoint| (entrypoint.name.clone(), json!(entrypoint.reads)))
            .collect();
        json!({
            "compiler": env!("CARGO_PKG_VERSION"),
            "reads": reads,
            "data_bytes": report.data_bytes,
            "flags": self.flags,
            "sources": self.sources,
            "data": self.data,
            "titles": self.titles,
        })
    }
}

/// The titles that metadata gives to rules and packages.
fn titles(input: &Input, options: &Options) -> Map<String, Value> {
    if !input.modules.iter().any(|(_, text)| text.contains("METADATA")) {
        return Map::new();
    }
    // What is wrong with the sources is for the compiler to say.
    let Ok(found) = inspection::inspect(input, options) else {
        return Map::new();
    };
    let titled = found.annotations.into_iter().filter_map(|block| {
        let title = block.annotations["title"].as_str()?.trim();
        (!title.is_empty()).then(|| (block.name, Value::from(title)))
    });
    titled.collect()
}

/// Where documents are.
fn paths(value: &Value, path: &str, depth: usize, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) if depth > 0 && !fields.is_empty() => {
            for (key, value) in fields {
                let step = if path.is_empty() { key.clone() } else { format!("{path}/{key}") };
                paths(value, &step, depth - 1, found);
            }
        }
        _ if path.is_empty() => {}
        _ if found.len() < PATHS => found.push(path.to_owned()),
        _ if found.len() == PATHS => found.push("…".to_owned()),
        _ => {}
    }
}
