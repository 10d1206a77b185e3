//! `warrego inspect`: what a component is, what it can do and what it looks at; or of sources, what `opa inspect` tells about a bundle or a Rego file.

mod component;
mod sources;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use warrego_compiler::Options;

use super::{capabilities, fail, files, print};
use crate::limits::CompileLimits;
use crate::output::indented;

/// Forms of the report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Pretty,
    Json,
}

/// Show what is in a component, a bundle or a Rego file
#[derive(Args)]
pub struct Inspect {
    /// A component (its entrypoints, imports, sizes, and what it reads of the input), or a bundle, a folder of one, or a Rego file
    path: String,
    /// Tell the annotations of packages and rules, too
    #[arg(short, long)]
    annotations: bool,
    /// The form of the report
    #[arg(short, long, value_enum, default_value = "pretty")]
    format: Format,
    /// Treat files as Rego v0 unless they say otherwise
    #[arg(long)]
    v0_compatible: bool,
    /// Capabilities, a file or the name of a version of OPA: what may be called; may be repeated
    #[arg(long, value_name = "FILE")]
    capabilities: Vec<PathBuf>,
    #[command(flatten)]
    limits: CompileLimits,
}

impl Inspect {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        match self.report() {
            Ok(text) => {
                print(&text);
                ExitCode::SUCCESS
            }
            Err(message) => fail(1, &message),
        }
    }

    fn report(&self) -> Result<String, String> {
        if self.path.ends_with(".wasm") {
            let report = component::inspect(&files::component(self.path.as_ref())?)?;
            return Ok(match self.format {
                Format::Json => indented(&report) + "\n",
                Format::Pretty => component::pretty(&report, self.annotations),
            });
        }
        let options = Options {
            v0_compatible: self.v0_compatible,
            budget: self.limits.budget(),
            capabilities: capabilities::load(&self.capabilities)?,
            ..Options::default()
        };
        let (report, annotations) = sources::inspect(&self.path, &options, self.annotations)?;
        Ok(match self.format {
            Format::Json => indented(&report) + "\n",
            Format::Pretty => sources::pretty(&report, &annotations),
        })
    }
}
