//! Composing: an adapter and a policy become one component. What the adapter imports and the policy exports is joined, and the result is checked:
//! `wac`'s plug leaves out what does not match without a word, and an import left open that way would only be missed when a host refuses the component.

use thiserror::Error;
use wac_graph::types::{Package, Types};
use wac_graph::{CompositionGraph, EncodeOptions, PlugError};

/// The adapter for wasmCloud's policy topic, a component.
pub const WASMCLOUD: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/warrego-wasmcloud.component.wasm"));

/// What the result may import: the broker for the adapter, and the system's interfaces, which are the capabilities of the policy.
const HOST: [&str; 2] = ["wasmcloud:messaging/", "wasi:"];

/// The interface that holds nothing but types.
const TYPES: &str = "warrego:policy/types@";

/// Why two components were not composed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// One of them is no component.
    #[error("the {what} is not a component: {cause}")]
    Invalid {
        /// Which one.
        what: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// An import is left that no host can fill: the policy does not export what the adapter needs, or itself needs what it should not.
    #[error("nothing fills the import of {}", .0.join(", "))]
    Unfilled(Vec<String>),
    /// The composition came out wrong. This is a bug.
    #[error("bug: composing failed: {0}")]
    Bug(String),
}

impl ComposeError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unfilled(names) if names.iter().any(|name| name.starts_with("warrego:policy/policy-service")) => {
                Some("build the policy with `--policy-service ENTRYPOINT`")
            }
            _ => None,
        }
    }
}

/// Composes a policy with the adapter for wasmCloud.
///
/// # Errors
/// As [`compose`].
pub fn wasmcloud(policy: &[u8]) -> Result<Vec<u8>, ComposeError> {
    compose(WASMCLOUD, policy)
}

/// Composes an adapter with a policy. The result is a valid component that exports what the adapter exports and imports what the adapter asks of its
/// host, and the capabilities of the policy.
///
/// # Errors
/// When one of them is no component, or the policy leaves one of the adapter's imports open.
pub fn compose(adapter: &[u8], policy: &[u8]) -> Result<Vec<u8>, ComposeError> {
    let mut graph = CompositionGraph::new();
    let mut register = |what: &'static str, name: &str, bytes: &[u8]| {
        let invalid = |error: &dyn std::fmt::Display| ComposeError::Invalid {
            what,
            cause: error.to_string(),
        };
        let package = Package::from_bytes(name, None, bytes, graph.types_mut()).map_err(|error| invalid(&format_args!("{error:#}")))?;
        graph.register_package(package).map_err(|error| invalid(&error))
    };
    let socket = register("adapter", "warrego:adapter", adapter)?;
    let plug = register("policy", "warrego:plugged-policy", policy)?;
    match wac_graph::plug(&mut graph, vec![plug], socket) {
        // The check below names what is missing.
        Ok(()) | Err(PlugError::NoPlugHappened) => {}
        Err(error) => return Err(ComposeError::Bug(error.to_string())),
    }
    let composed = graph
        .encode(EncodeOptions::default())
        .map_err(|error| ComposeError::Bug(error.to_string()))?;
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
        Err(ComposeError::Unfilled(open))
    }
}

/// Names of the interfaces that a component imports.
///
/// # Errors
/// When it is not a component.
pub fn imports(component: &[u8]) -> Result<Vec<String>, ComposeError> {
    let mut types = Types::default();
    let package = Package::from_bytes("warrego:imports", None, component, &mut types).map_err(|error| ComposeError::Invalid {
        what: "policy",
        cause: format!("{error:#}"),
    })?;
    Ok(types[package.ty()].imports.keys().cloned().collect())
}
