//! `warrego compose`: a policy and an adapter to one component.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use warrego_host::Capability;
use warrego_host::compose::{WASMCLOUD, compose, imports};

use super::{fail, say};

/// Compose a policy with an adapter, by default the one for wasmCloud's policy topic
#[derive(Args)]
pub struct Compose {
    /// The policy, built with --policy-service
    policy: PathBuf,
    /// Another adapter: a component that imports what the policy exports
    #[arg(long)]
    adapter: Option<PathBuf>,
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
        let policy = read(&self.policy)?;
        let adapter = self.adapter.as_deref().map(read).transpose()?;
        let composed = compose(adapter.as_deref().unwrap_or(WASMCLOUD), &policy).map_err(|error| match error.hint() {
            Some(hint) => format!("{error}\nhint: {hint}"),
            None => error.to_string(),
        })?;
        // The adapter imports it too, so that the result does not show it.
        let imports = imports(&policy).map_err(|error| error.to_string())?;
        for import in imports.iter().filter(|import| Capability::of(import) == Some(Capability::Publish)) {
            say(&format!(
                "note: the policy itself imports {import}: beside its answers it can publish to what `serve --allow-publish` grants\n"
            ));
        }
        std::fs::write(&self.output, composed).map_err(|error| format!("cannot write {}: {error}", self.output.display()))
    }
}

/// Reads a file.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
