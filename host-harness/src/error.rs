//! What can go wrong, one type an operation: loading a component, making a decision. A decision that fails permits nothing; its error tells the
//! cause apart, since an operator does other things about a deadline than about a policy's conflict.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::bindings::policy::exports::warrego::policy::types;
use crate::grants::Capability;

/// Why a component was not loaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The engine refused its settings.
    #[error("cannot set up the engine: {0}")]
    Engine(String),
    /// The file is not there or cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The bytes are no valid component.
    #[error("not a valid component: {0}")]
    Invalid(String),
    /// It wants imports that the host does not have.
    #[error("the component imports what this host does not offer: {}", .0.join(", "))]
    Imports(Vec<String>),
    /// It wants what it was not granted.
    #[error("the policy wants what it was not granted: {}", list(.0))]
    Denied(Vec<Capability>),
    /// It does not export what it is to be used for.
    #[error("the component does not export `{0}`")]
    NoExport(&'static str),
    /// It could not be instantiated, or failed when asked for its entrypoints.
    #[error("cannot start the component: {0}")]
    Start(String),
}

fn list(capabilities: &[Capability]) -> String {
    let names: Vec<String> = capabilities.iter().map(ToString::to_string).collect();
    names.join("; ")
}

/// The cause as the policy told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// OPA's code, or one of the same form.
    pub code: String,
    /// The cause in words.
    pub message: String,
    /// The place in the policy's source, where one is to blame.
    pub location: Option<Location>,
}

/// A place in a policy's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The source file as it was given to the compiler.
    pub file: String,
    /// 1-based row.
    pub row: u32,
    /// 1-based column.
    pub col: u32,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Location { file, row, col }) = &self.location {
            write!(f, "{file}:{row}:{col}: ")?;
        }
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// Why there is no decision.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecisionError {
    /// The input, or the data pushed, is not well-formed JSON.
    #[error("malformed input: {0}")]
    MalformedInput(Detail),
    /// The policy failed.
    #[error("policy error: {0}")]
    Policy(Detail),
    /// Two rules or functions gave different values.
    #[error("conflict in the policy: {0}")]
    Conflict(Detail),
    /// The policy's own limits: too deep, too large.
    #[error("limit reached: {0}")]
    Limit(Detail),
    /// There is no such entrypoint.
    #[error("unknown entrypoint: {0}")]
    UnknownEntrypoint(Detail),
    /// The time allowed for a decision is over.
    #[error("no decision within {} ms", .0.as_millis())]
    Deadline(Duration),
    /// The memory allowed to an instance is used up.
    #[error("no decision within {0} bytes of memory")]
    Memory(usize),
    /// It called a function for which a grant is missing; see `Policy::load_deferred`.
    #[error("missing grant: {0}")]
    Denied(Capability),
    /// The instance failed in a way it should not: a bug of the compiler or of the component.
    #[error("the policy trapped: {0}")]
    Trap(String),
    /// The instance has trapped or hit a limit before and decides nothing any more.
    #[error("the instance was given up after an earlier failure")]
    Spent,
    /// No instance could be made, most likely since too many are alive.
    #[error("cannot start an instance: {0}")]
    Start(String),
    /// The policy was built without a policy service.
    #[error("the policy has no policy service (it is built in with `--policy-service`)")]
    NoPolicyService,
}

impl From<types::Error> for DecisionError {
    fn from(error: types::Error) -> Self {
        match error {
            types::Error::MalformedInput(detail) => Self::MalformedInput(detail.into()),
            types::Error::Policy(detail) => Self::Policy(detail.into()),
            types::Error::Conflict(detail) => Self::Conflict(detail.into()),
            types::Error::Limit(detail) => Self::Limit(detail.into()),
            types::Error::UnknownEntrypoint(detail) => Self::UnknownEntrypoint(detail.into()),
        }
    }
}

impl From<types::ErrorDetail> for Detail {
    fn from(detail: types::ErrorDetail) -> Self {
        let location = detail.location.map(|place| Location {
            file: place.file,
            row: place.row,
            col: place.col,
        });
        Self {
            code: detail.code,
            message: detail.message,
            location,
        }
    }
}
