//! `warrego`: the command line. Its commands and flags are those of `opa` where the same thing exists there, exit codes included: 1 for what went
//! wrong, and for `eval` 2, since there 1 is an answer.
//!
//! Only this crate and the host harness touch files, clocks and the network.

mod claims;
mod commands;
mod described;
mod diagnostics;
mod duration;
mod flags;
mod granted;
mod limits;
mod output;
mod query;
mod section;
mod sources;
mod testing;

use std::io::{IsTerminal, stderr};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// Compile Rego policies into WebAssembly components
#[derive(Parser)]
#[command(name = "warrego", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Build(commands::build::Build),
    Capabilities(commands::capabilities::Show),
    Eval(Box<commands::eval::Eval>),
    Inspect(commands::inspect::Inspect),
    Test(Box<commands::test::TestCommand>),
    Check(commands::check::Check),
    Deps(commands::deps::Deps),
    Parse(commands::parse::Parse),
    Compose(commands::compose::Compose),
    Serve(commands::serve::Serve),
    Version(commands::version::Version),
}

#[global_allocator]
static ALLOCATOR: limits::Counting = limits::Counting;

/// Documents and policies may be nested thousands of levels deep, and are walked by recursion: more than the stack that a process is given by default.
fn main() -> ExitCode {
    warrego_compiler::budget::on_large_stack(run)
}

fn run() -> ExitCode {
    let parsed = flags::adapt(Arguments::command()).try_get_matches().and_then(|matches| {
        let arguments = Arguments::from_arg_matches(&matches)?;
        Ok((arguments, flags::refusal(&matches)))
    });
    let arguments = match parsed {
        Ok((arguments, None)) => arguments,
        Ok((_, Some(refusal))) => return commands::fail(1, &refusal),
        Err(error) => {
            // Help that was asked for goes to standard output and is no failure.
            let _ = error.print();
            return ExitCode::from(u8::from(error.use_stderr()));
        }
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,warrego=info,warrego_host=info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .init();
    match arguments.command {
        Command::Build(build) => build.run(),
        Command::Capabilities(show) => show.run(),
        Command::Eval(eval) => eval.run(),
        Command::Inspect(inspect) => inspect.run(),
        Command::Test(test) => test.run(),
        Command::Check(check) => check.run(),
        Command::Deps(deps) => deps.run(),
        Command::Parse(parse) => parse.run(),
        Command::Compose(compose) => compose.run(),
        Command::Serve(serve) => serve.run(),
        Command::Version(version) => version.run(),
    }
}
