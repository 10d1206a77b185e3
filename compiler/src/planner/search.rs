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
        let mut blocks = Vec::new();
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
        let base = self.block(|body| {
            let source = body.base_at(&place.path);
            let value = match first {
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
            found(body, value);
            Ok(())
        })?;
        for (name, node) in &children {
            blocks.push(self.block(|body| {
                let key = body.key(name);
                match first {
                    Some(first) => body.equal(first, key),
                    None => body.match_value(key, &parts[0])?,
                }
                let next = place.child(name, *node);
                let value = match body.program.document(*node) {
                    Some(document) => body.document(document, &next, &parts[1..])?,
                    None => body.follow(next, &parts[1..])?,
                };
                found(body, value);
                Ok(())
            })?);
        }
        if free.is_empty() {
            // Rules are the likelier place.
            blocks.push(base);
        } else {
            // OPA enumerates base documents first.
            let begin = self.block(|body| {
                body.emit(Op::MakeArray {
                    capacity: 0,
                    target: result,
                });
                Ok(())
            })?;
            blocks.splice(0..0, [begin, base]);
        }
        Ok(blocks)
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
