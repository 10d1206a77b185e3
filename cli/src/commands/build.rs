//! `warrego build`: policies to a component.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};
use warrego_compiler::ir;
use warrego_compiler::{Failure, Options, Output, Report, compile, compile_plans};

use super::{fail, say};
use crate::diagnostics::Problem;
use crate::section;
use crate::sources::{Loaded, Loading, load};

/// Compile policies into a WebAssembly component
#[derive(Args)]
pub struct Build {
    /// Rego files, data files (.json, .yaml), folders of them, or bundles (.tar.gz)
    #[arg(required = true)]
    paths: Vec<String>,
    /// An entrypoint, as in system/main; may be repeated
    #[arg(short, long = "entrypoint", value_name = "ENTRYPOINT")]
    entrypoints: Vec<String>,
    /// Export the policy service of wasmCloud too, decided by this entrypoint
    #[arg(long, value_name = "ENTRYPOINT")]
    policy_service: Option<String>,
    /// Where to write the component
    #[arg(short, long, default_value = "policy.wasm")]
    output: PathBuf,
    /// Load paths as bundles
    #[arg(short, long)]
    bundle: bool,
    /// Names of files and folders to pass over, as in .*
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Treat files as Rego v0 unless they say otherwise
    #[arg(long)]
    v0_compatible: bool,
    /// Treat what OPA's strict mode finds as errors
    #[arg(short = 'S', long)]
    strict: bool,
    /// Treat errors of built-in functions as errors of the decision
    #[arg(long)]
    strict_builtin_errors: bool,
}

impl Build {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        let loading = Loading {
            bundle: self.bundle,
            ignore: self.ignore.clone(),
        };
        let loaded = match load(&self.paths, &loading) {
            Ok(loaded) => loaded,
            Err(errors) => return fail(1, &format!("load error: {errors}")),
        };
        let mut entrypoints = self.entrypoints.clone();
        entrypoints.extend(self.policy_service.iter().filter(|name| !self.entrypoints.contains(name)).cloned());
        if entrypoints.is_empty() && loaded.plan.is_none() {
            return fail(1, "wasm compilation requires at least one entrypoint");
        }
        let options = Options {
            entrypoints,
            policy_service: self.policy_service,
            v0_compatible: self.v0_compatible || loaded.v0,
            strict: self.strict,
            strict_builtin_errors: self.strict_builtin_errors,
            ..Options::default()
        };
        let output = match build(loaded, &options) {
            Ok(output) => output,
            Err(failure) => {
                say(&Problem::from(failure).text());
                return ExitCode::from(1);
            }
        };
        let component = section::add(output.component, &describe(&output.report));
        match std::fs::write(&self.output, component) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(1, &format!("cannot write {}: {error}", self.output.display())),
        }
    }
}

/// Compiles what was loaded. A plan counts where there is no Rego beside it, or no entrypoint was named: then it has its own.
fn build(loaded: Loaded, options: &Options) -> Result<Output, Failure> {
    match &loaded.plan {
        None => compile(&loaded.into_input(), options),
        Some(_) if !loaded.modules.is_empty() && !options.entrypoints.is_empty() => compile(&loaded.into_input(), options),
        Some(plan) => {
            let plan: ir::Policy = serde_json::from_slice(plan).map_err(|error| Failure::Plan(format!("plan.json: {error}")))?;
            compile_plans(vec![(plan, &Value::Object(loaded.data.clone()))], options)
        }
    }
}

/// What a component says about itself: see [`section`].
fn describe(report: &Report) -> Value {
    let entrypoints: Vec<Value> = report
        .entrypoints
        .iter()
        .map(|entrypoint| json!({"name": entrypoint.name, "reads": entrypoint.reads}))
        .collect();
    json!({"compiler": env!("CARGO_PKG_VERSION"), "entrypoints": entrypoints, "data_bytes": report.data_bytes})
}
