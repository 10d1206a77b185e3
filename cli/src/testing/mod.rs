//! Runs tests that were compiled into one component, and says what became of them in the shapes of `opa test`.
//!
//! Tests run one after the other on as many threads as are asked for, each thread with an instance of its own. A test that hits its time-out costs its
//! thread the instance, and nobody else anything.

pub mod coverage;
pub mod failure;
pub mod junit;
pub mod pretty;
pub mod printed;
pub mod result;
pub mod watch;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use serde_json::Value;
use warrego_compiler::syntax::source::Sources;
use warrego_compiler::testing::{CASE_NAME, Failures, Test, TestEntrypoints};
use warrego_host::{DecisionError, Instance, Policy};

use crate::sources::json;
use failure::Failure;
use result::{SubResults, TestError, TestResult};

/// A test and where it is in the component.
#[derive(Debug, Clone, Copy)]
pub struct Runnable<'a> {
    /// The test.
    pub test: &'a Test,
    /// Its entrypoints; `None` for what is not run.
    pub entrypoints: Option<TestEntrypoints>,
}

/// Fewer tests than this are not worth a thread of their own.
const SHARE: usize = 50;

/// What came of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The results, in the order of the tests.
    pub results: Vec<TestResult>,
    /// The numbers of the parts that were evaluated, if there was an entrypoint to ask for them. What an instance noted before it was given up is lost.
    pub covered: BTreeSet<usize>,
}

/// What is asked beside the tests' values.
#[derive(Debug, Clone, Copy, Default)]
pub struct Questions<'a> {
    /// The entrypoint that tells which parts of the policy were evaluated.
    pub covered: Option<u32>,
    /// How to find out why tests fail, and the files that this points into.
    pub failures: Option<(&'a Failures, &'a Sources)>,
}

/// Runs tests.
pub fn run(policy: Option<&Policy>, tests: &[Runnable<'_>], threads: usize, questions: Questions<'_>) -> Outcome {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, TestResult)>> = Mutex::new(Vec::with_capacity(tests.len()));
    let marks: Mutex<BTreeSet<usize>> = Mutex::default();
    let work = || {
        let mut runner = Runner {
            policy,
            instance: None,
            failures: questions.failures,
        };
        let mut done = Vec::new();
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let Some(test) = tests.get(position) else { break };
            done.push((position, runner.run(*test)));
        }
        if let Ok(mut results) = results.lock() {
            results.append(&mut done);
        }
        if let (Some(entrypoint), Ok(mut marks)) = (questions.covered, marks.lock()) {
            marks.extend(runner.covered(entrypoint));
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.min(tests.len().div_ceil(SHARE)) {
            scope.spawn(work);
        }
        work();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|&(position, _)| position);
    Outcome {
        results: results.into_iter().map(|(_, result)| result).collect(),
        covered: marks.into_inner().unwrap_or_else(PoisonError::into_inner),
    }
}

/// One thread's part.
struct Runner<'a> {
    policy: Option<&'a Policy>,
    instance: Option<Instance>,
    failures: Option<(&'a Failures, &'a Sources)>,
}

impl Runner<'_> {
    fn run(&mut self, runnable: Runnable<'_>) -> TestResult {
        let mut result = TestResult::of(runnable.test);
        if runnable.test.skipped {
            result.skip = true;
            return result;
        }
        let begun = Instant::now();
        // Somebody else may have printed something on this thread.
        printed::take();
        let outcome = match runnable.entrypoints {
            Some(entrypoints) => self.outcome(runnable.test, entrypoints, &mut result),
            None => Err(TestError::function(&runnable.test.reference)),
        };
        result.duration = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        if runnable.entrypoints.is_some() && result.output.is_empty() {
            // There was an error before it could be taken.
            result.output = printed::take();
        }
        match outcome {
            Ok((fail, sub_results)) => {
                result.fail = fail;
                result.sub_results = sub_results;
            }
            Err(error) => result.error = Some(error),
        }
        self.explain(&mut result);
        result
    }

    /// Whether a test fails, and its cases. What it prints goes into the result at once, since finding cases prints it again.
    fn outcome(&mut self, test: &Test, entrypoints: TestEntrypoints, result: &mut TestResult) -> Result<(bool, SubResults), TestError> {
        let value = self.evaluate(entrypoints.value)?;
        result.output = printed::take();
        let Some(value) = value else { return Ok((true, SubResults::new())) };
        if !test.table {
            return Ok((value != Value::Bool(true), SubResults::new()));
        }
        let begun = match entrypoints.cases {
            Some(cases) => self.evaluate(cases)?,
            None => None,
        };
        let mut sub_results = result::cases_of(&value);
        for name in begun.as_ref().and_then(Value::as_array).into_iter().flatten().filter_map(case_name) {
            result::begin_case(&mut sub_results, &name);
        }
        Ok((sub_results.values().any(|case| case.fail), sub_results))
    }

    /// Adds why a test and its cases failed. What was noted is taken whatever became of the test, so that it is not the next one's.
    fn explain(&mut self, result: &mut TestResult) {
        let (Some((failures, sources)), true) = (self.failures, self.instance.is_some()) else {
            return;
        };
        let Ok(Some(Value::String(text))) = self.evaluate(failures.entrypoint) else {
            return;
        };
        let records = json(text.as_bytes()).unwrap_or_default();
        for record in records.as_array().into_iter().flatten() {
            let (case, noted) = (&record[0], &record[1]);
            let point = noted[0]
                .as_u64()
                .and_then(|number| failures.points.get(usize::try_from(number).ok()?));
            let Some(failure) = point.and_then(|point| Failure::new(sources, point, &noted[1])) else {
                continue;
            };
            match case.as_array() {
                Some(name) => {
                    let name: Vec<String> = name.iter().map(part_name).collect();
                    result::blame(&mut result.sub_results, &name, failure);
                }
                None if result.fail => result.failure = Some(failure),
                None => {}
            }
        }
    }

    /// The parts that this thread's instance noted.
    fn covered(&mut self, entrypoint: u32) -> Vec<usize> {
        let parts = match self.instance {
            Some(_) => self.evaluate(entrypoint).ok().flatten(),
            None => None,
        };
        let parts = parts.as_ref().and_then(Value::as_array).into_iter().flatten();
        parts
            .filter_map(Value::as_u64)
            .filter_map(|part| usize::try_from(part).ok())
            .collect()
    }

    fn evaluate(&mut self, entrypoint: u32) -> Result<Option<Value>, TestError> {
        let instance = match &mut self.instance {
            Some(instance) if !instance.is_spent() => instance,
            unusable => {
                let policy = self.policy.ok_or(DecisionError::Spent)?;
                unusable.insert(policy.instance()?)
            }
        };
        match instance.evaluate(entrypoint, None)? {
            Some(bytes) => json(&bytes)
                .map(Some)
                .map_err(|error| TestError::message(format!("bug: the result is no JSON: {error}"))),
            None => Ok(None),
        }
    }
}

/// The name of a case that was begun: strings as they are, other values as JSON.
fn case_name(solution: &Value) -> Option<Vec<String>> {
    let parts = solution.get(CASE_NAME)?.as_array()?;
    Some(parts.iter().map(part_name).collect())
}

fn part_name(part: &Value) -> String {
    part.as_str().map_or_else(|| part.to_string(), str::to_owned)
}
