//! Plans bodies: their expressions one after the other, each inside the loops of those before it.

use super::Error;
use super::body::Body;
use crate::ir::{Block, Op, Operand};
use crate::syntax::ast::{Every, Expr, ExprKind, Logical, Term, Value};

impl Body<'_, '_> {
    /// Expressions, all of which have to hold.
    pub fn exprs(&mut self, exprs: &[Expr]) -> Result<(), Error> {
        match self.watching {
            true => self.watched_exprs(exprs),
            false => exprs.iter().try_for_each(|expr| self.expr(expr)),
        }
    }

    /// An expression.
    pub fn expr(&mut self, expr: &Expr) -> Result<(), Error> {
        self.at(expr.span);
        self.cover(expr.span);
        if expr.with.is_empty() {
            self.without_with(expr)
        } else {
            self.with(expr)
        }
    }

    /// An expression, its `with` modifiers being in force already.
    pub fn without_with(&mut self, expr: &Expr) -> Result<(), Error> {
        if expr.negated {
            let block = self.test(|body| body.kind(expr))?;
            self.emit(Op::Not { block });
            return Ok(());
        }
        self.kind(expr)
    }

    fn kind(&mut self, expr: &Expr) -> Result<(), Error> {
        match &expr.kind {
            ExprKind::Term(term) => self.condition(term),
            ExprKind::Call(call) => self.call(call, expr.span),
            ExprKind::Every(every) => self.every(every),
            ExprKind::Not(not) => {
                let block = self.test(|body| body.exprs(&not.body))?;
                self.emit(Op::Not { block });
                Ok(())
            }
            ExprKind::And(and) => self.and(and),
            ExprKind::Or(or) => self.or(or),
            ExprKind::Some(_) => Err(self.bug(expr.span, "a declaration of variables is left")),
        }
    }

    /// A term that has to be defined and not false.
    fn condition(&mut self, term: &Term) -> Result<(), Error> {
        match &term.value {
            Value::Bool(true) | Value::Null | Value::Number(_) | Value::String(_) => {}
            Value::Bool(false) => self.fail(),
            _ => {
                let seen = self.seen.take();
                let value = self.term(term)?;
                if let Some(target) = seen {
                    self.emit(Op::AssignVar { source: value, target });
                }
                self.not_false(value);
            }
        }
        Ok(())
    }

    /// A value must not be false.
    pub fn not_false(&mut self, value: Operand) {
        match value {
            Operand::Bool(false) => self.fail(),
            Operand::Bool(true) | Operand::StringIndex(_) => {}
            Operand::Local(_) => self.emit(Op::NotEqual {
                a: value,
                b: Operand::Bool(false),
            }),
        }
    }

    fn and(&mut self, and: &Logical) -> Result<(), Error> {
        for side in [&and.lhs, &and.rhs] {
            let block = self.test(|body| body.exprs(side))?;
            self.emit_all(block);
        }
        Ok(())
    }

    /// The right side is tried only if the left one does not hold.
    fn or(&mut self, or: &Logical) -> Result<(), Error> {
        let flag = self.new_local();
        self.emit(Op::ResetLocal { target: flag });
        let holds = Op::AssignVar {
            source: Operand::Bool(true),
            target: flag,
        };
        let either = self.block(|body| {
            let outer = body.depth();
            let left = body.block(|body| {
                let test = body.test(|body| body.exprs(&or.lhs))?;
                body.emit_all(test);
                body.emit(holds.clone());
                body.leave(outer);
                Ok(())
            })?;
            body.emit(Op::Block { blocks: vec![left] });
            let test = body.test(|body| body.exprs(&or.rhs))?;
            body.emit_all(test);
            body.emit(holds);
            Ok(())
        })?;
        self.emit(Op::Block { blocks: vec![either] });
        self.emit(Op::IsDefined { source: flag });
        Ok(())
    }

    /// Looks for an element that the body does not hold for; there must be none.
    fn every(&mut self, every: &Every) -> Result<(), Error> {
        let domain = self.term(&every.domain)?;
        self.is_collection(domain)?;
        let failed = self.new_local();
        self.emit(Op::ResetLocal { target: failed });
        let search = self.block(|body| {
            let outer = body.depth();
            let (key, value) = body.open_scan(domain);
            let test = body.test(|body| {
                if let Some(pattern) = &every.key {
                    body.match_value(Operand::Local(key), pattern)?;
                }
                body.match_value(Operand::Local(value), &every.value)?;
                body.exprs(&every.body)
            })?;
            body.emit(Op::Not { block: test });
            body.emit(Op::AssignVar {
                source: Operand::Bool(true),
                target: failed,
            });
            body.leave(outer);
            Ok(())
        })?;
        self.emit(Op::Block { blocks: vec![search] });
        self.emit(Op::IsUndefined { source: failed });
        Ok(())
    }

    /// A value has to be an array, an object or a set.
    fn is_collection(&mut self, value: Operand) -> Result<(), Error> {
        if self.is_set(value) {
            return Ok(());
        }
        let found = self.new_local();
        self.emit(Op::ResetLocal { target: found });
        let kinds = self.block(|body| {
            let outer = body.depth();
            let mut blocks: Vec<Block> = Vec::new();
            for kind in [
                Op::IsArray { source: value },
                Op::IsObject { source: value },
                Op::IsSet { source: value },
            ] {
                blocks.push(body.block(|body| {
                    body.emit(kind);
                    body.emit(Op::AssignVar {
                        source: Operand::Bool(true),
                        target: found,
                    });
                    body.leave(outer);
                    Ok(())
                })?);
            }
            body.emit(Op::Block { blocks });
            Ok(())
        })?;
        self.emit(Op::Block { blocks: vec![kinds] });
        self.emit(Op::IsDefined { source: found });
        Ok(())
    }
}
