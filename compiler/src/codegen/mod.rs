//! A plan becomes WebAssembly functions and static data.
//!
//! Every function of the plan is a Wasm function of the same parameters, all of them words (see [`warrego_abi`]); a result below 2 is no value. Entrypoints are
//! functions of `input` and `data` that give the decision. What the generated code cannot do in a few instructions it calls the runtime for, by symbol.
//!
//! What it does not do: read plans apart (`crate::optimise` did), decide which parts of the runtime stay (`crate::link` does), or know WIT: the
//! component's exports are `exports`.

mod calls;
mod compare;
mod conflicts;
pub mod data;
pub mod emit;
pub mod exports;
mod flow;
mod function;
mod functions;
mod memo;
mod parts;
mod switch;

use std::collections::HashMap;

use serde_json::Value as Json;
use warrego_abi::{self as abi, Word};

use crate::capabilities;
use crate::ir::Location;
use crate::link;
use crate::link::object::{self, Object, Target, ValType};
use crate::optimise::{Function, Optimised};
use data::{Data, TooLarge};
use emit::Emit;
use function::Body;

/// A policy in code, before its exports are added.
#[derive(Debug)]
pub struct Generated {
    /// Functions and data.
    pub object: Object,
    /// Static data; what is added belongs behind it.
    pub data: Data,
    /// The entrypoints, in the plan's order.
    pub entries: Vec<GeneratedEntry>,
    /// The paths of rules below `data`, where no documents may be pushed.
    pub rules: Vec<Vec<String>>,
}

/// An entrypoint in code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedEntry {
    /// Its name.
    pub name: String,
    /// Its function `(input, data) -> decision`, a position in [`Object::functions`].
    pub function: u32,
    /// Address of its projection; 0 if it reads all of the input.
    pub projection: u32,
    /// The word of the base documents that were compiled in.
    pub root: Word,
}

/// Why there is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The policy calls built-ins that the runtime does not have.
    #[error("built-in function `{name}` is not supported")]
    UnknownBuiltin {
        /// OPA's name.
        name: String,
        /// The first call.
        location: Location,
        /// The file of the first call.
        file: String,
    },
    /// The plan contradicts itself; plans that others wrote can.
    #[error("invalid plan: {0}")]
    Plan(String),
    /// Constants and base documents exceed what a Wasm memory can hold.
    #[error("constants and data exceed the memory of a component")]
    TooLarge,
    /// A mistake of ours.
    #[error("bug in the compiler: {0}")]
    Bug(String),
}

impl Error {
    fn plan(message: impl Into<String>) -> Self {
        Self::Plan(message.into())
    }
}

impl From<TooLarge> for Error {
    fn from(_: TooLarge) -> Self {
        Self::TooLarge
    }
}

/// A policy and its base documents. Several can share one component: each sees its own documents and nothing of the others.
#[derive(Debug, Clone, Copy)]
pub struct Unit<'a> {
    /// The policy.
    pub policy: &'a Optimised,
    /// Its base documents, an object.
    pub documents: &'a Json,
}

/// Where `print` writes, as far as calls of it are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Print {
    /// To the standard error stream, `wasi:cli/stderr`, which every host has.
    #[default]
    Stderr,
    /// To the host's log, `wasi:logging`.
    Logging,
}

impl Print {
    /// The runtime's function for `internal.print`.
    const fn symbol(self) -> &'static str {
        match self {
            Self::Stderr => "b.internal.print",
            Self::Logging => "rt.print_to_log",
        }
    }
}

/// Generates code for policies and lays out their data.
pub fn generate(units: &[Unit<'_>], print: Print) -> Result<Generated, Error> {
    let mut generated = Generated {
        object: Object::default(),
        data: Data::default(),
        entries: Vec::new(),
        rules: units.iter().flat_map(|unit| &unit.policy.policy.rules).cloned().collect(),
    };
    for unit in units {
        add(unit, print, &mut generated)?;
    }
    Ok(generated)
}

fn add(unit: &Unit<'_>, print: Print, generated: &mut Generated) -> Result<(), Error> {
    let policy = unit.policy;
    let base = generated.object.functions.len() as u32;
    let mut context = Context::new(policy, base, print, &mut generated.data)?;
    let root = context.data.json(unit.documents)?;
    // The functions stand at their positions, then the dispatcher, then the bodies of those whose results are remembered.
    let mut functions = Vec::with_capacity(policy.functions.len());
    let mut bodies = Vec::new();
    let mut cell = context.epoch + memo::EPOCHS;
    for function in &policy.functions {
        let body = Body::generate(&mut context, function)?;
        functions.push(if function.memoised {
            bodies.push(body);
            let wrapper = memo::wrapper(&function.func.name, context.epoch, cell, context.dispatcher + bodies.len() as u32);
            cell += memo::CELL;
            wrapper
        } else {
            body
        });
    }
    functions.push(calls::dispatcher(
        &context
            .dynamic_targets()
            .map(|(position, _)| base + position as u32)
            .collect::<Vec<_>>(),
    ));
    let remembers = !bodies.is_empty();
    functions.append(&mut bodies);
    functions.append(&mut context.outlined);
    for entry in &policy.entries {
        let projection = context.data.projection(&entry.projection)?;
        let mut function = base + entry.function as u32;
        if remembers {
            functions.push(decision(&entry.name, context.epoch, function));
            function = base + functions.len() as u32 - 1;
        }
        generated.entries.push(GeneratedEntry {
            name: entry.name.clone(),
            function,
            projection,
            root,
        });
    }
    generated.object.functions.append(&mut functions);
    Ok(())
}

/// A decision begins with an epoch of its own for remembered results.
fn decision(name: &str, epochs: u32, function: u32) -> object::Function {
    let mut emit = Emit::new(format!("{name} (decision)"), &[ValType::I64; 2], &[ValType::I64]);
    memo::begin_epoch(&mut emit, epochs);
    emit.get(0).get(1).call(Target::Generated(function));
    emit.finish()
}

fn positions(optimised: &Optimised) -> HashMap<&str, u32> {
    let mut positions = HashMap::new();
    for node in optimised.entries.iter().flat_map(|entry| &entry.projection.nodes) {
        for ((key, _), position) in node.in_order().into_iter().zip(0..) {
            positions.entry(key).or_insert(position);
        }
    }
    positions
}

/// What all functions of a policy share while they are generated.
struct Context<'a, 'd> {
    optimised: &'a Optimised,
    data: &'d mut Data,
    by_name: HashMap<&'a str, u32>,
    /// The number of this policy's first function.
    base: u32,
    print: Print,
    /// Address of the epochs of remembered results; the cells follow.
    epoch: u32,
    /// The function that calls a rule by its number.
    dispatcher: u32,
    /// Parts of functions that became functions of their own; they stand behind those whose results are remembered.
    outlined: Vec<object::Function>,
    first_outlined: u32,
    /// The tree of rules' paths, once a dynamic call asked for it.
    tree: Option<Word>,
    /// The functions that call those of the embedder, by name.
    embedders: HashMap<&'static str, u32>,
    /// Where keys stand in the first object of the input that they are read of.
    positions: HashMap<&'a str, u32>,
}

impl<'a, 'd> Context<'a, 'd> {
    fn new(optimised: &'a Optimised, base: u32, print: Print, data: &'d mut Data) -> Result<Self, Error> {
        let by_name = optimised
            .functions
            .iter()
            .zip(0..)
            .map(|(function, index)| (function.func.name.as_str(), index))
            .collect();
        let memoised = optimised.functions.iter().filter(|function| function.memoised).count();
        let epoch = data.raw(&vec![0; memo::EPOCHS as usize + memoised * memo::CELL as usize])?;
        let dispatcher = base + optimised.functions.len() as u32;
        Ok(Self {
            optimised,
            data,
            by_name,
            base,
            print,
            epoch,
            dispatcher,
            outlined: Vec::new(),
            first_outlined: dispatcher + 1 + memoised as u32,
            tree: None,
            embedders: HashMap::new(),
            positions: positions(optimised),
        })
    }

    fn string(&self, index: u32) -> Result<&'a str, Error> {
        let strings = &self.optimised.policy.statics.strings;
        strings
            .get(index as usize)
            .map(|text| text.value.as_str())
            .ok_or_else(|| Error::plan(format!("there is no string {index}")))
    }

    /// The word of a place's file name; undefined if the plan does not name it.
    fn file(&mut self, location: Location) -> Result<Word, Error> {
        match self.optimised.policy.statics.files.get(location.file as usize) {
            Some(name) if location.row > 0 => Ok(self.data.string(name.value.as_bytes())?),
            _ => Ok(abi::UNDEFINED),
        }
    }

    fn function(&self, name: &str) -> Option<(u32, &'a Function)> {
        let index = *self.by_name.get(name)?;
        Some((self.base + index, &self.optimised.functions[index as usize]))
    }

    /// The runtime's function behind a built-in.
    fn builtin(&mut self, name: &str, args: usize, location: Location) -> Result<Target, Error> {
        if let Some(custom) = capabilities::custom_function(name).filter(|custom| custom.arity == args) {
            return self.embedder(custom);
        }
        let symbol = match name {
            "internal.print" => self.print.symbol().to_owned(),
            name => format!("b.{name}"),
        };
        match link::signature(&symbol).filter(|_| !capabilities::refuses(name)) {
            Some(ty) if ty.params.len() == args => Ok(Target::Runtime(symbol)),
            Some(ty) => Err(Error::plan(format!(
                "`{name}` takes {} arguments, the call has {args}",
                ty.params.len()
            ))),
            None => {
                let file = self
                    .optimised
                    .policy
                    .statics
                    .files
                    .get(location.file as usize)
                    .map(|file| file.value.clone());
                Err(Error::UnknownBuiltin {
                    name: name.to_owned(),
                    location,
                    file: file.unwrap_or_default(),
                })
            }
        }
    }

    /// Takes a function that is called from one of the policy's own; gives its number.
    fn outline(&mut self, function: object::Function) -> u32 {
        self.outlined.push(function);
        self.first_outlined + self.outlined.len() as u32 - 1
    }

    fn dynamic_targets(&self) -> impl Iterator<Item = (usize, &'a Function)> + use<'a> {
        self.optimised
            .functions
            .iter()
            .enumerate()
            .filter(|(_, function)| function.is_dynamic_target())
    }

    fn dynamic_tree(&mut self) -> Result<Word, Error> {
        match self.tree {
            Some(tree) => Ok(tree),
            None => {
                let tree = calls::dynamic_tree(self);
                let tree = self.data.constant(&tree)?;
                self.tree = Some(tree);
                Ok(tree)
            }
        }
    }
}
