//! Entrypoints as functions: a plan adds objects to a result set, its function returns what is in them.

use rustc_hash::FxHashMap as HashMap;

use super::{ResultShape, access, exits};
use crate::ir::{Block, DATA, Func, INPUT, Op, Operand, Plan, Stmt};

/// A plan as a function.
pub fn function(mut plan: Plan, shape: ResultShape) -> Func {
    let mut last = DATA;
    access::walk_locals(&mut plan.blocks, &mut |local, _| last = last.max(*local));
    let result = last + 1;
    let mut blocks = plan.blocks;
    match shape {
        ResultShape::Value => blocks.iter_mut().for_each(return_value),
        ResultShape::Bindings => {
            access::walk_mut(&mut blocks, &mut |op| {
                if let Op::ResultSetAdd { value } = op {
                    *op = Op::ArrayAppend {
                        value: Operand::Local(*value),
                        array: result,
                    };
                }
            });
            let begin = exits::placeless(Op::MakeArray {
                capacity: 0,
                target: result,
            });
            blocks.insert(0, Block { stmts: vec![begin] });
            blocks.push(Block {
                stmts: vec![exits::placeless(Op::ReturnLocal { source: result })],
            });
        }
    }
    Func {
        name: plan.name,
        params: vec![INPUT, DATA],
        replaced: 0,
        result,
        blocks,
        path: Vec::new(),
    }
}

/// `MakeObject o; ObjectInsert "result" → v in o; ResultSetAdd o` becomes `return v`.
fn return_value(block: &mut Block) {
    let mut inserted: HashMap<u32, Operand> = HashMap::default();
    let mut returned: Vec<u32> = Vec::new();
    let mut stmts: Vec<Stmt> = Vec::with_capacity(block.stmts.len());
    for mut stmt in block.stmts.drain(..) {
        access::blocks_mut(&mut stmt.op).iter_mut().for_each(return_value);
        match stmt.op {
            Op::ObjectInsert { value, object, .. } => {
                inserted.insert(object, value);
                stmts.push(stmt);
            }
            Op::ResultSetAdd { value } => {
                returned.push(value);
                match inserted.get(&value) {
                    Some(&Operand::Local(source)) => stmts.push(Stmt {
                        op: Op::ReturnLocal { source },
                        location: stmt.location,
                    }),
                    Some(&source) => {
                        stmts.push(Stmt {
                            op: Op::AssignVar { source, target: value },
                            location: stmt.location,
                        });
                        stmts.push(Stmt {
                            op: Op::ReturnLocal { source: value },
                            location: stmt.location,
                        });
                    }
                    None => stmts.push(Stmt {
                        op: Op::ReturnLocal { source: value },
                        location: stmt.location,
                    }),
                }
            }
            _ => stmts.push(stmt),
        }
    }
    // The object of a value that is returned was for nothing.
    stmts.retain(|stmt| match stmt.op {
        Op::MakeObject { target } => !(returned.contains(&target) && inserted.contains_key(&target)),
        Op::ObjectInsert { object, .. } => !returned.contains(&object),
        _ => true,
    });
    block.stmts = stmts;
}

/// The function that decides in the entrypoint's place: that of its rule, if it does nothing but call it and give what comes back.
pub fn answered_by(entry: &Func, by_name: &HashMap<&str, usize>) -> Option<usize> {
    let mut stmts = entry.blocks.iter().flat_map(|block| &block.stmts);
    let Op::Call { func, args, result } = &stmts.next()?.op else {
        return None;
    };
    if *args != [Operand::Local(INPUT), Operand::Local(DATA)] {
        return None;
    }
    let mut answer = *result;
    for stmt in stmts {
        match stmt.op {
            Op::AssignVar { source, target } if source == Operand::Local(answer) => answer = target,
            Op::IsDefined { source } if source == answer => {}
            Op::ReturnLocal { source } if source == answer => return by_name.get(func.as_str()).copied(),
            _ => return None,
        }
    }
    None
}
