//! Plans values: a term becomes an operand that holds it. Where a part of it is undefined, so is the place. Parts are evaluated before the
//! collection around them is made, so that a part with many values makes as many collections.

use super::Error;
use super::body::Body;
use crate::budget;
use crate::ir::{INPUT, Local, Op, Operand};
use crate::syntax::ast::{self, Term, Value};

impl Body<'_, '_> {
    /// The value of a term.
    pub fn term(&mut self, term: &Term) -> Result<Operand, Error> {
        budget::tick();
        match &term.value {
            Value::Null => {
                let target = self.new_local();
                self.emit(Op::MakeNull { target });
                Ok(Operand::Local(target))
            }
            Value::Bool(value) => Ok(Operand::Bool(*value)),
            Value::Number(text) => Ok(self.number(text)),
            Value::String(text) => Ok(self.string(text)),
            Value::Var(name) => match self.var(name) {
                Some(operand) => Ok(operand),
                None if &**name == "input" => Ok(self.input()),
                None if &**name == "data" => self.data_reference(&[]),
                None => Err(self.bug(term.span, format!("variable `{name}` is not bound"))),
            },
            Value::Ref(reference) => self.reference(reference),
            Value::Array(items) => self.array(items),
            Value::Set(items) => self.set(items),
            Value::Object(items) => self.object(items),
            Value::ArrayComprehension(head, body) => {
                let target = self.new_local();
                self.emit(Op::MakeArray { capacity: 0, target });
                self.comprehension(body, |this| {
                    let value = this.term(head)?;
                    this.emit(Op::ArrayAppend { value, array: target });
                    Ok(())
                })?;
                Ok(Operand::Local(target))
            }
            Value::SetComprehension(head, body) => {
                let target = self.new_set();
                self.comprehension(body, |this| {
                    let value = this.term(head)?;
                    this.emit(Op::SetAdd { value, set: target });
                    Ok(())
                })?;
                Ok(Operand::Local(target))
            }
            Value::ObjectComprehension(key, value, body) => {
                let target = self.new_local();
                self.emit(Op::MakeObject { target });
                let span = term.span;
                self.comprehension(body, |this| {
                    let key = this.term(key)?;
                    let value = this.term(value)?;
                    this.at(span);
                    this.emit(Op::ObjectInsertOnce {
                        key,
                        value,
                        object: target,
                    });
                    Ok(())
                })?;
                Ok(Operand::Local(target))
            }
            Value::Call(call) => self.call_value(call, term.span),
            Value::TemplateString(_) => Err(self.bug(term.span, "a template string is left")),
        }
    }

    /// A number from its text.
    pub fn number(&mut self, text: &str) -> Operand {
        let target = self.new_local();
        self.note_number(target, text);
        match text.parse::<i64>() {
            // Numbers keep their text, so only those that are written the shortest way become integers.
            Ok(value) if value.to_string() == text => self.emit(Op::MakeNumberInt { value, target }),
            _ => {
                let index = self.program.string(text);
                self.emit(Op::MakeNumberRef { index, target });
            }
        }
        Operand::Local(target)
    }

    /// An integer.
    pub fn integer(&mut self, value: i64) -> Operand {
        let target = self.new_local();
        self.emit(Op::MakeNumberInt { value, target });
        Operand::Local(target)
    }

    /// A new set.
    pub fn new_set(&mut self) -> Local {
        let target = self.new_local();
        self.emit(Op::MakeSet { target });
        self.note_set(target);
        target
    }

    /// All of `input`, if there is one.
    pub fn input(&mut self) -> Operand {
        self.emit(Op::IsDefined { source: INPUT });
        Operand::Local(INPUT)
    }

    /// The values of terms.
    pub fn terms<'t>(&mut self, terms: impl IntoIterator<Item = &'t Term>) -> Result<Vec<Operand>, Error> {
        terms.into_iter().map(|term| self.term(term)).collect()
    }

    fn array(&mut self, items: &[Term]) -> Result<Operand, Error> {
        let values = self.terms(items)?;
        let target = self.new_local();
        self.emit(Op::MakeArray {
            capacity: values.len() as i32,
            target,
        });
        for value in values {
            self.emit(Op::ArrayAppend { value, array: target });
        }
        Ok(Operand::Local(target))
    }

    fn set(&mut self, items: &[Term]) -> Result<Operand, Error> {
        let values = self.terms(items)?;
        let target = self.new_set();
        for value in values {
            self.emit(Op::SetAdd { value, set: target });
        }
        Ok(Operand::Local(target))
    }

    fn object(&mut self, items: &[(Term, Term)]) -> Result<Operand, Error> {
        let mut pairs = Vec::with_capacity(items.len());
        for (key, value) in items {
            pairs.push((self.term(key)?, self.term(value)?));
        }
        let target = self.new_local();
        self.emit(Op::MakeObject { target });
        for (key, value) in pairs {
            self.emit(Op::ObjectInsert {
                key,
                value,
                object: target,
            });
        }
        Ok(Operand::Local(target))
    }

    fn comprehension(&mut self, body: &ast::Body, add: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        let block = self.block(|this| {
            this.exprs(body)?;
            add(this)
        })?;
        self.emit(Op::Block { blocks: vec![block] });
        Ok(())
    }

    /// Whether a term can be evaluated now: all variables in it are bound, but for operands of references, which may be found on the way.
    pub fn is_evaluable(&self, term: &Term) -> bool {
        match &term.value {
            Value::Var(name) => self.is_bound(name),
            Value::Ref(parts) => parts.first().is_some_and(|head| self.is_evaluable(head)),
            Value::Array(items) | Value::Set(items) => items.iter().all(|item| self.is_evaluable(item)),
            Value::Object(items) => items.iter().all(|(key, value)| self.is_evaluable(key) && self.is_evaluable(value)),
            Value::Call(call) => call.iter().skip(1).all(|arg| self.is_evaluable(arg)),
            _ => true,
        }
    }

    fn is_bound(&self, name: &str) -> bool {
        self.var(name).is_some() || name == "input" || name == "data"
    }
}

/// Whether a term is a constant.
pub(super) fn is_constant(term: &Term) -> bool {
    match &term.value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Array(items) | Value::Set(items) => items.iter().all(is_constant),
        Value::Object(items) => items.iter().all(|(key, value)| is_constant(key) && is_constant(value)),
        _ => false,
    }
}
