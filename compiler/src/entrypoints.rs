//! Entrypoints by their names: `a/b/c` stands for `data.a.b.c`. Which ones metadata declares, what they may refer to, and what was meant where one does not
//! exist.

use crate::analysis::Analysed;
use crate::analysis::make;
use crate::analysis::tree::{Key, NodeId, full_reference};
use crate::budget;
use crate::capabilities;
use crate::diagnostic::Diagnostic;
use crate::driver::{Failure, Options, file_options, parse_options};
use crate::nearest;
use crate::syntax;
use crate::syntax::ast::{Expr, ExprKind, Module, Ref, Term, Value};
use crate::syntax::source::{Source, Sources, Span};

/// The name without the slash that it may begin with; the name of the root document is empty.
pub fn normal(name: &str) -> &str {
    name.strip_prefix('/').unwrap_or(name)
}

/// What a name stands for, without `data`; the names of metadata have their slashes within segments encoded.
pub(crate) fn path(analysed: &Analysed, name: &str) -> Vec<Term> {
    if normal(name).is_empty() {
        return Vec::new();
    }
    let segments: Vec<Term> = normal(name).split('/').map(string).collect();
    match reached(analysed, &segments) {
        Reached::Nothing if name.contains('%') => normal(name).split('/').map(|segment| string(&decoded(segment))).collect(),
        _ => segments,
    }
}

/// Where a path leads in the tree of rules.
enum Reached {
    /// Nowhere.
    Nothing,
    /// To rules or packages.
    Document,
    /// To a function, or below a rule: into its value.
    Below,
}

fn reached(analysed: &Analysed, path: &[Term]) -> Reached {
    let tree = &analysed.tree;
    let mut node = tree.root();
    for part in path {
        if !tree.node(node).rules.is_empty() {
            return Reached::Below;
        }
        match tree.child(node, part) {
            Some(child) => node = child,
            None => return Reached::Nothing,
        }
    }
    match tree.node(node) {
        entry if entry.has_function => Reached::Below,
        entry if entry.rules.is_empty() && !has_rules_below(analysed, node) => Reached::Nothing,
        _ => Reached::Document,
    }
}

fn has_rules_below(analysed: &Analysed, node: NodeId) -> bool {
    let mut found = false;
    analysed.tree.walk_below(node, &mut |_| found = true);
    found
}

/// Sees that an entrypoint refers to a document. As in OPA a function is none, and what its type rules out of a rule's value is an error.
pub(crate) fn check(analysed: &Analysed, sources: &Sources, name: &str) -> Result<(), Failure> {
    let path = path(analysed, name);
    match reached(analysed, &path) {
        Reached::Document => Ok(()),
        Reached::Nothing => {
            let hint = meant(analysed, name).map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            Err(Failure::Plan(format!(
                "entrypoint \"{name}\" does not refer to a rule or policy decision{hint}"
            )))
        }
        Reached::Below => {
            let mut reference = vec![make::var(Span::default(), &"data".into())];
            reference.extend(path);
            let expr = make::expr(Span::default(), ExprKind::Term(make::term(Span::default(), Value::Ref(reference))));
            let refused = |mut diagnostics: Vec<Diagnostic>| {
                for diagnostic in &mut diagnostics {
                    let hint = match diagnostic.message.ends_with("used as reference, not called") {
                        true => format!("the entrypoint `{name}` is a function: write a rule that calls it"),
                        false => format!("the entrypoint `{name}` leads into the value of a rule that never has it"),
                    };
                    diagnostic.hint.get_or_insert(hint);
                }
                Failure::Policy {
                    sources: sources.clone(),
                    diagnostics,
                }
            };
            analysed
                .query(vec![Expr { generated: true, ..expr }], None)
                .map(drop)
                .map_err(refused)
        }
    }
}

/// What may have been meant by a name that stands for nothing.
fn meant(analysed: &Analysed, name: &str) -> Option<String> {
    let slashed = name.strip_prefix("data.").unwrap_or(name).replace('.', "/");
    let exists = |name: &str| {
        let path: Vec<Term> = name.split('/').map(string).collect();
        matches!(reached(analysed, &path), Reached::Document)
    };
    if slashed != name && exists(&slashed) {
        return Some(format!("write it with slashes: `{slashed}`"));
    }
    let trimmed = slashed.strip_prefix("data/").unwrap_or(&slashed).trim_matches('/').to_owned();
    if trimmed != name && exists(&trimmed) {
        return Some(format!("did you mean `{trimmed}`?"));
    }
    let mut all = Vec::new();
    collect(analysed, analysed.tree.root(), String::new(), &mut all);
    if let Some(hint) = nearest::hint(&trimmed, all.iter().map(String::as_str)) {
        return Some(hint);
    }
    // The rule may stand in another package.
    let last = trimmed.rsplit('/').next()?;
    let elsewhere = all.iter().filter(|path| path.rsplit('/').next() == Some(last)).take(3);
    let elsewhere: Vec<String> = elsewhere.map(|path| format!("`{path}`")).collect();
    (!elsewhere.is_empty()).then(|| format!("did you mean {}?", elsewhere.join(" or ")))
}

/// The paths of all packages and rules but functions.
fn collect(analysed: &Analysed, node: NodeId, path: String, all: &mut Vec<String>) {
    let entry = analysed.tree.node(node);
    if entry.has_function || path.len() > 1000 {
        return;
    }
    for (key, child) in &entry.children {
        let Key::String(name) = key else { continue };
        let below = if path.is_empty() {
            name.to_string()
        } else {
            format!("{path}/{name}")
        };
        collect(analysed, *child, below, all);
    }
    if !path.is_empty() {
        all.push(path);
    }
}

/// The entrypoints that metadata declares (`entrypoint: true`), in OPA's order: by path.
///
/// # Errors
/// When a file cannot be parsed.
pub fn annotated(modules: &[(String, String)], options: &Options) -> Result<Vec<String>, Failure> {
    budget::within(&options.budget, || annotated_here(modules, options))?
}

fn annotated_here(modules: &[(String, String)], options: &Options) -> Result<Vec<String>, Failure> {
    let _guard = options.enter();
    let (mut sources, mut errors) = (Sources::default(), Vec::new());
    let mut found: Vec<(Ref, u32)> = Vec::new();
    for (name, text) in modules {
        let file = sources.files.len() as u32;
        sources.files.push(Source {
            name: name.clone(),
            text: text.clone(),
        });
        if !text.contains("METADATA") {
            continue;
        }
        let parsed = syntax::parse_module(file, text, &file_options(options, file as usize));
        errors.extend(parsed.errors);
        found.extend(parsed.module.iter().flat_map(declared));
    }
    if capabilities::refuses_version(parse_options(options).version).is_none() && !errors.is_empty() {
        return Err(Failure::Policy {
            sources,
            diagnostics: errors,
        });
    }
    found.sort_by(|(a, at), (b, bt)| crate::analysis::compare::compare_lists(a, b).then(at.cmp(bt)));
    let mut names: Vec<String> = Vec::new();
    for (reference, _) in found {
        let name = encoded(&reference);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

fn declared(module: &Module) -> Vec<(Ref, u32)> {
    let blocks = module.annotations.iter().filter(|block| block.document["entrypoint"] == true);
    blocks
        .filter_map(|block| {
            let reference = match block.scope.as_str() {
                "package" => module.package.path.clone(),
                "document" => {
                    let rule = module.rules.iter().find(|rule| rule.span.row == block.target_row)?;
                    make::ground_prefix(&full_reference(module, rule)).to_vec()
                }
                _ => return None,
            };
            Some((reference, block.span.row))
        })
        .collect()
}

/// The name of an entrypoint; slashes within its segments are encoded, as in the path of a URL.
fn encoded(reference: &[Term]) -> String {
    let segments = reference.iter().skip(1).filter_map(Key::of).map(|key| match key {
        Key::Null => "null".to_owned(),
        Key::Bool(value) => value.to_string(),
        Key::Number(text) => text.to_string(),
        Key::String(text) => text.bytes().fold(String::new(), |mut segment, byte| {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => segment.push(byte as char),
                b'-' | b'_' | b'.' | b'~' | b'$' | b'&' | b'+' | b'=' | b':' | b'@' => segment.push(byte as char),
                _ => segment.push_str(&format!("%{byte:02X}")),
            }
            segment
        }),
    });
    segments.collect::<Vec<_>>().join("/")
}

fn decoded(segment: &str) -> String {
    let bytes = segment.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut position = 0;
    while let Some(&byte) = bytes.get(position) {
        let code = (byte == b'%')
            .then(|| segment.get(position + 1..position + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(byte));
        position += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| segment.to_owned())
}

fn string(text: &(impl AsRef<str> + ?Sized)) -> Term {
    make::term(Span::default(), Value::String(text.as_ref().into()))
}
