//! Plans calls: of built-ins, of the policy's functions, of what a `with` put in their place. Built-ins that the plan format has a
//! statement for become that statement.

use super::Error;
use super::body::Body;
use super::context::{ContextId, Mock};
use super::program::{Document, Unit};
use crate::analysis::builtins::{self, Builtin};
use crate::analysis::tree::{Key, NodeId};
use crate::ir::{DATA, INPUT, Op, Operand};
use crate::syntax::ast::{Term, Value};
use crate::syntax::source::Span;

/// What a call's operator names.
#[derive(Debug, Clone)]
enum Callee {
    Builtin(&'static Builtin),
    Function { node: NodeId, path: Vec<Key>, arity: usize },
}

impl Callee {
    fn arity(&self) -> usize {
        match self {
            Self::Builtin(builtin) => builtin.arity(),
            Self::Function { arity, .. } => *arity,
        }
    }
}

impl Body<'_, '_> {
    /// A call as an expression: a condition, or with one argument more than the function has, an equation of that with the result.
    pub fn call(&mut self, call: &[Term], span: Span) -> Result<(), Error> {
        let (callee, mock) = self.callee(call, span)?;
        let args = &call[1..];
        let (args, output) = match args.split_last() {
            Some((output, args)) if args.len() == callee.arity() => (args, Some(output)),
            _ => (args, None),
        };
        if mock.is_none()
            && let Callee::Builtin(builtin) = &callee
        {
            if builtin.variadic().is_some() || args.len() != builtin.arity() {
                // `print` takes what it gets.
                return self.call_void(builtin, &call[1..]);
            }
            if self.as_statement(builtin.name, args, output)? {
                return Ok(());
            }
            if builtin.relation {
                return self.call_relation(builtin, args, output);
            }
            if builtin.result.is_none() {
                return self.call_void(builtin, args);
            }
        }
        let value = self.apply(&callee, mock, args)?;
        match output {
            Some(pattern) => self.match_value(value, pattern),
            None => {
                self.not_false(value);
                Ok(())
            }
        }
    }

    /// The value of a call.
    pub fn call_value(&mut self, call: &[Term], span: Span) -> Result<Operand, Error> {
        let (callee, mock) = self.callee(call, span)?;
        self.apply(&callee, mock, &call[1..])
    }

    fn callee(&self, call: &[Term], span: Span) -> Result<(Callee, Option<Mock>), Error> {
        let reference = match call.first().map(|operator| &operator.value) {
            Some(Value::Ref(reference)) => reference.as_slice(),
            Some(Value::Var(_)) => &call[..1],
            _ => return Err(self.bug(span, "a call without an operator")),
        };
        let Some(callee) = self.function_named(reference) else {
            return Err(self.bug(span, format!("unknown function `{}`", operator_name(reference))));
        };
        let mocks = &self.program.contexts.get(self.context).mocks;
        let mock = if mocks.is_empty() {
            None
        } else {
            mocks.get(&operator_name(reference)).cloned()
        };
        Ok((callee, mock))
    }

    /// What a call of a reference calls. A complete rule is a function without arguments: `f := x` and `f() := x` are the same rule.
    fn function_named(&self, reference: &[Term]) -> Option<Callee> {
        let tree = &self.program.analysed.tree;
        if let Some(node) = tree.find(reference)
            && let Some(document) = self.program.document(node)
        {
            let arity = match document {
                Document::Function(arity) => arity,
                Document::Complete => 0,
                Document::Set | Document::Partial => return None,
            };
            let path = reference[1..].iter().filter_map(Key::of).collect();
            return Some(Callee::Function { node, path, arity });
        }
        builtins::named_by(reference).map(Callee::Builtin)
    }

    /// What a reference stands for in place of a function, if it names one. A rule without arguments does not: `with` replaces its document.
    pub fn replacement(&self, reference: &[Term]) -> Option<Mock> {
        match self.function_named(reference)? {
            Callee::Builtin(builtin) => Some(Mock::Builtin(builtin.name)),
            Callee::Function { arity: 0, .. } => None,
            Callee::Function { node, path, .. } => Some(Mock::Function(node, path)),
        }
    }

    fn apply(&mut self, callee: &Callee, mock: Option<Mock>, args: &[Term]) -> Result<Operand, Error> {
        let args = self.terms(args)?;
        match (mock, callee) {
            (None, Callee::Builtin(builtin)) => Ok(self.call_builtin(builtin, args)),
            (None, Callee::Function { node, path, .. }) => Ok(self.call_function(Unit::Document(*node), self.context, path, args)),
            (Some(Mock::Builtin(name)), _) => match builtins::find(name) {
                Some(builtin) => Ok(self.call_builtin(builtin, args)),
                None => Err(self.bug(Span::default(), format!("unknown function `{name}`"))),
            },
            (Some(Mock::Function(node, path)), _) => {
                let context = self.program.contexts.without_mocks(self.context);
                Ok(self.call_function(Unit::Document(node), context, &path, args))
            }
            (Some(Mock::Constant(key)), _) => Ok(self.key(&key)),
            (Some(Mock::Slot(slot)), _) => self
                .slots
                .get(slot as usize)
                .copied()
                .ok_or_else(|| self.bug(Span::default(), "a slot is missing")),
        }
    }

    /// A scalar.
    pub fn key(&mut self, key: &Key) -> Operand {
        match key {
            Key::Null => {
                let target = self.new_local();
                self.emit(Op::MakeNull { target });
                Operand::Local(target)
            }
            Key::Bool(value) => Operand::Bool(*value),
            Key::Number(text) => self.number(text),
            Key::String(text) => self.string(text),
        }
    }

    fn call_builtin(&mut self, builtin: &Builtin, args: Vec<Operand>) -> Operand {
        self.program.use_builtin(builtin.name);
        let result = self.new_local();
        self.emit(Op::Call {
            func: builtin.name.to_owned(),
            args,
            result,
        });
        Operand::Local(result)
    }

    /// Calls a function of the plan, planning it for the context if need be.
    pub fn call_function(&mut self, unit: Unit, context: ContextId, path: &[Key], args: Vec<Operand>) -> Operand {
        let func = self.program.function(unit, context, path);
        let slots = self.program.contexts.get(context).slots as usize;
        let all = [Operand::Local(INPUT), Operand::Local(DATA)]
            .into_iter()
            .chain(self.slots.iter().copied().take(slots))
            .chain(args)
            .collect();
        let result = self.new_local();
        self.emit(Op::Call { func, args: all, result });
        Operand::Local(result)
    }

    /// A function without a result is called for what it does.
    fn call_void(&mut self, builtin: &Builtin, args: &[Term]) -> Result<(), Error> {
        let args = self.terms(args)?;
        self.call_builtin(builtin, args);
        Ok(())
    }

    /// A function with several results gives them as a collection.
    fn call_relation(&mut self, builtin: &Builtin, args: &[Term], output: Option<&Term>) -> Result<(), Error> {
        let args = self.terms(args)?;
        let all = self.call_builtin(builtin, args);
        let (_, value) = self.open_scan(all);
        match output {
            Some(pattern) => self.match_value(Operand::Local(value), pattern),
            None => Ok(()),
        }
    }

    /// Plans the call as a statement if there is one for it.
    fn as_statement(&mut self, name: &str, args: &[Term], output: Option<&Term>) -> Result<bool, Error> {
        match (name, args, output) {
            ("eq", [a, b], None) => self.unify(a, b)?,
            ("equal", [a, b], None) => {
                let (a, b) = (self.term(a)?, self.term(b)?);
                self.equal(a, b);
            }
            ("neq", [a, b], None) => {
                let (a, b) = (self.term(a)?, self.term(b)?);
                self.emit(Op::NotEqual { a, b });
            }
            ("is_array", [value], None) => {
                let source = self.term(value)?;
                self.emit(Op::IsArray { source });
            }
            ("is_object", [value], None) => {
                let source = self.term(value)?;
                self.emit(Op::IsObject { source });
            }
            ("is_set", [value], None) => {
                let source = self.term(value)?;
                self.emit(Op::IsSet { source });
            }
            ("internal.member_2", [element, collection], None) => {
                let element = self.term(element)?;
                let collection = self.term(collection)?;
                if self.is_set(collection) {
                    self.dot(collection, element);
                } else if let Some(builtin) = builtins::find(name) {
                    let result = self.call_builtin(builtin, vec![element, collection]);
                    self.not_false(result);
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The name of an operator: its parts with dots between them.
pub(super) fn operator_name(reference: &[Term]) -> String {
    let mut name = String::new();
    for part in reference {
        if let Value::Var(text) | Value::String(text) = &part.value {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(text);
        }
    }
    name
}
