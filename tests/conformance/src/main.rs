//! `cargo xtask conformance`: prints a line per suite and last one line per part, `eval: P of N`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};
use warrego_conformance::{Documents, PARTS, Part, corpus, opa, run};

/// Holds the compiler against OPA's own answers.
#[derive(Parser)]
struct Arguments {
    /// The corpus; `../shared/conformance` beside the workspace unless WARREGO_CONFORMANCE says otherwise.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// OPA's source tree instead of a corpus: its evaluations; the other parts are not in it.
    #[arg(long, conflicts_with = "dir")]
    opa: Option<PathBuf>,
    /// Only this part.
    #[arg(long)]
    only: Option<Name>,
    /// Only this suite of each part.
    #[arg(long)]
    suite: Option<String>,
    /// List each failing case with what was expected and what came out.
    #[arg(long)]
    failures: bool,
    /// Push base documents at run time instead of compiling them in.
    #[arg(long)]
    pushed_data: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
    Eval,
    Plan,
    Compile,
    Builtins,
}

impl From<Name> for Part {
    fn from(name: Name) -> Self {
        match name {
            Name::Eval => Self::Eval,
            Name::Plan => Self::Plan,
            Name::Compile => Self::Compile,
            Name::Builtins => Self::Builtins,
        }
    }
}

fn main() -> ExitCode {
    match conformance(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn conformance(arguments: &Arguments) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let dir = match &arguments.opa {
        Some(tree) => {
            opa::write_corpus(tree, scratch.path())?;
            scratch.path().to_owned()
        }
        None => corpus(arguments.dir.as_deref()),
    };
    ensure!(dir.is_dir(), "there is no corpus in {}", dir.display());
    let documents = if arguments.pushed_data {
        Documents::Pushed
    } else {
        Documents::Baked
    };
    let mut totals = Vec::new();
    for part in PARTS {
        let asked = arguments.only.is_none_or(|only| Part::from(only) == part);
        if !asked || (arguments.opa.is_some() && part != Part::Eval) {
            continue;
        }
        let start = Instant::now();
        let report = run(&dir, part, arguments.suite.as_deref(), documents)?;
        let text = report.text(arguments.failures);
        let (before, total) = text.trim_end().rsplit_once('\n').unwrap_or(("", text.trim_end()));
        println!("{before}");
        eprintln!("{} took {:.1} s", part.name(), start.elapsed().as_secs_f64());
        totals.push(total.to_owned());
    }
    for total in totals {
        println!("{total}");
    }
    Ok(())
}
