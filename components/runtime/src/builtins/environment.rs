//! `opa.runtime`: what a policy may know of its surroundings, the environment variables that the host shows it (`wasi:cli/environment`).

use super::memo::Memo;
use crate::collections::Object;
use crate::value::Value;

/// The version of OPA whose behaviour this is: what policies that ask for it want to know.
const VERSION: &str = "1.22.2";

static KNOWN: Memo = Memo::new();

fn text(text: &'static str) -> Value {
    Value::string_static(text.as_bytes())
}

#[cfg(target_arch = "wasm32")]
fn variables(env: Object) {
    use crate::mem;
    use warrego_abi::STRING;
    #[link(wasm_import_module = "wasi:cli/environment@0.2.0")]
    unsafe extern "C" {
        #[link_name = "get-environment"]
        fn get_environment(list: *mut [u32; 2]);
    }
    let mut list = [0; 2];
    // SAFETY: the host writes address and length of a list that it put into the arena, whose elements are two texts each.
    unsafe { get_environment(&raw mut list) };
    let string = |at: u32| Value::string_at(STRING, mem::load32(at), mem::load32(at + 4));
    for at in (list[0]..).step_by(16).take(list[1] as usize) {
        env.insert(string(at), string(at + 8));
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn variables(_env: Object) {}

/// The environment, and which OPA this is like.
#[unsafe(export_name = "b.opa.runtime")]
pub extern "C" fn opa_runtime() -> Value {
    if let Some(known) = KNOWN.get(Value::NULL) {
        return known;
    }
    let env = Object::new();
    variables(env);
    let runtime = Object::with_capacity(3);
    // Where nothing is shown nothing is known, as in an OPA that was not told about its runtime.
    if !env.is_empty() {
        runtime.insert(text("env"), env.value());
        runtime.insert(text("version"), text(VERSION));
        runtime.insert(text("commit"), text(""));
    }
    KNOWN.put(Value::NULL, runtime.value())
}
