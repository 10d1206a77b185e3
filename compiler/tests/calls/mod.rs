//! For each built-in function a small policy that calls it with arguments about which the compiler knows nothing: what such a component imports and
//! how large it is says what the function costs. Shared by the test of imports and by the example that writes the table of built-in functions.

use warrego_compiler::analysis::builtins::Builtin;
use warrego_compiler::{Input, Options};

/// Functions that policies do not call by their names, or not with arguments like others: a policy whose compiled form calls them.
const CALLED_OTHERWISE: [(&str, &str); 6] = [
    ("assign", "package p\n\nq { x := input.a0; x }\n"),
    ("internal.print", "package p\n\nq { print(input.a0) }\n"),
    ("internal.template_string", "package p\n\nimport rego.v1\n\nq := $\"{input.a0}\"\n"),
    ("internal.test_case", ""),
    ("print", "package p\n\nq { print(input.a0) }\n"),
    ("rego.metadata.chain", "package p\n\nq = rego.metadata.chain()\n"),
];

/// The text of the policy; `None` where policies cannot call the function.
pub fn policy(builtin: &Builtin) -> Option<String> {
    if let Some((_, text)) = CALLED_OTHERWISE.iter().find(|(name, _)| *name == builtin.name) {
        return Some((*text).to_owned()).filter(|text| !text.is_empty());
    }
    let args: Vec<String> = (0..builtin.arity()).map(|number| format!("input.a{number}")).collect();
    Some(format!("package p\n\nq {{ {}({}) }}\n", builtin.name, args.join(", ")))
}

/// What to compile.
pub fn input(text: &str) -> Input {
    Input {
        modules: vec![("p.rego".to_owned(), text.to_owned())],
        data: serde_json::json!({}),
    }
}

/// How: as Rego v0, which has the deprecated functions too, unless the text asks for v1, which has template strings; and with `print` kept.
pub fn options(text: &str) -> Options {
    Options {
        entrypoints: vec!["p/q".to_owned()],
        v0_compatible: !text.contains("import rego.v1"),
        print_statements: true,
        ..Options::default()
    }
}
