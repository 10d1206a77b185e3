//! The static linker: generated functions and the part of the runtime that they reach become one module, and that a component.

pub mod object;
