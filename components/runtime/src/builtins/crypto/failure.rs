//! Why a plain function of this folder fails: a message in the words of the Go library that OPA calls, without the built-in's name, which is put before
//! it where the call is known.

use super::super::args::failure_parts;
use crate::value::Value;
use std::borrow::Cow;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(Cow<'static, [u8]>);

/// What can fail with a message.
pub type Outcome<T> = Result<T, Failure>;

impl From<&'static str> for Failure {
    fn from(message: &'static str) -> Failure {
        Failure(Cow::Borrowed(message.as_bytes()))
    }
}

impl Failure {
    /// A message in pieces.
    pub fn of(parts: &[&[u8]]) -> Failure {
        Failure(Cow::Owned(parts.concat()))
    }

    /// The same with something before it.
    pub fn behind(&self, before: &str) -> Failure {
        Failure::of(&[before.as_bytes(), &self.0])
    }

    /// The text.
    pub fn text(&self) -> &[u8] {
        &self.0
    }

    /// The failure of a built-in.
    #[cold]
    pub fn raise(&self, name: &str) -> Value {
        failure_parts(name, &[&self.0])
    }
}
