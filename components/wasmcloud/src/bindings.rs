//! The types and functions of `wit/wasmcloud.wit`, generated.
#![allow(missing_docs, unsafe_op_in_unsafe_fn, clippy::all)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "warrego:policy/wasmcloud-adapter",
    generate_all,
    pub_export_macro: true,
    export_macro_name: "export",
});
