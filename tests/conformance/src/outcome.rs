//! What became of a case, before anybody judges it.

use std::fmt;

/// What one entrypoint gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A JSON text.
    Value(Vec<u8>),
    /// Nothing.
    Undefined,
    /// An error of the evaluation.
    Error {
        /// OPA's code.
        code: String,
        /// The message.
        message: String,
        /// `file:row: `, or nothing.
        place: String,
    },
    /// The compiler refused the policy.
    Refused(Vec<Refusal>),
    /// The compiler panicked, or said that it has a bug.
    Crash(String),
    /// The component trapped, or is none.
    Trap(String),
}

/// One diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// OPA's code.
    pub code: String,
    /// The message.
    pub message: String,
    /// Name of the file.
    pub module: String,
    /// 1-based row; 0 for none.
    pub row: u32,
    /// 1-based column; 0 for none.
    pub col: u32,
    /// Further lines.
    pub details: Vec<String>,
}

impl Refusal {
    /// One without code and place.
    pub fn bare(message: String) -> Self {
        Self {
            code: String::new(),
            message,
            module: String::new(),
            row: 0,
            col: 0,
            details: Vec::new(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}: {}", self.module, self.row, self.col, self.code, self.message)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(text) => write!(f, "{}", String::from_utf8_lossy(text)),
            Self::Undefined => write!(f, "undefined"),
            Self::Error { code, message, place } => write!(f, "{place}{code}: {message}"),
            Self::Refused(refusals) if refusals.is_empty() => write!(f, "refused without a reason"),
            Self::Refused(refusals) => {
                let all: Vec<String> = refusals.iter().map(Refusal::to_string).collect();
                write!(f, "refused: {}", all.join("; "))
            }
            Self::Crash(message) => write!(f, "crash: {message}"),
            Self::Trap(message) => write!(f, "trap: {message}"),
        }
    }
}
