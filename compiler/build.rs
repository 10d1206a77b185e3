//! Builds the runtime that policies are linked with and puts it where the compiler includes it from.
//!
//! The crate `warrego-runtime` is compiled with relocations kept, which is what the linker works on; how that is done so that the outer build
//! does not leak into it is `warrego-component-build`'s matter.
//!
//! `WARREGO_RUNTIME` names a finished `runtime.wasm` to use instead, for packagers who build it in a step of its own.

use std::path::{Path, PathBuf};
use std::{env, fs};

use warrego_component_build::{Build, fail, out_dir};

/// What the runtime is: its own source, the YAML reader, the parser and the layouts that it shares with the compiler, and how all are built.
const SOURCES: [&str; 9] = [
    "components/abi/src",
    "components/abi/Cargo.toml",
    "components/runtime/src",
    "components/runtime/Cargo.toml",
    "components/yaml/src",
    "components/yaml/Cargo.toml",
    "components/build/src",
    "compiler/syntax/src",
    "compiler/syntax/Cargo.toml",
];

/// What the linker needs of the module: relocations, SIMD; no debug sections.
const FLAGS: [&str; 6] = [
    "-Clink-arg=--emit-relocs",
    "-Clink-arg=--strip-debug",
    "-Ctarget-feature=+simd128",
    "-Csymbol-mangling-version=v0",
    // Unrolled loops make the runtime a tenth larger and, on what policies do, no faster.
    "-Cllvm-args=-unroll-runtime=false",
    "-Cllvm-args=-unroll-threshold=50",
];

fn main() {
    if let Err(message) = run() {
        fail(&message);
    }
}

fn run() -> Result<(), String> {
    let destination = out_dir()?.join("runtime.wasm");
    println!("cargo::rerun-if-env-changed=WARREGO_RUNTIME");
    let built = match env::var_os("WARREGO_RUNTIME").filter(|path| !path.is_empty()) {
        Some(path) => {
            println!("cargo::rerun-if-changed={}", Path::new(&path).display());
            PathBuf::from(path)
        }
        None => Build {
            package: "warrego-runtime",
            sources: &SOURCES,
            rustflags: &FLAGS,
            arguments: &[],
        }
        .run()?,
    };
    let bytes = fs::read(&built).map_err(|error| format!("cannot read {}: {error}", built.display()))?;
    // An unchanged runtime must not make the compiler be compiled again.
    if fs::read(&destination).ok().as_deref() != Some(&bytes) {
        fs::write(&destination, bytes).map_err(|error| format!("cannot write {}: {error}", destination.display()))?;
    }
    Ok(())
}
