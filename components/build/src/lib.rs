//! For build scripts: builds one of the crates of `components/` for `wasm32-unknown-unknown`, so that its bytes can travel inside another crate and
//! users need neither a Wasm target nor a linker.
//!
//! The inner build has a target folder of its own under `OUT_DIR`, since the outer build holds the lock on the usual one. It must come out the same
//! wherever and however the outer build runs, so it inherits no flags, profiles or wrappers of it (`cargo clippy` is such a wrapper), and paths of this
//! machine are mapped away. What is done with the module afterwards is the caller's matter.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The one target there is: no operating system, no imports.
const TARGET: &str = "wasm32-unknown-unknown";

/// The profile, from the workspace's `Cargo.toml`.
const PROFILE: &str = "wasm";

/// Variables of cargo that concern the network, the jobserver and the user's settings rather than the outer build.
const KEPT: [&str; 8] = [
    "CARGO_HOME",
    "CARGO_MAKEFLAGS",
    "CARGO_NET_",
    "CARGO_HTTP_",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_",
    "CARGO_SOURCE_",
    "CARGO_TERM_",
];

/// Variables of the outer build that are not cargo's by name.
const REMOVED: [&str; 10] = [
    "RUSTFLAGS",
    "RUSTDOCFLAGS",
    "TARGET",
    "HOST",
    "PROFILE",
    "DEBUG",
    "OPT_LEVEL",
    "OUT_DIR",
    "CLIPPY_ARGS",
    "CLIPPY_CONF_DIR",
];

/// What to build.
pub struct Build<'a> {
    /// Name of the package.
    pub package: &'a str,
    /// Files and folders it is made from, seen from the workspace's root; a change in them builds it again.
    pub sources: &'a [&'a str],
    /// Further flags for rustc.
    pub rustflags: &'a [&'a str],
    /// Further arguments for cargo.
    pub arguments: &'a [&'a str],
}

impl Build<'_> {
    /// Builds, tells cargo what to watch, and gives the module's path. To be called from a build script.
    ///
    /// # Errors
    /// Says in words what is missing or went wrong, for the build script to show.
    pub fn run(&self) -> Result<PathBuf, String> {
        let root = workspace_root()?;
        for source in self.sources.iter().chain(&["Cargo.toml", "Cargo.lock", "rust-toolchain.toml"]) {
            println!("cargo::rerun-if-changed={}", root.join(source).display());
        }
        require_target()?;
        let target_dir = out_dir()?.join("wasm");
        let mut cargo = Command::new(variable("CARGO")?);
        cargo
            .current_dir(&root)
            .args(["rustc", "--package", self.package, "--lib", "--crate-type", "cdylib", "--locked"]);
        cargo
            .args(["--profile", PROFILE, "--target", TARGET, "--target-dir"])
            .arg(&target_dir);
        cargo.args(self.arguments);
        clean(&mut cargo);
        cargo.env("CARGO_ENCODED_RUSTFLAGS", self.flags(&root, &target_dir).join("\x1f"));
        // Empty means none, also where a configuration file names one.
        cargo.env("RUSTC_WRAPPER", "").env("RUSTC_WORKSPACE_WRAPPER", "");
        // Standard output of a build script is for cargo.
        let output = cargo
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cannot start cargo: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("building {} for {TARGET} failed:\n{said}", self.package));
        }
        let file = format!("{}.wasm", self.package.replace('-', "_"));
        Ok(target_dir.join(TARGET).join(PROFILE).join(file))
    }

    fn flags(&self, root: &Path, target_dir: &Path) -> Vec<String> {
        let mut flags: Vec<String> = self.rustflags.iter().map(|flag| (*flag).to_owned()).collect();
        let home = env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
        // The last that matches wins, so the longest comes last.
        for (from, to) in [(home.as_deref(), "cargo"), (Some(root), "warrego"), (Some(target_dir), "target")] {
            if let Some(from) = from {
                flags.push(format!("--remap-path-prefix={}={to}", from.display()));
            }
        }
        flags
    }
}

/// The folder for what a build script makes.
///
/// # Errors
/// When this is no build script.
pub fn out_dir() -> Result<PathBuf, String> {
    variable("OUT_DIR").map(PathBuf::from)
}

/// Prints what went wrong and ends the build script.
pub fn fail(message: &str) -> ! {
    for line in message.lines() {
        println!("cargo::error={line}");
    }
    std::process::exit(1)
}

/// Takes away what cargo and the user's shell set for the outer build.
fn clean(cargo: &mut Command) {
    for (name, _) in env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        let of_cargo = name.starts_with("CARGO_") && !KEPT.iter().any(|kept| name.starts_with(kept));
        if of_cargo || REMOVED.contains(&name) {
            cargo.env_remove(name);
        }
    }
}

/// The folder above the one of the crate whose build script runs that holds the lock file.
fn workspace_root() -> Result<PathBuf, String> {
    let manifest = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let root = manifest.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    root.map(Path::to_owned)
        .ok_or_else(|| format!("no Cargo.lock above {}", manifest.display()))
}

/// Fails with what to do when the toolchain lacks the target's standard library.
fn require_target() -> Result<(), String> {
    let rustc = variable("RUSTC")?;
    let output = Command::new(&rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|error| format!("cannot start {rustc}: {error}"))?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && Path::new(&folder).is_dir() {
        return Ok(());
    }
    Err(format!(
        "this toolchain has not installed {TARGET}, which is needed: run `rustup target add {TARGET}` and build again"
    ))
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set; this is meant for build scripts"))
}
