//! `warrego build`: policies to a component.

mod unread;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use warrego_compiler::{Failure, Options, Print, Report, compile, compile_plans, entrypoints, ir, plan};

use super::{capabilities, fail, files, say};
use crate::claims::Claims;
use crate::described::Described;
use crate::diagnostics::Problem;
use crate::limits::CompileLimits;
use crate::section;
use crate::sources::{Loaded, Loading, Stage, Together, archive, load};

/// What can be made of a policy.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    Wasm,
    Plan,
    /// The default of `opa build`.
    #[value(hide = true)]
    Rego,
}

/// Where print statements write.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PrintTo {
    Stderr,
    Logging,
}

/// Compile policies into a WebAssembly component
#[derive(Args)]
pub struct Build {
    /// Rego files, data files (.json, .yaml), folders of them, or bundles (.tar.gz)
    #[arg(required = true)]
    paths: Vec<String>,
    /// An entrypoint, as in system/main; may be repeated. What metadata declares (`entrypoint: true`) is added
    #[arg(short, long = "entrypoint", value_name = "ENTRYPOINT")]
    entrypoints: Vec<String>,
    /// Export the policy service of wasmCloud too, decided by this entrypoint
    #[arg(long, value_name = "ENTRYPOINT")]
    policy_service: Option<String>,
    /// What to make: a component, or a bundle with OPA's plan
    #[arg(short, long, value_enum, default_value = "wasm")]
    target: Target,
    /// Where to write it; policy.wasm or bundle.tar.gz without it
    #[arg(short, long)]
    output: Option<PathBuf>,
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
    /// Capabilities, a file as `opa capabilities` writes it or the name of a version of OPA (as in v1.0.0): what policies may call, and functions that the component imports; may be repeated
    #[arg(long, value_name = "FILE")]
    capabilities: Vec<PathBuf>,
    /// Follow symbolic links in bundles that are folders
    #[arg(long)]
    follow_symlinks: bool,
    /// Tell on standard error what the component is made of
    #[arg(long)]
    debug: bool,
    #[command(flatten)]
    limits: CompileLimits,
    /// Keep print statements, which write to the standard error stream (wasi:cli/stderr), or to the host's log (wasi:logging)
    #[arg(long, alias = "wasm-include-print", value_enum, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_missing_value = "stderr")]
    print: Option<PrintTo>,
    #[command(flatten)]
    described: Described,
}

impl Build {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        if self.target == Target::Rego {
            return fail(
                1,
                "the target rego is a bundle of Rego, which `opa build` makes; here a component is made of it (-t wasm), or a plan (-t plan)",
            );
        }
        if let Err(message) = files::no_components(&self.paths) {
            return fail(1, &message);
        }
        let loading = Loading {
            follow_symlinks: self.follow_symlinks,
            bundle: self.bundle,
            ignore: self.ignore.clone(),
            v0: self.v0_compatible,
            together: Together::Built,
            ..Loading::default()
        };
        if !self.bundle {
            warn_of_manifests(&self.paths);
        }
        let loaded = match load(&self.paths, &loading) {
            Ok(loaded) => loaded,
            Err(failure) if failure.stage == Stage::Activation => return fail(1, &format!("bundle merge failed: {failure}")),
            Err(failure) => return fail(1, &format!("load error: {failure}")),
        };
        let capabilities = match capabilities::load(&self.capabilities) {
            Ok(capabilities) => capabilities,
            Err(message) => return fail(1, &message),
        };
        let mut options = Options {
            capabilities,
            print_statements: self.print.is_some(),
            print_to: match self.print {
                Some(PrintTo::Logging) => Print::Logging,
                _ => Print::Stderr,
            },
            policy_service: self.policy_service,
            v0_compatible: self.v0_compatible,
            versions: loaded.versions.clone(),
            strict: self.strict,
            strict_builtin_errors: self.strict_builtin_errors,
            budget: self.limits.budget(),
            metadata: self.described.metadata(),
            ..Options::default()
        };
        options.entrypoints = match entrypoints_of(&loaded, &self.entrypoints, &options) {
            Ok(entrypoints) => entrypoints,
            Err(failure) => {
                say(&Problem::from(failure).text());
                return ExitCode::from(1);
            }
        };
        if options.entrypoints.is_empty() && loaded.plan.is_none() {
            let what = if self.target == Target::Plan { "plan" } else { "wasm" };
            return fail(1, &format!("{what} compilation requires at least one entrypoint"));
        }
        let (made, default) = match self.target {
            Target::Wasm => (build(loaded, &options, self.debug), "policy.wasm"),
            Target::Plan | Target::Rego => (plan_bundle(loaded, &options), "bundle.tar.gz"),
        };
        let bytes = match made {
            Ok(bytes) => bytes,
            Err(failure) => {
                say(&Problem::from(failure).text());
                return ExitCode::from(1);
            }
        };
        let path = self.output.unwrap_or_else(|| default.into());
        match std::fs::write(&path, bytes) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(1, &format!("cannot write {}: {error}", path.display())),
        }
    }
}

/// Warns of manifests that do not count, as `opa build` does.
fn warn_of_manifests(paths: &[String]) {
    for path in paths {
        let manifest = [".manifest", ".manifest.pb"]
            .into_iter()
            .find(|name| Path::new(path).join(name).exists());
        if let Some(name) = manifest {
            say(&format!(
                "Warning: {name} file found in {path:?} but -b flag not specified. Manifest will be ignored.\n"
            ));
        }
    }
}

/// A failure with the files named as they were given.
fn as_given(failure: Failure, given: &[String]) -> Failure {
    match failure {
        Failure::Policy { mut sources, diagnostics } => {
            for (file, name) in sources.files.iter_mut().zip(given) {
                file.name.clone_from(name);
            }
            Failure::Policy { sources, diagnostics }
        }
        failure => failure,
    }
}

/// The entrypoints that were named, and those that metadata declares.
fn entrypoints_of(loaded: &Loaded, named: &[String], options: &Options) -> Result<Vec<String>, Failure> {
    let named = named
        .iter()
        .chain(&options.policy_service)
        .map(|name| entrypoints::normal(name).to_owned());
    let mut all: Vec<String> = Vec::new();
    for name in named.chain(entrypoints::annotated(&loaded.modules, options)?) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    Ok(all)
}

/// What a component is made of, for people.
fn explained(report: &Report) -> String {
    let mut text = String::new();
    for entrypoint in &report.entrypoints {
        let reads = match entrypoint.reads.as_slice() {
            [] => "nothing".to_owned(),
            reads => reads.join(", "),
        };
        text.push_str(&format!("debug: entrypoint {} reads {reads}\n", entrypoint.name));
    }
    text.push_str(&format!("debug: {} bytes of constants and base documents\n", report.data_bytes));
    text
}

/// Compiles what was loaded. A plan counts where there is no Rego beside it, or no entrypoint was named: then it has its own.
fn build(mut loaded: Loaded, options: &Options, debug: bool) -> Result<Vec<u8>, Failure> {
    let plan = loaded.plan.take();
    let with_sources = !loaded.modules.is_empty() && !options.entrypoints.is_empty();
    let (mut input, given) = loaded.into_built_input();
    let output = match plan {
        Some(plan) if !with_sources => {
            let plan: ir::Policy = serde_json::from_slice(&plan).map_err(|error| Failure::Plan(format!("plan.json: {error}")))?;
            input.modules.clear();
            compile_plans(vec![(plan, &input.data)], options)?
        }
        _ => {
            let output = compile(&input, options).map_err(|failure| as_given(failure, &given))?;
            for path in unread::paths(&input, options) {
                say(&format!(
                    "Warning: data.{path} is not read by any entrypoint, and everybody who gets the component can read it\n"
                ));
            }
            output
        }
    };
    if debug {
        say(&explained(&output.report));
    }
    Ok(section::add(
        output.component,
        &Claims::of(&input, options).describe(&output.report),
    ))
}

/// Plans what was loaded; gives a bundle with the plan and the base documents.
fn plan_bundle(loaded: Loaded, options: &Options) -> Result<Vec<u8>, Failure> {
    if loaded.modules.is_empty() {
        return Err(Failure::Plan("there is no Rego to make a plan of".to_owned()));
    }
    let (input, given) = loaded.into_built_input();
    let (policy, _) = plan(&input, options).map_err(|failure| as_given(failure, &given))?;
    let text = serde_json::to_vec(&policy).map_err(|error| Failure::Bug(error.to_string()))?;
    archive::of_plan(&text, &input.data, options.v0_compatible).map_err(|error| Failure::Plan(format!("cannot write the bundle: {error}")))
}
