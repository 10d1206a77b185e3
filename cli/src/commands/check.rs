//! `warrego check`: what is wrong with policies, without compiling them.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use warrego_compiler::{Options, check};

use super::{capabilities, fail, files, say};
use crate::diagnostics::{Problem, errors};
use crate::limits::CompileLimits;
use crate::output::indented;
use crate::sources::{Loading, Together, load, schemas};

/// Forms of the report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Pretty,
    Json,
}

/// Check Rego files for parse and compile errors
#[derive(Args)]
pub struct Check {
    /// Files, folders or bundles
    #[arg(required = true)]
    paths: Vec<String>,
    /// Load paths as bundles
    #[arg(short, long)]
    bundle: bool,
    /// The form of the report
    #[arg(short, long, value_enum, default_value = "pretty")]
    format: Format,
    /// Names of files and folders to pass over, as in .*
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Treat files as Rego v0 unless they say otherwise
    #[arg(long)]
    v0_compatible: bool,
    /// Check that files are Rego v0 and v1 at once
    #[arg(long = "v0-v1", alias = "rego-v1")]
    v0_and_v1: bool,
    /// Treat what OPA's strict mode finds as errors
    #[arg(short = 'S', long)]
    strict: bool,
    /// A JSON schema of the input, or a folder of schemas that metadata names
    #[arg(short, long, value_name = "PATH")]
    schema: Option<String>,
    /// How many errors are told at most; 0 is all
    #[arg(short, long, value_name = "NUMBER", default_value_t = 10, allow_negative_numbers = true)]
    max_errors: i64,
    /// Capabilities, a file as `opa capabilities` writes it or the name of a version of OPA (as in v1.0.0): what policies may call; may be repeated
    #[arg(long, value_name = "FILE")]
    capabilities: Vec<PathBuf>,
    #[command(flatten)]
    limits: CompileLimits,
}

impl Check {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        if let Err(message) = files::no_components(&self.paths) {
            return fail(1, &message);
        }
        let loading = Loading {
            bundle: self.bundle,
            ignore: self.ignore.clone(),
            v0: self.v0_compatible,
            only_rego: !self.bundle,
            together: Together::Merged,
            ..Loading::default()
        };
        let is_other = |path: &&String| !self.bundle && std::path::Path::new(path).is_file() && !path.ends_with(".rego");
        for path in self.paths.iter().filter(is_other) {
            say(&format!("warning: {path} is not a Rego file (.rego), and is not checked\n"));
        }
        let read = load(&self.paths, &loading).and_then(|loaded| Ok((loaded, schemas(self.schema.as_deref())?)));
        let (loaded, schemas) = match read {
            Ok(read) => read,
            Err(problems) => {
                match self.format {
                    Format::Json => say(&(indented(&errors(problems.errors)) + "\n")),
                    Format::Pretty => say(&problems.report()),
                }
                return ExitCode::from(1);
            }
        };
        let capabilities = match capabilities::load(&self.capabilities) {
            Ok(capabilities) => capabilities,
            Err(message) => return fail(1, &message),
        };
        let options = Options {
            capabilities,
            v0_compatible: self.v0_compatible,
            versions: loaded.versions.clone(),
            v0_and_v1: self.v0_and_v1,
            strict: self.strict,
            print_statements: true,
            schemas,
            type_annotations: true,
            budget: self.limits.budget(),
            ..Options::default()
        };
        match check(&loaded.into_input(), &options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                let problem = Problem::from(failure).limited(usize::try_from(self.max_errors).unwrap_or(0));
                say(&match self.format {
                    Format::Json => indented(&problem.json()) + "\n",
                    Format::Pretty => problem.text(),
                });
                ExitCode::from(1)
            }
        }
    }
}
