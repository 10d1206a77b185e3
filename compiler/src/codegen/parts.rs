//! Functions in parts. What makes machine code of WebAssembly takes more than twice as long for a function twice as long, and refuses the longest; so a
//! long function of the plan becomes several Wasm functions, each with a piece of its statements, in a tree.
//!
//! A part takes the function's parameters and the address of its *frame*: memory for the locals that more than one part touches. It returns how it
//! was left: at its end, by leaving the plan's blocks around it, or with the function's result. Short functions know nothing of this.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use warrego_abi as abi;

use super::Error;
use super::emit::{Emit, I, M, WasmLocal};
use super::function::Body;
use crate::budget;
use crate::ir::{Block, Local, Op, Operand, Stmt};
use crate::link::object::{Target, ValType};
use crate::optimise::access;
use crate::optimise::constants::Constants;

/// Functions of so many statements stay as they are.
const WHOLE_MAX: u32 = 1200;
/// Statements of a part.
const PART: u32 = 400;
/// Parts that one part calls.
const FAN: u32 = 24;
/// Fewer statements than this are not worth a call.
const WORTH: u32 = 24;
/// How many blocks within each other a part has.
const NESTED_MAX: usize = 40;

/// The part was left at its end.
const FINISHED: u32 = 0;
/// The function is left with the result in the frame's first slot.
const RETURNED: u32 = 1;
/// The innermost block around the part is left; one more for each further one.
const LEFT: u32 = 2;

/// The frame's first slot: the function's result.
const RESULT: u32 = 0;
/// The second: the number that an index gave.
pub(super) const NUMBER: u32 = 8;

/// How a function is put into parts.
#[derive(Debug)]
pub(super) struct Plan {
    costs: HashMap<*const Stmt, u32>,
    /// Where in the frame a local is that several parts touch.
    slots: HashMap<Local, u32>,
    /// Where it is written down where a local's value comes from.
    origins: HashMap<Local, u32>,
    size: u32,
}

/// Which part of a function a body is.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) plan: Rc<Plan>,
    /// The Wasm local with the frame's address.
    pub(super) frame: WasmLocal,
    /// The number of the plan's blocks around the part, without the innermost.
    around: usize,
    /// A part of its own, not the function with the parts.
    is_inner: bool,
    /// How it is left.
    exits: BTreeSet<u32>,
}

/// Something that has a number of statements.
pub(super) trait Piece {
    fn cost(&self, costs: &HashMap<*const Stmt, u32>) -> u32;
    /// Whether what follows must be in the same part.
    fn holds_on_to(&self, next: &Self) -> bool;
}

impl Piece for Stmt {
    fn cost(&self, costs: &HashMap<*const Stmt, u32>) -> u32 {
        costs.get(&std::ptr::from_ref(self)).copied().unwrap_or(1)
    }

    fn holds_on_to(&self, next: &Self) -> bool {
        matches!(self.op, Op::Call { .. })
            && matches!(
                next.op,
                Op::NotEqual {
                    b: Operand::Bool(false),
                    ..
                }
            )
    }
}

impl Piece for &Block {
    fn cost(&self, costs: &HashMap<*const Stmt, u32>) -> u32 {
        total(&self.stmts, costs)
    }

    fn holds_on_to(&self, _: &Self) -> bool {
        false
    }
}

fn total<T: Piece>(list: &[T], costs: &HashMap<*const Stmt, u32>) -> u32 {
    list.iter().fold(0, |sum: u32, piece| sum.saturating_add(piece.cost(costs)))
}

/// The pieces of a list that are handled one by one, and whether each becomes a part; nothing if the list stays in one.
fn split<'l, T: Piece>(list: &'l [T], nested: usize, costs: &HashMap<*const Stmt, u32>) -> Option<Vec<(&'l [T], bool)>> {
    let sum = total(list, costs);
    if sum <= PART {
        return None;
    }
    if nested > NESTED_MAX {
        return Some(vec![(list, true)]);
    }
    let target = PART.max(sum.div_ceil(FAN));
    let mut pieces = Vec::new();
    let (mut start, mut cost) = (0, 0_u32);
    let mut cut = |start: usize, end: usize, cost: u32| {
        // A long statement is put into parts within.
        let outlined = cost >= WORTH && (end - start > 1 || cost <= PART);
        if end > start {
            pieces.push((&list[start..end], outlined));
        }
    };
    for (position, piece) in list.iter().enumerate() {
        let own = piece.cost(costs);
        let held = position > 0 && list[position - 1].holds_on_to(piece);
        if cost > 0 && cost.saturating_add(own) > target && !held {
            cut(start, position, cost);
            (start, cost) = (position, 0);
        }
        cost = cost.saturating_add(own);
    }
    cut(start, list.len(), cost);
    // A list that is one piece is put into parts within its statements.
    match pieces.as_slice() {
        [_] => None,
        _ => Some(pieces),
    }
}

/// Finds out which parts touch which locals.
struct Finder<'a> {
    costs: HashMap<*const Stmt, u32>,
    constants: &'a Constants,
    params: &'a [Local],
    /// The part that touches a local; `None` if several do.
    owners: HashMap<Local, Option<u32>>,
    parts: u32,
}

impl Finder<'_> {
    fn measure(&mut self, block: &Block) -> u32 {
        let mut sum = 0_u32;
        for stmt in &block.stmts {
            budget::tick();
            let below = access::blocks(&stmt.op);
            let mut own = 1_u32;
            if !below.is_empty() {
                for block in below {
                    own = own.saturating_add(self.measure(block)).saturating_add(1);
                }
                self.costs.insert(std::ptr::from_ref(stmt), own);
            }
            sum = sum.saturating_add(own);
        }
        sum
    }

    fn new_part(&mut self) -> u32 {
        self.parts += 1;
        self.parts
    }

    fn touch(&mut self, local: Local, part: u32) {
        if self.constants.contains_key(&local) || self.params.contains(&local) {
            return;
        }
        self.owners
            .entry(local)
            .and_modify(|owner| {
                if *owner != Some(part) {
                    *owner = None;
                }
            })
            .or_insert(Some(part));
    }

    fn blocks(&mut self, list: &[&Block], nested: usize, part: u32) {
        match split(list, nested, &self.costs) {
            None => list.iter().for_each(|block| self.stmts(&block.stmts, nested + 1, part)),
            Some(pieces) => {
                for (piece, outlined) in pieces {
                    let (nested, part) = if outlined { (0, self.new_part()) } else { (nested, part) };
                    match piece {
                        [block] if !outlined => self.stmts(&block.stmts, nested + 1, part),
                        _ => self.blocks(piece, nested, part),
                    }
                }
            }
        }
    }

    fn stmts(&mut self, list: &[Stmt], nested: usize, part: u32) {
        match split(list, nested, &self.costs) {
            None => list.iter().for_each(|stmt| self.stmt(stmt, nested, part)),
            Some(pieces) => {
                for (piece, outlined) in pieces {
                    let (nested, part) = if outlined { (0, self.new_part()) } else { (nested, part) };
                    match piece {
                        [stmt] if !outlined => self.stmt(stmt, nested, part),
                        _ => self.stmts(piece, nested, part),
                    }
                }
            }
        }
    }

    fn stmt(&mut self, stmt: &Stmt, nested: usize, part: u32) {
        access::touched(&stmt.op, &mut |local, _| self.touch(local, part));
        match &stmt.op {
            Op::Block { blocks } => self.blocks(&blocks.iter().collect::<Vec<_>>(), nested, part),
            op => {
                let below = access::blocks(op);
                below.iter().for_each(|block| self.stmts(&block.stmts, nested + 2, part));
            }
        }
    }
}

impl Plan {
    /// How to put a function's blocks into parts; nothing if they are short, or change what parts cannot share. A group is a list of blocks that run
    /// one after the other; groups of one row are parts of their own.
    pub(super) fn of(rows: &[Row<'_>], params: &[Local], constants: &Constants, listed: impl Iterator<Item = Local>) -> Option<Self> {
        let mut finder = Finder {
            costs: HashMap::new(),
            constants,
            params,
            owners: HashMap::new(),
            parts: 0,
        };
        let mut sum = 0_u32;
        let mut fits = true;
        for block in rows.iter().flat_map(|row| &row.groups).flatten() {
            sum = sum.saturating_add(finder.measure(block));
            access::walk([*block], &mut |op| {
                if let Op::With { local, .. } = op {
                    fits &= params.contains(local);
                }
            });
        }
        if sum <= WHOLE_MAX || !fits {
            return None;
        }
        for row in rows {
            let part = if row.outlined { finder.new_part() } else { 0 };
            row.groups.iter().for_each(|group| finder.blocks(group, 0, part));
        }
        let mut shared: Vec<Local> = finder
            .owners
            .iter()
            .filter(|(_, owner)| owner.is_none())
            .map(|(&local, _)| local)
            .collect();
        shared.sort_unstable();
        let mut size = NUMBER + 8;
        let mut next = || {
            size += 8;
            size - 8
        };
        let slots = shared.into_iter().map(|local| (local, next())).collect();
        let mut listed: Vec<Local> = listed.collect();
        listed.sort_unstable();
        let origins = listed.into_iter().map(|local| (local, next())).collect();
        Some(Self {
            costs: finder.costs,
            slots,
            origins,
            size,
        })
    }

    /// Where in the frame stands where a local's value comes from.
    pub(super) fn origin(&self, local: Local) -> Option<u32> {
        self.origins.get(&local).copied()
    }
}

/// Blocks of a function: lists of those that run one after the other.
pub(super) struct Row<'a> {
    /// The lists.
    pub(super) groups: Vec<Vec<&'a Block>>,
    /// They are a part of their own.
    pub(super) outlined: bool,
}

impl<'a> Body<'a, '_, '_> {
    /// Puts what follows into parts: makes the frame.
    pub(super) fn begin_parts(&mut self, plan: Plan) -> Result<(), Error> {
        if self.places.is_some() {
            self.table()?;
        }
        let frame = self.emit.local(ValType::I32);
        let next = self.emit.local(ValType::I32);
        self.emit
            .i32(plan.size / 8)
            .runtime("rt.array_new")
            .i64(32)
            .op(I::I64ShrU)
            .op(I::I32WrapI64);
        self.emit.mem(M::I32Load, abi::array::ITEMS).tee(frame).set(next);
        let again = self.emit.open_loop();
        self.emit.get(next).i64(abi::UNDEFINED).mem(M::I64Store, 0);
        self.emit.get(next).i32(8).op(I::I32Add).tee(next);
        self.emit.get(frame).i32(plan.size).op(I::I32Add).op(I::I32LtU).br_if(again);
        self.emit.end();
        self.part = Some(Part {
            plan: Rc::new(plan),
            frame,
            around: 0,
            is_inner: false,
            exits: BTreeSet::new(),
        });
        Ok(())
    }

    /// Blocks one after the other.
    pub(super) fn row(&mut self, list: &[&'a Block]) -> Result<(), Error> {
        let pieces = self.part.as_ref().and_then(|part| split(list, self.nested, &part.plan.costs));
        let Some(pieces) = pieces else {
            return list.iter().try_for_each(|block| self.block(block));
        };
        for (piece, outlined) in pieces {
            match piece {
                _ if outlined => self.call_part(|part| part.row(piece))?,
                [block] => self.block(block)?,
                _ => self.row(piece)?,
            }
        }
        Ok(())
    }

    /// Statements one after the other.
    pub(super) fn stmts(&mut self, list: &'a [Stmt]) -> Result<(), Error> {
        let pieces = self.part.as_ref().and_then(|part| split(list, self.nested, &part.plan.costs));
        let Some(pieces) = pieces else {
            return self.whole_stmts(list);
        };
        for (piece, outlined) in pieces {
            match piece {
                _ if outlined => self.call_part(|part| part.stmts(piece))?,
                [_] => self.whole_stmts(piece)?,
                _ => self.stmts(piece)?,
            }
        }
        Ok(())
    }

    /// Makes a part, and calls it.
    pub(super) fn call_part(&mut self, fill: impl FnOnce(&mut Body<'a, '_, '_>) -> Result<(), Error>) -> Result<(), Error> {
        let Some(Part { plan, frame, around, .. }) = &self.part else {
            return Err(Error::Bug("a function without parts calls one".to_owned()));
        };
        let (plan, frame) = (Rc::clone(plan), *frame);
        let levels = self.levels.len();
        let around = (around + levels).saturating_sub(1);
        let params = self.function.func.params.len();
        let mut types = vec![ValType::I64; params];
        types.push(ValType::I32);
        let emit = Emit::new(format!("{} (part)", self.function.func.name), &types, &[ValType::I32]);
        let places = self.places.as_ref().map(|places| places.for_part());
        let mut inner = Body::with_places(&mut *self.context, self.function, emit, places);
        inner.part = Some(Part {
            plan,
            frame: params as u32,
            around,
            is_inner: true,
            exits: BTreeSet::new(),
        });
        if levels > 0 {
            let label = inner.emit.block();
            inner.push_level(label);
        }
        fill(&mut inner)?;
        if levels > 0 {
            inner.emit.i32(FINISHED).op(I::Return).end().i32(LEFT);
        } else {
            inner.emit.i32(FINISHED);
        }
        let exits = inner.part.take().map(|part| part.exits).unwrap_or_default();
        let finished = inner.emit.finish();
        let number = self.context.outline(finished);
        for param in 0..params as u32 {
            self.emit.get(param);
        }
        self.emit.get(frame).call(Target::Generated(number));
        self.take_exit(levels > 0, &exits)
    }

    /// Goes on where the part on whose exit the stack has the number was left for.
    fn take_exit(&mut self, may_leave: bool, exits: &BTreeSet<u32>) -> Result<(), Error> {
        if exits.is_empty() {
            if may_leave {
                self.undefined_if();
            } else {
                self.emit.op(I::Drop);
            }
            return Ok(());
        }
        let exit = self.emit.local(ValType::I32);
        self.emit.tee(exit).open_if();
        for &code in exits {
            self.emit.get(exit).i32(code).op(I::I32Eq).open_if();
            if code == RETURNED {
                let frame = self.frame()?;
                self.emit.get(frame).mem(M::I64Load, RESULT);
                self.leave_function();
            } else {
                self.leave((code - LEFT) as usize);
            }
            self.emit.end();
        }
        if may_leave {
            self.undefined();
        }
        self.emit.end();
        Ok(())
    }

    fn frame(&self) -> Result<WasmLocal, Error> {
        let frame = self.part.as_ref().map(|part| part.frame);
        frame.ok_or_else(|| Error::Bug("a function without parts has no frame".to_owned()))
    }

    /// Where in the frame a local is, and the frame.
    pub(super) fn slot(&self, local: Local) -> Option<(WasmLocal, u32)> {
        let part = self.part.as_ref()?;
        Some((part.frame, *part.plan.slots.get(&local)?))
    }

    /// Returns from a part with the word on the stack as the function's result; `false` if this is not a part.
    pub(super) fn return_from_part(&mut self) -> bool {
        let Some(part) = self.part.as_mut().filter(|part| part.is_inner) else {
            return false;
        };
        part.exits.insert(RETURNED);
        let frame = part.frame;
        let word = self.emit.local(ValType::I64);
        self.emit.set(word).get(frame).get(word).mem(M::I64Store, RESULT);
        self.emit.i32(RETURNED).op(I::Return);
        true
    }

    /// Leaves blocks around a part, `beyond` of them further out than the innermost; `false` if there are none.
    pub(super) fn leave_part(&mut self, beyond: usize) -> bool {
        let Some(part) = self.part.as_mut().filter(|part| part.is_inner && beyond <= part.around) else {
            return false;
        };
        let code = LEFT + beyond as u32;
        part.exits.insert(code);
        self.emit.i32(code).op(I::Return);
        true
    }

    /// The number of the plan's blocks around this place.
    pub(super) fn depth(&self) -> usize {
        self.levels.len() + self.part.as_ref().map_or(0, |part| part.around)
    }
}
