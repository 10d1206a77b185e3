//! `warrego:policy/evaluator`: entrypoints, decisions on JSON, base documents at run time.

use super::Glue;
use super::results::{PAYLOAD, parts};
use crate::codegen::Error;
use crate::codegen::emit::{Emit, I, M, WasmLocal};
use crate::link::object::{Function, Target, ValType};
use warrego_abi as abi;

/// Bytes of an entry in the table of a policy with several entrypoints: the word of its documents, then `u32` address of its projection.
const ENTRY: u32 = 16;
/// Place of the projection.
const ENTRY_PROJECTION: u32 = 8;

impl Glue<'_> {
    /// `entrypoints() -> list<string>`: the list is static.
    pub(super) fn entrypoints(&mut self) -> Result<Function, Error> {
        let mut list = Vec::new();
        for entry in self.entries {
            let (address, length) = parts(self.data.string(entry.name.as_bytes())?);
            list.extend(address.to_le_bytes());
            list.extend(length.to_le_bytes());
        }
        let list = self.data.raw(&list)?;
        let result = [list.to_le_bytes(), (self.entries.len() as u32).to_le_bytes()].concat();
        let result = self.data.raw(&result)?;
        let mut emit = self.begin("entrypoints", 0);
        emit.i32(result);
        Ok(emit.finish())
    }

    /// `decide(entrypoint: string, input: option<string>) -> result<option<string>, error>`
    ///
    /// Finds the entrypoint's number and calls `evaluate`: strings are laid out as lists of bytes are, and the JSON writer writes nothing but UTF-8.
    pub(super) fn decide(&mut self, evaluate: Target) -> Result<Function, Error> {
        let mut names: Vec<(&str, u32)> = self.entries.iter().map(|entry| entry.name.as_str()).zip(0..).collect();
        names.sort_by_key(|&(name, _)| (name.len(), name));
        names.dedup_by_key(|&mut (name, _)| name);
        let mut table = Vec::with_capacity(names.len() * 2);
        for &(name, number) in &names {
            table.extend([self.data.string(name.as_bytes())?, u64::from(number)]);
        }
        let table = self.data.words(&table)?;

        let mut emit = self.begin("decide", 5);
        let number = emit.local(ValType::I32);
        emit.get(0).get(1).i32(table).i32(names.len() as u32).runtime("rt.entrypoint");
        emit.tee(number).i32(abi::entrypoint::NONE).op(I::I32Eq);
        self.results.fail_if(&mut emit);
        emit.get(number).get(2).get(3).get(4).call(evaluate);
        Ok(emit.finish())
    }

    /// `evaluate(entrypoint: u32, input: option<list<u8>>) -> result<option<list<u8>>, error>`
    pub(super) fn evaluate(&mut self) -> Result<Function, Error> {
        let mut emit = self.begin("evaluate", 4);
        let [entrypoint, given, address, length] = [0, 1, 2, 3];
        let area = self.results.area;

        emit.get(entrypoint).i32(self.entries.len() as u32).op(I::I32GeU).open_if();
        emit.call(self.results.unknown_entrypoint.clone()).op(I::Return).end();
        self.prepare(&mut emit);
        let entry = self.entry(&mut emit, entrypoint)?;

        let input = emit.local(ValType::I64);
        // A host need not allocate anything for no bytes, and it is the allocation that begins a decision.
        emit.get(length).op(I::I32Eqz).open_if();
        emit.runtime("rt.begin").end();
        emit.get(given).open_if();
        emit.get(address).get(length);
        entry.projection(&mut emit);
        emit.runtime("rt.read_json").tee(input).i64(abi::ERROR).op(I::I64Eq);
        self.results.fail_if(&mut emit);
        emit.end();

        let documents = self.documents(&mut emit, |emit| entry.root(emit));
        let decision = self.dispatch(&mut emit, entrypoint, input, documents);

        emit.get(decision).runtime("rt.answer").tee(decision).i64(abi::ERROR).op(I::I64Eq);
        self.results.fail_if(&mut emit);
        // The text's address and length lie in the word as in the list; where there is no text nobody looks at them.
        emit.i32(area).get(decision).mem(M::I64Store, PAYLOAD + 4);
        emit.i32(area)
            .get(decision)
            .i64(abi::UNDEFINED)
            .op(I::I64Ne)
            .mem(M::I32Store, PAYLOAD);
        self.results.give(&mut emit);
        Ok(emit.finish())
    }

    /// `set-data(data: string) -> result<_, error>`
    pub(super) fn set_data(&mut self) -> Result<Function, Error> {
        let mut emit = self.begin("set-data", 2);
        emit.i64(self.rules).get(0).get(1).runtime("rt.set_data");
        self.results.fail_if(&mut emit);
        self.replace_documents(&mut emit);
        self.results.succeed(&mut emit);
        Ok(emit.finish())
    }

    /// `patch-data(path: string, value: option<string>) -> result<_, error>`
    ///
    /// What is patched when nothing was pushed yet are the documents compiled in; those of the first entrypoint where several policies share the
    /// component.
    pub(super) fn patch_data(&mut self) -> Result<Function, Error> {
        let mut emit = self.begin("patch-data", 5);
        let root = self.entries.first().map_or(abi::UNDEFINED, |entry| entry.root);
        emit.i64(self.rules).i64(root);
        emit.get(0).get(1).get(2).get(3).get(4).runtime("rt.patch_data");
        self.results.fail_if(&mut emit);
        self.replace_documents(&mut emit);
        self.results.succeed(&mut emit);
        Ok(emit.finish())
    }

    /// Finds what belongs to the entrypoint asked for.
    fn entry(&mut self, emit: &mut Emit, entrypoint: WasmLocal) -> Result<Entry, Error> {
        if let [only] = self.entries {
            return Ok(Entry::Only {
                root: only.root,
                projection: only.projection,
            });
        }
        let mut table = Vec::new();
        for entry in self.entries {
            table.extend(entry.root.to_le_bytes());
            table.extend(entry.projection.to_le_bytes());
            table.extend([0; 4]);
        }
        let table = self.data.raw(&table)?;
        let at = emit.local(ValType::I32);
        emit.get(entrypoint).i32(ENTRY).op(I::I32Mul).set(at);
        Ok(Entry::Table { table, at })
    }

    /// Calls the entrypoint's function; gives the local with the decision.
    fn dispatch(&self, emit: &mut Emit, entrypoint: WasmLocal, input: WasmLocal, documents: WasmLocal) -> WasmLocal {
        let decision = emit.local(ValType::I64);
        let call = |emit: &mut Emit, function: u32| {
            emit.get(input).get(documents).call(Target::Generated(function)).set(decision);
        };
        if let [only] = self.entries {
            call(emit, only.function);
            return decision;
        }
        // The innermost block ends where the first entrypoint's call begins; the entrypoint's number is in range.
        let outside = emit.block();
        let mut labels: Vec<_> = self.entries.iter().map(|_| emit.block()).collect();
        labels.reverse();
        emit.get(entrypoint).br_table(&labels, outside);
        for entry in self.entries {
            emit.end();
            call(emit, entry.function);
            emit.br(outside);
        }
        emit.end();
        decision
    }
}

/// Where the entrypoint's documents and projection are found.
enum Entry {
    /// There is one entrypoint: they are constants.
    Only { root: abi::Word, projection: u32 },
    /// In a table at `table`; `at` is the local with the offset in it.
    Table { table: u32, at: WasmLocal },
}

impl Entry {
    fn root(&self, emit: &mut Emit) {
        match *self {
            Self::Only { root, .. } => emit.i64(root),
            Self::Table { table, at } => emit.get(at).mem(M::I64Load, table),
        };
    }

    fn projection(&self, emit: &mut Emit) {
        match *self {
            Self::Only { projection, .. } => emit.i32(projection),
            Self::Table { table, at } => emit.get(at).mem(M::I32Load, table + ENTRY_PROJECTION),
        };
    }
}
