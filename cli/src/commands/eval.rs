//! `warrego eval`: answers a query from sources, or asks an entrypoint of a compiled policy. Sources are compiled as `warrego build` does it, so that
//! what is seen here is what a component decides.

mod trouble;

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Map, Value};
use warrego_compiler::entrypoints::normal;
use warrego_compiler::{Failure, Options, Output, Print};
use warrego_host::{DecisionError, Effort, Engine, EngineOptions, Instance, Limits, Log, Policy};

use self::trouble::Trouble;
use super::{capabilities, fail, files, print, say};
use crate::duration::{self, GoDuration};
use crate::granted::{Granted, explain};
use crate::limits::CompileLimits;
use crate::output::{Format, ResultSet, indented};
use crate::query::Query;
use crate::sources::{Loaded, Loading, SourceErrors, Stage, json, load, schemas, yaml};

/// Components of more bytes than this are made machine code of quickly rather than well: it runs once.
const LARGE: usize = 1 << 19;

/// Evaluate a query over sources, or an entrypoint of a compiled policy
#[derive(Args)]
pub struct Eval {
    /// The query, as in data.example.allow, or the file of a compiled policy (.wasm)
    arguments: Vec<String>,
    /// Rego files, data files or folders; with a compiled policy, data files to push to it
    #[arg(short, long = "data", value_name = "PATH")]
    data: Vec<String>,
    /// Bundles: tarballs or folders
    #[arg(short, long = "bundle", value_name = "PATH")]
    bundles: Vec<String>,
    /// A file with the input document
    #[arg(short, long, value_name = "PATH")]
    input: Option<PathBuf>,
    /// Read the input document from standard input
    #[arg(short = 'I', long)]
    stdin_input: bool,
    /// Read the query from standard input
    #[arg(long)]
    stdin: bool,
    /// The package that the query stands in: names of its rules need no path
    #[arg(long, value_name = "PACKAGE")]
    package: Option<String>,
    /// An import for the query, as in data.users or input.request as req; may be repeated
    #[arg(long = "import", value_name = "PATH")]
    imports: Vec<String>,
    /// A JSON schema of the input, or a folder of schemas that metadata names
    #[arg(short, long, value_name = "PATH")]
    schema: Option<String>,
    /// Capabilities, a file as `opa capabilities` writes it or the name of a version of OPA (as in v1.0.0): what may be called; may be repeated
    #[arg(long, value_name = "FILE")]
    capabilities: Vec<PathBuf>,
    /// An entrypoint, as in system/main, instead of a query
    #[arg(short, long)]
    entrypoint: Option<String>,
    /// The form of the result
    #[arg(short, long, value_enum, default_value = "json")]
    format: Format,
    /// End with code 1 if the query is undefined or empty
    #[arg(long)]
    fail: bool,
    /// End with code 1 if the query is defined and not empty
    #[arg(long)]
    fail_defined: bool,
    /// Treat errors of built-in functions as errors of the query
    #[arg(long)]
    strict_builtin_errors: bool,
    /// Treat what OPA's strict mode finds as errors
    #[arg(short = 'S', long)]
    strict: bool,
    /// Names of files and folders to pass over, as in .*
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Treat files and the query as Rego v0 unless they say otherwise
    #[arg(long)]
    v0_compatible: bool,
    /// Tell how long the parts of the evaluation took
    #[arg(long)]
    metrics: bool,
    /// The same: there is nothing finer
    #[arg(long)]
    instrument: bool,
    /// Where texts in tables are cut; 0 is nowhere
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    pretty_limit: usize,
    /// The longest the evaluation may take, as in 500ms or 10s; 0 is no limit
    #[arg(long, value_parser = duration::parse)]
    timeout: Option<GoDuration>,
    #[command(flatten)]
    granted: Granted,
    #[command(flatten)]
    limits: CompileLimits,
}

impl Eval {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        match self.checked().and_then(|()| self.evaluate()) {
            Ok(results) => {
                print(&results.render(self.format, self.pretty_limit));
                let defined = !results.result.is_empty();
                ExitCode::from(u8::from((self.fail && !defined) || (self.fail_defined && defined)))
            }
            Err(Trouble::Usage(message)) => fail(1, &message),
            Err(Trouble::Unread(message)) => {
                say(&format!("{}\n", message.trim_end()));
                ExitCode::from(2)
            }
            Err(trouble) => {
                match self.format {
                    Format::Json | Format::Discard => print(&(indented(&trouble.json()) + "\n")),
                    _ => say(&trouble.text()),
                }
                ExitCode::from(2)
            }
        }
    }

    /// Refuses flags that contradict each other, or that cannot be honoured.
    fn checked(&self) -> Result<(), Trouble> {
        let contradiction = if self.stdin && !self.queries().is_empty() {
            Some("specify query argument or --stdin but not both")
        } else if self.stdin && self.stdin_input {
            Some("specify --stdin or --stdin-input but not both")
        } else if self.stdin_input && self.input.is_some() {
            Some("specify --stdin-input or --input but not both")
        } else if self.fail && self.fail_defined {
            Some("specify --fail or --fail-defined but not both")
        } else {
            // The source is that of what partial evaluation leaves.
            (self.format == Format::Source).then_some("invalid output format for evaluation")
        };
        contradiction.map_or(Ok(()), |message| Err(Trouble::Usage(message.to_owned())))
    }

    /// Arguments that are no compiled policies.
    fn queries(&self) -> Vec<&String> {
        self.arguments.iter().filter(|argument| !argument.ends_with(".wasm")).collect()
    }

    fn evaluate(&self) -> Result<ResultSet, Trouble> {
        let input = self.read_input()?;
        let queries = self.queries();
        let policies: Vec<&String> = self.arguments.iter().filter(|argument| argument.ends_with(".wasm")).collect();
        match (policies.as_slice(), queries.as_slice()) {
            ([policy], []) => self.ask(policy, None, input.as_deref()),
            ([policy], [query]) => self.ask(policy, Some(query), input.as_deref()),
            ([], [query]) => self.query(query, input.as_deref()),
            ([], []) if self.stdin => {
                let mut query = String::new();
                std::io::stdin()
                    .read_to_string(&mut query)
                    .map_err(|error| format!("cannot read the query: {error}"))?;
                self.query(&query, input.as_deref())
            }
            ([], []) => match &self.entrypoint {
                Some(entrypoint) => self.query(&reference(entrypoint), input.as_deref()),
                None => Err("specify a query, as in data.example.allow, or an entrypoint".to_owned().into()),
            },
            _ => Err(Trouble::Usage(
                "specify at most one query argument, and one compiled policy".to_owned(),
            )),
        }
    }

    /// The bytes of the input, if one is given. A file or standard input without any bytes is an input all the same: it stands for null.
    fn read_input(&self) -> Result<Option<Vec<u8>>, Trouble> {
        let bytes = match &self.input {
            Some(path) => std::fs::read(path).map_err(|error| Trouble::Unread(crate::sources::cannot("open", path, &error)))?,
            None if self.stdin_input => {
                let mut bytes = Vec::new();
                std::io::stdin()
                    .read_to_end(&mut bytes)
                    .map_err(|error| format!("cannot read the input: {error}"))?;
                bytes
            }
            None => return Ok(None),
        };
        Ok(Some(bytes))
    }

    /// Asks an entrypoint of a compiled policy.
    fn ask(&self, path: &str, query: Option<&String>, input: Option<&[u8]>) -> Result<ResultSet, Trouble> {
        let mut instance = self.start(&files::component(path.as_ref())?)?;
        let policy = instance.policy().clone();
        let name = match (&self.entrypoint, query) {
            (Some(entrypoint), _) => normal(entrypoint).to_owned(),
            (None, Some(query)) => query.strip_prefix("data.").unwrap_or(query).replace('.', "/"),
            (None, None) => match policy.entrypoints() {
                [only] => only.clone(),
                all => return Err(format!("specify one of the policy's entrypoints with -e: {}", all.join(", ")).into()),
            },
        };
        let number = policy
            .entrypoint(&name)
            .ok_or_else(|| format!("the policy has no entrypoint `{name}`; it has {}", policy.entrypoints().join(", ")))?;
        let loaded = self.load()?;
        if !loaded.modules.is_empty() {
            return Err("a compiled policy takes data files, not Rego".to_owned().into());
        }
        if !loaded.data.is_empty() {
            instance
                .set_data(&Value::Object(loaded.data).to_string())
                .map_err(Trouble::Decision)?;
        }
        let begun = Instant::now();
        let value = self.decide(&mut instance, number, input)?;
        let mut results = ResultSet::of_value(value, reference(&name));
        self.measure(&mut results, &[("timer_rego_query_eval_ns", begun.elapsed())]);
        Ok(results)
    }

    /// Compiles the sources with the query and runs that.
    fn query(&self, text: &str, input: Option<&[u8]>) -> Result<ResultSet, Trouble> {
        if text.is_empty() {
            return Err("cannot evaluate empty query".to_owned().into());
        }
        let begun = Instant::now();
        let loaded = self.load()?.with_manifests(text)?;
        let files = begun.elapsed();
        if loaded.plan.is_some() && loaded.modules.is_empty() {
            return Err("a plan answers its entrypoints only: build it and evaluate the component"
                .to_owned()
                .into());
        }
        let v0 = self.v0_compatible;
        let query = Query::parse(text, v0).map_err(|diagnostics| {
            let sources = warrego_compiler::syntax::source::Sources {
                files: vec![warrego_compiler::syntax::source::Source {
                    name: "<query>".to_owned(),
                    text: text.to_owned(),
                }],
            };
            Trouble::Compile(Failure::Policy { sources, diagnostics }.into())
        })?;
        let begun = Instant::now();
        let (query, output) = self.compile(loaded, query, v0)?;
        let mut instance = self.start(&output.component)?;
        let compiled = begun.elapsed();
        let begun = Instant::now();
        let solutions = self.decide(&mut instance, 0, input).map_err(|trouble| trouble.placed(&query))?;
        let evaluated = begun.elapsed();
        let solutions = match solutions {
            Some(Value::Array(solutions)) => solutions,
            _ => Vec::new(),
        };
        let solution = |variables| match variables {
            Value::Object(variables) => query.solution(variables),
            _ => query.solution(Map::new()),
        };
        let mut results = ResultSet {
            result: solutions.into_iter().map(solution).collect(),
            ..ResultSet::default()
        };
        self.measure(
            &mut results,
            &[
                ("timer_rego_load_files_ns", files),
                ("timer_rego_module_compile_ns", compiled),
                ("timer_rego_query_eval_ns", evaluated),
            ],
        );
        Ok(results)
    }

    /// Compiles with variables for the expressions' values; if that is what does not compile, without them.
    fn compile(&self, loaded: Loaded, query: Query, v0: bool) -> Result<(Query, Output), Trouble> {
        let versions = loaded.versions.clone();
        let input = loaded.into_input();
        let schemas = schemas(self.schema.as_deref()).map_err(|errors| Trouble::Unread(errors.report()))?;
        let capabilities = capabilities::load(&self.capabilities)?;
        let options = |query: &Query| Options {
            schemas: schemas.clone(),
            type_annotations: true,
            capabilities: capabilities.clone(),
            query_package: self.package.clone(),
            query_imports: self.imports.clone(),
            queries: vec![query.text.clone()],
            v0_compatible: v0,
            versions: versions.clone(),
            strict: self.strict,
            strict_builtin_errors: self.strict_builtin_errors,
            print_statements: true,
            budget: self.limits.budget(),
            print_to: Print::Logging,
            ..Options::default()
        };
        let failure = match warrego_compiler::compile(&input, &options(&query)) {
            Ok(output) => return Ok((query, output)),
            Err(failure) => failure,
        };
        if !query.captures() {
            return Err(Trouble::Compile(failure.into()));
        }
        // The errors that count are those about the text the user wrote.
        let query = query.plain();
        match warrego_compiler::compile(&input, &options(&query)) {
            Ok(output) => Ok((query, output)),
            Err(failure) => Err(Trouble::Compile(failure.into())),
        }
    }

    fn load(&self) -> Result<Loaded, Trouble> {
        let ignore = self.ignore.clone();
        let trouble = |failure: SourceErrors| {
            let prefix = match failure.stage {
                Stage::Files => "",
                Stage::Bundle(_) => "loading error: ",
                Stage::Activation => "bundle activation failed: ",
            };
            Trouble::Plain(failure.errors.iter().map(|error| format!("{prefix}{error}")).collect())
        };
        let mut loaded = load(
            &self.data,
            &Loading {
                ignore: ignore.clone(),
                v0: self.v0_compatible,
                ..Loading::default()
            },
        )
        .map_err(trouble)?;
        loaded.add(
            &self.bundles,
            &Loading {
                bundle: true,
                ignore,
                ..Loading::default()
            },
        );
        loaded.finish().map_err(trouble)
    }

    /// The value of an entrypoint. The input goes to the policy as it is, which reads JSON; what is none may be YAML.
    fn decide(&self, instance: &mut Instance, entrypoint: u32, input: Option<&[u8]>) -> Result<Option<Value>, Trouble> {
        let outcome = match (instance.evaluate(entrypoint, input), input) {
            (Err(DecisionError::MalformedInput(_)), Some(input)) if json(input).is_err() => {
                let document = yaml(input).map_err(|error| Trouble::Unread(format!("unable to parse input: {error}")))?;
                instance.evaluate(entrypoint, Some(document.to_string().as_bytes()))
            }
            (outcome, _) => outcome,
        };
        let Some(bytes) = outcome.map_err(Trouble::Decision)? else {
            return Ok(None);
        };
        let value = json(&bytes).map_err(|error| format!("bug: the policy's result is no JSON: {error}"))?;
        Ok(Some(value))
    }

    /// Adds how long the parts took, if that is asked for.
    fn measure(&self, results: &mut ResultSet, parts: &[(&str, Duration)]) {
        if self.metrics || self.instrument {
            let nanoseconds = |time: &Duration| Value::from(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
            results.metrics = parts.iter().map(|(name, time)| ((*name).to_owned(), nanoseconds(time))).collect();
        }
    }

    fn start(&self, component: &[u8]) -> Result<Instance, Trouble> {
        let options = EngineOptions {
            instances: None,
            effort: if component.len() > LARGE { Effort::Quick } else { Effort::Full },
            ..EngineOptions::default()
        };
        let limits = Limits {
            deadline: self.timeout.map(|timeout| timeout.0).filter(|timeout| !timeout.is_zero()),
            memory: 4 << 30,
        };
        // As `opa eval` does it: what is printed is none of the results.
        let grants = self.granted.grants(Log::Function(Arc::new(|message| say(&format!("{message}\n")))));
        let policy = Engine::new(options).and_then(|engine| Policy::load_with(&engine, component, limits, grants));
        policy.map_err(|error| explain(&error))?.instance().map_err(Trouble::Decision)
    }
}

/// An entrypoint as a query.
fn reference(entrypoint: &str) -> String {
    let mut text = "data".to_owned();
    for step in entrypoint.split('/').filter(|step| !step.is_empty()) {
        let plain =
            step.chars().all(|char| char.is_ascii_alphanumeric() || char == '_') && !step.starts_with(|char: char| char.is_ascii_digit());
        if plain {
            text.push('.');
            text.push_str(step);
        } else {
            text.push_str(&format!("[{}]", Value::from(step)));
        }
    }
    text
}
