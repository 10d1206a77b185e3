//! The commands, one a file: what it takes, and what it does with it.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;

pub mod build;
pub mod capabilities;
pub mod check;
pub mod compose;
pub mod deps;
pub mod eval;
pub mod files;
pub mod inspect;
pub mod parse;
pub mod serve;
pub mod test;
pub mod version;

/// Prints an error the way `opa` does, and ends with a code.
pub fn fail(code: u8, message: &str) -> ExitCode {
    let mark = if stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) {
        "\x1b[31merror:\x1b[0m"
    } else {
        "error:"
    };
    say(&format!("{mark} {message}\n"));
    ExitCode::from(code)
}

/// Writes to standard error. Nothing can be done where that is closed.
pub fn say(text: &str) {
    let _ = stderr().write_all(text.as_bytes());
}

/// Writes to standard output; a reader that has gone is no error.
pub fn print(text: &str) {
    let _ = stdout().write_all(text.as_bytes());
}
