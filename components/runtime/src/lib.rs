//! The runtime that every policy is linked with: Rego values in one linear memory, the JSON reader and writer, and the built-in functions.
//!
//! It is built for `wasm32-unknown-unknown` as a module with relocations, of which the linker keeps what a policy reaches. So what a trivial policy
//! calls must not drag much along: the modules that it reaches do without `core::fmt`, without checks that panic, and without the global
//! allocator. Generated code calls the functions of [`rt`] (symbols `rt.…`) and of [`builtins`] (symbols `b.…`); the compiler and the runtime share
//! `warrego_abi` and nothing else. Nothing here knows WIT, files or clocks.
//!
//! Addresses are 32 bits wide: on other targets the crate compiles, and what works on slices alone can be tested there.
//!
//! | module | what |
//! |---|---|
//! | [`mem`] | the only raw reads and writes of linear memory |
//! | [`arena`], `alloc` | memory: one decision's, and what outlives it |
//! | [`value`], [`collections`] | Rego values |
//! | [`compare`], [`hash`] | Rego's order, equality, hashes |
//! | [`number`] | numbers beyond small integers |
//! | [`json`] | text to values and back |
//! | [`error`], [`conflicts`] | how a decision fails |
//! | [`data`] | base documents pushed at run time |
//! | [`lift`], [`verdict`] | typed requests in, typed answers out |
//! | [`rt`], [`builtins`] | what generated code calls |

#[cfg(target_arch = "wasm32")]
mod alloc;
pub mod arena;
pub mod builtins;
pub mod collections;
pub mod compare;
pub mod conflicts;
pub mod data;
pub mod error;
pub mod hash;
pub mod json;
pub mod levels;
pub mod lift;
pub mod mem;
pub mod number;
pub mod rt;
pub mod value;
pub mod verdict;

pub use value::{Kind, Value};
