//! Results of rules are remembered for one decision. Each such rule has a cell in zeroed memory: the epoch in which its result was found, and the result.
//! Every decision begins an epoch of its own, and so does every `with`; a cell of another epoch counts as empty, so nothing is ever cleared.

use warrego_abi as abi;

use super::emit::{Emit, I, M};
use crate::link::object::{Function, Target, ValType};

/// Bytes of the epochs: the current one, then the highest one given out.
pub(super) const EPOCHS: u32 = 16;
/// Bytes of a rule's cell.
pub(super) const CELL: u32 = 16;

/// Begins an epoch.
pub(super) fn begin_epoch(emit: &mut Emit, cell: u32) {
    let next = emit.local(ValType::I64);
    emit.i32(cell)
        .i32(cell)
        .mem(M::I64Load, 8)
        .i64(1)
        .op(I::I64Add)
        .tee(next)
        .mem(M::I64Store, 8);
    emit.i32(cell).get(next).mem(M::I64Store, 0);
}

/// A function that asks the cell before it calls the rule's own function.
pub(super) fn wrapper(name: &str, epochs: u32, cell: u32, body: u32) -> Function {
    let mut emit = Emit::new(name, &[ValType::I64; 2], &[ValType::I64]);
    let epoch = emit.local(ValType::I64);
    let result = emit.local(ValType::I64);
    emit.i32(epochs).mem(M::I64Load, 0).tee(epoch);
    emit.i32(cell).mem(M::I64Load, 0).op(I::I64Eq).open_if();
    emit.i32(cell).mem(M::I64Load, 8).op(I::Return).end();
    emit.get(0).get(1).call(Target::Generated(body)).set(result);
    emit.i32(cell).get(result).mem(M::I64Store, 8);
    emit.i32(cell).get(epoch).mem(M::I64Store, 0);
    emit.get(result);
    debug_assert_eq!(abi::UNDEFINED, 0);
    emit.finish()
}
