//! The competitors, each behind the same two steps: `build` makes what would be shipped and says what that took, `load` makes it
//! ready to decide. The second step alone is what a process that measures memory runs.

mod component;
mod opa_builtins;
mod opa_go;
mod opa_wasm;
mod regorus;
mod term;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use warrego_host::Engine;

use crate::case::{Case, Input};
use crate::tools::Tools;

/// Who competes, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// What this project compiles, by `evaluate`: a number and bytes.
    Warrego,
    /// The same by `decide`: a name and text. Measured where it is asked for only.
    WarregoText,
    /// A component written by hand.
    Handwritten,
    /// regorus, its interpreter, in this process.
    Regorus,
    /// regorus, its virtual machine, in this process.
    RegorusVm,
    /// `opa build -t wasm`.
    OpaWasm,
    /// OPA's Go SDK, in a process of its own.
    OpaGo,
}

/// All of them.
pub const PEERS: [Peer; 7] = [
    Peer::Warrego,
    Peer::WarregoText,
    Peer::Handwritten,
    Peer::Regorus,
    Peer::RegorusVm,
    Peer::OpaWasm,
    Peer::OpaGo,
];

/// What `build` says.
#[derive(Default)]
pub struct Built {
    /// How long it took.
    pub time: Option<Duration>,
    /// How large the result is.
    pub size: Option<usize>,
}

/// A case's place in the world: what `build` and `load` need.
pub struct Setting<'a> {
    /// The case.
    pub case: &'a Case,
    /// Where peers come from.
    pub tools: &'a Tools,
    /// The wasmtime for all.
    pub engine: &'a Engine,
    /// Where this case's artefacts lie.
    pub folder: PathBuf,
}

/// A peer that is ready to decide.
pub trait Ready {
    /// Decides on a document: JSON bytes to JSON bytes.
    fn decide(&mut self, input: &Input) -> Result<Vec<u8>>;

    /// Decides `times` times.
    fn run(&mut self, input: &Input, times: u64) -> Result<Duration> {
        let start = Instant::now();
        for _ in 0..times {
            black_box(self.decide(black_box(input))?);
        }
        Ok(start.elapsed())
    }

    /// From what lies ready after `build` to the first decision of a fresh instance.
    fn first(&mut self, input: &Input) -> Result<Duration>;

    /// Bytes of the warm instance's linear memory, if it has one that is measured.
    fn linear_memory(&self) -> Option<usize> {
        None
    }

    /// The process whose memory counts, if it is not this one.
    fn process(&self) -> Option<u32> {
        None
    }
}

impl Peer {
    /// The name in `--json` and on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::Warrego => "warrego",
            Self::WarregoText => "warrego-text",
            Self::Handwritten => "handwritten",
            Self::Regorus => "regorus",
            Self::RegorusVm => "regorus-rvm",
            Self::OpaWasm => "opa-wasm",
            Self::OpaGo => "opa-go",
        }
    }

    /// The peer of that name.
    pub fn from_id(id: &str) -> Result<Self> {
        PEERS
            .into_iter()
            .find(|peer| peer.id() == id)
            .with_context(|| format!("no peer named {id}"))
    }

    /// Whether it is measured without being asked for.
    pub fn by_default(self) -> bool {
        self != Self::WarregoText
    }

    /// Whether its arrays may stand in another order than expected where they stand for sets.
    pub fn unordered(self) -> bool {
        self == Self::OpaWasm
    }

    /// Makes what would be shipped.
    pub fn build(self, setting: &Setting<'_>) -> Result<Built> {
        match self {
            Self::Warrego | Self::WarregoText => component::build_policy(self.id(), setting),
            Self::Handwritten => component::build_handwritten(setting),
            Self::Regorus => regorus::build_interpreter(setting),
            Self::RegorusVm => regorus::build_machine(setting),
            Self::OpaWasm => opa_wasm::build(setting),
            Self::OpaGo => opa_go::build(setting),
        }
    }

    /// Makes it ready to decide, from what `build` left.
    pub fn load(self, setting: &Setting<'_>) -> Result<Box<dyn Ready>> {
        Ok(match self {
            Self::Warrego | Self::Handwritten => Box::new(component::load(self.id(), setting)?),
            Self::WarregoText => Box::new(component::ByName(component::load(self.id(), setting)?)),
            Self::Regorus => Box::new(regorus::Interpreter::load(setting)?),
            Self::RegorusVm => Box::new(regorus::Machine::load(setting)?),
            Self::OpaWasm => Box::new(opa_wasm::OpaWasm::load(setting)?),
            Self::OpaGo => Box::new(opa_go::OpaGo::load(setting)?),
        })
    }
}
