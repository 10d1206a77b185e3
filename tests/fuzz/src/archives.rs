//! Bundles in archives: an archive made up and then changed, or any bytes. Reading one gives an error or a bundle that lies within its roots.
//!
//! The roots are compared here in another way than in `warrego-bundle`: by the paths of all that the bundle holds, one by one.

use std::fmt;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value as Json;
use warrego_bundle::{Bundle, Error, Reading};
use warrego_compiler::syntax::ast::{RegoVersion, Value};
use warrego_compiler::syntax::{ParseOptions, parse_module};

use crate::{Case, Choices};

/// Bytes that may be a bundle.
pub struct Archive(Vec<u8>);

/// Archives may unpack to no more than this.
const LIMIT: u64 = 1 << 20;

const PATHS: [&str; 18] = [
    ".manifest",
    "data.json",
    "a/data.json",
    "p.rego",
    "a/b/data.json",
    "../data.json",
    "/a/p.rego",
    "./p.rego",
    "a/../../b/data.json",
    "x/.manifest",
    "plan.json",
    "policy.wasm",
    ".signatures.json",
    "patch.json",
    "a.manifest",
    "data.json/",
    "\\a\\p.rego",
    "README",
];

const MANIFESTS: [&str; 9] = [
    r#"{"roots":["a"]}"#,
    r#"{"roots":["a/b"]}"#,
    r#"{"roots":["b","a/b"]}"#,
    r#"{}"#,
    r#"{"roots":[]}"#,
    r#"{"Roots":["/a/"],"revision":"1"}"#,
    r#"{"roots":["a"],"roots":["b"]}"#,
    r#"{"roots":["a","a/b"]}"#,
    r#"{"roots":["a"],"rego_version":0,"wasm":[{"entrypoint":"a/p","module":"policy.wasm"}]}"#,
];

const DOCUMENTS: [&str; 9] = [
    r#"{"a":{"b":1}}"#,
    r#"{"b":1}"#,
    "{}",
    "1",
    r#"{"a":{"b":{"c":2},"x":{}}}"#,
    r#"{"a/b":1,"":{"a":3}}"#,
    r#"{"a":"#,
    r#"{"data":[]}"#,
    r#"{"funcs":{"funcs":[{"path":["g0","a","p"]}]}}"#,
];

const POLICIES: [&str; 8] = [
    "package a\np := 1",
    "package a.b\np := 1",
    "package b\np := 1",
    "# nothing\npackage a[\"b/c\"]\np := 1",
    "package",
    "p := 1",
    "package a\npackage b",
    "",
];

impl Case for Archive {
    fn make(choices: &mut Choices<'_>) -> Self {
        if choices.once_in(16) {
            return Self(choices.bytes(400));
        }
        let mut tarball = Vec::new();
        for _ in 0..=choices.below(5) {
            entry(choices, &mut tarball);
        }
        tarball.resize(tarball.len() + [1024, 0, 512, 5000][choices.below(4)], 0);
        if choices.once_in(3) {
            change(&mut tarball, choices);
        }
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        let _ = packed.write_all(&tarball);
        if choices.once_in(12) {
            // A bomb: much in few bytes.
            let _ = packed.write_all(&vec![b' '; 2 << 20]);
        }
        let mut packed = packed.finish().unwrap_or_default();
        if choices.once_in(6) {
            change(&mut packed, choices);
        }
        Self(packed)
    }

    fn check(&self) -> &'static str {
        let json = |bytes: &[u8]| serde_json::from_slice(bytes).map_err(|error| error.to_string());
        let reading = Reading {
            json,
            yaml: json,
            verify: false,
            size_limit: LIMIT,
        };
        match Bundle::from_archive("bundle", &self.0, &reading) {
            Ok(bundle) => {
                check_within(&bundle);
                if bundle.modules().is_empty() && bundle.data().is_empty() {
                    "empty"
                } else {
                    "read"
                }
            }
            Err(Error::TooLarge { .. }) => "too large",
            Err(Error::Archive(_)) => "broken",
            Err(Error::Module { .. } | Error::Data { .. } | Error::Planned { .. } | Error::Entrypoint { .. }) => "out of its roots",
            Err(_) => "refused",
        }
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// Everything in a bundle is within its roots.
fn check_within(bundle: &Bundle) {
    let within = |path: &[String]| {
        let is_root = |root: &String| root.is_empty() || path.join("\u{0}").starts_with(&root.replace('/', "\u{0}"));
        assert!(bundle.manifest().roots.iter().any(is_root), "{path:?} is out of the roots");
    };
    let mut open: Vec<(Vec<String>, &Json)> = Vec::new();
    let step = |path: &[String], key: &String| path.iter().chain([key]).cloned().collect::<Vec<_>>();
    open.extend(bundle.data().iter().map(|(key, value)| (vec![key.clone()], value)));
    while let Some((path, value)) = open.pop() {
        match value {
            Json::Object(fields) if !fields.is_empty() => open.extend(fields.iter().map(|(key, value)| (step(&path, key), value))),
            _ => within(&path),
        }
    }
    for module in bundle.modules() {
        for version in [RegoVersion::V0, RegoVersion::V1] {
            let options = ParseOptions {
                version,
                ..ParseOptions::default()
            };
            let Some(parsed) = parse_module(0, &module.text, &options).module else {
                continue;
            };
            let steps = parsed.package.path.iter().skip(1).filter_map(|part| match &part.value {
                Value::String(name) => Some(name.to_string()),
                _ => None,
            });
            within(&steps.collect::<Vec<_>>());
        }
    }
}

/// Adds an entry of an archive.
fn entry(choices: &mut Choices<'_>, tarball: &mut Vec<u8>) {
    let path = choices.of(&PATHS);
    let content: &[u8] = match path {
        path if path.ends_with(".manifest") => choices.of(&MANIFESTS).as_bytes(),
        path if path.ends_with(".rego") => choices.of(&POLICIES).as_bytes(),
        _ => choices.of(&DOCUMENTS).as_bytes(),
    };
    let mut header = tar::Header::new_gnu();
    if let Some(name) = header.as_old_mut().name.get_mut(..path.len()) {
        name.copy_from_slice(path.as_bytes());
    }
    let kind = if choices.once_in(8) { choices.below(10) as u8 + b'0' } else { b'0' };
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_size(content.len() as u64);
    if choices.once_in(24) {
        header.set_size(1 << choices.below(60));
    }
    header.set_cksum();
    tarball.extend_from_slice(header.as_bytes());
    tarball.extend_from_slice(content);
    tarball.resize(tarball.len().next_multiple_of(512), 0);
}

/// Changes bytes in one place or two.
fn change(bytes: &mut Vec<u8>, choices: &mut Choices<'_>) {
    for _ in 0..=choices.below(2) {
        let at = choices.below(bytes.len() + 1);
        let end = (at + choices.below(40)).min(bytes.len());
        match choices.below(4) {
            0 if at < bytes.len() => bytes[at] ^= 1 << choices.below(8),
            1 => drop(bytes.drain(at..end)),
            2 => bytes.truncate(at),
            _ => drop(bytes.splice(at..at, choices.bytes(8))),
        }
    }
}
