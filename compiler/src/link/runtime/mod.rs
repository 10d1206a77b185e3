//! The runtime as the linker sees it: functions, data and who refers to whom. It is read once per process from the bytes that the build
//! script left behind; what is kept of it is decided per policy, elsewhere.
//!
//! Nothing here knows what the functions do. Instructions are never decoded: a body is bytes with places to patch.

mod names;
mod parse;

use super::object::{FuncType, ValType};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

pub(super) use names::{crate_of, never_returns};
#[cfg(test)]
pub(super) use parse::parse;

/// The custom section that names the features of WebAssembly that a module was compiled for.
pub(super) const TARGET_FEATURES: &str = "target_features";

/// The module built by `build.rs`.
static BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime.wasm"));

static RUNTIME: LazyLock<Result<Runtime<'static>, String>> = LazyLock::new(|| parse::parse(BYTES));

/// The runtime that the compiler carries; `Err` says what about it the linker does not understand, a mistake of ours.
pub(super) fn get() -> Result<&'static Runtime<'static>, String> {
    RUNTIME.as_ref().map_err(Clone::clone)
}

/// A relocatable module, split along its symbols.
#[derive(Debug, Default)]
pub(super) struct Runtime<'a> {
    /// Types as they are encoded in the type section.
    pub types: Vec<&'a [u8]>,
    /// Imported functions; they come first in the numbering of functions.
    pub imports: Vec<Import<'a>>,
    /// Functions with bodies.
    pub functions: Vec<Defined<'a>>,
    /// Pieces of data, in the order of their addresses.
    pub atoms: Vec<Atom<'a>>,
    /// All relocations: those of one function or atom stand together.
    pub relocations: Vec<Relocation>,
    /// What generated code may call: numbers of functions by their exported names.
    pub exported: HashMap<&'a str, u32>,
    /// The contents of the section `target_features`: the features of WebAssembly that the runtime was compiled for.
    pub features: &'a [u8],
}

/// A function that the host, or another component, provides.
#[derive(Debug)]
pub(super) struct Import<'a> {
    /// The interface, e.g. `wasi:clocks/wall-clock@0.2.0`.
    pub module: &'a str,
    /// The function.
    pub name: &'a str,
    /// Its type.
    pub ty: u32,
}

/// A function with a body.
#[derive(Debug)]
pub(super) struct Defined<'a> {
    /// One of its symbols; for reports and the name section.
    pub name: &'a str,
    /// Its type.
    pub ty: u32,
    /// Locals and instructions, as they stand behind the size in the code section.
    pub body: &'a [u8],
    /// Its relocations; offsets are in `body`.
    pub relocations: Range<usize>,
}

/// A piece of data that is kept or left out as a whole: a data symbol, or several that overlap.
#[derive(Debug)]
pub(super) struct Atom<'a> {
    /// One of its symbols; for reports.
    pub name: &'a str,
    /// The bytes.
    pub bytes: &'a [u8],
    /// A power of two: at least the alignment that the data was compiled with.
    pub align: u32,
    /// Its relocations; offsets are in `bytes`.
    pub relocations: Range<usize>,
}

/// A place to patch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relocation {
    /// Where, in the function's body or the atom's bytes.
    pub offset: u32,
    /// How what stands there is written.
    pub encoding: Encoding,
    /// What belongs there.
    pub target: Target,
}

/// How a patched number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Unsigned LEB128, padded to five bytes.
    Unsigned,
    /// Signed LEB128, padded to five bytes.
    Signed,
    /// Four bytes, little-endian.
    Fixed,
}

impl Encoding {
    /// Bytes of the place to patch.
    pub const fn len(self) -> usize {
        match self {
            Self::Unsigned | Self::Signed => 5,
            Self::Fixed => 4,
        }
    }
}

/// What a relocation refers to. Numbers are those of the runtime's own module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// A function's index; imports count first.
    Function(u32),
    /// The index in the table of a function.
    Slot(u32),
    /// An address in an atom, or near it.
    Data {
        /// The atom.
        atom: u32,
        /// Bytes from its start; may point outside.
        offset: i32,
    },
    /// The first address behind all data, aligned, plus an offset.
    HeapBase(i32),
    /// The first address behind all data, plus an offset.
    DataEnd(i32),
    /// A type's index.
    Type(u32),
    /// The global that holds the stack pointer.
    StackPointer,
    /// The function table.
    Table,
}

impl<'a> Runtime<'a> {
    /// The type's index of a function.
    pub fn type_of(&self, function: u32) -> Option<u32> {
        let function = function as usize;
        match self.imports.get(function) {
            Some(import) => Some(import.ty),
            None => self.functions.get(function - self.imports.len()).map(|defined| defined.ty),
        }
    }

    /// The type of an exported function; `None` if there is no such function, or if it takes or gives anything but integers.
    pub fn signature(&self, symbol: &str) -> Option<FuncType> {
        let &function = self.exported.get(symbol)?;
        let encoded = self.types.get(self.type_of(function)? as usize)?;
        decode(encoded)
    }
}

/// Reads a function type as it is encoded: `0x60`, parameters, results. Only short vectors of integers are understood.
fn decode(encoded: &[u8]) -> Option<FuncType> {
    let (&form, rest) = encoded.split_first()?;
    let (params, rest) = values(rest)?;
    let (results, rest) = values(rest)?;
    (form == 0x60 && rest.is_empty()).then_some(FuncType { params, results })
}

fn values(encoded: &[u8]) -> Option<(Vec<ValType>, &[u8])> {
    let (&count, rest) = encoded.split_first()?;
    let (values, rest) = rest.split_at_checked(usize::from(count))?;
    let values = values.iter().map(|&byte| ValType::from_byte(byte)).collect::<Option<_>>()?;
    Some((values, rest))
}
