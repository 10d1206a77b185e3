//! Makes functions of rules whose references have variables: `p[x].q := y`, `p[x] contains y`. Together with all rules below the same
//! path they make one object, which they fill key by key. A default or an `else` among them does not count, as in OPA.
//!
//! Rules whose references differ in length, or of which one makes sets, must not meet: what is a value to one cannot be an object to the
//! other. They fill objects of their own, look into those of the others, and the objects are merged in the end.

use super::Error;
use super::body::Body;
use super::term::is_constant;
use crate::analysis::Analysed;
use crate::analysis::tree::{NodeId, RuleId, full_reference};
use crate::ir::{Block, Local, Op, Operand};
use crate::syntax::ast::{Ref, Rule};

/// The rules of a partial object: those at its node and all below.
pub(super) fn rules_of(analysed: &Analysed, node: NodeId) -> Vec<RuleId> {
    let mut rules = Vec::new();
    let mut work = vec![node];
    while let Some(id) = work.pop() {
        let node = analysed.tree.node(id);
        rules.extend(node.rules.iter().copied().filter(|&id| !analysed.rule(id).default));
        work.extend(node.children.values().rev());
    }
    rules
}

/// The object that rules of one shape fill.
struct Layer {
    /// How many keys lead to a value.
    keys: usize,
    /// The values are sets.
    sets: bool,
    root: Local,
}

/// Plans the blocks of an object's function. `depth` is the length of the path below `data` that all rules share.
pub(super) fn plan(body: &mut Body<'_, '_>, rules: &[RuleId], depth: usize, result: Local, blocks: &mut Vec<Block>) -> Result<(), Error> {
    let analysed = body.program.analysed;
    let rules: Vec<(&Rule, Ref)> = rules
        .iter()
        .map(|&id| {
            let keys = full_reference(analysed.module_of(id), analysed.rule(id)).split_off(depth + 1);
            (analysed.rule(id), keys)
        })
        .collect();
    let mut layers: Vec<Layer> = Vec::new();
    for (rule, keys) in &rules {
        let (keys, sets) = (keys.len(), makes_sets(rule));
        if !layers.iter().any(|layer| layer.keys == keys && layer.sets == sets) {
            let root = if layers.is_empty() { result } else { body.new_local() };
            layers.push(Layer { keys, sets, root });
        }
    }
    blocks.push(body.block(|body| {
        body.emit(Op::MakeObject { target: result });
        for layer in layers.iter().skip(1) {
            body.emit(Op::MakeObject { target: layer.root });
        }
        Ok(())
    })?);
    for (rule, keys) in &rules {
        blocks.push(body.block(|body| plan_rule(body, rule, keys, &layers))?);
    }
    blocks.push(body.block(|body| {
        for layer in layers.iter().skip(1) {
            body.emit(Op::ObjectMerge {
                a: result,
                b: layer.root,
                target: result,
            });
        }
        Ok(())
    })?);
    Ok(())
}

fn makes_sets(rule: &Rule) -> bool {
    rule.head.key.is_some() && rule.head.value.is_none()
}

fn plan_rule(body: &mut Body<'_, '_>, rule: &Rule, reference: &Ref, layers: &[Layer]) -> Result<(), Error> {
    let outer = body.depth();
    body.rule_body(rule)?;
    body.at(rule.head.span);
    body.cover(rule.head.span);
    let sets = makes_sets(rule);
    let mut keys = body.terms(reference)?;
    for layer in layers {
        if layer.keys == keys.len() && layer.sets == sets {
            continue;
        }
        let shared = layer.keys.min(keys.len());
        let collision = body.block(|body| {
            keys[..shared]
                .iter()
                .fold(Operand::Local(layer.root), |object, &key| body.dot(object, key));
            body.raise_key_conflict();
            Ok(())
        })?;
        body.emit(Op::Block { blocks: vec![collision] });
    }
    let Some(layer) = layers.iter().find(|layer| layer.keys == keys.len() && layer.sets == sets) else {
        return Ok(());
    };
    let term = if sets { rule.head.key.as_ref() } else { rule.head.value.as_ref() };
    let value = match term {
        Some(term) => body.term(term)?,
        None => Operand::Bool(true),
    };
    let Some(last) = keys.pop() else {
        return Err(body.bug(rule.head.span, "a partial object without a key"));
    };
    let mut object = layer.root;
    for key in keys {
        object = body.entry(object, key, |target| Op::MakeObject { target })?;
    }
    if sets {
        let set = body.entry(object, last, |target| Op::MakeSet { target })?;
        body.emit(Op::SetAdd { value, set });
    } else {
        body.emit(Op::ObjectInsertOnce { key: last, value, object });
    }
    if body.is_inside_loop(outer) && reference.iter().chain(term).all(is_constant) {
        body.leave(outer);
    }
    Ok(())
}

impl Body<'_, '_> {
    /// What an object holds for a key; something new is put there if there is nothing.
    fn entry(&mut self, object: Local, key: Operand, make: impl FnOnce(Local) -> Op) -> Result<Local, Error> {
        let target = self.new_local();
        let block = self.block(|body| {
            let outer = body.depth();
            let known = body.block(|body| {
                body.emit(Op::Dot {
                    source: Operand::Local(object),
                    key,
                    target,
                });
                body.leave(outer);
                Ok(())
            })?;
            body.emit(Op::Block { blocks: vec![known] });
            body.emit(make(target));
            body.emit(Op::ObjectInsert {
                key,
                value: Operand::Local(target),
                object,
            });
            Ok(())
        })?;
        self.emit(Op::Block { blocks: vec![block] });
        Ok(target)
    }

    /// Ends with the error for an object that gets two values for a key.
    fn raise_key_conflict(&mut self) {
        let target = self.new_local();
        let key = self.string("");
        self.emit(Op::MakeObject { target });
        for value in [true, false] {
            self.emit(Op::ObjectInsertOnce {
                key,
                value: Operand::Bool(value),
                object: target,
            });
        }
    }
}
