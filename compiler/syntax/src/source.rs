//! Source files and places in them. Nothing here reads files: texts are handed in.

/// A place in a source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// Which file: an index into [`Sources`].
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// Behind the last byte.
    pub end: u32,
    /// 1-based row of the first byte.
    pub row: u32,
    /// 1-based column of the first byte, counted as OPA does.
    pub col: u32,
}

/// One source file.
#[derive(Debug, Clone)]
pub struct Source {
    /// The name that diagnostics show.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// The files of one compilation, in the order given; [`Span::file`] counts them.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The files.
    pub files: Vec<Source>,
}
