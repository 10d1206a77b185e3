//! `cargo xtask attack`: what hostile policies, documents, bundles, components, folders and clients do to a release build of `warrego`, beside OPA's
//! behaviour where `opa` is installed. A line per case reports whether the defence held.
//!
//! The inputs lie in a folder outside the repository (`--dir`, `WARREGO_ATTACKS`, else `../shared/attacks`); what its `gen.py` and `collide.c` make
//! goes to `target/attacks`. Every file of a kind is a case, so that new inputs need no change here. [`Attack::compare`] holds what is common to most
//! kinds: the answer is OPA's, in at most twice OPA's time and memory.

mod cache;
mod collisions;
mod components;
mod files;
mod flood;
mod measure;
mod nats;

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::process::{cargo, run, succeeds};
use crate::setup::{self, Workspace};
use measure::{Measured, measure};

/// OPA is the measure for what it finishes within this time.
const OPA: Duration = Duration::from_secs(10);
/// The longest that anything may take, error or not.
const LIMIT: Duration = Duration::from_secs(60);
/// Differences that are noise of starting a process, and of a machine that does other things as well.
const TIME_FLOOR: Duration = Duration::from_millis(300);
/// The memory of a process that does nothing much.
const MEMORY_FLOOR: u64 = 64 << 20;

/// How a case went.
struct Outcome {
    held: bool,
    /// What happened.
    note: String,
    ours: Option<Cost>,
    opas: Option<Cost>,
}

/// What a run took.
#[derive(Clone, Copy)]
struct Cost {
    time: Duration,
    memory: u64,
}

impl From<&Measured> for Cost {
    fn from(measured: &Measured) -> Self {
        Self {
            time: measured.time,
            memory: measured.memory,
        }
    }
}

impl Cost {
    /// Whether this is at most `times` another one, apart from noise.
    fn within(self, times: u32, other: Self) -> bool {
        self.time <= other.time * times + TIME_FLOOR && self.memory <= other.memory * u64::from(times) + MEMORY_FLOOR
    }

    fn text(self) -> String {
        format!("{:.2} s {} MiB", self.time.as_secs_f64(), self.memory >> 20)
    }
}

impl Outcome {
    fn of(held: bool, note: impl Into<String>, ours: &Measured) -> Self {
        Self {
            held,
            note: note.into(),
            ours: Some(ours.into()),
            opas: None,
        }
    }
}

/// Where things are.
struct Attack<'w> {
    workspace: &'w Workspace,
    /// The folder of attacks.
    attacks: PathBuf,
    /// The folder of what is made here.
    made: PathBuf,
    /// `warrego`.
    program: PathBuf,
    opa: Option<PathBuf>,
    json: bool,
    only: Option<String>,
    broken: usize,
    cases: usize,
}

/// Runs all attacks.
pub fn attack(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let mut attacks = env::var_os("WARREGO_ATTACKS").map_or_else(|| workspace.root.join("../shared/attacks"), PathBuf::from);
    let (mut json, mut only, mut program) = (false, None, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--json" => json = true,
            "--dir" => attacks = rest.next().context("--dir takes a folder")?.into(),
            "--program" => program = Some(PathBuf::from(rest.next().context("--program takes a file")?).canonicalize()?),
            "--only" => only = Some(rest.next().context("--only takes a part of a case's name")?.clone()),
            other => bail!("unknown argument `{other}`; expected --dir DIR, --json, --only TEXT or --program FILE"),
        }
    }
    ensure!(
        attacks.is_dir(),
        "there are no attacks at {} (give their folder with --dir)",
        attacks.display()
    );
    let program = match program {
        Some(program) => program,
        None => {
            setup::wasm_target()?;
            run(cargo(workspace).args(["build", "--release", "--workspace", "--bins", "--locked"]))?;
            workspace.target.join("release/warrego")
        }
    };
    let mut attack = Attack {
        workspace,
        attacks: attacks.canonicalize()?,
        made: workspace.target.join("attacks"),
        program,
        opa: find_opa(),
        json,
        only,
        broken: 0,
        cases: 0,
    };
    std::fs::create_dir_all(&attack.made)?;
    if attack.opa.is_none() {
        eprintln!("opa is not installed: costs are only held to the time limit, and answers are not compared");
    }
    type Run = fn(&mut Attack<'_>) -> Result<()>;
    let kinds: [(&[&str], Run); 5] = [
        (&["compile", "documents", "jwt", "bundles"], files::run),
        (&["collisions"], collisions::run),
        (&["components"], components::run),
        (&["cache"], cache::run),
        (&["flood"], flood::run),
    ];
    for (names, run) in kinds {
        if names.iter().any(|name| attack.wants(name)) {
            run(&mut attack)?;
        }
    }
    eprintln!("{} of {} cases held", attack.cases - attack.broken, attack.cases);
    ensure!(attack.broken == 0, "{} cases did not hold", attack.broken);
    Ok(())
}

/// `opa` on the `PATH` or where Go installs it.
fn find_opa() -> Option<PathBuf> {
    let home = env::var_os("HOME").map(|home| Path::new(&home).join("go/bin/opa"));
    [Some(PathBuf::from("opa")), home]
        .into_iter()
        .flatten()
        .find(|program| succeeds(Command::new(program).arg("version")))
}

impl Attack<'_> {
    /// The program that is attacked.
    fn warrego(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.made);
        command
    }

    /// A folder for what is made, empty.
    fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.made.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Whether cases of a kind are wanted.
    fn wants(&self, kind: &str) -> bool {
        let only = self.only.as_deref().unwrap_or_default();
        kind.starts_with(only) || only.starts_with(kind)
    }

    /// Runs a case and reports it. A case that cannot be run has not held.
    fn case(&mut self, name: &str, check: impl FnOnce(&Self) -> Result<Outcome>) {
        if self.only.as_ref().is_some_and(|only| !name.starts_with(only)) {
            return;
        }
        let outcome = check(self).unwrap_or_else(|error| Outcome {
            held: false,
            note: format!("{error:#}"),
            ours: None,
            opas: None,
        });
        self.cases += 1;
        self.broken += usize::from(!outcome.held);
        let word = if outcome.held { "held" } else { "NOT HELD" };
        if self.json {
            let cost = |cost: Option<Cost>| cost.map(|cost| json!({"seconds": cost.time.as_secs_f64(), "bytes": cost.memory}));
            let line = json!({
                "case": name, "held": outcome.held, "note": outcome.note, "warrego": cost(outcome.ours), "opa": cost(outcome.opas),
            });
            println!("{line}");
        } else {
            let cost = |cost: Option<Cost>| cost.map(Cost::text).unwrap_or_default();
            let opas = outcome.opas.map(|cost| format!("(OPA {})", cost.text())).unwrap_or_default();
            println!("{word:<8} {name:<36} {:>16} {opas:<24} {}", cost(outcome.ours), outcome.note);
        }
    }

    /// Runs the same command line with both programs, which must answer alike: the same result, or both an error. Where OPA finishes in its time, we may take
    /// twice its time and memory; where it does not, we must end by ourselves.
    fn compare<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<(Outcome, Measured, Option<Measured>)> {
        let ours = measure(self.warrego().args(arguments), LIMIT)?;
        let opas = match &self.opa {
            Some(opa) => Some(measure(Command::new(opa).args(arguments), OPA)?),
            None => None,
        };
        let mut outcome = Outcome::of(ours.ended(), ours.end(), &ours);
        if let Some(opas) = &opas {
            outcome.opas = Some(opas.into());
            if !outcome.held {
                outcome.note = format!("{}; OPA: {}", ours.end(), opas.end());
            } else if opas.succeeded() {
                let (mine, theirs) = (result(&ours.output), result(&opas.output));
                let is_cheap = Cost::from(&ours).within(2, opas.into());
                (outcome.held, outcome.note) = match () {
                    () if !ours.succeeded() => (false, format!("OPA accepts it; {}: {}", ours.end(), excerpt(&ours))),
                    () if mine != theirs => (false, format!("another result than OPA's: {}", excerpt(&ours))),
                    () if !is_cheap => (false, "more than twice OPA's time or memory".to_owned()),
                    () => (true, "as OPA".to_owned()),
                };
            } else if opas.ended() {
                outcome.held = !ours.succeeded() && Cost::from(&ours).within(2, opas.into());
                outcome.note = match outcome.held {
                    true => format!("refused, as by OPA: {}", excerpt(&ours)),
                    false if ours.succeeded() => format!("accepted, but OPA: {}", excerpt(opas)),
                    false => "refused, but at more than twice OPA's time or memory".to_owned(),
                };
            } else {
                outcome.note = format!("{}; OPA: {}", ours.end(), opas.end());
            }
        }
        if ours.text().contains("panicked at") || ours.text().contains("bug") {
            outcome.held = false;
            outcome.note = format!("a bug: {}", excerpt(&ours));
        }
        Ok((outcome, ours, opas))
    }
}

/// What a query resulted in, without what else is written.
fn result(output: &str) -> Option<Value> {
    // Results may be nested deeper than the reader goes: then they are compared as text.
    match serde_json::from_str::<Value>(output) {
        Ok(document) => document.get("result").cloned(),
        Err(_) => Some(output.split_whitespace().collect()),
    }
}

/// The first message of an error, or what else there is.
fn excerpt(measured: &Measured) -> String {
    let document = serde_json::from_str::<Value>(&measured.output).unwrap_or_default();
    let text = match document["errors"][0]["message"].as_str() {
        Some(message) => message.to_owned(),
        None => measured.text().split_whitespace().collect::<Vec<_>>().join(" "),
    };
    match text.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The files of a folder with an ending, in order. A folder that is not there has none.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)))
        .collect();
    // Sizes in names count as numbers: 500 before 2000.
    files.sort_by_key(|path| (path.to_string_lossy().len(), path.clone()));
    files.sort_by_key(|path| name(path).split('-').next().unwrap_or_default().to_owned());
    files
}

/// A file's name.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
