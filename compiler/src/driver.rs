//! The pipeline from one end to the other: texts, documents and options in, a component or the user's mistakes out. It is the list of
//! the stages and the place where their errors meet; what a stage does is in the stage.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::analysis::documents::{self, Documents};
use crate::analysis::{self, Analysed, AnalysedQuery, Schemas, Settings, TestRules};
use crate::budget::{self, Budget, Exceeded};
use crate::capabilities::{self, Capabilities};
use crate::codegen::{self, Print, Unit, exports};
use crate::diagnostic::{Code, Diagnostic};
use crate::entrypoints;
use crate::ir;
use crate::link;
use crate::metadata::{self, Metadata};
use crate::optimise::{self, Optimised, ResultShape};
use crate::planner::{self, Target};
use crate::syntax::ast::{Body, Module, RegoVersion};
use crate::syntax::source::{Source, Sources, Span};
use crate::syntax::{self, ParseOptions};

/// What is compiled.
#[derive(Debug, Clone)]
pub struct Input {
    /// Rego files: name (for diagnostics and locations) and text.
    pub modules: Vec<(String, String)>,
    /// The base documents: an object.
    pub data: Json,
}

/// How it is compiled.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Entrypoints, e.g. `system/main`, in the order in which the component lists them.
    pub entrypoints: Vec<String>,
    /// Queries, e.g. `data.a.b[x] > 3`: further entrypoints, named by their text, that give the array of their results: one object per result, from
    /// variables to values.
    pub queries: Vec<String>,
    /// The entrypoint (one of those above) that decides for `policy-service`; the component exports that interface only with one.
    pub policy_service: Option<String>,
    /// Files are Rego v0 unless they say otherwise.
    pub v0_compatible: bool,
    /// Files have to be Rego v0 and v1 at once, whatever else is said.
    pub v0_and_v1: bool,
    /// Versions of files, by their position in the input, that something is known of: manifests of bundles tell.
    pub versions: BTreeMap<usize, RegoVersion>,
    /// OPA's strict mode: unused names and the like are errors.
    pub strict: bool,
    /// Errors of built-ins end the decision with an error instead of being undefined.
    pub strict_builtin_errors: bool,
    /// The keywords `and` and `or` without an import.
    pub experimental_keywords: bool,
    /// Keep `print` calls, instead of erasing them.
    pub print_statements: bool,
    /// Where `print` calls that are kept write to.
    pub print_to: Print,
    /// The package that queries stand in: names of its rules need no path.
    pub query_package: Option<String>,
    /// Imports of queries, as in `data.users` or `input.request as req`.
    pub query_imports: Vec<String>,
    /// JSON schemas by name, which say what documents look like.
    pub schemas: Option<Schemas>,
    /// The `schemas` of metadata say what documents look like.
    pub type_annotations: bool,
    /// Compile plans although base documents are where their rules are, and let such documents be pushed; they are merged then or hidden. OPA refuses this when it
    /// loads policies, and its corpus has cases of it all the same. Also for plans of several policies in one component, where one's documents are not the other's.
    pub data_over_rules: bool,
    /// What the policy may call, and functions of the embedder; `None` is all that there is.
    pub capabilities: Option<Capabilities>,
    /// What compiling may cost.
    pub budget: Budget,
    /// What the component says about itself; what is missing is taken from the annotations of the package that holds the first entrypoint.
    pub metadata: Metadata,
}

impl Options {
    /// Puts the capabilities in force.
    pub(crate) fn enter(&self) -> Option<capabilities::Guard> {
        self.capabilities.as_ref().map(Capabilities::enter)
    }
}

/// A component, and what is worth knowing about it.
#[derive(Debug, Clone)]
pub struct Output {
    /// The component.
    pub component: Vec<u8>,
    /// What went into it.
    pub report: Report,
}

/// What went into a component.
#[derive(Debug, Clone)]
pub struct Report {
    /// The entrypoints, in the component's order.
    pub entrypoints: Vec<EntrypointReport>,
    /// What the linker kept.
    pub link: link::Report,
    /// Bytes of constants and base documents.
    pub data_bytes: usize,
}

/// What is known about an entrypoint.
#[derive(Debug, Clone)]
pub struct EntrypointReport {
    /// Its name.
    pub name: String,
    /// What it reads of `input`, as paths: `input.user.name`, `input.roles[_]`, `input.**` for everything.
    pub reads: Vec<String>,
    /// What it reads of the base documents, in the same form: `data.users[_].name`.
    pub data: Vec<String>,
}

/// Why there is no component.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// The policy is wrong.
    #[error("{} error(s) in the policy", diagnostics.len())]
    Policy {
        /// The files that the diagnostics point into.
        sources: Sources,
        /// In OPA's order.
        diagnostics: Vec<Diagnostic>,
    },
    /// A plan is wrong or too large; Rego sources give such plans only by their size.
    #[error("{0}")]
    Plan(String),
    /// Compiling the policy costs more than it may.
    #[error("{0}")]
    Limit(#[from] Exceeded),
    /// A fault of the compiler.
    #[error("bug in the compiler: {0}")]
    Bug(String),
}

/// Does a run of the compiler: within the budget, and with stack enough.
fn run<T: Send>(options: &Options, work: impl FnOnce() -> Result<T, Failure> + Send) -> Result<T, Failure> {
    budget::on_large_stack(|| budget::within(&options.budget, work)?)
}

/// Compiles Rego to a component.
pub fn compile(input: &Input, options: &Options) -> Result<Output, Failure> {
    run(options, || {
        let _guard = options.enter();
        let mut sources = Sources::default();
        let (policy, annotated) = plan_with(input, options, &mut sources)?;
        let metadata = options.metadata.clone().or(annotated);
        compile_units(vec![(policy, &input.data)], options, &metadata, sources)
    })
}

/// Compiles plans to one component; each has its own base documents. Entrypoints with equal names stay apart by their position.
pub fn compile_plans(mut plans: Vec<(ir::Policy, &Json)>, options: &Options) -> Result<Output, Failure> {
    for (policy, documents) in &mut plans {
        // A plan that was read knows the paths of its functions only.
        if policy.rules.is_empty() {
            let paths = policy
                .funcs
                .funcs
                .iter()
                .filter_map(|func| func.path.get(1..).filter(|path| !path.is_empty()));
            policy.rules = paths.map(<[String]>::to_vec).collect();
            policy.rules.sort();
            policy.rules.dedup();
        }
        if options.data_over_rules {
            policy.rules.clear();
        }
        if let Some(path) = policy.rules.iter().find(|path| conflicts(path, documents)) {
            return Err(Failure::Plan(format!("conflicting rule for data path {} found", path.join("/"))));
        }
    }
    run(options, || compile_units(plans, options, &options.metadata, Sources::default()))
}

/// Whether a document is at the path of a rule, or in its way.
fn conflicts(path: &[String], documents: &Json) -> bool {
    let mut document = documents;
    for step in path {
        match document {
            Json::Object(fields) => match fields.get(step) {
                Some(below) => document = below,
                None => return false,
            },
            _ => return true,
        }
    }
    !path.is_empty()
}

/// Reports what is wrong with a policy.
pub fn check(input: &Input, options: &Options) -> Result<(), Failure> {
    run(options, || {
        let _guard = options.enter();
        let mut sources = Sources::default();
        front(input, options, TestRules::AsTheyAre, &mut sources)
            .map(drop)
            .map_err(|diagnostics| Failure::Policy { sources, diagnostics })
    })
}

/// Finds out which documents a query depends on.
pub fn depend(input: &Input, options: &Options, query: &str) -> Result<Documents, Failure> {
    budget::within(&options.budget, || depend_here(input, options, query))?
}

fn depend_here(input: &Input, options: &Options, query: &str) -> Result<Documents, Failure> {
    let _guard = options.enter();
    let mut sources = Sources::default();
    let analysed = front(input, options, TestRules::AsTheyAre, &mut sources).map_err(|diagnostics| refused(diagnostics, &sources))?;
    let body = parse_query(query, options, &mut sources)?;
    Ok(documents::of_query(&analysed, &body))
}

/// The module that queries stand in, if they stand in one: a package and imports.
fn query_scope(options: &Options, sources: &mut Sources) -> Result<Option<Module>, Failure> {
    if options.query_package.is_none() && options.query_imports.is_empty() {
        return Ok(None);
    }
    let mut text = format!("package {}\n", options.query_package.as_deref().unwrap_or("warrego_query"));
    for import in &options.query_imports {
        text.push_str(&format!("import {import}\n"));
    }
    let parsed = syntax::parse_module(sources.files.len() as u32, &text, &parse_options(options));
    sources.files.push(Source {
        name: "<query>".to_owned(),
        text,
    });
    match parsed.module {
        Some(module) if parsed.errors.is_empty() => Ok(Some(module)),
        _ => Err(refused(parsed.errors, sources)),
    }
}

/// Reads a query, which goes into `sources`.
fn parse_query(query: &str, options: &Options, sources: &mut Sources) -> Result<Body, Failure> {
    let file = sources.files.len() as u32;
    sources.files.push(Source {
        name: "<query>".to_owned(),
        text: query.to_owned(),
    });
    let parse_options = ParseOptions {
        skip_rules: true,
        ..parse_options(options)
    };
    let body = syntax::parse_query(file, query, &parse_options).map_err(|diagnostics| refused(diagnostics, sources))?;
    match capabilities::query_refusals(&body, parse_options.version) {
        none if none.is_empty() => Ok(body),
        diagnostics => Err(refused(diagnostics, sources)),
    }
}

/// Plans a policy: OPA's plan format, as `opa build -t plan` writes it.
pub fn plan(input: &Input, options: &Options) -> Result<(ir::Policy, Sources), Failure> {
    run(options, || plan_here(input, options))
}

fn plan_here(input: &Input, options: &Options) -> Result<(ir::Policy, Sources), Failure> {
    let _guard = options.enter();
    let mut sources = Sources::default();
    let (policy, _) = plan_with(input, options, &mut sources)?;
    Ok((policy, sources))
}

/// How queries are read, and files of which nothing else is known.
pub(crate) fn parse_options(options: &Options) -> ParseOptions {
    ParseOptions {
        version: match options.v0_and_v1 {
            true => RegoVersion::V0CompatV1,
            false if options.v0_compatible => RegoVersion::V0,
            false => RegoVersion::V1,
        },
        experimental_keywords: options.experimental_keywords,
        depth: budget::depth(),
        tick: budget::tick,
        ..ParseOptions::default()
    }
}

/// How the file at a position is read.
pub(crate) fn file_options(options: &Options, position: usize) -> ParseOptions {
    let common = parse_options(options);
    ParseOptions {
        version: options.versions.get(&position).copied().unwrap_or(common.version),
        ..common
    }
}

/// Reads and analyses the files, which go into `sources`; `tests` says what happens to test rules.
pub(crate) fn front(input: &Input, options: &Options, tests: TestRules, sources: &mut Sources) -> Result<Analysed, Vec<Diagnostic>> {
    let mut modules: Vec<Module> = Vec::with_capacity(input.modules.len());
    let mut errors = Vec::new();
    for (position, (name, text)) in input.modules.iter().enumerate() {
        let file = sources.files.len() as u32;
        let file_options = file_options(options, position);
        let parsed = syntax::parse_module(file, text, &file_options);
        sources.files.push(Source {
            name: name.clone(),
            text: text.clone(),
        });
        errors.extend(parsed.errors);
        if let Some(module) = parsed.module {
            errors.extend(capabilities::refusals(&module, file_options.version));
            modules.push(module);
        }
    }
    if let Some(refusal) = capabilities::refuses_version(parse_options(options).version).filter(|_| !input.modules.is_empty()) {
        return Err(vec![refusal]);
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let settings = Settings {
        strict: options.strict,
        print_statements: options.print_statements,
        tests,
        schemas: options.schemas.clone(),
        type_annotations: options.type_annotations,
    };
    analysis::analyse(modules, sources, &settings, Some(&input.data))
}

/// Plans a policy; returns what its annotations say about it as well.
fn plan_with(input: &Input, options: &Options, sources: &mut Sources) -> Result<(ir::Policy, Metadata), Failure> {
    let analysed = front(input, options, TestRules::AsTheyAre, sources).map_err(|diagnostics| refused(diagnostics, sources))?;
    let entrypoint = options.entrypoints.first();
    let metadata = entrypoint.map_or_else(Metadata::default, |name| {
        Metadata::annotated(&analysed.modules, entrypoints::normal(name))
    });
    let scope = query_scope(options, sources)?;
    let mut queries: Vec<AnalysedQuery> = Vec::with_capacity(options.queries.len());
    for query in &options.queries {
        let query = analysed.query(parse_query(query, options, sources)?, scope.as_ref());
        queries.push(query.map_err(|diagnostics| refused(diagnostics, sources))?);
    }
    let mut entrypoints = Vec::with_capacity(options.entrypoints.len());
    for name in &options.entrypoints {
        entrypoints::check(&analysed, sources, name)?;
        entrypoints.push((entrypoints::normal(name), entrypoints::path(&analysed, name)));
    }
    let entrypoints = entrypoints.iter().map(|(name, path)| Target::Document { name, path });
    let queries = options
        .queries
        .iter()
        .zip(&queries)
        .map(|(name, query)| Target::Query { name, query });
    let targets: Vec<Target<'_>> = entrypoints.chain(queries).collect();
    let mut policy = planner::plan(&analysed, sources, &targets).map_err(|error| unplanned(error, sources))?;
    policy.rules = analysed.tree.rule_paths();
    Ok((policy, metadata))
}

fn refused(diagnostics: Vec<Diagnostic>, sources: &Sources) -> Failure {
    Failure::Policy {
        sources: sources.clone(),
        diagnostics,
    }
}

/// Why there is no plan.
pub(crate) fn unplanned(error: planner::Error, sources: &Sources) -> Failure {
    let message = error.to_string();
    match error {
        planner::Error::Unsupported { span, .. } => {
            let diagnostic = Diagnostic {
                code: Code::Compile,
                message,
                span: Some(span),
                details: Vec::new(),
                hint: None,
            };
            refused(vec![diagnostic], sources)
        }
        planner::Error::Bug { .. } => Failure::Bug(message),
    }
}

fn compile_units(plans: Vec<(ir::Policy, &Json)>, options: &Options, metadata: &Metadata, sources: Sources) -> Result<Output, Failure> {
    let _guard = options.enter();
    let shape = |name: &str| {
        if options.queries.iter().any(|query| query == name) {
            ResultShape::Bindings
        } else {
            ResultShape::Value
        }
    };
    let (plans, documents): (Vec<_>, Vec<_>) = plans.into_iter().unzip();
    let optimised: Result<Vec<Optimised>, _> = plans.into_iter().map(|policy| optimise::optimise(policy, shape)).collect();
    let optimised = optimised.map_err(|error| Failure::Plan(error.to_string()))?;
    let units: Vec<Unit<'_>> = optimised
        .iter()
        .zip(documents)
        .map(|(policy, documents)| Unit { policy, documents })
        .collect();
    let generated = codegen::generate(&units, options.print_to).map_err(|error| refusal(error, &sources))?;
    let entries = optimised.iter().flat_map(|policy| &policy.entries);
    let reports: Vec<_> = entries
        .map(|entry| EntrypointReport {
            name: entry.name.clone(),
            reads: entry.projection.paths("input"),
            data: if entry.documents.is_empty() {
                Vec::new()
            } else {
                entry.documents.paths("data")
            },
        })
        .collect();
    let data_bytes = generated.data.len() as usize;
    let policy_service = match &options.policy_service {
        Some(name) => {
            let position = reports.iter().position(|entry| entry.name == entrypoints::normal(name));
            Some(position.ok_or_else(|| Failure::Plan(format!("`{name}` is to answer the policy service, but is no entrypoint")))?)
        }
        None => None,
    };
    let reads = reports.iter().map(|entry: &EntrypointReport| exports::Reads {
        // Nothing below the root, which may only be asked whether it is there.
        input: entry.reads.iter().filter(|path| *path != "input").cloned().collect(),
        data: entry.data.clone(),
    });
    let settings = exports::Settings {
        description: exports::Description {
            name: metadata.name.clone(),
            version: metadata.version.clone(),
            revision: metadata.revision.clone(),
            compiler: metadata::COMPILER.to_owned(),
            reads: reads.collect(),
        },
        policy_service,
        strict_builtin_errors: options.strict_builtin_errors,
    };
    let object = exports::add(generated, &settings).map_err(|error| refusal(error, &sources))?;
    let sections = metadata.sections(settings.world()).map_err(Failure::Plan)?;
    let (mut component, link) = link::link(&object, settings.world(), link::Options::default()).map_err(|error| match error {
        link::Error::TooLarge => Failure::Plan(error.to_string()),
        _ => Failure::Bug(error.to_string()),
    })?;
    component.extend(sections);
    Ok(Output {
        component,
        report: Report {
            entrypoints: reports,
            link,
            data_bytes,
        },
    })
}

/// A built-in that is missing is the policy's affair as much as ours: it is told like any other mistake, at its place.
fn refusal(error: codegen::Error, sources: &Sources) -> Failure {
    let message = error.to_string();
    let codegen::Error::UnknownBuiltin { location, file, .. } = error else {
        return Failure::Plan(message);
    };
    let position = sources.files.iter().position(|source| source.name == file);
    let span = position.map(|position| Span {
        file: position as u32,
        row: location.row,
        col: location.col,
        ..Span::default()
    });
    let diagnostic = Diagnostic {
        code: Code::Type,
        message,
        span,
        details: Vec::new(),
        hint: None,
    };
    refused(vec![diagnostic], sources)
}
