//! Makes functions of rules: a block for each rule, the default's behind them, and a return. Where all rules of a document give the
//! same constant the first one that holds returns at once; where a single rule gives a constant its loops end with the first solution.

use super::Error;
use super::body::{Body, Depth};
use super::document::Place;
use super::partial;
use super::program::{Document, Pending, Program, Unit, key_text};
use super::search::Step;
use super::term::is_constant;
use super::unify::same_constant;
use crate::ir::{Block, DATA, Func, INPUT, Local, Op, Operand};
use crate::syntax::ast::{Rule, Term, Value};

/// Plans all functions that have been asked for, and those that they ask for.
pub(super) fn plan_pending(program: &mut Program<'_>) -> Result<(), Error> {
    while let Some(pending) = program.next_pending() {
        let func = plan_unit(program, pending)?;
        program.add_function(func);
    }
    Ok(())
}

fn plan_unit(program: &mut Program<'_>, pending: Pending) -> Result<Func, Error> {
    let Pending { unit, context, path, name } = pending;
    let analysed = program.analysed;
    let document = match unit {
        Unit::Document(node) => program.document(node),
        _ => None,
    };
    let slots = program.contexts.get(context).slots;
    let mut body = Body::new(program, context);
    let mut params = vec![INPUT, DATA];
    for _ in 0..slots {
        let slot = body.new_local();
        params.push(slot);
        body.slots.push(Operand::Local(slot));
    }
    let mut args = Vec::new();
    if let Some(Document::Function(arity)) = document {
        args.extend((0..arity).map(|_| body.new_local()));
        params.extend(&args);
    }
    if let Unit::Search(_, steps) = &unit {
        let count = steps.iter().filter(|step| **step == Step::Argument).count();
        args.extend((0..count).map(|_| body.new_local()));
        params.extend(&args);
    }
    let result = body.new_local();
    let mut blocks = Vec::new();
    match (&unit, document) {
        (Unit::Document(node), Some(Document::Complete | Document::Function(_))) => {
            let rules: Vec<&Rule> = analysed.tree.node(*node).rules.iter().map(|&id| analysed.rule(id)).collect();
            Complete {
                args: &args,
                result,
                early: common_value(&rules),
            }
            .plan(&mut body, &rules, &mut blocks)?;
        }
        (Unit::Document(node), Some(Document::Set)) => {
            let rules = analysed.tree.node(*node).rules.iter().map(|&id| analysed.rule(id));
            plan_set(&mut body, rules, result, &mut blocks)?;
        }
        (Unit::Document(node), Some(Document::Partial)) => {
            let rules = partial::rules_of(analysed, *node);
            partial::plan(&mut body, &rules, path.len(), result, &mut blocks)?;
        }
        (Unit::Part(_, rules), _) => partial::plan(&mut body, rules, path.len(), result, &mut blocks)?,
        (Unit::Search(node, steps), _) => {
            let place = Place {
                node: *node,
                path: path.clone(),
            };
            blocks = body.plan_search(&place, steps, &args, result)?;
        }
        (Unit::Extent(node) | Unit::Document(node), _) => {
            let place = Place {
                node: *node,
                path: path.clone(),
            };
            blocks.push(body.block(|body| body.plan_extent(&place, result))?);
        }
    }
    blocks.push(body.block(|body| {
        body.emit(Op::ReturnLocal { source: result });
        Ok(())
    })?);
    let path = match unit {
        Unit::Part(..) | Unit::Search(..) => Vec::new(),
        Unit::Document(_) | Unit::Extent(_) => std::iter::once(format!("g{}", context.0))
            .chain(path.iter().map(key_text))
            .collect(),
    };
    Ok(Func {
        name,
        params,
        replaced: slots,
        result,
        blocks,
        path,
    })
}

fn plan_set<'a>(
    body: &mut Body<'_, '_>,
    rules: impl Iterator<Item = &'a Rule>,
    result: Local,
    blocks: &mut Vec<Block>,
) -> Result<(), Error> {
    blocks.push(body.block(|body| {
        body.emit(Op::MakeSet { target: result });
        Ok(())
    })?);
    for rule in rules {
        let Some(key) = &rule.head.key else { continue };
        blocks.push(body.block(|body| {
            let outer = body.depth();
            body.rule_body(rule)?;
            body.at(rule.head.span);
            body.cover(rule.head.span);
            let value = body.term(key)?;
            body.emit(Op::SetAdd { value, set: result });
            if is_constant(key) && body.is_inside_loop(outer) {
                body.leave(outer);
            }
            Ok(())
        })?);
    }
    Ok(())
}

/// A rule and its `else` chain.
fn links(rule: &Rule) -> impl Iterator<Item = &Rule> {
    std::iter::successors(Some(rule), |rule| rule.else_rule.as_deref())
}

/// The constant that all rules give, if there is one.
fn common_value(rules: &[&Rule]) -> bool {
    let mut values = rules
        .iter()
        .filter(|rule| !rule.default)
        .flat_map(|rule| links(rule))
        .map(|rule| rule.head.value.as_ref());
    let Some(Some(first)) = values.next() else { return false };
    is_constant(first) && values.all(|value| value.is_some_and(|value| same_constant(first, value)))
}

/// Complete rules and functions.
struct Complete<'f> {
    args: &'f [Local],
    result: Local,
    /// All rules give the same constant.
    early: bool,
}

impl Complete<'_> {
    fn plan(&self, body: &mut Body<'_, '_>, rules: &[&Rule], blocks: &mut Vec<Block>) -> Result<(), Error> {
        for rule in rules.iter().filter(|rule| !rule.default) {
            blocks.push(match &rule.else_rule {
                None => body.block(|body| self.link(body, rule, None).map(|_| ()))?,
                Some(_) => self.chain(body, rule)?,
            });
        }
        if let Some((rule, value)) = rules
            .iter()
            .find(|rule| rule.default)
            .and_then(|rule| Some((rule, rule.head.value.as_ref()?)))
        {
            blocks.push(body.block(|body| {
                body.at(rule.head.span);
                if !self.early {
                    body.emit(Op::IsUndefined { source: self.result });
                }
                // What its value needs; `true` as a rule.
                body.exprs(&rule.body)?;
                body.cover(rule.head.span);
                let source = body.term(value)?;
                body.emit(Op::AssignVar {
                    source,
                    target: self.result,
                });
                Ok(())
            })?);
        }
        Ok(())
    }

    /// Plans a rule without its `else`. With a constant value, or without loops, `exit` is left as soon as it holds; else its loops go on,
    /// and the local that is given tells behind them that it held.
    fn link(&self, body: &mut Body<'_, '_>, rule: &Rule, exit: Option<Depth>) -> Result<Option<Local>, Error> {
        let outer = body.depth();
        body.at(rule.head.span);
        for (&param, pattern) in self.args.iter().zip(rule.head.args.iter().flatten()) {
            body.match_value(Operand::Local(param), pattern)?;
        }
        body.rule_body(rule)?;
        body.at(rule.span);
        let always = Term {
            span: rule.head.span,
            value: Value::Bool(true),
        };
        let value = rule.head.value.as_ref().unwrap_or(&always);
        body.cover(rule.head.span);
        let source = body.term(value)?;
        if self.early {
            body.emit(Op::AssignVar {
                source,
                target: self.result,
            });
            body.emit(Op::ReturnLocal { source: self.result });
            return Ok(None);
        }
        body.emit(Op::AssignVarOnce {
            source,
            target: self.result,
        });
        let looped = body.is_inside_loop(outer);
        match exit {
            Some(exit) if !looped || is_constant(value) => body.leave(exit),
            Some(_) => {
                let done = body.new_local();
                body.emit(Op::AssignVar {
                    source: Operand::Bool(true),
                    target: done,
                });
                return Ok(Some(done));
            }
            None if looped && is_constant(value) => body.leave(outer),
            None => {}
        }
        Ok(None)
    }

    /// A rule with an `else` chain: links in order, until one holds.
    fn chain(&self, body: &mut Body<'_, '_>, rule: &Rule) -> Result<Block, Error> {
        body.block(|body| {
            let outer = body.depth();
            for rule in links(rule) {
                let mut held = None;
                let link = body.block(|body| {
                    held = self.link(body, rule, Some(outer))?;
                    Ok(())
                })?;
                body.emit(Op::Block { blocks: vec![link] });
                if let Some(done) = held {
                    let skip = body.block(|body| {
                        body.emit(Op::IsDefined { source: done });
                        body.leave(outer);
                        Ok(())
                    })?;
                    body.emit(Op::Block { blocks: vec![skip] });
                }
            }
            Ok(())
        })
    }
}
