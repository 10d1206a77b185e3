//! The rule index: of bodies that begin by comparing a path with a constant, only those that can hold are run.
//!
//! A body's first statements are looked through for guards: lookups by constant keys that start at a parameter, then a comparison with a
//! constant. They touch nothing and cannot fail, so their order does not matter. Where several bodies in a row have a guard on the same
//! path, they are put into groups by constant; one lookup of the path's value then picks the group.

use rustc_hash::FxHashMap as HashMap;

use super::Function;
use super::constants::{Const, resolve};
use crate::ir::{Block, Local, Op, Operand, Static};

/// Fewer bodies in a row than this are simply tried one after the other.
const SHORTEST: usize = 3;

/// So many guards of a body are looked at: an index uses one of them.
const GUARDS_MAX: usize = 16;

/// So many keys of a path are followed.
const KEYS_MAX: usize = 16;

/// Bodies in a row that are chosen among by one lookup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The first block of the function that belongs to it.
    pub first: usize,
    /// Behind the last.
    pub end: usize,
    /// Where the path starts: a parameter.
    pub root: Local,
    /// The keys that lead to the value.
    pub path: Vec<Const>,
    /// For each constant the blocks to run, in order.
    pub groups: Vec<(Const, Vec<usize>)>,
}

type Path = (Local, Vec<Const>);

/// Finds the rows of blocks in a function that an index pays for.
pub fn find(function: &Function, statics: &Static) -> Vec<Index> {
    let units = units(function, statics);
    let mut found = Vec::new();
    let mut barren = Barren::default();
    let mut start = 0;
    while start < units.len() {
        match best(&units, start, &mut barren) {
            Some((length, index)) => {
                found.push(index);
                start += length;
            }
            None => start += 1,
        }
    }
    found
}

/// A body and the blocks behind it that hand its value over.
struct Unit {
    blocks: std::ops::Range<usize>,
    guards: Vec<(Path, Const)>,
}

fn units(function: &Function, statics: &Static) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut reset: Vec<Local> = Vec::new();
    for (position, block) in function.func.blocks.iter().enumerate() {
        let hands_over = matches!(block.stmts.first().map(|stmt| &stmt.op), Some(Op::IsDefined { source }) if reset.contains(source));
        if hands_over && let Some(unit) = units.last_mut() {
            unit.blocks.end = position + 1;
            continue;
        }
        reset = block
            .stmts
            .iter()
            .map_while(|stmt| match stmt.op {
                Op::ResetLocal { target } => Some(target),
                _ => None,
            })
            .collect();
        units.push(Unit {
            blocks: position..position + 1,
            guards: guards(block, function, statics),
        });
    }
    units
}

fn guards(block: &Block, function: &Function, statics: &Static) -> Vec<(Path, Const)> {
    let mut paths: HashMap<Local, Path> = function.func.params.iter().map(|&param| (param, (param, Vec::new()))).collect();
    let mut found = Vec::new();
    for stmt in &block.stmts {
        match &stmt.op {
            Op::ResetLocal { target } => {
                paths.remove(target);
            }
            Op::AssignVar {
                source: Operand::Local(source),
                target,
            } => {
                if let Some(path) = paths.get(source).cloned() {
                    paths.insert(*target, path);
                } else {
                    break;
                }
            }
            Op::Dot {
                source: Operand::Local(source),
                key,
                target,
            } => {
                let key = resolve(*key, &function.constants, statics).filter(|key| matches!(key, Const::String(_)));
                let path = paths.get(source).filter(|(_, keys)| keys.len() < KEYS_MAX);
                let (Some((root, mut keys)), Some(key)) = (path.cloned(), key) else {
                    break;
                };
                keys.push(key);
                paths.insert(*target, (root, keys));
            }
            Op::Equal { a, b } => {
                let resolved = [resolve(*a, &function.constants, statics), resolve(*b, &function.constants, statics)];
                let (operand, constant) = match resolved {
                    [None, Some(constant)] => (a, constant),
                    [Some(constant), None] => (b, constant),
                    _ => break,
                };
                let Operand::Local(local) = operand else { break };
                let Some(path) = paths.get(local) else { break };
                // Numbers are equal across texts, which the index's keys are not.
                if matches!(constant, Const::String(_) | Const::Bool(_) | Const::Null) {
                    found.push((path.clone(), constant));
                    if found.len() == GUARDS_MAX {
                        break;
                    }
                }
            }
            _ => break,
        }
    }
    found
}

/// Paths on which the units up to a position all have the same constant.
type Barren<'u> = HashMap<&'u Path, usize>;

/// The index over the longest row of units from `start` on, on the path that tells most of them apart.
fn best<'u>(all: &'u [Unit], start: usize, barren: &mut Barren<'u>) -> Option<(usize, Index)> {
    let units = &all[start..];
    let first = units.first()?;
    let mut choice: Option<(usize, usize, Index)> = None;
    for (path, _) in &first.guards {
        if barren.get(path).is_some_and(|&end| start < end) {
            continue;
        }
        let mut groups: Vec<(Const, Vec<usize>)> = Vec::new();
        // Constants are the policy author's: this hash has a secret.
        let mut positions: std::collections::HashMap<Const, usize> = std::collections::HashMap::new();
        let mut length = 0;
        for unit in units {
            let Some((_, constant)) = unit.guards.iter().find(|(other, _)| other == path) else {
                break;
            };
            let position = *positions.entry(constant.clone()).or_insert_with(|| {
                groups.push((constant.clone(), Vec::new()));
                groups.len() - 1
            });
            groups[position].1.extend(unit.blocks.clone());
            length += 1;
        }
        if groups.len() == 1 {
            barren.insert(path, start + length);
        }
        let better = choice
            .as_ref()
            .is_none_or(|&(most, longest, _)| (groups.len(), length) > (most, longest));
        if length >= SHORTEST && groups.len() > 1 && better {
            let end = units[length - 1].blocks.end;
            let index = Index {
                first: first.blocks.start,
                end,
                root: path.0,
                path: path.1.clone(),
                groups,
            };
            choice = Some((index.groups.len(), length, index));
        }
    }
    choice.map(|(_, length, index)| (length, index))
}
