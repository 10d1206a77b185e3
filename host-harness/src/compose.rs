//! Composing: what one component imports is filled by the exports of others. An adapter and a policy become a server; a policy and the functions of its
//! embedder a policy that needs no functions any more.
//!
//! It is what `wac plug` does, and more is checked: an import that is left open would only be missed when a host refuses the component, and components in the
//! wrong order would make one that does nothing.

use std::fmt;

use thiserror::Error;
use wac_graph::types::{InterfaceId, ItemKind, Package, SubtypeChecker, Types, are_semver_compatible};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId};

/// The adapter for wasmCloud's policy topic, a component.
pub const WASMCLOUD: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/warrego-wasmcloud.component.wasm"));

/// What the result may import: the broker for the adapter, and the system's interfaces, which are the capabilities of the policy.
const HOST: [&str; 2] = ["wasmcloud:messaging/", "wasi:"];

/// The interface that holds nothing but types.
const TYPES: &str = "warrego:policy/types@";

/// A component to be composed, and its name in errors: that of its file, for instance.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The name.
    pub name: &'a str,
    /// The component.
    pub bytes: &'a [u8],
}

/// The imports and exports of a component, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surface {
    /// The component's name.
    pub name: String,
    /// What it imports.
    pub imports: Vec<String>,
    /// What it exports.
    pub exports: Vec<String>,
}

impl fmt::Display for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &[String]| if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        write!(
            f,
            "{} imports {} and exports {}",
            self.name,
            list(&self.imports),
            list(&self.exports)
        )
    }
}

/// Why components were not composed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// One of them is not a component.
    #[error("{name} is not a WebAssembly component: {cause}")]
    Invalid {
        /// Its name.
        name: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The exports of a component fill no import of the one that it is to be plugged into.
    #[error("{} fills no import of {}\n  {socket}\n  {plug}", plug.name, socket.name)]
    NothingFits {
        /// The component with the imports.
        socket: Box<Surface>,
        /// The component with the exports.
        plug: Box<Surface>,
        /// Whether the other way round one would fit.
        swapped: bool,
    },
    /// An import is left that no host can fill.
    #[error("nothing fills the import of {}{}", open.join(", "), surfaces.iter().map(|surface| format!("\n  {surface}")).collect::<String>())]
    Unfilled {
        /// The imports.
        open: Vec<String>,
        /// All components.
        surfaces: Vec<Surface>,
    },
    /// The composition came out wrong. This is a bug.
    #[error("bug: composing failed: {0}")]
    Bug(String),
}

impl ComposeError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        let policy_service = |name: &String| name.starts_with("warrego:policy/policy-service");
        match self {
            Self::NothingFits { swapped: true, .. } => Some("the components are in the wrong order"),
            Self::NothingFits { socket, plug, .. }
                if socket.imports.iter().any(policy_service) && plug.exports.iter().any(|name| name.starts_with(TYPES)) =>
            {
                Some(BUILD_WITH_SERVICE)
            }
            Self::Unfilled { open, .. } if open.iter().any(policy_service) => Some(BUILD_WITH_SERVICE),
            _ => None,
        }
    }
}

const BUILD_WITH_SERVICE: &str = "build the policy with `--policy-service ENTRYPOINT`";

/// Composes a policy with the adapter for wasmCloud.
///
/// # Errors
/// As [`compose`].
pub fn wasmcloud(policy: &[u8]) -> Result<Vec<u8>, ComposeError> {
    let adapter = Part {
        name: "the adapter",
        bytes: WASMCLOUD,
    };
    let policy = Part {
        name: "the policy",
        bytes: policy,
    };
    compose(adapter, &[policy])
}

/// Fills the imports of a component, the socket, with the exports of others, the plugs. The result is a valid component that exports what the socket exports and
/// imports what the socket asks of its host, and the plugs of theirs. The types that its exports are made of are exported as well.
///
/// # Errors
/// When one of them is not a component, a plug fills nothing, or an import of the socket is left open that no host can fill.
pub fn compose(socket: Part<'_>, plugs: &[Part<'_>]) -> Result<Vec<u8>, ComposeError> {
    let mut graph = CompositionGraph::new();
    let socket_package = register(&mut graph, "warrego:socket", socket)?;
    let instance = graph.instantiate(socket_package);
    let mut filled: Vec<(String, NodeId)> = Vec::new();
    let mut surfaces = vec![surface(&graph, socket_package, socket)];
    for (number, &plug) in plugs.iter().enumerate() {
        let package = register(&mut graph, &format!("warrego:plug{number}"), plug)?;
        let pairs = fitting(&graph, package, socket_package);
        let pairs: Vec<_> = pairs
            .into_iter()
            .filter(|(_, import)| !filled.iter().any(|(name, _)| name == import))
            .collect();
        // Types alone are nothing that anybody plugs in for.
        if pairs.iter().all(|(_, import)| import.starts_with(TYPES)) {
            return Err(ComposeError::NothingFits {
                socket: Box::new(surface(&graph, socket_package, socket)),
                plug: Box::new(surface(&graph, package, plug)),
                swapped: fitting(&graph, socket_package, package)
                    .iter()
                    .any(|(_, import)| !import.starts_with(TYPES)),
            });
        }
        let plugged = graph.instantiate(package);
        for (export, import) in pairs {
            let alias = graph.alias_instance_export(plugged, &export).map_err(bug)?;
            graph.set_instantiation_argument(instance, &import, alias).map_err(bug)?;
            filled.push((import, alias));
        }
        surfaces.push(surface(&graph, package, plug));
    }
    export(&mut graph, socket_package, instance, &filled)?;
    let composed = graph.encode(EncodeOptions::default()).map_err(bug)?;
    let mut types = Types::default();
    let package = Package::from_bytes("warrego:composed", None, composed.as_slice(), &mut types)
        .map_err(|error| ComposeError::Bug(format!("the result is no component: {error:#}")))?;
    let imports = types[package.ty()].imports.keys();
    let mut open: Vec<String> = imports
        .filter(|name| !HOST.iter().any(|prefix| name.starts_with(prefix)))
        .cloned()
        .collect();
    // The types of a missing interface are missing with it.
    if open.iter().any(|name| !name.starts_with(TYPES)) {
        open.retain(|name| !name.starts_with(TYPES));
    }
    if open.is_empty() {
        Ok(composed)
    } else {
        Err(ComposeError::Unfilled { open, surfaces })
    }
}

fn bug(error: impl fmt::Display) -> ComposeError {
    ComposeError::Bug(format!("{error:#}"))
}

fn register(graph: &mut CompositionGraph, package: &str, part: Part<'_>) -> Result<PackageId, ComposeError> {
    let invalid = |cause: String| ComposeError::Invalid {
        name: part.name.to_owned(),
        cause,
    };
    match part.bytes.get(..8) {
        Some(b"\0asm\x01\0\0\0") => return Err(invalid("it is a core module".to_owned())),
        Some([0, b'a', b's', b'm', ..]) => {}
        _ => return Err(invalid("it is not WebAssembly in the binary format".to_owned())),
    }
    let bytes = without_documentation(part.bytes);
    let read = Package::from_bytes(package, None, bytes, graph.types_mut()).map_err(|error| invalid(format!("{error:#}")))?;
    graph.register_package(read).map_err(bug)
}

/// A component without its section `package-docs`: the section documents the world of the component that it is read from, of which there can be one only, and
/// tools read those of the components within as well.
fn without_documentation(component: &[u8]) -> Vec<u8> {
    let mut kept = component.get(..8).unwrap_or(component).to_vec();
    let mut rest = component.get(8..).unwrap_or_default();
    while let Some((&number, behind)) = rest.split_first() {
        let mut end = 0;
        let size = leb128(behind, &mut end);
        let contents = behind.get(end..).unwrap_or_default();
        // What is cut off is for the parser to refuse.
        let (contents, next) = contents.split_at(contents.len().min(size));
        let mut name = 0;
        let length = leb128(contents, &mut name);
        let is_documentation = number == 0 && contents.get(name..name + length) == Some(DOCUMENTATION);
        if !is_documentation {
            kept.extend_from_slice(&rest[..rest.len() - next.len()]);
        }
        rest = next;
    }
    kept
}

/// The name of the section with the documentation.
const DOCUMENTATION: &[u8] = b"package-docs";

/// Reads an unsigned number from `at` on, which moves behind it.
fn leb128(bytes: &[u8], at: &mut usize) -> usize {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let byte = bytes.get(*at).copied().unwrap_or(0);
        *at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

fn surface(graph: &CompositionGraph, package: PackageId, part: Part<'_>) -> Surface {
    let world = &graph.types()[graph[package].ty()];
    Surface {
        name: part.name.to_owned(),
        imports: world.imports.keys().cloned().collect(),
        exports: world.exports.keys().cloned().collect(),
    }
}

/// The exports of one component that fit imports of another, as pairs of names: versions may differ as far as they are compatible.
fn fitting(graph: &CompositionGraph, plug: PackageId, socket: PackageId) -> Vec<(String, String)> {
    let types = graph.types();
    let imports = &types[graph[socket].ty()].imports;
    let mut cache = Default::default();
    let mut checker = SubtypeChecker::new(&mut cache);
    let mut pairs = Vec::new();
    for (export, offered) in &types[graph[plug].ty()].exports {
        let import = imports
            .get_key_value(export)
            .or_else(|| imports.iter().find(|(import, _)| are_semver_compatible(export, import)));
        if let Some((import, wanted)) = import
            && checker.is_subtype(*offered, types, *wanted, types).is_ok()
        {
            pairs.push((export.clone(), import.clone()));
        }
    }
    pairs
}

/// Exports what the socket exports, after the interfaces of plugs whose types that is made of.
fn export(graph: &mut CompositionGraph, socket: PackageId, instance: NodeId, filled: &[(String, NodeId)]) -> Result<(), ComposeError> {
    let exports = graph.types()[graph[socket].ty()].exports.clone();
    let mut used = Vec::new();
    for item in exports.values() {
        if let ItemKind::Instance(interface) = item {
            uses(graph.types(), *interface, &mut used);
        }
    }
    for name in used.iter().filter(|name| !exports.contains_key(*name)) {
        if let Some((_, alias)) = filled.iter().find(|(import, _)| import == name) {
            graph.export(*alias, name).map_err(bug)?;
        }
    }
    for name in exports.keys() {
        let alias = graph.alias_instance_export(instance, name).map_err(bug)?;
        graph.export(alias, name).map_err(bug)?;
    }
    Ok(())
}

/// The interfaces whose types an interface is made of, each after those that it is made of itself.
fn uses(types: &Types, interface: InterfaceId, found: &mut Vec<String>) {
    for used in types[interface].uses.values() {
        if let Some(name) = &types[used.interface].id
            && !found.contains(name)
        {
            uses(types, used.interface, found);
            found.push(name.clone());
        }
    }
}

/// Names of the interfaces that a component imports.
///
/// # Errors
/// When it is not a component.
pub fn imports(component: Part<'_>) -> Result<Vec<String>, ComposeError> {
    let mut graph = CompositionGraph::new();
    let package = register(&mut graph, "warrego:imports", component)?;
    Ok(surface(&graph, package, component).imports)
}
