//! The return area and what every export writes there alike: success without anything, and errors.
//!
//! All results are `result<…, error>` with a payload aligned to 4: a byte tells success from failure, the payload begins at 4. An error is the
//! case's byte, and from 4 on (8 in all) the detail: code, message, an optional place.

use crate::codegen::data::{Data, TooLarge};
use crate::codegen::emit::{Emit, I, M};
use crate::link::object::{Object, Target, ValType};
use std::mem::offset_of;
use warrego_abi::{self as abi, ErrorRecord, Word, error_kind};

/// Bytes of the largest result, rounded up to 8.
pub(super) const SIZE: u32 = 48;
/// Where the payload of a result begins.
pub(super) const PAYLOAD: u32 = 4;

/// Places in a failed result.
pub(super) mod failure {
    /// The error's case.
    pub const CASE: u32 = super::PAYLOAD;
    /// The code's address and length, then the message's.
    pub const CODE: u32 = CASE + 4;
    /// Whether there is a place.
    pub const HAS_LOCATION: u32 = CODE + 16;
    /// The file's address and length, then row and column.
    pub const LOCATION: u32 = HAS_LOCATION + 4;
    /// The end.
    pub const END: u32 = LOCATION + 16;
}

/// The return area and the functions that fill it.
pub(super) struct Results {
    /// Its address; aligned to 8.
    pub area: u32,
    /// `() -> i32`: writes the runtime's error, ends the decision, gives [`Results::area`].
    pub fail: Target,
    /// `() -> i32`: the same for an entrypoint that does not exist.
    pub unknown_entrypoint: Target,
}

impl Results {
    pub fn new(object: &mut Object, data: &mut Data, entrypoints: usize) -> Result<Self, TooLarge> {
        let area = data.raw(&[0; SIZE as usize])?;
        let mut add = |emit: Emit| {
            object.functions.push(emit.finish());
            Target::Generated(object.functions.len() as u32 - 1)
        };
        let fail = add(fail(area));
        let code = data.string(b"unknown_entrypoint")?;
        let message = format!("there is no entrypoint of this number, the policy has {entrypoints}");
        let message = data.string(message.as_bytes())?;
        let unknown_entrypoint = add(unknown_entrypoint(area, code, message));
        Ok(Self {
            area,
            fail,
            unknown_entrypoint,
        })
    }

    /// Ends the decision; the function ends here with a result whose first bytes are those of success; the payload is written.
    pub fn succeed(&self, emit: &mut Emit) {
        emit.runtime("rt.finish");
        self.give(emit);
    }

    /// As [`Results::succeed`], of a decision that has ended.
    pub fn give(&self, emit: &mut Emit) {
        emit.i32(self.area).i32(0).mem(M::I32Store, 0);
        emit.i32(self.area);
    }

    /// Ends the function with the runtime's error if there is a number other than zero on the stack.
    pub fn fail_if(&self, emit: &mut Emit) {
        emit.open_if();
        emit.call(self.fail.clone()).op(I::Return).end();
    }
}

/// The address and length of a constant text.
pub(super) const fn parts(text: Word) -> (u32, u32) {
    ((text >> 32) as u32, text as u32 >> 4)
}

fn fail(area: u32) -> Emit {
    const RECORD_TEXTS: u32 = offset_of!(ErrorRecord, code) as u32;
    const RECORD_MESSAGE: u32 = offset_of!(ErrorRecord, message) as u32;
    const RECORD_LOCATION: u32 = offset_of!(ErrorRecord, file) as u32;
    const RECORD_ROW: u32 = offset_of!(ErrorRecord, row) as u32;

    let mut emit = Emit::new("fail", &[], &[ValType::I32]);
    let record = emit.local(ValType::I32);
    emit.runtime("rt.error").tee(record);
    // Without memory for the repair the message is empty.
    emit.i32(RECORD_MESSAGE).op(I::I32Add).runtime("rt.utf8").op(I::Drop);
    emit.i32(area).i32(1).mem(M::I32Store, 0);
    emit.i32(area).get(record).mem(M::I32Load, offset_of!(ErrorRecord, kind) as u32);
    emit.mem(M::I32Store, failure::CASE);
    for at in [0, 8] {
        emit.i32(area).get(record).mem(M::I64Load, RECORD_TEXTS + at);
        emit.mem(M::I64Store, failure::CODE + at);
        emit.i32(area).get(record).mem(M::I64Load, RECORD_LOCATION + at);
        emit.mem(M::I64Store, failure::LOCATION + at);
    }
    emit.i32(area).get(record).mem(M::I32Load, RECORD_ROW).i32(0).op(I::I32Ne);
    emit.mem(M::I32Store, failure::HAS_LOCATION);
    emit.runtime("rt.finish").i32(area);
    emit
}

fn unknown_entrypoint(area: u32, code: Word, message: Word) -> Emit {
    let mut emit = Emit::new("unknown entrypoint", &[], &[ValType::I32]);
    emit.i32(area).i32(1).mem(M::I32Store, 0);
    emit.i32(area).i32(error_kind::ENTRYPOINT).mem(M::I32Store, failure::CASE);
    for (text, at) in [(code, 0), (message, 8)] {
        let (address, length) = parts(text);
        emit.i32(area).i32(address).mem(M::I32Store, failure::CODE + at);
        emit.i32(area).i32(length).mem(M::I32Store, failure::CODE + at + 4);
    }
    emit.i32(area).i32(0).mem(M::I32Store, failure::HAS_LOCATION);
    emit.runtime("rt.finish").i32(area);
    emit
}

const _: () = assert!(failure::END <= SIZE && abi::verdict::SIZE + 12 <= SIZE);

#[cfg(test)]
mod tests {
    use super::{PAYLOAD, SIZE, failure};
    use crate::wit;
    use wit_parser::{SizeAlign, Type, TypeDefKind};

    /// The constants are those that follow from the types.
    #[test]
    fn layouts() {
        let resolve = wit::resolve().expect("the contract is well-formed");
        let mut sizes = SizeAlign::default();
        sizes.fill(resolve);
        let named = |name| Type::Id(wit::named_type(resolve, name).expect("the contract has the type"));
        let record = |name| match named(name) {
            Type::Id(id) => match &resolve.types[id].kind {
                TypeDefKind::Record(record) => sizes
                    .field_offsets(record.fields.iter().map(|field| &field.ty))
                    .into_iter()
                    .map(|(offset, _)| offset.size_wasm32() as u32)
                    .collect::<Vec<_>>(),
                other => panic!("{name} is {other:?}"),
            },
            other => panic!("{name} is {other:?}"),
        };
        let error = named("error");
        assert_eq!(sizes.align(&error).align_wasm32() as u32, PAYLOAD);
        assert_eq!(PAYLOAD + sizes.size(&error).size_wasm32() as u32, failure::END);
        assert_eq!(record("error-detail"), [0, 8, failure::HAS_LOCATION - failure::CODE]);
        assert_eq!(record("location"), [0, 8, 12]);
        assert_eq!(record("policy-response"), [0, 8, 12]);
        assert!(PAYLOAD + sizes.size(&named("policy-response")).size_wasm32() as u32 <= SIZE);
    }
}
