//! The body of one function: its frame (locals, labels, what is to be undone on the way out) and the statements that are one thing after
//! the other. Comparisons, loops, calls and the rule index have files of their own.
//!
//! Undefined is a branch: every block of the plan is a Wasm block, and a statement that is undefined branches behind the innermost one.
//! A local that is not set holds 0, which is the word of undefined.

use std::collections::HashMap;

use warrego_abi as abi;

use super::conflicts::Places;
use super::emit::{Emit, I, Label, M, WasmLocal};
use super::parts::{Part, Plan, Row};
use super::switch::Rows;
use super::{Context, Error};
use crate::budget;
use crate::ir::{Block, Local, Op, Operand, Stmt};
use crate::link::object::{self, ValType};
use crate::optimise::Function;
use crate::optimise::constants::{self, Const};

/// One function being generated.
pub(super) struct Body<'a, 'c, 'd> {
    pub(super) context: &'c mut Context<'a, 'd>,
    pub(super) function: &'a Function,
    pub(super) emit: Emit,
    locals: HashMap<Local, WasmLocal>,
    /// Labels of the plan's enclosing blocks, innermost last, each with the number of `with` statements around it.
    pub(super) levels: Vec<(Label, usize)>,
    /// What the enclosing `with` statements have to undo, innermost last.
    pub(super) withs: Vec<Restore>,
    /// Words of constants, looked up once.
    words: HashMap<Local, abi::Word>,
    /// Where the function's values come from, if its conflicts are listed.
    pub(super) places: Option<Places>,
    /// The part of the function that this is, if it has parts.
    pub(super) part: Option<Part>,
    /// How many blocks of the part are around this place.
    pub(super) nested: usize,
}

/// What a `with` statement puts back when it is left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Restore {
    pub(super) local: WasmLocal,
    pub(super) saved: WasmLocal,
    pub(super) epoch: WasmLocal,
}

impl<'a, 'c, 'd> Body<'a, 'c, 'd> {
    /// Generates a function of the policy.
    pub(super) fn generate(context: &'c mut Context<'a, 'd>, function: &'a Function) -> Result<object::Function, Error> {
        let params = vec![ValType::I64; function.func.params.len()];
        let emit = Emit::new(function.func.name.clone(), &params, &[ValType::I64]);
        let mut body = Self::new(context, function, emit);
        body.top_level()?;
        body.emit.i64(abi::UNDEFINED);
        Ok(body.emit.finish())
    }

    /// A frame in which the function's parameters are the first of the Wasm function's.
    pub(super) fn new(context: &'c mut Context<'a, 'd>, function: &'a Function, emit: Emit) -> Self {
        let places = Places::find(context, function);
        Self::with_places(context, function, emit, places)
    }

    /// The same, and it is known where the function's values come from.
    pub(super) fn with_places(context: &'c mut Context<'a, 'd>, function: &'a Function, emit: Emit, places: Option<Places>) -> Self {
        let locals = function.func.params.iter().zip(0..).map(|(&param, wasm)| (param, wasm)).collect();
        Self {
            context,
            function,
            emit,
            locals,
            levels: Vec::new(),
            withs: Vec::new(),
            words: HashMap::new(),
            places,
            part: None,
            nested: 0,
        }
    }

    fn top_level(&mut self) -> Result<(), Error> {
        let function = self.function;
        let blocks: Vec<&Block> = function.func.blocks.iter().collect();
        let rows_of: Vec<Rows> = function.indexes.iter().map(|index| Rows::of(function, index)).collect();
        let mut next = 0;
        let mut rows = Vec::new();
        for (index, chunks) in function.indexes.iter().zip(&rows_of) {
            rows.push(Row {
                groups: vec![blocks[next..index.first].to_vec()],
                outlined: false,
            });
            rows.append(&mut chunks.planned(function, index));
            next = index.end;
        }
        rows.push(Row {
            groups: vec![blocks[next..].to_vec()],
            outlined: false,
        });
        self.plan_parts(&rows)?;
        next = 0;
        for (index, chunks) in function.indexes.iter().zip(&rows_of) {
            self.row(&blocks[next..index.first])?;
            self.choose(index, *chunks)?;
            next = index.end;
        }
        self.row(&blocks[next..])
    }

    /// Decides whether these blocks, all that the Wasm function holds, are put into parts.
    pub(super) fn plan_parts(&mut self, rows: &[Row<'a>]) -> Result<(), Error> {
        let function = self.function;
        let listed = self.places.iter().flat_map(|places| places.kept(function)).collect::<Vec<_>>();
        match Plan::of(rows, &function.func.params, &function.constants, listed.into_iter()) {
            Some(plan) => self.begin_parts(plan),
            None => Ok(()),
        }
    }

    /// A block of the plan: one level; undefined leaves it.
    pub(super) fn block(&mut self, block: &'a Block) -> Result<(), Error> {
        let label = self.emit.block();
        self.push_level(label);
        self.nested += 1;
        self.stmts(&block.stmts)?;
        self.nested -= 1;
        self.pop_level();
        self.emit.end();
        Ok(())
    }

    /// Statements in one part.
    pub(super) fn whole_stmts(&mut self, stmts: &'a [Stmt]) -> Result<(), Error> {
        let mut rest = stmts;
        while let Some((stmt, behind)) = rest.split_first() {
            rest = behind;
            if self.fused(stmt, behind.first())? {
                rest = &behind[1..];
                continue;
            }
            self.stmt(stmt)?;
        }
        Ok(())
    }

    fn stmt(&mut self, stmt: &'a Stmt) -> Result<(), Error> {
        budget::tick();
        let location = stmt.location;
        match &stmt.op {
            Op::ArrayAppend { value, array } => {
                self.local(*array)?;
                self.operand(*value)?;
                self.emit.runtime("rt.array_push");
                self.unless_out_of_memory();
            }
            Op::AssignInt { value, target } | Op::MakeNumberInt { value, target } => {
                let word = self.context.data.number(&value.to_string())?;
                self.emit.i64(word);
                self.store(*target);
            }
            Op::AssignVarOnce { source, target } => self.assign_once(*source, *target, location)?,
            Op::AssignVar { source, target } => {
                self.operand(*source)?;
                self.store(*target);
                self.keep_place(*source, *target, location);
            }
            Op::Block { blocks } => {
                self.row(&blocks.iter().collect::<Vec<_>>())?;
            }
            Op::Break { index } => self.leave(*index as usize),
            Op::CallDynamic { args, result, path } => self.call_dynamic(args, *result, path, location)?,
            Op::Call { func, args, result } => self.call(func, args, *result, location)?,
            Op::Dot { source, key, target } => self.dot(*source, *key, *target)?,
            Op::Equal { a, b } => self.equal(*a, *b, true)?,
            Op::NotEqual { a, b } => self.equal(*a, *b, false)?,
            Op::IsArray { source } => self.is(*source, abi::ARRAY)?,
            Op::IsObject { source } => self.is(*source, abi::OBJECT)?,
            Op::IsSet { source } => self.is(*source, abi::SET)?,
            Op::IsDefined { source } => {
                if !self.function.constants.contains_key(source) {
                    self.local(*source)?;
                    self.emit.op(I::I64Eqz);
                    self.undefined_if();
                }
            }
            Op::IsUndefined { source } => {
                self.local(*source)?;
                self.emit.i64(abi::UNDEFINED).op(I::I64Ne);
                self.undefined_if();
            }
            Op::Len { source, target } => {
                self.operand(*source)?;
                self.emit.runtime("rt.len");
                self.store(*target);
            }
            Op::MakeArray { capacity, target } => {
                self.emit.i32((*capacity).max(0) as u32).runtime("rt.array_new");
                self.store(*target);
            }
            Op::MakeNull { target } => {
                self.emit.i64(abi::NULL);
                self.store(*target);
            }
            Op::MakeNumberRef { index, target } => {
                let text = self.context.string(*index)?;
                let word = self.context.data.number(text)?;
                self.emit.i64(word);
                self.store(*target);
            }
            Op::MakeObject { target } => {
                self.emit.runtime("rt.object_new");
                self.store(*target);
            }
            Op::MakeSet { target } => {
                self.emit.runtime("rt.set_new");
                self.store(*target);
            }
            Op::Nop {} => {}
            Op::Not { block } => self.not(block)?,
            Op::ObjectInsertOnce { key, value, object } => {
                self.local(*object)?;
                self.operand(*key)?;
                self.operand(*value)?;
                self.emit.runtime("rt.object_insert_once").op(I::I32Eqz).open_if();
                let file = self.context.file(location)?;
                self.emit.i64(file).i32(location.row).i32(location.col).runtime("rt.conflict");
                self.leave_function();
                self.emit.end();
            }
            Op::ObjectInsert { key, value, object } => {
                self.local(*object)?;
                self.operand(*key)?;
                self.operand(*value)?;
                self.emit.runtime("rt.object_insert");
                self.unless_out_of_memory();
            }
            Op::ObjectMerge { a, b, target } => {
                self.local(*a)?;
                self.local(*b)?;
                self.emit.runtime("rt.object_merge");
                self.store(*target);
            }
            Op::ResetLocal { target } => {
                self.emit.i64(abi::UNDEFINED);
                self.store(*target);
            }
            // Plans were rewritten: see `crate::optimise`.
            Op::ResultSetAdd { .. } => return Err(Error::plan("a function adds to the result set")),
            Op::ReturnLocal { source } => {
                self.local(*source)?;
                self.leave_function();
            }
            Op::Scan { source, key, value, block } => self.scan(*source, *key, *value, block)?,
            Op::SetAdd { value, set } => {
                self.local(*set)?;
                self.operand(*value)?;
                self.emit.runtime("rt.set_add");
                self.unless_out_of_memory();
            }
            Op::With { local, path, value, block } => self.with(*local, path, *value, block)?,
        }
        Ok(())
    }

    /// Behind what adds to a collection: ends the decision where it said that there is no more memory. The error is already written down.
    fn unless_out_of_memory(&mut self) {
        self.emit.op(I::I32Eqz).open_if();
        self.emit.i64(abi::ERROR);
        self.leave_function();
        self.emit.end();
    }

    fn dot(&mut self, source: Operand, key: Operand, target: Local) -> Result<(), Error> {
        self.operand(source)?;
        let document = matches!(source, Operand::Local(local) if self.function.documents.contains(&local));
        let (lookup, position) = match self.constant(key) {
            Some(Const::String(text)) if !document || !text.ends_with(|last: char| last.is_ascii_digit()) => {
                match self.context.positions.get(&*text) {
                    Some(&position) => ("rt.dot_field", Some(position)),
                    None => ("rt.dot_str", None),
                }
            }
            _ if document => ("rt.dot_document", None),
            _ => ("rt.dot", None),
        };
        self.operand(key)?;
        if let Some(position) = position {
            self.emit.i32(position);
        }
        self.emit.runtime(lookup);
        self.tee(target);
        self.emit.op(I::I64Eqz);
        self.undefined_if();
        Ok(())
    }

    /// Returns the word on the stack from the function.
    pub(super) fn leave_function(&mut self) {
        self.restore(0);
        if !self.return_from_part() {
            self.emit.op(I::Return);
        }
    }

    /// Goes on behind the outermost of the plan's blocks around this place: what is left of a rule is not run.
    pub(super) fn leave_rule(&mut self) {
        self.leave(self.depth().saturating_sub(1));
    }

    /// Branches out of `index + 1` of the plan's blocks.
    pub(super) fn leave(&mut self, index: usize) {
        let Some(position) = self.levels.len().checked_sub(index + 1) else {
            let beyond = index + 1 - self.levels.len();
            if self.part.is_some() {
                self.restore(0);
                if self.leave_part(beyond) {
                    return;
                }
            }
            // Nothing is left to run: the function is undefined.
            self.emit.i64(abi::UNDEFINED);
            self.leave_function();
            return;
        };
        let (label, withs) = self.levels[position];
        self.restore(withs);
        self.emit.br(label);
    }

    /// How often a local is used other than by being set.
    pub(super) fn uses(&self, local: Local) -> u32 {
        self.function.uses.get(&local).copied().unwrap_or(0)
    }

    /// The statement is undefined if the `i32` on the stack is not 0.
    pub(super) fn undefined_if(&mut self) {
        let (label, withs) = self.levels[self.levels.len() - 1];
        if withs == self.withs.len() {
            self.emit.br_if(label);
        } else {
            self.emit.open_if();
            self.restore(withs);
            self.emit.br(label);
            self.emit.end();
        }
    }

    /// The statement is undefined.
    pub(super) fn undefined(&mut self) {
        let (label, withs) = self.levels[self.levels.len() - 1];
        self.restore(withs);
        self.emit.br(label);
    }

    /// Undoes the `with` statements around this place but the outermost `keep`.
    fn restore(&mut self, keep: usize) {
        for position in (keep..self.withs.len()).rev() {
            self.undo(self.withs[position]);
        }
    }

    pub(super) fn push_level(&mut self, label: Label) {
        self.levels.push((label, self.withs.len()));
    }

    pub(super) fn pop_level(&mut self) {
        self.levels.pop();
    }

    /// What an operand is, if it is constant.
    pub(super) fn constant(&self, operand: Operand) -> Option<Const> {
        constants::resolve(operand, &self.function.constants, &self.context.optimised.policy.statics)
    }

    /// Puts an operand's word on the stack.
    pub(super) fn operand(&mut self, operand: Operand) -> Result<(), Error> {
        match operand {
            Operand::Local(local) => self.local(local)?,
            Operand::Bool(value) => {
                self.emit.i64(if value { abi::TRUE } else { abi::FALSE });
            }
            Operand::StringIndex(index) => {
                let text = self.context.string(index)?;
                let word = self.context.data.string(text.as_bytes())?;
                self.emit.i64(word);
            }
        }
        Ok(())
    }

    /// Puts a local's word on the stack.
    pub(super) fn local(&mut self, local: Local) -> Result<(), Error> {
        if let Some(&word) = self.words.get(&local) {
            self.emit.i64(word);
        } else if let Some(value) = self.function.constants.get(&local) {
            let word = self.context.data.constant(value)?;
            self.words.insert(local, word);
            self.emit.i64(word);
        } else {
            self.get(local);
        }
        Ok(())
    }

    /// Puts the word of a local that is no constant on the stack.
    pub(super) fn get(&mut self, local: Local) {
        match self.slot(local) {
            Some((frame, offset)) => self.emit.get(frame).mem(M::I64Load, offset),
            None => {
                let wasm = self.wasm_local(local);
                self.emit.get(wasm)
            }
        };
    }

    /// Sets a local to the word on the stack.
    pub(super) fn store(&mut self, local: Local) {
        if self.slot(local).is_some() {
            self.tee(local);
            self.emit.op(I::Drop);
        } else {
            let wasm = self.wasm_local(local);
            self.emit.set(wasm);
        }
    }

    /// Sets a local to the word on the stack, which stays there. Gives a Wasm local that holds it, too.
    pub(super) fn tee(&mut self, local: Local) -> WasmLocal {
        let Some((frame, offset)) = self.slot(local) else {
            let wasm = self.wasm_local(local);
            self.emit.tee(wasm);
            return wasm;
        };
        let word = self.emit.local(ValType::I64);
        self.emit.set(word).get(frame).get(word).mem(M::I64Store, offset).get(word);
        word
    }

    /// The Wasm local of a plan's local that one part alone touches.
    pub(super) fn wasm_local(&mut self, local: Local) -> WasmLocal {
        match self.locals.get(&local) {
            Some(&wasm) => wasm,
            None => {
                let wasm = self.emit.local(ValType::I64);
                self.locals.insert(local, wasm);
                wasm
            }
        }
    }
}
