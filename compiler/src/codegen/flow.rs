//! Statements with blocks below them: iteration, negation, `with`; and tests of a value's kind.

use warrego_abi as abi;

use super::Error;
use super::emit::{I, M};
use super::function::{Body, Restore};
use crate::ir::{Block, Local, Operand};
use crate::link::object::ValType;

impl<'a> Body<'a, '_, '_> {
    /// Undefined unless the operand has the tag.
    pub(super) fn is(&mut self, source: Operand, tag: abi::Word) -> Result<(), Error> {
        self.operand(source)?;
        self.emit.i64(abi::TAG_MASK).op(I::I64And).i64(tag).op(I::I64Ne);
        self.undefined_if();
        Ok(())
    }

    /// Undefined unless the block is.
    pub(super) fn not(&mut self, block: &'a Block) -> Result<(), Error> {
        let label = self.emit.block();
        self.push_level(label);
        self.nested += 2;
        self.stmts(&block.stmts)?;
        self.nested -= 2;
        self.pop_level();
        self.undefined();
        self.emit.end();
        Ok(())
    }

    /// The block for each element. It stands two levels below the statement: leaving one goes on with the next element, leaving two
    /// ends the iteration.
    pub(super) fn scan(&mut self, source: Local, key: Local, value: Local, block: &'a Block) -> Result<(), Error> {
        let [entry, left, position, stride] = [ValType::I32; 4].map(|ty| self.emit.local(ty));
        let object = self.emit.local(ValType::I32);
        let mark = if self.function.loops.releasing.contains(&value) {
            Some(self.emit.local(ValType::I64))
        } else {
            None
        };
        let exit = self.emit.block();
        self.local(source)?;
        let scan = if self.function.loops.unordered.contains(&value) {
            "rt.scan_unordered"
        } else {
            "rt.scan"
        };
        self.emit.runtime(scan).tee(entry).op(I::I32Eqz).br_if(exit);
        self.local(source)?;
        self.emit
            .i64(32)
            .op(I::I64ShrU)
            .op(I::I32WrapI64)
            .mem(M::I32Load, abi::array::LEN)
            .tee(left)
            .op(I::I32Eqz)
            .br_if(exit);
        // Arrays give positions as keys, sets their elements.
        self.local(source)?;
        self.emit.i64(abi::TAG_MASK).op(I::I64And).i64(abi::OBJECT).op(I::I64Eq).tee(object);
        self.emit.i32(3).op(I::I32Shl).i32(8).op(I::I32Add).set(stride);
        self.emit.i32(0).set(position);
        if let Some(mark) = mark {
            self.emit.runtime("rt.mark").set(mark);
        }
        let again = self.emit.open_loop();
        let next = self.emit.block();
        self.local(source)?;
        self.emit.i64(abi::TAG_MASK).op(I::I64And).i64(abi::ARRAY).op(I::I64Eq).open_if();
        self.emit
            .get(position)
            .op(I::I64ExtendI32U)
            .i64(4)
            .op(I::I64Shl)
            .i64(abi::INT)
            .op(I::I64Or);
        self.store(key);
        self.emit.op(I::Else).get(entry).mem(M::I64Load, 0);
        self.store(key);
        self.emit.end();
        self.emit
            .get(entry)
            .get(object)
            .i32(3)
            .op(I::I32Shl)
            .op(I::I32Add)
            .mem(M::I64Load, 0);
        self.store(value);
        self.push_level(exit);
        self.push_level(next);
        self.nested += 2;
        self.stmts(&block.stmts)?;
        self.nested -= 2;
        self.pop_level();
        self.pop_level();
        self.emit.end();
        if let Some(mark) = mark {
            self.emit.get(mark).runtime("rt.release").set(mark);
        }
        self.emit.get(entry).get(stride).op(I::I32Add).set(entry);
        self.emit
            .get(position)
            .i32(1)
            .op(I::I32Add)
            .tee(position)
            .get(left)
            .op(I::I32LtU)
            .br_if(again);
        self.emit.end().end();
        Ok(())
    }

    /// The block with a document replaced, or patched at a path. What rules gave under the one document says nothing under the other:
    /// the epoch of remembered results changes with it.
    pub(super) fn with(&mut self, local: Local, path: &[u32], value: Operand, block: &'a Block) -> Result<(), Error> {
        let wasm = self.wasm_local(local);
        let [saved, epoch] = [ValType::I64; 2].map(|ty| self.emit.local(ty));
        let undefined = self.emit.local(ValType::I32);
        let restore = Restore { local: wasm, saved, epoch };
        self.emit.get(wasm).set(saved);
        if path.is_empty() {
            self.operand(value)?;
        } else {
            let mut keys = Vec::with_capacity(path.len());
            for &part in path {
                let text = self.context.string(part)?;
                keys.push(self.context.data.string(text.as_bytes())?);
            }
            let keys = self.context.data.array(&keys)?;
            self.emit.get(wasm).i64(keys);
            self.operand(value)?;
            self.emit.runtime("rt.with");
        }
        self.emit.set(wasm);
        let cell = self.context.epoch;
        self.emit.i32(cell).mem(M::I64Load, 0).set(epoch);
        self.begin_epoch();
        self.emit.i32(1).set(undefined);
        let label = self.emit.block();
        self.withs.push(restore);
        // Leaving this block comes to the undoing below; only what leaves further out undoes on its way.
        self.push_level(label);
        self.nested += 2;
        self.stmts(&block.stmts)?;
        self.nested -= 2;
        self.pop_level();
        self.withs.pop();
        self.emit.i32(0).set(undefined);
        self.emit.end();
        self.undo(restore);
        self.emit.get(undefined);
        self.undefined_if();
        Ok(())
    }

    /// Puts back what a `with` replaced.
    pub(super) fn undo(&mut self, restore: Restore) {
        self.emit.get(restore.saved).set(restore.local);
        self.emit.i32(self.context.epoch).get(restore.epoch).mem(M::I64Store, 0);
    }

    /// A new epoch for remembered results: counts up and makes it the current one.
    fn begin_epoch(&mut self) {
        let cell = self.context.epoch;
        super::memo::begin_epoch(&mut self.emit, cell);
    }
}
