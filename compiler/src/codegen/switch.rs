//! The rule index in code: one lookup of the path's value in a static object of constants, one jump to the bodies that can hold.

use warrego_abi as abi;

use super::Error;
use super::emit::I;
use super::function::Body;
use crate::link::object::ValType;
use crate::optimise::constants::Const;
use crate::optimise::index::Index;

impl Body<'_, '_, '_> {
    /// Runs those of the index's blocks that the value at its path leaves possible.
    pub(super) fn choose(&mut self, index: &Index) -> Result<(), Error> {
        let function = self.function;
        let value = self.emit.local(ValType::I64);
        let behind = self.emit.block();
        self.local(index.root)?;
        for key in &index.path {
            let key = self.context.data.constant(key)?;
            self.emit.i64(key).runtime("rt.dot_str").tee(value).op(I::I64Eqz).br_if(behind);
            self.emit.get(value);
        }
        self.emit.set(value);
        let table = index
            .groups
            .iter()
            .zip(0_u32..)
            .map(|((constant, _), number)| (constant.clone(), Const::Number(number.to_string().into())));
        let table = self.context.data.constant(&Const::Object(table.collect()))?;
        self.emit
            .i64(table)
            .get(value)
            .runtime("rt.dot")
            .tee(value)
            .op(I::I64Eqz)
            .br_if(behind);
        let mut labels: Vec<_> = index.groups.iter().map(|_| self.emit.block()).collect();
        labels.reverse();
        self.emit
            .get(value)
            .i64(4)
            .op(I::I64ShrU)
            .op(I::I32WrapI64)
            .br_table(&labels, behind);
        debug_assert_eq!(abi::INT, 4);
        for (_, blocks) in &index.groups {
            self.emit.end();
            for &block in blocks {
                self.block(&function.func.blocks[block])?;
            }
            self.emit.br(behind);
        }
        self.emit.end();
        Ok(())
    }
}
