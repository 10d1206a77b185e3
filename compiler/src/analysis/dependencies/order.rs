//! Sorting the graph: a depth-first search that keeps its own stack, since chains of rules can be long. It gives the links with
//! dependencies first, and those that lie on a cycle (Tarjan's strongly connected components).

use super::{Graph, Rules};

struct Search<'g> {
    edges: &'g [Vec<u32>],
    links: usize,
    next: u32,
    /// When each node was met; 0 for never.
    met: Vec<u32>,
    /// The earliest node on the path that each one leads back to.
    low: Vec<u32>,
    open: Vec<u32>,
    is_open: Vec<bool>,
    order: Vec<u32>,
    cyclic: Vec<u32>,
}

impl Graph {
    /// Sorts the links; returns those on cycles.
    pub(super) fn sort(&mut self, rules: Rules<'_>) -> Vec<u32> {
        // Modules stand in the order of their files' names, sources in that in which they were read.
        let places: Vec<_> = self.links.iter().map(|link| (link.rule.module, rules.link(*link).span)).collect();
        let key = |index: &u32| {
            places
                .get(*index as usize)
                .map_or((u32::MAX, 0, 0), |(module, span)| (*module, span.row, span.col))
        };
        for edges in &mut self.edges {
            edges.sort_by_key(key);
            edges.dedup();
        }
        let mut roots: Vec<u32> = (0..self.links.len() as u32).collect();
        roots.sort_by_key(key);
        let size = self.edges.len();
        let mut search = Search {
            edges: &self.edges,
            links: self.links.len(),
            next: 1,
            met: vec![0; size],
            low: vec![0; size],
            open: Vec::new(),
            is_open: vec![false; size],
            order: Vec::with_capacity(self.links.len()),
            cyclic: Vec::new(),
        };
        for root in roots {
            search.visit(root);
        }
        let (order, mut cyclic) = (search.order, search.cyclic);
        self.order = order;
        cyclic.sort_unstable();
        cyclic
    }
}

impl Search<'_> {
    fn visit(&mut self, root: u32) {
        let mut path: Vec<(u32, usize)> = Vec::new();
        if self.met[root as usize] == 0 {
            self.enter(root);
            path.push((root, 0));
        }
        while let Some((node, position)) = path.last_mut() {
            let node = *node;
            match self.edges[node as usize].get(*position) {
                Some(&target) => {
                    *position += 1;
                    if self.met[target as usize] == 0 {
                        self.enter(target);
                        path.push((target, 0));
                    } else if self.is_open[target as usize] {
                        self.low[node as usize] = self.low[node as usize].min(self.met[target as usize]);
                    }
                }
                None => {
                    path.pop();
                    if let Some((parent, _)) = path.last() {
                        let parent = *parent as usize;
                        self.low[parent] = self.low[parent].min(self.low[node as usize]);
                    }
                    self.leave(node);
                }
            }
        }
    }

    fn enter(&mut self, node: u32) {
        self.met[node as usize] = self.next;
        self.low[node as usize] = self.next;
        self.next += 1;
        self.open.push(node);
        self.is_open[node as usize] = true;
    }

    fn leave(&mut self, node: u32) {
        if (node as usize) < self.links {
            self.order.push(node);
        }
        if self.low[node as usize] != self.met[node as usize] {
            return;
        }
        let start = self.open.iter().rposition(|other| *other == node).unwrap_or(0);
        let component = self.open.split_off(start);
        let cycle = component.len() > 1 || self.edges[node as usize].contains(&node);
        for member in component {
            self.is_open[member as usize] = false;
            if cycle && (member as usize) < self.links {
                self.cyclic.push(member);
            }
        }
    }
}
