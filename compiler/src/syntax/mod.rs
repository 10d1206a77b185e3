//! Rego source text to syntax trees.

pub mod ast;
pub mod source;
