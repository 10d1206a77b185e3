//! JSON text to values and back, with the behaviour of Go's `encoding/json` that OPA's users meet: [`read`] as `opa eval --input` and the Data API read,
//! [`write()`] as results are written.

mod fields;
mod node;
mod read;
pub mod scan;
mod skip;
mod text;
mod token;
pub mod utf8;
mod whole;
mod write;

pub use read::{read, read_quietly};
pub use write::{Style, Unwritable, key_text, short, write, write_string, write_value};
