//! A plan becomes WebAssembly functions and static data.

pub mod emit;
