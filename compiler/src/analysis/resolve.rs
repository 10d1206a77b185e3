//! Names of rules and imports become full references: `p` in package `a` is `data.a.p`, an imported `c` is what it was imported from.
//! A name that the rule declares itself (argument, `:=`, `some`) is left alone, wherever in the body the declaration stands.

use std::collections::{HashMap, HashSet};

use super::context::{Errors, error};
use super::make;
use super::text;
use super::vars::{self, Skip, VarSet};
use super::visit::{Node, walk};
use crate::diagnostic::Code;
use crate::syntax::ast::{Expr, ExprKind, Import, Module, Name, Ref, Rule, TemplatePart, Term, Value};
use crate::syntax::source::Span;

/// The names of the rules of each package, by the package's path as text.
pub type Exports = HashMap<String, HashSet<Name>>;

/// Collects what packages export.
pub fn exports(modules: &[Module]) -> Exports {
    let mut exports = Exports::new();
    for module in modules {
        let names = exports.entry(text::reference(&module.package.path)).or_default();
        names.extend(module.rules.iter().filter_map(|rule| make::rule_name(&rule.head).cloned()));
    }
    exports
}

/// Resolves all names, and reports imports that nothing uses if `strict`.
pub fn resolve(modules: &mut [Module], strict: bool, errors: &mut Errors) -> Heads {
    let exports = exports(modules);
    let none = HashSet::new();
    let mut heads = Heads::default();
    let mut unused = Vec::new();
    for module in modules {
        let names = exports.get(&text::reference(&module.package.path)).unwrap_or(&none);
        let mut resolver = Resolver {
            package: &module.package.path,
            names,
            own: heads.add(),
            imports: imported(&module.imports, &mut heads),
            declared: Vec::new(),
            heads: &mut heads,
        };
        for rule in &mut module.rules {
            let mut next = Some(rule);
            while let Some(rule) = next {
                if let Some(name) = shadowed_argument(rule) {
                    let message = format!("args must not shadow {name} (use a different variable name)");
                    errors.fatal([error(Code::Compile, rule.span, message)]);
                    break;
                }
                resolver.rule(rule);
                next = rule.else_rule.as_deref_mut();
            }
        }
        if strict {
            let without_use = module.imports.iter().filter(|import| {
                !is_language_import(import)
                    && import_name(import)
                        .and_then(|name| resolver.imports.get(&name))
                        .is_some_and(|entry| !entry.used)
            });
            unused.extend(without_use.map(|import| error(Code::Compile, import.span, format!("{} unused", text::import(import)))));
        }
    }
    if errors.go_on().is_some() {
        errors.recoverable(unused);
    }
    heads
}

/// Where names stood that became references. In OPA all references through one import share their first term, as do all those to rules of a module's own
/// package, and that term has one place: where the last of the names stood. It is the place of errors about such references.
#[derive(Debug, Default)]
pub struct Heads {
    /// Each name's place and the number of what it stands for.
    uses: Vec<(Span, u32)>,
    /// The last place by number.
    last: Vec<Span>,
}

impl Heads {
    fn add(&mut self) -> u32 {
        self.last.push(Span::default());
        self.last.len() as u32 - 1
    }

    fn note(&mut self, number: u32, span: Span) {
        self.uses.push((span, number));
        if let Some(last) = self.last.get_mut(number as usize) {
            *last = span;
        }
    }

    /// The place of errors about a reference that begins here.
    pub fn place(&self, head: Span) -> Span {
        let number = self.uses.iter().find(|(span, _)| *span == head).map(|(_, number)| *number);
        number.and_then(|number| self.last.get(number as usize).copied()).unwrap_or(head)
    }
}

/// Resolves the names in a query: those of the rules of a package, and of imports, where it stands in `scope`. Puts its collections in order.
pub fn resolve_query(body: &mut [Expr], scope: Option<&Module>, modules: &[Module]) {
    let exports = scope.map(|_| exports(modules)).unwrap_or_default();
    let (root, none, mut heads) = (Ref::new(), HashSet::new(), Heads::default());
    let package = scope.map_or(&root, |scope| &scope.package.path);
    Resolver {
        package,
        names: exports.get(&text::reference(package)).unwrap_or(&none),
        own: heads.add(),
        imports: scope.map(|scope| imported(&scope.imports, &mut heads)).unwrap_or_default(),
        declared: vec![declared_in_body(body)],
        heads: &mut heads,
    }
    .body(body);
}

/// True for imports of `rego.…` and `future.…`, which name no documents.
pub fn is_language_import(import: &Import) -> bool {
    matches!(&import.path.value, Value::Ref(parts) if make::starts_with(parts, "rego") || make::starts_with(parts, "future"))
}

/// The name that an import brings in.
pub fn import_name(import: &Import) -> Option<Name> {
    if let Some(alias) = &import.alias {
        return Some(alias.clone());
    }
    match &import.path.value {
        Value::Ref(parts) => match parts.last().map(|part| &part.value) {
            Some(Value::Var(name) | Value::String(name)) => Some(name.clone()),
            _ => None,
        },
        Value::Var(name) => Some(name.clone()),
        _ => None,
    }
}

struct Imported {
    path: Ref,
    used: bool,
    /// Its number among the heads.
    head: u32,
}

fn imported(imports: &[Import], heads: &mut Heads) -> HashMap<Name, Imported> {
    let documents = imports.iter().filter(|import| !is_language_import(import));
    documents
        .filter_map(|import| match &import.path.value {
            Value::Ref(path) => Some((
                import_name(import)?,
                Imported {
                    path: path.clone(),
                    used: false,
                    head: heads.add(),
                },
            )),
            _ => None,
        })
        .collect()
}

/// The root document that an argument would hide.
fn shadowed_argument(rule: &Rule) -> Option<&Name> {
    let mut pending: Vec<&Term> = rule.head.args.iter().flatten().rev().collect();
    while let Some(term) = pending.pop() {
        if let Some(name) = make::root_document(term) {
            return Some(name);
        }
        match &term.value {
            Value::Object(pairs) => pending.extend(pairs.iter().rev().map(|(_, value)| value)),
            Value::Array(items) | Value::Ref(items) => pending.extend(items.iter().rev()),
            _ => {}
        }
    }
    None
}

/// The variables that arguments bind by their patterns.
fn argument_vars(rule: &Rule) -> VarSet {
    let mut names = VarSet::new();
    let mut pending: Vec<&Term> = rule.head.args.iter().flatten().collect();
    while let Some(term) = pending.pop() {
        match &term.value {
            Value::Var(name) => {
                names.insert(name.clone());
            }
            Value::Object(pairs) => pending.extend(pairs.iter().map(|(_, value)| value)),
            Value::Array(items) | Value::Ref(items) => pending.extend(items.iter()),
            _ => {}
        }
    }
    names
}

/// The names that a body declares with `:=` or `some`, those in nested `every` bodies too, but not those in comprehensions.
pub fn declared_in_body(body: &[Expr]) -> VarSet {
    let mut names = VarSet::new();
    for expr in body {
        declared_in(expr, &mut names);
    }
    names
}

/// The names that an expression declares.
pub fn declared_in(expr: &Expr, names: &mut VarSet) {
    walk(Node::Expr(expr), &mut |node| match node {
        Node::Expr(expr) => {
            match &expr.kind {
                ExprKind::Call(_) if make::calls(expr, "assign") => {
                    if let Some((lhs, _)) = make::both_sides(expr) {
                        vars::collect(Skip::NOTHING, names, |c| c.term(lhs));
                    }
                }
                ExprKind::Some(symbols) => {
                    for symbol in symbols {
                        match &symbol.value {
                            Value::Var(name) => {
                                names.insert(name.clone());
                            }
                            Value::Call(terms) if terms.len() >= 3 => {
                                vars::collect(Skip::NOTHING, names, |c| c.terms(&terms[1..terms.len() - 1]));
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
            true
        }
        Node::Term(term) => !make::is_comprehension(term),
        _ => true,
    });
}

struct Resolver<'a> {
    package: &'a Ref,
    names: &'a HashSet<Name>,
    /// The number of the package's own names among the heads.
    own: u32,
    imports: HashMap<Name, Imported>,
    /// Names that are local, from the outside in.
    declared: Vec<VarSet>,
    heads: &'a mut Heads,
}

impl Resolver<'_> {
    fn rule(&mut self, rule: &mut Rule) {
        self.declared.push(argument_vars(rule));
        self.declared.push(declared_in_body(&rule.body));
        for term in rule
            .head
            .reference
            .iter_mut()
            .skip(1)
            .chain(&mut rule.head.key)
            .chain(&mut rule.head.value)
        {
            self.term(term);
        }
        self.body(&mut rule.body);
        self.declared.clear();
    }

    /// The full reference behind a name, unless it is local or unknown.
    fn lookup(&mut self, name: &Name, span: Span) -> Option<Ref> {
        if !self.imports.contains_key(name) && !self.names.contains(name) {
            return None;
        }
        if self.declared.iter().any(|names| names.contains(name)) {
            return None;
        }
        let (mut path, head) = match self.imports.get_mut(name) {
            Some(import) => {
                import.used = true;
                (import.path.clone(), import.head)
            }
            None => {
                let mut path = self.package.clone();
                path.push(make::string(span, name));
                (path, self.own)
            }
        };
        self.heads.note(head, span);
        for part in &mut path {
            part.span = span;
        }
        Some(path)
    }

    fn body(&mut self, body: &mut [Expr]) {
        for expr in body {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::Call(terms) => self.terms(terms),
            ExprKind::Some(symbols) => {
                if let [
                    Term {
                        value: Value::Call(terms), ..
                    },
                ] = symbols.as_mut_slice()
                {
                    self.terms(terms);
                }
            }
            ExprKind::Every(every) => {
                let mut bound = vars::of_term(&every.value, Skip::NOTHING);
                vars::collect(Skip::NOTHING, &mut bound, |c| every.key.iter().for_each(|key| c.term(key)));
                self.declared.push(bound);
                self.term(&mut every.domain);
                self.body(&mut every.body);
                self.declared.pop();
            }
            ExprKind::Not(not) => self.body(&mut not.body),
            ExprKind::And(logical) | ExprKind::Or(logical) => {
                self.body(&mut logical.lhs);
                self.body(&mut logical.rhs);
            }
        }
        for with in &mut expr.with {
            self.term(&mut with.target);
            self.term(&mut with.value);
        }
    }

    fn terms(&mut self, terms: &mut [Term]) {
        for term in terms {
            self.term(term);
        }
    }

    fn comprehension(&mut self, heads: &mut [&mut Term], body: &mut [Expr]) {
        self.declared.push(declared_in_body(body));
        for head in heads {
            self.term(head);
        }
        self.body(body);
        self.declared.pop();
    }

    fn term(&mut self, term: &mut Term) {
        match &mut term.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            Value::Var(name) => {
                let name = name.clone();
                if let Some(path) = self.lookup(&name, term.span) {
                    term.value = Value::Ref(path);
                }
            }
            Value::Ref(parts) => self.reference(parts),
            Value::Array(items) | Value::Call(items) => self.terms(items),
            Value::Set(items) => {
                self.terms(items);
                make::sort_collection(&mut term.value);
            }
            Value::Object(pairs) => {
                for (key, value) in pairs.iter_mut() {
                    self.term(key);
                    self.term(value);
                }
                make::sort_collection(&mut term.value);
            }
            Value::ArrayComprehension(head, body) | Value::SetComprehension(head, body) => self.comprehension(&mut [head], body),
            Value::ObjectComprehension(key, value, body) => self.comprehension(&mut [key, value], body),
            Value::TemplateString(template) => {
                for part in &mut template.parts {
                    if let TemplatePart::Expr(expr) = part {
                        self.expr(expr);
                    }
                }
            }
        }
    }

    fn reference(&mut self, parts: &mut Ref) {
        let name = match &parts[0].value {
            Value::Var(name) => Some(name.clone()),
            _ => None,
        };
        let path = match name {
            Some(name) => self.lookup(&name, parts[0].span),
            None => {
                self.term(&mut parts[0]);
                None
            }
        };
        for part in parts.iter_mut().skip(1) {
            self.term(part);
        }
        if let Some(mut path) = path {
            path.extend(parts.drain(1..));
            *parts = path;
        }
    }
}
