//! What a policy needs: from its exports along every reference, through generated functions, the runtime's functions, its data (a table of
//! function pointers is data) and back.

use super::Error;
use super::object::{Import, Object, Target};
use super::runtime::{self, Runtime, Target as Reference};

/// What was reached, each thing by its number in the module or object that it comes from.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// Functions of the runtime, its imports first.
    pub functions: Vec<bool>,
    /// Pieces of the runtime's data.
    pub atoms: Vec<bool>,
    /// Functions of the runtime whose index in the table is taken.
    pub slots: Vec<bool>,
    /// Types of the runtime that indirect calls name.
    pub types: Vec<bool>,
    /// Generated functions.
    pub generated: Vec<bool>,
    /// Whether there are indirect calls, so that there must be a table.
    pub table: bool,
    /// Whether anything uses the shadow stack.
    pub stack: bool,
    /// What the relocations of each generated function refer to, by its number; empty for functions that were not reached.
    pub calls: Vec<Vec<u32>>,
    /// What the exports refer to.
    pub exports: Vec<u32>,
    /// What generated functions import, in the order in which it was reached.
    pub imports: Vec<Import>,
}

/// What is left to look at.
enum Work {
    Generated(usize),
    Function(u32),
    Atom(u32),
}

/// Follows all references from the object's exports.
pub(super) fn reach(object: &Object, runtime: &Runtime<'_>) -> Result<Reached, Error> {
    let functions = runtime.imports.len() + runtime.functions.len();
    let mut reached = Reached {
        functions: vec![false; functions],
        atoms: vec![false; runtime.atoms.len()],
        slots: vec![false; functions],
        types: vec![false; runtime.types.len()],
        generated: vec![false; object.functions.len()],
        calls: vec![Vec::new(); object.functions.len()],
        ..Reached::default()
    };
    let mut work = Vec::new();
    for (_, target) in &object.exports {
        let export = reached.target(target, runtime, &mut work)?;
        reached.exports.push(export);
    }
    while let Some(item) = work.pop() {
        match item {
            Work::Generated(index) => reached.follow_generated(index, object, runtime, &mut work)?,
            Work::Function(index) => {
                let Some(defined) = (index as usize)
                    .checked_sub(runtime.imports.len())
                    .and_then(|at| runtime.functions.get(at))
                else {
                    continue;
                };
                if !runtime::never_returns(defined.name) {
                    reached.follow(&runtime.relocations[defined.relocations.clone()], &mut work);
                }
            }
            Work::Atom(index) => {
                let atom = &runtime.atoms[index as usize];
                reached.follow(&runtime.relocations[atom.relocations.clone()], &mut work);
            }
        }
    }
    Ok(reached)
}

impl Reached {
    fn generated(&mut self, function: u32, work: &mut Vec<Work>) -> Result<(), Error> {
        let index = function as usize;
        match self.generated.get_mut(index) {
            None => return Err(Error::Function(function)),
            Some(reached) if !*reached => {
                *reached = true;
                work.push(Work::Generated(index));
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn function(&mut self, function: u32, work: &mut Vec<Work>) {
        let reached = &mut self.functions[function as usize];
        if !*reached {
            *reached = true;
            work.push(Work::Function(function));
        }
    }

    /// Reaches what a generated function calls or the policy exports; gives its number in the object or in the runtime.
    fn target(&mut self, target: &Target, runtime: &Runtime<'_>, work: &mut Vec<Work>) -> Result<u32, Error> {
        match target {
            Target::Generated(function) => {
                self.generated(*function, work)?;
                Ok(*function)
            }
            Target::Runtime(symbol) => {
                let &function = runtime.exported.get(symbol.as_str()).ok_or_else(|| Error::Symbol(symbol.clone()))?;
                self.function(function, work);
                Ok(function)
            }
            Target::Import(import) => {
                let known = self.imports.iter().position(|known| known == import);
                Ok(known.unwrap_or_else(|| {
                    self.imports.push(import.clone());
                    self.imports.len() - 1
                }) as u32)
            }
        }
    }

    fn follow_generated(&mut self, index: usize, object: &Object, runtime: &Runtime<'_>, work: &mut Vec<Work>) -> Result<(), Error> {
        let relocations = &object.functions[index].relocations;
        let mut calls = Vec::with_capacity(relocations.len());
        for relocation in relocations {
            calls.push(self.target(&relocation.target, runtime, work)?);
        }
        self.calls[index] = calls;
        Ok(())
    }

    fn follow(&mut self, relocations: &[runtime::Relocation], work: &mut Vec<Work>) {
        for relocation in relocations {
            match relocation.target {
                Reference::Function(function) => self.function(function, work),
                Reference::Slot(function) => {
                    self.slots[function as usize] = true;
                    self.table = true;
                    self.function(function, work);
                }
                Reference::Data { atom, .. } => {
                    let reached = &mut self.atoms[atom as usize];
                    if !*reached {
                        *reached = true;
                        work.push(Work::Atom(atom));
                    }
                }
                Reference::Type(ty) => self.types[ty as usize] = true,
                Reference::Table => self.table = true,
                Reference::StackPointer => self.stack = true,
                Reference::HeapBase(_) | Reference::DataEnd(_) => {}
            }
        }
    }
}
