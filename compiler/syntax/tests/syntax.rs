//! Trees and errors of the files in `tests/syntax`: beside each `<case>.rego` stands `<case>.txt`, the tree with the place of
//! every node, or the errors. A name that ends in `.v0` is parsed as v0. Failing cases are in `fail`. `BLESS=1` rewrites what is
//! expected.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use warrego_syntax::ast::{Expr, ExprKind, Logical, Module, RegoVersion, Rule, TemplatePart, Term, Value};
use warrego_syntax::diagnostic::Diagnostic;
use warrego_syntax::print::quote;
use warrego_syntax::source::Span;
use warrego_syntax::{ParseOptions, parse_module};

fn place(span: Span) -> String {
    format!("@{}:{}", span.row, span.col)
}

fn joined<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    items.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn term(node: &Term) -> String {
    let at = place(node.span);
    match &node.value {
        Value::Null => format!("null{at}"),
        Value::Bool(value) => format!("{value}{at}"),
        Value::Number(text) => format!("{text}{at}"),
        Value::String(text) => format!("{}{at}", quote(text)),
        Value::Var(name) => format!("{name}{at}"),
        Value::Ref(parts) => format!("(ref{at} {})", joined(parts, term)),
        Value::Call(parts) => format!("(call{at} {})", joined(parts, term)),
        Value::Array(items) => format!("(array{at} {})", joined(items, term)),
        Value::Set(items) => format!("(set{at} {})", joined(items, term)),
        Value::Object(pairs) => format!(
            "(object{at} {})",
            joined(pairs, |(key, value)| format!("{}: {}", term(key), term(value)))
        ),
        Value::ArrayComprehension(head, inner) => format!("(array{at} {} | {})", term(head), joined(inner, expr)),
        Value::SetComprehension(head, inner) => format!("(set{at} {} | {})", term(head), joined(inner, expr)),
        Value::ObjectComprehension(key, value, inner) => {
            format!("(object{at} {}: {} | {})", term(key), term(value), joined(inner, expr))
        }
        Value::TemplateString(template) => {
            let part = |part: &TemplatePart| match part {
                TemplatePart::Text(text) => term(text),
                TemplatePart::Expr(inner) => expr(inner),
            };
            format!("(template{at} {})", joined(&template.parts, part))
        }
    }
}

fn logical(word: &str, operands: &Logical) -> String {
    let braces = |body: &[Expr], explicit: bool| {
        if explicit {
            format!("{{{}}}", joined(body, expr))
        } else {
            joined(body, expr)
        }
    };
    let lhs = braces(&operands.lhs, operands.explicit_lhs);
    format!("{word} {lhs} {}", braces(&operands.rhs, operands.explicit_rhs))
}

fn expr(node: &Expr) -> String {
    let mut out = match &node.kind {
        ExprKind::Term(inner) => term(inner),
        ExprKind::Call(parts) => format!("call {}", joined(parts, term)),
        ExprKind::Some(names) => format!("some {}", joined(names, term)),
        ExprKind::Every(every) => {
            let key = every.key.as_ref().map_or(String::new(), |key| format!("{} ", term(key)));
            format!(
                "every {key}{} in {} {{{}}}",
                term(&every.value),
                term(&every.domain),
                joined(&every.body, expr)
            )
        }
        ExprKind::Not(not) if not.explicit => format!("not {{{}}}", joined(&not.body, expr)),
        ExprKind::Not(not) => format!("not {}", joined(&not.body, expr)),
        ExprKind::And(operands) => logical("and", operands),
        ExprKind::Or(operands) => logical("or", operands),
    };
    for with in &node.with {
        let _ = write!(out, " (with{} {} {})", place(with.span), term(&with.target), term(&with.value));
    }
    let flags = [(node.negated, "negated "), (node.generated, "generated ")];
    let flags: String = flags.iter().filter(|flag| flag.0).map(|flag| flag.1).collect();
    format!("[{}{flags}{out}]", place(node.span) + " ")
}

fn rule(node: &Rule, word: &str, out: &mut String) {
    let head = &node.head;
    let _ = write!(out, "{word}{} {}", place(node.span), joined(&head.reference, term));
    if let Some(args) = &head.args {
        let _ = write!(out, " ({})", joined(args, term));
    }
    for (label, part) in [("key", &head.key), ("value", &head.value)] {
        if let Some(part) = part {
            let _ = write!(out, " {label} {}", term(part));
        }
    }
    let flags = [
        (node.default, "default"),
        (head.assign, "assign"),
        (head.generated_value, "generated-value"),
        (node.generated_body, "generated-body"),
        (node.uses_if, "if"),
        (head.uses_contains, "contains"),
    ];
    flags.iter().filter(|flag| flag.0).for_each(|flag| {
        let _ = write!(out, " +{}", flag.1);
    });
    out.push('\n');
    for inner in &node.body {
        let _ = writeln!(out, "  {}", expr(inner));
    }
    if let Some(link) = &node.else_rule {
        rule(link, "else", out);
    }
}

fn tree(module: &Module) -> String {
    let mut out = format!(
        "{:?} package{} {}\n",
        module.version,
        place(module.package.span),
        joined(&module.package.path, term)
    );
    for import in &module.imports {
        let alias = import.alias.as_ref().map_or(String::new(), |name| format!(" as {name}"));
        let _ = writeln!(out, "import{} {}{alias}", place(import.span), term(&import.path));
    }
    module.rules.iter().for_each(|node| rule(node, "rule", &mut out));
    for block in &module.annotations {
        let _ = writeln!(out, "metadata{} of row {} {}", place(block.span), block.target_row, block.document);
    }
    for comment in &module.comments {
        let _ = writeln!(out, "comment{} {}", place(comment.span), quote(&comment.text));
    }
    out
}

fn errors(errors: &[Diagnostic]) -> String {
    let mut out = String::new();
    for error in errors {
        let _ = writeln!(out, "{} {}", error.span.map_or("@-".to_owned(), place), error.message);
        error.details.iter().for_each(|line| {
            let _ = writeln!(out, "  | {line}");
        });
    }
    out
}

/// What a file gives: its tree, or its errors if it is a failing case.
fn check(path: &Path) {
    let text = std::fs::read_to_string(path).expect("the case is readable");
    let is_v0 = path.to_string_lossy().ends_with(".v0.rego");
    let version = if is_v0 { RegoVersion::V0 } else { RegoVersion::V1 };
    let parsed = parse_module(
        0,
        &text,
        &ParseOptions {
            version,
            ..ParseOptions::default()
        },
    );
    let fails = path.parent().is_some_and(|folder| folder.ends_with("fail"));
    assert_eq!(parsed.module.is_none(), fails, "{}: {}", path.display(), errors(&parsed.errors));
    let got = parsed.module.map_or_else(|| errors(&parsed.errors), |module| tree(&module));
    let expected = path.with_extension("txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&expected, &got).expect("what is expected is writable");
    }
    let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
    assert_eq!(got, wanted, "{} (BLESS=1 rewrites it)", expected.display());
}

fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax").join(folder);
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rego"));
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

#[test]
fn trees() {
    cases("").iter().for_each(|path| check(path));
}

#[test]
fn failures() {
    cases("fail").iter().for_each(|path| check(path));
}
