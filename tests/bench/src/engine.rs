//! One wasmtime for all peers that are WebAssembly, with the settings of the host harness: pooling allocator, no component-model
//! concurrency, epochs as deadline. None of them runs under better conditions than another.

use std::fmt::Display;

use anyhow::{Result, anyhow};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// The largest memory of an instance: OPA's Wasm parses ten megabytes of data into more than a hundred.
const MEMORY: usize = 1 << 30;

/// Makes the engine.
pub fn engine() -> Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(64);
    pool.total_component_instances(16);
    pool.total_memories(16);
    pool.total_tables(64);
    pool.max_memory_size(MEMORY);
    pool.linear_memory_keep_resident(1 << 20);
    pool.table_keep_resident(1 << 16);
    let mut config = Config::new();
    config.concurrency_support(false);
    config.epoch_interruption(true);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).told()
}

/// Turns wasmtime's errors into ours.
pub trait Told<T> {
    /// The value, or the whole chain of causes as one message.
    fn told(self) -> Result<T>;
}

impl<T, E: Display> Told<T> for std::result::Result<T, E> {
    fn told(self) -> Result<T> {
        self.map_err(|error| anyhow!("{error:#}"))
    }
}
