//! Writes the core module: sections in the order of the format, bodies copied with their relocated numbers filled in.
//!
//! The static data of a policy is not copied here. The module is two pieces of bytes with that data between them, so that ten megabytes
//! are written once, into the component.

use super::layout::Layout;
use super::leb;
use super::object::{Object, Target};
use super::reach::Reached;
use super::runtime::{Encoding, Runtime, TARGET_FEATURES, never_returns};
use warrego_abi::STATIC_BASE;

/// A core module in pieces: `head`, the object's static data, `tail`.
#[derive(Debug)]
pub(super) struct Module<'a> {
    head: Vec<u8>,
    data: &'a [u8],
    tail: Vec<u8>,
}

impl Module<'_> {
    /// Bytes of the module.
    pub fn len(&self) -> usize {
        self.head.len() + self.data.len() + self.tail.len()
    }

    /// Appends the module.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(self.data);
        out.extend_from_slice(&self.tail);
    }
}

/// A function without parameters' worth of locals that traps at once.
const TRAP: [u8; 3] = [0x00, 0x00, 0x0b];

mod id {
    pub const CUSTOM: u8 = 0;
    pub const TYPE: u8 = 1;
    pub const IMPORT: u8 = 2;
    pub const FUNCTION: u8 = 3;
    pub const TABLE: u8 = 4;
    pub const MEMORY: u8 = 5;
    pub const GLOBAL: u8 = 6;
    pub const EXPORT: u8 = 7;
    pub const ELEMENT: u8 = 9;
    pub const CODE: u8 = 10;
    pub const DATA: u8 = 11;
}

/// Writes the module that was laid out.
pub(super) fn write<'a>(object: &'a Object, runtime: &Runtime<'_>, reached: &Reached, layout: &Layout<'_>, names: bool) -> Module<'a> {
    let mut writer = Writer {
        object,
        runtime,
        reached,
        layout,
        out: b"\0asm\x01\0\0\0".to_vec(),
        scratch: Vec::new(),
    };
    writer.types();
    writer.imports();
    writer.functions();
    writer.table_memory_globals();
    writer.exports();
    writer.elements();
    writer.code();
    writer.data(names)
}

struct Writer<'a, 'w> {
    object: &'a Object,
    runtime: &'w Runtime<'w>,
    reached: &'w Reached,
    layout: &'w Layout<'w>,
    out: Vec<u8>,
    /// The section at hand.
    scratch: Vec<u8>,
}

impl<'a> Writer<'a, '_> {
    /// Appends the section at hand, if there is anything in it.
    fn end(&mut self, number: u8, count: usize) {
        if count == 0 {
            return;
        }
        let mut counted = Vec::with_capacity(5);
        leb::unsigned(&mut counted, count as u32);
        self.out.push(number);
        leb::unsigned(&mut self.out, (counted.len() + self.scratch.len()) as u32);
        self.out.append(&mut counted);
        self.out.append(&mut self.scratch);
    }

    /// The index of what an export or a generated call refers to.
    fn index(&self, target: &Target, number: u32) -> u32 {
        match target {
            Target::Generated(_) => self.layout.generated_function(number),
            Target::Runtime(_) => self.layout.function(number),
            Target::Import(_) => self.layout.imported_function(number),
        }
    }

    fn types(&mut self) {
        for ty in &self.layout.types {
            self.scratch.extend_from_slice(ty);
        }
        self.end(id::TYPE, self.layout.types.len());
    }

    fn imports(&mut self) {
        for &number in &self.layout.imports {
            let import = &self.runtime.imports[number as usize];
            leb::text(&mut self.scratch, import.module);
            leb::text(&mut self.scratch, import.name);
            self.scratch.push(0x00);
            leb::unsigned(&mut self.scratch, self.layout.type_index(import.ty));
        }
        for (import, &ty) in self.reached.imports.iter().zip(&self.layout.imported_types) {
            leb::text(&mut self.scratch, &import.module);
            leb::text(&mut self.scratch, &import.name);
            self.scratch.push(0x00);
            leb::unsigned(&mut self.scratch, ty);
        }
        self.end(id::IMPORT, self.layout.imports.len() + self.reached.imports.len());
    }

    fn functions(&mut self) {
        for &number in &self.layout.functions {
            let ty = self.runtime.functions[number as usize].ty;
            leb::unsigned(&mut self.scratch, self.layout.type_index(ty));
        }
        for &ty in &self.layout.generated_types {
            leb::unsigned(&mut self.scratch, ty);
        }
        self.end(id::FUNCTION, self.layout.functions.len() + self.layout.generated.len());
    }

    fn table_memory_globals(&mut self) {
        if self.reached.table {
            let size = self.layout.table.len() as u32 + 1;
            self.scratch.extend([0x70, 0x01]);
            leb::unsigned(&mut self.scratch, size);
            leb::unsigned(&mut self.scratch, size);
            self.end(id::TABLE, 1);
        }
        self.scratch.push(0x00);
        leb::unsigned(&mut self.scratch, self.layout.pages);
        self.end(id::MEMORY, 1);
        if self.reached.stack {
            self.scratch.extend([0x7f, 0x01, 0x41]);
            leb::signed(&mut self.scratch, self.layout.stack() as i32);
            self.scratch.push(0x0b);
            self.end(id::GLOBAL, 1);
        }
    }

    fn exports(&mut self) {
        leb::text(&mut self.scratch, "memory");
        self.scratch.extend([0x02, 0x00]);
        for ((name, target), &number) in self.object.exports.iter().zip(&self.reached.exports) {
            leb::text(&mut self.scratch, name);
            self.scratch.push(0x00);
            let index = self.index(target, number);
            leb::unsigned(&mut self.scratch, index);
        }
        self.end(id::EXPORT, self.object.exports.len() + 1);
    }

    /// One segment from entry 1 on; entry 0 stays null.
    fn elements(&mut self) {
        if self.layout.table.is_empty() {
            return;
        }
        self.scratch.extend([0x00, 0x41, 0x01, 0x0b]);
        leb::unsigned(&mut self.scratch, self.layout.table.len() as u32);
        for &function in &self.layout.table {
            leb::unsigned(&mut self.scratch, self.layout.function(function));
        }
        self.end(id::ELEMENT, 1);
    }

    fn code(&mut self) {
        let mut body = Vec::new();
        for &number in &self.layout.functions {
            let function = &self.runtime.functions[number as usize];
            body.clear();
            if never_returns(function.name) {
                body.extend(TRAP);
            } else {
                let mut from = 0;
                for relocation in &self.runtime.relocations[function.relocations.clone()] {
                    let at = relocation.offset as usize;
                    body.extend_from_slice(&function.body[from..at]);
                    let value = self.layout.resolve(relocation.target);
                    match relocation.encoding {
                        Encoding::Unsigned => leb::unsigned(&mut body, value),
                        Encoding::Signed => leb::signed(&mut body, value as i32),
                        Encoding::Fixed => body.extend(value.to_le_bytes()),
                    }
                    from = at + relocation.encoding.len();
                }
                body.extend_from_slice(&function.body[from..]);
            }
            leb::unsigned(&mut self.scratch, body.len() as u32);
            self.scratch.append(&mut body);
        }
        for &number in &self.layout.generated {
            let function = &self.object.functions[number as usize];
            let calls = &self.reached.calls[number as usize];
            body.clear();
            let mut from = 0;
            for (relocation, &call) in function.relocations.iter().zip(calls) {
                let at = relocation.offset as usize;
                body.extend_from_slice(&function.body[from..at]);
                leb::unsigned(&mut body, self.index(&relocation.target, call));
                from = at + Encoding::Unsigned.len();
            }
            body.extend_from_slice(&function.body[from..]);
            leb::unsigned(&mut self.scratch, body.len() as u32);
            self.scratch.append(&mut body);
        }
        self.end(id::CODE, self.layout.functions.len() + self.layout.generated.len());
    }

    /// The data section: the policy's static data, which is left to be put in between, and the runtime's.
    fn data(mut self, names: bool) -> Module<'a> {
        let data = self.object.data.as_slice();
        let range = self.layout.data.clone();
        let mut head = Vec::new();
        let mut tail = Vec::with_capacity(range.len() + 16);
        let count = u32::from(!data.is_empty()) + u32::from(!range.is_empty());
        leb::unsigned(&mut head, count);
        if !data.is_empty() {
            segment(&mut head, STATIC_BASE, data.len());
        }
        if !range.is_empty() {
            segment(&mut tail, range.start, range.len());
            let start = tail.len();
            for &number in &self.layout.atoms {
                let at = start + (self.layout.address(number) - range.start) as usize;
                tail.resize(at, 0);
                self.atom(number, at, &mut tail);
            }
        }
        if count > 0 {
            self.out.push(id::DATA);
            leb::unsigned(&mut self.out, (head.len() + data.len() + tail.len()) as u32);
            self.out.append(&mut head);
        }
        if names {
            self.names(&mut tail);
        }
        self.features(&mut tail);
        Module {
            head: self.out,
            data,
            tail,
        }
    }

    fn atom(&self, number: u32, at: usize, out: &mut Vec<u8>) {
        let atom = &self.runtime.atoms[number as usize];
        out.extend_from_slice(atom.bytes);
        for relocation in &self.runtime.relocations[atom.relocations.clone()] {
            let place = at + relocation.offset as usize;
            let value = self.layout.resolve(relocation.target).to_le_bytes();
            out[place..place + value.len()].copy_from_slice(&value);
        }
    }

    /// The section that names the features of WebAssembly that the module may use: generated code uses none that the runtime does not.
    fn features(&self, out: &mut Vec<u8>) {
        if !self.runtime.features.is_empty() {
            let mut contents = Vec::new();
            leb::text(&mut contents, TARGET_FEATURES);
            contents.extend_from_slice(self.runtime.features);
            leb::section(out, id::CUSTOM, &contents);
        }
    }

    /// The name section, for people who look at the module.
    fn names(&self, out: &mut Vec<u8>) {
        let mut functions = Vec::new();
        let imports = self.layout.imports.iter().map(|&number| self.runtime.imports[number as usize].name);
        let imported = self.reached.imports.iter().map(|import| import.name.as_str());
        let defined = self
            .layout
            .functions
            .iter()
            .map(|&number| self.runtime.functions[number as usize].name);
        let generated = self
            .layout
            .generated
            .iter()
            .map(|&number| self.object.functions[number as usize].name.as_str());
        let all: Vec<&str> = imports.chain(imported).chain(defined).chain(generated).collect();
        leb::unsigned(&mut functions, all.len() as u32);
        for (index, name) in all.into_iter().enumerate() {
            leb::unsigned(&mut functions, index as u32);
            leb::text(&mut functions, name);
        }
        let mut contents = Vec::new();
        leb::text(&mut contents, "name");
        leb::section(&mut contents, 1, &functions);
        leb::section(out, id::CUSTOM, &contents);
    }
}

/// The beginning of an active data segment.
fn segment(out: &mut Vec<u8>, address: u32, length: usize) {
    out.extend([0x00, 0x41]);
    leb::signed(out, address as i32);
    out.push(0x0b);
    leb::unsigned(out, length as u32);
}
