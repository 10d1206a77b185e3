//! Assignments that cannot meet a value. `AssignVarOnce` compares where its local is set already, and a function that compares can fail; where the local
//! cannot be set yet it becomes `AssignVar`, which does neither. That is so for a rule's first body, a body behind another one's `else`, and what a loop
//! assigns before it ends.
//!
//! Found by following the statements with two bits for each place: whether it is reached with the local unset, and whether it is reached with the local set.

use std::collections::{BTreeMap, BTreeSet};

use super::access::{self, Access};
use crate::ir::{Block, Func, Local, Op, Operand};

/// Bodies' values: locals that are assigned once and handed over to the result. Plans that OPA wrote have one for each rule.
pub fn values(func: &Func) -> BTreeSet<Local> {
    let mut assigned = BTreeSet::new();
    let mut handed_over = BTreeSet::new();
    access::walk(&func.blocks, &mut |op| {
        if let Op::AssignVarOnce { source, target } = op {
            assigned.insert(*target);
            if let Operand::Local(value) = source
                && *target == func.result
            {
                handed_over.insert(*value);
            }
        }
    });
    assigned.remove(&func.result);
    assigned.intersection(&handed_over).copied().collect()
}

/// Has assignments that cannot meet a value assign without asking.
pub fn relax(func: &mut Func) {
    // Blocks that do not speak of a local leave it as it is: each local is followed through its own blocks alone.
    let mut blocks: BTreeMap<Local, Vec<usize>> = BTreeMap::new();
    access::walk(&func.blocks, &mut |op| {
        if let Op::AssignVarOnce { target, .. } = op {
            blocks.entry(*target).or_default();
        }
    });
    for (position, block) in func.blocks.iter_mut().enumerate() {
        access::walk_locals(std::slice::from_mut(block), &mut |local, _| {
            if let Some(own) = blocks.get_mut(local)
                && own.last() != Some(&position)
            {
                own.push(position);
            }
        });
    }
    for (target, own) in blocks {
        let mut flow = Flow {
            target,
            levels: Vec::new(),
            next: 0,
            meets: Vec::new(),
        };
        let mut at = if func.params.contains(&target) { SET } else { UNSET };
        for block in own.iter().filter_map(|&position| func.blocks.get(position)) {
            at = flow.block(block, at);
        }
        let mut meets = flow.meets.into_iter();
        for &position in &own {
            access::walk_mut(&mut func.blocks[position..=position], &mut |op| match *op {
                Op::AssignVarOnce { source, target: assigned } if assigned == target && meets.next() == Some(false) => {
                    *op = Op::AssignVar { source, target };
                }
                _ => {}
            });
        }
    }
}

/// How a place is reached: not at all, with the local unset, with the local set, or one or the other.
type Reach = u8;
const NEVER: Reach = 0;
const UNSET: Reach = 1;
const SET: Reach = 2;

struct Flow {
    target: Local,
    /// How the ends of the enclosing blocks are reached from within, innermost last.
    levels: Vec<Reach>,
    /// The number of the assignment that comes next, in the order of [`access::walk`].
    next: usize,
    /// Whether each assignment may meet a value.
    meets: Vec<bool>,
}

impl Flow {
    /// What lies behind a block that may be undefined.
    fn block(&mut self, block: &Block, at: Reach) -> Reach {
        let (end, left) = self.level(block, at);
        end | left
    }

    /// How the block's end is reached, and how the place behind it by what leaves the block.
    fn level(&mut self, block: &Block, at: Reach) -> (Reach, Reach) {
        self.levels.push(NEVER);
        let end = block.stmts.iter().fold(at, |at, stmt| self.op(&stmt.op, at));
        (end, self.levels.pop().unwrap_or(NEVER))
    }

    /// Leaves `index + 1` blocks.
    fn leave(&mut self, index: usize, at: Reach) {
        let levels = self.levels.len();
        if let Some(level) = levels.checked_sub(index + 1).and_then(|level| self.levels.get_mut(level)) {
            *level |= at;
        }
    }

    fn op(&mut self, op: &Op, at: Reach) -> Reach {
        match op {
            Op::AssignVarOnce { target, .. } if *target == self.target => {
                if self.next == self.meets.len() {
                    self.meets.push(false);
                }
                if let Some(meets) = self.meets.get_mut(self.next) {
                    *meets |= at & SET != 0;
                }
                self.next += 1;
                if at == NEVER { NEVER } else { SET }
            }
            Op::IsUndefined { source } if *source == self.target => {
                self.leave(0, at & SET);
                at & UNSET
            }
            Op::IsDefined { source } if *source == self.target => {
                self.leave(0, at & UNSET);
                at & SET
            }
            Op::ResetLocal { target } if *target == self.target => {
                if at == NEVER {
                    NEVER
                } else {
                    UNSET
                }
            }
            Op::Break { index } => {
                self.leave(*index as usize, at);
                NEVER
            }
            Op::ReturnLocal { .. } => NEVER,
            Op::Block { blocks } => blocks.iter().fold(at, |at, block| self.block(block, at)),
            Op::Not { block } => {
                let (end, left) = self.level(block, at);
                self.leave(0, end);
                left
            }
            Op::With { block, .. } => {
                let (end, left) = self.level(block, at);
                self.leave(0, at | left);
                end
            }
            Op::Scan { block, .. } => self.scan(op, block, at),
            op => {
                self.leave(0, at);
                if matches!(op, Op::CallDynamic { .. }) {
                    self.leave(3, at);
                }
                self.written(op, at)
            }
        }
    }

    /// What another statement than an assignment does to the local.
    fn written(&self, op: &Op, at: Reach) -> Reach {
        let mut written = false;
        access::locals(&mut op.clone(), &mut |local, access| {
            written |= *local == self.target && matches!(access, Access::Write | Access::Update);
        });
        if written && at != NEVER { UNSET | SET } else { at }
    }

    /// A loop's body stands two levels below it: behind the one comes the next element, behind the other what follows the loop.
    fn scan(&mut self, op: &Op, block: &Block, at: Reach) -> Reach {
        let first = self.next;
        let mut begin = at;
        let mut behind = at;
        loop {
            self.next = first;
            self.levels.push(NEVER);
            let element = begin_element(op, self.target, begin);
            let again = begin | self.block(block, element);
            behind |= again | self.levels.pop().unwrap_or(NEVER);
            if again == begin {
                return behind;
            }
            begin = again;
        }
    }
}

/// The loop's own locals are set with each element.
fn begin_element(op: &Op, target: Local, at: Reach) -> Reach {
    match op {
        Op::Scan { key, value, .. } if at != NEVER && (*key == target || *value == target) => SET,
        _ => at,
    }
}
