//! YAML as OPA reads it: the library that OPA uses (a descendant of libyaml with version 1.2's booleans), and what OPA makes of its result.
//!
//! There is one reader for everything: `yaml.unmarshal` in policies, and the data, input and metadata that the compiler's users pass. It
//! knows neither files nor values: [`read`] reports the first document of a text to a [`Sink`], piece by piece, in the order of the text.
//! Nothing here calls itself on nested documents, so depth costs memory and no stack.
//!
//! | module | what |
//! |---|---|
//! | `encoding` | bytes to text: UTF-8 and UTF-16 |
//! | `source`, `scan`, `scalars`, `tags` | text to tokens |
//! | `events` | tokens to events: the grammar |
//! | `nodes` | events to nodes, which aliases can refer to |
//! | `resolve`, `timestamp` | what scalars mean |
//! | `decode` | nodes to the sink: aliases followed, mappings merged, duplicates dropped |
//! | `json` | a sink that makes values of `serde_json`; with the feature of that name |
//! | `tree` | nodes to a tree, for those who need lines and texts as they are written |
//! | `standard` | floating-point numbers with Rust's standard library |

mod decode;
mod encoding;
mod events;
#[cfg(feature = "json")]
mod json;
mod nodes;
mod resolve;
mod scalars;
mod scan;
mod source;
mod standard;
mod tags;
mod timestamp;
mod tree;

use std::fmt;

pub use decode::read;
pub use encoding::decode as text_of;
#[cfg(feature = "json")]
pub use json::json;
pub use resolve::is_string;
pub use source::{is_blank, is_blank_or_end, is_break};
pub use standard::{Standard, float_general, float_json};
pub use tree::{Content, Tree, tree};

/// How deep a document may be nested: OPA's limit for JSON.
pub const DEPTH_MAX: usize = 10_000;

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The line that the message names, 0 if it names none.
    pub line: usize,
    /// What is wrong, in OPA's words.
    pub message: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// How numbers with a fraction are read and written. The runtime has functions of its own for it; `Standard` are those of Rust's library.
pub trait Floats {
    /// The double that is nearest to a decimal number; `None` if it is too large.
    fn parse_float(text: &str) -> Option<f64>;
    /// A finite double as Go's `%g` shows it with the precision of 32 bits, which is how keys are written.
    fn float_key(value: f64) -> String;
}

/// Receives a document. Scalars, and what stands between `begin_…` and `end`, are a value; before each value of an object comes its key. Of
/// equal keys the last one counts. After an error, what came before means nothing.
pub trait Sink: Floats {
    /// How deep a document may be nested.
    const DEPTH_MAX: usize = DEPTH_MAX;

    /// `null`
    fn null(&mut self);
    /// `true` or `false`
    fn boolean(&mut self, value: bool);
    /// An integer of at most 64 bits, in JSON's notation.
    fn integer(&mut self, digits: &str);
    /// A finite double.
    fn float(&mut self, value: f64);
    /// A string.
    fn string(&mut self, text: &str);
    /// An array begins.
    fn begin_array(&mut self);
    /// An object begins.
    fn begin_object(&mut self);
    /// The key of the value that follows.
    fn key(&mut self, key: &str);
    /// The array or object that was begun last ends.
    fn end(&mut self);
}
