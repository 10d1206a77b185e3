//! Policies along a chain (RFC 5280, 6.1): whether one of them holds from the root to the leaf where a certificate demands that.
//!
//! The graph has a stratum for each certificate. A node is a policy that is valid so far; it knows the nodes of the stratum above that it follows from.

use super::super::der::Oid;
use super::certificate::Certificate;

const ANY: Oid<'static> = Oid(&[0x55, 0x1d, 32, 0]);

struct Node<'a> {
    policy: Oid<'a>,
    /// Policies of the next certificate that mean this one.
    expected: Vec<Oid<'a>>,
    /// Places in the stratum above.
    parents: Vec<usize>,
    alive: bool,
}

impl<'a> Node<'a> {
    fn new(policy: Oid<'a>, parents: Vec<usize>) -> Node<'a> {
        Node {
            policy,
            expected: vec![policy],
            parents,
            alive: true,
        }
    }
}

struct Graph<'a> {
    strata: Vec<Vec<Node<'a>>>,
}

impl<'a> Graph<'a> {
    fn new() -> Graph<'a> {
        Graph {
            strata: vec![vec![Node::new(ANY, Vec::new())]],
        }
    }

    /// The nodes of the last stratum.
    fn leaves(&mut self) -> &mut [Node<'a>] {
        self.strata.last_mut().map_or(&mut [], Vec::as_mut_slice)
    }

    fn leaf(&mut self, policy: Oid<'_>) -> Option<&mut Node<'a>> {
        self.leaves().iter_mut().find(|node| node.alive && node.policy == policy)
    }

    /// Adds the stratum of a certificate's policies.
    fn descend(&mut self, policies: &[Oid<'a>], any_counts: bool) {
        let above: Vec<(usize, &Node<'a>)> = match self.strata.last() {
            Some(stratum) => stratum.iter().enumerate().filter(|(_, node)| node.alive).collect(),
            None => Vec::new(),
        };
        let expecting = |policy: Oid<'_>| -> Vec<usize> {
            above
                .iter()
                .filter(|(_, node)| node.expected.contains(&policy))
                .map(|(place, _)| *place)
                .collect()
        };
        let any_above = above.iter().find(|(_, node)| node.policy == ANY).map(|(place, _)| *place);
        let mut stratum: Vec<Node<'a>> = Vec::new();
        for policy in policies.iter().filter(|policy| **policy != ANY) {
            let mut parents = expecting(*policy);
            if parents.is_empty() {
                parents.extend(any_above);
            }
            if !parents.is_empty() {
                stratum.push(Node::new(*policy, parents));
            }
        }
        if any_counts && policies.contains(&ANY) {
            for expected in above.iter().flat_map(|(_, node)| &node.expected) {
                if !stratum.iter().any(|node| node.policy == *expected) {
                    stratum.push(Node::new(*expected, expecting(*expected)));
                }
            }
        }
        self.strata.push(stratum);
    }

    /// Removes what nothing follows from.
    fn prune(&mut self) {
        for depth in (1..self.strata.len().saturating_sub(1)).rev() {
            let (upper, lower) = self.strata.split_at_mut(depth + 1);
            let (Some(upper), Some(lower)) = (upper.last_mut(), lower.first()) else {
                return;
            };
            for (place, node) in upper.iter_mut().enumerate() {
                node.alive &= lower.iter().any(|child| child.alive && child.parents.contains(&place));
            }
        }
    }

    /// Policies of an authority stand for others of the certificates below it. `false` if one of them is any policy.
    fn map(&mut self, mappings: &[(Oid<'a>, Oid<'a>)], allowed: bool) -> bool {
        if !allowed {
            for (issuer, _) in mappings {
                if let Some(leaf) = self.leaf(*issuer) {
                    leaf.alive = false;
                }
            }
            self.prune();
            return true;
        }
        if mappings.iter().any(|(issuer, subject)| *issuer == ANY || *subject == ANY) {
            return false;
        }
        self.prune();
        let mut done: Vec<Oid<'a>> = Vec::new();
        for (issuer, _) in mappings {
            if done.contains(issuer) {
                continue;
            }
            done.push(*issuer);
            let subjects = mappings
                .iter()
                .filter(|(other, _)| other == issuer)
                .map(|(_, subject)| *subject)
                .collect();
            if let Some(leaf) = self.leaf(*issuer) {
                leaf.expected = subjects;
            } else if let Some(any) = self.leaf(ANY) {
                // It follows from what any policy follows from, as far as anybody asks: whether that is any policy.
                let parents = any.parents.clone();
                let mut node = Node::new(*issuer, parents);
                node.expected = subjects;
                if let Some(stratum) = self.strata.last_mut() {
                    stratum.push(node);
                }
            }
        }
        true
    }

    /// Whether a policy holds along the whole chain.
    fn holds(&mut self) -> bool {
        if self.leaf(ANY).is_some() {
            return true;
        }
        let pairs = self.strata.iter().zip(self.strata.iter().skip(1));
        let mut lines = pairs.flat_map(|(upper, lower)| lower.iter().map(move |node| (upper, node)));
        lines.any(|(upper, node)| {
            let from_any = |parents: &[usize]| matches!(parents, [parent] if upper.get(*parent).is_some_and(|parent| parent.policy == ANY));
            node.alive && node.policy != ANY && from_any(&node.parents)
        })
    }
}

/// Whether the policies of a chain, the leaf first, are valid.
pub fn check(chain: &[&Certificate<'_>]) -> bool {
    let (Some(leaf), Some(links)) = (chain.first(), chain.len().checked_sub(1).filter(|links| *links > 0)) else {
        return true;
    };
    let mut graph = Some(Graph::new());
    let unlimited = links as i64 + 1;
    let (mut inhibit_any, mut explicit, mut mapping) = (unlimited, unlimited, unlimited);
    for (place, certificate) in chain.iter().enumerate().rev().skip(1) {
        let known = &certificate.known;
        let self_signed = certificate.raw_issuer == certificate.raw_subject;
        let policies = known.policies.as_deref().unwrap_or_default();
        if policies.is_empty() {
            graph = None;
        }
        match &mut graph {
            None if explicit == 0 => return false,
            None => {}
            Some(graph) => {
                graph.descend(policies, inhibit_any > 0 || place > 0 && self_signed);
                graph.prune();
                if place > 0 && !known.mappings.is_empty() && !graph.map(&known.mappings, mapping > 0) {
                    return false;
                }
            }
        }
        if place == 0 {
            continue;
        }
        for (limit, said) in [
            (&mut explicit, known.require_explicit),
            (&mut mapping, known.inhibit_mapping),
            (&mut inhibit_any, known.inhibit_any),
        ] {
            if !self_signed && *limit > 0 {
                *limit -= 1;
            }
            if let Some(said) = said.filter(|said| *said >= 0) {
                *limit = said.min(*limit);
            }
        }
    }
    explicit = if leaf.known.require_explicit == Some(0) {
        0
    } else {
        explicit - i64::from(explicit > 0)
    };
    explicit != 0 || graph.is_some_and(|mut graph| graph.holds())
}
