//! Lets a component's functions be lifted from a module that imports them from the policy's module and exports them again, and does nothing else.
//!
//! wasmtime (48) finds an exported function anew on each call of a component: one that its instance defines is looked up among the engine's code and
//! described again, one that its instance imported is found described. That is a seventh of the shortest decision, and costs an instance more
//! when a policy starts, once. Hosts in which both are the same lose nothing.

use super::leb;
use wasmparser::{BinaryReader, ComponentAlias, ComponentAliasSectionReader, ExternalKind};

/// Sections of a component.
const CORE_MODULE: u8 = 1;
const CORE_INSTANCE: u8 = 2;
const ALIAS: u8 = 6;

/// Whether an export of the core module is a function of the component, as `interface#function` is.
fn lifted(name: &str) -> bool {
    name.contains('#')
}

/// Puts the forwarding module into a component; `exports` are names and types (in the binary format) of its core module's functions. `None` if the
/// component is not well-formed.
pub(super) fn through_imports(component: &[u8], exports: &[(&str, &[u8])]) -> Option<Vec<u8>> {
    let (header, mut rest) = component.split_at_checked(8)?;
    let mut out = header.to_vec();
    let (mut modules, mut instances, mut forwarding) = (0, 0, None);
    while let Some((&number, behind)) = rest.split_first() {
        let (size, digits) = leb::read(behind)?;
        let (section, next) = rest.split_at_checked(1 + digits + size as usize)?;
        let contents = section.get(1 + digits..)?;
        rest = next;
        match number {
            CORE_MODULE => modules += 1,
            CORE_INSTANCE => instances += leb::read(contents)?.0,
            ALIAS => {
                if forwarding.is_none()
                    && let Some(policy) = instance_of_policy(contents)?
                {
                    leb::section(&mut out, CORE_MODULE, &module(exports));
                    leb::section(&mut out, CORE_INSTANCE, &instance(modules, policy));
                    forwarding = Some(instances);
                }
                if let Some(forwarding) = forwarding {
                    leb::section(&mut out, ALIAS, &redirected(contents, forwarding)?);
                    continue;
                }
            }
            _ => {}
        }
        out.extend_from_slice(section);
    }
    Some(out)
}

/// The core instance whose functions an alias section brings in to be lifted; `Some(None)` if it brings in none.
fn instance_of_policy(section: &[u8]) -> Option<Option<u32>> {
    for alias in aliases(section)? {
        if let (_, ComponentAlias::CoreInstanceExport { instance_index, name, .. }) = alias.ok()?
            && lifted(name)
        {
            return Some(Some(instance_index));
        }
    }
    Some(None)
}

/// The aliases of a section with their places.
fn aliases(section: &[u8]) -> Option<impl Iterator<Item = wasmparser::Result<(usize, ComponentAlias<'_>)>>> {
    let reader = ComponentAliasSectionReader::new(BinaryReader::new(section, 0)).ok()?;
    let aliases = reader.into_iter_with_offsets();
    Some(aliases.map(|alias| alias.map(|(at, alias)| (at as usize, alias))))
}

/// An alias section that brings in functions to be lifted from another instance.
fn redirected(section: &[u8], instance: u32) -> Option<Vec<u8>> {
    let all: Vec<_> = aliases(section)?.collect::<Result<_, _>>().ok()?;
    let ends = all.iter().skip(1).map(|(at, _)| *at).chain([section.len()]);
    let mut out = Vec::with_capacity(section.len() + 1);
    leb::unsigned(&mut out, all.len() as u32);
    for ((start, alias), end) in all.iter().zip(ends) {
        match alias {
            ComponentAlias::CoreInstanceExport {
                kind: ExternalKind::Func,
                name,
                ..
            } if lifted(name) => {
                // A core function, of a core instance's exports.
                out.extend([0x00, 0x00, 0x01]);
                leb::unsigned(&mut out, instance);
                leb::text(&mut out, name);
            }
            _ => out.extend_from_slice(section.get(*start..end)?),
        }
    }
    Some(out)
}

/// The module: each function has a type of its own, and its number.
fn module(exports: &[(&str, &[u8])]) -> Vec<u8> {
    let functions: Vec<_> = exports.iter().filter(|(name, _)| lifted(name)).collect();
    let mut sections = [const { Vec::new() }; 3];
    let [types, imports, exported] = &mut sections;
    for section in [&mut *types, &mut *imports, &mut *exported] {
        leb::unsigned(section, functions.len() as u32);
    }
    for (number, (name, ty)) in (0..).zip(functions) {
        types.extend_from_slice(ty);
        leb::text(imports, FROM);
        leb::text(imports, name);
        imports.push(0x00);
        leb::unsigned(imports, number);
        leb::text(exported, name);
        exported.push(0x00);
        leb::unsigned(exported, number);
    }
    let mut out = b"\0asm\x01\0\0\0".to_vec();
    for (number, section) in [1, 2, 7].into_iter().zip(&sections) {
        leb::section(&mut out, number, section);
    }
    out
}

/// The name that the functions are imported from.
const FROM: &str = "policy";

/// A section with an instance of a module that gets another one's exports.
fn instance(module: u32, policy: u32) -> Vec<u8> {
    // One instance; instantiate.
    let mut out = vec![0x01, 0x00];
    leb::unsigned(&mut out, module);
    // One argument: an instance.
    out.push(0x01);
    leb::text(&mut out, FROM);
    out.push(0x12);
    leb::unsigned(&mut out, policy);
    out
}
