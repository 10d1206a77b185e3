//! Results of functions of the embedder: JSON, nothing, or a message.
//!
//! A function that fails ends the decision with an error, whether built-in errors are strict or not: only its embedder knows what its failure means, and a
//! policy in which it were undefined could permit for that reason.

use crate::error::{self, BUILTIN_ERROR};
use crate::value::Value;
use crate::{arena, json, mem};
use warrego_abi::error_kind;

/// Bytes of `result<option<string>, string>`.
const AREA: u32 = 16;

/// Room for a result; 0 without memory.
#[unsafe(export_name = "rt.function_area")]
pub extern "C" fn function_area() -> u32 {
    arena::alloc(AREA)
}

/// The value of the result that was written to an address by the function of that name.
#[unsafe(export_name = "rt.function_result")]
pub extern "C" fn function_result(area: u32, name: Value) -> Value {
    let text = |at: u32| mem::bytes(mem::load32(at), mem::load32(at + 4));
    let failed = |message: &[u8]| error::raise(error_kind::POLICY, BUILTIN_ERROR, &[name.str_bytes(), b": ", message]);
    if mem::load8(area) != 0 {
        return failed(text(area + 4));
    }
    if mem::load8(area + 4) == 0 {
        return Value::UNDEFINED;
    }
    let value = json::read_quietly(text(area + 8));
    if value.is_defined() {
        value
    } else {
        failed(b"the result is not JSON")
    }
}
