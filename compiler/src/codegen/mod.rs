//! A plan becomes WebAssembly functions and static data.
