//! Gives each meaning of a local a name of its own. Planners number locals anew for each body and each nested block, so one number means several
//! things in a function; with a name per meaning the passes behind can ask "what is this local?" without asking "where?".
//!
//! In a list of things that run one after the other (the blocks of a function, the statements of a block) a local begins a new meaning where it is written
//! before it is read. A write that may not happen, in a block further in, begins one only if nothing behind it reads the local.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::access::{self, Access};
use crate::budget;
use crate::ir::{Block, Func, Local, Op, Stmt};

/// Renames the locals of a function.
pub fn split(func: &mut Func) {
    let fixed: HashSet<Local> = func.params.iter().copied().chain([func.result]).collect();
    let mut next = fixed.iter().copied().max().unwrap_or(0);
    // What a single statement sets has a single meaning.
    let mut writes: HashMap<Local, u32> = HashMap::default();
    access::walk_locals(&mut func.blocks, &mut |local, access| {
        next = next.max(*local);
        if access == Access::Write && !fixed.contains(local) {
            *writes.entry(*local).or_default() += 1;
        }
    });
    let several: HashSet<Local> = writes.into_iter().filter(|&(_, count)| count > 1).map(|(local, _)| local).collect();
    if several.is_empty() {
        return;
    }
    let trees: Vec<Tree> = func.blocks.iter_mut().map(|block| Tree::of(block, &several)).collect();
    let parts: Vec<Part> = trees.iter().map(|tree| tree.part.clone()).collect();
    let mut renamer = Renamer { next };
    let groups = renamer.groups(&parts, |_| false);
    let mut counts: HashMap<Local, u32> = HashMap::default();
    for (part, names) in parts.iter().zip(&groups) {
        part.keys()
            .for_each(|&local| *counts.entry(renamed(local, names)).or_default() += 1);
    }
    let shared = counts.into_iter().filter(|&(_, count)| count > 1).map(|(local, _)| local).collect();
    for ((block, tree), names) in func.blocks.iter_mut().zip(&trees).zip(&groups) {
        renamer.block(block, tree, names, &shared);
    }
}

struct Renamer {
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

/// How a block touches the locals that several statements set.
struct Tree {
    part: Part,
    stmts: Vec<Node>,
}

/// How a statement touches them, and the blocks below it.
struct Node {
    part: Part,
    own: Part,
    blocks: Vec<Tree>,
}

impl Tree {
    fn of(block: &mut Block, several: &HashSet<Local>) -> Self {
        let stmts: Vec<Node> = block.stmts.iter_mut().map(|stmt| Node::of(stmt, several)).collect();
        let part = in_turn(stmts.iter().map(|stmt| &stmt.part));
        Self { part, stmts }
    }
}

impl Node {
    fn of(stmt: &mut Stmt, several: &HashSet<Local>) -> Self {
        budget::tick();
        let mut part = Part::default();
        // The element of an empty collection is never written.
        let certain = !matches!(stmt.op, Op::Scan { .. });
        access::locals(&mut stmt.op, &mut |local, access| {
            if several.contains(local) {
                part.entry(*local).or_insert(match access {
                    Access::Write if certain => Touch::Writes,
                    Access::Write => Touch::MayWrite,
                    _ => Touch::Reads,
                });
            }
        });
        let own = part.clone();
        let blocks: Vec<Tree> = access::blocks_mut(&mut stmt.op)
            .iter_mut()
            .map(|block| Tree::of(block, several))
            .collect();
        for (&local, &touch) in blocks.iter().flat_map(|tree| &tree.part) {
            // What the statement itself touches is set before its blocks begin.
            if !own.contains_key(&local) {
                let touch = if touch == Touch::Writes { Touch::MayWrite } else { touch };
                part.entry(local)
                    .and_modify(|before| *before = then(*before, touch))
                    .or_insert(touch);
            }
        }
        Self { part, own, blocks }
    }
}

impl Renamer {
    /// Gives the locals of a block the names that they got around it, and splits those that occur in this block alone.
    fn block(&mut self, block: &mut Block, tree: &Tree, around: &Names, outside: &HashSet<Local>) {
        if tree.part.is_empty() {
            return;
        }
        let parts: Vec<Part> = tree.stmts.iter().map(|stmt| translated(&stmt.part, around)).collect();
        // What the block reads before it writes comes from an earlier round of a loop.
        let whole = translated(&tree.part, around);
        let groups = self.groups(&parts, |local| outside.contains(&local) || whole.get(&local) == Some(&Touch::Reads));
        let mut touched: HashMap<Local, u32> = HashMap::default();
        let mut composed = Vec::with_capacity(groups.len());
        for ((stmt, node), names) in block.stmts.iter_mut().zip(&tree.stmts).zip(&groups) {
            let names: Names = node
                .part
                .keys()
                .map(|&local| (local, renamed(renamed(local, around), names)))
                .collect();
            access::locals(&mut stmt.op, &mut |local, _| *local = renamed(*local, &names));
            // What the statement itself touches is not its nested blocks' own.
            for local in node.own.keys() {
                *touched.entry(renamed(*local, &names)).or_default() += 2;
            }
            for local in node.blocks.iter().flat_map(|tree| tree.part.keys()) {
                *touched.entry(renamed(*local, &names)).or_default() += 1;
            }
            composed.push(names);
        }
        let mut outside = outside.clone();
        outside.extend(touched.into_iter().filter(|(_, count)| *count > 1).map(|(local, _)| local));
        for ((stmt, node), names) in block.stmts.iter_mut().zip(&tree.stmts).zip(&composed) {
            for (nested, tree) in access::blocks_mut(&mut stmt.op).iter_mut().zip(&node.blocks) {
                self.block(nested, tree, names, &outside);
            }
        }
    }

    /// New names for each of the things in a list, for locals that need not keep theirs.
    fn groups(&mut self, parts: &[Part], keeps: impl Fn(Local) -> bool) -> Vec<Names> {
        let mut occurrences: HashMap<Local, Vec<(usize, Touch)>> = HashMap::default();
        for (position, part) in parts.iter().enumerate() {
            budget::ticks(part.len());
            for (&local, &touch) in part {
                occurrences.entry(local).or_default().push((position, touch));
            }
        }
        let mut locals: Vec<Local> = occurrences.keys().copied().filter(|&local| !keeps(local)).collect();
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

fn renamed(local: Local, names: &Names) -> Local {
    names.get(&local).copied().unwrap_or(local)
}

fn translated(part: &Part, names: &Names) -> Part {
    part.iter().map(|(&local, &touch)| (renamed(local, names), touch)).collect()
}

/// All of them, one after the other.
fn in_turn<'a>(parts: impl Iterator<Item = &'a Part>) -> Part {
    let mut all = Part::default();
    for (&local, &touch) in parts.flatten() {
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
