//! `warrego parse`: a file's syntax tree, as an outline or as OPA's JSON.
//!
//! As with `opa parse`, one file is read whatever its name, and what is wrong goes to standard error as JSON; on a terminal, unless JSON is asked
//! for, it is drawn instead.

use std::io::{IsTerminal, stderr};
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::Value;
use warrego_compiler::Failure;
use warrego_compiler::diagnostic::Diagnostic;
use warrego_compiler::syntax::ast::RegoVersion;
use warrego_compiler::syntax::json::{Layout, module_json};
use warrego_compiler::syntax::outline::module_outline;
use warrego_compiler::syntax::source::{Source, Sources, Span};
use warrego_compiler::syntax::{ParseOptions, parse_module};

use super::{print, say};
use crate::diagnostics::{Problem, errors};
use crate::output::indented;
use crate::sources::cannot;

/// Forms of the tree.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Pretty,
    Json,
}

/// Show the syntax tree of a Rego file
#[derive(Args)]
pub struct Parse {
    /// The file
    path: String,
    /// The form of the tree
    #[arg(short, long, value_enum, default_value = "pretty")]
    format: Format,
    /// What else is in the JSON: locations, comments; a minus leaves it out
    #[arg(long, value_name = "LIST", default_value = "comments", allow_hyphen_values = true)]
    json_include: String,
    /// Treat the file as Rego v0 unless it says otherwise
    #[arg(long)]
    v0_compatible: bool,
    /// Treat the file as Rego v1, which is what it is without being told
    #[arg(long, hide = true)]
    v1_compatible: bool,
}

/// Why there is no tree to show.
enum Fault {
    Policy(Source, Vec<Diagnostic>),
    Other(String),
}

impl Parse {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        match self.tree() {
            Ok(text) => {
                print(&text);
                ExitCode::SUCCESS
            }
            Err(fault) => {
                say(&self.told(fault));
                ExitCode::from(1)
            }
        }
    }

    fn tree(&self) -> Result<String, Fault> {
        let name = self.path.strip_prefix("file://").unwrap_or(&self.path);
        let path = Path::new(name);
        if path.is_dir() {
            return Err(Fault::Other(format!("read {name}: is a directory")));
        }
        let bytes = std::fs::read(path).map_err(|error| Fault::Other(cannot("open", path, &error)))?;
        let text = String::from_utf8(bytes).map_err(|_| Fault::Other(format!("{name}: not valid UTF-8")))?;
        let source = Source {
            name: name.to_owned(),
            text,
        };
        let options = ParseOptions {
            version: if self.v0_compatible { RegoVersion::V0 } else { RegoVersion::V1 },
            ..ParseOptions::default()
        };
        let parsed = parse_module(0, &source.text, &options);
        let Some(mut module) = parsed.module else {
            return Err(Fault::Policy(source, parsed.errors));
        };
        let (locations, comments) = self.included();
        match self.format {
            Format::Pretty => {
                if !comments {
                    module.comments.clear();
                }
                Ok(module_outline(module))
            }
            Format::Json => {
                let layout = Layout {
                    locations,
                    comments,
                    indented: true,
                };
                let document = module_json(module, &source, layout).map_err(|error| Fault::Other(error.to_string()))?;
                Ok(document + "\n")
            }
        }
    }

    /// Whether locations and comments are in the JSON.
    fn included(&self) -> (bool, bool) {
        let (mut locations, mut comments) = (false, true);
        for word in self.json_include.split(',') {
            let value = !word.starts_with('-');
            if word.ends_with("locations") {
                locations = value;
            } else if word.ends_with("comments") {
                comments = value;
            }
        }
        (locations, comments)
    }

    fn told(&self, fault: Fault) -> String {
        let drawn = self.format == Format::Pretty && stderr().is_terminal();
        let document: Value = match fault {
            Fault::Policy(source, mut diagnostics) => {
                // What is said of the file as a whole stands at its beginning.
                for diagnostic in &mut diagnostics {
                    diagnostic.span.get_or_insert(Span::default());
                }
                let sources = Sources { files: vec![source] };
                let problem = Problem::from(Failure::Policy { sources, diagnostics });
                if drawn {
                    return problem.text();
                }
                problem.json()
            }
            Fault::Other(message) if drawn => return format!("error: {message}\n"),
            Fault::Other(message) => errors([message]),
        };
        indented(&document) + "\n"
    }
}
