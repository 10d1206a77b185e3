//! What components import: for each built-in function exactly what a policy needs that calls it, and nothing for all that are not named here.

use std::collections::BTreeMap;

use serde_json::json;
use warrego_compiler::analysis::builtins::{self, Builtin};
use warrego_compiler::capabilities::Capabilities;
use warrego_compiler::{Input, Options, compile, link};
use wasmparser::{Parser, Payload};

const CLOCK: &[&str] = &["wasi:clocks/wall-clock@0.2.0"];
const RANDOM: &[&str] = &["wasi:random/random@0.2.0"];

/// The functions that import something, and all that they import.
const IMPORTS: [(&str, &[&str]); 11] = [
    (
        "http.send",
        &[
            "wasi:clocks/monotonic-clock@0.2.0",
            "wasi:clocks/wall-clock@0.2.0",
            "wasi:http/outgoing-handler@0.2.0",
            "wasi:http/types@0.2.0",
            "wasi:io/error@0.2.0",
            "wasi:io/poll@0.2.0",
            "wasi:io/streams@0.2.0",
        ],
    ),
    ("internal.print", &["wasi:logging/logging@0.1.0-draft"]),
    ("io.jwt.decode_verify", CLOCK),
    (
        "net.lookup_ip_addr",
        &[
            "wasi:io/poll@0.2.0",
            "wasi:sockets/instance-network@0.2.0",
            "wasi:sockets/ip-name-lookup@0.2.0",
            "wasi:sockets/network@0.2.0",
        ],
    ),
    ("opa.runtime", &["wasi:cli/environment@0.2.0"]),
    ("print", &["wasi:logging/logging@0.1.0-draft"]),
    ("rand.intn", RANDOM),
    ("time.now_ns", CLOCK),
    ("uuid.rfc4122", RANDOM),
    ("crypto.x509.parse_and_verify_certificates", CLOCK),
    ("crypto.x509.parse_and_verify_certificates_with_options", CLOCK),
];

/// Functions whose calls stand for something else in a policy's text.
const REWRITTEN: [&str; 5] = [
    "assign",
    "internal.print",
    "internal.template_string",
    "internal.test_case",
    "rego.metadata.chain",
];

/// The imports of a policy's component, without versions of WIT's types.
fn imports(text: &str, options: Options) -> Vec<String> {
    let input = Input {
        modules: vec![("p.rego".to_owned(), text.to_owned())],
        data: json!({}),
    };
    let options = Options {
        entrypoints: vec!["p/q".to_owned()],
        v0_compatible: true,
        print_statements: true,
        ..options
    };
    let output = compile(&input, &options).unwrap_or_else(|failure| panic!("{text}: {failure:?}"));
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

/// A policy that calls a function with arguments about which the compiler knows nothing.
fn policy(builtin: &Builtin) -> String {
    let args: Vec<String> = (0..builtin.arity()).map(|number| format!("input.a{number}")).collect();
    let call = format!("{}({})", builtin.name, args.join(", "));
    match builtin.result {
        None => format!("package p\n\nq {{ {}(input.a) }}\n", builtin.name),
        Some(_) => format!("package p\n\nq {{ {call} }}\n"),
    }
}

#[test]
fn a_policy_imports_what_its_functions_need() {
    let expected: BTreeMap<&str, &[&str]> = IMPORTS.into_iter().collect();
    let mut tested = 0;
    for builtin in builtins::all() {
        let there = link::has_builtin(builtin.name) || builtin.name == "print";
        if !there || REWRITTEN.contains(&builtin.name) {
            continue;
        }
        let wanted = expected.get(builtin.name).copied().unwrap_or_default();
        assert_eq!(imports(&policy(builtin), Options::default()), wanted, "{}", builtin.name);
        tested += 1;
    }
    assert!(tested > 150, "only {tested} functions were tested");
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
    let options = Options {
        capabilities: Some(Capabilities::read(declared.to_string().as_bytes()).unwrap()),
        ..Options::default()
    };
    let text = "package p\n\nq = [acme.geo.is_inside(1, input), acme.geo.nearest(1, 2, 3, 4, 5, 6, 7), acme.now(), acme.now()]\n";
    assert_eq!(
        imports(text, options),
        ["warrego:functions/acme-geo@0.1.0", "warrego:functions/acme@0.1.0"]
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
