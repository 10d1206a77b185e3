//! The static linker: generated functions and the part of the runtime that they reach become one module, and that a component.
//!
//! The runtime is one relocatable module for all policies (`runtime`). Which of its functions and data a policy needs follows from the
//! relocations alone (`reach`); what is kept gets indices and addresses (`layout`) and is copied with those filled in (`module`).
//! The module is then wrapped into a component, whose outside is the same for all policies of a world (`component`).
//!
//! The linker knows no Rego and no instructions. It is deterministic: everything stands in the order of the runtime's module or of the
//! object. Its errors are mistakes of the compiler, never of the policy.

pub mod object;

mod component;
mod forward;
mod layout;
mod leb;
mod module;
mod reach;
mod report;
mod runtime;
#[cfg(test)]
mod tests;

pub use report::{Group, Report};

use crate::wit::World;
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
    /// The module does not fit its world.
    #[error("{0}")]
    Component(String),
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

/// The interfaces, in order, of which an object and what it reaches of the runtime import functions.
pub fn imports(object: &Object) -> Result<Vec<String>, Error> {
    let runtime = runtime::get().map_err(Error::Runtime)?;
    let reached = reach::reach(object, runtime)?;
    let of_runtime = runtime.imports.iter().zip(&reached.functions).filter(|&(_, &reached)| reached);
    let of_runtime = of_runtime.map(|(import, _)| import.module);
    let mut interfaces: Vec<&str> = of_runtime
        .chain(reached.imports.iter().map(|import| import.module.as_str()))
        .collect();
    interfaces.sort_unstable();
    interfaces.dedup();
    Ok(interfaces.into_iter().map(str::to_owned).collect())
}

/// Links an object with the runtime; gives a component of that world.
pub fn link(object: &Object, world: World, options: Options) -> Result<(Vec<u8>, Report), Error> {
    let linked = Linked::new(object, runtime::get().map_err(Error::Runtime)?, options)?;
    let template = component::Template::new(world, &linked.outside()).map_err(Error::Component)?;
    let component = template.fill(linked.module.len(), |out| linked.module.write(out));
    Ok((component, linked.report()))
}

/// Links an object with the runtime; gives the core module alone.
pub fn link_module(object: &Object, options: Options) -> Result<(Vec<u8>, Report), Error> {
    let linked = Linked::new(object, runtime::get().map_err(Error::Runtime)?, options)?;
    let mut bytes = Vec::with_capacity(linked.module.len());
    linked.module.write(&mut bytes);
    Ok((bytes, linked.report()))
}

/// A linked module and what it was made from.
struct Linked<'a> {
    object: &'a Object,
    runtime: &'a runtime::Runtime<'a>,
    reached: reach::Reached,
    layout: layout::Layout<'a>,
    module: module::Module<'a>,
}

impl<'a> Linked<'a> {
    fn new(object: &'a Object, runtime: &'a runtime::Runtime<'a>, options: Options) -> Result<Self, Error> {
        let reached = reach::reach(object, runtime)?;
        let layout = layout::lay_out(object, runtime, &reached).ok_or(Error::TooLarge)?;
        let module = module::write(object, runtime, &reached, &layout, options.names);
        if u32::try_from(module.len()).is_err() {
            return Err(Error::TooLarge);
        }
        Ok(Self {
            object,
            runtime,
            reached,
            layout,
            module,
        })
    }

    /// Imports and exports, with their types.
    fn outside(&self) -> component::Outside<'_> {
        let mut outside = component::Outside::default();
        for &number in &self.layout.imports {
            let import = &self.runtime.imports[number as usize];
            outside
                .imports
                .push((import.module, import.name, self.runtime.types[import.ty as usize]));
        }
        for (import, &ty) in self.reached.imports.iter().zip(&self.layout.imported_types) {
            outside
                .imports
                .push((&import.module, &import.name, &self.layout.types[ty as usize]));
            outside.functions.push(import);
        }
        for ((name, target), &number) in self.object.exports.iter().zip(&self.reached.exports) {
            let ty = match target {
                object::Target::Generated(_) => self.layout.generated_type(number),
                object::Target::Import(_) => None,
                object::Target::Runtime(_) => self
                    .runtime
                    .type_of(number)
                    .and_then(|ty| self.runtime.types.get(ty as usize).copied()),
            };
            outside.exports.push((name, ty.unwrap_or_default()));
        }
        outside
    }

    fn report(&self) -> Report {
        report::report(self.object, self.runtime, &self.reached, &self.layout)
    }
}
