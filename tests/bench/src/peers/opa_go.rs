//! OPA in Go: the program in `opa-go/`, spoken to over its standard streams. It times itself, so the pipe costs nothing.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{Built, Ready, Setting};
use crate::case::Input;

/// The process, and the document it was given last.
pub struct OpaGo {
    process: Child,
    commands: ChildStdin,
    replies: BufReader<ChildStdout>,
    input: String,
}

/// Parsing, compiling and preparing, as the process itself measures it: the best of three, the first one warms it up.
pub fn build(setting: &Setting<'_>) -> Result<Built> {
    setting.tools.opa_go()?;
    let mut opa = OpaGo::load(setting)?;
    let mut best = Duration::MAX;
    for _ in 0..3 {
        best = best.min(opa.time("build")?);
    }
    Ok(Built {
        time: Some(best),
        size: None,
    })
}

impl OpaGo {
    /// Starts the process, which prepares the query.
    pub fn load(setting: &Setting<'_>) -> Result<Self> {
        let case = setting.case;
        let mut process = Command::new(setting.tools.folder("bin")?.join("opa-go"))
            .arg(case.query())
            .arg(&case.policies)
            .args(&case.data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting opa-go")?;
        let commands = process.stdin.take().context("opa-go has no input")?;
        let replies = process.stdout.take().context("opa-go has no output")?;
        Ok(Self {
            process,
            commands,
            replies: BufReader::new(replies),
            input: String::new(),
        })
    }

    fn ask(&mut self, command: &str) -> Result<String> {
        writeln!(self.commands, "{command}")?;
        self.commands.flush()?;
        let mut reply = String::new();
        if self.replies.read_line(&mut reply)? == 0 {
            bail!("opa-go ended at `{command}`");
        }
        Ok(reply.trim_end().to_owned())
    }

    fn time(&mut self, command: &str) -> Result<Duration> {
        Ok(Duration::from_nanos(self.ask(command)?.parse()?))
    }

    fn give(&mut self, input: &Input) -> Result<()> {
        let path = input.path.display().to_string();
        if path != self.input {
            self.ask(&format!("input {path}"))?;
            self.input = path;
        }
        Ok(())
    }
}

impl Ready for OpaGo {
    fn decide(&mut self, input: &Input) -> Result<Vec<u8>> {
        self.give(input)?;
        Ok(self.ask("answer")?.into_bytes())
    }

    fn run(&mut self, input: &Input, times: u64) -> Result<Duration> {
        self.give(input)?;
        self.time(&format!("run {times}"))
    }

    fn first(&mut self, input: &Input) -> Result<Duration> {
        self.give(input)?;
        self.time("first")
    }

    fn process(&self) -> Option<u32> {
        Some(self.process.id())
    }
}

impl Drop for OpaGo {
    fn drop(&mut self) {
        // It is asked nothing any more; an error means that it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
