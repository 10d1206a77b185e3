//! `internal.print`, what `print` calls are rewritten to where they are kept, and `trace`.
//!
//! A line is printed for each combination of the operands' values, to the standard error stream or to `wasi:logging`: two functions, of which the compiler calls
//! one. Operands come as sets, so that one that is undefined is an empty set and not the end of the rule. `trace` has no reader: OPA shows its notes to those who
//! asked for an explanation of a query.

use super::args::type_error;
use super::term;
use crate::arena::{self, Buffer};
use crate::collections::Array;
use crate::value::{Kind, Value};
use crate::{error, mem, verdict};
use warrego_abi::error_kind;

/// No call prints more lines than this.
const LINES_MAX: u64 = 10_000;

#[cfg(target_arch = "wasm32")]
fn log(message: &[u8]) {
    #[link(wasm_import_module = "wasi:logging/logging@0.1.0-draft")]
    unsafe extern "C" {
        #[link_name = "log"]
        unsafe fn log(level: u32, context: *const u8, context_length: usize, message: *const u8, message_length: usize);
    }
    const INFO: u32 = 2;
    const CONTEXT: &[u8] = b"print";
    // SAFETY: the host reads two texts; the message is UTF-8.
    unsafe { log(INFO, CONTEXT.as_ptr(), CONTEXT.len(), message.as_ptr(), message.len()) };
}

#[cfg(not(target_arch = "wasm32"))]
fn log(_message: &[u8]) {}

/// Writes to the standard error stream. Nobody learns of a failure: what a policy decides must not depend on who reads its messages.
#[cfg(target_arch = "wasm32")]
fn write_to_stderr(message: &[u8]) {
    use super::wasi::Handle;
    #[link(wasm_import_module = "wasi:cli/stderr@0.2.0")]
    unsafe extern "C" {
        #[link_name = "get-stderr"]
        safe fn get_stderr() -> u32;
    }
    #[link(wasm_import_module = "wasi:io/streams@0.2.0")]
    unsafe extern "C" {
        #[link_name = "[method]output-stream.blocking-write-and-flush"]
        unsafe fn write(stream: u32, bytes: *const u8, len: usize, result: *mut [u32; 3]);
        #[link_name = "[resource-drop]output-stream"]
        safe fn drop_stream(stream: u32);
    }
    #[link(wasm_import_module = "wasi:io/error@0.2.0")]
    unsafe extern "C" {
        #[link_name = "[resource-drop]error"]
        safe fn drop_error(error: u32);
    }
    /// As much as one call may write.
    const CHUNK: usize = 4096;
    let stream = Handle::new(get_stderr(), |number| drop_stream(number));
    for chunk in message.chunks(CHUNK) {
        let mut result = [0; 3];
        // SAFETY: the host reads the bytes, and writes a byte that tells success from failure, then the kind of the failure and perhaps an error's number.
        unsafe { write(stream.number(), chunk.as_ptr(), chunk.len(), &raw mut result) };
        let [failed, kind, number] = result;
        if failed & 0xff != 0 {
            if kind & 0xff == 0 {
                drop_error(number);
            }
            return;
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn write_to_stderr(_message: &[u8]) {}

/// How many values an operand has in print.
fn choices(operand: Value) -> u64 {
    operand.as_set().map_or(1, |set| u64::from(set.len().max(1)))
}

/// Appends one of an operand's values: strings as they are, the rest as Rego writes it.
fn write_choice(operand: Value, choice: u64, out: &mut Buffer) {
    let value = match operand.as_set() {
        Some(set) => set.iter().nth(choice as usize),
        None => Some(operand),
    };
    match value.map(|value| (value, value.as_str())) {
        Some((_, Some(text))) => out.extend(text),
        Some((value, None)) => term::write(value, out),
        None => out.extend(b"<undefined>"),
    }
}

/// One line: the operands' values of a combination, the last operand's changing first, and what ends the line.
fn print_line(operands: Array, combination: u64, all: u64, end: &[u8], write: impl Fn(&[u8])) {
    let mut out = Buffer::new();
    let (mut rest, mut below) = (combination, all);
    for (at, operand) in operands.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        below /= choices(operand);
        write_choice(operand, rest / below, &mut out);
        rest %= below;
    }
    out.extend(end);
    let Some(message) = out.finish() else { return };
    // Address and length, where they are replaced if it is not UTF-8.
    let text = arena::alloc(8);
    if text == 0 {
        return;
    }
    mem::store32(text, mem::address(message.as_ptr()));
    mem::store32(text + 4, message.len() as u32);
    if verdict::utf8(text) == 1 {
        write(mem::bytes(mem::load32(text), mem::load32(text + 4)));
    }
}

/// Prints all combinations of the operands' values.
fn print_lines(operands: Value, end: &[u8], write: impl Fn(&[u8])) -> Value {
    let Some(operands) = operands.as_array() else {
        return type_error("internal.print", 0, operands, "array");
    };
    let mut all = 1u64;
    for operand in operands.iter() {
        if matches!(operand.kind(), Kind::Array | Kind::Object) {
            let message: [&[u8]; 2] = [b"illegal argument type: ", operand.kind().name().as_bytes()];
            return error::raise(error_kind::POLICY, "eval_internal_error", &message);
        }
        all = all.saturating_mul(choices(operand));
    }
    (0..all.min(LINES_MAX)).for_each(|combination| print_line(operands, combination, all, end, &write));
    Value::TRUE
}

/// Prints to the standard error stream.
#[unsafe(export_name = "b.internal.print")]
pub extern "C" fn print(operands: Value) -> Value {
    print_lines(operands, b"\n", write_to_stderr)
}

/// Prints to `wasi:logging`.
#[unsafe(export_name = "rt.print_to_log")]
pub extern "C" fn print_to_log(operands: Value) -> Value {
    print_lines(operands, b"", log)
}

/// Notes are for explanations, which components do not give.
#[unsafe(export_name = "b.trace")]
pub extern "C" fn trace(note: Value) -> Value {
    match note.as_str() {
        Some(_) => Value::TRUE,
        None => type_error("trace", 0, note, "string"),
    }
}
