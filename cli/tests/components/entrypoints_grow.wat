;; Makes tables larger until it is stopped, and traps if it is not.
(module
  (memory (export "memory") 1)
  (table $a 1 funcref)
  (table $b 1 funcref)
  (func (export "EVALUATOR#entrypoints") (result i32)
    (loop $again
      (if (i32.eq (table.grow $a (ref.null func) (i32.const 50000)) (i32.const -1)) (then (unreachable)))
      (if (i32.eq (table.grow $b (ref.null func) (i32.const 50000)) (i32.const -1)) (then (unreachable)))
      (br $again))
    (unreachable)))
