//! The contract in `wit/`, as the compiler needs it: parsed once, with the names of the functions that a policy's core module exports.
//!
//! Nothing is decided here; what the functions do is `codegen::exports`, how the component around them is made is `link`.

pub mod functions;

use std::borrow::Cow;
use std::sync::LazyLock;
use wit_parser::{Resolve, TypeId, WorldId, WorldItem};

/// The text of the package `warrego:policy`.
const POLICY: &str = include_str!("../../wit/policy.wit");

/// Texts of the packages whose interfaces a policy may import, each behind those that it refers to. A policy that uses none of these capabilities
/// imports nothing.
const CAPABILITIES: [(&str, &str); 7] = [
    ("io.wit", include_str!("../../wit/deps/wasi-io/io.wit")),
    ("clocks.wit", include_str!("../../wit/deps/wasi-clocks/clocks.wit")),
    ("random.wit", include_str!("../../wit/deps/wasi-random/random.wit")),
    ("cli.wit", include_str!("../../wit/deps/wasi-cli/cli.wit")),
    ("lookup.wit", include_str!("../../wit/deps/wasi-sockets/lookup.wit")),
    ("logging.wit", include_str!("../../wit/deps/wasi-logging/logging.wit")),
    ("http.wit", include_str!("../../wit/deps/wasi-http/http.wit")),
];

/// Its name, with the version.
const PACKAGE: &str = "warrego:policy";
const VERSION: &str = "0.2.0";

/// The worlds that a policy can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum World {
    /// Any document in, any document out.
    #[default]
    Policy,
    /// The same, and typed decisions for wasmCloud.
    WasmcloudPolicy,
}

impl World {
    /// Its name in the package.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::WasmcloudPolicy => "wasmcloud-policy",
        }
    }
}

/// The package, resolved; `Err` is a mistake of ours.
pub fn resolve() -> Result<&'static Resolve, String> {
    static RESOLVE: LazyLock<Result<Resolve, String>> = LazyLock::new(|| {
        let mut resolve = Resolve::default();
        let pushed = resolve.push_str("policy.wit", POLICY);
        pushed.map(|_| resolve).map_err(|error| format!("{error:#}"))
    });
    RESOLVE.as_ref().map_err(Clone::clone)
}

/// A world of the package, with imports of the interfaces (`wasi:clocks/wall-clock@0.2.0`) added that the policy's module imports; those of the embedder's
/// functions hold `functions`.
pub fn world<'a>(
    world: World,
    interfaces: impl Iterator<Item = &'a str>,
    functions: impl Iterator<Item = functions::Function<'a>>,
) -> Result<(Cow<'static, Resolve>, WorldId), String> {
    let name = world.name();
    let mut interfaces: Vec<&str> = interfaces.collect();
    if interfaces.is_empty() {
        let resolve = resolve()?;
        let mut worlds = resolve.worlds.iter();
        let (id, _) = worlds
            .find(|(_, world)| world.name == name)
            .ok_or_else(|| format!("the contract has no world `{name}`"))?;
        return Ok((Cow::Borrowed(resolve), id));
    }
    let mut resolve = Resolve::default();
    let mut push = |name: &str, text: &str| resolve.push_str(name, text).map_err(|error| format!("{error:#}"));
    for (name, text) in CAPABILITIES {
        push(name, text)?;
    }
    if let Some(text) = functions::package(functions) {
        push("functions.wit", &text)?;
    }
    push("policy.wit", POLICY)?;
    interfaces.sort_unstable();
    interfaces.dedup();
    let interfaces: String = interfaces.iter().map(|interface| format!("import {interface};\n")).collect();
    let text = format!("package warrego:linked;\nworld linked {{\ninclude {PACKAGE}/{name}@{VERSION};\n{interfaces}}}\n");
    let package = push("linked.wit", &text)?;
    let world = resolve
        .select_world(&[package], Some("linked"))
        .map_err(|error| format!("{error:#}"))?;
    Ok((Cow::Owned(resolve), world))
}

/// The name under which the core module exports a function of one of the package's interfaces.
pub fn core_name(interface: &str, function: &str) -> String {
    format!("{PACKAGE}/{interface}@{VERSION}#{function}")
}

/// A type of the package's interface `types`.
pub fn named_type(resolve: &Resolve, name: &str) -> Option<TypeId> {
    let mut interfaces = resolve.interfaces.iter();
    let (_, types) = interfaces.find(|(_, interface)| interface.name.as_deref() == Some("types"))?;
    types.types.get(name).copied()
}

/// What the documentation of a world says: its own words, and the first sentence on each function of the interfaces that it exports.
pub fn documentation(world: World) -> Result<String, String> {
    let resolve = resolve()?;
    let mut worlds = resolve.worlds.iter();
    let (_, found) = worlds
        .find(|(_, found)| found.name == world.name())
        .ok_or_else(|| format!("the contract has no world `{}`", world.name()))?;
    let mut text = found.docs.contents.clone().unwrap_or_default();
    for item in found.exports.values() {
        let WorldItem::Interface { id, .. } = item else { continue };
        let interface = &resolve.interfaces[*id];
        if interface.functions.is_empty() {
            continue;
        }
        let name = interface.name.as_deref().unwrap_or_default();
        text.push_str(&format!("\n\n`{PACKAGE}/{name}@{VERSION}`:"));
        for (function, described) in &interface.functions {
            let docs = described.docs.contents.as_deref().unwrap_or_default().replace('\n', " ");
            let sentence = docs.split_inclusive(". ").next().unwrap_or_default().trim_end();
            text.push_str(&format!("\n- `{function}`: {sentence}"));
        }
    }
    Ok(text)
}
