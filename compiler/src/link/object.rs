//! What code generation hands to the linker: functions with their relocations, static data at its final address, exports.

/// A Wasm value type; the others do not occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValType {
    /// `i32`
    I32,
    /// `i64`
    I64,
}

impl ValType {
    /// Its byte in the binary format.
    pub const fn byte(self) -> u8 {
        match self {
            Self::I32 => 0x7f,
            Self::I64 => 0x7e,
        }
    }

    /// The type that a byte of the binary format stands for, if it is one of these.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0x7f => Some(Self::I32),
            0x7e => Some(Self::I64),
            _ => None,
        }
    }
}

/// A function's type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FuncType {
    /// Parameters.
    pub params: Vec<ValType>,
    /// Results: none or one.
    pub results: Vec<ValType>,
}

/// One policy, ready to be linked with the runtime.
#[derive(Debug, Clone, Default)]
pub struct Object {
    /// Generated functions; [`Target::Generated`] counts them.
    pub functions: Vec<Function>,
    /// Bytes at [`warrego_abi::STATIC_BASE`]: constants, base documents, projections. Addresses within are final.
    pub data: Vec<u8>,
    /// Zeroed bytes behind them, aligned to 8.
    pub zeroed: u32,
    /// Exports of the core module.
    pub exports: Vec<(String, Target)>,
}

/// A generated function.
#[derive(Debug, Clone)]
pub struct Function {
    /// For the name section.
    pub name: String,
    /// Its type.
    pub ty: FuncType,
    /// The body as it stands in the code section, behind its size: declarations of locals, instructions, `end`.
    pub body: Vec<u8>,
    /// Calls to patch: each points at a five-byte padded LEB128 in `body`.
    pub relocations: Vec<Relocation>,
}

/// A place in a body that holds a function's index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relocation {
    /// Offset in the body.
    pub offset: u32,
    /// Whose index.
    pub target: Target,
}

/// A function that a body refers to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// One of [`Object::functions`].
    Generated(u32),
    /// A function of the runtime by its symbol: `rt.dot`, `b.count`.
    Runtime(String),
    /// A function that the host, or another component, provides.
    Import(Import),
}

/// A function that the runtime does not import but generated code does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Import {
    /// The interface, with its version.
    pub module: String,
    /// The function.
    pub name: String,
    /// Its parameters' names in the interface.
    pub params: Vec<String>,
    /// Its type.
    pub ty: FuncType,
}
