//! `warrego compose`: a policy and an adapter to one component, or a policy and the functions that it imports.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use warrego_host::Capability;
use warrego_host::compose::{ComposeError, Part, WASMCLOUD, compose, imports};

use super::files::component;
use super::{fail, say};

/// The adapter that needs no file.
const BUILT_IN: &str = "wasmcloud";

/// Compose a policy with an adapter, by default the one for wasmCloud's policy topic, or with components that supply functions
#[derive(Args)]
pub struct Compose {
    /// The policy; for an adapter, built with --policy-service
    policy: PathBuf,
    /// The adapter: `wasmcloud`, or the file of a component that imports what the policy exports; without it `wasmcloud`, unless there are functions
    #[arg(long, value_name = "ADAPTER")]
    adapter: Option<PathBuf>,
    /// A component that exports functions that the policy imports (warrego:functions/…); may be repeated
    #[arg(long, value_name = "FILE")]
    functions: Vec<PathBuf>,
    /// Where to write the component
    #[arg(short, long, default_value = "composed.wasm")]
    output: PathBuf,
}

impl Compose {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        match self.compose() {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => fail(1, &message),
        }
    }

    fn compose(&self) -> Result<(), String> {
        let mut bytes = component(&self.policy)?;
        let policy = self.policy.display().to_string();
        if !self.functions.is_empty() {
            let names: Vec<String> = self.functions.iter().map(|path| path.display().to_string()).collect();
            let files = self.functions.iter().map(|path| component(path)).collect::<Result<Vec<_>, _>>()?;
            let functions: Vec<Part<'_>> = names.iter().zip(&files).map(|(name, bytes)| Part { name, bytes }).collect();
            let socket = Part {
                name: &policy,
                bytes: &bytes,
            };
            bytes = compose(socket, &functions).map_err(|error| explain(&error))?;
        }
        let plug = Part {
            name: &policy,
            bytes: &bytes,
        };
        let composed = match &self.adapter {
            None if !self.functions.is_empty() => bytes.clone(),
            Some(path) if path.as_os_str() != BUILT_IN => {
                let name = path.display().to_string();
                let bytes = component(path)?;
                let adapter = Part {
                    name: &name,
                    bytes: &bytes,
                };
                compose(adapter, &[plug]).map_err(|error| explain(&error))?
            }
            _ => {
                let adapter = Part {
                    name: "the adapter for wasmCloud",
                    bytes: WASMCLOUD,
                };
                compose(adapter, &[plug]).map_err(|error| explain(&error))?
            }
        };
        // The adapter imports it too, so that the result does not show it.
        let imports = imports(plug).map_err(|error| explain(&error))?;
        for import in imports.iter().filter(|import| Capability::of(import) == Some(Capability::Publish)) {
            say(&format!(
                "note: the policy itself imports {import}: beside its answers it can publish to what `serve --allow-publish` grants\n"
            ));
        }
        std::fs::write(&self.output, composed).map_err(|error| format!("cannot write {}: {error}", self.output.display()))
    }
}

/// An error, with what to do about it where that is known.
fn explain(error: &ComposeError) -> String {
    match error.hint() {
        Some(hint) => format!("{error}\nhint: {hint}"),
        None => error.to_string(),
    }
}

/// Reads a file.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
