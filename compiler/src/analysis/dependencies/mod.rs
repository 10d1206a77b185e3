//! Which rules depend on which. The graph gives the order in which types are inferred, and its cycles are recursion errors. Nodes are
//! rules (each link of an `else` chain is one) and, so that a reference to a whole package is one edge and not thousands, the
//! places of the rule tree, each standing for all rules below it.

mod causes;
mod cycles;
mod narrow;
mod order;

use std::cell::OnceCell;
use std::collections::HashMap;

use self::narrow::Narrowing;
use super::compare::compare;
use super::make;
use super::safety::Originals;
use super::tree::{NodeId, RuleId, RuleTree};
use super::visit::{self, Node, walk};
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Module, Rule, Term, Value};

/// A link of an `else` chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Link {
    /// The chain's rule.
    pub rule: RuleId,
    /// How far down the chain.
    pub depth: u32,
}

/// The dependencies between rules.
#[derive(Debug, Clone)]
pub struct Graph {
    links: Vec<Link>,
    /// The index of each rule's first link.
    first: HashMap<RuleId, u32>,
    /// For each link, then for each place of the tree, what it depends on.
    edges: Vec<Vec<u32>>,
    /// All links, dependencies first.
    order: Vec<u32>,
    /// The edges the other way round, once they are asked for.
    reverse: OnceCell<Vec<Vec<u32>>>,
}

/// What a reference reaches.
pub enum Target {
    /// A rule.
    Rule(RuleId),
    /// All rules below a place, not those at it.
    Below(NodeId),
}

/// The modules and their tree, while the graph is built.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The modules.
    pub modules: &'a [Module],
    /// The tree of their rules.
    pub tree: &'a RuleTree,
}

impl<'a> Rules<'a> {
    fn rule(self, id: RuleId) -> &'a Rule {
        &self.modules[id.module as usize].rules[id.rule as usize]
    }

    /// The link of a chain.
    pub fn link(self, link: Link) -> &'a Rule {
        let rule = self.rule(link.rule);
        visit::chain(rule).nth(link.depth as usize).unwrap_or(rule)
    }

    /// A part of a rule's full reference. The rule's name is a variable in its head, but a string here.
    fn part(self, id: RuleId, index: usize) -> Option<Part<'a>> {
        let package = &self.modules[id.module as usize].package.path;
        match index.checked_sub(package.len()) {
            None => Some(Part::Term(&package[index])),
            Some(index) => match (index, self.rule(id).head.reference.get(index)?) {
                (
                    0,
                    Term {
                        value: Value::Var(name), ..
                    },
                ) => Some(Part::Name(name)),
                (_, term) => Some(Part::Term(term)),
            },
        }
    }

    /// True if a reference, from its part `from` on, could be to the rule or below it.
    fn may_reach(self, id: RuleId, reference: &[Term], from: usize) -> bool {
        reference.iter().enumerate().skip(from).all(|(i, term)| match self.part(id, i) {
            Some(part) => !part.is_constant() || !make::is_constant(term) || part.equals(term),
            None => true,
        })
    }

    /// Hands out what a reference could be to.
    pub fn targets(self, reference: &[Term], found: &mut dyn FnMut(Target)) {
        if make::starts_with(reference, "data") {
            self.descend(self.tree.root(), reference, 1, found);
        }
    }

    fn descend(self, node: NodeId, reference: &[Term], index: usize, found: &mut dyn FnMut(Target)) {
        let Some(part) = reference.get(index) else {
            return found(Target::Below(node));
        };
        if make::is_constant(part) {
            if let Some(child) = self.tree.child(node, part) {
                self.at(child, reference, index + 1, found);
                self.descend(child, reference, index + 1, found);
            }
        } else if index + 1 == reference.len() {
            found(Target::Below(node));
        } else {
            for child in self.tree.node(node).children.values() {
                self.at(*child, reference, index + 1, found);
                self.descend(*child, reference, index + 1, found);
            }
        }
    }

    fn at(self, node: NodeId, reference: &[Term], from: usize, found: &mut dyn FnMut(Target)) {
        for rule in &self.tree.node(node).rules {
            if self.may_reach(*rule, reference, from) {
                found(Target::Rule(*rule));
            }
        }
    }
}

/// A part of a rule's full reference.
#[derive(Clone, Copy)]
enum Part<'a> {
    Name(&'a str),
    Term(&'a Term),
}

impl Part<'_> {
    fn is_constant(self) -> bool {
        match self {
            Part::Name(_) => true,
            Part::Term(term) => make::is_constant(term),
        }
    }

    fn equals(self, other: &Term) -> bool {
        match (self, &other.value) {
            (Part::Name(name), Value::String(text)) => *name == **text,
            (Part::Name(_), _) => false,
            (Part::Term(term), _) => compare(term, other).is_eq(),
        }
    }
}

/// A reference in a rule, with the references that it can be once variables with known values are filled in.
struct Use<'a> {
    /// As it is written.
    source: &'a [Term],
    /// As it selects rules; one that equals `source` where nothing is known.
    selects: Vec<Vec<Term>>,
    /// Some part of it is not constant.
    dynamic: bool,
    /// The index of the body's expression it is in; the body's length for the head.
    at: usize,
}

/// Calls `found` with each reference to `data` in a link's body and head.
fn uses<'a>(rule: &'a Rule, found: &mut dyn FnMut(Use<'a>)) {
    let mut narrowing = Narrowing::new(&rule.body);
    let mut enter = |node: Node<'a>, at: usize| {
        if let Node::Term(Term {
            value: Value::Ref(source), ..
        }) = node
            && make::starts_with(source, "data")
        {
            let dynamic = !source[1..].iter().all(make::is_constant);
            let selects = if dynamic { narrowing.expand(source, at) } else { Vec::new() };
            found(Use {
                source,
                selects,
                dynamic,
                at,
            });
        }
        true
    };
    for (at, expr) in rule.body.iter().enumerate() {
        walk(Node::Expr(expr), &mut |node| enter(node, at));
    }
    walk(Node::Head(&rule.head), &mut |node| enter(node, rule.body.len()));
}

impl Use<'_> {
    /// The references to look up.
    fn expanded(&self) -> impl Iterator<Item = &[Term]> {
        let written = self.selects.is_empty().then_some(self.source);
        written.into_iter().chain(self.selects.iter().map(Vec::as_slice))
    }

    /// The one reference this is known to be, else the one that was written.
    fn selector(&self) -> &[Term] {
        match self.selects.as_slice() {
            [one] => one,
            _ => self.source,
        }
    }
}

impl Graph {
    /// The graph of these rules, and an error for each rule that depends on itself.
    pub fn new(rules: Rules<'_>, originals: &Originals) -> (Graph, Vec<Diagnostic>) {
        let mut graph = Graph {
            links: Vec::new(),
            first: HashMap::new(),
            edges: Vec::new(),
            order: Vec::new(),
            reverse: OnceCell::new(),
        };
        for (m, module) in rules.modules.iter().enumerate() {
            for (r, rule) in module.rules.iter().enumerate() {
                let id = RuleId {
                    module: m as u32,
                    rule: r as u32,
                };
                graph.first.insert(id, graph.links.len() as u32);
                graph
                    .links
                    .extend((0..visit::chain(rule).count() as u32).map(|depth| Link { rule: id, depth }));
            }
        }
        for index in 0..graph.links.len() {
            let rule = rules.link(graph.links[index]);
            let mut edges = Vec::new();
            uses(rule, &mut |reference| {
                for selected in reference.expanded() {
                    rules.targets(selected, &mut |target| graph.add_target(target, &mut edges));
                }
            });
            graph.edges.push(edges);
        }
        graph.add_places(rules.tree);
        let cyclic = graph.sort(rules);
        let errors = cycles::report(&graph, rules, originals, &cyclic);
        (graph, errors)
    }

    fn place(&self, node: NodeId) -> u32 {
        (self.links.len() + node.index()) as u32
    }

    fn add_target(&self, target: Target, edges: &mut Vec<u32>) {
        match target {
            Target::Rule(rule) => edges.extend(self.links_of(rule)),
            Target::Below(node) => edges.push(self.place(node)),
        }
    }

    /// The indices of a rule's links.
    fn links_of(&self, rule: RuleId) -> impl Iterator<Item = u32> + use<'_> {
        let first = self.first.get(&rule).copied().unwrap_or(u32::MAX);
        (first..).take_while(move |index| self.links.get(*index as usize).is_some_and(|link| link.rule == rule))
    }

    /// A place depends on the rules one step below and on the places there.
    fn add_places(&mut self, tree: &RuleTree) {
        for node in tree.ids() {
            let mut edges = Vec::new();
            for child in tree.node(node).children.values() {
                for rule in &tree.node(*child).rules {
                    edges.extend(self.links_of(*rule));
                }
                if !tree.node(*child).children.is_empty() {
                    edges.push(self.place(*child));
                }
            }
            self.edges.push(edges);
        }
    }

    /// All links, dependencies before those that depend on them.
    pub fn sorted(&self) -> impl Iterator<Item = Link> + '_ {
        self.order.iter().map(|index| self.links[*index as usize])
    }

    fn reversed(&self) -> Vec<Vec<u32>> {
        let mut reverse = vec![Vec::new(); self.edges.len()];
        for (from, edges) in self.edges.iter().enumerate() {
            for to in edges {
                reverse[*to as usize].push(from as u32);
            }
        }
        reverse
    }

    /// Rules that a reference can be to, and all that depend on them.
    pub fn dependents(&self, rules: Rules<'_>, reference: &[Term]) -> Vec<RuleId> {
        let reverse = self.reverse.get_or_init(|| self.reversed());
        let mut pending = Vec::new();
        rules.targets(reference, &mut |target| match target {
            Target::Rule(rule) => pending.extend(self.links_of(rule)),
            Target::Below(node) => rules.tree.walk_below(node, &mut |rule| pending.extend(self.links_of(rule))),
        });
        let mut seen = vec![false; self.edges.len()];
        let mut found = Vec::new();
        while let Some(index) = pending.pop() {
            if std::mem::replace(&mut seen[index as usize], true) {
                continue;
            }
            if let Some(link) = self.links.get(index as usize) {
                found.push(link.rule);
            }
            pending.extend(&reverse[index as usize]);
        }
        found.sort();
        found.dedup();
        found
    }
}
