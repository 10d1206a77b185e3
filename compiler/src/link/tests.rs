//! Linking against a small module made by hand, which has what the real runtime has only here and there: a function with two names, data symbols that
//! overlap, symbols of no size, references into the middle of data and past its end, a table of functions in data.

use super::object::{FuncType, Function, Object, Relocation, Target, ValType};
use super::{Error, Linked, Options, leb, runtime};
use wasmparser::{Operator, Parser, Payload, Validator};

const CALL: u8 = 0;
const SLOT_I32: u8 = 2;
const ADDRESS: u8 = 4;
const ADDRESS_I32: u8 = 5;
const STACK: u8 = 7;

/// Places of symbols in the table of [`module`].
mod symbol {
    pub const IMPORT: u32 = 0;
    pub const STACK: u32 = 1;
    pub const DEEP: u32 = 2;
    pub const TEXT: u32 = 3;
    pub const TAIL: u32 = 4;
    pub const POINTERS: u32 = 6;
    pub const HEAP_BASE: u32 = 7;
    pub const ZEROED: u32 = 11;
}

struct Section {
    bytes: Vec<u8>,
    relocations: Vec<(u8, u32, u32, i32)>,
}

impl Section {
    fn new(count: u32) -> Self {
        let mut bytes = Vec::new();
        leb::unsigned(&mut bytes, count);
        Self {
            bytes,
            relocations: Vec::new(),
        }
    }

    /// A place to patch: five bytes, or four for numbers of fixed size.
    fn place(&mut self, kind: u8, symbol: u32, addend: i32) {
        self.relocations.push((kind, self.bytes.len() as u32, symbol, addend));
        let padding: &[u8] = if matches!(kind, SLOT_I32 | ADDRESS_I32) {
            &[0; 4]
        } else {
            &[0x80, 0x80, 0x80, 0x80, 0]
        };
        self.bytes.extend_from_slice(padding);
    }

    fn body(&mut self, write: impl FnOnce(&mut Self)) {
        let start = self.bytes.len();
        // The size is written as five bytes once it is known.
        self.bytes.extend([0x80, 0x80, 0x80, 0x80, 0, 0]);
        write(self);
        self.bytes.push(0x0b);
        let size = (self.bytes.len() - start - 5) as u32;
        for at in 0..4 {
            self.bytes[start + at] |= (size >> (7 * at)) as u8 & 0x7f;
        }
    }

    fn relocation_section(&self, name: &str, section: u32) -> Vec<u8> {
        let mut out = Vec::new();
        leb::text(&mut out, name);
        leb::unsigned(&mut out, section);
        leb::unsigned(&mut out, self.relocations.len() as u32);
        for &(kind, offset, symbol, addend) in &self.relocations {
            out.push(kind);
            leb::unsigned(&mut out, offset);
            leb::unsigned(&mut out, symbol);
            if matches!(kind, ADDRESS | ADDRESS_I32) {
                leb::signed(&mut out, addend);
            }
        }
        out
    }
}

/// Functions: 0 is imported, 1 `rt.one` and `b.one`, 2 `rt.data`, 3 `rt.stack`, 4 reached through a table in data only, 5 `rt.unused`.
fn module() -> Vec<u8> {
    let mut code = Section::new(5);
    code.body(|body| {
        body.bytes.push(0x10);
        body.place(CALL, symbol::IMPORT, 0);
    });
    code.body(|body| {
        for (symbol, addend) in [
            (symbol::TEXT, 0),
            (symbol::TAIL, 1),
            (symbol::POINTERS, 4),
            (symbol::HEAP_BASE, 15),
            (symbol::ZEROED, -8),
        ] {
            body.bytes.push(0x41);
            body.place(ADDRESS, symbol, addend);
            body.bytes.push(0x1a);
        }
    });
    code.body(|body| {
        body.bytes.push(0x23);
        body.place(STACK, symbol::STACK, 0);
        body.bytes.push(0x1a);
    });
    code.body(|_| {});
    code.body(|body| {
        body.bytes.push(0x10);
        body.place(CALL, symbol::DEEP, 0);
    });

    // Two segments: 24 bytes at 1024 with text and pointers, 16 zeroed bytes at 1056.
    let mut data = Section::new(2);
    data.bytes.extend([0x00, 0x41, 0x80, 0x08, 0x0b, 24]);
    data.bytes.extend(b"hello, world\0\0\0\0");
    data.place(SLOT_I32, symbol::DEEP, 0);
    data.place(ADDRESS_I32, symbol::TAIL, 2);
    data.bytes.extend([0x00, 0x41, 0xa0, 0x08, 0x0b, 16]);
    data.bytes.extend([0; 16]);

    let mut table = Vec::new();
    let function = |table: &mut Vec<u8>, flags: u8, index: u32, name: &str| {
        table.extend([0, flags]);
        leb::unsigned(table, index);
        if flags & 0x10 == 0 {
            leb::text(table, name);
        }
    };
    let datum = |table: &mut Vec<u8>, name: &str, place: [u32; 3]| {
        table.extend([1, 0]);
        leb::text(table, name);
        for number in place {
            leb::unsigned(table, number);
        }
    };
    leb::unsigned(&mut table, 13);
    function(&mut table, 0x10, 0, "");
    table.extend([2, 0, 0]);
    leb::text(&mut table, "__stack_pointer");
    function(&mut table, 0, 4, "_RNvC4deep4deep");
    datum(&mut table, "text", [0, 0, 12]);
    datum(&mut table, "tail", [0, 7, 5]);
    datum(&mut table, "empty", [0, 12, 0]);
    datum(&mut table, "pointers", [0, 16, 8]);
    table.extend([1]);
    leb::unsigned(&mut table, 0x200);
    leb::text(&mut table, "__heap_base");
    table.extend([0, 0x80, 0x10, 0]);
    function(&mut table, 0, 1, "rt.one");
    function(&mut table, 0, 1, "b.one");
    function(&mut table, 0, 2, "rt.data");
    datum(&mut table, "zeroed", [1, 0, 16]);
    function(&mut table, 0, 3, "rt.stack");
    let mut linking = Vec::new();
    leb::text(&mut linking, "linking");
    linking.push(2);
    leb::section(&mut linking, 8, &table);
    let mut names = vec![2];
    leb::text(&mut names, ".rodata");
    names.extend([4, 0]);
    leb::text(&mut names, ".bss");
    names.extend([3, 0]);
    leb::section(&mut linking, 5, &names);

    let mut exports = vec![5];
    for (name, index) in [("rt.one", 1), ("b.one", 1), ("rt.data", 2), ("rt.stack", 3), ("rt.unused", 5)] {
        leb::text(&mut exports, name);
        exports.extend([0, index]);
    }
    let mut imports = vec![1];
    leb::text(&mut imports, "wasi:clocks/wall-clock@0.2.0");
    leb::text(&mut imports, "now");
    imports.extend([0, 0]);

    let mut out = b"\0asm\x01\0\0\0".to_vec();
    for (number, contents) in [
        (1, vec![1, 0x60, 0, 0]),
        (2, imports),
        (3, vec![5, 0, 0, 0, 0, 0]),
        (5, vec![1, 0, 1]),
        (6, vec![1, 0x7f, 1, 0x41, 0, 0x0b]),
        (7, exports),
        (10, code.bytes.clone()),
        (11, data.bytes.clone()),
        (0, linking),
        (0, code.relocation_section("reloc.CODE", 6)),
        (0, data.relocation_section("reloc.DATA", 7)),
    ] {
        leb::section(&mut out, number, &contents);
    }
    out
}

/// A policy that exports one function, which calls these.
fn object(calls: &[&str]) -> Object {
    let mut body = vec![0];
    let mut relocations = Vec::new();
    for symbol in calls {
        body.push(0x10);
        relocations.push(Relocation {
            offset: body.len() as u32,
            target: Target::Runtime((*symbol).to_owned()),
        });
        body.extend([0x80, 0x80, 0x80, 0x80, 0]);
    }
    body.push(0x0b);
    Object {
        functions: vec![Function {
            name: "go".to_owned(),
            ty: FuncType::default(),
            body,
            relocations,
        }],
        data: b"static".to_vec(),
        zeroed: 8,
        exports: vec![("go".to_owned(), Target::Generated(0))],
    }
}

fn linked(calls: &[&str]) -> Result<(Vec<u8>, super::Report), Error> {
    let bytes = module();
    let runtime = runtime::parse(&bytes).expect("the module is well-formed");
    let object = object(calls);
    let linked = Linked::new(&object, &runtime, Options { names: true })?;
    let mut out = Vec::new();
    linked.module.write(&mut out);
    assert_eq!(out.len(), linked.module.len());
    Validator::new().validate_all(&out).expect("linked modules are valid");
    Ok((out, linked.report()))
}

/// The constants in a module's code, and its data segments with their addresses.
fn contents(module: &[u8]) -> (Vec<i32>, Vec<(i32, Vec<u8>)>) {
    let constant = |operator| match operator {
        Operator::I32Const { value } => Some(value),
        _ => None,
    };
    let (mut constants, mut segments) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload.expect("the module is valid") {
            Payload::CodeSectionEntry(body) => {
                let operators = body.get_operators_reader().expect("the module is valid").into_iter();
                constants.extend(operators.filter_map(|operator| constant(operator.expect("the module is valid"))));
            }
            Payload::DataSection(reader) => {
                for segment in reader {
                    let segment = segment.expect("the module is valid");
                    let wasmparser::DataKind::Active { offset_expr, .. } = segment.kind else {
                        continue;
                    };
                    let mut operators = offset_expr.get_operators_reader();
                    let address = constant(operators.read().expect("the module is valid")).expect("addresses are constant");
                    segments.push((address, segment.data.to_vec()));
                }
            }
            _ => {}
        }
    }
    (constants, segments)
}

#[test]
fn only_what_is_called_is_kept() {
    let (_, report) = linked(&["rt.stack"]).expect("it links");
    assert_eq!(report.kept, ["rt.stack"]);
    assert!(report.imports.is_empty());
    let (_, report) = linked(&[]).expect("it links");
    assert!(report.kept.is_empty());
}

#[test]
fn one_function_can_have_several_names() {
    let (module, report) = linked(&["rt.one", "b.one"]).expect("it links");
    assert_eq!(report.kept, ["b.one", "rt.one"]);
    assert_eq!(report.imports, ["wasi:clocks/wall-clock@0.2.0#now"]);
    let bodies = Parser::new(0)
        .parse_all(&module)
        .filter(|payload| matches!(payload, Ok(Payload::CodeSectionEntry(_))));
    assert_eq!(bodies.count(), 2);
}

#[test]
fn data_is_placed_and_referred_to() {
    let (module, report) = linked(&["rt.data"]).expect("it links");
    // Through the table of pointers, and no further.
    assert_eq!(report.groups.get("deep").map(|group| group.functions), Some(1));
    let (constants, segments) = contents(&module);
    let start = 0x4_0000 + 16;
    assert_eq!(segments.len(), 2);
    assert_eq!(segments[0], (0x4_0000, b"static".to_vec()));
    // Overlapping symbols are one piece of 12 bytes; the pointers follow, aligned as they were; what is zero has no bytes.
    let (address, bytes) = &segments[1];
    assert_eq!(*address, start);
    assert_eq!(bytes[..12], *b"hello, world");
    assert_eq!(bytes[16..20], 1i32.to_le_bytes());
    assert_eq!(bytes[20..24], (start + 7 + 2).to_le_bytes());
    let heap = report.memory as i32;
    assert_eq!(constants[..4], [start, start + 8, start + 20, heap + 15]);
    assert_eq!(constants[4], start + 24 - 8);
    assert_eq!(heap, start + 48);
}

#[test]
fn unknown_symbols_are_named() {
    assert_eq!(linked(&["b.missing"]).err(), Some(Error::Symbol("b.missing".to_owned())));
}

#[test]
fn signatures() {
    let bytes = module();
    let runtime = runtime::parse(&bytes).expect("the module is well-formed");
    assert_eq!(runtime.signature("rt.one"), Some(FuncType::default()));
    assert_eq!(runtime.signature("rt.two"), None);
    assert_eq!(ValType::from_byte(ValType::I64.byte()), Some(ValType::I64));
}
