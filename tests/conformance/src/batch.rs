//! Many cases in one component. Compiling a component to machine code costs far more than planning a policy, and most of it goes into
//! the parts of the runtime that all of them use. So the plans of a chunk of cases are compiled together, each with its own base
//! documents. When that fails, halves are tried, down to the case at fault.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use warrego_compiler::ir::Policy;
use warrego_compiler::{Failure, Options, compile_plans};

use crate::front::{capabilities, refused};
use crate::machine::{Machine, Question};
use crate::outcome::Outcome;

/// Cases compiled together.
const CHUNK: usize = 96;

/// Threads that work; the corpus is compiled on machines with few cores.
const THREADS: usize = 2;

/// Nested texts take the compiler deep into recursion before it says that they are nested too deeply.
const STACK: usize = 64 << 20;

/// The name that all entrypoints get; they are told apart by their position.
const ENTRY: &str = "results";

/// A policy that is ready to be compiled, and what it is asked.
pub struct Job {
    /// The plan; each of its entrypoints is asked and gives the array of its results.
    pub policy: Policy,
    /// Base documents that are compiled in.
    pub data: Value,
    /// Base documents that are pushed at run time.
    pub pushed: Option<String>,
    /// The input document, or nothing.
    pub input: Option<Vec<u8>>,
    /// Errors of built-ins are errors.
    pub strict_builtin_errors: bool,
    /// Environment variables.
    pub env: Vec<(String, String)>,
    /// The time since 1970, if it must stand still.
    pub time: Option<Duration>,
}

/// Runs all cases: `prepare` plans one. The outcomes of a case are those of its entrypoints, or one alone if there is no component.
pub fn run<C: Sync>(cases: &[C], prepare: impl Fn(&C) -> Result<Job, Outcome> + Sync) -> Result<Vec<Vec<Outcome>>> {
    let machine = Machine::new()?;
    let next = AtomicUsize::new(0);
    let all: Mutex<Vec<Vec<Outcome>>> = Mutex::new(vec![Vec::new(); cases.len()]);
    keep_panics_quiet();
    thread::scope(|scope| {
        let work = || {
            loop {
                let start = next.fetch_add(CHUNK, Ordering::Relaxed);
                let Some(chunk) = cases.get(start..cases.len().min(start + CHUNK)).filter(|chunk| !chunk.is_empty()) else {
                    return;
                };
                let outcomes = run_chunk(&machine, chunk, &prepare);
                if let Ok(mut all) = all.lock() {
                    all[start..start + chunk.len()].clone_from_slice(&outcomes);
                }
            }
        };
        for _ in 0..THREADS {
            thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, work)
                .context("starting a thread")?;
        }
        anyhow::Ok(())
    })?;
    Ok(all.into_inner().unwrap_or_default())
}

fn run_chunk<C>(machine: &Machine, chunk: &[C], prepare: &(impl Fn(&C) -> Result<Job, Outcome> + Sync)) -> Vec<Vec<Outcome>> {
    let mut outcomes = vec![Vec::new(); chunk.len()];
    let (mut lenient, mut strict) = (Vec::new(), Vec::new());
    for (index, case) in chunk.iter().enumerate() {
        match caught(|| prepare(case)) {
            Ok(Ok(job)) if job.strict_builtin_errors => strict.push((index, job)),
            Ok(Ok(job)) => lenient.push((index, job)),
            Ok(Err(outcome)) | Err(outcome) => outcomes[index] = vec![outcome],
        }
    }
    compile(machine, &lenient, &mut outcomes);
    compile(machine, &strict, &mut outcomes);
    outcomes
}

/// Compiles jobs to one component and asks it, or tries the halves.
fn compile(machine: &Machine, jobs: &[(usize, Job)], outcomes: &mut [Vec<Outcome>]) {
    let Some((_, first)) = jobs.first() else { return };
    let options = Options {
        queries: vec![ENTRY.to_owned()],
        strict_builtin_errors: first.strict_builtin_errors,
        capabilities: Some(capabilities()),
        data_over_rules: true,
        ..Options::default()
    };
    let built = caught(|| {
        let plans: Vec<(Policy, &Value)> = jobs.iter().map(|(_, job)| (renamed(&job.policy), &job.data)).collect();
        compile_plans(plans, &options).map_err(failure)
    });
    let program = built.and_then(|built| built).and_then(|output| {
        let program = machine.program(&output.component);
        program.map_err(|error| Outcome::Trap(format!("{error:#}")))
    });
    match program {
        Ok(program) => {
            let mut entrypoint = 0;
            for (index, job) in jobs {
                for _ in &job.policy.plans.plans {
                    outcomes[*index].push(program.ask(&Question {
                        entrypoint,
                        data: job.pushed.as_deref(),
                        input: job.input.as_deref(),
                        env: &job.env,
                        time: job.time,
                    }));
                    entrypoint += 1;
                }
            }
        }
        Err(outcome) => match jobs {
            [(index, _)] => outcomes[*index] = vec![outcome],
            _ => {
                let (left, right) = jobs.split_at(jobs.len() / 2);
                compile(machine, left, outcomes);
                compile(machine, right, outcomes);
            }
        },
    }
}

fn renamed(policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    for plan in &mut policy.plans.plans {
        ENTRY.clone_into(&mut plan.name);
    }
    policy
}

/// What a failure of the compiler is to a case.
pub fn failure(failure: Failure) -> Outcome {
    match failure {
        Failure::Policy { sources, diagnostics } => refused(&sources, &diagnostics),
        Failure::Plan(message) => Outcome::Refused(vec![crate::outcome::Refusal::bare(message)]),
        other => Outcome::Crash(other.to_string()),
    }
}

thread_local! {
    /// Whether [`caught`] waits for a panic.
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Panics that are caught are counted and told with their case, not printed where they happen.
pub fn keep_panics_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !CATCHING.get() {
                return others(info);
            }
            let place = info
                .location()
                .map(|place| format!(" at {}:{}", place.file(), place.line()))
                .unwrap_or_default();
            LAST_PANIC.set(Some(format!("panic: {}{place}", message(info.payload()))));
        }));
    });
}

/// Runs something that must not panic.
pub fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Outcome> {
    let outer = CATCHING.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    CATCHING.set(outer);
    result.map_err(|payload| Outcome::Crash(LAST_PANIC.take().unwrap_or_else(|| message(payload.as_ref()).to_owned())))
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}
