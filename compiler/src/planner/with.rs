//! Plans `with`: the values first, then the expression inside of statements that put them in their places. What follows the expression is
//! not inside: its solutions are captured.

use super::Error;
use super::body::Body;
use super::call::operator_name;
use super::context::Mock;
use crate::analysis::tree::Key;
use crate::ir::{Block, DATA, INPUT, Local, Op, Operand, Stmt};
use crate::syntax::ast::{Expr, Ref, Term, Value, With};

/// A document that is replaced, or a part of it.
struct Patch {
    local: Local,
    path: Vec<u32>,
    value: Operand,
}

impl Body<'_, '_> {
    /// An expression with `with` modifiers.
    pub fn with(&mut self, expr: &Expr) -> Result<(), Error> {
        let outer = (self.context, self.slots.clone());
        let mut context = self.program.contexts.get(self.context).clone();
        let mut slots = self.slots.clone();
        let mut patches = Vec::new();
        for modifier in &expr.with {
            let Value::Ref(target) = &modifier.target.value else {
                return Err(self.bug(modifier.span, "the target of a `with` is no reference"));
            };
            if self.replacement(target).is_some() {
                let mock = match self.mock(&modifier.value)? {
                    Some(mock) => mock,
                    None => {
                        let value = self.term(&modifier.value)?;
                        slots.push(self.pinned(value));
                        context.slots += 1;
                        Mock::Slot(context.slots - 1)
                    }
                };
                context.mocks.insert(operator_name(target), mock);
            } else if matches!(&modifier.value.value, Value::Ref(value) if self.replacement(value).is_some())
                && self.program.analysed.tree.find(target).is_some()
            {
                // A function is no value: nothing stands at the target then.
                context.shadows.insert(target[1..].iter().filter_map(Key::of).collect());
            } else {
                let patch = self.patch(target, modifier)?;
                if patch.local == DATA {
                    let path: Vec<Key> = target[1..].iter().filter_map(Key::of).collect();
                    if self.program.analysed.tree.find(target).is_some() {
                        context.shadows.insert(path);
                    }
                }
                patches.push(patch);
            }
        }
        let context = self.program.contexts.intern(context);
        let location = self.location;
        let (mut block, replay) = self.capture(|body| {
            body.context = context;
            body.slots = slots;
            body.without_with(expr)?;
            Ok(None)
        })?;
        (self.context, self.slots) = outer;
        self.location = location;
        for Patch { local, path, value } in patches.into_iter().rev() {
            block = Block {
                stmts: vec![Stmt {
                    op: Op::With { local, path, value, block },
                    location,
                }],
            };
        }
        self.emit_all(block);
        self.replay(replay);
        Ok(())
    }

    /// What a `with` on a function puts in its place, if that is known now.
    fn mock(&self, value: &Term) -> Result<Option<Mock>, Error> {
        match &value.value {
            Value::Ref(reference) => match self.replacement(reference) {
                Some(mock) => Ok(Some(mock)),
                None => Ok(None),
            },
            Value::Var(name) if self.var(name).is_none() => Ok(self.replacement(std::slice::from_ref(value))),
            _ => Ok(Key::of(value).map(Mock::Constant)),
        }
    }

    fn patch(&mut self, target: &Ref, modifier: &With) -> Result<Patch, Error> {
        let local = match target.first().map(|head| &head.value) {
            Some(Value::Var(name)) if &**name == "input" => INPUT,
            Some(Value::Var(name)) if &**name == "data" => DATA,
            _ => return Err(self.bug(modifier.span, "the target of a `with` is neither `input` nor `data` nor a function")),
        };
        let mut path = Vec::new();
        for part in &target[1..] {
            match &part.value {
                Value::String(text) => path.push(self.program.string(text)),
                _ => {
                    return Err(Error::Unsupported {
                        what: "a `with` on a place that is not named by strings".to_owned(),
                        span: part.span,
                    });
                }
            }
        }
        let value = self.term(&modifier.value)?;
        // Else a later modifier of the same expression would change it.
        let value = self.pinned(value);
        Ok(Patch { local, path, value })
    }
}
