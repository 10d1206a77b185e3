# Checked before `order_a.rego`, the objects in this set would say what the parameter there can be.
package aaa

set contains {"a": 1}

used if data.library.get("key")
