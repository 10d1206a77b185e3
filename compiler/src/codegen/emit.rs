//! Writes the body of one Wasm function: instructions as bytes, calls with their relocations, labels by depth.
//!
//! It knows Wasm and nothing of plans. A body grows from its first instruction to its last; locals are declared on the way, since their
//! declaration is written in front when the body is finished.

use crate::link::object::{FuncType, Function, Relocation, Target, ValType};

/// A function under construction.
#[derive(Debug)]
pub struct Emit {
    name: String,
    ty: FuncType,
    locals: Vec<ValType>,
    code: Vec<u8>,
    relocations: Vec<Relocation>,
    depth: u32,
}

/// A local of the function: parameters first.
pub type WasmLocal = u32;

/// A label: the number of enclosing blocks at the place where it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label(u32);

/// Instructions without immediates, by opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the Wasm specification")]
#[repr(u8)]
pub enum I {
    Unreachable = 0x00,
    Else = 0x05,
    Return = 0x0f,
    Drop = 0x1a,
    Select = 0x1b,
    I32Eqz = 0x45,
    I32Eq = 0x46,
    I32Ne = 0x47,
    I32LtU = 0x49,
    I32GtU = 0x4b,
    I32GeU = 0x4f,
    I64Eqz = 0x50,
    I64Eq = 0x51,
    I64Ne = 0x52,
    I64LtS = 0x53,
    I64LtU = 0x54,
    I64GtS = 0x55,
    I64LeS = 0x57,
    I64GeS = 0x59,
    I64GeU = 0x5a,
    I32Add = 0x6a,
    I32Sub = 0x6b,
    I32Mul = 0x6c,
    I32And = 0x71,
    I32Or = 0x72,
    I32Shl = 0x74,
    I32ShrU = 0x76,
    I64Add = 0x7c,
    I64Sub = 0x7d,
    I64And = 0x83,
    I64Or = 0x84,
    I64Xor = 0x85,
    I64Shl = 0x86,
    I64ShrS = 0x87,
    I64ShrU = 0x88,
    I32WrapI64 = 0xa7,
    I64ExtendI32U = 0xad,
}

/// Loads and stores, by opcode; the alignment hint is the natural one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the Wasm specification")]
#[repr(u8)]
pub enum M {
    I32Load = 0x28,
    I64Load = 0x29,
    I32Load8U = 0x2d,
    I32Load16U = 0x2f,
    I64Load8U = 0x31,
    I64Load16U = 0x33,
    I64Load32U = 0x35,
    I32Store = 0x36,
    I64Store = 0x37,
    I32Store8 = 0x3a,
}

impl M {
    const fn align(self) -> u8 {
        match self {
            Self::I64Load | Self::I64Store => 3,
            Self::I32Load | Self::I32Store | Self::I64Load32U => 2,
            Self::I32Load16U | Self::I64Load16U => 1,
            Self::I32Load8U | Self::I64Load8U | Self::I32Store8 => 0,
        }
    }
}

impl Emit {
    /// Begins a function.
    pub fn new(name: impl Into<String>, params: &[ValType], results: &[ValType]) -> Self {
        let ty = FuncType {
            params: params.to_vec(),
            results: results.to_vec(),
        };
        Self {
            name: name.into(),
            ty,
            locals: Vec::new(),
            code: Vec::new(),
            relocations: Vec::new(),
            depth: 0,
        }
    }

    /// Declares a local; it starts as zero.
    pub fn local(&mut self, ty: ValType) -> WasmLocal {
        self.locals.push(ty);
        (self.ty.params.len() + self.locals.len() - 1) as u32
    }

    /// An instruction without immediates.
    pub fn op(&mut self, op: I) -> &mut Self {
        self.code.push(op as u8);
        self
    }

    /// `local.get`
    pub fn get(&mut self, local: WasmLocal) -> &mut Self {
        self.code.push(0x20);
        self.unsigned(local.into());
        self
    }

    /// `local.set`
    pub fn set(&mut self, local: WasmLocal) -> &mut Self {
        self.code.push(0x21);
        self.unsigned(local.into());
        self
    }

    /// `local.tee`
    pub fn tee(&mut self, local: WasmLocal) -> &mut Self {
        self.code.push(0x22);
        self.unsigned(local.into());
        self
    }

    /// `i32.const` of an address or any other 32 bits.
    pub fn i32(&mut self, value: u32) -> &mut Self {
        self.code.push(0x41);
        self.signed((value as i32).into());
        self
    }

    /// `i64.const` of a word or any other 64 bits.
    pub fn i64(&mut self, value: u64) -> &mut Self {
        self.code.push(0x42);
        self.signed(value as i64);
        self
    }

    /// A load or store at an offset.
    pub fn mem(&mut self, op: M, offset: u32) -> &mut Self {
        self.code.push(op as u8);
        self.code.push(op.align());
        self.unsigned(offset.into());
        self
    }

    /// `call`
    pub fn call(&mut self, target: Target) -> &mut Self {
        self.code.push(0x10);
        self.relocations.push(Relocation {
            offset: self.code.len() as u32,
            target,
        });
        self.code.extend([0x80, 0x80, 0x80, 0x80, 0x00]);
        self
    }

    /// `call` of a function of the runtime.
    pub fn runtime(&mut self, symbol: &str) -> &mut Self {
        self.call(Target::Runtime(symbol.to_owned()))
    }

    /// Opens a `block`; a branch to its label goes behind its end.
    pub fn block(&mut self) -> Label {
        self.open(0x02)
    }

    /// Opens a `loop`; a branch to its label goes back to its start.
    pub fn open_loop(&mut self) -> Label {
        self.open(0x03)
    }

    /// Opens an `if` without a result.
    pub fn open_if(&mut self) -> Label {
        self.open(0x04)
    }

    /// Closes what was opened last.
    pub fn end(&mut self) -> &mut Self {
        self.depth -= 1;
        self.code.push(0x0b);
        self
    }

    /// `br`
    pub fn br(&mut self, label: Label) -> &mut Self {
        self.code.push(0x0c);
        self.unsigned((self.depth - label.0).into());
        self
    }

    /// `br_if`
    pub fn br_if(&mut self, label: Label) -> &mut Self {
        self.code.push(0x0d);
        self.unsigned((self.depth - label.0).into());
        self
    }

    /// `br_table`
    pub fn br_table(&mut self, labels: &[Label], default: Label) -> &mut Self {
        self.code.push(0x0e);
        self.unsigned(labels.len() as u64);
        for label in labels.iter().chain([&default]) {
            self.unsigned((self.depth - label.0).into());
        }
        self
    }

    /// Ends the function.
    pub fn finish(mut self) -> Function {
        self.code.push(0x0b);
        let mut body = Vec::with_capacity(self.code.len() + 8);
        let mut runs: Vec<(u32, ValType)> = Vec::new();
        for &ty in &self.locals {
            match runs.last_mut() {
                Some((count, last)) if *last == ty => *count += 1,
                _ => runs.push((1, ty)),
            }
        }
        unsigned(&mut body, runs.len() as u64);
        for (count, ty) in runs {
            unsigned(&mut body, count.into());
            body.push(match ty {
                ValType::I32 => 0x7f,
                ValType::I64 => 0x7e,
            });
        }
        let shift = body.len() as u32;
        for relocation in &mut self.relocations {
            relocation.offset += shift;
        }
        body.extend_from_slice(&self.code);
        Function {
            name: self.name,
            ty: self.ty,
            body,
            relocations: self.relocations,
        }
    }

    fn open(&mut self, opcode: u8) -> Label {
        self.code.extend([opcode, 0x40]);
        self.depth += 1;
        Label(self.depth)
    }

    fn unsigned(&mut self, value: u64) {
        unsigned(&mut self.code, value);
    }

    fn signed(&mut self, mut value: i64) {
        loop {
            let byte = (value & 0x7f) as u8;
            value >>= 7;
            if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
                self.code.push(byte);
                return;
            }
            self.code.push(byte | 0x80);
        }
    }
}

fn unsigned(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}
