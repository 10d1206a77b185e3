//! A bundle's manifest (`.manifest`), read as Go reads JSON into OPA's structure: names of fields in any case, the last of several counts.
//! Where Go would make do with a value of another type, the manifest is refused.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use crate::Error;
use crate::roots::Roots;

/// What a manifest says.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The revision; empty without one.
    pub revision: String,
    /// The paths of `data` that the bundle owns, without slashes around them.
    pub roots: Vec<String>,
    /// The version of Rego that holds for the bundle's files.
    pub rego_version: Option<i64>,
    /// Versions of Rego that hold for files, by patterns of their paths.
    pub file_rego_versions: BTreeMap<String, i64>,
    /// Wasm modules and the entrypoints that they decide for.
    pub wasm: Vec<WasmResolver>,
    /// Anything.
    pub metadata: Map<String, Value>,
}

/// A Wasm module and the entrypoint that it decides for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WasmResolver {
    /// The entrypoint, as `a/b`.
    pub entrypoint: String,
    /// The file.
    pub module: String,
    /// The annotations of the entrypoint.
    pub annotations: Value,
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            revision: String::new(),
            roots: vec![String::new()],
            rego_version: None,
            file_rego_versions: BTreeMap::new(),
            wasm: Vec::new(),
            metadata: Map::new(),
        }
    }
}

impl Manifest {
    /// Reads a manifest.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let Pairs(pairs) = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let mut manifest = Self::default();
        for (name, value) in pairs {
            let name = folded(&name);
            let fault = |fault: Fault| format!("key `{name}{}`: expected {}, found {}", fault.at, fault.expected, fault.found);
            match name.as_str() {
                "revision" => manifest.revision = text(value).map_err(fault)?,
                "roots" => {
                    let roots = list(value, "an array of strings").map_err(fault)?;
                    manifest.roots = each(roots, text).map_err(fault)?;
                }
                "rego_version" => manifest.rego_version = Some(number(value).map_err(fault)?),
                "file_rego_versions" => {
                    for (pattern, version) in object(value).map_err(fault)? {
                        let version = number(version).map_err(|inner| fault(inner.within(&format!(".{pattern}"))))?;
                        manifest.file_rego_versions.insert(pattern, version);
                    }
                }
                "wasm" => manifest.wasm = each(list(value, "an array of objects").map_err(fault)?, resolver).map_err(fault)?,
                "metadata" => manifest.metadata.extend(object(value).map_err(fault)?),
                _ => {}
            }
        }
        Ok(manifest)
    }

    /// Checks what can be checked without the bundle's content, and trims the roots.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
        for root in &mut self.roots {
            *root = root.trim_matches('/').to_owned();
        }
        let known = |version: &i64| (0..=2).contains(version);
        if let Some(version) = self.rego_version.filter(|version| !known(version)) {
            return Err(Error::Version(version));
        }
        match self.file_rego_versions.iter().find(|(_, version)| !known(version)) {
            Some((pattern, version)) => Err(Error::FileVersion(*version, pattern.clone())),
            None => Ok(()),
        }
    }

    /// Checks that Wasm modules are there, and decide for entrypoints within the roots.
    pub(crate) fn check_wasm(&self, roots: &Roots<'_>, files: &[String], shown: &dyn Fn(&str) -> String) -> Result<(), Error> {
        let mut entrypoints = std::collections::BTreeSet::new();
        for resolver in &self.wasm {
            let WasmResolver { entrypoint, module, .. } = resolver;
            let trimmed = module.trim_start_matches('/');
            let is_there = |file: &String| {
                let file = file.trim_start_matches('/');
                file == trimmed || file == shown(trimmed)
            };
            if !files.iter().any(is_there) {
                return Err(Error::NoSuchWasm(module.clone()));
            }
            if !roots.contain(&entrypoint.split('/').collect::<Vec<_>>()) {
                return Err(Error::Entrypoint {
                    roots: roots.text(),
                    entrypoint: entrypoint.clone(),
                    module: module.clone(),
                });
            }
            if !entrypoints.insert(entrypoint) {
                return Err(Error::EntrypointTwice(entrypoint.clone()));
            }
        }
        Ok(())
    }

    /// The manifest as JSON, as OPA writes it.
    pub fn to_json(&self) -> Value {
        let mut manifest = json!({"revision": self.revision, "roots": self.roots});
        if !self.wasm.is_empty() {
            let resolvers = self.wasm.iter().map(|resolver| {
                let mut entry = Map::new();
                for (name, text) in [("entrypoint", &resolver.entrypoint), ("module", &resolver.module)] {
                    if !text.is_empty() {
                        entry.insert(name.to_owned(), text.clone().into());
                    }
                }
                if !resolver.annotations.is_null() {
                    entry.insert("annotations".to_owned(), resolver.annotations.clone());
                }
                Value::Object(entry)
            });
            manifest["wasm"] = resolvers.collect();
        }
        if let Some(version) = self.rego_version {
            manifest["rego_version"] = version.into();
        }
        if !self.file_rego_versions.is_empty() {
            manifest["file_rego_versions"] = json!(self.file_rego_versions);
        }
        if !self.metadata.is_empty() {
            manifest["metadata"] = Value::Object(self.metadata.clone());
        }
        manifest
    }
}

/// The fields of an object, with their names as they count.
pub(crate) fn fields(value: Value) -> Result<Vec<(String, Value)>, String> {
    match value {
        Value::Object(fields) => Ok(fields.into_iter().map(|(name, value)| (folded(&name), value)).collect()),
        other => Err(format!("expected an object, found {}", kind(&other))),
    }
}

/// The name of a field as it counts: Go does not tell upper from lower case, nor two further letters that look like some.
fn folded(name: &str) -> String {
    name.chars()
        .map(|char| match char {
            'ſ' => 's',
            '\u{212a}' => 'k',
            char => char.to_ascii_lowercase(),
        })
        .collect()
}

/// A value of another type than expected.
struct Fault {
    at: String,
    expected: &'static str,
    found: &'static str,
}

impl Fault {
    fn new(expected: &'static str, found: &Value) -> Self {
        Self {
            at: String::new(),
            expected,
            found: kind(found),
        }
    }

    fn within(mut self, step: &str) -> Self {
        self.at.insert_str(0, step);
        self
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn text(value: Value) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(Fault::new("a string", &other)),
    }
}

fn number(value: Value) -> Result<i64, Fault> {
    value.as_i64().ok_or_else(|| Fault::new("an integer", &value))
}

fn list(value: Value, expected: &'static str) -> Result<Vec<Value>, Fault> {
    match value {
        Value::Array(items) => Ok(items),
        other => Err(Fault::new(expected, &other)),
    }
}

fn object(value: Value) -> Result<Map<String, Value>, Fault> {
    match value {
        Value::Object(fields) => Ok(fields),
        other => Err(Fault::new("an object", &other)),
    }
}

fn each<T>(items: Vec<Value>, read: fn(Value) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
    let read = |(position, item)| read(item).map_err(|fault| fault.within(&format!("[{position}]")));
    items.into_iter().enumerate().map(read).collect()
}

fn resolver(value: Value) -> Result<WasmResolver, Fault> {
    let mut resolver = WasmResolver::default();
    for (name, value) in object(value)? {
        let name = folded(&name);
        match name.as_str() {
            "entrypoint" => resolver.entrypoint = text(value).map_err(|fault| fault.within(".entrypoint"))?,
            "module" => resolver.module = text(value).map_err(|fault| fault.within(".module"))?,
            "annotations" => resolver.annotations = value,
            _ => {}
        }
    }
    Ok(resolver)
}

/// The fields of a JSON object in their order, those that occur twice among them.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Pairs;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}
