//! `warrego capabilities`: what policies may call, in the shape that `opa capabilities` has, of this compiler and of OPA's versions; and reading of
//! capabilities for the other commands.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;
use warrego_compiler::capabilities::{self, Capabilities};

use super::compose::read;
use super::{fail, print};
use crate::output::indented;

/// Print capabilities as JSON: built-in functions and features of the language. Without flags, list OPA's versions
#[derive(Args)]
pub struct Show {
    /// Print the capabilities of this compiler
    #[arg(long)]
    current: bool,
    /// Print the capabilities of a version of OPA, as in v1.0.0
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Print the capabilities in a file
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print the capabilities of this compiler for Rego v0
    #[arg(long)]
    v0_compatible: bool,
}

impl Show {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        match self.document() {
            Ok(Some(document)) => print(&(indented(&document) + "\n")),
            Ok(None) => print(&(capabilities::versions().join("\n") + "\n")),
            Err(message) => return fail(1, &message),
        }
        ExitCode::SUCCESS
    }

    fn document(&self) -> Result<Option<Value>, String> {
        if let Some(version) = self.version.as_deref().filter(|version| !version.is_empty()) {
            let document = capabilities::of_version(version).ok_or_else(|| format!("no capabilities version found {version}"))?;
            return Ok(Some(document));
        }
        if let Some(path) = &self.file {
            let text = read(path)?;
            Capabilities::read(&text).map_err(|error| format!("capabilities in {}: {error}", path.display()))?;
            let document = serde_json::from_slice(&text).map_err(|error| format!("capabilities in {}: {error}", path.display()))?;
            return Ok(Some(document));
        }
        Ok(self.current.then(|| capabilities::ours(self.v0_compatible)))
    }
}

/// Reads files of capabilities, or those of OPA's versions, if some were named; what one of them lists is there.
pub fn load(names: &[PathBuf]) -> Result<Option<Capabilities>, String> {
    let mut all: Option<Capabilities> = None;
    for name in names {
        let text = match version(name) {
            Some(document) => document.to_string().into_bytes(),
            None if !name.exists() => return Err(format!("no such file or capabilities version found: {}", name.display())),
            None => read(name)?,
        };
        let capabilities = Capabilities::read(&text).map_err(|error| format!("capabilities in {}: {error}", name.display()))?;
        all = Some(match all {
            Some(others) => others.and(&capabilities),
            None => capabilities,
        });
    }
    Ok(all)
}

/// The capabilities of the version of that name, unless a file has the name.
fn version(name: &Path) -> Option<Value> {
    if name.exists() {
        return None;
    }
    capabilities::of_version(name.to_str()?)
}
