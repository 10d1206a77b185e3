//! The developer commands: `cargo xtask demo | test | ci | bench | conformance | attack | builtins | capabilities`. Each does its own set-up on a machine
//! that has just rustup's Rust; what they run stands in the crates they start. Nothing here links the compiler or wasmtime, so this starts at once.

mod attack;
mod ci;
mod docs;
mod process;
mod readme;
mod setup;
mod versions;

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail, ensure};

use process::{cargo, run};
use setup::Workspace;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo                     a first decision: compiles a policy, composes it and answers recorded requests
  test [ARGUMENTS]         all tests; arguments go to `cargo test`
  conformance [ARGUMENTS]  holds the compiler against OPA's answers (--help lists the arguments)
  bench [ARGUMENTS]        measures decisions beside the peers' (--help lists the arguments)
  builtins [--check]       writes docs/built-ins.md, the table of built-in functions, or sees that it is up to date
  attack [ARGUMENTS]       attacks a release build with the inputs of --dir DIR (else WARREGO_ATTACKS, or ../shared/attacks), beside OPA if it is
                           installed; --json writes a document per case, --only TEXT runs the cases whose names begin with it,
                           --program FILE attacks another build
  capabilities FOLDER [--check]
                           writes the table of what OPA's versions can do from `capabilities` in OPA's sources, or compares it
  ci                       everything that has to hold before a change goes in
";

fn main() -> ExitCode {
    match xtask() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn xtask() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    match command.as_str() {
        "demo" => demo(&Workspace::find()?, &rest),
        "test" => test(&Workspace::find()?, &rest),
        "conformance" => conformance(&Workspace::find()?, &rest),
        "bench" => bench(&Workspace::find()?, &rest),
        "builtins" => builtins(&Workspace::find()?, &rest),
        "attack" => attack::attack(&Workspace::find()?, &rest),
        "capabilities" => capabilities(&Workspace::find()?, &rest),
        "ci" => ci::run_all(&Workspace::find()?),
        "" | "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => bail!("no command `{other}`\n\n{USAGE}"),
    }
}

/// Builds everything that is run, in one go and with one set of features: a build of single packages would unify the features of
/// their dependencies in another way and compile wasmtime again.
fn build(workspace: &Workspace) -> Result<()> {
    setup::wasm_target()?;
    run(cargo(workspace).args(["build", "--workspace", "--bins", "--examples", "--locked"]))
}

fn demo(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    build(workspace)?;
    run(workspace.program("debug/examples/demo").args(arguments))
}

fn test(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    setup::wasm_target()?;
    let nats = setup::nats_server(workspace)?;
    run(cargo(workspace)
        .env("PATH", nats)
        .args(["test", "--workspace", "--locked"])
        .args(arguments))
}

fn builtins(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    ensure!(
        arguments.is_empty() || arguments == ["--check"],
        "`builtins` takes nothing but `--check`"
    );
    build(workspace)?;
    if arguments.is_empty() {
        docs::write(workspace)
    } else {
        docs::check(workspace)
    }
}

fn capabilities(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    match arguments {
        [folder] => versions::table(workspace, folder.as_ref(), false),
        [folder, check] if check == "--check" => versions::table(workspace, folder.as_ref(), true),
        _ => bail!("`capabilities` takes the folder of OPA's files, and `--check`"),
    }
}

fn conformance(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    build(workspace)?;
    run(workspace.program("debug/warrego-conformance").args(arguments))
}

/// Figures come from the release profile; a smoke run only sees that everything runs.
fn bench(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    if arguments.iter().any(|argument| argument == "--smoke") {
        build(workspace)?;
        return run(workspace.program("debug/warrego-bench").args(arguments));
    }
    setup::wasm_target()?;
    run(cargo(workspace).args(["build", "--release", "--package", "warrego-bench", "--locked"]))?;
    run(workspace.program("release/warrego-bench").args(arguments))
}
