//! Where everything that is kept goes: addresses of data, indices of functions, types and table entries.
//!
//! Memory, from 0 upwards: the shadow stack, which grows downwards so that an overflow traps; the policy's static data, whose addresses
//! were final before linking; its zeroed part; the runtime's data; the runtime's zeroed data; the heap. Nothing that can be ten megabytes
//! large is ever relocated.

use super::leb;
use super::object::{FuncType, Object};
use super::reach::Reached;
use super::runtime::{Runtime, Target};
use std::collections::HashMap;
use warrego_abi::{STACK_SIZE, STATIC_BASE};

/// Alignment of the parts of memory.
const ALIGN: u32 = 16;
/// Bytes of a Wasm page.
pub(super) const PAGE: u32 = 65_536;
/// Pages behind the last data that an instance is born with, so that small decisions never grow the memory.
const HEADROOM: u32 = 4;

/// The finished plan of the module.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    /// Types in order, encoded.
    pub types: Vec<Vec<u8>>,
    /// Index of the type of each of the runtime's types that is kept.
    type_of: Vec<u32>,
    /// Index of the type of each generated function that is kept.
    pub generated_types: Vec<u32>,
    /// Numbers of the imports kept.
    pub imports: Vec<u32>,
    /// Indices of the types of what generated functions import; these stand behind the runtime's imports.
    pub imported_types: Vec<u32>,
    /// Numbers of the runtime's functions kept, without imports.
    pub functions: Vec<u32>,
    /// Numbers of the generated functions kept.
    pub generated: Vec<u32>,
    /// New indices of the runtime's functions, imports first.
    function_index: Vec<u32>,
    /// New indices of the generated functions.
    generated_index: Vec<u32>,
    /// The table's entries from 1 on: numbers of runtime functions.
    pub table: Vec<u32>,
    slot: Vec<u32>,
    /// Addresses of the atoms kept.
    addresses: Vec<u32>,
    /// Numbers of the atoms that have bytes, in order of their addresses.
    pub atoms: Vec<u32>,
    /// Where the first of them lies, and where the last of them ends.
    pub data: std::ops::Range<u32>,
    /// The first address behind all data.
    data_end: u32,
    /// The same, aligned: the heap begins here.
    pub heap_base: u32,
    /// Pages of memory at the start.
    pub pages: u32,
    /// What all this was made from.
    runtime: &'a Runtime<'a>,
}

/// Lays everything out. `None`: it does not fit into 4 GiB.
pub(super) fn lay_out<'a>(object: &Object, runtime: &'a Runtime<'a>, reached: &Reached) -> Option<Layout<'a>> {
    let imports = runtime.imports.len();
    let kept = |flags: &[bool], from: usize| {
        let numbers = flags.iter().enumerate().skip(from);
        numbers
            .filter(|&(_, &flag)| flag)
            .map(|(number, _)| number as u32)
            .collect::<Vec<_>>()
    };
    let generated = kept(&reached.generated, 0);
    let imported: Vec<u32> = kept(&reached.functions[..imports], 0);
    let defined = kept(&reached.functions, imports);
    let table = kept(&reached.slots, 0);

    // Imports come first: the runtime's, then those of generated functions.
    let all_imports = (imported.len() + reached.imports.len()) as u32;
    let mut function_index = numbered(imported.iter().copied(), reached.functions.len(), 0);
    for (index, &number) in (all_imports..).zip(&defined) {
        function_index[number as usize] = index;
    }
    let generated_index = numbered(
        generated.iter().copied(),
        object.functions.len(),
        all_imports + defined.len() as u32,
    );
    let slot = numbered(table.iter().copied(), reached.functions.len(), 1);

    let mut types = Types::default();
    let mut needed = reached.types.clone();
    for &function in imported.iter().chain(&defined) {
        if let Some(ty) = runtime.type_of(function) {
            needed[ty as usize] = true;
        }
    }
    let mut type_of = vec![0; runtime.types.len()];
    for ty in kept(&needed, 0) {
        type_of[ty as usize] = types.index(runtime.types[ty as usize].to_vec());
    }
    let imported_types = reached.imports.iter().map(|import| types.index(encode(&import.ty))).collect();
    let generated_types = generated
        .iter()
        .map(|&function| types.index(encode(&object.functions[function as usize].ty)))
        .collect();

    let mut layout = Layout {
        types: types.list,
        type_of,
        generated_types,
        imports: imported,
        imported_types,
        functions: defined.iter().map(|function| function - imports as u32).collect(),
        generated,
        function_index,
        generated_index,
        table,
        slot,
        addresses: vec![0; runtime.atoms.len()],
        atoms: Vec::new(),
        data: 0..0,
        data_end: 0,
        heap_base: 0,
        pages: 0,
        runtime,
    };
    layout.place_data(object, &kept(&reached.atoms, 0))?;
    Some(layout)
}

impl Layout<'_> {
    /// Gives every kept atom its address: those with bytes first, then those that are all zero.
    fn place_data(&mut self, object: &Object, kept: &[u32]) -> Option<()> {
        let statics = u32::try_from(object.data.len()).ok()?;
        let zeroed = align(STATIC_BASE.checked_add(statics)?, 8)?;
        let start = align(zeroed.checked_add(object.zeroed)?, ALIGN)?;

        let runtime = self.runtime;
        let empty = |&atom: &u32| {
            let atom = &runtime.atoms[atom as usize];
            atom.relocations.is_empty() && atom.bytes.iter().all(|&byte| byte == 0)
        };
        let (zeros, atoms): (Vec<u32>, Vec<u32>) = kept.iter().partition(|atom| empty(atom));
        let end = self.place(&atoms, start)?;
        self.data_end = self.place(&zeros, end)?;
        self.data = start..end;
        self.atoms = atoms;
        self.heap_base = align(self.data_end, ALIGN)?;
        self.pages = (self.heap_base.div_ceil(PAGE) + HEADROOM).min(PAGE);
        Some(())
    }

    fn place(&mut self, atoms: &[u32], start: u32) -> Option<u32> {
        let mut end = start;
        for &number in atoms {
            let atom = &self.runtime.atoms[number as usize];
            let address = align(end, atom.align)?;
            self.addresses[number as usize] = address;
            end = address.checked_add(u32::try_from(atom.bytes.len()).ok()?)?;
        }
        Some(end)
    }

    /// The address of an atom.
    pub fn address(&self, atom: u32) -> u32 {
        self.addresses[atom as usize]
    }

    /// The new index of a runtime's function, imports first.
    pub fn function(&self, function: u32) -> u32 {
        self.function_index[function as usize]
    }

    /// Whether a runtime's function was kept.
    pub fn keeps(&self, function: u32) -> bool {
        self.function(function) != u32::MAX
    }

    /// The new index of what generated functions import.
    pub fn imported_function(&self, number: u32) -> u32 {
        self.imports.len() as u32 + number
    }

    /// The new index of a generated function.
    pub fn generated_function(&self, function: u32) -> u32 {
        self.generated_index[function as usize]
    }

    /// The type of a generated function that was kept, encoded.
    pub fn generated_type(&self, function: u32) -> Option<&[u8]> {
        let position = self.generated.binary_search(&function).ok()?;
        Some(&self.types[self.generated_types[position] as usize])
    }

    /// The new index of one of the runtime's types.
    pub fn type_index(&self, ty: u32) -> u32 {
        self.type_of[ty as usize]
    }

    /// What belongs at a relocation of the runtime.
    pub fn resolve(&self, target: Target) -> u32 {
        match target {
            Target::Function(function) => self.function(function),
            Target::Slot(function) => self.slot[function as usize],
            Target::Data { atom, offset } => self.address(atom).wrapping_add_signed(offset),
            Target::HeapBase(offset) => self.heap_base.wrapping_add_signed(offset),
            Target::DataEnd(offset) => self.data_end.wrapping_add_signed(offset),
            Target::Type(ty) => self.type_index(ty),
            // The only global, the only table.
            Target::StackPointer | Target::Table => 0,
        }
    }

    /// What the stack pointer starts with.
    pub const fn stack(&self) -> u32 {
        STACK_SIZE
    }
}

/// Positions of `kept` from `first` on, at the places of their numbers.
fn numbered(kept: impl Iterator<Item = u32>, count: usize, first: u32) -> Vec<u32> {
    let mut index = vec![u32::MAX; count];
    for (position, number) in kept.enumerate() {
        index[number as usize] = first + position as u32;
    }
    index
}

fn align(address: u32, to: u32) -> Option<u32> {
    address.checked_next_multiple_of(to)
}

fn encode(ty: &FuncType) -> Vec<u8> {
    let mut encoded = vec![0x60];
    leb::unsigned(&mut encoded, ty.params.len() as u32);
    encoded.extend(ty.params.iter().map(|ty| ty.byte()));
    leb::unsigned(&mut encoded, ty.results.len() as u32);
    encoded.extend(ty.results.iter().map(|ty| ty.byte()));
    encoded
}

/// The types of the module, none twice.
#[derive(Default)]
struct Types {
    list: Vec<Vec<u8>>,
    index: HashMap<Vec<u8>, u32>,
}

impl Types {
    fn index(&mut self, encoded: Vec<u8>) -> u32 {
        *self.index.entry(encoded).or_insert_with_key(|encoded| {
            self.list.push(encoded.clone());
            self.list.len() as u32 - 1
        })
    }
}
