//! The roots of a bundle: which paths of `data` it owns. They are compared segment by segment, as in OPA: `a/b` owns `a/b/c` and not `a/bc`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::{Error, documents};

/// Roots that do not overlap, as a tree of their segments.
pub struct Roots<'m> {
    list: &'m [String],
    nodes: Vec<Node<'m>>,
    /// The first segments of all roots.
    first: BTreeSet<&'m str>,
}

#[derive(Default)]
struct Node<'m> {
    /// A root ends here.
    ends: bool,
    /// The first of the roots that lead through here or end here, by its position.
    first: usize,
    children: BTreeMap<&'m str, usize>,
}

impl<'m> Roots<'m> {
    /// The roots of a manifest, trimmed.
    ///
    /// # Errors
    /// When two of them overlap, or one names no place.
    pub fn new(list: &'m [String]) -> Result<Self, Error> {
        if let Some(root) = list.iter().find(|root| !is_unescapable(root)) {
            return Err(Error::Root(root.clone()));
        }
        let mut roots = Self {
            list,
            nodes: vec![Node::default()],
            first: list.iter().filter_map(|root| root.split('/').next()).collect(),
        };
        // The pair that OPA reports is the first one.
        let mut overlap: Option<(usize, usize)> = None;
        for position in 0..list.len() {
            if let Some(other) = roots.insert(position) {
                let pair = (other, position);
                overlap = Some(overlap.map_or(pair, |first| first.min(pair)));
            }
        }
        match overlap {
            Some((first, second)) => Err(Error::Overlapped(list[first].clone(), list[second].clone())),
            None => Ok(roots),
        }
    }

    /// Adds a root; returns the first one that overlaps it.
    fn insert(&mut self, position: usize) -> Option<usize> {
        let mut found: Option<usize> = None;
        let mut note = |other: usize| found = Some(found.map_or(other, |first| first.min(other)));
        let mut at = 0;
        let root = &self.list[position];
        // The empty root owns everything.
        for segment in root.split('/').filter(|_| !root.is_empty()) {
            if self.nodes[at].ends {
                note(self.nodes[at].first);
            }
            let new = self.nodes.len();
            let next = *self.nodes[at].children.entry(segment).or_insert(new);
            if next == new {
                self.nodes.push(Node {
                    first: position,
                    ..Node::default()
                });
            }
            at = next;
        }
        let end = &mut self.nodes[at];
        if end.ends || !end.children.is_empty() {
            note(end.first);
        }
        end.ends = true;
        found
    }

    /// Whether a path is within the roots.
    pub fn contain(&self, segments: &[impl AsRef<str>]) -> bool {
        let mut node = &self.nodes[0];
        for segment in segments {
            if node.ends {
                return true;
            }
            match node.children.get(segment.as_ref()) {
                Some(&next) => node = &self.nodes[next],
                None => return false,
            }
        }
        node.ends
    }

    /// The roots as errors list them.
    pub fn text(&self) -> String {
        self.list.join(" ")
    }

    /// What of the documents is within the roots.
    ///
    /// # Errors
    /// When something else is there.
    pub fn take(&self, mut data: Map<String, Value>) -> Result<Map<String, Value>, Error> {
        self.check(&data)?;
        if self.nodes[0].ends {
            return Ok(data);
        }
        let mut owned = Map::new();
        for root in self.list {
            let path: Vec<&str> = root.split('/').collect();
            if let Some(value) = documents::take(&mut data, &path) {
                let path: Vec<String> = path.into_iter().map(str::to_owned).collect();
                // INVARIANT: roots do not overlap, so that nothing else is at the path.
                documents::insert(&mut owned, &path, value).map_err(|reason| Error::Document {
                    path: root.clone(),
                    reason,
                })?;
            }
        }
        Ok(owned)
    }

    /// Checks documents as OPA does. OPA lets objects pass that hold nothing and have a name in common with a root; they are not taken then.
    fn check(&self, data: &Map<String, Value>) -> Result<(), Error> {
        if self.nodes[0].ends {
            return Ok(());
        }
        let refuse = |path: &str| Error::Data {
            roots: self.text(),
            path: path.to_owned(),
        };
        if self.list.is_empty() {
            return Err(refuse(""));
        }
        let mut open: Vec<(String, &Map<String, Value>)> = vec![(String::new(), data)];
        while let Some((parent, object)) = open.pop() {
            for (key, value) in object {
                let whole = format!("{parent}/{key}");
                let path = whole.trim_matches('/');
                let segments: Vec<&str> = path.split('/').collect();
                if self.contain(&segments) {
                    continue;
                }
                let leads = segments.iter().any(|segment| segment.is_empty() || self.first.contains(segment));
                match value {
                    Value::Object(object) if leads => open.push((whole, object)),
                    _ => return Err(refuse(path)),
                }
            }
        }
        Ok(())
    }
}

/// Whether percent signs in a root are followed by two digits, without which OPA finds no place for it.
fn is_unescapable(root: &str) -> bool {
    root.split('%')
        .skip(1)
        .all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()))
}
