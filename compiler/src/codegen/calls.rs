//! Calls: of rules and functions of the policy, of built-ins, and of rules that are known only when the call happens.

use std::collections::BTreeMap;

use warrego_abi as abi;

use super::emit::{Emit, I};
use super::function::Body;
use super::{Context, Error};
use crate::ir::{Local, Location, Operand};
use crate::link::object::{Function, Target, ValType};
use crate::optimise::constants::Const;

impl Body<'_, '_, '_> {
    pub(super) fn call(&mut self, name: &str, args: &[Operand], result: Local, location: Location) -> Result<(), Error> {
        for &arg in args {
            self.operand(arg)?;
        }
        let (target, fails) = match self.context.function(name) {
            Some((index, function)) => {
                if function.func.params.len() != args.len() {
                    return Err(Error::plan(format!(
                        "`{name}` takes {} arguments, the call has {}",
                        function.func.params.len(),
                        args.len()
                    )));
                }
                (Target::Generated(index), function.fails)
            }
            None => (self.context.builtin(name, args.len(), location)?, true),
        };
        self.emit.call(target);
        self.take_result(result, fails, location)
    }

    /// Stores a call's result; undefined and errors end the statement.
    fn take_result(&mut self, result: Local, fails: bool, location: Location) -> Result<(), Error> {
        let wasm = self.tee(result);
        if !fails {
            self.emit.op(I::I64Eqz);
            self.undefined_if();
            return Ok(());
        }
        self.emit.i64(abi::NULL).op(I::I64LtU).open_if();
        self.emit.get(wasm).op(I::I64Eqz);
        self.undefined_if();
        let file = self.context.file(location)?;
        self.emit.i64(file).i32(location.row).i32(location.col).runtime("rt.locate");
        self.emit.i64(abi::ERROR);
        self.leave_function();
        self.emit.end();
        Ok(())
    }

    /// Walks the tree of rules' paths; where it ends at a rule, that is called.
    pub(super) fn call_dynamic(&mut self, args: &[Local], result: Local, path: &[Operand], location: Location) -> Result<(), Error> {
        let [input, data] = *args else {
            return Err(Error::plan("a dynamic call takes `input` and `data`"));
        };
        let tree = self.context.dynamic_tree()?;
        let node = self.emit.local(ValType::I64);
        self.emit.i64(tree).set(node);
        for &part in path {
            self.emit.get(node);
            self.operand(part)?;
            self.emit.runtime("rt.dot").tee(node).op(I::I64Eqz);
            self.undefined_if();
        }
        self.emit.get(node).i64(abi::TAG_MASK).op(I::I64And).i64(abi::INT).op(I::I64Ne);
        self.undefined_if();
        self.emit.get(node).i64(4).op(I::I64ShrU).op(I::I32WrapI64);
        self.local(input)?;
        self.local(data)?;
        let dispatcher = self.context.dispatcher;
        self.emit.call(Target::Generated(dispatcher));
        let wasm = self.tee(result);
        self.emit.op(I::I64Eqz).open_if();
        self.leave(3);
        self.emit.end();
        self.emit.get(wasm).i64(abi::ERROR).op(I::I64Eq).open_if();
        let file = self.context.file(location)?;
        self.emit.i64(file).i32(location.row).i32(location.col).runtime("rt.locate");
        self.emit.i64(abi::ERROR);
        self.leave_function();
        self.emit.end();
        Ok(())
    }
}

/// The paths of the rules that dynamic calls can reach: objects within objects, at the end the rule's number.
pub(super) fn dynamic_tree(context: &Context<'_, '_>) -> Const {
    #[derive(Default)]
    struct Tree<'a> {
        rule: Option<usize>,
        below: BTreeMap<&'a str, Tree<'a>>,
    }
    fn constant(tree: &Tree<'_>) -> Const {
        match tree.rule {
            Some(rule) => Const::Number(rule.to_string().into()),
            None => Const::Object(
                tree.below
                    .iter()
                    .map(|(&key, tree)| (Const::String(key.into()), constant(tree)))
                    .collect(),
            ),
        }
    }
    let mut root = Tree::default();
    for (number, (_, function)) in context.dynamic_targets().enumerate() {
        let mut tree = &mut root;
        for part in &function.func.path {
            tree = tree.below.entry(part.as_str()).or_default();
        }
        tree.rule = Some(number);
    }
    constant(&root)
}

/// `(rule, input, data) -> result`: calls the rule of that number.
pub(super) fn dispatcher(targets: &[u32]) -> Function {
    let mut emit = Emit::new("dynamic", &[ValType::I32, ValType::I64, ValType::I64], &[ValType::I64]);
    let labels: Vec<_> = targets.iter().map(|_| emit.block()).collect();
    let default = emit.block();
    // The innermost block is the last label: number them from the inside.
    let numbered: Vec<_> = labels.iter().rev().copied().collect();
    emit.get(0).br_table(&numbered, default);
    emit.end();
    emit.op(I::Unreachable);
    for &target in targets {
        emit.end();
        emit.get(1).get(2).call(Target::Generated(target)).op(I::Return);
    }
    emit.op(I::Unreachable);
    emit.finish()
}
