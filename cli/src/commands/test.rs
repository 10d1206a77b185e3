//! `warrego test`: runs the test rules of a policy. They are compiled as `warrego build` does it, so that what is tested is what a component decides.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use regex::bytes::{Regex, RegexBuilder};
use warrego_compiler::syntax::source::Span;
use warrego_compiler::testing::{self as tests, Coverage, Failures, Tests};
use warrego_compiler::{Options, Print};
use warrego_host::{Effort, Engine, EngineOptions, Limits, Policy};

use super::{capabilities, files, print, say};
use crate::diagnostics::Problem;
use crate::duration::{self, GoDuration};
use crate::granted::{Granted, explain};
use crate::limits::CompileLimits;
use crate::output::indented;
use crate::sources::{Loading, Stage, load, schemas};
use crate::testing::watch;
use crate::testing::{Outcome, Questions, Runnable, coverage, junit, pretty, printed, result::TestResult, run};

/// Forms of the report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Pretty,
    Json,
    Junit,
}

/// Run the tests of policies: rules whose names begin with test_
#[derive(Args)]
pub struct TestCommand {
    /// Files, folders or bundles
    #[arg(required = true)]
    paths: Vec<String>,
    /// Run only tests whose full name (data.package.test_name) the regular expression matches
    #[arg(short, long, value_name = "REGEX", value_parser = pattern)]
    run: Option<Regex>,
    /// Tell tests that pass, too
    #[arg(short, long)]
    verbose: bool,
    /// Tell which expressions made tests fail, and what their variables held
    #[arg(long)]
    var_values: bool,
    /// The form of the report
    #[arg(short, long, value_enum, default_value = "pretty")]
    format: Format,
    /// Load paths as bundles
    #[arg(short, long)]
    bundle: bool,
    /// Names of files and folders to pass over, as in .*
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    ignore: Vec<String>,
    /// The longest a test may take, as in 500ms or 10s
    #[arg(long, value_parser = duration::parse, default_value = "5s")]
    timeout: GoDuration,
    /// Report which parts of the policies the tests evaluate, instead of the tests
    #[arg(short, long)]
    coverage: bool,
    /// Report coverage, and end with code 2 if it is less than so many percent
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0)]
    threshold: f64,
    /// Treat files as Rego v0 unless they say otherwise
    #[arg(long)]
    v0_compatible: bool,
    /// A JSON schema of the input, or a folder of schemas that metadata names
    #[arg(short, long, value_name = "PATH")]
    schema: Option<String>,
    /// How many errors are told at most; 0 is all
    #[arg(short, long, value_name = "NUMBER", default_value_t = 10, allow_negative_numbers = true)]
    max_errors: i64,
    /// Capabilities, a file as `opa capabilities` writes it or the name of a version of OPA (as in v1.0.0): what policies may call; may be repeated
    #[arg(long, value_name = "FILE")]
    capabilities: Vec<PathBuf>,
    /// End with code 0 if tests were skipped and none failed
    #[arg(short = 'z', long)]
    exit_zero_on_skipped: bool,
    /// End with code 1 if no test was run
    #[arg(long)]
    fail_on_empty: bool,
    /// How many tests may run at once; 0 is as many as there are processors
    #[arg(short, long, default_value_t = 0)]
    parallel: usize,
    /// Run the tests so many times
    #[arg(long, default_value_t = 1)]
    count: usize,
    /// Sort the tests of a report in JSON
    #[arg(long, value_enum, default_value = "none")]
    sort: Sort,
    /// Run the tests again whenever a file changes
    #[arg(short, long)]
    watch: bool,
    #[command(flatten)]
    granted: Granted,
    #[command(flatten)]
    limits: CompileLimits,
}

/// Orders of tests.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sort {
    /// As they stand in the files.
    None,
    /// The slowest first.
    Duration,
}

/// Tests ready to be run.
struct Prepared<'a> {
    /// The component; `None` if there is nothing to run.
    policy: Option<Policy>,
    runnables: Vec<Runnable<'a>>,
    coverage: Option<Coverage>,
    failures: Option<Failures>,
}

fn pattern(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text).unicode(false).build().map_err(|error| error.to_string())
}

impl TestCommand {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        let mut is_first = true;
        loop {
            let before = self.watch.then(|| watch::state(&self.paths));
            let outcome = self.test();
            // What cannot be read at all is not waited for.
            let is_refused = outcome.is_err() && is_first;
            is_first = false;
            let code = outcome.unwrap_or_else(|message| {
                say(&message);
                ExitCode::from(1)
            });
            let Some(before) = before.filter(|_| !is_refused) else {
                return code;
            };
            say("Watching for changes ...\n");
            watch::wait(&self.paths, &before);
        }
    }

    fn test(&self) -> Result<ExitCode, String> {
        if !(0.0..=100.0).contains(&self.threshold) {
            return Err("Code coverage threshold must be between 0 and 100\n".to_owned());
        }
        files::no_components(&self.paths).map_err(|message| format!("error: {message}\n"))?;
        let loading = Loading {
            bundle: self.bundle,
            ignore: self.ignore.clone(),
            v0: self.v0_compatible,
            ..Loading::default()
        };
        let loaded = load(&self.paths, &loading).map_err(|failure| match &failure.stage {
            Stage::Bundle(name) => format!("unable to load bundle {name}: {failure}\n"),
            _ => failure.report(),
        })?;
        let loaded = loaded.with_manifests("").map_err(|error| format!("{error}\n"))?;
        let options = Options {
            v0_compatible: self.v0_compatible,
            versions: loaded.versions.clone(),
            print_statements: true,
            print_to: Print::Logging,
            schemas: schemas(self.schema.as_deref()).map_err(|errors| errors.report())?,
            type_annotations: true,
            capabilities: capabilities::load(&self.capabilities).map_err(|message| format!("error: {message}\n"))?,
            budget: self.limits.budget(),
            ..Options::default()
        };
        let limit = usize::try_from(self.max_errors).unwrap_or(0);
        let found = tests::find(&loaded.into_input(), &options, self.var_values && !self.measures())
            .map_err(|failure| Problem::from(failure).limited(limit).text())?;
        let prepared = self.prepare(&found, &options)?;
        for _ in 0..self.count {
            let questions = Questions {
                covered: prepared.coverage.as_ref().map(|coverage| coverage.entrypoint),
                failures: prepared.failures.as_ref().map(|failures| (failures, found.sources())),
            };
            let outcome = run(prepared.policy.as_ref(), &prepared.runnables, self.threads(), questions);
            let results = &outcome.results;
            if self.measures() {
                let code = self.report_coverage(&found, &options, &prepared, &outcome);
                if code != 0 {
                    return Ok(ExitCode::from(code));
                }
            } else {
                self.report(results);
            }
            if results.is_empty() && self.fail_on_empty {
                return Err("no tests were run\n".to_owned());
            }
            if !results
                .iter()
                .all(|result| result.passes() || (result.skip && self.exit_zero_on_skipped))
            {
                return Ok(ExitCode::from(2));
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Chooses the tests, compiles them, and loads the component.
    fn prepare<'a>(&self, found: &'a Tests, options: &Options) -> Result<Prepared<'a>, String> {
        let chosen = |reference: &str| self.run.as_ref().is_none_or(|pattern| pattern.is_match(reference.as_bytes()));
        let list = found.list();
        let chosen: Vec<usize> = (0..list.len()).filter(|&position| chosen(&list[position].reference)).collect();
        let compiled: Vec<usize> = chosen
            .iter()
            .copied()
            .filter(|&position| !list[position].skipped && !list[position].function)
            .collect();
        let mut runnables: Vec<Runnable<'a>> = chosen
            .iter()
            .map(|&position| Runnable {
                test: &list[position],
                entrypoints: None,
            })
            .collect();
        if compiled.is_empty() {
            return Ok(Prepared {
                policy: None,
                runnables,
                coverage: None,
                failures: None,
            });
        }
        let output = found
            .compile(&compiled, options, self.measures())
            .map_err(|failure| Problem::from(failure).text())?;
        let mut entrypoints = output.entrypoints.into_iter();
        for runnable in &mut runnables {
            if !runnable.test.skipped && !runnable.test.function {
                runnable.entrypoints = entrypoints.next();
            }
        }
        let engine = EngineOptions {
            instances: None,
            effort: Effort::Quick,
            ..EngineOptions::default()
        };
        let limits = Limits {
            deadline: Some(if self.timeout.0.is_zero() {
                Duration::from_secs(5)
            } else {
                self.timeout.0
            }),
            memory: 4 << 30,
        };
        let policy = Engine::new(engine)
            .and_then(|engine| Policy::load_deferred(&engine, &output.output.component, limits, self.granted.grants(printed::log())));
        Ok(Prepared {
            policy: Some(policy.map_err(|error| format!("error: {}\n", explain(&error)))?),
            runnables,
            coverage: output.coverage,
            failures: output.failures,
        })
    }

    /// Whether coverage is asked for.
    fn measures(&self) -> bool {
        self.coverage || self.threshold > 0.0
    }

    /// Reports coverage, or what stands in its way; gives the exit code.
    fn report_coverage(&self, found: &Tests, options: &Options, prepared: &Prepared<'_>, outcome: &Outcome) -> u8 {
        if let Some(error) = outcome.results.iter().find_map(|result| result.error.as_ref()) {
            say(&format!("{}\n", error.text()));
            return 1;
        }
        let failures: Vec<TestResult> = outcome.results.iter().filter(|result| result.fail).cloned().collect();
        if let Some(first) = failures.first() {
            print(&pretty::report(&failures, self.verbose, false));
            say(&format!("{}\n\n", pretty::line(first)));
            return 1;
        }
        let parts = prepared.coverage.as_ref().map_or(&[][..], |coverage| &coverage.parts);
        let evaluated: Vec<Span> = outcome.covered.iter().filter_map(|&part| parts.get(part).copied()).collect();
        let report = coverage::report(found.sources(), &evaluated, &found.parts(options));
        match report.missing(self.threshold, self.verbose) {
            Some(message) => {
                say(&format!("{message}\n"));
                2
            }
            None => {
                print(&(indented(&report) + "\n"));
                0
            }
        }
    }

    fn threads(&self) -> usize {
        match self.parallel {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }

    fn report(&self, results: &[TestResult]) {
        if self.sort != Sort::None && self.format != Format::Json {
            say("warning: --sort is only supported with JSON format\n");
        }
        print(&match self.format {
            Format::Pretty => pretty::report(results, self.verbose, self.var_values),
            Format::Json if self.sort == Sort::Duration => {
                let mut sorted: Vec<&TestResult> = results.iter().collect();
                sorted.sort_by_key(|result| std::cmp::Reverse(result.duration));
                indented(&sorted) + "\n"
            }
            Format::Json => indented(&results) + "\n",
            Format::Junit => junit::report(results),
        });
    }
}
