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

/// Variables of the outer build that would change the inner one.
const INHERITED: [&str; 10] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_TARGET_DIR",
    "CARGO_INCREMENTAL",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_LINKER",
];

/// Prefixes of such variables.
const INHERITED_PREFIXES: [&str; 4] = ["CARGO_PROFILE_", "CARGO_TARGET_WASM32", "CARGO_FEATURE_", "CARGO_CFG_"];

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
        let target_dir = PathBuf::from(variable("OUT_DIR")?).join("wasm");
        let mut cargo = Command::new(variable("CARGO")?);
        cargo.current_dir(&root).args([
            "build",
            "--locked",
            "--profile",
            "wasm",
            "--target",
            TARGET,
            "--package",
            self.package,
        ]);
        cargo.arg("--target-dir").arg(&target_dir).args(self.arguments);
        for (name, _) in env::vars_os() {
            let inherited = name
                .to_str()
                .is_some_and(|name| INHERITED.contains(&name) || INHERITED_PREFIXES.iter().any(|prefix| name.starts_with(prefix)));
            if inherited {
                cargo.env_remove(&name);
            }
        }
        cargo.env("CARGO_ENCODED_RUSTFLAGS", self.flags(&root, &target_dir).join("\x1f"));
        // Standard output of a build script is for cargo.
        let output = cargo
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cannot start cargo: {error}"))?;
        if !output.status.success() {
            return Err(format!(
                "building {} for {TARGET} failed:\n{}",
                self.package,
                String::from_utf8_lossy(&output.stderr)
            ));
        }
        Ok(target_dir
            .join(TARGET)
            .join("wasm")
            .join(format!("{}.wasm", self.package.replace('-', "_"))))
    }

    fn flags(&self, root: &Path, target_dir: &Path) -> Vec<String> {
        let mut flags: Vec<String> = self.rustflags.iter().map(|flag| (*flag).to_owned()).collect();
        let mut map = |from: &Path, to: &str| flags.push(format!("--remap-path-prefix={}={to}", from.display()));
        // The last one that fits is taken, so the longer paths come last.
        if let Some(home) = env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")))
        {
            map(&home, "/cargo");
        }
        map(root, "/warrego");
        map(target_dir, "/target");
        flags
    }
}

/// Prints what went wrong and ends the build script.
pub fn fail(message: &str) -> ! {
    for line in message.lines() {
        println!("cargo::error={line}");
    }
    std::process::exit(1)
}

/// The folder above the one of the crate whose build script runs that holds the lock file.
fn workspace_root() -> Result<PathBuf, String> {
    let manifest = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let root = manifest.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    root.map(Path::to_owned)
        .ok_or_else(|| format!("no Cargo.lock above {}", manifest.display()))
}

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
        "Rust's target {TARGET} is missing; run `rustup target add {TARGET}` (`cargo xtask test` does that by itself) and build again"
    ))
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set; this is meant for build scripts"))
}
