//! What nobody thought of: targets that bytes drive, whoever makes the bytes.
//!
//! | target | a case | what must hold |
//! |---|---|---|
//! | [`parser::Text`] | a text, mostly a policy with something changed | a tree or errors; places lie inside the text |
//! | [`compiler::Sources`] | policies with something changed, and options | errors or a component that validates, the same one each time |
//! | [`plans::Distorted`] | a plan with something changed | an error or a component that validates |
//! | [`documents::Document`] | JSON, mostly well-formed | read as `serde_json` reads it, or refused as it refuses it |
//! | [`messages::Message`] | a request of a wasmCloud host with something changed | an answer with the request's id, and no permit where the policy denies |
//! | [`pushes::Pushes`] | pushes of data, some of them wrong | every instance has the document that a plain model has |
//! | [`components::Component`] | components of ours and of other make, with bytes changed | an error or an answer, within the limits |
//! | [`archives::Archive`] | an archive with something changed | an error, or a bundle within its roots; no more memory than the limit |
//! | [`yaml::Stream`] | YAML with something changed, or any bytes | well-formed JSON or an error, the same in a policy as outside |
//! | [`decisions::Policy`] | a policy made up, with inputs | the component decides as the plan says before it is optimised |
//!
//! A [`Case`] takes its choices from bytes ([`Choices`]), so that a shorter or smaller row of bytes is a simpler case: that is how [`run()`] cuts down what
//! failed before it shows it. `tests/targets.rs` runs all of them, from a fixed seed and for a fixed number of cases. Nothing here measures time.

pub mod archives;
mod choices;
pub mod compiler;
pub mod components;
pub mod decisions;
pub mod documents;
pub mod messages;
pub mod parser;
pub mod plans;
pub mod pushes;
mod run;
mod texts;
pub mod yaml;

pub use choices::Choices;
pub use run::{Outcomes, run};

use std::fmt::Debug;

/// What a target is run on. Shown (by `Debug`) as somebody would want to see it who has to find out why it failed: texts as they are.
pub trait Case: Debug + Sized {
    /// The case that the choices lead to.
    fn make(choices: &mut Choices<'_>) -> Self;

    /// Sees that what must hold does; panics if not. Tells in a word how it went, to be counted: a target whose cases all go the same way tests little.
    fn check(&self) -> &'static str;
}
