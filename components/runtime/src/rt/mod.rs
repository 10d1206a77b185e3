//! What generated code calls, by topic: the functions `rt.…`.
//!
//! Values are words here ([`crate::Value`] is one), `UNDEFINED` and `ERROR` among them; functions that take values may assume that they are neither, except where they
//! say so. These are thin: what they do lies in the modules they name.

mod build;
mod documents;
mod entrypoints;
mod errors;
mod functions;
mod lookup;
mod loops;
mod memory;
