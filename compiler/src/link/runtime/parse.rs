//! Reads the runtime's module: the ordinary sections, then the symbol table of `linking`, then the relocations, which are handed out to the
//! functions and pieces of data that they lie in.
//!
//! Everything the format allows and the linker does not handle is an error here, so that a runtime that was built differently is noticed
//! by the first test and not by a policy. Debug sections are skipped.

use super::{Atom, Defined, Encoding, Import, Relocation, Runtime, TARGET_FEATURES, Target};
use std::ops::Range;
use wasmparser::{
    BinaryReader, DataKind, ExternalKind, Linking, LinkingSectionReader, Parser, Payload, RelocSectionReader, RelocationEntry,
    RelocationType, SymbolInfo, TypeRef,
};

type Outcome<T> = Result<T, String>;

/// A data segment: where it lies in memory, where its bytes lie in the file.
struct Segment<'a> {
    address: u32,
    bytes: &'a [u8],
}

/// A data symbol: a range of a segment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    segment: u32,
    start: u32,
    end: u32,
    symbol: usize,
    name: &'a str,
}

/// A symbol by its number in the symbol table, to which relocations refer.
#[derive(Clone, Copy)]
enum Symbol {
    Function(u32),
    /// An atom and an offset in it.
    Data(u32, u32),
    HeapBase,
    DataEnd,
    StackPointer,
    Table,
    /// Nothing that relocations of code and data may refer to.
    Other,
}

#[derive(Default)]
struct Sections<'a> {
    /// Number of the code section, and where its contents begin in the file.
    code: Option<(u32, usize)>,
    /// The same of the data section.
    data: Option<(u32, usize)>,
    segments: Vec<Segment<'a>>,
    alignments: Vec<u32>,
    symbols: Vec<SymbolInfo<'a>>,
    relocations: Vec<RelocSectionReader<'a>>,
    exports: Vec<(&'a str, u32)>,
    function_types: Vec<u32>,
}

/// Reads the module.
pub(in crate::link) fn parse(bytes: &[u8]) -> Outcome<Runtime<'_>> {
    let mut runtime = Runtime::default();
    let mut sections = Sections::default();
    read(bytes, &mut runtime, &mut sections).map_err(|error| format!("the runtime is no module that can be linked: {error}"))?;

    let symbols = symbols(&sections, &mut runtime)?;
    for reader in &sections.relocations {
        let entries = reader.entries().into_iter();
        let entries = entries.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        let Runtime {
            functions,
            atoms,
            relocations,
            ..
        } = &mut runtime;
        let of = |start: usize| HandOut {
            start: bytes.as_ptr() as usize + start,
            entries: &entries,
            symbols: &symbols,
        };
        match (sections.code, sections.data) {
            (Some((index, start)), _) if index == reader.section_index() => {
                let pieces = functions.iter_mut().map(|function| (function.body, &mut function.relocations));
                of(start).to(pieces, relocations)?;
            }
            (_, Some((index, start))) if index == reader.section_index() => {
                let pieces = atoms.iter_mut().map(|atom| (atom.bytes, &mut atom.relocations));
                of(start).to(pieces, relocations)?;
            }
            _ => {}
        }
    }
    Ok(runtime)
}

/// Collects what the sections hold, as they come.
fn read<'a>(bytes: &'a [u8], runtime: &mut Runtime<'a>, sections: &mut Sections<'a>) -> Outcome<()> {
    let text = |error: wasmparser::BinaryReaderError| error.to_string();
    let mut index = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(text)?;
        match &payload {
            Payload::Version { .. } | Payload::CodeSectionEntry(_) | Payload::End(_) => {}
            Payload::TypeSection(reader) => runtime.types = types(bytes, reader)?,
            Payload::ImportSection(reader) => {
                for import in reader.clone().into_imports() {
                    let import = import.map_err(text)?;
                    let TypeRef::Func(ty) = import.ty else {
                        return Err(format!("it imports `{}`, which is no function", import.name));
                    };
                    runtime.imports.push(Import {
                        module: import.module,
                        name: import.name,
                        ty,
                    });
                }
            }
            Payload::FunctionSection(reader) => {
                sections.function_types = reader.clone().into_iter().collect::<Result<_, _>>().map_err(text)?;
            }
            Payload::ExportSection(reader) => {
                for export in reader.clone() {
                    let export = export.map_err(text)?;
                    if export.kind == ExternalKind::Func {
                        sections.exports.push((export.name, export.index));
                    }
                }
            }
            Payload::CodeSectionStart { range, .. } => sections.code = Some((index, range.start as usize)),
            Payload::DataSection(reader) => {
                sections.data = Some((index, reader.range().start as usize));
                for segment in reader.clone() {
                    let segment = segment.map_err(text)?;
                    let DataKind::Active { offset_expr, .. } = segment.kind else {
                        return Err("it has a passive data segment".to_owned());
                    };
                    let mut reader = offset_expr.get_operators_reader();
                    let wasmparser::Operator::I32Const { value } = reader.read().map_err(text)? else {
                        return Err("it has a data segment without a constant address".to_owned());
                    };
                    sections.segments.push(Segment {
                        address: value as u32,
                        bytes: segment.data,
                    });
                }
            }
            Payload::StartSection { .. } => return Err("it has a start function".to_owned()),
            Payload::CustomSection(custom) if custom.name() == "linking" => {
                linking(custom.data(), custom.data_offset(), sections).map_err(text)?;
            }
            Payload::CustomSection(custom) if custom.name() == TARGET_FEATURES => runtime.features = custom.data(),
            Payload::CustomSection(custom) if matches!(custom.name(), "reloc.CODE" | "reloc.DATA") => {
                let reader = BinaryReader::new(custom.data(), custom.data_offset());
                sections.relocations.push(RelocSectionReader::new(reader).map_err(text)?);
            }
            _ => {}
        }
        if let Payload::CodeSectionEntry(body) = &payload {
            let at = runtime.functions.len();
            let range = body.range();
            runtime.functions.push(Defined {
                name: "",
                ty: *sections.function_types.get(at).ok_or("a function has no type")?,
                body: slice(bytes, range.start, range.end)?,
                relocations: 0..0,
            });
        } else if !matches!(payload, Payload::Version { .. }) {
            index += 1;
        }
    }
    Ok(())
}

fn slice(bytes: &[u8], start: u64, end: u64) -> Outcome<&[u8]> {
    bytes
        .get(start as usize..end as usize)
        .ok_or_else(|| "a range lies outside".to_owned())
}

/// The types as bytes: they are compared and copied, not looked into.
fn types<'a>(bytes: &'a [u8], reader: &wasmparser::TypeSectionReader<'a>) -> Outcome<Vec<&'a [u8]>> {
    let mut starts = Vec::new();
    for group in reader.clone().into_iter_with_offsets() {
        let (offset, group) = group.map_err(|error| error.to_string())?;
        if group.is_explicit_rec_group() {
            return Err("it has recursive types".to_owned());
        }
        starts.push(offset);
    }
    starts.push(reader.range().end);
    starts.windows(2).map(|pair| slice(bytes, pair[0], pair[1])).collect()
}

fn linking<'a>(data: &'a [u8], offset: u64, sections: &mut Sections<'a>) -> Result<(), wasmparser::BinaryReaderError> {
    for subsection in LinkingSectionReader::new(BinaryReader::new(data, offset))?.subsections() {
        match subsection? {
            Linking::SegmentInfo(segments) => {
                for segment in segments {
                    sections.alignments.push(segment?.alignment);
                }
            }
            Linking::SymbolTable(table) => sections.symbols = table.into_iter().collect::<Result<_, _>>()?,
            Linking::InitFuncs(_) | Linking::ComdatInfo(_) | Linking::Unknown { .. } => {}
        }
    }
    Ok(())
}

/// Reads the symbol table: names the functions, cuts the data into atoms.
fn symbols<'a>(sections: &Sections<'a>, runtime: &mut Runtime<'a>) -> Outcome<Vec<Symbol>> {
    let mut symbols = Vec::with_capacity(sections.symbols.len());
    let mut places = Vec::new();
    let imports = runtime.imports.len();
    for (number, info) in sections.symbols.iter().enumerate() {
        symbols.push(match *info {
            SymbolInfo::Func { index, name, .. } => {
                let name = name.unwrap_or_default();
                if name == "__wasm_call_ctors" {
                    return Err("the runtime has constructors that run at start".to_owned());
                }
                if let Some(function) = (index as usize)
                    .checked_sub(imports)
                    .and_then(|index| runtime.functions.get_mut(index))
                    && (function.name.is_empty() || never_alias(name))
                {
                    function.name = name;
                }
                Symbol::Function(index)
            }
            SymbolInfo::Data { name: "__heap_base", .. } => Symbol::HeapBase,
            SymbolInfo::Data { name: "__data_end", .. } => Symbol::DataEnd,
            SymbolInfo::Data {
                name, symbol: Some(at), ..
            } => {
                places.push(Place {
                    segment: at.index,
                    start: at.offset,
                    end: at.offset.saturating_add(at.size),
                    symbol: number,
                    name,
                });
                Symbol::Other
            }
            SymbolInfo::Data { name, symbol: None, .. } => return Err(format!("the runtime does not define `{name}`")),
            SymbolInfo::Global {
                name: Some("__stack_pointer"),
                ..
            } => Symbol::StackPointer,
            SymbolInfo::Table { index: 0, .. } => Symbol::Table,
            SymbolInfo::Global { .. } | SymbolInfo::Table { .. } | SymbolInfo::Event { .. } | SymbolInfo::Section { .. } => Symbol::Other,
        });
    }
    atoms(places, sections, &mut symbols, runtime)?;
    for &(name, index) in &sections.exports {
        if never_alias(name) {
            runtime.exported.insert(name, index);
        }
    }
    Ok(symbols)
}

/// Whether this is the name of something that generated code calls. Of the several names of one function such a name is the one to show.
fn never_alias(name: &str) -> bool {
    name.starts_with("rt.") || name.starts_with("b.")
}

/// Makes an atom of each data symbol; symbols that overlap (merged constants, aliases, empty ones inside others) share one.
fn atoms<'a>(mut places: Vec<Place<'a>>, sections: &Sections<'a>, symbols: &mut [Symbol], runtime: &mut Runtime<'a>) -> Outcome<()> {
    places.sort_unstable();
    let mut at = 0;
    while let Some(&first) = places.get(at) {
        let mut end = first.end;
        let mut next = at + 1;
        while let Some(place) = places.get(next)
            && place.segment == first.segment
            && (place.start < end || place.start == first.start)
        {
            end = end.max(place.end);
            next += 1;
        }
        let outside = || format!("the data symbol `{}` lies outside of its segment", first.name);
        let segment = sections.segments.get(first.segment as usize).ok_or_else(outside)?;
        let most = sections.alignments.get(first.segment as usize).copied().unwrap_or(4).min(16);
        let align = (segment.address + first.start).trailing_zeros().min(most);
        let atom = runtime.atoms.len() as u32;
        runtime.atoms.push(Atom {
            name: first.name,
            bytes: segment.bytes.get(first.start as usize..end as usize).ok_or_else(outside)?,
            align: 1 << align,
            relocations: 0..0,
        });
        for place in &places[at..next] {
            symbols[place.symbol] = Symbol::Data(atom, place.start - first.start);
        }
        at = next;
    }
    Ok(())
}

/// The relocations of one section, about to be handed out.
struct HandOut<'a> {
    /// Where the section's contents lie in this process: offsets of the entries count from here.
    start: usize,
    entries: &'a [RelocationEntry],
    symbols: &'a [Symbol],
}

impl HandOut<'_> {
    /// Gives each function or atom its own. Both they and the entries are in the order of the file.
    fn to<'p>(&self, pieces: impl Iterator<Item = (&'p [u8], &'p mut Range<usize>)>, all: &mut Vec<Relocation>) -> Outcome<()> {
        all.reserve(self.entries.len());
        let mut entries = self.entries.iter().peekable();
        for (bytes, range) in pieces {
            let start = (bytes.as_ptr() as usize - self.start) as u32;
            let end = start + bytes.len() as u32;
            let first = all.len();
            while let Some(entry) = entries.next_if(|entry| entry.offset < end) {
                let offset = entry.offset.checked_sub(start).ok_or("a relocation lies between two symbols")?;
                if offset as usize + entry.ty.extent() > bytes.len() {
                    return Err("a relocation crosses the end of its symbol".to_owned());
                }
                all.push(relocation(entry, offset, self.symbols)?);
            }
            *range = first..all.len();
        }
        match entries.next() {
            None => Ok(()),
            Some(_) => Err("a relocation lies behind all symbols".to_owned()),
        }
    }
}

fn relocation(entry: &RelocationEntry, offset: u32, symbols: &[Symbol]) -> Outcome<Relocation> {
    let encoding = match entry.ty {
        RelocationType::FunctionIndexLeb
        | RelocationType::MemoryAddrLeb
        | RelocationType::TypeIndexLeb
        | RelocationType::GlobalIndexLeb
        | RelocationType::TableNumberLeb => Encoding::Unsigned,
        RelocationType::TableIndexSleb | RelocationType::MemoryAddrSleb => Encoding::Signed,
        RelocationType::TableIndexI32 | RelocationType::MemoryAddrI32 => Encoding::Fixed,
        other => return Err(format!("the runtime has a relocation of type {other:?}")),
    };
    let addend = entry.addend as i32;
    let symbol = symbols.get(entry.index as usize).copied();
    let target = match (entry.ty, symbol) {
        (RelocationType::TypeIndexLeb, _) => Target::Type(entry.index),
        (RelocationType::FunctionIndexLeb, Some(Symbol::Function(index))) => Target::Function(index),
        (RelocationType::TableIndexSleb | RelocationType::TableIndexI32, Some(Symbol::Function(index))) => Target::Slot(index),
        (RelocationType::GlobalIndexLeb, Some(Symbol::StackPointer)) => Target::StackPointer,
        (RelocationType::TableNumberLeb, Some(Symbol::Table)) => Target::Table,
        (_, Some(Symbol::Data(atom, at))) => Target::Data {
            atom,
            offset: (at as i32).wrapping_add(addend),
        },
        (_, Some(Symbol::HeapBase)) => Target::HeapBase(addend),
        (_, Some(Symbol::DataEnd)) => Target::DataEnd(addend),
        (ty, _) => {
            return Err(format!(
                "the runtime has a relocation of type {ty:?} that refers to a symbol of another kind"
            ));
        }
    };
    Ok(Relocation { offset, encoding, target })
}

/// Names of exported functions to their numbers, for tests of the parser.
#[cfg(test)]
mod tests {
    use super::super::BYTES;
    use super::parse;

    #[test]
    fn the_runtime_can_be_linked() {
        let runtime = parse(BYTES).expect("the module is the one that the build script made");
        for defined in &runtime.functions {
            for relocation in &runtime.relocations[defined.relocations.clone()] {
                assert!((relocation.offset as usize) < defined.body.len(), "{}", defined.name);
            }
        }
    }

    #[test]
    fn others_are_refused() {
        assert!(parse(b"").is_err());
        assert!(parse(b"\0asm\x01\0\0\0\x08\x01\0").is_err());
    }
}
