//! Built-in functions, symbols `b.…`, by OPA's names.
//!
//! A built-in is an exported function from words to a word. It checks its operands in OPA's order, hands what is in them to plain functions on slices
//! where there is something to compute, and makes a value of the outcome. Failures go through [`args`]: undefined, or OPA's error when built-in errors
//! are strict. A built-in that does not exist has no symbol; the compiler says so by name, and nothing here has to.
//!
//! The linker keeps only what a policy reaches, so each module keeps to what its functions need: no `core::fmt`, no tables that only a neighbour uses.

pub mod affix;
pub mod aggregates;
pub mod args;
pub mod arithmetic;
pub mod array;
pub mod aws;
pub mod base64;
pub mod bits;
pub mod case;
pub mod clock;
pub mod comparison;
pub mod cover;
pub mod crypto;
mod double;
pub mod environment;
pub mod failures;
pub mod format;
pub mod glob;
pub mod gotemplate;
pub mod graph;
pub mod graphql;
pub mod hex;
pub mod http;
pub mod jose;
pub mod json;
pub mod jwt;
mod kept;
mod memo;
pub mod net;
pub mod numbers;
pub mod object;
pub mod prefixes;
pub mod print;
mod printable;
mod quote;
pub mod random;
pub mod regex;
pub mod rego;
pub mod replace;
pub mod schema;
pub mod search;
pub mod semver;
pub mod sets;
pub mod sorting;
pub mod split;
pub mod subset;
pub mod template;
pub mod term;
pub mod text;
pub mod time;
pub mod to_number;
pub mod tree;
pub mod trim;
pub mod types;
pub mod units;
pub mod uri;
pub mod url;
pub mod urlquery;
pub mod uuid;
pub mod walk;
pub mod wasi;
pub mod yaml;
