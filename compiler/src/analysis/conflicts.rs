//! Rules that cannot stand beside each other: of different kinds or arities at one path, one within the document of another, several
//! defaults, a package within a rule's document.

use std::collections::HashMap;

use super::compare::compare_lists;
use super::context::{Errors, error, place};
use super::make;
use super::safety::Originals;
use super::text;
use super::tree::{Key, NodeId, RuleId, RuleTree, full_reference};
use super::visit::{NodeMut, walk_mut};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Module, Ref, Rule, Term, Value};
use crate::syntax::source::{Sources, Span};

/// Checks all rules against each other, and against the base documents.
pub fn check(
    modules: &[Module],
    tree: &RuleTree,
    originals: &Originals,
    sources: &Sources,
    data: Option<&serde_json::Value>,
    errors: &mut Errors,
) {
    let checker = Checker {
        modules,
        tree,
        originals,
        sources,
    };
    checker.node(tree.root(), errors);
    if let Some(data) = data {
        errors.fatal(check_data(modules, tree, data));
    }
    checker.packages(errors);
}

/// Reports rules where base documents stand: a rule's path exists in `data`, or leads through something that is no object there.
fn check_data(modules: &[Module], tree: &RuleTree, data: &serde_json::Value) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    for (key, child) in &tree.node(tree.root()).children {
        check_document(modules, tree, *child, key, Some(data), "", &mut errors);
    }
    errors
}

fn check_document(
    modules: &[Module],
    tree: &RuleTree,
    node: NodeId,
    key: &Key,
    parent: Option<&serde_json::Value>,
    path: &str,
    errors: &mut Vec<Diagnostic>,
) {
    let (Some(name), Some(parent)) = (key.as_str(), parent) else {
        return;
    };
    let (document, blocked) = match parent {
        serde_json::Value::Object(map) => (map.get(name), false),
        _ => (None, true),
    };
    let path = if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}/{name}")
    };
    let entry = tree.node(node);
    if let Some(first) = entry.rules.first()
        && (document.is_some() || blocked)
    {
        let rule = &modules[first.module as usize].rules[first.rule as usize];
        errors.push(error(
            Code::Compile,
            rule.span,
            format!("conflicting rule for data path {path} found"),
        ));
        return;
    }
    let below = if blocked { Some(parent) } else { document };
    for (key, child) in &entry.children {
        check_document(modules, tree, *child, key, below, &path, errors);
    }
}

/// A reference with the names that the user gave its variables.
pub fn shown(reference: &[Term], originals: &Originals) -> Ref {
    let mut shown = reference.to_vec();
    for part in &mut shown {
        walk_mut(NodeMut::Term(part), &mut |node| {
            if let NodeMut::Term(Term {
                value: Value::Var(name), ..
            }) = node
                && let Some(original) = originals.get(name)
            {
                *name = original.clone();
            }
            true
        });
    }
    shown
}

struct Checker<'a> {
    modules: &'a [Module],
    tree: &'a RuleTree,
    originals: &'a Originals,
    sources: &'a Sources,
}

impl Checker<'_> {
    fn module(&self, id: RuleId) -> &Module {
        &self.modules[id.module as usize]
    }

    fn rule(&self, id: RuleId) -> &Rule {
        &self.module(id).rules[id.rule as usize]
    }

    fn reference(&self, id: RuleId) -> Ref {
        full_reference(self.module(id), self.rule(id))
    }

    fn place(&self, span: Span) -> String {
        place(span, self.sources)
    }

    fn node(&self, id: NodeId, errors: &mut Errors) {
        let node = self.tree.node(id);
        if let Some(last) = node.rules.last() {
            errors.fatal(self.conflict(id, &node.rules, *last));
        }
        for child in node.children.values() {
            self.node(*child, errors);
        }
    }

    fn conflict(&self, id: NodeId, rules: &[RuleId], last: RuleId) -> Option<Diagnostic> {
        let node = self.tree.node(id);
        let ground = |id: &RuleId| make::is_ground_ref(&self.rule(*id).head.reference);
        let mut below = Vec::new();
        if !node.children.is_empty() {
            if rules.iter().any(ground) {
                self.collect_below(id, &|_| true, &mut below);
            }
            if below.is_empty() && !rules.iter().all(ground) {
                self.collect_below(id, &make::is_function, &mut below);
            }
        }
        let first = self.rule(rules[0]);
        let name = || text::reference(&shown(&self.reference(last), self.originals));
        if !below.is_empty() {
            below.sort_by(|(a, _), (b, _)| compare_lists(a, b));
            let lines: String = below
                .iter()
                .map(|(reference, span)| {
                    format!(
                        "\n  rule {} at {}",
                        text::reference(&shown(reference, self.originals)),
                        self.place(*span)
                    )
                })
                .collect();
            return Some(error(Code::Type, first.span, format!("rule {} conflicts with:{lines}", name())));
        }
        if rules.len() < 2 {
            return None;
        }
        if self.differ_in_kind(rules) {
            return Some(error(Code::Type, first.span, format!("conflicting rules {} found", name())));
        }
        let defaults: Vec<RuleId> = rules.iter().copied().filter(|id| self.rule(*id).default).collect();
        if defaults.len() > 1 {
            let places: Vec<String> = defaults.iter().map(|id| self.place(self.rule(*id).span)).collect();
            let message = format!("multiple default rules {} found at {}", name(), places.join(", "));
            return Some(error(Code::Type, self.module(defaults[0]).package.span, message));
        }
        None
    }

    fn differ_in_kind(&self, rules: &[RuleId]) -> bool {
        let kind = |id: &RuleId| {
            let head = &self.rule(*id).head;
            let multi = head.value.is_none();
            let ground = make::is_ground_ref(&head.reference);
            (multi, head.args.as_ref().map_or(0, Vec::len), !multi && ground, multi && ground)
        };
        let first = kind(&rules[0]);
        rules.iter().any(|id| kind(id) != first)
    }

    /// The rules below a node that satisfy the predicate, without those below others of them.
    fn collect_below(&self, id: NodeId, wanted: &dyn Fn(&Rule) -> bool, found: &mut Vec<(Ref, Span)>) {
        for child in self.tree.node(id).children.values() {
            let here: Vec<RuleId> = self
                .tree
                .node(*child)
                .rules
                .iter()
                .copied()
                .filter(|id| wanted(self.rule(*id)))
                .collect();
            for rule in here {
                add_prefix(found, self.reference(rule), self.rule(rule).span);
            }
            self.collect_below(*child, wanted, found);
        }
    }

    /// A package may not lie within a rule's document.
    fn packages(&self, errors: &mut Errors) {
        let mut packages: HashMap<Vec<Key>, Vec<&Module>> = HashMap::new();
        for module in self.modules {
            packages.entry(path(&module.package.path[1..])).or_default().push(module);
        }
        let depths: std::collections::HashSet<usize> = packages.keys().map(Vec::len).collect();
        for module in self.modules {
            let base = path(&module.package.path[1..]);
            for rule in &module.rules {
                let reference = &rule.head.reference;
                if !depths.contains(&(base.len() + reference.len())) || !make::is_ground_ref(reference) {
                    continue;
                }
                let mut full = base.clone();
                full.extend(path(reference));
                for other in packages.get(&full).into_iter().flatten() {
                    let message = format!(
                        "package {} conflicts with rule {} defined at {}",
                        text::reference(&other.package.path[1..]),
                        text::reference(reference),
                        self.place(rule.span)
                    );
                    errors.fatal([error(Code::Type, module.package.span, message)]);
                }
            }
        }
    }
}

fn path(parts: &[Term]) -> Vec<Key> {
    let key = |part: &Term| match &part.value {
        Value::Var(name) => Some(Key::String(name.clone())),
        _ => Key::of(part),
    };
    parts.iter().filter_map(key).collect()
}

fn has_prefix(reference: &[Term], prefix: &[Term]) -> bool {
    reference.len() >= prefix.len() && compare_lists(&reference[..prefix.len()], prefix).is_eq()
}

/// Adds a reference unless a prefix of it is there; those it is a prefix of go.
fn add_prefix(found: &mut Vec<(Ref, Span)>, reference: Ref, span: Span) {
    if found.iter().any(|(other, _)| has_prefix(&reference, other)) {
        return;
    }
    found.retain(|(other, _)| !has_prefix(other, &reference));
    found.insert(0, (reference, span));
}
