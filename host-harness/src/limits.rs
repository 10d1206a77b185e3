//! How much time and memory an instance may use. Time is counted in the engine's ticks (epochs), which costs a decision next to nothing; memory is
//! refused when it is asked for, so that the policy can fail with an error of its own before it traps.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// Limits of one instance. The defaults suit a service that others wait for: a second, and 256 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time for one decision; `None` is no limit. It is kept to within two ticks of the engine.
    pub deadline: Option<Duration>,
    /// Memory of all linear memories of an instance together, in bytes. With a pooling engine each of them is also held to
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

    /// Bytes of all linear memories together.
    pub(crate) fn used(&self) -> usize {
        self.used
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = desired.saturating_sub(current);
        let used = self.used.saturating_add(wanted);
        self.refused |= used > self.limit;
        if used <= self.limit {
            self.used = used;
        }
        Ok(used <= self.limit)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.refused = true;
        Ok(())
    }

    fn table_growing(&mut self, _current: usize, _desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}
