//! What the commands need: the target for Wasm, a `nats-server`, the folders. What is missing is installed; what cannot be installed
//! is an error that says how.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{output, run, succeeds};

const WASM: &str = "wasm32-unknown-unknown";
const NATS: &str = "github.com/nats-io/nats-server/v2@latest";

/// The folders.
pub struct Workspace {
    /// The workspace's root.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
}

impl Workspace {
    /// Asks cargo.
    pub fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no workspace")?.to_owned();
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let metadata = output(
            Command::new(cargo)
                .current_dir(&root)
                .args(["metadata", "--no-deps", "--format-version", "1"]),
        )?;
        let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
        let target = metadata
            .get("target_directory")
            .and_then(serde_json::Value::as_str)
            .context("no target folder")?;
        Ok(Self {
            target: PathBuf::from(target),
            root,
        })
    }

    /// A program in the target folder, to be run in the root.
    pub fn program(&self, path: &str) -> Command {
        let mut command = Command::new(self.target.join(path));
        command.current_dir(&self.root);
        command
    }

    /// The `PATH` with folders before it.
    pub fn path_with(&self, folders: &[PathBuf]) -> Result<OsString> {
        let old = env::var_os("PATH").unwrap_or_default();
        Ok(env::join_paths(folders.iter().cloned().chain(env::split_paths(&old)))?)
    }
}

/// Makes sure that Rust can compile for Wasm.
pub fn wasm_target() -> Result<()> {
    let folder = output(Command::new("rustc").args(["--print", "target-libdir", "--target", WASM]))?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    run(Command::new("rustup").args(["target", "add", WASM]))
        .with_context(|| format!("Rust cannot compile for {WASM}; install that target with your Rust (`rustup target add {WASM}`)"))
}

/// The `PATH` on which tests find a `nats-server`, which is installed if there is none.
pub fn nats_server(workspace: &Workspace) -> Result<OsString> {
    let tools = workspace.target.join("tools");
    let places = [tools.clone(), PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")];
    let path = workspace.path_with(&[])?;
    let works = |path: &OsString| succeeds(Command::new("nats-server").env("PATH", path).arg("--version"));
    if works(&path) {
        return Ok(path);
    }
    let path = workspace.path_with(&places)?;
    if works(&path) {
        return Ok(path);
    }
    eprintln!("nats-server is not installed; trying Debian's package");
    // A fresh machine has no lists of packages yet.
    if succeeds(privileged("apt-get").arg("update"))
        && succeeds(privileged("apt-get").args(["install", "--yes", "nats-server"]))
        && works(&path)
    {
        return Ok(path);
    }
    eprintln!("that did not work; trying Go");
    if succeeds(Command::new("go").env("GOBIN", &tools).args(["install", NATS])) && works(&path) {
        return Ok(path);
    }
    bail!(
        "the tests need a nats-server on the PATH: install the package `nats-server`, run `go install {NATS}`, \
         or take a binary from https://github.com/nats-io/nats-server/releases"
    )
}

/// A command that needs to be root, without asking anybody for a password.
fn privileged(program: &str) -> Command {
    if succeeds(Command::new("sudo").args(["--non-interactive", "true"])) {
        let mut command = Command::new("sudo");
        command.arg("--non-interactive").arg(program);
        return command;
    }
    Command::new(program)
}
