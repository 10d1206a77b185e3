//! Gives each body of a rule locals of its own. Planners number locals anew for each body, so one number means several things in a
//! function; with a name per meaning the passes behind can ask "what is this local?" without asking "where?".

use std::collections::HashMap;

use super::access::{self, Access};
use crate::ir::{Func, Local};

/// Renames each local that every block (of those directly below the function) sets before it reads it.
pub fn split(func: &mut Func) {
    // How many blocks touch a local, and whether all of them begin by writing it.
    let mut seen: HashMap<Local, (u32, bool)> = HashMap::new();
    let mut next = func.result;
    for block in &mut func.blocks {
        let mut here: HashMap<Local, bool> = HashMap::new();
        for stmt in &mut block.stmts {
            access::locals(&mut stmt.op, &mut |local, access| {
                next = next.max(*local);
                here.entry(*local).or_insert(access == Access::Write);
            });
            // A write further in may not happen.
            access::walk_locals(access::blocks_mut(&mut stmt.op), &mut |local, _| {
                next = next.max(*local);
                here.entry(*local).or_insert(false);
            });
        }
        for (local, own) in here {
            let entry = seen.entry(local).or_insert((0, true));
            entry.0 += 1;
            entry.1 &= own;
        }
    }
    for fixed in func.params.iter().chain([&func.result]) {
        next = next.max(*fixed);
        seen.insert(*fixed, (0, false));
    }
    for block in &mut func.blocks {
        let mut names: HashMap<Local, Local> = HashMap::new();
        access::walk_locals(std::slice::from_mut(block), &mut |local, _| {
            if seen.get(local).is_some_and(|&(blocks, own)| own && blocks > 1) {
                *local = *names.entry(*local).or_insert_with(|| {
                    next += 1;
                    next
                });
            }
        });
    }
}
