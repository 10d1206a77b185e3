//! What a policy can look at in `input`: the paths that its statements take from the input document, as a graph of nodes. The same graph says what it can look at
//! in the base documents.
//!
//! Each local of each function stands for a node, and assigning one to another makes their nodes one (a unification, as in Steensgaard's
//! points-to analysis: nearly linear, and every call of a rule sees the same input anyway). A lookup by a constant key is a field of the
//! source's node; iteration and computed keys are its elements. Whatever leaves for a place that this analysis does not follow
//! (an argument of a built-in, an element of a new collection, a comparison of two documents, the decision itself) is needed whole.
//! Nodes may form cycles: the reader goes from node to node as it goes down the document.

use rustc_hash::FxHashMap as HashMap;
use std::collections::BTreeMap;

use super::constants::{Const, resolve};
use super::{Function, access};
use crate::ir::{Block, DATA, Func, INPUT, Local, Op, Operand, Policy};

/// What of `input` is read: nodes, the first of which is the whole document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// The nodes; [`Node`]s refer to them by position.
    pub nodes: Vec<Node>,
}

/// What is read of one value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Everything.
    pub whole: bool,
    /// Each element, as far as this node says.
    pub elements: Option<usize>,
    /// The values of these keys, as far as those nodes say.
    pub fields: BTreeMap<String, usize>,
}

impl Node {
    /// The fields in the order in which the reader looks for them, and in which an object has them: short keys first.
    pub fn in_order(&self) -> Vec<(&str, usize)> {
        let mut fields: Vec<_> = self.fields.iter().map(|(key, &child)| (key.as_str(), child)).collect();
        fields.sort_by_key(|(key, _)| (key.len(), *key));
        fields
    }
}

impl Projection {
    /// Everything is read.
    pub fn whole(&self) -> bool {
        self.nodes.first().is_none_or(|node| node.whole)
    }

    /// The paths that are read, from a root of that name on, e.g. `input.request.claims.issuer`, `input.items[_].name`, `input.spec.**` for everything below.
    pub fn paths(&self, root: &str) -> Vec<String> {
        let mut paths = Paths {
            nodes: &self.nodes,
            above: vec![false; self.nodes.len()],
            path: root.to_owned(),
            bytes: 0,
            out: Vec::new(),
        };
        paths.collect(0);
        paths.out
    }

    /// Whether nothing below the root is read.
    pub fn is_empty(&self) -> bool {
        let empty = |node: &Node| !node.whole && node.fields.is_empty() && node.elements.is_none();
        self.nodes.first().is_some_and(empty)
    }
}

/// A report of paths longer than this many bytes says less of further ones: that all below them is read.
const REPORT_MAX: usize = 1 << 14;

/// A path that is longer says no more than that all below it is read.
const PATH_MAX: usize = 1 << 10;

/// Writes down the paths of a projection, whose nodes several paths can lead to.
struct Paths<'a> {
    nodes: &'a [Node],
    /// The nodes that the path goes through.
    above: Vec<bool>,
    path: String,
    bytes: usize,
    out: Vec<String>,
}

impl Paths<'_> {
    fn collect(&mut self, index: usize) {
        let Some(node) = self.nodes.get(index) else { return };
        let leaf = node.fields.is_empty() && node.elements.is_none();
        let everything = node.whole || self.above[index] || (!leaf && (self.bytes > REPORT_MAX || self.path.len() > PATH_MAX));
        if everything || leaf {
            self.bytes += self.path.len();
            self.out.push(format!("{}{}", self.path, if everything { ".**" } else { "" }));
            return;
        }
        self.above[index] = true;
        let length = self.path.len();
        for (key, &child) in &node.fields {
            self.path.push('.');
            self.path.push_str(key);
            self.collect(child);
            self.path.truncate(length);
        }
        if let Some(child) = node.elements {
            self.path.push_str("[_]");
            self.collect(child);
            self.path.truncate(length);
        }
        self.above[index] = false;
    }
}

/// Analyses the functions that one entrypoint can reach: what of the input it reads, and what of the base documents.
pub fn analyse(policy: &Policy, functions: &[Function], by_name: &HashMap<&str, usize>, entry: usize) -> [Projection; 2] {
    let mut graph = Graph {
        nodes: Vec::new(),
        locals: HashMap::default(),
    };
    let mut reached = vec![false; functions.len()];
    let mut work = vec![entry];
    while let Some(index) = work.pop() {
        let Some(function) = functions.get(index) else { continue };
        if std::mem::replace(&mut reached[index], true) {
            continue;
        }
        let mut pass = Pass {
            graph: &mut graph,
            policy,
            functions,
            by_name,
            index,
            function,
            calls: &mut work,
        };
        pass.blocks(&function.func.blocks);
    }
    if let Some(function) = functions.get(entry) {
        let result = graph.local(entry, function.func.result);
        graph.whole(result);
    }
    [INPUT, DATA].map(|root| {
        let root = graph.local(entry, root);
        graph.finish(root)
    })
}

struct Graph {
    nodes: Vec<Cell>,
    locals: HashMap<(usize, Local), usize>,
}

#[derive(Default)]
struct Cell {
    parent: Option<usize>,
    whole: bool,
    elements: Option<usize>,
    fields: BTreeMap<String, usize>,
}

impl Graph {
    fn fresh(&mut self) -> usize {
        self.nodes.push(Cell::default());
        self.nodes.len() - 1
    }

    fn find(&mut self, mut node: usize) -> usize {
        while let Some(parent) = self.nodes[node].parent {
            if let Some(grandparent) = self.nodes[parent].parent {
                self.nodes[node].parent = Some(grandparent);
            }
            node = parent;
        }
        node
    }

    fn local(&mut self, function: usize, local: Local) -> usize {
        if let Some(&node) = self.locals.get(&(function, local)) {
            return self.find(node);
        }
        let node = self.fresh();
        self.locals.insert((function, local), node);
        node
    }

    fn whole(&mut self, node: usize) {
        let node = self.find(node);
        self.nodes[node].whole = true;
    }

    fn field(&mut self, node: usize, key: &str) -> usize {
        let node = self.find(node);
        if let Some(child) = self.nodes[node].elements {
            return self.find(child);
        }
        if let Some(&child) = self.nodes[node].fields.get(key) {
            return self.find(child);
        }
        let child = self.fresh();
        self.nodes[node].fields.insert(key.to_owned(), child);
        child
    }

    /// The node of all elements. A node that has one has no fields: they became part of it.
    fn elements(&mut self, node: usize) -> usize {
        let node = self.find(node);
        if let Some(child) = self.nodes[node].elements {
            return self.find(child);
        }
        let child = self.fresh();
        self.nodes[node].elements = Some(child);
        for field in std::mem::take(&mut self.nodes[node].fields).into_values() {
            self.unify(child, field);
        }
        self.find(child)
    }

    fn unify(&mut self, a: usize, b: usize) {
        let mut work = vec![(a, b)];
        while let Some((a, b)) = work.pop() {
            let (a, b) = (self.find(a), self.find(b));
            if a == b {
                continue;
            }
            let gone = std::mem::take(&mut self.nodes[b]);
            self.nodes[b].parent = Some(a);
            self.nodes[a].whole |= gone.whole;
            match (self.nodes[a].elements, gone.elements) {
                (Some(mine), Some(other)) => work.push((mine, other)),
                (None, Some(other)) => {
                    self.nodes[a].elements = Some(other);
                    let fields = std::mem::take(&mut self.nodes[a].fields);
                    work.extend(fields.into_values().map(|field| (other, field)));
                }
                _ => {}
            }
            for (key, other) in gone.fields {
                if let Some(child) = self.nodes[a].elements {
                    work.push((child, other));
                } else if let Some(&mine) = self.nodes[a].fields.get(&key) {
                    work.push((mine, other));
                } else {
                    self.nodes[a].fields.insert(key, other);
                }
            }
        }
    }

    /// The nodes that can be reached from the root, numbered.
    fn finish(&mut self, root: usize) -> Projection {
        let root = self.find(root);
        let mut numbers: HashMap<usize, usize> = HashMap::from_iter([(root, 0)]);
        let mut order = vec![root];
        let mut nodes = Vec::new();
        let mut next = 0;
        while let Some(&cell) = order.get(next) {
            next += 1;
            let whole = self.nodes[cell].whole;
            let mut node = Node { whole, ..Node::default() };
            if !whole {
                let mut number = |graph: &mut Self, child: usize| {
                    let child = graph.find(child);
                    *numbers.entry(child).or_insert_with(|| {
                        order.push(child);
                        order.len() - 1
                    })
                };
                if let Some(child) = self.nodes[cell].elements {
                    node.elements = Some(number(self, child));
                }
                for (key, child) in self.nodes[cell].fields.clone() {
                    node.fields.insert(key, number(self, child));
                }
            }
            nodes.push(node);
        }
        Projection { nodes }
    }
}

struct Pass<'a> {
    graph: &'a mut Graph,
    policy: &'a Policy,
    functions: &'a [Function],
    by_name: &'a HashMap<&'a str, usize>,
    index: usize,
    function: &'a Function,
    calls: &'a mut Vec<usize>,
}

impl Pass<'_> {
    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            for stmt in &block.stmts {
                self.stmt(&stmt.op);
                self.blocks(access::blocks(&stmt.op));
            }
        }
    }

    /// The node of an operand that is no constant.
    fn node(&mut self, operand: Operand) -> Option<usize> {
        match operand {
            Operand::Local(local) if !self.function.constants.contains_key(&local) => Some(self.graph.local(self.index, local)),
            _ => None,
        }
    }

    fn constant(&self, operand: Operand) -> Option<Const> {
        resolve(operand, &self.function.constants, &self.policy.statics)
    }

    fn escape(&mut self, operand: Operand) {
        if let Some(node) = self.node(operand) {
            self.graph.whole(node);
        }
    }

    fn assign(&mut self, source: Operand, target: Local) {
        if let Some(node) = self.node(source) {
            let target = self.graph.local(self.index, target);
            self.graph.unify(target, node);
        }
    }

    fn compare(&mut self, a: Operand, b: Operand) {
        let scalar = |value: Option<Const>| value.is_some_and(|value| value.is_scalar());
        if !scalar(self.constant(a)) && !scalar(self.constant(b)) {
            self.escape(a);
            self.escape(b);
        }
    }

    fn stmt(&mut self, op: &Op) {
        match op {
            Op::AssignVar { source, target } | Op::AssignVarOnce { source, target } => self.assign(*source, *target),
            Op::Dot { source, key, target } => self.dot(*source, *key, *target),
            Op::Scan { source, key, value, .. } => {
                if let Some(node) = self.node(Operand::Local(*source)) {
                    let element = self.graph.elements(node);
                    let value = self.graph.local(self.index, *value);
                    self.graph.unify(value, element);
                }
                // Of a set the key is the element.
                let key = self.graph.local(self.index, *key);
                let value = self.graph.local(self.index, *value);
                self.graph.unify(key, value);
            }
            Op::Equal { a, b } | Op::NotEqual { a, b } => self.compare(*a, *b),
            Op::Len { source, .. } => {
                if let Some(node) = self.node(*source) {
                    self.graph.elements(node);
                }
            }
            Op::Call { func, args, result } => self.call(func, args, *result),
            Op::CallDynamic { args, result, path } => self.call_dynamic(args, *result, path),
            Op::ArrayAppend { value, .. } | Op::SetAdd { value, .. } => self.escape(*value),
            Op::ObjectInsertOnce { key, value, .. } | Op::ObjectInsert { key, value, .. } => {
                self.escape(*key);
                self.escape(*value);
            }
            Op::ObjectMerge { a, b, .. } => {
                self.escape(Operand::Local(*a));
                self.escape(Operand::Local(*b));
            }
            Op::ResultSetAdd { value } => self.escape(Operand::Local(*value)),
            Op::ReturnLocal { source } => self.assign(Operand::Local(*source), self.function.func.result),
            Op::With { local, path, value, .. } => self.with(*local, path, *value),
            _ => {}
        }
    }

    fn dot(&mut self, source: Operand, key: Operand, target: Local) {
        let constant = self.constant(key);
        if constant.is_none() {
            self.escape(key);
        }
        let Some(node) = self.node(source) else { return };
        let child = match constant {
            Some(Const::String(key)) => self.graph.field(node, &key),
            _ => self.graph.elements(node),
        };
        let target = self.graph.local(self.index, target);
        self.graph.unify(target, child);
    }

    fn call(&mut self, name: &str, args: &[Operand], result: Local) {
        if let Some(&callee) = self.by_name.get(name) {
            self.enter(callee, args, result);
            return;
        }
        match name {
            "equal" | "eq" | "neq" if args.len() == 2 => self.compare(args[0], args[1]),
            "count" => {
                if let Some(&arg) = args.first()
                    && let Some(node) = self.node(arg)
                {
                    self.graph.elements(node);
                }
            }
            "object.get" if args.len() == 3 => self.object_get(args[0], args[1], args[2], result),
            // They look at nothing but the kind.
            "is_array" | "is_boolean" | "is_null" | "is_number" | "is_object" | "is_set" | "is_string" | "type_name" => {}
            _ => args.iter().for_each(|&arg| self.escape(arg)),
        }
    }

    /// A lookup by a key or by an array of keys, with a default.
    fn object_get(&mut self, object: Operand, key: Operand, default: Operand, result: Local) {
        let keys = match self.constant(key) {
            Some(Const::String(key)) => vec![key],
            Some(Const::Array(keys)) => {
                let strings = keys
                    .iter()
                    .map(|key| if let Const::String(key) = key { Some(key.clone()) } else { None });
                strings.collect::<Option<Vec<_>>>().unwrap_or_default()
            }
            _ => Vec::new(),
        };
        if keys.is_empty() {
            [object, key, default].into_iter().for_each(|arg| self.escape(arg));
            return;
        }
        if let Some(mut node) = self.node(object) {
            for key in keys {
                node = self.graph.field(node, &key);
            }
            let result = self.graph.local(self.index, result);
            self.graph.unify(result, node);
        }
        self.assign(default, result);
    }

    fn enter(&mut self, callee: usize, args: &[Operand], result: Local) {
        let functions = self.functions;
        let Some(Func {
            params, result: returned, ..
        }) = functions.get(callee).map(|function| &function.func)
        else {
            return;
        };
        for (&param, &arg) in params.iter().zip(args) {
            if let Some(node) = self.node(arg) {
                let param = self.graph.local(callee, param);
                self.graph.unify(param, node);
            }
        }
        let returned = self.graph.local(callee, *returned);
        let result = self.graph.local(self.index, result);
        self.graph.unify(result, returned);
        self.calls.push(callee);
    }

    /// Which function is called is known only when it happens: all of them.
    fn call_dynamic(&mut self, args: &[Local], result: Local, path: &[Operand]) {
        path.iter().for_each(|&part| self.escape(part));
        let args: Vec<Operand> = args.iter().map(|&arg| Operand::Local(arg)).collect();
        for callee in 0..self.functions.len() {
            if self.functions[callee].is_dynamic_target() {
                self.enter(callee, &args, result);
            }
        }
    }

    /// What is put in at the path is read by whoever reads there.
    fn with(&mut self, local: Local, path: &[u32], value: Operand) {
        let Some(value) = self.node(value) else { return };
        let mut node = self.graph.local(self.index, local);
        for &part in path {
            let Some(key) = self.policy.statics.strings.get(part as usize) else {
                return;
            };
            node = self.graph.field(node, &key.value);
        }
        self.graph.unify(node, value);
    }
}
