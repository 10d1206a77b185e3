//! `rego.metadata.rule()` and `rego.metadata.chain()`: constants, known from the `# METADATA` blocks. A rule that calls them binds
//! the constant at its beginning, and the calls become uses of that variable.

use std::collections::HashMap;

use super::context::{Errors, Locals, error, place};
use super::make;
use super::text;
use super::tree::full_reference;
use super::visit::{Node, NodeMut, chain, for_chain, walk_rule, walk_rule_mut};
use crate::diagnostic::Code;
use crate::syntax;
use crate::syntax::ast::{Annotations, Body, Expr, ExprKind, Module, Ref, Rule, Term, Value};
use crate::syntax::source::{Sources, Span};

/// Binds metadata in the rules that ask for it, and reports blocks that repeat another's scope.
pub fn rewrite(modules: &mut [Module], locals: &mut Locals, sources: &Sources, errors: &mut Errors) {
    let asked = modules.iter().any(asks);
    if asked {
        for module in modules.iter_mut().filter(|module| module.annotations.is_empty()) {
            match syntax::read_annotations(module) {
                Ok(blocks) => module.annotations = blocks,
                Err(found) => errors.fatal(found),
            }
        }
    }
    let set = AnnotationSet::new(modules, sources, errors);
    if !asked {
        return;
    }
    for module in modules.iter_mut() {
        let package = module.package.path.clone();
        let mut rules = std::mem::take(&mut module.rules);
        for rule in &mut rules {
            let asked: Vec<Asked> = chain(rule).map(Asked::of).collect();
            if asked.iter().any(|asked| asked.chain.is_some() || asked.rule.is_some()) {
                let path = full_reference(module, rule);
                let mut depth = 0;
                for_chain(rule, &mut |link| {
                    // What a later link asks for is bound in the earlier ones too, as in OPA.
                    let asked = asked[depth..].iter().fold(Asked::default(), |all, one| all.or(one));
                    set.bind(link, depth == 0, &path, &package, &asked, locals);
                    depth += 1;
                });
            }
        }
        module.rules = rules;
    }
}

/// True if some rule of a module calls the functions: only then do blocks have to be right that were not read before.
fn asks(module: &Module) -> bool {
    module
        .rules
        .iter()
        .flat_map(chain)
        .map(Asked::of)
        .any(|asked| asked.chain.is_some() || asked.rule.is_some())
}

/// Where a rule calls the functions first.
#[derive(Default, Clone, Copy)]
struct Asked {
    chain: Option<Span>,
    rule: Option<Span>,
}

impl Asked {
    fn of(rule: &Rule) -> Asked {
        let mut asked = Asked::default();
        walk_rule(rule, &mut |node| {
            if let Node::Expr(expr) = node {
                if is_call(expr, CHAIN) {
                    asked.chain.get_or_insert(expr.span);
                } else if is_call(expr, RULE) {
                    asked.rule.get_or_insert(expr.span);
                }
            }
            true
        });
        asked
    }

    fn or(self, other: &Asked) -> Asked {
        Asked {
            chain: self.chain.or(other.chain),
            rule: self.rule.or(other.rule),
        }
    }
}

const CHAIN: &str = "rego.metadata.chain";
const RULE: &str = "rego.metadata.rule";

fn is_call(expr: &Expr, name: &str) -> bool {
    make::operator_of(expr).is_some_and(|operator| make::spells(operator, name))
}

/// All blocks, by what they are about.
struct AnnotationSet {
    /// By the file and row of the rule below.
    rules: HashMap<(u32, u32), Vec<Annotations>>,
    packages: HashMap<String, Annotations>,
    /// Documents and subpackages share their paths.
    paths: HashMap<String, (Ref, Annotations)>,
}

impl AnnotationSet {
    fn new(modules: &[Module], sources: &Sources, errors: &mut Errors) -> AnnotationSet {
        let mut set = AnnotationSet {
            rules: HashMap::new(),
            packages: HashMap::new(),
            paths: HashMap::new(),
        };
        for module in modules {
            for block in &module.annotations {
                let rule = || module.rules.iter().find(|rule| rule.span.row == block.target_row);
                let redeclared = match block.scope.as_str() {
                    "rule" => {
                        set.rules
                            .entry((block.span.file, block.target_row))
                            .or_default()
                            .push(block.clone());
                        continue;
                    }
                    "package" => {
                        let key = text::reference(&module.package.path);
                        let other = set.packages.get(&key).map(|other| other.span);
                        set.packages.entry(key).or_insert_with(|| block.clone());
                        other
                    }
                    "document" => match rule() {
                        Some(rule) => set.add_path(make::ground_prefix(&full_reference(module, rule)).to_vec(), block),
                        None => continue,
                    },
                    "subpackages" => set.add_path(module.package.path.clone(), block),
                    _ => continue,
                };
                if let Some(other) = redeclared {
                    let message = format!("{} annotation redeclared: {}", block.scope, place(other, sources));
                    errors.fatal([error(Code::Type, block.span, message)]);
                }
            }
        }
        set
    }

    fn add_path(&mut self, path: Ref, block: &Annotations) -> Option<Span> {
        let key = text::reference(&path);
        let other = self.paths.get(&key).map(|(_, other)| other.span);
        self.paths.entry(key).or_insert_with(|| (path, block.clone()));
        other
    }

    fn bind(&self, rule: &mut Rule, is_first: bool, path: &Ref, package: &Ref, asked: &Asked, locals: &mut Locals) {
        let path = make::ground_prefix(path);
        let blocks = self
            .rules
            .get(&(rule.span.file, rule.span.row))
            .filter(|_| is_first)
            .map_or(&[][..], Vec::as_slice);
        let mut body = Body::new();
        let mut constant = |span: Option<Span>, value: &dyn Fn(Span) -> Term| {
            span.map(|span| {
                let mut term = value(span);
                body.push(locals.hoist(&mut term));
                term
            })
        };
        let chain = constant(asked.chain, &|span| self.chain(blocks, path, package, span));
        let own = constant(
            asked.rule,
            &|span| match blocks.iter().min_by_key(|block| (block.span.row, block.span.col)) {
                Some(block) => document(block, span),
                None => make::term(span, Value::Object(Vec::new())),
            },
        );
        if body.is_empty() {
            return;
        }
        body.append(&mut rule.body);
        rule.body = body;
        walk_rule_mut(rule, &mut |node| {
            if let NodeMut::Expr(expr) = node {
                for (name, variable) in [(CHAIN, &chain), (RULE, &own)] {
                    if let Some(variable) = variable.as_ref().filter(|_| is_call(expr, name)) {
                        replace_call(expr, variable);
                    }
                }
            }
            true
        });
    }

    /// The blocks from the rule's outwards, each with the path of what it is about.
    fn chain(&self, blocks: &[Annotations], path: &[Term], package: &Ref, span: Span) -> Term {
        let mut entries = Vec::new();
        let mut own: Vec<&Annotations> = blocks.iter().collect();
        own.sort_by_key(|block| std::cmp::Reverse((block.span.row, block.span.col)));
        entries.extend(own.iter().map(|block| entry(path, Some(block), span)));
        if entries.is_empty() {
            entries.push(entry(path, None, span));
        }
        if let Some((_, block)) = self.paths.get(&text::reference(path)) {
            entries.push(entry(target(block, path, package), Some(block), span));
        }
        if let Some(block) = self.packages.get(&text::reference(package)) {
            entries.push(entry(package, Some(block), span));
        }
        for end in (1..=package.len()).rev() {
            if let Some((path, block)) = self.paths.get(&text::reference(&package[..end])) {
                entries.push(entry(path, Some(block), span));
            }
        }
        make::term(span, Value::Array(entries))
    }
}

fn target<'a>(block: &Annotations, path: &'a [Term], package: &'a Ref) -> &'a [Term] {
    if block.scope == "subpackages" { package } else { path }
}

fn entry(path: &[Term], block: Option<&Annotations>, span: Span) -> Term {
    let path = path.iter().skip(1).map(|part| make::term(span, part.value.clone())).collect();
    let mut pairs = Vec::new();
    if let Some(block) = block {
        pairs.push((make::string(span, "annotations"), document(block, span)));
    }
    pairs.push((make::string(span, "path"), make::term(span, Value::Array(path))));
    make::term(span, Value::Object(pairs))
}

/// What a block says, as a term.
fn document(block: &Annotations, span: Span) -> Term {
    let mut term = constant(&block.document, span);
    if let Value::Object(pairs) = &mut term.value {
        pairs.retain(|(key, _)| !matches!(&key.value, Value::String(name) if &**name == "scope" || &**name == "compile"));
        pairs.push((make::string(span, "scope"), make::string(span, &block.scope)));
        make::sort_collection(&mut term.value);
    }
    term
}

fn constant(json: &serde_json::Value, span: Span) -> Term {
    let mut value = match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(*b),
        // OPA converts an unsigned number of 64 bits to a signed one (`ast.InterfaceToValue`, v1/ast/term.go).
        serde_json::Value::Number(n) => Value::Number(match n.as_u64() {
            Some(unsigned) => unsigned.cast_signed().to_string().into(),
            None => n.to_string().into(),
        }),
        serde_json::Value::String(s) => Value::String(s.as_str().into()),
        serde_json::Value::Array(items) => Value::Array(items.iter().map(|item| constant(item, span)).collect()),
        serde_json::Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| (make::string(span, key), constant(value, span)))
                .collect(),
        ),
    };
    make::sort_collection(&mut value);
    make::term(span, value)
}

fn replace_call(expr: &mut Expr, variable: &Term) {
    let output = make::operands(expr).and_then(|operands| operands.first()).cloned();
    let replaced = match output {
        Some(output) => make::eq(expr.span, output, variable.clone()),
        None => make::expr(expr.span, ExprKind::Term(variable.clone())),
    };
    *expr = Expr {
        generated: true,
        ..replaced
    };
}
