;; Waits for a minute when asked for its entrypoints.
(module
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $subscribe (param i64) (result i32)))
  (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
  (memory (export "memory") 1)
  (func (export "EVALUATOR#entrypoints") (result i32)
    (call $block (call $subscribe (i64.const 60000000000)))
    (i32.const 0)))
