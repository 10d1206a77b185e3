//! Rego in, a WebAssembly component out. One arrow of the pipeline is one module with one entry function; data flows down:
//! `syntax` → `analysis` → `planner` → `ir` → `optimise` → `codegen` → `link`. Nothing here touches files, clocks or the network:
//! the same input gives the same bytes. The first stage, `syntax`, is a crate of its own.

pub mod analysis;
pub mod budget;
pub mod capabilities;
pub mod codegen;
mod driver;
pub mod entrypoints;
pub mod inspection;
pub mod ir;
pub mod link;
pub mod metadata;
mod nearest;
pub mod optimise;
pub mod planner;
pub mod testing;
pub mod wit;

pub use warrego_syntax::{self as syntax, diagnostic};

pub use codegen::Print;
pub use driver::{EntrypointReport, Failure, Input, Options, Output, Report, check, compile, compile_plans, depend, plan};
