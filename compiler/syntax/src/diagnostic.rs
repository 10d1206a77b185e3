//! What a user is told when their policy is wrong: OPA's code and message, the place, and a hint where one is known.
//! Rendering for a terminal is the command line's job; faults of our own are the compiler's `Failure::Bug`s and never come this way.

use crate::source::Span;

/// OPA's error codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// `rego_parse_error`
    Parse,
    /// `rego_compile_error`
    Compile,
    /// `rego_type_error`
    Type,
    /// `rego_unsafe_var_error`
    UnsafeVar,
    /// `rego_recursion_error`
    Recursion,
}

impl Code {
    /// The text OPA writes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parse => "rego_parse_error",
            Self::Compile => "rego_compile_error",
            Self::Type => "rego_type_error",
            Self::UnsafeVar => "rego_unsafe_var_error",
            Self::Recursion => "rego_recursion_error",
        }
    }
}

/// One error in a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// OPA's code.
    pub code: Code,
    /// OPA's message.
    pub message: String,
    /// Where; `None` for errors without a place.
    pub span: Option<Span>,
    /// Further lines OPA prints below the message (`have:`, `want:` …).
    pub details: Vec<String>,
    /// What to try, in our words.
    pub hint: Option<String>,
}

/// Errors of one file in one text, as OPA's library gives them: `1 error occurred: file:3: rego_parse_error: …` with the lines that belong to it.
pub fn errors_text(errors: &[Diagnostic], file: &str) -> String {
    let texts: Vec<String> = errors.iter().map(|error| error_text(error, file)).collect();
    match errors {
        // What is said of the file as a whole is no list.
        [only] if only.span.is_none() => texts.concat(),
        [_] => format!("1 error occurred: {}", texts.concat()),
        _ => format!("{} errors occurred:\n{}", texts.len(), texts.join("\n")),
    }
}

fn error_text(error: &Diagnostic, file: &str) -> String {
    let Span { row, col, .. } = error.span.unwrap_or_default();
    let place = if file.is_empty() {
        format!("{row}:{col}")
    } else {
        format!("{file}:{row}")
    };
    let mut text = format!("{place}: {}: {}", error.code.as_str(), error.message);
    for line in &error.details {
        text.push_str("\n\t");
        text.push_str(line);
    }
    text
}
