package a
import rego.v1
allow if input.x == 1
deny contains "no" if not allow
