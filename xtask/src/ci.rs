//! Everything that has to hold before a change goes in. Compiling wasmtime is what costs time, so all steps share one profile, one set of
//! features and one target folder.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::process::{cargo, run};
use crate::setup::{self, Workspace};
use crate::{bench, build, demo, docs, readme, test};

type Step = fn(&Workspace) -> Result<()>;

const STEPS: [(&str, Step); 11] = [
    ("format", format),
    ("clippy", clippy),
    ("clippy for Wasm", clippy_wasm),
    ("documentation", documentation),
    ("build", build),
    ("same source, same bytes", same_bytes),
    ("table of built-in functions", docs::check),
    ("demo", |workspace| demo(workspace, &[])),
    ("commands of the README", readme::check),
    ("tests", |workspace| test(workspace, &[])),
    ("smoke run of the benchmarks", smoke),
];

/// Runs all steps; the first that fails ends it.
pub fn run_all(workspace: &Workspace) -> Result<()> {
    setup::wasm_target()?;
    let mut times = Vec::new();
    for (name, step) in STEPS {
        eprintln!("\n=== {name}");
        let start = Instant::now();
        step(workspace).with_context(|| format!("step `{name}`"))?;
        times.push((name, start.elapsed()));
    }
    eprintln!("\nall steps passed");
    for (name, time) in &times {
        eprintln!("{:>8.1} s  {name}", time.as_secs_f64());
    }
    eprintln!(
        "{:>8.1} s  together",
        times.iter().map(|(_, time)| *time).sum::<Duration>().as_secs_f64()
    );
    Ok(())
}

fn format(workspace: &Workspace) -> Result<()> {
    run(cargo(workspace).args(["fmt", "--all", "--check"]))
}

fn clippy(workspace: &Workspace) -> Result<()> {
    run(cargo(workspace).args(["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]))
}

/// What is compiled to Wasm has code that a build for this machine does not see.
fn clippy_wasm(workspace: &Workspace) -> Result<()> {
    let mut command = cargo(workspace);
    command.args(["clippy", "--target", "wasm32-unknown-unknown", "--locked"]);
    for package in ["warrego-abi", "warrego-runtime", "warrego-wasmcloud", "warrego-handwritten"] {
        command.args(["--package", package]);
    }
    run(command.args(["--", "--deny", "warnings"]))
}

fn documentation(workspace: &Workspace) -> Result<()> {
    let mut command = cargo(workspace);
    command
        .env("RUSTDOCFLAGS", "--deny warnings")
        .args(["doc", "--workspace", "--no-deps", "--locked"]);
    run(&mut command)
}

/// Compiles the same policy twice, from two folders; the files have to be equal.
fn same_bytes(workspace: &Workspace) -> Result<()> {
    let folder = workspace.target.join("same-bytes");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut built = Vec::new();
    for name in ["one", "two"] {
        let place = folder.join(name);
        fs::create_dir_all(&place)?;
        run(Command::new("cp")
            .arg("-R")
            .arg(workspace.root.join(POLICY))
            .arg(place.join("policy")))?;
        let mut command = workspace.program("debug/warrego");
        command
            .current_dir(&place)
            .args(["build", "policy", "--policy-service", ENTRYPOINT, "-o", "policy.wasm"]);
        run(&mut command)?;
        built.push(fs::read(place.join("policy.wasm"))?);
    }
    ensure!(built[0] == built[1], "two builds of {POLICY} differ");
    Ok(())
}

/// Every peer once, and the memory of an instance after many decisions.
fn smoke(workspace: &Workspace) -> Result<()> {
    bench(workspace, &["--smoke".to_owned()])?;
    bench(workspace, &["--smoke".to_owned(), "--growth".to_owned()])?;
    run(workspace
        .program("debug/warrego-bench")
        .args(["--endurance", "--case", "wasmcloud-access"]))
}

const POLICY: &str = "examples/wasmcloud/policy";
const ENTRYPOINT: &str = "wasmcloud/access/decision";
