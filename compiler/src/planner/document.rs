//! Plans references below `data`, where two trees lie over each other: the rules', known now, and that of the base documents, known at run
//! time. Wherever a rule stands base documents do not count; everywhere else both are looked at.
//!
//! A reference is followed through the rule tree as far as its operands are constant. At an operand that is not, a [`search`](super::search)
//! goes on.

use super::Error;
use super::body::Body;
use super::program::{Document, Unit};
use crate::analysis::tree::{Key, NodeId, full_reference};
use crate::ir::{DATA, Op, Operand};
use crate::syntax::ast::{Term, Value};

/// A place in the rule tree.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub node: NodeId,
    /// What leads there from `data`.
    pub path: Vec<Key>,
}

impl Place {
    pub fn child(&self, key: &Key, node: NodeId) -> Self {
        let mut path = self.path.clone();
        path.push(key.clone());
        Self { node, path }
    }
}

impl Body<'_, '_> {
    /// The value of `data` followed by these operands.
    pub fn data_reference(&mut self, parts: &[Term]) -> Result<Operand, Error> {
        let root = Place {
            node: self.program.analysed.tree.root(),
            path: Vec::new(),
        };
        if self.is_shadowed(&root.path) {
            return self.base(&root.path, parts);
        }
        self.follow(root, parts)
    }

    /// Follows operands from a place in the rule tree that has no rules itself.
    pub fn follow(&mut self, mut place: Place, mut parts: &[Term]) -> Result<Operand, Error> {
        while let Some((part, rest)) = parts.split_first() {
            let Some(key) = self.known_key(part) else {
                if self.children(&place).is_empty() {
                    return self.base(&place.path, parts);
                }
                return self.search(&place, parts);
            };
            let child = self.program.analysed.tree.node(place.node).children.get(&key).copied();
            let (node, next) = match child {
                Some(node) => (node, place.child(&key, node)),
                None => return self.base(&place.path, parts),
            };
            if self.is_shadowed(&next.path) {
                return self.base(&place.path, parts);
            }
            if let Some(document) = self.program.document(node) {
                return self.document(document, &next, rest);
            }
            place = next;
            parts = rest;
        }
        Ok(self.extent(&place))
    }

    /// What rules make at a place, and what operands find below.
    pub fn document(&mut self, document: Document, place: &Place, parts: &[Term]) -> Result<Operand, Error> {
        let unit = match document {
            Document::Function(_) => {
                // A function is no value.
                return self.nowhere(parts);
            }
            Document::Complete | Document::Set => Unit::Document(place.node),
            Document::Partial => match self.relevant_part(place, parts) {
                Some(unit) => unit,
                None => return self.nowhere(parts),
            },
        };
        let value = self.call_function(unit, self.context, &place.path, Vec::new());
        if let (Document::Set, Operand::Local(local)) = (document, value) {
            self.note_set(local);
        }
        self.lookup(value, parts)
    }

    /// Operands that can find nothing. Their variables are bound nevertheless, for what follows is planned as well.
    fn nowhere(&mut self, parts: &[Term]) -> Result<Operand, Error> {
        self.fail();
        self.lookup(Operand::Bool(false), parts)
    }

    /// The rules of a partial object that can say something about the operands; `None` if there are none.
    fn relevant_part(&self, place: &Place, parts: &[Term]) -> Option<Unit> {
        let analysed = self.program.analysed;
        let all = super::partial::rules_of(analysed, place.node);
        let count = all.len();
        let relevant: Vec<_> = all
            .into_iter()
            .filter(|&id| {
                let reference = full_reference(analysed.module_of(id), analysed.rule(id));
                reference[place.path.len() + 1..]
                    .iter()
                    .zip(parts)
                    .all(|(own, asked)| match (Key::of(own), Key::of(asked)) {
                        (Some(own), Some(asked)) => own == asked,
                        _ => true,
                    })
            })
            .collect();
        match relevant.len() {
            0 if !parts.is_empty() => None,
            length if length == count => Some(Unit::Document(place.node)),
            _ => Some(Unit::Part(place.node, relevant)),
        }
    }

    /// The base document at a path, and what operands find below.
    fn base(&mut self, path: &[Key], parts: &[Term]) -> Result<Operand, Error> {
        let source = self.base_at(path);
        if path.is_empty() && parts.is_empty() {
            self.emit(Op::IsDefined { source: DATA });
        }
        self.lookup_base(source, parts)
    }

    /// What operands find in a base document, which is addressed by paths: the locals on the way are noted.
    pub fn lookup_base(&mut self, mut source: Operand, parts: &[Term]) -> Result<Operand, Error> {
        for part in parts {
            source = self.lookup(source, std::slice::from_ref(part))?;
            self.note_document(source);
        }
        Ok(source)
    }

    /// The base document at a path.
    pub fn base_at(&mut self, path: &[Key]) -> Operand {
        let mut source = Operand::Local(DATA);
        for key in path {
            let key = self.key(key);
            source = self.dot(source, key);
        }
        self.note_document(source);
        source
    }

    /// Whether a `with` hides the rules at a path.
    pub fn is_shadowed(&self, path: &[Key]) -> bool {
        self.program.contexts.get(self.context).is_shadowed(path)
    }

    /// The children that an operand without a known value can reach.
    pub fn children(&self, place: &Place) -> Vec<(Key, NodeId)> {
        let tree = &self.program.analysed.tree;
        let visible = tree.node(place.node).children.iter().filter(|(_, node)| !tree.node(**node).hidden);
        visible
            .map(|(key, &node)| (key.clone(), node))
            .filter(|(key, node)| !self.is_shadowed(&place.child(key, *node).path))
            .collect()
    }

    /// The key an operand stands for, if it is known now.
    pub fn known_key(&self, part: &Term) -> Option<Key> {
        match &part.value {
            Value::Var(name) => self.known(self.var(name)?),
            _ => Key::of(part),
        }
    }
}
