//! Builds the runtime that policies are linked with and puts it where the compiler includes it from.
//!
//! The crate `warrego-runtime` is compiled for `wasm32-unknown-unknown` with relocations kept, by a cargo of its own: with its own target
//! folder under `OUT_DIR` (the outer cargo holds the lock of the usual one) and without the settings of the outer build that would leak
//! into it (`RUSTFLAGS`, wrappers such as clippy's driver, profile overrides). Paths of this machine are mapped away, so that the same
//! source gives the same bytes anywhere.
//!
//! `WARREGO_RUNTIME` names a finished `runtime.wasm` to use instead, for packagers who build it in a step of its own.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "wasm";

fn main() {
    if let Err(message) = run() {
        for line in message.lines() {
            println!("cargo::error={line}");
        }
        std::process::exit(1);
    }
}

fn run() -> Result<(), String> {
    let out = folder("OUT_DIR")?;
    let destination = out.join("runtime.wasm");
    println!("cargo::rerun-if-env-changed=WARREGO_RUNTIME");
    let built = match env::var_os("WARREGO_RUNTIME").filter(|path| !path.is_empty()) {
        Some(path) => {
            println!("cargo::rerun-if-changed={}", Path::new(&path).display());
            PathBuf::from(path)
        }
        None => build(&out)?,
    };
    let bytes = fs::read(&built).map_err(|error| format!("cannot read {}: {error}", built.display()))?;
    // An unchanged runtime must not make the compiler be compiled again.
    if fs::read(&destination).ok().as_deref() != Some(&bytes) {
        fs::write(&destination, bytes).map_err(|error| format!("cannot write {}: {error}", destination.display()))?;
    }
    Ok(())
}

/// Compiles the runtime; gives the path of the module.
fn build(out: &Path) -> Result<PathBuf, String> {
    let workspace = folder("CARGO_MANIFEST_DIR")?
        .parent()
        .map(Path::to_owned)
        .ok_or("the compiler's folder has no parent")?;
    for path in [
        "components/abi/src",
        "components/abi/Cargo.toml",
        "components/runtime/src",
        "components/runtime/Cargo.toml",
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
    ] {
        println!("cargo::rerun-if-changed={}", workspace.join(path).display());
    }
    require_target()?;

    let target_dir = out.join("runtime");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(&workspace).arg("rustc");
    cargo.args(["--package", "warrego-runtime", "--lib", "--crate-type", "cdylib", "--locked"]);
    cargo
        .args(["--profile", PROFILE, "--target", TARGET, "--target-dir"])
        .arg(&target_dir);
    clean(&mut cargo);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(&workspace, &target_dir).join("\u{1f}"));
    // Empty means none, also where a configuration file names one.
    cargo.env("RUSTC_WRAPPER", "").env("RUSTC_WORKSPACE_WRAPPER", "");

    let output = cargo.output().map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "the runtime does not build for {TARGET}:\n{}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    Ok(target_dir.join(TARGET).join(PROFILE).join("warrego_runtime.wasm"))
}

/// What the linker needs of the module: relocations, SIMD; no debug sections; no paths of this machine.
fn flags(workspace: &Path, target_dir: &Path) -> Vec<String> {
    let mut flags = vec![
        "-Clink-arg=--emit-relocs".to_owned(),
        "-Clink-arg=--strip-debug".to_owned(),
        "-Ctarget-feature=+simd128".to_owned(),
        "-Csymbol-mangling-version=v0".to_owned(),
        // Unrolled loops make the runtime a tenth larger and, on what policies do, no faster.
        "-Cllvm-args=-unroll-runtime=false".to_owned(),
        "-Cllvm-args=-unroll-threshold=50".to_owned(),
    ];
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    // The last that matches wins.
    for (from, to) in [
        (home.as_deref(), "cargo"),
        (Some(workspace), "warrego"),
        (Some(target_dir), "target"),
    ] {
        if let Some(from) = from {
            flags.push(format!("--remap-path-prefix={}={to}", from.display()));
        }
    }
    flags
}

/// Takes away what cargo and the user's shell set for the outer build. What concerns the network, the jobserver and the toolchain stays.
fn clean(cargo: &mut Command) {
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
    for (name, _) in env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        let of_cargo = name.starts_with("CARGO_") && !KEPT.iter().any(|kept| name.starts_with(kept));
        if of_cargo || REMOVED.contains(&name) {
            cargo.env_remove(name);
        }
    }
}

/// Fails with what to do when the toolchain lacks the target's standard library.
fn require_target() -> Result<(), String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|error| format!("cannot run rustc: {error}"))?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && Path::new(&folder).is_dir() {
        return Ok(());
    }
    Err(format!(
        "the runtime is compiled for {TARGET}, which this toolchain has not installed: run `rustup target add {TARGET}`"
    ))
}

fn folder(variable: &str) -> Result<PathBuf, String> {
    env::var_os(variable)
        .map(PathBuf::from)
        .ok_or_else(|| format!("cargo does not set {variable}"))
}
