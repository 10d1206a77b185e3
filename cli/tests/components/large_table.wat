;; Begins with a table of three million elements.
(module
  (memory (export "memory") 1)
  (table 3000000 funcref)
  (func (export "EVALUATOR#entrypoints") (result i32) (i32.const 0)))
