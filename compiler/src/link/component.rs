//! Wraps the core module into a component.
//!
//! What stands around the module depends on its imports and exports alone, not on what is in it. So the encoder of `wit-component` is run on a
//! stub with the same imports and exports and bodies that trap, and the module is put in the stub's place: nothing large is copied, parsed or
//! validated again. For policies without imports, nearly all there are, this is done once per world and process.

use super::object::Import;
use super::{forward, leb};
use crate::wit::{self, World};
use std::sync::{Arc, OnceLock};
use wit_component::{ComponentEncoder, StringEncoding};

/// The outside of a core module: types are in the binary format.
#[derive(Debug, Default)]
pub(super) struct Outside<'a> {
    /// Interface, function and type of the imports.
    pub imports: Vec<(&'a str, &'a str, &'a [u8])>,
    /// The embedder's functions among the imports, whose interfaces are written anew for each policy.
    pub functions: Vec<&'a Import>,
    /// Name and type of the exported functions.
    pub exports: Vec<(&'a str, &'a [u8])>,
}

/// The bytes of a component around its core module's section.
#[derive(Debug)]
pub(super) struct Template {
    before: Vec<u8>,
    behind: Vec<u8>,
}

/// A section that means nothing to a host.
const CUSTOM: u8 = 0;
/// The section of a component that holds a core module.
const CORE_MODULE: u8 = 1;

impl Template {
    /// The template of a world for a module.
    pub fn new(world: World, outside: &Outside<'_>) -> Result<Arc<Self>, String> {
        static PLAIN: [OnceLock<Arc<Template>>; 2] = [const { OnceLock::new() }; 2];
        if !outside.imports.is_empty() {
            return Self::encode(world, outside).map(Arc::new);
        }
        let cell = &PLAIN[world as usize];
        match cell.get() {
            Some(template) => Ok(Arc::clone(template)),
            None => {
                let template = Arc::new(Self::encode(world, outside)?);
                Ok(Arc::clone(cell.get_or_init(|| template)))
            }
        }
    }

    fn encode(world: World, outside: &Outside<'_>) -> Result<Self, String> {
        let interfaces = outside.imports.iter().map(|(module, _, _)| *module);
        let functions = outside.functions.iter().map(|import| wit::functions::Function {
            interface: &import.module,
            name: &import.name,
            parameters: &import.params,
        });
        let (resolve, world) = wit::world(world, interfaces, functions)?;
        let text = |error| format!("the component cannot be made: {error:#}");
        let mut stub = stub(outside);
        wit_component::embed_component_metadata(&mut stub, &resolve, world, StringEncoding::UTF8).map_err(text)?;
        let mut encoder = ComponentEncoder::default();
        encoder.validate(false);
        let component = encoder.module(&stub).and_then(|encoder| encoder.encode()).map_err(text)?;
        let component = forward::through_imports(&component, &outside.exports);
        component
            .as_deref()
            .and_then(Self::split)
            .ok_or_else(|| "the component that was made has no core module".to_owned())
    }

    /// Cuts out the first core module: the encoder puts its own helpers behind it.
    fn split(component: &[u8]) -> Option<Self> {
        let mut at = 8;
        loop {
            let (&number, rest) = component.get(at..)?.split_first()?;
            let (size, digits) = leb::read(rest)?;
            let end = at + 1 + digits + size as usize;
            if number == CORE_MODULE {
                return Some(Self {
                    before: component.get(..at)?.to_vec(),
                    behind: without_custom(component.get(end..)?)?,
                });
            }
            at = end;
        }
    }

    /// Writes the component around a module of `length` bytes, which `write` appends.
    pub fn fill(&self, length: usize, write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.before.len() + self.behind.len() + length + 6);
        out.extend_from_slice(&self.before);
        out.push(CORE_MODULE);
        leb::unsigned(&mut out, length as u32);
        write(&mut out);
        out.extend_from_slice(&self.behind);
        out
    }
}

/// Leaves out the custom sections, which hold the encoder's name and made-up names of the component's parts.
fn without_custom(sections: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(sections.len());
    let mut rest = sections;
    while let Some((&number, behind)) = rest.split_first() {
        let (size, digits) = leb::read(behind)?;
        let (section, next) = rest.split_at_checked(1 + digits + size as usize)?;
        if number != CUSTOM {
            kept.extend_from_slice(section);
        }
        rest = next;
    }
    Some(kept)
}

/// A module with that outside, a memory, and functions that trap.
fn stub(outside: &Outside<'_>) -> Vec<u8> {
    let imports = outside.imports.len() as u32;
    let count = outside.exports.len() as u32;
    let counted = |count: u32| {
        let mut section = Vec::new();
        leb::unsigned(&mut section, count);
        section
    };
    // Each function has a type of its own: that of the same number.
    let mut types = counted(imports + count);
    let (mut imported, mut functions, mut exported, mut code) = (counted(imports), counted(count), counted(count + 1), counted(count));
    for (number, (module, name, ty)) in (0..).zip(&outside.imports) {
        types.extend_from_slice(ty);
        leb::text(&mut imported, module);
        leb::text(&mut imported, name);
        imported.push(0x00);
        leb::unsigned(&mut imported, number);
    }
    for (number, (name, ty)) in (imports..).zip(&outside.exports) {
        types.extend_from_slice(ty);
        leb::unsigned(&mut functions, number);
        leb::text(&mut exported, name);
        exported.push(0x00);
        leb::unsigned(&mut exported, number);
        code.extend([0x03, 0x00, 0x00, 0x0b]);
    }
    leb::text(&mut exported, "memory");
    exported.extend([0x02, 0x00]);

    let mut out = b"\0asm\x01\0\0\0".to_vec();
    for (number, section) in [
        (1, &types),
        (2, &imported),
        (3, &functions),
        (5, &vec![0x01, 0x00, 0x01]),
        (7, &exported),
        (10, &code),
    ] {
        leb::section(&mut out, number, section);
    }
    out
}
