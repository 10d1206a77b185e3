//! `warrego deps`: which documents a query depends on.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value};
use warrego_compiler::analysis::documents::{self, Documents};
use warrego_compiler::syntax::ast::Ref;
use warrego_compiler::syntax::json::reference_json;
use warrego_compiler::{Failure, Options, depend};

use super::{print, say};
use crate::diagnostics::Problem;
use crate::limits::CompileLimits;
use crate::output::{draw, indented};
use crate::sources::{Loading, load};

/// Forms of the report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Pretty,
    Json,
}

/// Show which documents a query depends on: base documents and the virtual ones that rules compute
#[derive(Args)]
pub struct Deps {
    /// The query, as in data.example.allow
    query: String,
    /// Rego files, data files or folders
    #[arg(short, long = "data", value_name = "PATH")]
    data: Vec<String>,
    /// Bundles: tarballs or folders
    #[arg(short, long = "bundle", value_name = "PATH")]
    bundles: Vec<String>,
    /// The form of the report
    #[arg(short, long, value_enum, default_value = "pretty")]
    format: Format,
    /// Names of files and folders to pass over, as in .*
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Treat files and the query as Rego v0 unless they say otherwise
    #[arg(long)]
    v0_compatible: bool,
    #[command(flatten)]
    limits: CompileLimits,
}

impl Deps {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        match self.report() {
            Ok(text) => {
                print(&text);
                ExitCode::SUCCESS
            }
            Err(message) => {
                say(&message);
                ExitCode::from(1)
            }
        }
    }

    fn report(&self) -> Result<String, String> {
        let ignore = self.ignore.clone();
        let mut loaded = load(
            &self.data,
            &Loading {
                ignore: ignore.clone(),
                v0: self.v0_compatible,
                ..Loading::default()
            },
        )
        .map_err(|errors| errors.report())?;
        loaded.add(
            &self.bundles,
            &Loading {
                bundle: true,
                ignore,
                ..Loading::default()
            },
        );
        let loaded = loaded.finish().map_err(|errors| errors.report())?;
        let options = Options {
            v0_compatible: self.v0_compatible,
            versions: loaded.versions.clone(),
            budget: self.limits.budget(),
            ..Options::default()
        };
        let documents = depend(&loaded.into_input(), &options, &self.query).map_err(|failure| Problem::from(failure).text())?;
        match self.format {
            Format::Pretty => Ok(table(&documents)),
            Format::Json => json(&documents).map_err(|failure| Problem::from(failure).text()),
        }
    }
}

fn json(documents: &Documents) -> Result<String, Failure> {
    let list = |references: &[Ref]| {
        let texts = references.iter().map(|reference| {
            let text = reference_json(reference).map_err(|error| Failure::Plan(error.to_string()))?;
            serde_json::from_str(&text).map_err(|error| Failure::Bug(error.to_string()))
        });
        texts.collect::<Result<Vec<Value>, Failure>>()
    };
    let mut report = Map::new();
    for (name, references) in [("base", &documents.base), ("virtual", &documents.computed)] {
        if !references.is_empty() {
            report.insert(name.to_owned(), list(references)?.into());
        }
    }
    Ok(indented(&report) + "\n")
}

/// A column for each kind of documents that there are some of.
fn table(documents: &Documents) -> String {
    let columns: Vec<(&str, &[Ref])> = [
        ("BASE DOCUMENTS", documents.base.as_slice()),
        ("VIRTUAL DOCUMENTS", documents.computed.as_slice()),
    ]
    .into_iter()
    .filter(|(_, references)| !references.is_empty())
    .collect();
    let height = columns.iter().map(|(_, references)| references.len()).max().unwrap_or(0);
    if height == 0 {
        return String::new();
    }
    let cell = |references: &[Ref], row: usize| references.get(row).map_or_else(String::new, |reference| documents::name(reference));
    let rows: Vec<Vec<String>> = (0..height)
        .map(|row| columns.iter().map(|(_, references)| cell(references, row)).collect())
        .collect();
    let header: Vec<String> = columns.iter().map(|(title, _)| (*title).to_owned()).collect();
    draw(&header, &rows)
}
