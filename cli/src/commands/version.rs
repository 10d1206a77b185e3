//! `warrego version`: which version this is, and of what.

use std::process::ExitCode;

use clap::Args;
use warrego_compiler::capabilities;

use super::print;

/// Print the version, and that of OPA whose answers are given
#[derive(Args)]
pub struct Version {}

impl Version {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        let Self {} = self;
        let opa = capabilities::versions()
            .last()
            .map_or("", |version| version.trim_start_matches('v'));
        print(&format!(
            "Version: {}\nOPA Version: {opa}\nPlatform: {}/{}\nRego Version: v1\nWebAssembly: available\n",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH
        ));
        ExitCode::SUCCESS
    }
}
