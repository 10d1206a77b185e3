//! `warrego test`: runs the test rules of a policy. They are compiled as `warrego build` does it, so that what is tested is what a component decides.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use regex::bytes::{Regex, RegexBuilder};
use warrego_compiler::Options;
use warrego_compiler::testing::{self as tests, Tests};
use warrego_host::{Effort, Engine, EngineOptions, Limits, Policy};

use super::{print, say};
use crate::diagnostics::Problem;
use crate::duration::{self, GoDuration};
use crate::output::indented;
use crate::sources::{Loading, load};
use crate::testing::{Runnable, junit, pretty, result::TestResult, run};

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
    /// Treat files as Rego v0 unless they say otherwise
    #[arg(long)]
    v0_compatible: bool,
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
}

fn pattern(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text).unicode(false).build().map_err(|error| error.to_string())
}

impl TestCommand {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        match self.test() {
            Ok(code) => code,
            Err(message) => {
                say(&message);
                ExitCode::from(1)
            }
        }
    }

    fn test(&self) -> Result<ExitCode, String> {
        let loading = Loading {
            bundle: self.bundle,
            ignore: self.ignore.clone(),
        };
        let loaded = load(&self.paths, &loading).map_err(|errors| errors.report())?;
        let options = Options {
            v0_compatible: self.v0_compatible || loaded.v0,
            ..Options::default()
        };
        let found = tests::find(&loaded.into_input(), &options).map_err(|failure| Problem::from(failure).text())?;
        let (policy, runnables) = self.prepare(&found, &options)?;
        for _ in 0..self.count {
            let results = run(policy.as_ref(), &runnables, self.threads());
            self.report(&results);
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
    fn prepare<'a>(&self, found: &'a Tests, options: &Options) -> Result<(Option<Policy>, Vec<Runnable<'a>>), String> {
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
            return Ok((None, runnables));
        }
        let output = found.compile(&compiled, options).map_err(|failure| Problem::from(failure).text())?;
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
        let policy = Engine::new(engine).and_then(|engine| Policy::load(&engine, &output.output.component, limits));
        Ok((Some(policy.map_err(|error| format!("error: {error}\n"))?), runnables))
    }

    fn threads(&self) -> usize {
        match self.parallel {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }

    fn report(&self, results: &[TestResult]) {
        print(&match self.format {
            Format::Pretty => pretty::report(results, self.verbose),
            Format::Json => indented(&results) + "\n",
            Format::Junit => junit::report(results),
        });
    }
}
