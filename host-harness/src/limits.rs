//! How much time and memory an instance may use. Time is counted in the engine's ticks (epochs), which costs a decision next to nothing; memory is
//! refused when it is asked for, so that the policy can fail with an error of its own before it traps. Both hold from the first instruction on: while
//! an instance starts, and while a policy that is loaded is asked for its entrypoints.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// Limits of one instance. The defaults suit a service that others wait for: a second, and 256 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time for one decision; `None` is no limit. It is kept to within two ticks of the engine.
    pub deadline: Option<Duration>,
    /// Memory of all linear memories and tables of an instance together, in bytes. With a pooling engine each of them is also held to
    /// [`EngineOptions::memory`](crate::EngineOptions::memory).
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Some(Duration::from_secs(1)),
            memory: 256 << 20,
        }
    }
}

impl Limits {
    /// Time for starting an instance, and for loading a policy: the deadline of a decision, but at least a second, and ten where decisions have none.
    pub fn loading(&self) -> Duration {
        self.deadline.unwrap_or(Duration::from_secs(10)).max(Duration::from_secs(1))
    }
}

/// Bytes for an element of a table, whatever its type.
const ELEMENT: usize = 16;

/// How many core instances, memories and tables there may be in one component. Composed policies have about ten instances, and two memories.
const INSTANCES: usize = 100;
const MEMORIES: usize = 20;
const TABLES: usize = 50;

/// How many elements a table may have. The tables of policies have some hundreds.
const ELEMENTS: usize = 1_000_000;

/// Keeps an instance within its memory, and remembers whether it asked for more.
#[derive(Debug)]
pub(crate) struct MemoryLimiter {
    limit: usize,
    used: usize,
    /// Whether memory was refused.
    pub(crate) refused: bool,
}

impl MemoryLimiter {
    pub(crate) fn new(memory: usize) -> Self {
        Self {
            limit: memory,
            used: 0,
            refused: false,
        }
    }

    /// Bytes of all linear memories and tables together.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// Takes so many bytes more, if they are there.
    fn grow(&mut self, bytes: usize) -> bool {
        let used = self.used.saturating_add(bytes);
        self.refused |= used > self.limit;
        if used <= self.limit {
            self.used = used;
        }
        used <= self.limit
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(desired.saturating_sub(current)))
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.refused = true;
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired > ELEMENTS {
            self.refused = true;
            return Ok(false);
        }
        Ok(self.grow(desired.saturating_sub(current).saturating_mul(ELEMENT)))
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.refused = true;
        Ok(())
    }

    fn instances(&self) -> usize {
        INSTANCES
    }

    fn memories(&self) -> usize {
        MEMORIES
    }

    fn tables(&self) -> usize {
        TABLES
    }
}
