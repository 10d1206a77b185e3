//! `warrego eval`: answers a query from sources, or asks an entrypoint of a compiled policy. Sources are compiled as `warrego build` does it, so that
//! what is seen here is what a component decides.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::{Map, Value};
use warrego_compiler::{Failure, Options, Output};
use warrego_host::{DecisionError, Engine, EngineOptions, Instance, Limits, Log, Policy};

use super::compose::read;
use super::{print, say};
use crate::diagnostics::{Problem, errors};
use crate::duration::{self, GoDuration};
use crate::granted::{Granted, explain};
use crate::output::{Format, ResultSet, indented};
use crate::query::Query;
use crate::sources::{Loaded, Loading, json, load, yaml};

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
    #[arg(short, long, value_name = "PATH", conflicts_with = "stdin_input")]
    input: Option<PathBuf>,
    /// Read the input document from standard input
    #[arg(short = 'I', long)]
    stdin_input: bool,
    /// Read the query from standard input
    #[arg(long, conflicts_with = "stdin_input")]
    stdin: bool,
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
    /// The longest the evaluation may take, as in 500ms or 10s
    #[arg(long, value_parser = duration::parse)]
    timeout: Option<GoDuration>,
    #[command(flatten)]
    granted: Granted,
}

/// Why there is no result.
enum Trouble {
    /// Messages without more to them.
    Plain(Vec<String>),
    /// The policy or the query does not compile.
    Compile(Problem),
    /// The decision failed.
    Decision(DecisionError),
}

impl From<String> for Trouble {
    fn from(message: String) -> Self {
        Self::Plain(vec![message])
    }
}

impl Eval {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        match self.evaluate() {
            Ok(results) => {
                print(&results.render(self.format));
                let defined = !results.result.is_empty();
                ExitCode::from(u8::from((self.fail && !defined) || (self.fail_defined && defined)))
            }
            Err(trouble) => {
                match self.format {
                    Format::Json => print(&(indented(&trouble.json()) + "\n")),
                    Format::Pretty | Format::Raw => say(&trouble.text()),
                }
                ExitCode::from(2)
            }
        }
    }

    fn evaluate(&self) -> Result<ResultSet, Trouble> {
        let input = self.read_input()?;
        let (policies, queries): (Vec<&String>, Vec<&String>) = self.arguments.iter().partition(|argument| argument.ends_with(".wasm"));
        match (policies.as_slice(), queries.as_slice()) {
            ([policy], []) => self.ask(policy, None, &input),
            ([policy], [query]) => self.ask(policy, Some(query), &input),
            ([], [query]) => self.query(query, &input),
            ([], []) if self.stdin => {
                let mut query = String::new();
                std::io::stdin()
                    .read_to_string(&mut query)
                    .map_err(|error| format!("cannot read the query: {error}"))?;
                self.query(&query, &input)
            }
            ([], []) => match &self.entrypoint {
                Some(entrypoint) => self.query(&reference(entrypoint), &input),
                None => Err("specify a query, as in data.example.allow, or an entrypoint".to_owned().into()),
            },
            _ => Err("specify one query or one compiled policy; more were given".to_owned().into()),
        }
    }

    /// The input as JSON; empty without one.
    fn read_input(&self) -> Result<Vec<u8>, Trouble> {
        let bytes = match &self.input {
            Some(path) => std::fs::read(path).map_err(|error| crate::sources::cannot("open", path, &error))?,
            None if self.stdin_input => {
                let mut bytes = Vec::new();
                std::io::stdin()
                    .read_to_end(&mut bytes)
                    .map_err(|error| format!("cannot read the input: {error}"))?;
                bytes
            }
            None => return Ok(Vec::new()),
        };
        // JSON is passed on as it is, so that the policy's own reader decides about it.
        match json(&bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => match yaml(&bytes) {
                Ok(document) => Ok(document.to_string().into_bytes()),
                Err(_) => Err(format!("unable to parse input: {error}").into()),
            },
        }
    }

    /// Asks an entrypoint of a compiled policy.
    fn ask(&self, path: &str, query: Option<&String>, input: &[u8]) -> Result<ResultSet, Trouble> {
        let mut instance = self.start(&read(path.as_ref())?)?;
        let policy = instance.policy().clone();
        let name = match (&self.entrypoint, query) {
            (Some(entrypoint), _) => entrypoint.clone(),
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
                .set_data(Value::Object(loaded.data).to_string().as_bytes())
                .map_err(Trouble::Decision)?;
        }
        let value = evaluate(&mut instance, number, input)?;
        Ok(ResultSet::of_value(value, reference(&name)))
    }

    /// Compiles the sources with the query and runs that.
    fn query(&self, text: &str, input: &[u8]) -> Result<ResultSet, Trouble> {
        let loaded = self.load()?;
        if loaded.plan.is_some() && loaded.modules.is_empty() {
            return Err("a plan answers its entrypoints only: build it and evaluate the component"
                .to_owned()
                .into());
        }
        let v0 = self.v0_compatible || loaded.v0;
        let query = Query::parse(text, v0).map_err(|diagnostics| {
            let sources = warrego_compiler::syntax::source::Sources {
                files: vec![warrego_compiler::syntax::source::Source {
                    name: "<query>".to_owned(),
                    text: text.to_owned(),
                }],
            };
            Trouble::Compile(Failure::Policy { sources, diagnostics }.into())
        })?;
        let (query, output) = self.compile(loaded, query, v0)?;
        let mut instance = self.start(&output.component)?;
        let solutions = evaluate(&mut instance, 0, input)?;
        let solutions = match solutions {
            Some(Value::Array(solutions)) => solutions,
            _ => Vec::new(),
        };
        let solution = |variables| match variables {
            Value::Object(variables) => query.solution(variables),
            _ => query.solution(Map::new()),
        };
        Ok(ResultSet {
            result: solutions.into_iter().map(solution).collect(),
        })
    }

    /// Compiles with variables for the expressions' values; if that is what does not compile, without them.
    fn compile(&self, loaded: Loaded, query: Query, v0: bool) -> Result<(Query, Output), Trouble> {
        let input = loaded.into_input();
        let options = |query: &Query| Options {
            queries: vec![query.text.clone()],
            v0_compatible: v0,
            strict: self.strict,
            strict_builtin_errors: self.strict_builtin_errors,
            print_statements: true,
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
        let trouble = |errors: crate::sources::SourceErrors| Trouble::Plain(errors.0);
        let mut loaded = load(
            &self.data,
            &Loading {
                bundle: false,
                ignore: ignore.clone(),
            },
        )
        .map_err(trouble)?;
        loaded.add(&self.bundles, &Loading { bundle: true, ignore });
        loaded.finish().map_err(trouble)
    }

    fn start(&self, component: &[u8]) -> Result<Instance, Trouble> {
        let options = EngineOptions {
            instances: None,
            ..EngineOptions::default()
        };
        let limits = Limits {
            deadline: self.timeout.map(|timeout| timeout.0),
            memory: 4 << 30,
        };
        // As `opa eval` does it: what is printed is none of the results.
        let grants = self.granted.grants(Log::Function(Arc::new(|message| say(&format!("{message}\n")))));
        let policy = Engine::new(options).and_then(|engine| Policy::load_with(&engine, component, limits, grants));
        policy.map_err(|error| explain(&error))?.instance().map_err(Trouble::Decision)
    }
}

fn evaluate(instance: &mut Instance, entrypoint: u32, input: &[u8]) -> Result<Option<Value>, Trouble> {
    let Some(bytes) = instance.evaluate(entrypoint, input).map_err(Trouble::Decision)? else {
        return Ok(None);
    };
    let value = json(&bytes).map_err(|error| format!("bug: the policy's result is no JSON: {error}"))?;
    Ok(Some(value))
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

impl Trouble {
    fn json(&self) -> Value {
        match self {
            Self::Plain(messages) => errors(messages.iter().cloned()),
            Self::Compile(problem) => problem.json(),
            Self::Decision(error) => match detail(error) {
                Some(detail) => {
                    let mut entry = serde_json::json!({"message": detail.message, "code": detail.code});
                    if let Some(place) = &detail.location {
                        entry["location"] = serde_json::json!({"file": place.file, "row": place.row, "col": place.col});
                    }
                    serde_json::json!({"errors": [entry]})
                }
                None => errors([error.to_string()]),
            },
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Plain(messages) => match messages.as_slice() {
                [only] => format!("1 error occurred: {only}\n"),
                all => format!("{} errors occurred:\n{}\n", all.len(), all.join("\n")),
            },
            Self::Compile(problem) => problem.text(),
            Self::Decision(error) => match detail(error) {
                Some(detail) => format!("1 error occurred: {detail}\n"),
                None => format!("1 error occurred: {error}\n"),
            },
        }
    }
}

/// What the policy itself says about its error.
fn detail(error: &DecisionError) -> Option<&warrego_host::Detail> {
    match error {
        DecisionError::MalformedInput(detail)
        | DecisionError::Policy(detail)
        | DecisionError::Conflict(detail)
        | DecisionError::Limit(detail)
        | DecisionError::UnknownEntrypoint(detail) => Some(detail),
        _ => None,
    }
}
