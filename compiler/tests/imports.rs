//! What components import: for each built-in function exactly what `imports.txt` says.

mod calls;

use std::collections::BTreeMap;

use serde_json::json;
use warrego_compiler::analysis::builtins;
use warrego_compiler::capabilities::Capabilities;
use warrego_compiler::{Input, Options, compile};
use wasmparser::{Parser, Payload};
use wit_parser::Type;

/// For each built-in function all that it imports.
const IMPORTS: &str = include_str!("imports.txt");

/// The imports of a policy's component, without versions of WIT's types.
fn imports(text: &str, options: &Options) -> Vec<String> {
    let output = compile(&calls::input(text), options).unwrap_or_else(|failure| panic!("{text}: {failure:?}"));
    let mut imports = Vec::new();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(&output.component) {
        match payload.unwrap() {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(section.into_iter().map(|import| import.unwrap().name.name.to_owned()));
            }
            _ => {}
        }
    }
    imports.sort();
    imports
}

#[test]
fn a_policy_imports_what_its_functions_need() {
    let table: BTreeMap<&str, Vec<&str>> = IMPORTS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut words = line.split(' ');
            (words.next().unwrap_or_default(), words.collect())
        })
        .collect();
    let functions: Vec<&str> = builtins::all().map(|builtin| builtin.name).collect();
    assert_eq!(table.keys().copied().collect::<Vec<_>>(), functions);
    for builtin in builtins::all() {
        if let Some(text) = calls::policy(builtin) {
            assert_eq!(imports(&text, &calls::options(&text)), table[builtin.name], "{}", builtin.name);
        }
    }
}

#[test]
fn print_is_erased_unless_it_is_kept() {
    let input = Input {
        modules: vec![("p.rego".to_owned(), "package p\n\nq if print(input.a)\n".to_owned())],
        data: json!({}),
    };
    let options = Options {
        entrypoints: vec!["p/q".to_owned()],
        ..Options::default()
    };
    let output = compile(&input, &options).unwrap();
    assert_eq!(output.report.link.imports, Vec::<String>::new());
}

#[test]
fn functions_of_the_embedder_are_imports() {
    let declare = |name: &str, arity: usize| {
        let args = vec![json!({"type": "any"}); arity];
        json!({"name": name, "decl": {"type": "function", "args": args, "result": {"type": "any"}}})
    };
    let declared = json!({"builtins": [
        declare("acme.geo.is_inside", 2), declare("acme.geo.nearest", 7), declare("acme.now", 0), declare("unused.f", 1), {"name": "eq"},
    ]});
    let text = "package p\n\nq = [acme.geo.is_inside(1, input), acme.geo.nearest(1, 2, 3, 4, 5, 6, 7), acme.now(), acme.now()]\n";
    let options = Options {
        capabilities: Some(Capabilities::read(declared.to_string().as_bytes()).unwrap()),
        ..calls::options(text)
    };
    assert_eq!(
        imports(text, &options),
        ["warrego:functions/acme-geo@0.2.0", "warrego:functions/acme@0.2.0"]
    );
}

#[test]
fn what_capabilities_do_not_list_is_refused() {
    let input = Input {
        modules: vec![("p.rego".to_owned(), "package p\n\nq := http.send(input)\n".to_owned())],
        data: json!({}),
    };
    let options = Options {
        entrypoints: vec!["p/q".to_owned()],
        capabilities: Some(Capabilities::read(br#"{"builtins": [{"name": "count"}, {"name": "eq"}]}"#).unwrap()),
        ..Options::default()
    };
    match compile(&input, &options) {
        Err(warrego_compiler::Failure::Policy { diagnostics, .. }) => {
            assert_eq!(diagnostics[0].message, "undefined function http.send");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn parameters_have_the_names_of_the_declaration() {
    let declared = json!({"builtins": [{"name": "acme.near", "decl": {
        "type": "function",
        "args": [{"type": "any", "name": "from"}, {"type": "string", "name": "max_distance"}, {"type": "any"}],
        "result": {"type": "any"},
    }}, {"name": "eq"}]});
    let text = "package p\n\nq := acme.near(1, \"2\", 3)\n";
    let options = Options {
        capabilities: Some(Capabilities::read(declared.to_string().as_bytes()).unwrap()),
        ..calls::options(text)
    };
    let component = compile(&calls::input(text), &options).unwrap().component;
    let decoded = wit_component::decode(&component).unwrap();
    let interfaces = &decoded.resolve().interfaces;
    let functions = interfaces.iter().flat_map(|(_, interface)| &interface.functions);
    let near = functions.into_iter().find(|(name, _)| *name == "near").unwrap().1;
    let parameters: Vec<(&str, Type)> = near.params.iter().map(|param| (param.name.as_str(), param.ty)).collect();
    assert_eq!(
        parameters,
        [("from", Type::String), ("max-distance", Type::String), ("argument3", Type::String)]
    );
}
