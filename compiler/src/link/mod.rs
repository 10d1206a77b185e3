//! The static linker: generated functions and the part of the runtime that they reach become one module, and that a component.
//!
//! The runtime is one relocatable module for all policies ([`runtime`]). Which of its functions and data a policy needs follows from the
//! relocations alone ([`reach`]); what is kept gets indices and addresses ([`layout`]) and is copied with those filled in ([`module`]).
//! The module is then wrapped into a component, whose outside is the same for all policies of a world ([`component`]).
//!
//! The linker knows no Rego and no instructions. It is deterministic: everything stands in the order of the runtime's module or of the
//! object. Its errors are mistakes of the compiler, never of the policy.

pub mod object;

mod layout;
mod leb;
mod module;
mod reach;
mod report;
mod runtime;

pub use report::{Group, Report};

use object::{FuncType, Object};

/// What linking can be asked for beyond the ordinary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Write the functions' names into the module.
    pub names: bool,
}

/// Why linking failed: the object or the runtime is not what it should be, a mistake of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The runtime in the compiler is not as the linker expects it.
    #[error("{0}")]
    Runtime(String),
    /// Generated code calls a function that the runtime does not have.
    #[error("the runtime has no function `{0}`")]
    Symbol(String),
    /// There is no generated function of that number.
    #[error("there is no generated function {0}")]
    Function(u32),
    /// Data and code do not fit.
    #[error("the policy's data does not fit into the 4 GiB of a Wasm memory")]
    TooLarge,
}

/// Whether the runtime has a built-in of OPA's name.
pub fn has_builtin(name: &str) -> bool {
    runtime::get().is_ok_and(|runtime| runtime.exported.contains_key(format!("b.{name}").as_str()))
}

/// The type of a function that generated code may call, by its symbol (`rt.dot`, `b.count`).
pub fn signature(symbol: &str) -> Option<FuncType> {
    runtime::get().ok()?.signature(symbol)
}

/// All that generated code may call, in order of their names.
pub fn runtime_symbols() -> Vec<(&'static str, FuncType)> {
    let Ok(runtime) = runtime::get() else { return Vec::new() };
    let symbols = runtime.exported.keys();
    let mut symbols: Vec<_> = symbols.filter_map(|&name| Some((name, runtime.signature(name)?))).collect();
    symbols.sort_unstable_by_key(|&(name, _)| name);
    symbols
}

/// Links an object with the runtime; gives the core module.
pub fn link_module(object: &Object, options: Options) -> Result<(Vec<u8>, Report), Error> {
    let (module, report) = link(object, options)?;
    let mut bytes = Vec::with_capacity(module.len());
    module.write(&mut bytes);
    Ok((bytes, report))
}

fn link(object: &Object, options: Options) -> Result<(module::Module<'_>, Report), Error> {
    let runtime = runtime::get().map_err(Error::Runtime)?;
    let reached = reach::reach(object, runtime)?;
    let layout = layout::lay_out(object, runtime, &reached).ok_or(Error::TooLarge)?;
    let report = report::report(object, runtime, &layout);
    Ok((module::write(object, runtime, &reached, &layout, options.names), report))
}
