//! Rego in, a WebAssembly component out. One arrow of the pipeline is one module with one entry function; data flows down:
//! `syntax` → `analysis` → `planner` → `ir` → `optimise` → `codegen` → `link`. Nothing here touches files, clocks or the network:
//! the same input gives the same bytes.

pub mod analysis;
pub mod codegen;
pub mod diagnostic;
mod driver;
pub mod ir;
pub mod link;
pub mod optimise;
pub mod planner;
pub mod syntax;
pub mod wit;

pub use driver::{EntrypointReport, Failure, Input, Options, Output, Report, check, compile, compile_plans, plan};
