//! Which documents a query depends on: base documents, which somebody has to supply, and virtual ones, which rules compute. Places are told as far as they
//! are constant: `data.a.b[x].c` is a dependency on `data.a.b`.
//!
//! A rule's references are found in two steps, since variables stand for references (`x = data.a; x.b = 1` depends on `data.a.b` and not on all of
//! `data.a`): what equations of a variable and a reference say is kept aside, and put in the variable's place wherever that is used. Only where a
//! variable is used nowhere, or as a whole, the reference itself counts.

use std::collections::{BTreeMap, HashSet};

use super::tree::{NodeId, RuleId, RuleTree, full_reference};
use super::vars::{self, Skip, VarSet};
use super::visit::{Node, chain, walk};
use super::{Analysed, compare, make, text};
use crate::syntax::ast::{Body, Expr, ExprKind, Name, Ref, Rule, Term, Value};

/// A variable is not followed to more references than this.
const REFERENCES_MAX: usize = 1000;

/// What a query depends on, both in Rego's order of references.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    /// Documents that are supplied.
    pub base: Vec<Ref>,
    /// Documents that rules compute.
    pub computed: Vec<Ref>,
}

/// A reference as text.
pub fn name(reference: &[Term]) -> String {
    text::reference(reference)
}

/// Finds out what a query depends on, as it was written, together with what it makes rules depend on.
pub fn of_query(analysed: &Analysed, query: &Body) -> Documents {
    let mut search = Search {
        analysed,
        visited: HashSet::new(),
        found: Documents::default(),
    };
    let mut outputs = vars::of_body(query, Skip::NOTHING);
    outputs.retain(|name| !vars::is_wildcard(name));
    let mut references = Vec::new();
    of_body(query, &outputs, &mut references);
    let mut todo = search.take(references);
    while let Some(rule) = todo.pop() {
        let mut references = Vec::new();
        for link in chain(analysed.rule(rule)) {
            of_body(&link.body, &head_vars(link), &mut references);
        }
        todo.extend(search.take(references));
    }
    sort(&mut search.found.base);
    sort(&mut search.found.computed);
    search.found
}

struct Search<'a> {
    analysed: &'a Analysed,
    visited: HashSet<RuleId>,
    found: Documents,
}

impl Search<'_> {
    /// Notes references; gives the rules behind them that are new.
    fn take(&mut self, mut references: Vec<Ref>) -> Vec<RuleId> {
        sort(&mut references);
        let mut new = Vec::new();
        let mut last: Option<Ref> = None;
        for reference in references {
            // What is below the one before is in it.
            if last.as_ref().is_some_and(|last| is_prefix(last, &reference)) {
                continue;
            }
            let constant: Ref = reference.iter().take_while(|part| is_root_or_constant(part)).cloned().collect();
            last = Some(reference);
            let rules = rules_at(&self.analysed.tree, &constant);
            if rules.is_empty() {
                self.found.base.push(constant);
            }
            for id in rules {
                if self.visited.insert(id) {
                    let path = full_reference(self.analysed.module_of(id), self.analysed.rule(id));
                    self.found.computed.push(make::ground_prefix(&path).to_vec());
                    new.push(id);
                }
            }
        }
        new
    }
}

/// The rules that a reference leads to, or through, and those below its end.
fn rules_at(tree: &RuleTree, reference: &[Term]) -> Vec<RuleId> {
    let mut rules = Vec::new();
    let passed = (1..=reference.len()).filter_map(|length| tree.find(reference.get(..length)?));
    if let Some(first) = passed.map(|node| &tree.node(node).rules).find(|rules| !rules.is_empty()) {
        rules.extend(first);
    }
    if let Some(end) = tree.find(reference) {
        rules.extend(&tree.node(end).rules);
        below(tree, end, &mut rules);
    }
    rules
}

fn below(tree: &RuleTree, node: NodeId, rules: &mut Vec<RuleId>) {
    for &child in tree.node(node).children.values() {
        if !tree.node(child).hidden {
            rules.extend(&tree.node(child).rules);
            below(tree, child, rules);
        }
    }
}

fn is_root_or_constant(part: &Term) -> bool {
    matches!(&part.value, Value::Var(name) if make::is_root(name)) || make::is_constant(part)
}

fn head_vars(rule: &Rule) -> VarSet {
    let head = &rule.head;
    let terms = head.args.iter().flatten().chain(&head.key).chain(&head.value);
    let mut vars = VarSet::new();
    vars::collect(Skip::NOTHING, &mut vars, |collector| {
        terms.chain(head.reference.iter().skip(1)).for_each(|term| collector.term(term));
    });
    vars
}

/// What variables stand for.
type Aliases = BTreeMap<Name, References>;

/// Different references in the order of their finding.
#[derive(Debug, Default)]
struct References(Vec<Ref>);

impl References {
    fn insert(&mut self, reference: Ref) -> bool {
        let new = self.0.len() < REFERENCES_MAX && !self.0.iter().any(|known| compare::compare_lists(known, &reference).is_eq());
        if new {
            self.0.push(reference);
        }
        new
    }
}

/// Adds what a body depends on; `outputs` are the variables that its result is made of.
fn of_body(body: &[Expr], outputs: &VarSet, found: &mut Vec<Ref>) {
    let (equations, others): (Vec<&Expr>, Vec<&Expr>) = body.iter().partition(|expr| alias(expr).is_some());
    let aliases = join(&equations.iter().filter_map(|expr| alias(expr)).collect::<Vec<_>>());
    let (keyed, others): (Vec<&Expr>, Vec<&Expr>) = others.into_iter().partition(|expr| ends_in_output(expr, outputs));
    let mut used = VarSet::new();
    for expr in others {
        resolve_within(Node::Expr(expr), &aliases, found);
        vars::collect(
            Skip {
                ref_head: true,
                ..Skip::NOTHING
            },
            &mut used,
            |collector| collector.expr(expr),
        );
    }
    for expr in keyed {
        let Some(reference) = condition(expr) else { continue };
        for whole in expanded(reference, &aliases) {
            if !found.iter().any(|known| is_prefix(&whole, known)) {
                found.push(whole.clone());
            }
            resolve_parts(&whole, &aliases, found);
        }
    }
    walk(Node::Body(body), &mut |node| {
        if let Node::Term(Term {
            value: Value::Ref(parts), ..
        }) = node
        {
            used.extend(parts.iter().skip(1).filter_map(|part| match &part.value {
                Value::Var(name) => Some(name.clone()),
                _ => None,
            }));
        }
        true
    });
    let stands_aside = |name: &Name, references: &References| references.0.len() == 1 && !outputs.contains(name) && !used.contains(name);
    let mut aside = Vec::new();
    for (name, references) in &aliases {
        for reference in &references.0 {
            if stands_aside(name, references) {
                resolve_parts(reference, &aliases, found);
                aside.push(reference.clone());
            } else {
                found.extend(expanded(reference, &aliases));
                resolve_parts(reference, &aliases, found);
            }
        }
    }
    // The body holds only if these are defined; unless something else says as much, they count.
    let known = found.len();
    for reference in aside {
        let covered = |other: &Ref| is_prefix(&reference, other) || is_prefix(other, &reference);
        if !found.iter().take(known).any(covered) {
            found.push(reference);
        }
    }
}

/// An equation of a variable and a reference.
fn alias(expr: &Expr) -> Option<(&Name, &Ref)> {
    let ExprKind::Call(terms) = &expr.kind else { return None };
    let [operator, left, right] = terms.as_slice() else { return None };
    let named_eq = match &operator.value {
        Value::Ref(parts) => make::spells(parts, "eq"),
        Value::Var(name) => &**name == "eq",
        _ => false,
    };
    if !named_eq {
        return None;
    }
    match (&left.value, &right.value) {
        (Value::Var(name), Value::Ref(reference)) => Some((name, reference)),
        (Value::Var(_), _) => None,
        (Value::Ref(reference), Value::Var(name)) => Some((name, reference)),
        _ => None,
    }
}

/// Follows variables to references that begin with a root document.
fn join(equations: &[(&Name, &Ref)]) -> Aliases {
    let mut aliases = Aliases::new();
    let mut changed = true;
    while changed {
        changed = false;
        for &(name, reference) in equations {
            for whole in expanded(reference, &aliases) {
                changed |= aliases.entry(name.clone()).or_default().insert(whole);
            }
        }
    }
    aliases
}

/// A reference, with what its head stands for in the head's place.
fn expanded(reference: &Ref, aliases: &Aliases) -> Vec<Ref> {
    let Some((head, rest)) = reference.split_first() else {
        return Vec::new();
    };
    let Value::Var(name) = &head.value else { return Vec::new() };
    if make::is_root(name) {
        return vec![reference.clone()];
    }
    let longer = |known: &Ref| known.iter().chain(rest).cloned().collect();
    aliases
        .get(name)
        .map_or_else(Vec::new, |references| references.0.iter().map(longer).collect())
}

/// Adds all references in a node.
fn resolve_within(node: Node<'_>, aliases: &Aliases, found: &mut Vec<Ref>) {
    walk(node, &mut |node| {
        if let Node::Term(Term {
            value: Value::Ref(reference),
            ..
        }) = node
        {
            found.extend(expanded(reference, aliases));
        }
        true
    });
}

/// Adds the references within a reference.
fn resolve_parts(reference: &Ref, aliases: &Aliases, found: &mut Vec<Ref>) {
    reference.iter().for_each(|part| resolve_within(Node::Term(part), aliases, found));
}

fn condition(expr: &Expr) -> Option<&Ref> {
    match &expr.kind {
        ExprKind::Term(Term {
            value: Value::Ref(reference),
            ..
        }) => Some(reference),
        _ => None,
    }
}

/// Whether an expression is a reference whose last part is a variable of the result.
fn ends_in_output(expr: &Expr, outputs: &VarSet) -> bool {
    let last = condition(expr).and_then(|reference| reference.last());
    matches!(last, Some(Term { value: Value::Var(name), .. }) if outputs.contains(name))
}

fn is_prefix(prefix: &[Term], reference: &[Term]) -> bool {
    reference
        .get(..prefix.len())
        .is_some_and(|begin| compare::compare_lists(begin, prefix).is_eq())
}

fn sort(references: &mut Vec<Ref>) {
    references.sort_by(|a, b| compare::compare_lists(a, b));
    references.dedup_by(|a, b| compare::compare_lists(a, b).is_eq());
}
