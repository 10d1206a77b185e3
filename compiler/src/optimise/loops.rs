//! Loops that give their memory back: of an iteration from which nothing leaves but constants, what was allocated in it is of no use after it.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::access::{self, Access};
use super::{Function, constants};
use crate::ir::{Block, Local, Op, Operand, Static};

/// Functions in which nothing is remembered beyond the call: neither is their own result nor that of anything they call.
pub fn forgetful(functions: &[Function], by_name: &HashMap<&str, usize>) -> Vec<bool> {
    let mut callers: Vec<Vec<usize>> = vec![Vec::new(); functions.len()];
    let mut forgets = vec![true; functions.len()];
    let mut work = Vec::new();
    for (index, function) in functions.iter().enumerate() {
        let mut remembers = function.memoised;
        access::walk(&function.func.blocks, &mut |op| match op {
            Op::CallDynamic { .. } => remembers = true,
            Op::Call { func, .. } => {
                if let Some(&callee) = by_name.get(func.as_str()) {
                    callers[callee].push(index);
                }
            }
            _ => {}
        });
        if remembers {
            work.push(index);
        }
    }
    while let Some(index) = work.pop() {
        if std::mem::replace(&mut forgets[index], false) {
            work.extend_from_slice(&callers[index]);
        }
    }
    forgets
}

/// Loops of a function, by the local of the element.
#[derive(Debug, Default)]
pub struct Loops {
    /// Those that can give their memory back after each iteration.
    pub releasing: HashSet<Local>,
    /// Those whose order shows nowhere.
    pub unordered: HashSet<Local>,
}

/// Finds the loops of a function from which nothing leaves but constants.
pub fn find(function: &mut Function, statics: &Static, by_name: &HashMap<&str, usize>, forgets: &[bool]) -> Loops {
    let mut total: HashMap<Local, u32> = HashMap::default();
    let mut scans: HashMap<Local, u32> = HashMap::default();
    access::walk_locals(&mut function.func.blocks, &mut |local, _| *total.entry(*local).or_default() += 1);
    access::walk(&function.func.blocks, &mut |op| {
        if let Op::Scan { value, .. } = op {
            *scans.entry(*value).or_default() += 1;
        }
    });
    let mut found = Loops::default();
    let constants = &function.constants;
    access::walk_mut(&mut function.func.blocks, &mut |op| {
        let Op::Scan { key, value, block, .. } = op else { return };
        let (key, value) = (*key, *value);
        let closed = Closed {
            statics,
            constants,
            by_name,
            forgets,
            total: &total,
        };
        let block = std::slice::from_mut(block);
        if scans.get(&value) == Some(&1) && closed.block(key, value, block) {
            let mut allocates = false;
            let mut ordered = false;
            access::walk(&*block, &mut |op| {
                allocates |= self::allocates(op);
                ordered |= match op {
                    Op::Call { func, .. } => SHOWING.contains(&func.as_str()),
                    Op::ReturnLocal { source } => !closed.constant(Operand::Local(*source)),
                    _ => false,
                };
            });
            if allocates {
                found.releasing.insert(value);
            }
            if !ordered {
                found.unordered.insert(value);
            }
        }
    });
    found
}

/// Built-ins that tell somebody outside when they are called.
const SHOWING: [&str; 6] = [
    "http.send",
    "internal.failed",
    "internal.print",
    "internal.test_case",
    "print",
    "trace",
];

fn allocates(op: &Op) -> bool {
    matches!(
        op,
        Op::Call { .. }
            | Op::MakeArray { .. }
            | Op::MakeObject { .. }
            | Op::MakeSet { .. }
            | Op::ObjectMerge { .. }
            | Op::With { .. }
            // A set in no order is copied.
            | Op::Scan { .. }
    )
}

struct Closed<'a> {
    statics: &'a Static,
    constants: &'a constants::Constants,
    by_name: &'a HashMap<&'a str, usize>,
    forgets: &'a [bool],
    /// How often each local occurs in the whole function.
    total: &'a HashMap<Local, u32>,
}

impl Closed<'_> {
    fn block(&self, key: Local, value: Local, block: &mut [Block]) -> bool {
        let mut inside: HashMap<Local, u32> = HashMap::from_iter([(key, 1), (value, 1)]);
        access::walk_locals(block, &mut |local, _| *inside.entry(*local).or_default() += 1);
        let own = |local: &Local| inside.get(local) == self.total.get(local);
        let mut closed = own(&key) && own(&value);
        access::walk_mut(block, &mut |op| {
            match op {
                Op::CallDynamic { .. } => closed = false,
                Op::Call { func, .. } => closed &= self.by_name.get(func.as_str()).is_none_or(|&callee| self.forgets[callee]),
                _ => {}
            }
            let constant = match op {
                Op::AssignVar { source, .. } | Op::AssignVarOnce { source, .. } => self.constant(*source),
                // A `with` puts its local back, unsetting one holds no memory.
                Op::With { .. } | Op::ResetLocal { .. } | Op::MakeNull { .. } => true,
                _ => false,
            };
            access::locals(op, &mut |local, access| {
                closed &= match access {
                    Access::Write | Access::Update => constant || own(local),
                    Access::Mutate => own(local),
                    Access::Read | Access::Probe => true,
                };
            });
        });
        closed
    }

    fn constant(&self, source: Operand) -> bool {
        constants::resolve(source, self.constants, self.statics).is_some()
    }
}
