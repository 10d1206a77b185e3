//! Calls of the embedder's functions: each becomes a function that writes its arguments as JSON, calls the import and reads the result.

use warrego_abi as abi;

use super::emit::{Emit, I};
use super::{Context, Error};
use crate::capabilities::Custom;
use crate::link::object::{FuncType, Function, Import, Target, ValType};
use crate::wit::functions::{parameters, place};

impl Context<'_, '_> {
    /// The function that calls one of the embedder's.
    pub(super) fn embedder(&mut self, custom: Custom) -> Result<Target, Error> {
        if let Some(&known) = self.embedders.get(custom.name) {
            return Ok(Target::Generated(known));
        }
        let name = self.data.string(custom.name.as_bytes())?;
        let number = self.outline(caller(custom, name));
        self.embedders.insert(custom.name, number);
        Ok(Target::Generated(number))
    }
}

/// `(arguments) -> result`, all of them values; `name` is the word of the function's name.
fn caller(custom: Custom, name: abi::Word) -> Function {
    let (module, function) = place(custom.name);
    let arity = custom.arity as u32;
    let mut emit = Emit::new(custom.name, &vec![ValType::I64; custom.arity], &[ValType::I64]);
    // Address and length of an argument take the place of its value.
    for argument in 0..arity {
        emit.get(argument).runtime("rt.write_json").tee(argument);
        emit.i64(abi::ERROR).op(I::I64Eq).open_if();
        emit.i64(abi::ERROR).op(I::Return).end();
    }
    let area = emit.local(ValType::I32);
    emit.runtime("rt.function_area").tee(area).op(I::I32Eqz).open_if();
    emit.i64(abi::ERROR).op(I::Return).end();
    for argument in 0..arity {
        emit.get(argument).op(I::I32WrapI64);
        emit.get(argument).i64(32).op(I::I64ShrU).op(I::I32WrapI64);
    }
    emit.get(area).call(Target::Import(Import {
        module,
        name: function,
        params: parameters(custom.parameters()),
        ty: FuncType {
            params: vec![ValType::I32; 2 * custom.arity + 1],
            results: Vec::new(),
        },
    }));
    emit.get(area).i64(name).runtime("rt.function_result");
    emit.finish()
}
