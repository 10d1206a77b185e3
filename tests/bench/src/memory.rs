//! Peak memory of one peer: a process of its own loads it, decides up to two thousand times for each input and says how large it became at most.
//! Compiling is not part of it, since what runs in production was compiled before. Linux only, elsewhere there is no figure.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::peers::{Peer, Setting};

/// The hidden flag that makes this program that process.
pub const FLAG: &str = "--memory-of";

/// Slow peers need not decide as often.
const LONG_ENOUGH: Duration = Duration::from_millis(500);

/// Mebibytes at the peak.
pub fn peak(peer: Peer, setting: &Setting<'_>, dir: &Path) -> Result<f64> {
    let output = Command::new(env::current_exe()?)
        .args([FLAG, peer.id(), "--case", &setting.case.name, "--dir"])
        .arg(dir)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// What that process does.
pub fn measure(peer: Peer, setting: &Setting<'_>) -> Result<f64> {
    let mut ready = peer.load(setting)?;
    for input in &setting.case.inputs {
        let start = Instant::now();
        for _ in 0..100 {
            ready.run(input, 20)?;
            if start.elapsed() > LONG_ENOUGH {
                break;
            }
        }
    }
    let status = match ready.process() {
        Some(id) => fs::read_to_string(format!("/proc/{id}/status")),
        None => fs::read_to_string("/proc/self/status"),
    };
    let status = status.context("there is no /proc here")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .context("no VmHWM in /proc")?;
    let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes / 1024.0)
}
