//! Finds locals that hold one constant wherever they are read, collections built from constants among them, and removes the statements
//! that made them. Code generation then puts the value's word in their place.

use rustc_hash::FxHashMap as HashMap;
use std::rc::Rc;

use super::access::{self, Access};
use super::items::Items;
use crate::ir::{Block, Func, Local, Op, Operand, Static};

/// A value known at compile time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Const {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number by its text.
    Number(Rc<str>),
    /// A string.
    String(Rc<str>),
    /// An array.
    Array(Items<Const>),
    /// An object, in order of insertion; of equal keys the last counts.
    Object(Items<(Const, Const)>),
    /// A set, in order of insertion.
    Set(Items<Const>),
}

impl Const {
    /// The number of values in it, each counted as often as it occurs.
    pub fn size(&self) -> u64 {
        match self {
            Self::Array(items) | Self::Set(items) => items.size(),
            Self::Object(entries) => entries.size(),
            _ => 1,
        }
    }

    /// Neither array, object nor set.
    pub fn is_scalar(&self) -> bool {
        matches!(self, Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_))
    }
}

/// How much larger a constant may be, with all its parts counted wherever they occur, than what is written.
const SHARED_SIZE_MAX: u64 = 1 << 16;

/// The constants of one function.
pub type Constants = HashMap<Local, Const>;

/// What an operand is, if it is constant.
pub fn resolve(operand: Operand, constants: &Constants, statics: &Static) -> Option<Const> {
    match operand {
        Operand::Local(local) => constants.get(&local).cloned(),
        Operand::Bool(value) => Some(Const::Bool(value)),
        Operand::StringIndex(index) => statics
            .strings
            .get(index as usize)
            .map(|text| Const::String(text.value.as_str().into())),
    }
}

/// Finds the constants of a function and removes what made them.
pub fn fold(func: &mut Func, statics: &Static) -> Constants {
    let mut uses: HashMap<Local, Uses> = HashMap::default();
    for &fixed in func.params.iter().chain([&func.result]) {
        uses.entry(fixed).or_default().fixed = true;
    }
    access::walk_locals(&mut func.blocks, &mut |local, access| {
        let uses = uses.entry(*local).or_default();
        match access {
            Access::Write => uses.writes += 1,
            Access::Mutate => uses.mutations += 1,
            Access::Update | Access::Probe => uses.fixed = true,
            Access::Read => {}
        }
    });
    uses.retain(|_, uses| !uses.fixed && uses.writes == 1);
    let mut statements = 0;
    access::walk(&func.blocks, &mut |_| statements += 1);
    let mut finder = Finder {
        uses,
        size_max: SHARED_SIZE_MAX + statements,
        statics,
        constants: Constants::default(),
    };
    finder.blocks(&func.blocks);
    let constants = finder.constants;
    remove(&mut func.blocks, &constants);
    constants
}

#[derive(Default)]
struct Uses {
    writes: u32,
    mutations: u32,
    fixed: bool,
}

struct Finder<'a> {
    uses: HashMap<Local, Uses>,
    /// Larger constants are left to be made at run time.
    size_max: u64,
    statics: &'a Static,
    constants: Constants,
}

/// A collection whose statements are still being met.
enum Partial {
    Array(Vec<Const>),
    Object(Vec<(Const, Const)>),
    Set(Vec<Const>),
}

impl Finder<'_> {
    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            // A collection has to be complete within the statements of one block: then it is complete wherever it is read.
            let mut open: HashMap<Local, (Partial, u32)> = HashMap::default();
            for stmt in &block.stmts {
                self.stmt(&stmt.op, &mut open);
                self.blocks(access::blocks(&stmt.op));
            }
        }
    }

    fn stmt(&mut self, op: &Op, open: &mut HashMap<Local, (Partial, u32)>) {
        match op {
            Op::MakeNull { target } => self.scalar(*target, Some(Const::Null)),
            Op::MakeNumberInt { value, target } => self.scalar(*target, Some(Const::Number(value.to_string().into()))),
            Op::MakeNumberRef { index, target } => {
                let text = self
                    .statics
                    .strings
                    .get(*index as usize)
                    .map(|text| Const::Number(text.value.as_str().into()));
                self.scalar(*target, text);
            }
            Op::AssignVar { source, target } => {
                let value = resolve(*source, &self.constants, self.statics);
                self.scalar(*target, value);
            }
            Op::MakeArray { target, .. } => self.begin(*target, Partial::Array(Vec::new()), open),
            Op::MakeObject { target } => self.begin(*target, Partial::Object(Vec::new()), open),
            Op::MakeSet { target } => self.begin(*target, Partial::Set(Vec::new()), open),
            Op::ArrayAppend { value, array } => {
                let value = resolve(*value, &self.constants, self.statics);
                self.extend(*array, open, |partial| match (partial, value) {
                    (Partial::Array(items), Some(value)) => {
                        items.push(value);
                        true
                    }
                    _ => false,
                });
            }
            Op::SetAdd { value, set } => {
                let value = resolve(*value, &self.constants, self.statics);
                self.extend(*set, open, |partial| match (partial, value) {
                    (Partial::Set(items), Some(value)) if ordered(&value) => {
                        items.push(value);
                        true
                    }
                    _ => false,
                });
            }
            Op::ObjectInsert { key, value, object } => {
                let key = resolve(*key, &self.constants, self.statics);
                let value = resolve(*value, &self.constants, self.statics);
                self.extend(*object, open, |partial| match (partial, key, value) {
                    (Partial::Object(entries), Some(key), Some(value)) if ordered(&key) => {
                        entries.push((key, value));
                        true
                    }
                    _ => false,
                });
            }
            _ => {}
        }
    }

    fn scalar(&mut self, target: Local, value: Option<Const>) {
        if let (Some(uses), Some(value)) = (self.uses.get(&target), value)
            && uses.mutations == 0
        {
            self.constants.insert(target, value);
        }
    }

    fn begin(&mut self, target: Local, partial: Partial, open: &mut HashMap<Local, (Partial, u32)>) {
        if let Some(uses) = self.uses.get(&target) {
            self.settle(target, partial, uses.mutations, open);
        }
    }

    fn extend(&mut self, target: Local, open: &mut HashMap<Local, (Partial, u32)>, add: impl FnOnce(&mut Partial) -> bool) {
        if let Some((mut partial, left)) = open.remove(&target)
            && add(&mut partial)
        {
            self.settle(target, partial, left - 1, open);
        }
    }

    /// With the last of its elements a collection becomes a constant.
    fn settle(&mut self, target: Local, partial: Partial, left: u32, open: &mut HashMap<Local, (Partial, u32)>) {
        if left > 0 {
            open.insert(target, (partial, left));
            return;
        }
        let value = match partial {
            Partial::Array(items) => Const::Array(items.into()),
            Partial::Object(entries) => Const::Object(entries.into()),
            Partial::Set(items) => Const::Set(items.into()),
        };
        // Parts may be shared: `[x, x]` of an `x` that is made like that, and so on, is small as long as nobody looks at all of it.
        if value.size() <= self.size_max {
            self.constants.insert(target, value);
        }
    }
}

/// Whether the compiler can put the value in its place among others: all but numbers that are no small integers.
pub(super) fn ordered(value: &Const) -> bool {
    match value {
        Const::Null | Const::Bool(_) | Const::String(_) => true,
        Const::Number(text) => crate::codegen::data::small_int(text).is_some(),
        Const::Array(items) | Const::Set(items) => items.ordered(),
        Const::Object(entries) => entries.ordered(),
    }
}

fn remove(blocks: &mut [Block], constants: &Constants) {
    for block in blocks {
        block.stmts.retain_mut(|stmt| {
            let target = match &stmt.op {
                Op::MakeNull { target }
                | Op::MakeNumberInt { target, .. }
                | Op::MakeNumberRef { target, .. }
                | Op::AssignVar { target, .. }
                | Op::MakeArray { target, .. }
                | Op::MakeObject { target }
                | Op::MakeSet { target } => target,
                Op::ArrayAppend { array, .. } => array,
                Op::SetAdd { set, .. } => set,
                Op::ObjectInsert { object, .. } => object,
                _ => return true,
            };
            !constants.contains_key(target)
        });
        for stmt in &mut block.stmts {
            remove(access::blocks_mut(&mut stmt.op), constants);
        }
    }
}
