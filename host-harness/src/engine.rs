//! The engine: wasmtime with the settings that policies want. One engine serves any number of policies and threads.
//!
//! Instances come from a pool with their memory mapped copy-on-write, so that making one costs microseconds however much data the policy holds.
//! Support for concurrent calls into a component is off: policies do not use it and it costs every call half a microsecond. Deadlines are
//! epochs, counted by a thread of the engine's own that ends with it.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, RegallocAlgorithm};

use crate::cache::Cache;
use crate::error::LoadError;

/// How much is done to make code fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effort {
    /// For code that runs often.
    #[default]
    Full,
    /// For code that runs once or twice: compiling takes two thirds of the time, and the code is slower.
    Quick,
}

/// How an engine is set up.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// How many instances may be alive at once; `None` makes each one on demand instead of from a pool, which needs less address space and takes longer.
    pub instances: Option<u32>,
    /// The largest linear memory of an instance from the pool, in bytes.
    pub memory: usize,
    /// How much of an instance's memory is wiped by hand when it is given back to the pool; the rest is handed back to the system, which is slower.
    pub keep_resident: usize,
    /// The unit of deadlines.
    pub tick: Duration,
    /// A folder for compiled components. See [`Cache`](crate::cache) for what it must be trusted with; `None` compiles each time.
    pub cache: Option<PathBuf>,
    /// How much is done to make code fast.
    pub effort: Effort,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            instances: Some(1000),
            memory: 1 << 30,
            keep_resident: 64 << 10,
            tick: Duration::from_millis(5),
            cache: None,
            effort: Effort::Full,
        }
    }
}

/// Compiles components and runs them. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: wasmtime::Engine,
    tick: Duration,
    cache: Option<Cache>,
}

impl Engine {
    /// Sets up an engine.
    ///
    /// # Errors
    /// [`LoadError::Engine`] when wasmtime refuses, most likely for want of address space: fewer `instances` help.
    pub fn new(options: EngineOptions) -> Result<Self, LoadError> {
        let engine = |error: wasmtime::Error| LoadError::Engine(format!("{error:#}"));
        let inner = wasmtime::Engine::new(&config(&options)).map_err(engine)?;
        let cache = options.cache.map(|folder| Cache::new(folder, &inner));
        let this = Self {
            inner,
            tick: options.tick.max(Duration::from_millis(1)),
            cache,
        };
        this.start_clock()?;
        Ok(this)
    }

    /// The engine beneath, for what this crate does not cover.
    pub fn wasmtime(&self) -> &wasmtime::Engine {
        &self.inner
    }

    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// How many ticks a deadline is. One more than fit, since the current one has begun already.
    pub(crate) fn ticks(&self, deadline: Option<Duration>) -> u64 {
        let Some(deadline) = deadline else { return u64::MAX / 2 };
        let ticks = deadline.as_nanos().div_ceil(self.tick.as_nanos().max(1));
        u64::try_from(ticks).unwrap_or(u64::MAX / 2).min(u64::MAX / 2 - 1) + 1
    }

    fn start_clock(&self) -> Result<(), LoadError> {
        let weak = self.inner.weak();
        let tick = self.tick;
        let count = move || {
            while let Some(engine) = weak.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(tick);
            }
        };
        let thread = thread::Builder::new().name("warrego-clock".to_owned()).spawn(count);
        thread.map(drop).map_err(|error| LoadError::Engine(error.to_string()))
    }
}

fn config(options: &EngineOptions) -> Config {
    let mut config = Config::new();
    config.concurrency_support(false);
    config.epoch_interruption(true);
    config.memory_init_cow(true);
    match options.effort {
        Effort::Full => {
            config.cranelift_opt_level(OptLevel::Speed);
        }
        Effort::Quick => {
            config.cranelift_opt_level(OptLevel::None);
            config.cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass);
            // Errors tell which trap it was, not where in the code; so there need be no tables of places.
            config.wasm_backtrace_max_frames(None);
            config.generate_address_map(false);
            config.native_unwind_info(false);
        }
    }
    if let Some(instances) = options.instances {
        let mut pool = PoolingAllocationConfig::new();
        // A composed component is several core instances: the parts, and the shims between them.
        pool.total_component_instances(instances);
        pool.total_core_instances(instances.saturating_mul(8));
        pool.total_memories(instances.saturating_mul(2));
        pool.total_tables(instances.saturating_mul(4));
        pool.max_memory_size(options.memory);
        pool.table_elements(20_000);
        pool.linear_memory_keep_resident(options.keep_resident);
        pool.table_keep_resident(options.keep_resident);
        pool.pagemap_scan(Enabled::Auto);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}
