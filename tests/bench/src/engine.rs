//! One wasmtime for all peers that are WebAssembly: that of the host harness, with its pooling allocator, deadlines and limits. None of
//! them runs under better conditions than another.

use std::fmt::Display;
use std::time::Duration;

use anyhow::{Result, anyhow};
use warrego_host::{Clock, Engine, EngineOptions, Grants, Limits, Random};

/// OPA's Wasm parses ten megabytes of data into more than a hundred.
const MEMORY: usize = 1 << 30;

/// Limits that no case reaches, but that are watched.
pub const LIMITS: Limits = Limits {
    deadline: Some(Duration::from_secs(60)),
    memory: MEMORY,
};

/// What policies are granted: what the other peers take from the system without asking.
pub fn grants() -> Grants {
    Grants {
        clock: Clock::System,
        random: Random::System,
        ..Grants::default()
    }
}

/// Makes the engine.
pub fn engine() -> Result<Engine> {
    let options = EngineOptions {
        instances: Some(32),
        memory: MEMORY,
        ..EngineOptions::default()
    };
    Ok(Engine::new(options)?)
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
