//! Which locals a statement reads and writes, and which blocks stand below it. The one place that knows it for all statements.

use rustc_hash::FxHashMap as HashMap;

use crate::budget;
use crate::ir::{Block, Func, Local, Op, Operand};

/// How a statement touches a local.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Its value is used.
    Read,
    /// It gets a new value, whatever it held.
    Write,
    /// It gets a new value that depends on the one it held.
    Update,
    /// The collection that it holds gets an element.
    Mutate,
    /// Only whether it is set matters.
    Probe,
}

/// Calls `f` with each local of the statement itself, in the order of execution; blocks below are not entered.
pub fn locals(op: &mut Op, f: &mut impl FnMut(&mut Local, Access)) {
    match op {
        Op::ArrayAppend { value, array } => {
            read(value, f);
            f(array, Access::Mutate);
        }
        Op::AssignInt { target, .. }
        | Op::MakeArray { target, .. }
        | Op::MakeNull { target }
        | Op::MakeNumberInt { target, .. }
        | Op::MakeNumberRef { target, .. }
        | Op::MakeObject { target }
        | Op::MakeSet { target }
        | Op::ResetLocal { target } => f(target, Access::Write),
        Op::AssignVarOnce { source, target } => {
            read(source, f);
            f(target, Access::Update);
        }
        Op::AssignVar { source, target } | Op::Len { source, target } => {
            read(source, f);
            f(target, Access::Write);
        }
        Op::Block { .. } | Op::Break { .. } | Op::Nop {} | Op::Not { .. } => {}
        Op::CallDynamic { args, result, path } => {
            args.iter_mut().for_each(|arg| f(arg, Access::Read));
            path.iter_mut().for_each(|part| read(part, f));
            f(result, Access::Write);
        }
        Op::Call { args, result, .. } => {
            args.iter_mut().for_each(|arg| read(arg, f));
            f(result, Access::Write);
        }
        Op::Dot { source, key, target } => {
            read(source, f);
            read(key, f);
            f(target, Access::Write);
        }
        Op::Equal { a, b } | Op::NotEqual { a, b } => {
            read(a, f);
            read(b, f);
        }
        Op::IsArray { source } | Op::IsObject { source } | Op::IsSet { source } => read(source, f),
        Op::IsDefined { source } | Op::IsUndefined { source } => f(source, Access::Probe),
        Op::ObjectInsertOnce { key, value, object } | Op::ObjectInsert { key, value, object } => {
            read(key, f);
            read(value, f);
            f(object, Access::Mutate);
        }
        Op::ObjectMerge { a, b, target } => {
            f(a, Access::Read);
            f(b, Access::Read);
            f(target, Access::Write);
        }
        Op::ResultSetAdd { value } => f(value, Access::Read),
        Op::ReturnLocal { source } => f(source, Access::Read),
        Op::Scan { source, key, value, .. } => {
            f(source, Access::Read);
            f(key, Access::Write);
            f(value, Access::Write);
        }
        Op::SetAdd { value, set } => {
            read(value, f);
            f(set, Access::Mutate);
        }
        Op::With { local, value, .. } => {
            read(value, f);
            f(local, Access::Update);
        }
    }
}

/// Calls `f` with each local of the statement itself, like [`locals`], without changing it.
pub fn touched(op: &Op, f: &mut impl FnMut(Local, Access)) {
    let mut own = match op {
        Op::Block { .. } | Op::Not { .. } => return,
        Op::Scan { source, key, value, .. } => Op::Scan {
            source: *source,
            key: *key,
            value: *value,
            block: Block::default(),
        },
        Op::With { local, value, .. } => Op::With {
            local: *local,
            path: Vec::new(),
            value: *value,
            block: Block::default(),
        },
        other => other.clone(),
    };
    locals(&mut own, &mut |local, access| f(*local, access));
}

/// The blocks below a statement.
pub fn blocks(op: &Op) -> &[Block] {
    match op {
        Op::Block { blocks } => blocks,
        Op::Not { block } | Op::Scan { block, .. } | Op::With { block, .. } => std::slice::from_ref(block),
        _ => &[],
    }
}

/// The blocks below a statement, to change them.
pub fn blocks_mut(op: &mut Op) -> &mut [Block] {
    match op {
        Op::Block { blocks } => blocks,
        Op::Not { block } | Op::Scan { block, .. } | Op::With { block, .. } => std::slice::from_mut(block),
        _ => &mut [],
    }
}

/// Calls `f` with every statement of the blocks, outer before inner, in order.
pub fn walk<'a>(blocks: impl IntoIterator<Item = &'a Block>, f: &mut impl FnMut(&'a Op)) {
    for block in blocks {
        for stmt in &block.stmts {
            budget::tick();
            f(&stmt.op);
            walk(self::blocks(&stmt.op), f);
        }
    }
}

/// Calls `f` with every statement of the blocks, outer before inner, in order.
pub fn walk_mut(blocks: &mut [Block], f: &mut impl FnMut(&mut Op)) {
    for block in blocks {
        for stmt in &mut block.stmts {
            budget::tick();
            f(&mut stmt.op);
            walk_mut(blocks_mut(&mut stmt.op), f);
        }
    }
}

/// Calls `f` with every local of every statement of the blocks.
pub fn walk_locals(blocks: &mut [Block], f: &mut impl FnMut(&mut Local, Access)) {
    walk_mut(blocks, &mut |op| locals(op, f));
}

fn read(operand: &mut Operand, f: &mut impl FnMut(&mut Local, Access)) {
    if let Operand::Local(local) = operand {
        f(local, Access::Read);
    }
}

/// How often each local of a function is used other than by being set.
pub fn uses(func: &mut Func) -> HashMap<Local, u32> {
    let mut uses = HashMap::default();
    walk_locals(&mut func.blocks, &mut |local, access| {
        if access != Access::Write {
            *uses.entry(*local).or_default() += 1;
        }
    });
    uses
}
