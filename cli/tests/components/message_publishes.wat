;; Publishes a message, and fails with the host's reason.
(module
  (import "wasmcloud:messaging/consumer@0.2.0" "publish" (func $publish (param i32 i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 400) "SUBJECT")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "wasmcloud:messaging/handler@0.2.0#handle-message") (param i32 i32 i32 i32 i32 i32 i32) (result i32)
    (call $publish (i32.const 400) (i32.const LENGTH) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 600))
    (i32.const 600)))
