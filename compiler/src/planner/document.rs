//! Plans references below `data`, where two trees lie over each other: the rules', known now, and that of the base documents, known at run
//! time. Wherever a rule stands base documents do not count; everywhere else both are looked at.
//!
//! A reference is followed through the rule tree as far as its operands are constant. An operand that is not asks for alternatives: each
//! child of the node, and the base documents under other keys. Their solutions are captured, so that what follows is planned once.

use super::Error;
use super::body::Body;
use super::capture::Replay;
use super::program::{Document, Unit};
use crate::analysis::tree::{Key, NodeId, full_reference};
use crate::ir::{Block, DATA, Local, Op, Operand};
use crate::syntax::ast::{Name, Term, Value};

/// A place in the rule tree.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub node: NodeId,
    /// What leads there from `data`.
    pub path: Vec<Key>,
}

impl Place {
    fn child(&self, key: &Key, node: NodeId) -> Self {
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
    fn follow(&mut self, mut place: Place, mut parts: &[Term]) -> Result<Operand, Error> {
        while let Some((part, rest)) = parts.split_first() {
            let Some(key) = self.known_key(part) else {
                if self.children(&place).is_empty() {
                    return self.base(&place.path, parts);
                }
                return self.alternatives(&place, parts);
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
    fn document(&mut self, document: Document, place: &Place, parts: &[Term]) -> Result<Operand, Error> {
        let unit = match document {
            Document::Function(_) => {
                // A function is no value.
                self.fail();
                return Ok(Operand::Bool(false));
            }
            Document::Complete | Document::Set => Unit::Document(place.node),
            Document::Partial => match self.relevant_part(place, parts) {
                Some(unit) => unit,
                None => {
                    self.fail();
                    return Ok(Operand::Bool(false));
                }
            },
        };
        let value = self.call_function(unit, self.context, &place.path, Vec::new());
        if let (Document::Set, Operand::Local(local)) = (document, value) {
            self.note_set(local);
        }
        self.lookup(value, parts)
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

    /// What operands find in a base document. A number finds the key that is its text, too: base documents are addressed by paths.
    fn lookup_base(&mut self, mut source: Operand, parts: &[Term]) -> Result<Operand, Error> {
        for part in parts {
            let Some(Key::Number(text)) = self.known_key(part) else {
                source = self.lookup(source, std::slice::from_ref(part))?;
                continue;
            };
            let target = self.new_local();
            self.emit(Op::ResetLocal { target });
            let either = self.block(|body| {
                let outer = body.depth();
                let as_number = body.block(|body| {
                    let key = body.number(&text);
                    body.emit(Op::Dot { source, key, target });
                    body.leave(outer);
                    Ok(())
                })?;
                body.emit(Op::Block { blocks: vec![as_number] });
                let key = body.string(&text);
                body.emit(Op::Dot { source, key, target });
                Ok(())
            })?;
            self.emit(Op::Block { blocks: vec![either] });
            self.emit(Op::IsDefined { source: target });
            source = Operand::Local(target);
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
        source
    }

    /// Whether a `with` hides the rules at a path.
    pub fn is_shadowed(&self, path: &[Key]) -> bool {
        self.program.contexts.get(self.context).is_shadowed(path)
    }

    /// The children that an operand without a known value can reach.
    fn children(&self, place: &Place) -> Vec<(Key, NodeId)> {
        let tree = &self.program.analysed.tree;
        let visible = tree.node(place.node).children.iter().filter(|(_, node)| !tree.node(**node).hidden);
        visible
            .map(|(key, &node)| (key.clone(), node))
            .filter(|(key, node)| !self.is_shadowed(&place.child(key, *node).path))
            .collect()
    }

    /// The key an operand stands for, if it is known now.
    fn known_key(&self, part: &Term) -> Option<Key> {
        match &part.value {
            Value::Var(name) => self.known(self.var(name)?),
            _ => Key::of(part),
        }
    }

    /// How many operands have to be consumed until rules or base documents are reached on every way.
    fn horizon(&self, node: NodeId, parts: &[Term]) -> usize {
        let Some((part, rest)) = parts.split_first() else { return 0 };
        if self.program.document(node).is_some() {
            return 0;
        }
        let tree = &self.program.analysed.tree;
        let known = self.known_key(part);
        let reachable = tree
            .node(node)
            .children
            .iter()
            .filter(|(key, _)| known.as_ref().is_none_or(|known| known == *key));
        1 + reachable.map(|(_, &child)| self.horizon(child, rest)).max().unwrap_or(0)
    }

    /// The first operand is not known: tries each child, and base documents.
    fn alternatives(&mut self, place: &Place, parts: &[Term]) -> Result<Operand, Error> {
        let (inside, behind) = parts.split_at(self.horizon(place.node, parts).max(1));
        let single = inside.iter().all(|part| self.is_single(part));
        let value = if single {
            self.choose(place, inside)?
        } else {
            self.enumerate(place, inside)?
        };
        self.lookup(value, behind)
    }

    /// All operands have a value: at most one alternative holds.
    fn choose(&mut self, place: &Place, parts: &[Term]) -> Result<Operand, Error> {
        let target = self.new_local();
        self.emit(Op::ResetLocal { target });
        let key = self.term(&parts[0])?;
        let choice = self.block(|body| {
            let outer = body.depth();
            body.each_alternative(place, parts, Some(key), |body, value| {
                body.emit(Op::AssignVar { source: value, target });
                body.leave(outer);
                Ok(())
            })
        })?;
        self.emit(Op::Block { blocks: vec![choice] });
        self.emit(Op::IsDefined { source: target });
        Ok(Operand::Local(target))
    }

    /// Some operands have to be found: alternatives write their solutions down.
    fn enumerate(&mut self, place: &Place, parts: &[Term]) -> Result<Operand, Error> {
        let list: Local = self.new_local();
        let names = self.unbound_in(parts);
        self.emit(Op::MakeArray { capacity: 0, target: list });
        let key = if self.is_evaluable(&parts[0]) {
            Some(self.term(&parts[0])?)
        } else {
            None
        };
        let search = self.block(|body| {
            body.each_alternative(place, parts, key, |body, value| {
                body.append_solution(list, Some(value), &names);
                Ok(())
            })
        })?;
        self.emit(Op::Block { blocks: vec![search] });
        let value = self.replay(Replay::Each { list, value: true, names });
        value.ok_or_else(|| self.bug(parts[0].span, "a solution without a value"))
    }

    /// Plans a block for base documents and one for each child, in the order in which OPA enumerates them. `key` is the first operand's
    /// value, if it has one.
    fn each_alternative(
        &mut self,
        place: &Place,
        parts: &[Term],
        key: Option<Operand>,
        mut found: impl FnMut(&mut Self, Operand) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut blocks: Vec<Block> = Vec::new();
        let children = self.children(place);
        blocks.push(self.block(|body| {
            let source = body.base_at(&place.path);
            let value = match key {
                Some(key) => {
                    body.exclude(&children, key);
                    body.dot(source, key)
                }
                None => {
                    let (key, value) = body.open_scan(source);
                    body.exclude(&children, Operand::Local(key));
                    body.match_value(Operand::Local(key), &parts[0])?;
                    Operand::Local(value)
                }
            };
            let value = body.lookup_base(value, &parts[1..])?;
            found(body, value)
        })?);
        for (name, node) in &children {
            let next = place.child(name, *node);
            blocks.push(self.block(|body| {
                let constant = body.key(name);
                match key {
                    Some(key) => body.equal(key, constant),
                    None => body.match_value(constant, &parts[0])?,
                }
                let value = match body.program.document(*node) {
                    Some(document) => body.document(document, &next, &parts[1..])?,
                    None => body.follow(next, &parts[1..])?,
                };
                found(body, value)
            })?);
        }
        self.emit(Op::Block { blocks });
        Ok(())
    }

    /// A key must be none of these.
    fn exclude(&mut self, children: &[(Key, NodeId)], key: Operand) {
        if let [(only, _)] = children {
            let constant = self.key(only);
            self.emit(Op::NotEqual { a: key, b: constant });
            return;
        }
        let names = self.new_set();
        for (name, _) in children {
            let value = self.key(name);
            self.emit(Op::SetAdd { value, set: names });
        }
        let target = self.new_local();
        let location = self.location;
        let stmt = crate::ir::Stmt {
            op: Op::Dot {
                source: Operand::Local(names),
                key,
                target,
            },
            location,
        };
        self.emit(Op::Not {
            block: Block { stmts: vec![stmt] },
        });
    }

    /// The variables in operands that are not bound.
    fn unbound_in(&self, parts: &[Term]) -> Vec<Name> {
        let mut names = Vec::new();
        for part in parts {
            self.collect_unbound(part, &mut names);
        }
        names
    }

    fn collect_unbound(&self, term: &Term, names: &mut Vec<Name>) {
        match &term.value {
            Value::Var(name) if !self.is_evaluable(term) && !names.contains(name) => names.push(name.clone()),
            Value::Ref(terms) | Value::Array(terms) | Value::Set(terms) => terms.iter().for_each(|term| self.collect_unbound(term, names)),
            Value::Object(pairs) => pairs.iter().for_each(|(key, value)| {
                self.collect_unbound(key, names);
                self.collect_unbound(value, names);
            }),
            _ => {}
        }
    }
}
