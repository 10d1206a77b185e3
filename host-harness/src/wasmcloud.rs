//! The answer of wasmCloud's policy service that the host itself gives: when a composed component fails without one, by a deadline, a memory limit
//! or a trap, the host that asked still learns that it is denied, and why.

use serde_json::{Value, json};

use crate::messaging::HandlerError;

/// A denial for the request in `body`, with its id if that can be read.
pub fn denial(body: &[u8], cause: &HandlerError) -> Vec<u8> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let id = request.get("requestId").and_then(Value::as_str).unwrap_or_default();
    json!({"requestId": id, "permitted": false, "message": format!("no decision: {cause}")})
        .to_string()
        .into_bytes()
}
