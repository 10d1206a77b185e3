//! Runs components: compiled quickly rather than well, since most code of the corpus runs once. Every decision gets a fresh instance, a
//! deadline and a limit of memory, and a trap is told apart from an error. What a policy may import is there: a clock, randomness and the
//! environment that its case asks for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, anyhow};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, OptLevel, Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView};

use crate::outcome::Outcome;

#[allow(missing_docs, reason = "generated from the documented WIT")]
mod bindings {
    wasmtime::component::bindgen!({ path: "../../wit", world: "policy" });
}
use bindings::PolicyPre;
use bindings::exports::warrego::policy::types::Error;

/// How often the deadline's clock ticks, and after how many ticks a decision has taken too long.
const TICK: Duration = Duration::from_millis(250);
const DEADLINE: u64 = 80;

/// More memory than any case needs.
const MEMORY: usize = 1 << 30;

/// An engine with its clock.
pub struct Machine {
    engine: Engine,
    linker: Linker<State>,
    stop: Arc<AtomicBool>,
    clock: Option<JoinHandle<()>>,
}

/// A component, compiled.
pub struct Program {
    ready: PolicyPre<State>,
}

/// What a policy is asked.
pub struct Question<'a> {
    /// The entrypoint's position.
    pub entrypoint: u32,
    /// Base documents to push before.
    pub data: Option<&'a str>,
    /// The input document, if there is one.
    pub input: Option<&'a [u8]>,
    /// Environment variables.
    pub env: &'a [(String, String)],
    /// The time, if it must stand still.
    pub time: Option<Duration>,
}

/// What a store holds beside the instance.
struct State {
    limits: StoreLimits,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    nowhere: Nowhere,
    table: ResourceTable,
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.nowhere,
        }
    }
}

/// No request goes anywhere: the corpus asks for responses from nobody.
struct Nowhere;

impl WasiHttpHooks for Nowhere {
    fn is_supported_scheme(&mut self, _scheme: &http::uri::Scheme) -> bool {
        false
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// A clock that stands still at a time since 1970.
struct Still(Duration);

impl HostWallClock for Still {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

impl Machine {
    /// Starts the clock.
    pub fn new() -> Result<Self> {
        let mut config = Config::new();
        config.concurrency_support(false);
        config.epoch_interruption(true);
        config.cranelift_opt_level(OptLevel::None);
        // The work is spread over threads already.
        config.parallel_compilation(false);
        let engine = Engine::new(&config).map_err(told)?;
        let stop = Arc::new(AtomicBool::new(false));
        let clock = thread::spawn({
            let (engine, stop) = (engine.clone(), stop.clone());
            move || {
                while !stop.load(Ordering::Relaxed) {
                    thread::sleep(TICK);
                    engine.increment_epoch();
                }
            }
        });
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).map_err(told)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_sync(&mut linker).map_err(told)?;
        let mut functions = linker.instance("warrego:functions/test@0.2.0").map_err(told)?;
        functions
            .func_wrap("sleep", |_, (duration,): (String,)| Ok((sleep(&duration),)))
            .map_err(told)?;
        Ok(Self {
            engine,
            linker,
            stop,
            clock: Some(clock),
        })
    }

    /// Compiles a component.
    pub fn program(&self, component: &[u8]) -> Result<Program> {
        let component = Component::new(&self.engine, component).map_err(told)?;
        let ready = self.linker.instantiate_pre(&component).map_err(told)?;
        Ok(Program {
            ready: PolicyPre::new(ready).map_err(told)?,
        })
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(clock) = self.clock.take() {
            // It cannot panic, and nothing would follow from it here.
            let _ = clock.join();
        }
    }
}

impl Program {
    /// Asks an entrypoint of a fresh instance.
    pub fn ask(&self, question: &Question<'_>) -> Outcome {
        match self.try_ask(question) {
            Ok(Ok(Some(value))) => Outcome::Value(value),
            Ok(Ok(None)) => Outcome::Undefined,
            Ok(Err(error)) => failed(error),
            Err(error) => Outcome::Trap(format!("{error:#}")),
        }
    }

    fn try_ask(&self, question: &Question<'_>) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.envs(question.env);
        if let Some(time) = question.time {
            wasi.wall_clock(Still(time));
        }
        let state = State {
            limits: StoreLimitsBuilder::new().memory_size(MEMORY).build(),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            nowhere: Nowhere,
            table: ResourceTable::new(),
        };
        let mut store = Store::new(self.ready.engine(), state);
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(DEADLINE);
        let policy = self.ready.instantiate(&mut store)?;
        let evaluator = policy.warrego_policy_evaluator();
        if let Some(data) = question.data
            && let Err(error) = evaluator.call_set_data(&mut store, data)?
        {
            return Ok(Err(error));
        }
        evaluator.call_evaluate(&mut store, question.entrypoint, question.input)
    }
}

/// `test.sleep`: lets time pass, as JSON says how much of it; gives null.
fn sleep(text: &str) -> Result<Option<String>, String> {
    let number = |unit: &str| text.trim_matches('"').strip_suffix(unit)?.parse().ok();
    let duration = match (number("ms"), number("s")) {
        (Some(millis), _) => Duration::from_millis(millis),
        (None, Some(seconds)) => Duration::from_secs(seconds),
        (None, None) => return Err(format!("{text} is no duration in ms or s")),
    };
    thread::sleep(duration);
    Ok(Some("null".to_owned()))
}

fn failed(error: Error) -> Outcome {
    let (Error::MalformedInput(detail)
    | Error::Policy(detail)
    | Error::Conflict(detail)
    | Error::Limit(detail)
    | Error::UnknownEntrypoint(detail)) = error;
    Outcome::Error {
        code: detail.code,
        message: detail.message,
        place: detail
            .location
            .map_or_else(String::new, |place| format!("{}:{}: ", place.file, place.row)),
    }
}

fn told(error: wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:#}")
}
