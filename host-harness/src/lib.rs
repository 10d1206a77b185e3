//! Placeholder.
/// The adapter.
pub const WASMCLOUD: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/warrego-wasmcloud.component.wasm"));
