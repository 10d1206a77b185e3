//! Writes `docs/built-ins.md` to standard output: each built-in function with its signature, and what a policy that calls it imports and how much
//! larger it is. `cargo xtask builtins` runs it. Signatures are those of the compiler's table; the rest is measured on compiled policies.

#[path = "../../compiler/tests/calls/mod.rs"]
mod calls;

use std::error::Error;
use std::fmt::Write;

use warrego_compiler::analysis::builtins::{self, Builtin};
use warrego_compiler::compile;

/// A policy that reads input and calls nothing.
const NOTHING: &str = "package p\n\nq { input.a0 }\n";

/// Policies as people write them: what it is, its text.
const POLICIES: [(&str, &str); 7] = [
    ("`count(input.a)`", "q = count(input.a)"),
    (
        "`sprintf(\"%s: %d\", [input.a, input.b])`",
        "q = sprintf(\"%s: %d\", [input.a, input.b])",
    ),
    ("`startswith(input.a, \"x\")`", "q { startswith(input.a, \"x\") }"),
    ("`json.unmarshal(input.a)`", "q = json.unmarshal(input.a)"),
    ("`regex.match(\"^[a-z]+$\", input.a)`", "q { regex.match(\"^[a-z]+$\", input.a) }"),
    (
        "`time.format([input.a, \"Europe/Berlin\", \"RFC1123\"])`",
        "q = time.format([input.a, \"Europe/Berlin\", \"RFC1123\"])",
    ),
    (
        "`io.jwt.decode_verify(input.a, {\"secret\": \"…\", \"alg\": \"HS256\"})`",
        "q = io.jwt.decode_verify(input.a, {\"secret\": \"x\", \"alg\": \"HS256\"})",
    ),
];

/// Why something is large.
const REASONS: &str = "\
Two groups are above 500 kB. `regex.*` carries an automaton in several forms (a lazy DFA, a one-pass DFA, a backtracker and an NFA with bounds) and
Unicode's tables of categories, scripts and case; a policy's patterns may come from its input, so none of them can be left out. `json.match_schema` and
`json.verify_schema` carry the same for `pattern`. `time.format`, `time.clock` and the like carry the IANA time zone database, since a component has no
file system to read it from; `io.jwt.*` and `crypto.*` carry the elliptic curves and RSA of all algorithms that a key may ask for.
";

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = String::from(
        "# Built-in functions\n\n\
        Made by `cargo xtask builtins` from the compiler's table and from compiled policies. All functions of OPA 1.22.2 are here. *Adds* is by how much a\n\
        policy grows that calls the function and nothing else; policies that call several share what those have in common. *Imports* are the interfaces\n\
        that its component asks its host for; where nothing stands it asks for none.\n\n\
        | function | gives | imports | adds |\n|---|---|---|---:|\n",
    );
    let base = measure(NOTHING)?.0;
    for builtin in builtins::all() {
        let (imports, adds) = match calls::policy(builtin) {
            Some(text) => {
                let (size, imports) = measure(&text)?;
                (imports, kilobytes(size.saturating_sub(base)))
            }
            None => (String::new(), String::new()),
        };
        writeln!(out, "| {} | {} | {imports} | {adds} |", called(builtin), given(builtin))?;
    }
    write!(
        out,
        "\n## Whole policies\n\nOne rule each; the size is that of the component.\n\n| policy | size |\n|---|---:|\n| none of them (`input.a0`) | {} |\n",
        kilobytes(base)
    )?;
    for (name, rule) in POLICIES {
        writeln!(out, "| {name} | {} |", kilobytes(measure(&format!("package p\n\n{rule}\n"))?.0))?;
    }
    write!(out, "\n{REASONS}")?;
    print!("{out}");
    Ok(())
}

/// The size of a policy's component, and the interfaces that it imports.
fn measure(text: &str) -> Result<(usize, String), Box<dyn Error>> {
    let output = compile(&calls::input(text), &calls::options(text))?;
    let interfaces = output
        .report
        .link
        .imports
        .iter()
        .map(|import| import.split('#').next().unwrap_or(import));
    let mut interfaces: Vec<&str> = interfaces.map(|name| name.split('@').next().unwrap_or(name)).collect();
    interfaces.sort_unstable();
    interfaces.dedup();
    let interfaces: Vec<String> = interfaces.iter().map(|name| format!("`{name}`")).collect();
    Ok((output.component.len(), interfaces.join(", ")))
}

/// `name(argument: type, …)`, how its operator is written, and whether it is to be avoided.
fn called(builtin: &Builtin) -> String {
    let mut arguments: Vec<&str> = builtin.arguments().collect();
    let variadic = builtin.variadic().map(|of| format!("{of}..."));
    arguments.extend(variadic.as_deref());
    let mut text = code(&format!("{}({})", builtin.name, arguments.join(", ")));
    if let Some(infix) = builtin.infix {
        text += &format!(" {}", code(&format!("x {infix} y")));
    }
    if builtin.deprecated {
        text += " (deprecated)";
    }
    text
}

fn given(builtin: &Builtin) -> String {
    match builtin.result {
        Some(result) if builtin.relation => format!("{}, several", code(result)),
        Some(result) => code(result),
        None => String::new(),
    }
}

/// Code in a cell of a table.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

/// Whole kilobytes: less than that changes with every change of the runtime.
fn kilobytes(bytes: usize) -> String {
    match bytes {
        0..1000 => "< 1 kB".to_owned(),
        bytes => format!("{} kB", (bytes + 500) / 1000),
    }
}
