//! What linking kept, for people who wonder what their policy consists of.

use super::layout::Layout;
use super::object::Object;
use super::reach::Reached;
use super::runtime::{Runtime, crate_of};
use std::collections::BTreeMap;

/// What is in the module, in bytes before numbers are shortened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Functions of the runtime that generated code calls, or that stand behind a name of their own: `b.count`, `rt.dot`.
    pub kept: Vec<String>,
    /// Imports, as `interface#function`: the capabilities that the policy asks for.
    pub imports: Vec<String>,
    /// Functions and bytes by origin: `policy` for generated functions and static data, `runtime` for what has a name of its own, else the
    /// name of the crate.
    pub groups: BTreeMap<String, Group>,
    /// Bytes of memory below the heap: stack, static data, the runtime's data.
    pub memory: u32,
}

/// How much of one origin was kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Group {
    /// Functions.
    pub functions: usize,
    /// Bytes of their bodies.
    pub code: usize,
    /// Bytes of data, zeroed data excluded.
    pub data: usize,
}

/// Makes the report.
pub(super) fn report(object: &Object, runtime: &Runtime<'_>, reached: &Reached, layout: &Layout<'_>) -> Report {
    let mut report = Report {
        memory: layout.heap_base,
        ..Report::default()
    };
    let policy = report.groups.entry("policy".to_owned()).or_default();
    policy.functions = layout.generated.len();
    policy.code = layout
        .generated
        .iter()
        .map(|&number| object.functions[number as usize].body.len())
        .sum();
    policy.data = object.data.len();

    for &number in &layout.imports {
        let import = &runtime.imports[number as usize];
        report.imports.push(format!("{}#{}", import.module, import.name));
    }
    for import in &reached.imports {
        report.imports.push(format!("{}#{}", import.module, import.name));
    }
    for &number in &layout.functions {
        let function = &runtime.functions[number as usize];
        let group = report.groups.entry(origin(function.name).to_owned()).or_default();
        group.functions += 1;
        group.code += function.body.len();
    }
    for &number in &layout.atoms {
        let atom = &runtime.atoms[number as usize];
        // Constants without a name of their own come from anywhere.
        let origin = if atom.name.starts_with('.') {
            "constants"
        } else {
            origin(atom.name)
        };
        report.groups.entry(origin.to_owned()).or_default().data += atom.bytes.len();
    }
    let kept = runtime.exported.iter();
    let kept = kept.filter(|&(_, &function)| layout.keeps(function));
    report.kept = kept.map(|(&name, _)| name.to_owned()).collect();
    report.kept.sort_unstable();
    report
}

fn origin(symbol: &str) -> &str {
    match crate_of(symbol) {
        own if own == symbol || own == "warrego_runtime" => "runtime",
        other => other,
    }
}
