//! What can be said about sources without compiling them: the packages of files, their metadata, and what they require of whoever runs them. It is what
//! `opa inspect` tells.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::analysis::tree::full_reference;
use crate::analysis::visit::{Node, chain, walk_rule};
use crate::analysis::{TestRules, builtins, compare, make, text};
use crate::budget;
use crate::capabilities;
use crate::driver::{self, Failure, Input, Options};
use crate::syntax::ast::{Annotations, ExprKind, Import, Module, Ref, RegoVersion, Term, Value};
use crate::syntax::json::{annotations_json, reference_json};
use crate::syntax::source::{Source, Sources, Span};
use crate::syntax::{self};

/// What is known about sources.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The package of each file, in the order of files: `data.…`.
    pub packages: Vec<String>,
    /// All metadata, by what it is about.
    pub annotations: Vec<Annotated>,
    /// What is required, in the shape of OPA's capabilities.
    pub required: Json,
}

/// A block of metadata, and what it is about.
#[derive(Debug, Clone)]
pub struct Annotated {
    /// The block, in OPA's shape.
    pub annotations: Json,
    /// The path of the rule or package, as an array of terms.
    pub path: Json,
    /// The path without `data`, as text.
    pub name: String,
    /// The package without `data`, as text.
    pub package: String,
    /// The rule in the package, as its head writes it.
    pub rule: Option<String>,
    /// The schemas: which document, and a name or a definition.
    pub schemas: Vec<(String, String)>,
    /// The file.
    pub file: String,
    /// 1-based row of the rule or package.
    pub row: u32,
    /// 1-based column of the rule or package.
    pub col: u32,
}

/// Inspects files.
pub fn inspect(input: &Input, options: &Options) -> Result<Inspection, Failure> {
    budget::within(&options.budget, || inspect_here(input, options))?
}

fn inspect_here(input: &Input, options: &Options) -> Result<Inspection, Failure> {
    let _guard = options.enter();
    let mut sources = Sources::default();
    let mut modules = Vec::new();
    let mut errors = Vec::new();
    for (position, (name, text)) in input.modules.iter().enumerate() {
        let parsed = syntax::parse_module(sources.files.len() as u32, text, &driver::file_options(options, position));
        sources.files.push(Source {
            name: name.clone(),
            text: text.clone(),
        });
        errors.extend(parsed.errors);
        modules.extend(parsed.module);
    }
    if !errors.is_empty() {
        return Err(Failure::Policy {
            sources,
            diagnostics: errors,
        });
    }
    let mut annotations: Vec<(Ref, Span, Annotated)> = Vec::new();
    for module in &modules {
        for block in &module.annotations {
            let (path, annotated) = annotated(module, block, &sources)?;
            annotations.push((path, block.span, annotated));
        }
    }
    annotations.sort_by(|(a, at, one), (b, bt, other)| {
        let places = (&one.file, at.row, at.col).cmp(&(&other.file, bt.row, bt.col));
        compare::compare_lists(a, b).then(places)
    });
    let mut names: BTreeSet<&'static str> = modules.iter().flat_map(written).collect();
    let mut compiled = Sources::default();
    match driver::front(input, options, TestRules::AsTheyAre, &mut compiled) {
        Ok(analysed) => names.extend(analysed.modules.iter().flat_map(called)),
        Err(diagnostics) => {
            // Functions may be those of a file that is not here.
            if !diagnostics
                .iter()
                .all(|diagnostic| diagnostic.message.starts_with("undefined function "))
            {
                return Err(Failure::Policy { sources, diagnostics });
            }
            names.extend(modules.iter().flat_map(called));
            // Nearly every rule is rewritten to equations.
            names.insert("eq");
        }
    }
    Ok(Inspection {
        packages: modules.iter().map(|module| text::reference(&module.package.path)).collect(),
        annotations: annotations.into_iter().map(|(_, _, annotated)| annotated).collect(),
        required: required(&modules, &names),
    })
}

fn annotated(module: &Module, block: &Annotations, sources: &Sources) -> Result<(Ref, Annotated), Failure> {
    let is_rule = matches!(block.scope.as_str(), "rule" | "document");
    let rule = module.rules.iter().find(|rule| is_rule && rule.span.row == block.target_row);
    let path = match rule {
        Some(rule) => make::ground_prefix(&full_reference(module, rule)).to_vec(),
        None => module.package.path.clone(),
    };
    let span = rule.map_or(module.package.span, |rule| rule.span);
    let unwritable = |error: &dyn std::fmt::Display| Failure::Plan(error.to_string());
    let json = |text: String| serde_json::from_str(&text).map_err(|error| unwritable(&error));
    let schemas = block.schemas.iter().map(|schema| {
        let what = match (&schema.schema, &schema.definition) {
            (Some(reference), _) => text::reference(&reference.parts),
            (None, Some(definition)) => definition.to_string(),
            (None, None) => String::new(),
        };
        (text::reference(&schema.path.parts), what)
    });
    let annotated = Annotated {
        annotations: json(annotations_json(block).map_err(|error| unwritable(&error))?)?,
        path: json(reference_json(&path).map_err(|error| unwritable(&error))?)?,
        name: without_data(&path),
        package: without_data(&module.package.path),
        rule: rule.map(|rule| text::reference(&rule.head.reference)),
        schemas: schemas.collect(),
        file: sources
            .files
            .get(span.file as usize)
            .map_or_else(String::new, |file| file.name.clone()),
        row: span.row,
        col: span.col,
    };
    Ok((path, annotated))
}

/// A path as text, its first name below `data` being the head.
fn without_data(path: &[Term]) -> String {
    let mut rest: Ref = path.iter().skip(1).cloned().collect();
    if let Some(head) = rest.first_mut()
        && let Value::String(name) = &head.value
    {
        head.value = Value::Var(name.clone());
    }
    text::reference(&rest)
}

/// Functions that are gone once a module is analysed.
fn written(module: &Module) -> BTreeSet<&'static str> {
    let mut names = called(module);
    names.retain(|name| ["assign", "equal"].contains(name));
    names
}

/// All built-in functions that a module calls.
fn called(module: &Module) -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    for rule in module.rules.iter().flat_map(chain) {
        walk_rule(rule, &mut |node| {
            let call = match node {
                Node::Expr(expr) => match &expr.kind {
                    ExprKind::Call(terms) => terms.first(),
                    _ => None,
                },
                Node::Term(Term {
                    value: Value::Call(terms), ..
                }) => terms.first(),
                Node::Term(Term {
                    value: Value::TemplateString(_),
                    ..
                }) => {
                    names.insert("internal.template_string");
                    None
                }
                _ => None,
            };
            let builtin = call.and_then(|operator| match &operator.value {
                Value::Ref(reference) => builtins::named_by(reference),
                _ => builtins::named_by(std::slice::from_ref(operator)),
            });
            names.extend(builtin.map(|builtin| builtin.name));
            true
        });
    }
    names
}

fn required(modules: &[Module], names: &BTreeSet<&'static str>) -> Json {
    let mut keywords = BTreeSet::new();
    let mut features = BTreeSet::new();
    for module in modules {
        let is_v0 = matches!(module.version, RegoVersion::V0 | RegoVersion::V0CompatV1);
        for import in module.imports.iter().filter(|_| is_v0) {
            match imported(import).as_slice() {
                ["rego", "v1"] => {
                    features.insert("rego_v1_import");
                }
                ["future", "keywords"] => keywords.extend(["contains", "every", "if", "in"].map(str::to_owned)),
                ["future", "keywords", keyword] => {
                    keywords.insert((*keyword).to_owned());
                }
                _ => {}
            }
        }
        match module.version {
            RegoVersion::V0 | RegoVersion::V0CompatV1 => features.extend(module.rules.iter().filter_map(|rule| {
                let reference = &rule.head.reference;
                let constant = reference.iter().skip(1).all(make::is_constant);
                (reference.len() >= 3).then_some(if constant {
                    "rule_head_ref_string_prefixes"
                } else {
                    "rule_head_refs"
                })
            })),
            RegoVersion::V1 => {
                features.insert("rego_v1");
            }
            RegoVersion::V2 => {
                features.insert("rego_v2");
            }
        }
    }
    if names.contains("internal.template_string") {
        features.insert("template_strings");
    }
    let mut document = json!({});
    let builtins = capabilities::minimal(names);
    if !builtins.is_empty() {
        document["builtins"] = builtins.into();
    }
    if !keywords.is_empty() {
        document["future_keywords"] = json!(keywords);
    }
    if !features.is_empty() {
        document["features"] = json!(features);
    }
    document
}

fn imported(import: &Import) -> Vec<&str> {
    let Value::Ref(parts) = &import.path.value else { return Vec::new() };
    parts
        .iter()
        .filter_map(|part| match &part.value {
            Value::Var(name) | Value::String(name) => Some(&**name),
            _ => None,
        })
        .collect()
}
