//! `warrego:policy/policy-service`: typed decisions. The request becomes the document that wasmCloud's hosts send as JSON, the decision a
//! verdict; in between stands the same function as behind `evaluate`.

use super::results::PAYLOAD;
use super::{Glue, shapes};
use crate::codegen::emit::{I, M};
use crate::codegen::{Error, GeneratedEntry};
use crate::link::object::{Function, Target, ValType};
use crate::wit;
use warrego_abi as abi;

/// Where the response's verdict begins, behind the id.
const VERDICT: u32 = PAYLOAD + 8;

impl Glue<'_> {
    /// `decide(request: policy-request) -> result<policy-response, error>`
    ///
    /// The flat form of the request has too many parts for parameters, so that its address is passed. Its first field is the id, which the
    /// response repeats.
    pub(super) fn decide_request(&mut self, entry: &GeneratedEntry) -> Result<Function, Error> {
        let resolve = wit::resolve().map_err(Error::Bug)?;
        let request =
            wit::named_type(resolve, "policy-request").ok_or_else(|| Error::Bug("the contract has no `policy-request`".to_owned()))?;
        let shape = shapes::Shapes::new(resolve, self.data).named(request)?;
        let area = self.results.area;

        let mut emit = self.begin("decide request", 1);
        self.prepare(&mut emit);
        let word = emit.local(ValType::I64);
        emit.get(0).i32(shape).runtime("rt.lift").tee(word).i64(abi::ERROR).op(I::I64Eq);
        self.results.fail_if(&mut emit);
        let documents = self.documents(&mut emit, |emit| {
            emit.i64(entry.root);
        });
        emit.get(word).get(documents).call(Target::Generated(entry.function));
        emit.tee(word).i64(abi::ERROR).op(I::I64Eq);
        emit.runtime("rt.failed").op(I::I32Or);
        self.results.fail_if(&mut emit);
        emit.get(word).i32(area + VERDICT).runtime("rt.verdict").op(I::I32Eqz);
        self.results.fail_if(&mut emit);
        emit.i32(area).get(0).mem(M::I64Load, 0).mem(M::I64Store, PAYLOAD);
        self.results.succeed(&mut emit);
        Ok(emit.finish())
    }
}
