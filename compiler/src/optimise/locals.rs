//! Gives each meaning of a local a name of its own. Planners number locals anew for each body and each nested block, so one number means several
//! things in a function; with a name per meaning the passes behind can ask "what is this local?" without asking "where?".
//!
//! In a list of things that run one after the other (the blocks of a function, the statements of a block) a local begins a new meaning where it is written
//! before it is read. A write that may not happen, in a block further in, begins one only if nothing behind it reads the local.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::access::{self, Access};
use crate::ir::{Block, Func, Local, Stmt};

/// Renames the locals of a function.
pub fn split(func: &mut Func) {
    let mut fixed: HashSet<Local> = func.params.iter().copied().collect();
    fixed.insert(func.result);
    let mut next = fixed.iter().copied().max().unwrap_or(0);
    access::walk_locals(&mut func.blocks, &mut |local, _| next = next.max(*local));
    let mut renamer = Renamer { fixed, next };
    let parts: Vec<Part> = func.blocks.iter_mut().map(block_part).collect();
    let groups = renamer.groups(&parts, &HashSet::default());
    for (block, names) in func.blocks.iter_mut().zip(groups) {
        rename(std::slice::from_mut(block), &names);
    }
    let shared = shared(&mut func.blocks);
    for block in &mut func.blocks {
        renamer.block(block, &shared);
    }
}

struct Renamer {
    /// Locals that keep their name.
    fixed: HashSet<Local>,
    next: Local,
}

/// How one of the things in a list touches a local.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Touch {
    /// Reads what was there before.
    Reads,
    /// Writes it before anything else.
    Writes,
    /// May write it, and does not read what was there before.
    MayWrite,
}

type Part = HashMap<Local, Touch>;
type Names = HashMap<Local, Local>;

impl Renamer {
    /// Splits the locals that occur in this block alone.
    fn block(&mut self, block: &mut Block, outside: &HashSet<Local>) {
        let mut keep = outside.clone();
        let parts: Vec<Part> = block.stmts.iter_mut().map(stmt_part).collect();
        // What the block reads before it writes comes from an earlier round of a loop.
        let reads = in_turn(&parts).into_iter().filter(|(_, touch)| *touch == Touch::Reads);
        keep.extend(reads.map(|(local, _)| local));
        let groups = self.groups(&parts, &keep);
        for (stmt, names) in block.stmts.iter_mut().zip(groups) {
            access::locals(&mut stmt.op, &mut |local, _| *local = names.get(local).copied().unwrap_or(*local));
            rename(access::blocks_mut(&mut stmt.op), &names);
        }
        let mut touched: HashMap<Local, u32> = HashMap::default();
        for stmt in &mut block.stmts {
            let mut own: HashSet<Local> = HashSet::default();
            access::locals(&mut stmt.op, &mut |local, _| {
                own.insert(*local);
            });
            // What the statement itself touches is not its nested blocks' own.
            own.iter().for_each(|local| *touched.entry(*local).or_default() += 2);
            for nested in access::blocks_mut(&mut stmt.op) {
                let mut inside: HashSet<Local> = HashSet::default();
                access::walk_locals(std::slice::from_mut(nested), &mut |local, _| {
                    inside.insert(*local);
                });
                inside.iter().for_each(|local| *touched.entry(*local).or_default() += 1);
            }
        }
        let mut outside = outside.clone();
        outside.extend(touched.into_iter().filter(|(_, count)| *count > 1).map(|(local, _)| local));
        for stmt in &mut block.stmts {
            for nested in access::blocks_mut(&mut stmt.op) {
                self.block(nested, &outside);
            }
        }
    }

    /// New names for each of the things in a list.
    fn groups(&mut self, parts: &[Part], keep: &HashSet<Local>) -> Vec<Names> {
        let mut occurrences: HashMap<Local, Vec<(usize, Touch)>> = HashMap::default();
        for (position, part) in parts.iter().enumerate() {
            for (&local, &touch) in part {
                occurrences.entry(local).or_default().push((position, touch));
            }
        }
        let mut locals: Vec<Local> = occurrences
            .keys()
            .copied()
            .filter(|local| !keep.contains(local) && !self.fixed.contains(local))
            .collect();
        locals.sort_unstable();
        let mut names: Vec<Names> = vec![Names::default(); parts.len()];
        for local in locals {
            let touches = &occurrences[&local];
            let mut name = local;
            for (index, &(position, touch)) in touches.iter().enumerate() {
                let last_of_its_meaning = touches.get(index + 1).is_none_or(|&(_, next)| next != Touch::Reads);
                let begins = touch == Touch::Writes || (touch == Touch::MayWrite && last_of_its_meaning);
                if begins && index > 0 {
                    self.next += 1;
                    name = self.next;
                }
                if name != local {
                    names[position].insert(local, name);
                }
            }
        }
        names
    }
}

/// Locals that occur in more than one of the blocks.
fn shared(blocks: &mut [Block]) -> HashSet<Local> {
    let mut counts: HashMap<Local, u32> = HashMap::default();
    for block in blocks {
        block_part(block).keys().for_each(|local| *counts.entry(*local).or_default() += 1);
    }
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(local, _)| local).collect()
}

fn rename(blocks: &mut [Block], names: &Names) {
    if !names.is_empty() {
        access::walk_locals(blocks, &mut |local, _| *local = names.get(local).copied().unwrap_or(*local));
    }
}

fn block_part(block: &mut Block) -> Part {
    let parts: Vec<Part> = block.stmts.iter_mut().map(stmt_part).collect();
    in_turn(&parts)
}

/// All of them, one after the other.
fn in_turn(parts: &[Part]) -> Part {
    let mut all = Part::default();
    for (&local, &touch) in parts.iter().flatten() {
        all.entry(local)
            .and_modify(|before| *before = then(*before, touch))
            .or_insert(touch);
    }
    all
}

/// Both, one after the other.
fn then(first: Touch, second: Touch) -> Touch {
    match (first, second) {
        (Touch::MayWrite, Touch::Reads) => Touch::Reads,
        // It may still not be written when the second begins; whoever comes behind sees one or the other.
        (Touch::MayWrite, _) => Touch::MayWrite,
        (first, _) => first,
    }
}

fn stmt_part(stmt: &mut Stmt) -> Part {
    let mut part = Part::default();
    // The element of an empty collection is never written.
    let certain = !matches!(stmt.op, crate::ir::Op::Scan { .. });
    access::locals(&mut stmt.op, &mut |local, access| {
        part.entry(*local).or_insert(match access {
            Access::Write if certain => Touch::Writes,
            Access::Write => Touch::MayWrite,
            _ => Touch::Reads,
        });
    });
    let own = part.clone();
    for block in access::blocks_mut(&mut stmt.op) {
        for (local, touch) in block_part(block) {
            match own.get(&local) {
                // Set before the block begins.
                Some(Touch::Writes | Touch::MayWrite | Touch::Reads) => {}
                None => {
                    let touch = if touch == Touch::Writes { Touch::MayWrite } else { touch };
                    part.entry(local)
                        .and_modify(|before| *before = then(*before, touch))
                        .or_insert(touch);
                }
            }
        }
    }
    part
}
