//! Finds or makes what the peers need: `opa` itself, a small Go program on its SDK, the hand-written components. Each that cannot
//! be had is an error with its reason, and the table says so.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// The release of OPA that is measured.
pub const OPA: &str = "1.22.2";

/// What the peers are made with.
pub struct Tools {
    /// The target folder.
    pub target: PathBuf,
    /// The workspace's root.
    pub root: PathBuf,
}

impl Tools {
    /// The folders are found from where this program was built and runs.
    pub fn find() -> Result<Self> {
        let exe = env::current_exe()?;
        let target = exe
            .parent()
            .and_then(Path::parent)
            .context("this program is in no target folder")?
            .to_owned();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
        Ok(Self { target, root })
    }

    /// A folder below the target folder, made if missing.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.target.join("bench").join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// The command `opa`: on the `PATH`, in Go's folder, or installed into the target folder.
    pub fn opa(&self) -> Result<PathBuf> {
        let bin = self.folder("bin")?;
        let go_bin = env::var_os("HOME").map(|home| Path::new(&home).join("go/bin/opa"));
        let known = [Some(PathBuf::from("opa")), go_bin, Some(bin.join("opa"))];
        if let Some(found) = known.into_iter().flatten().find(|path| opa_version(path).is_some()) {
            return Ok(found);
        }
        let package = format!("github.com/open-policy-agent/opa@v{OPA}");
        let status = Command::new("go").env("GOBIN", &bin).args(["install", &package]).status();
        let status = status.context("neither `opa` nor `go` was found")?;
        ensure!(status.success(), "`go install {package}` failed");
        Ok(bin.join("opa"))
    }

    /// The program on OPA's Go SDK.
    pub fn opa_go(&self) -> Result<PathBuf> {
        let program = self.folder("bin")?.join("opa-go");
        let source = self.root.join("tests/bench/opa-go");
        let status = Command::new("go")
            .current_dir(source)
            .arg("build")
            .arg("-o")
            .arg(&program)
            .arg(".")
            .status();
        let status = status.context("`go` was not found")?;
        ensure!(status.success(), "`go build` failed");
        Ok(program)
    }

    /// The core module of the hand-written component of that name, if there is one.
    pub fn handwritten(&self, example: &str) -> Result<PathBuf> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .args([
                "build",
                "--quiet",
                "--locked",
                "--profile",
                "wasm",
                "--target",
                "wasm32-unknown-unknown",
            ])
            .args(["--package", "warrego-handwritten", "--example", example])
            .status()?;
        ensure!(status.success(), "building the hand-written component failed");
        Ok(self.target.join(format!("wasm32-unknown-unknown/wasm/examples/{example}.wasm")))
    }
}

/// What `opa version` says, `None` if it does not run.
pub fn opa_version(opa: &Path) -> Option<String> {
    let output = Command::new(opa).arg("version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().find_map(|line| line.strip_prefix("Version: ")).map(str::to_owned)
}

/// Runs a command to its end; an error holds what it said.
pub fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("running {command:?}"))?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
