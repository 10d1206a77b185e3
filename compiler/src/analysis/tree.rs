//! The rule tree: which rules stand at which path below `data`. A rule stands at the ground prefix of its full reference, so
//! `p.q[x].r` of package `a` stands at `data.a.p.q`. Packages without rules have a node all the same, as `data.a` is `{}` then.
//! The tree knows the rules' places, not their meaning; conflicts between them are `conflicts`' job.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::compare::compare_numbers;
use super::make;
use crate::syntax::ast::{Module, Ref, Rule, Term, Value};

/// A rule's place: an index into the modules and one into the module's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId {
    /// Index of the module in [`Analysed::modules`](super::Analysed::modules).
    pub module: u32,
    /// Index of the rule in [`Module::rules`].
    pub rule: u32,
}

/// A node's place in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The node's number: 0 is the root, and all are less than the number of nodes.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What leads from a node to its child: a scalar. Ordered as Rego orders scalars.
#[derive(Debug, Clone)]
pub enum Key {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as written; `1` and `1.0` are the same key.
    Number(Rc<str>),
    /// A string; the names of packages and rules.
    String(Rc<str>),
}

impl Key {
    /// The key a constant term stands for; `None` for collections and everything that is not constant.
    pub fn of(term: &Term) -> Option<Key> {
        match &term.value {
            Value::Null => Some(Key::Null),
            Value::Bool(b) => Some(Key::Bool(*b)),
            Value::Number(n) => Some(Key::Number(n.clone())),
            Value::String(s) => Some(Key::String(s.clone())),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Key::String(s) => Some(s),
            _ => None,
        }
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |key: &Key| match key {
            Key::Null => 0,
            Key::Bool(_) => 1,
            Key::Number(_) => 2,
            Key::String(_) => 3,
        };
        match (self, other) {
            (Key::Bool(a), Key::Bool(b)) => a.cmp(b),
            (Key::Number(a), Key::Number(b)) => compare_numbers(a, b),
            (Key::String(a), Key::String(b)) => a.cmp(b),
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Key::Null => 0_u8.hash(state),
            Key::Bool(b) => b.hash(state),
            // Numbers of one value may be written in many ways.
            Key::Number(_) => 1_u8.hash(state),
            Key::String(s) => s.hash(state),
        }
    }
}

/// One path and what stands there.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// The rules whose reference's ground prefix ends here, in the order of modules (by package path, then file) and rules.
    pub rules: Vec<RuleId>,
    /// The next parts of longer paths.
    pub children: BTreeMap<Key, NodeId>,
    /// How many arguments the rules here take (0 for those that are no functions); `None` if there are no rules.
    pub arity: Option<usize>,
    /// Some rule here is a function.
    pub has_function: bool,
    /// A reference to here always has a value: there is a default, the rules make a set, or the only one is a constant.
    pub always_defined: bool,
    /// `data.system`: references with a variable in this place do not reach it.
    pub hidden: bool,
    /// What `always_defined` says is due to a single constant rule.
    constant: bool,
}

impl Node {
    fn add(&mut self, rule: &Rule, id: RuleId) {
        let args = rule.head.args.as_ref().map_or(0, Vec::len);
        self.has_function = self.has_function || args > 0;
        if self.rules.is_empty() {
            self.arity = Some(args);
            self.always_defined = args == 0 && (rule.default || rule.head.value.is_none() || is_constant(rule));
        } else if self.arity == Some(0) {
            // A constant counts as long as it is alone; what is known from a default or a set stays known.
            let alone = self.rules.len() == 1 && self.always_defined && self.constant;
            self.always_defined = (self.always_defined && !alone) || rule.default;
        }
        self.constant = self.rules.is_empty() && !rule.default && rule.head.value.is_some();
        self.rules.push(id);
    }
}

/// True for `p := constant` without a body.
fn is_constant(rule: &Rule) -> bool {
    make::is_empty(&rule.body)
        && rule.head.value.as_ref().is_some_and(|value| match &value.value {
            Value::Var(_) => true,
            Value::Array(_) | Value::Object(_) | Value::Set(_) => make::is_ground(value),
            _ => make::is_scalar(value),
        })
}

/// All rules by path. The root is `data`.
#[derive(Debug, Clone)]
pub struct RuleTree {
    nodes: Vec<Node>,
}

impl RuleTree {
    /// The tree of these modules.
    pub fn new(modules: &[Module]) -> RuleTree {
        let mut tree = RuleTree {
            nodes: vec![Node::default()],
        };
        let mut order: Vec<usize> = (0..modules.len()).collect();
        order.sort_by(|&a, &b| compare_paths(&modules[a].package.path, &modules[b].package.path));
        for module in order {
            let package = &modules[module].package.path;
            let top = tree.insert(tree.root(), &package[1..]);
            for (rule, node) in modules[module].rules.iter().enumerate() {
                let place = tree.insert_rule(top, node);
                tree.nodes[place.0 as usize].add(
                    node,
                    RuleId {
                        module: module as u32,
                        rule: rule as u32,
                    },
                );
            }
        }
        if let Some(&system) = tree.node(tree.root()).children.get(&Key::String("system".into())) {
            tree.nodes[system.0 as usize].hidden = true;
        }
        tree
    }

    /// The node of `data`.
    pub fn root(&self) -> NodeId {
        NodeId(0)
    }

    /// What stands at a node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// All nodes, by number.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// Calls `found` with all rules below a node, not those at it.
    pub fn walk_below(&self, id: NodeId, found: &mut dyn FnMut(RuleId)) {
        for child in self.node(id).children.values() {
            self.node(*child).rules.iter().for_each(|rule| found(*rule));
            self.walk_below(*child, found);
        }
    }

    /// The child under this term, if the term is a scalar and there is one.
    pub fn child(&self, id: NodeId, term: &Term) -> Option<NodeId> {
        self.node(id).children.get(&Key::of(term)?).copied()
    }

    /// The paths below `data` at which rules are, as far as they consist of strings: where no base document may be.
    pub fn rule_paths(&self) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        let mut open: Vec<(NodeId, Vec<String>)> = vec![(self.root(), Vec::new())];
        while let Some((id, path)) = open.pop() {
            let node = self.node(id);
            for (key, child) in &node.children {
                if let Some(name) = key.as_str() {
                    let mut below = path.clone();
                    below.push(name.to_owned());
                    open.push((*child, below));
                }
            }
            if !node.rules.is_empty() {
                paths.push(path);
            }
        }
        paths.sort();
        paths
    }

    /// The node at a reference that begins with `data`; `None` if it begins otherwise, is not ground, or nothing stands there.
    pub fn find(&self, reference: &[Term]) -> Option<NodeId> {
        let (head, tail) = reference.split_first()?;
        match &head.value {
            Value::Var(name) if &**name == "data" => tail.iter().try_fold(self.root(), |node, term| self.child(node, term)),
            _ => None,
        }
    }

    fn insert(&mut self, from: NodeId, path: &[Term]) -> NodeId {
        path.iter().filter_map(Key::of).fold(from, |node, key| self.enter(node, key))
    }

    fn insert_rule(&mut self, package: NodeId, rule: &Rule) -> NodeId {
        let mut node = package;
        for (i, part) in rule.head.reference.iter().enumerate() {
            let key = match &part.value {
                Value::Var(name) if i == 0 => Key::String(name.clone()),
                _ => match Key::of(part) {
                    Some(key) => key,
                    None => break,
                },
            };
            node = self.enter(node, key);
        }
        node
    }

    fn enter(&mut self, node: NodeId, key: Key) -> NodeId {
        let next = NodeId(self.nodes.len() as u32);
        let child = *self.nodes[node.0 as usize].children.entry(key).or_insert(next);
        if child == next {
            self.nodes.push(Node::default());
        }
        child
    }
}

/// A rule's full reference: its package's path, then its head's reference with the name as a string.
pub fn full_reference(module: &Module, rule: &Rule) -> Ref {
    let mut path = module.package.path.clone();
    for (i, part) in rule.head.reference.iter().enumerate() {
        path.push(match &part.value {
            Value::Var(name) if i == 0 => Term {
                span: part.span,
                value: Value::String(name.clone()),
            },
            _ => part.clone(),
        });
    }
    path
}

fn compare_paths(a: &Ref, b: &Ref) -> Ordering {
    let keys = |path: &Ref| path.iter().filter_map(Key::of).collect::<Vec<_>>();
    keys(a).cmp(&keys(b))
}
