//! Plans references through the rule tree where an operand is not constant: every child of a node may be meant, or a base document under
//! another key. A search is a function of the plan, one for each node and kind of operands, so that its alternatives are planned once
//! however many references need them. It consumes operands until rules or base documents are reached on every way.
//!
//! If all operands have values there is one solution at most, and the function gives it. Else it gives an array of solutions: arrays of the
//! value and the keys that were found.

use std::hash::{Hash, Hasher};

use super::Error;
use super::body::Body;
use super::document::Place;
use super::program::Unit;
use crate::analysis::tree::{Key, NodeId};
use crate::ir::{Block, Local, Op, Operand, Stmt};
use crate::syntax::ast::{Name, Term, Value};
use crate::syntax::source::Span;

/// An operand of a searched reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A constant.
    Key(Key),
    /// A value known at run time: an argument of the function.
    Argument,
    /// Whatever is there.
    Any,
}

/// The operands of a search as terms.
struct Pattern {
    parts: Vec<Term>,
    /// The variables among them whose values are a part of a solution.
    free: Vec<Name>,
}

impl Hash for Step {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        // Numbers of different texts may be equal keys.
        if let Self::Key(Key::String(text)) = self {
            text.hash(state);
        }
    }
}

impl Body<'_, '_> {
    /// The value of operands below a place; the first one is not known.
    pub fn search(&mut self, place: &Place, parts: &[Term]) -> Result<Operand, Error> {
        let (inside, behind) = parts.split_at(self.horizon(place.node, parts).max(1));
        let mut steps = Vec::new();
        let mut args = Vec::new();
        let mut patterns = Vec::new();
        for part in inside {
            steps.push(if let Some(key) = self.known_key(part) {
                Step::Key(key)
            } else if self.is_evaluable(part) {
                args.push(self.term(part)?);
                Step::Argument
            } else {
                patterns.push(part);
                Step::Any
            });
        }
        let found = self.call_function(Unit::Search(place.node, steps), self.context, &place.path, args);
        if patterns.is_empty() {
            return self.lookup(found, behind);
        }
        let (_, solution) = self.open_scan(found);
        let solution = Operand::Local(solution);
        for (position, pattern) in (1..).zip(patterns) {
            let key = self.integer(position);
            let part = self.dot(solution, key);
            self.match_value(part, pattern)?;
        }
        let key = self.integer(0);
        let value = self.dot(solution, key);
        self.lookup(value, behind)
    }

    /// How many operands a search has to consume.
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

    /// The function of a search: its blocks. They leave the solution or the solutions in `result`.
    pub fn plan_search(&mut self, place: &Place, steps: &[Step], args: &[Local], result: Local) -> Result<Vec<Block>, Error> {
        let mut args = args.iter();
        let mut parts = Vec::new();
        let mut free: Vec<Name> = Vec::new();
        for (position, step) in steps.iter().enumerate() {
            let name: Name = format!("$step{position}").into();
            parts.push(match step {
                Step::Key(key) => constant(key),
                Step::Argument => {
                    args.next().into_iter().for_each(|&arg| self.bind(&name, Operand::Local(arg)));
                    variable(name)
                }
                Step::Any => {
                    free.push(name.clone());
                    variable(name)
                }
            });
        }
        let first = match &parts[0].value {
            Value::Var(name) => self.var(name),
            _ => None,
        };
        let children = self.children(place);
        let Some(first) = first else {
            return self.plan_enumeration(place, &children, &Pattern { parts, free }, result);
        };
        let found = |body: &mut Self, value: Operand| {
            if free.is_empty() {
                body.emit(Op::AssignVar {
                    source: value,
                    target: result,
                });
                body.emit(Op::ReturnLocal { source: result });
            } else {
                body.append_solution(result, Some(value), &free);
            }
        };
        let mut blocks = Vec::new();
        if !free.is_empty() {
            blocks.push(self.block(|body| {
                body.emit(Op::MakeArray {
                    capacity: 0,
                    target: result,
                });
                Ok(())
            })?);
        }
        for (name, node) in &children {
            blocks.push(self.block(|body| {
                let key = body.key(name);
                body.equal(first, key);
                let value = body.below(place, (name, *node), &parts[1..])?;
                found(body, value);
                Ok(())
            })?);
        }
        // Rules are the likelier place.
        blocks.push(self.block(|body| {
            let source = body.base_at(&place.path);
            body.exclude(&children, first);
            let value = body.dot(source, first);
            let value = body.lookup_base(value, &parts[1..])?;
            found(body, value);
            Ok(())
        })?);
        Ok(blocks)
    }

    /// A search whose first operand may be any key. OPA takes the keys of the base document in their order, whether rules stand below them or not, and then
    /// those that only rules have. So solutions are kept by key until all are there.
    fn plan_enumeration(
        &mut self,
        place: &Place,
        children: &[(Key, NodeId)],
        pattern: &Pattern,
        result: Local,
    ) -> Result<Vec<Block>, Error> {
        let (in_base, behind) = (self.new_local(), self.new_local());
        let begin = self.block(|body| {
            for target in [result, behind] {
                body.emit(Op::MakeArray { capacity: 0, target });
            }
            body.emit(Op::MakeObject { target: in_base });
            Ok(())
        })?;
        let base = self.block(|body| {
            let source = body.base_at(&place.path);
            let (key, value) = body.open_scan(source);
            let (key, value) = (Operand::Local(key), Operand::Local(value));
            body.exclude(children, key);
            let list = body.solutions_at(key, pattern, |body| body.lookup_base(value, &pattern.parts[1..]))?;
            body.emit(Op::ObjectInsert {
                key,
                value: list,
                object: in_base,
            });
            Ok(())
        })?;
        let mut blocks = vec![begin, base];
        for (name, node) in children {
            blocks.push(self.block(|body| {
                let outer = body.depth();
                let key = body.key(name);
                let list = body.solutions_at(key, pattern, |body| body.below(place, (name, *node), &pattern.parts[1..]))?;
                let in_order = body.block(|body| {
                    let source = body.base_at(&place.path);
                    body.dot(source, key);
                    body.emit(Op::ObjectInsert {
                        key,
                        value: list,
                        object: in_base,
                    });
                    body.leave(outer);
                    Ok(())
                })?;
                body.emit(Op::Block { blocks: vec![in_order] });
                body.append_all(behind, list);
                Ok(())
            })?);
        }
        blocks.push(self.block(|body| {
            let (_, list) = body.open_scan(Operand::Local(in_base));
            body.append_all(result, Operand::Local(list));
            Ok(())
        })?);
        blocks.push(self.block(|body| {
            body.append_all(result, Operand::Local(behind));
            Ok(())
        })?);
        Ok(blocks)
    }

    /// A list of the solutions under one key of the place where the search begins.
    fn solutions_at(
        &mut self,
        key: Operand,
        pattern: &Pattern,
        below: impl FnOnce(&mut Self) -> Result<Operand, Error>,
    ) -> Result<Operand, Error> {
        let list = self.new_local();
        self.emit(Op::MakeArray { capacity: 0, target: list });
        let inner = self.block(|body| {
            body.match_value(key, &pattern.parts[0])?;
            let value = below(body)?;
            body.append_solution(list, Some(value), &pattern.free);
            Ok(())
        })?;
        self.emit(Op::Block { blocks: vec![inner] });
        Ok(Operand::Local(list))
    }

    /// Appends what is in one array to another.
    fn append_all(&mut self, array: Local, list: Operand) {
        let (_, value) = self.open_scan(list);
        self.emit(Op::ArrayAppend {
            value: Operand::Local(value),
            array,
        });
    }

    /// What rules make under a child of a place, and operands find in it.
    fn below(&mut self, place: &Place, (name, node): (&Key, NodeId), parts: &[Term]) -> Result<Operand, Error> {
        let next = place.child(name, node);
        match self.program.document(node) {
            Some(document) => self.document(document, &next, parts),
            None => self.follow(next, parts),
        }
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
        let stmt = Stmt {
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
}

fn constant(key: &Key) -> Term {
    let value = match key {
        Key::Null => Value::Null,
        Key::Bool(value) => Value::Bool(*value),
        Key::Number(text) => Value::Number(text.clone()),
        Key::String(text) => Value::String(text.clone()),
    };
    Term {
        span: Span::default(),
        value,
    }
}

fn variable(name: Name) -> Term {
    Term {
        span: Span::default(),
        value: Value::Var(name),
    }
}
