//! Locals that hold a part of the base documents, got by a reference from `data` on.
//!
//! OPA reads such a reference from its store, whose paths are texts: a number is also the key that is written like it, and a text that is written like a
//! position is one. For values that rules made, and for documents held by a variable, keys are what they are. What stands here decides which of the
//! two a lookup is.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::access::{self, Access};
use crate::ir::{Func, Local, Op, Operand};

/// The locals of a function that hold parts of base documents, whichever way they were set.
pub fn find(func: &mut Func) -> HashSet<Local> {
    let Some(&data) = func.params.get(1) else {
        return HashSet::default();
    };
    let mut sources: HashMap<Local, Vec<Option<Local>>> = HashMap::default();
    access::walk_mut(&mut func.blocks, &mut |op| {
        let from = match op {
            Op::Dot {
                source: Operand::Local(source),
                ..
            } => Some(*source),
            _ => None,
        };
        access::locals(op, &mut |local, access| {
            if matches!(access, Access::Write | Access::Update) {
                sources.entry(*local).or_default().push(from);
            }
        });
    });
    let mut found = HashSet::from_iter([data]);
    loop {
        let before = found.len();
        for (&local, sources) in &sources {
            if sources.iter().all(|source| source.is_some_and(|source| found.contains(&source))) {
                found.insert(local);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}
