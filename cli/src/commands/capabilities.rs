//! `warrego capabilities`: what policies may call, in the shape that `opa capabilities` has; and reading of such files for the other commands.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use warrego_compiler::capabilities::{self, Capabilities};

use super::compose::read;
use super::print;
use crate::output::indented;

/// Print the capabilities of this compiler: built-in functions and features, as JSON
#[derive(Args)]
pub struct Show {
    /// Accepted for the sake of opa's users: there is one version only
    #[arg(long)]
    current: bool,
}

impl Show {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        // There is nothing to choose from.
        let Self { current: _ } = self;
        print(&(indented(&capabilities::ours()) + "\n"));
        ExitCode::SUCCESS
    }
}

/// Reads files of capabilities, if some were named; what one of them lists is there.
pub fn load(paths: &[PathBuf]) -> Result<Option<Capabilities>, String> {
    let mut all: Option<Capabilities> = None;
    for path in paths {
        let text = read(path)?;
        let capabilities = Capabilities::read(&text).map_err(|error| format!("capabilities in {}: {error}", path.display()))?;
        all = Some(match all {
            Some(others) => others.and(&capabilities),
            None => capabilities,
        });
    }
    Ok(all)
}
