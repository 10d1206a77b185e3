//! The rule index in code: one lookup of the path's value in a static object of constants, one jump to the bodies that can hold.
//!
//! Thousands of bodies in one Wasm function would make it slow to compile for every host, so where the bodies of a long row share nothing but
//! the function's parameters they are put into functions of their own, [`CHUNK`] groups each.

use std::collections::HashMap;

use warrego_abi as abi;

use super::conflicts::Places;
use super::emit::{Emit, I, Label, M};
use super::function::Body;
use super::parts::{NUMBER, Row};
use super::{Context, Error};
use crate::ir::{Block, Local, Op};
use crate::link::object::{self, Target, ValType};
use crate::optimise::Function;
use crate::optimise::access;
use crate::optimise::constants::Const;
use crate::optimise::index::Index;

/// Groups in one function.
const CHUNK: usize = 64;

type Group = (Const, Vec<usize>);

/// Where the bodies of an index are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// In the function itself.
    Inside,
    /// In functions of their own, which give results, as many groups in each as [`CHUNK`] says.
    Alone,
    /// In parts of the function, if it has parts.
    Parts,
}

impl Rows {
    /// Decides where.
    pub(super) fn of(function: &Function, index: &Index) -> Self {
        match () {
            () if index.groups.len() <= CHUNK => Self::Inside,
            () if shares_nothing(function, index) => Self::Alone,
            () => Self::Parts,
        }
    }

    /// The index's part in the decision about parts.
    pub(super) fn planned<'a>(self, function: &'a Function, index: &Index) -> Vec<Row<'a>> {
        let row = |groups: &[Group], outlined| Row {
            groups: groups.iter().map(|(_, blocks)| blocks_of(function, blocks)).collect(),
            outlined,
        };
        match self {
            Self::Inside => vec![row(&index.groups, false)],
            Self::Alone => Vec::new(),
            Self::Parts => index.groups.chunks(CHUNK).map(|groups| row(groups, true)).collect(),
        }
    }
}

fn blocks_of<'a>(function: &'a Function, positions: &[usize]) -> Vec<&'a Block> {
    positions.iter().map(|&position| &function.func.blocks[position]).collect()
}

impl<'a> Body<'a, '_, '_> {
    /// Runs those of the index's blocks that the value at its path leaves possible.
    pub(super) fn choose(&mut self, index: &Index, rows: Rows) -> Result<(), Error> {
        let value = self.emit.local(ValType::I64);
        let behind = self.emit.block();
        self.local(index.root)?;
        for key in &index.path {
            let key = self.context.data.constant(key)?;
            self.emit.i64(key).runtime("rt.dot_str").tee(value).op(I::I64Eqz).br_if(behind);
            self.emit.get(value);
        }
        self.emit.set(value);
        let numbers = (0_u32..).map(|number| Const::Number(number.to_string().into()));
        let table = index
            .groups
            .iter()
            .zip(numbers)
            .map(|((constant, _), number)| (constant.clone(), number))
            .collect();
        let table = self.context.data.constant(&Const::Object(table))?;
        self.emit
            .i64(table)
            .get(value)
            .runtime("rt.dot")
            .tee(value)
            .op(I::I64Eqz)
            .br_if(behind);
        let number = self.emit.local(ValType::I32);
        self.emit.get(value).i64(4).op(I::I64ShrU).op(I::I32WrapI64).set(number);
        match rows {
            Rows::Alone => self.call_chunk(index, number, behind)?,
            Rows::Parts if self.part.is_some() => self.call_parts(index, number, behind)?,
            _ => self.groups(&index.groups, number, behind)?,
        }
        self.emit.end();
        Ok(())
    }

    /// Jumps to the group of that number.
    fn groups(&mut self, groups: &[Group], number: u32, behind: Label) -> Result<(), Error> {
        let function = self.function;
        let mut labels: Vec<Label> = groups.iter().map(|_| self.emit.block()).collect();
        labels.reverse();
        self.emit.get(number).br_table(&labels, behind);
        for (_, blocks) in groups {
            self.emit.end();
            self.row(&blocks_of(function, blocks))?;
            self.emit.br(behind);
        }
        Ok(())
    }

    /// Opens a block for each of so many chunks and jumps to the one that holds the group of that number.
    fn open_chunks(&mut self, count: usize, number: u32, behind: Label) {
        let mut labels: Vec<Label> = (0..count).map(|_| self.emit.block()).collect();
        labels.reverse();
        self.emit
            .get(number)
            .i32(CHUNK.trailing_zeros())
            .op(I::I32ShrU)
            .br_table(&labels, behind);
    }

    /// Calls the part that holds the group of that number.
    fn call_parts(&mut self, index: &Index, number: u32, behind: Label) -> Result<(), Error> {
        let chunks = index.groups.chunks(CHUNK);
        self.open_chunks(chunks.len(), number, behind);
        for groups in chunks {
            self.emit.end();
            if let Some(part) = &self.part {
                self.emit.get(part.frame).get(number).i32(CHUNK as u32 - 1).op(I::I32And);
                self.emit.op(I::I64ExtendI32U).mem(M::I64Store, NUMBER);
            }
            self.call_part(|part| {
                let behind = part.emit.block();
                let number = part.emit.local(ValType::I32);
                if let Some(own) = &part.part {
                    part.emit.get(own.frame).mem(M::I64Load, NUMBER).op(I::I32WrapI64).set(number);
                }
                part.groups(groups, number, behind)?;
                part.emit.end();
                Ok(())
            })?;
            self.emit.br(behind);
        }
        Ok(())
    }

    /// Calls the function that holds the group of that number; what it gives is the result of this function.
    fn call_chunk(&mut self, index: &Index, number: u32, behind: Label) -> Result<(), Error> {
        let mut functions = Vec::new();
        for groups in index.groups.chunks(CHUNK) {
            let places = self.places.as_ref().map(Places::for_part);
            let chunk = Body::chunk(self.context, self.function, groups, places)?;
            functions.push(self.context.outline(chunk));
        }
        self.open_chunks(functions.len(), number, behind);
        let result = self.emit.local(ValType::I64);
        for function in functions {
            self.emit.end();
            for param in 0..self.function.func.params.len() as u32 {
                self.emit.get(param);
            }
            self.emit
                .get(number)
                .i32(CHUNK as u32 - 1)
                .op(I::I32And)
                .call(Target::Generated(function));
            self.emit.tee(result).op(I::I64Eqz).br_if(behind);
            self.emit.get(result);
            self.leave_function();
        }
        Ok(())
    }
}

impl<'a, 'c, 'd> Body<'a, 'c, 'd> {
    /// A function of the same parameters and a group's number.
    fn chunk(
        context: &'c mut Context<'a, 'd>,
        function: &'a Function,
        groups: &[Group],
        places: Option<Places>,
    ) -> Result<object::Function, Error> {
        let mut params = vec![ValType::I64; function.func.params.len()];
        params.push(ValType::I32);
        let emit = Emit::new(format!("{} (part)", function.func.name), &params, &[ValType::I64]);
        let mut body = Self::with_places(context, function, emit, places);
        body.plan_parts(&[Row {
            groups: groups.iter().map(|(_, blocks)| blocks_of(function, blocks)).collect(),
            outlined: false,
        }])?;
        let behind = body.emit.block();
        body.groups(groups, function.func.params.len() as u32, behind)?;
        body.emit.end().i64(abi::UNDEFINED);
        Ok(body.emit.finish())
    }
}

/// Whether each of the index's blocks uses no local of another block, parameters aside.
fn shares_nothing(function: &Function, index: &Index) -> bool {
    let params = &function.func.params;
    let count = |blocks: &[crate::ir::Block]| {
        let mut counts: HashMap<Local, u32> = HashMap::new();
        let mut assigns_param = false;
        access::walk_locals(&mut blocks.to_vec(), &mut |local, access| {
            assigns_param |= params.contains(local) && access != access::Access::Read;
            *counts.entry(*local).or_default() += 1;
        });
        (counts, assigns_param)
    };
    let (total, _) = count(&function.func.blocks);
    index.groups.iter().flat_map(|(_, blocks)| blocks).all(|&block| {
        let blocks = std::slice::from_ref(&function.func.blocks[block]);
        let (own, assigns_param) = count(blocks);
        let mut breaks = false;
        access::walk(blocks, &mut |op| breaks |= matches!(op, Op::CallDynamic { .. }));
        let private =
            |local: &Local| params.contains(local) || total.get(local) == own.get(local) || function.constants.contains_key(local);
        !assigns_param && !breaks && own.keys().all(private)
    })
}
