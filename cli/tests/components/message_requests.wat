;; Sends a request, and fails with the host's reason.
(module
  (import "wasmcloud:messaging/consumer@0.2.0" "request" (func $request (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 400) "SUBJECT")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "wasmcloud:messaging/handler@0.2.0#handle-message") (param i32 i32 i32 i32 i32 i32 i32) (result i32)
    (call $request (i32.const 400) (i32.const LENGTH) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 600))
    (i32.const 600)))
