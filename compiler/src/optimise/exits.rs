//! Early exit: a rule all of whose bodies give the same constant is decided by the first body that holds.

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::access;
use super::constants::{Const, Constants, resolve};
use crate::ir::{Block, Func, Local, Location, Op, Operand, Static, Stmt};

/// Rewrites the function's bodies to return at once where that means the same.
pub fn shorten(func: &mut Func, constants: &mut Constants, statics: &Static) {
    let Some(Stmt {
        op: Op::ReturnLocal { source: result },
        ..
    }) = func.blocks.last().and_then(|block| block.stmts.last())
    else {
        return;
    };
    if *result != func.result || func.params.contains(result) {
        return;
    }
    let values: HashSet<Local> = func.blocks.iter().filter_map(|block| joins(block, func.result)).collect();
    if values.is_empty() {
        return;
    }
    if let Some(value) = common_value(func, &values, constants, statics) {
        return_early(func, &values, value, constants);
    }
}

/// `v` of a block `IsDefined v; AssignVarOnce v → result`, which hands a body's value over.
fn joins(block: &Block, result: Local) -> Option<Local> {
    match block.stmts.as_slice() {
        [
            Stmt {
                op: Op::IsDefined { source: probed },
                ..
            },
            Stmt {
                op: Op::AssignVarOnce {
                    source: Operand::Local(value),
                    target,
                },
                ..
            },
        ] if probed == value && *target == result && *value != result => Some(*value),
        _ => None,
    }
}

/// The one constant that every body gives, if there is one and nothing else touches the bodies' values.
fn common_value(func: &mut Func, values: &HashSet<Local>, constants: &Constants, statics: &Static) -> Option<Const> {
    let mut common: Option<Const> = None;
    let mut fits = true;
    for block in &mut func.blocks {
        if joins(block, func.result).is_some() {
            continue;
        }
        // The result is assigned at the end of a block, or in no block but those that hand values over.
        let mut direct = 0;
        access::walk(std::slice::from_ref(block), &mut |op| {
            direct += usize::from(assigns(op, func.result))
        });
        fits &= direct == 0 || (direct == 1 && block.stmts.last().is_some_and(|stmt| assigns(&stmt.op, func.result)));
        access::walk_mut(std::slice::from_mut(block), &mut |op| match op {
            Op::AssignVarOnce { source, target } if values.contains(target) => match resolve(*source, constants, statics) {
                Some(value) if common.as_ref().is_none_or(|common| *common == value) => common = Some(value),
                _ => fits = false,
            },
            Op::ResetLocal { target } if values.contains(target) => {}
            Op::IsUndefined { source } if values.contains(source) || *source == func.result => {}
            Op::AssignVarOnce {
                source: Operand::Local(source),
                target,
            } if *target == func.result => fits &= !values.contains(source),
            Op::AssignVarOnce { target, .. } if *target == func.result => {}
            Op::ReturnLocal { source } if *source == func.result => {}
            other => access::locals(other, &mut |local, _| fits &= !values.contains(local) && *local != func.result),
        });
    }
    common.filter(|_| fits)
}

fn assigns(op: &Op, local: Local) -> bool {
    matches!(op, Op::AssignVarOnce { target, .. } if *target == local)
}

/// A body that comes to its value returns it; the blocks that handed values over go.
fn return_early(func: &mut Func, values: &HashSet<Local>, value: Const, constants: &mut Constants) {
    let mut next = func.result;
    access::walk_locals(&mut func.blocks, &mut |local, _| next = next.max(*local));
    next = next
        .max(constants.keys().copied().max().unwrap_or(0))
        .max(func.params.iter().copied().max().unwrap_or(0));
    let source = next + 1;
    constants.insert(source, value);
    let result = func.result;
    func.blocks.retain(|block| joins(block, result).is_none());
    access::walk_mut(&mut func.blocks, &mut |op| {
        if matches!(op, Op::AssignVarOnce { target, .. } if values.contains(target)) {
            *op = Op::ReturnLocal { source };
        }
    });
    for block in &mut func.blocks {
        block.stmts.retain(|stmt| match &stmt.op {
            Op::ResetLocal { target } => !values.contains(target),
            Op::IsUndefined { source } => !values.contains(source) && *source != result,
            _ => true,
        });
        // A default: the result is not set here, so assigning it is returning it.
        if let [.., last] = block.stmts.as_mut_slice()
            && let Op::AssignVarOnce { source, target } = last.op
            && target == result
        {
            last.op = Op::AssignVar { source, target };
            let location = last.location;
            block.stmts.push(Stmt {
                op: Op::ReturnLocal { source: result },
                location,
            });
        }
    }
}

/// Where a constant is assigned only to be returned, the constant is returned: such bodies share no local with others, and loops around them hand out nothing
/// but constants.
pub fn return_constants(func: &mut Func, constants: &mut Constants, statics: &Static) {
    let mut next = func
        .params
        .iter()
        .chain(constants.keys())
        .copied()
        .max()
        .unwrap_or(0)
        .max(func.result);
    access::walk_locals(&mut func.blocks, &mut |local, _| next = next.max(*local));
    let mut places: HashMap<Const, Local> = HashMap::default();
    in_blocks(&mut func.blocks, &mut |stmts| {
        let [
            ..,
            Stmt {
                op: Op::AssignVar { source, target },
                ..
            },
            Stmt {
                op: Op::ReturnLocal { source: returned },
                ..
            },
        ] = stmts.as_slice()
        else {
            return;
        };
        if target != returned {
            return;
        }
        let Some(value) = resolve(*source, constants, statics) else {
            return;
        };
        let place = *places.entry(value.clone()).or_insert_with(|| {
            next += 1;
            constants.insert(next, value);
            next
        });
        let returned = stmts.pop();
        stmts.pop();
        stmts.extend(returned.map(|stmt| Stmt {
            op: Op::ReturnLocal { source: place },
            ..stmt
        }));
    });
}

fn in_blocks(blocks: &mut [Block], f: &mut impl FnMut(&mut Vec<Stmt>)) {
    for block in blocks {
        f(&mut block.stmts);
        for stmt in &mut block.stmts {
            in_blocks(access::blocks_mut(&mut stmt.op), f);
        }
    }
}

/// A statement without a place.
pub fn placeless(op: Op) -> Stmt {
    Stmt {
        op,
        location: Location::default(),
    }
}
