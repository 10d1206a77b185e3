//! Makes the adapter components whose bytes this crate carries: built for Wasm, then turned into components. The contract that a component meets
//! stands in a custom section which `wit-bindgen` leaves in the module.

use std::fs;

use warrego_component_build::{Build, fail, out_dir};
use wit_component::ComponentEncoder;

fn main() {
    if let Err(message) = adapter("warrego-wasmcloud", "components/wasmcloud") {
        fail(&message);
    }
}

fn adapter(package: &str, folder: &str) -> Result<(), String> {
    println!("cargo::rerun-if-changed=build.rs");
    let build = Build {
        package,
        sources: &[folder, "components/build", "wit"],
        rustflags: &[],
        arguments: &[
            "--config",
            "profile.wasm.strip=\"symbols\"",
            "--config",
            "profile.wasm.opt-level=\"s\"",
        ],
    };
    let module = fs::read(build.run()?).map_err(|error| format!("cannot read the module of {package}: {error}"))?;
    let component = ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| format!("{package} does not become a component: {error:#}"))?;
    let target = out_dir()?.join(format!("{package}.component.wasm"));
    fs::write(&target, component).map_err(|error| format!("cannot write {}: {error}", target.display()))
}
