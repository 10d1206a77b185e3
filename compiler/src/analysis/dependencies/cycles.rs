//! Recursion errors: for each rule on a cycle, the way from it back to it. If every step is certain the rule is recursive; if some
//! step hangs on what a variable holds, it may be, and the error says on what (see `causes`).

use std::collections::HashMap;

use super::causes::{Causes, describe};
use super::{Graph, Rules};
use crate::analysis::conflicts::shown;
use crate::analysis::context::error;
use crate::analysis::safety::Originals;
use crate::analysis::text;
use crate::analysis::tree::full_reference;
use crate::diagnostic::{Code, Diagnostic};

/// The errors for these links.
pub(super) fn report(graph: &Graph, rules: Rules<'_>, originals: &Originals, cyclic: &[u32]) -> Vec<Diagnostic> {
    let mut reporter = Reporter {
        graph,
        rules,
        originals,
        causes: HashMap::new(),
    };
    cyclic.iter().filter_map(|link| reporter.link(*link)).collect()
}

pub(super) struct Reporter<'a> {
    pub(super) graph: &'a Graph,
    pub(super) rules: Rules<'a>,
    pub(super) originals: &'a Originals,
    causes: HashMap<u32, Causes>,
}

impl Reporter<'_> {
    fn link(&mut self, link: u32) -> Option<Diagnostic> {
        let mut path = self.path(link, false)?;
        let mut verb = "is recursive";
        let mut cause = String::new();
        if let Some(step) = self.first_uncertain(&path) {
            match self.path(link, true) {
                Some(certain) => path = certain,
                None => {
                    verb = "may be recursive";
                    let edge = self.causes(path[step]).of(path[step + 1]).cloned();
                    cause = edge.map(|edge| describe(self, &edge, &path, step)).unwrap_or_default();
                }
            }
        }
        let names: Vec<String> = path.iter().map(|link| self.name(*link)).collect();
        let message = format!("rule {} {verb}: {}{cause}", self.name(link), names.join(" -> "));
        Some(error(
            Code::Recursion,
            self.rules.link(self.graph.links[link as usize]).span,
            message,
        ))
    }

    /// A rule's full reference, with the user's names.
    pub(super) fn name(&self, link: u32) -> String {
        let rule = self.graph.links[link as usize];
        let module = &self.rules.modules[rule.rule.module as usize];
        text::reference(&shown(&full_reference(module, self.rules.link(rule)), self.originals))
    }

    fn causes(&mut self, link: u32) -> &Causes {
        let (graph, rules) = (self.graph, self.rules);
        self.causes.entry(link).or_insert_with(|| Causes::of_link(graph, rules, link))
    }

    /// The first step of a path that is not certain.
    fn first_uncertain(&mut self, path: &[u32]) -> Option<usize> {
        (0..path.len() - 1).find(|i| self.causes(path[*i]).of(path[i + 1]).is_some())
    }

    /// A way from a link back to it, over certain steps only if so asked. Places of the tree are passed through.
    fn path(&mut self, start: u32, certain: bool) -> Option<Vec<u32>> {
        let mut seen = vec![false; self.graph.edges.len()];
        let mut stack: Vec<(u32, Vec<u32>)> = vec![(start, self.steps(start, certain))];
        seen[start as usize] = true;
        while let Some((_, steps)) = stack.last_mut() {
            let Some(next) = steps.pop() else {
                stack.pop();
                continue;
            };
            if next == start {
                let mut path: Vec<u32> = stack.iter().map(|(node, _)| *node).collect();
                path.push(start);
                return Some(path);
            }
            if !std::mem::replace(&mut seen[next as usize], true) {
                let steps = self.steps(next, certain);
                stack.push((next, steps));
            }
        }
        None
    }

    /// The links that a link depends on, last first.
    fn steps(&mut self, link: u32, certain: bool) -> Vec<u32> {
        let mut found = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut pending: Vec<u32> = self.graph.edges[link as usize].iter().rev().copied().collect();
        while let Some(next) = pending.pop() {
            if !seen.insert(next) {
                continue;
            }
            if (next as usize) < self.graph.links.len() {
                found.push(next);
            } else {
                pending.extend(self.graph.edges[next as usize].iter().rev());
            }
        }
        if certain {
            let causes = self.causes(link);
            found.retain(|next| causes.of(*next).is_none());
        }
        found.reverse();
        found
    }
}
