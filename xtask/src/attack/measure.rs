//! Runs a program with a limit on its time, and measures its time and the most memory it held.

use std::fs;
use std::io::{Read, Seek};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// A program that holds more memory than this is killed, before the machine suffers.
const MOST_MEMORY: u64 = 8 << 30;

/// How a program ended, and what it took.
pub struct Measured {
    /// Its exit status; a program that was killed by a limit has that of SIGKILL.
    pub status: ExitStatus,
    /// Why it was killed, if it was.
    pub killed: Option<&'static str>,
    /// How long it ran.
    pub time: Duration,
    /// The most memory it held, in bytes.
    pub memory: u64,
    /// What it wrote to standard output.
    pub output: String,
    /// What it wrote to standard error.
    pub errors: String,
}

impl Measured {
    /// Whether the program ended by itself, neither by a signal nor by a panic.
    pub fn ended(&self) -> bool {
        self.killed.is_none() && self.status.code().is_some_and(|code| code != 101)
    }

    /// Whether it reported success.
    pub fn succeeded(&self) -> bool {
        self.killed.is_none() && self.status.success()
    }

    /// How it ended, in words.
    pub fn end(&self) -> String {
        match (self.killed, self.status.code(), self.status.signal()) {
            (Some(why), ..) => why.to_owned(),
            (_, Some(code), _) => format!("exit code {code}"),
            (_, _, Some(signal)) => format!("signal {signal}"),
            _ => self.status.to_string(),
        }
    }

    /// Everything that was written.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.output, self.errors)
    }
}

/// Runs a program for at most so long.
pub fn measure(command: &mut Command, limit: Duration) -> Result<Measured> {
    run(command, limit, |_| Ok(())).map(|(measured, ())| measured)
}

/// Starts a program, does something while it runs, and ends it by SIGTERM; after another while, by SIGKILL.
pub fn accompany<T>(command: &mut Command, patience: Duration, work: impl FnOnce(u32) -> Result<T>) -> Result<(Measured, T)> {
    run(command, patience, |id| {
        let result = work(id);
        signal(id, libc::SIGTERM);
        result
    })
}

fn run<T>(command: &mut Command, limit: Duration, work: impl FnOnce(u32) -> Result<T>) -> Result<(Measured, T)> {
    let (mut output, mut errors) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(errors.try_clone()?)
        // A group of its own, so that what it starts ends with it.
        .process_group(0);
    let begun = Instant::now();
    let child = command
        .spawn()
        .with_context(|| format!("starting {}", command.get_program().to_string_lossy()))?;
    let id = child.id();
    let result = work(id);
    let waiting = Instant::now();
    let mut killed = None;
    let (status, usage) = loop {
        if let Some(ended) = ended(id)? {
            break ended;
        }
        let reason = if waiting.elapsed() > limit {
            Some("killed: out of time")
        } else if resident(id) > MOST_MEMORY {
            Some("killed: out of memory")
        } else {
            None
        };
        if let (Some(reason), None) = (reason, killed) {
            killed = Some(reason);
            signal(id, libc::SIGKILL);
        }
        thread::sleep(Duration::from_millis(2));
    };
    let time = begun.elapsed();
    let measured = Measured {
        status,
        killed,
        time,
        memory: usage,
        output: text(&mut output)?,
        errors: text(&mut errors)?,
    };
    Ok((measured, result?))
}

fn text(file: &mut fs::File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The status and the peak memory of a child that has ended.
fn ended(id: u32) -> Result<Option<(ExitStatus, u64)>> {
    let id = libc::pid_t::try_from(id)?;
    let mut status = 0;
    // SAFETY: a `rusage` is numbers only, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to local variables of the right types. The child is nobody else's to wait for.
    let result = unsafe { libc::wait4(id, &raw mut status, libc::WNOHANG, &raw mut usage) };
    match result {
        0 => Ok(None),
        -1 => Err(std::io::Error::last_os_error()).context("waiting for a program"),
        // Linux counts in KiB.
        _ => Ok(Some((ExitStatus::from_raw(status), u64::try_from(usage.ru_maxrss)? << 10))),
    }
}

/// The memory that a process holds now, as far as that can be seen.
fn resident(id: u32) -> u64 {
    let pages = fs::read_to_string(format!("/proc/{id}/statm"))
        .ok()
        .and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or_default() * 4096
}

fn signal(id: u32, signal: i32) {
    let Ok(id) = libc::pid_t::try_from(id) else { return };
    // SAFETY: the process is a child that nobody has waited for, so its group is no other's. One that has just ended is not there, which does no harm.
    unsafe { libc::kill(-id, signal) };
}
