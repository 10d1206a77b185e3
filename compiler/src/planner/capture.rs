//! Solutions that are taken out of the place where they were found: tests that only ask whether there is one, and arrays of solutions that
//! are iterated later.

use super::Error;
use super::body::Body;
use crate::ir::{Block, Local, Op, Operand};
use crate::syntax::ast::Name;

/// What is left to do behind a captured block.
#[derive(Debug)]
pub(super) enum Replay {
    /// The block had one solution at most: what it found holds behind it.
    Once(Option<Operand>),
    /// The block wrote its solutions into an array: the value, if asked for, and what variables were bound to.
    Each { list: Local, value: bool, names: Vec<Name> },
}

impl Body<'_, '_> {
    /// Plans a test: statements that hold if there is at least one solution. Variables bound in it are forgotten. The statements are to
    /// stand in a block that somebody makes of them.
    pub fn test(&mut self, fill: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<Block, Error> {
        let mark = self.mark();
        let location = self.location;
        let mut found = None;
        let inner = self.open_block(|body| {
            let depth = body.depth();
            fill(body)?;
            if body.is_inside_loop(depth) {
                let flag = body.new_local();
                body.emit(Op::AssignVar {
                    source: Operand::Bool(true),
                    target: flag,
                });
                body.leave(depth);
                found = Some(flag);
            }
            Ok(())
        })?;
        self.forget(mark);
        self.location = location;
        match found {
            None => Ok(inner),
            Some(flag) => self.block(|body| {
                body.emit(Op::ResetLocal { target: flag });
                body.emit(Op::Block { blocks: vec![inner] });
                body.emit(Op::IsDefined { source: flag });
                Ok(())
            }),
        }
    }

    /// Plans statements whose solutions are needed outside of the block that the caller makes of them.
    pub fn capture(&mut self, fill: impl FnOnce(&mut Self) -> Result<Option<Operand>, Error>) -> Result<(Block, Replay), Error> {
        let mark = self.mark();
        let mut replay = Replay::Once(None);
        let mut flag = None;
        let inner = self.open_block(|body| {
            let depth = body.depth();
            let value = fill(body)?;
            if !body.is_inside_loop(depth) {
                replay = Replay::Once(value);
                return Ok(());
            }
            let names = body.bound_since(mark).to_vec();
            if names.is_empty() && value.is_none() {
                let target = body.new_local();
                body.emit(Op::AssignVar {
                    source: Operand::Bool(true),
                    target,
                });
                body.leave(depth);
                flag = Some(target);
            } else {
                let list = body.new_local();
                body.append_solution(list, value, &names);
                replay = Replay::Each {
                    list,
                    value: value.is_some(),
                    names,
                };
            }
            Ok(())
        })?;
        let location = self.location;
        let block = match (&replay, flag) {
            (Replay::Each { list, .. }, _) => {
                let list = *list;
                self.forget(mark);
                self.open_block(|body| {
                    body.emit(Op::MakeArray { capacity: 0, target: list });
                    body.emit(Op::Block { blocks: vec![inner] });
                    Ok(())
                })?
            }
            (Replay::Once(_), Some(flag)) => self.open_block(|body| {
                body.emit(Op::ResetLocal { target: flag });
                body.emit(Op::Block { blocks: vec![inner] });
                body.emit(Op::IsDefined { source: flag });
                Ok(())
            })?,
            (Replay::Once(_), None) => inner,
        };
        self.location = location;
        Ok((block, replay))
    }

    /// Adds a solution to an array: the bare value if it is all, else an array of value and variables.
    pub fn append_solution(&mut self, list: Local, value: Option<Operand>, names: &[Name]) {
        let parts: Vec<Operand> = value.into_iter().chain(names.iter().filter_map(|name| self.var(name))).collect();
        let solution = match parts[..] {
            [part] => part,
            _ => {
                let target = self.new_local();
                self.emit(Op::MakeArray {
                    capacity: parts.len() as i32,
                    target,
                });
                for value in parts {
                    self.emit(Op::ArrayAppend { value, array: target });
                }
                Operand::Local(target)
            }
        };
        self.emit(Op::ArrayAppend {
            value: solution,
            array: list,
        });
    }

    /// Goes on behind a captured block: iterates its solutions and binds the variables again. Gives the value.
    pub fn replay(&mut self, replay: Replay) -> Option<Operand> {
        let (list, value, names) = match replay {
            Replay::Once(value) => return value,
            Replay::Each { list, value, names } => (list, value, names),
        };
        let (_, solution) = self.open_scan(Operand::Local(list));
        let solution = Operand::Local(solution);
        if usize::from(value) + names.len() == 1 {
            names.iter().for_each(|name| self.bind(name, solution));
            return value.then_some(solution);
        }
        let mut position = 0;
        let mut next = |body: &mut Self| {
            let key = body.integer(position);
            position += 1;
            body.dot(solution, key)
        };
        let value = value.then(|| next(self));
        for name in &names {
            let part = next(self);
            self.bind(name, part);
        }
        value
    }
}
