//! What the component's outside calls: core functions in the component model's calling convention around the entrypoints' functions.
//!
//! Arguments come as the canonical ABI passes them, results leave through one static return area: a decision's result is read by the host before
//! it can call again. Memory for arguments comes from the runtime (`rt.realloc`); everything of a decision is given back when the next
//! one begins, so there are no functions to call after a return.
//!
//! This part knows the layouts of `wit/policy.wit`'s results. How requests are laid out follows from the types (see `shapes`). It knows
//! nothing of rules: an entrypoint is a function of `input` and `data`.

mod describe;
mod evaluator;
mod results;
mod service;
mod shapes;

pub use describe::{Description, Reads};

use super::data::Data;
use super::emit::{Emit, I, M, WasmLocal};
use super::{Error, Generated, GeneratedEntry};
use crate::link::object::{Function, Object, Target, ValType};
use crate::wit::{World, core_name};
use results::Results;
use warrego_abi::{self as abi, Word};

/// What the exports depend on besides the policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// What `describe` returns.
    pub description: Description,
    /// The entrypoint (a position in [`Generated::entries`]) that answers wasmCloud's policy service; the component exports `policy-service` if there is one.
    pub policy_service: Option<usize>,
    /// Whether failing built-ins are errors.
    pub strict_builtin_errors: bool,
}

impl Settings {
    /// The world of the component.
    pub const fn world(&self) -> World {
        match self.policy_service {
            None => World::Policy,
            Some(_) => World::WasmcloudPolicy,
        }
    }
}

/// Adds the exports to a policy in code and completes its object. Exports are those that [`Settings::world`] asks for.
pub fn add(generated: Generated, settings: &Settings) -> Result<Object, Error> {
    let Generated {
        mut object,
        mut data,
        entries,
        rules,
    } = generated;
    let root = match entries.as_slice() {
        [first, rest @ ..] if rest.iter().all(|entry| entry.root == first.root) => first.root,
        _ => abi::UNDEFINED,
    };
    let mut glue = Glue {
        root,
        rules: data.paths(&rules)?,
        documents: data.words(&[root])?,
        results: Results::new(&mut object, &mut data, entries.len())?,
        object: &mut object,
        data: &mut data,
        entries: &entries,
        strict: settings.strict_builtin_errors,
    };
    glue.export("evaluator", "entrypoints", Glue::entrypoints)?;
    let evaluate = glue.export("evaluator", "evaluate", Glue::evaluate)?;
    glue.export("evaluator", "decide", |glue| glue.decide(evaluate))?;
    glue.export("evaluator", "set-data", Glue::set_data)?;
    glue.export("evaluator", "patch-data", Glue::patch_data)?;
    if let Some(position) = settings.policy_service {
        let entry = entries.get(position);
        let entry = entry.ok_or_else(|| Error::plan(format!("there is no entrypoint {position}")))?;
        glue.export("policy-service", "decide", |glue| glue.decide_request(entry))?;
    }
    glue.export("evaluator", "describe", |glue| glue.describe(&settings.description))?;
    object
        .exports
        .push(("cabi_realloc".to_owned(), Target::Runtime("rt.realloc".to_owned())));
    object.data = data.into_bytes();
    Ok(object)
}

/// What the export functions are made from and added to.
struct Glue<'a> {
    object: &'a mut Object,
    data: &'a mut Data,
    entries: &'a [GeneratedEntry],
    strict: bool,
    results: Results,
    /// The base documents compiled in; undefined where several policies that share the component have documents of their own.
    root: Word,
    /// The tree of the places of rules, where no documents may be pushed.
    rules: Word,
    /// Address of the base documents that decisions are made on: those pushed last, before that [`Glue::root`].
    documents: u32,
}

impl Glue<'_> {
    /// Adds a function and exports it; returns it.
    fn export(&mut self, interface: &str, name: &str, make: impl FnOnce(&mut Self) -> Result<Function, Error>) -> Result<Target, Error> {
        let function = make(self)?;
        let number = self.object.functions.len() as u32;
        self.object.functions.push(function);
        let target = Target::Generated(number);
        self.object.exports.push((core_name(interface, name), target.clone()));
        Ok(target)
    }

    /// Begins an export function: all of them give the address of a return area.
    fn begin(&self, name: &str, params: usize) -> Emit {
        Emit::new(name, &vec![ValType::I32; params], &[ValType::I32])
    }

    /// Says how built-ins fail, before anything of the policy runs.
    fn prepare(&self, emit: &mut Emit) {
        if self.strict {
            emit.i32(1).runtime("rt.strict");
        }
    }

    /// Leaves the base documents in a local: those that were pushed, else those compiled in, which `root` puts on the stack.
    fn documents(&self, emit: &mut Emit, root: impl FnOnce(&mut Emit)) -> WasmLocal {
        let documents = emit.local(ValType::I64);
        emit.i32(self.documents).mem(M::I64Load, 0).set(documents);
        if self.root == abi::UNDEFINED {
            emit.get(documents).op(I::I64Eqz).open_if();
            root(emit);
            emit.set(documents).end();
        }
        documents
    }

    /// Makes the base documents that were pushed those of the decisions that follow.
    fn replace_documents(&self, emit: &mut Emit) {
        emit.i32(self.documents).runtime("rt.data").mem(M::I64Store, 0);
    }
}
