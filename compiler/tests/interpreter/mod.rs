//! Runs plans directly, statement by statement: what a plan means, without optimiser, code generation and runtime. Slow, and with the few
//! built-in functions that tests of the language need.

mod builtins;
pub mod value;

use std::collections::{HashMap, HashSet};

use value::Value;
use warrego_compiler::ir::{Block, Func, Local, Op, Operand, Policy, Stmt};

/// Why a plan has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A conflict, as OPA words it.
    Conflict(&'static str),
    /// A built-in function that is not here.
    NoBuiltin(String),
    /// The plan is not as it should be.
    Plan(String),
}

/// How a block ends.
enum Flow {
    /// At its end.
    Done,
    /// Leaves so many blocks more than the one it stands in.
    Break(u32),
    /// Returns from the function.
    Return(Option<Value>),
}

const UNDEFINED: Flow = Flow::Break(0);

struct Machine<'p> {
    policy: &'p Policy,
    funcs: HashMap<&'p str, &'p Func>,
    results: Vec<Value>,
    steps: u64,
}

/// The locals of a function under way.
struct Frame {
    values: HashMap<Local, Value>,
    /// Those that hold a part of the base documents, which is looked up as OPA's store does: a number is also the key that is written like it, and a text
    /// that is written like a position is one.
    stored: HashSet<Local>,
}

impl Frame {
    fn new(values: HashMap<Local, Value>, data: Local) -> Frame {
        Frame {
            values,
            stored: HashSet::from([data]),
        }
    }

    fn get(&self, local: Local) -> Option<&Value> {
        self.values.get(&local)
    }

    fn insert(&mut self, local: Local, value: Value) -> Option<Value> {
        self.stored.remove(&local);
        self.values.insert(local, value)
    }

    fn remove(&mut self, local: Local) {
        self.stored.remove(&local);
        self.values.remove(&local);
    }
}

/// Runs a policy's first plan; gives the result set.
pub fn run(policy: &Policy, input: Option<Value>, data: Value) -> Result<Vec<Value>, Failure> {
    let funcs = policy.funcs.funcs.iter().map(|func| (func.name.as_str(), func)).collect();
    let mut machine = Machine {
        policy,
        funcs,
        results: Vec::new(),
        steps: 0,
    };
    let values = [(1, data)].into_iter().chain(input.map(|input| (0, input))).collect();
    let mut frame = Frame::new(values, 1);
    for block in &policy.plans.plans[0].blocks {
        machine.block(block, &mut frame)?;
    }
    Ok(machine.results)
}

impl Machine<'_> {
    fn block(&mut self, block: &Block, frame: &mut Frame) -> Result<Flow, Failure> {
        for stmt in &block.stmts {
            match self.stmt(stmt, frame)? {
                Flow::Done => {}
                end => return Ok(end),
            }
        }
        Ok(Flow::Done)
    }

    fn text(&self, index: u32) -> &str {
        &self.policy.statics.strings[index as usize].value
    }

    fn read(&self, operand: Operand, frame: &Frame) -> Option<Value> {
        match operand {
            Operand::Local(local) => frame.get(local).cloned(),
            Operand::StringIndex(index) => Some(Value::string(self.text(index))),
            Operand::Bool(value) => Some(Value::Bool(value)),
        }
    }

    fn need(&self, operand: Operand, frame: &Frame) -> Result<Value, Failure> {
        self.read(operand, frame)
            .ok_or_else(|| Failure::Plan(format!("{operand:?} is not set")))
    }

    fn stmt(&mut self, stmt: &Stmt, frame: &mut Frame) -> Result<Flow, Failure> {
        self.steps += 1;
        if self.steps > 20_000_000 {
            return Err(Failure::Plan("too many steps".to_owned()));
        }
        let holds = |condition: bool| if condition { Flow::Done } else { UNDEFINED };
        match &stmt.op {
            Op::ArrayAppend { value, array } => {
                let value = self.need(*value, frame)?;
                self.need(Operand::Local(*array), frame)?.append(value);
            }
            Op::AssignInt { value, target } | Op::MakeNumberInt { value, target } => {
                frame.insert(*target, Value::number(&value.to_string()));
            }
            Op::MakeNumberRef { index, target } => {
                let value = Value::number(self.text(*index));
                frame.insert(*target, value);
            }
            Op::AssignVarOnce { source, target } => {
                let value = self.need(*source, frame)?;
                if frame.insert(*target, value.clone()).is_some_and(|old| old != value) {
                    return Err(Failure::Conflict("must not produce multiple outputs"));
                }
            }
            Op::AssignVar { source, target } => match self.read(*source, frame) {
                Some(value) => drop(frame.insert(*target, value)),
                None => frame.remove(*target),
            },
            Op::Block { blocks } => {
                for block in blocks {
                    match self.block(block, frame)? {
                        Flow::Done | Flow::Break(0) => {}
                        Flow::Break(n) => return Ok(Flow::Break(n - 1)),
                        end => return Ok(end),
                    }
                }
            }
            Op::Break { index } => return Ok(Flow::Break(*index)),
            Op::CallDynamic { args, result, path } => {
                let path: Option<Vec<Value>> = path.iter().map(|&part| self.read(part, frame)).collect();
                let named = |func: &&&Func| {
                    path.as_ref()
                        .is_some_and(|path| path.iter().map(Value::as_str).eq(func.path.iter().map(|part| Some(part.as_str()))))
                };
                let Some(name) = self.funcs.values().find(named).map(|func| func.name.clone()) else {
                    return Ok(UNDEFINED);
                };
                let args: Vec<Operand> = args.iter().map(|&arg| Operand::Local(arg)).collect();
                match self.call(&name, &args, frame)? {
                    Some(value) => drop(frame.insert(*result, value)),
                    None => return Ok(Flow::Break(3)),
                }
            }
            Op::Call { func, args, result } => match self.call(func, args, frame)? {
                Some(value) => drop(frame.insert(*result, value)),
                None => return Ok(UNDEFINED),
            },
            Op::Dot { source, key, target } => {
                let key = self.need(*key, frame)?;
                let stored = matches!(source, Operand::Local(local) if frame.stored.contains(local));
                let found = self.read(*source, frame).and_then(|source| match source.get(&key) {
                    None if stored => source.get(&key.respelt()?),
                    found => found,
                });
                match found {
                    Some(value) => drop(frame.insert(*target, value)),
                    None => return Ok(UNDEFINED),
                }
                if stored {
                    frame.stored.insert(*target);
                }
            }
            Op::Equal { a, b } => return Ok(holds(self.need(*a, frame)? == self.need(*b, frame)?)),
            Op::NotEqual { a, b } => return Ok(holds(self.need(*a, frame)? != self.need(*b, frame)?)),
            Op::IsArray { source } => return Ok(holds(matches!(self.need(*source, frame)?, Value::Array(_)))),
            Op::IsObject { source } => return Ok(holds(matches!(self.need(*source, frame)?, Value::Object(_)))),
            Op::IsSet { source } => return Ok(holds(matches!(self.need(*source, frame)?, Value::Set(_)))),
            Op::IsDefined { source } => return Ok(holds(frame.get(*source).is_some())),
            Op::IsUndefined { source } => return Ok(holds(frame.get(*source).is_none())),
            Op::Len { source, target } => match self.need(*source, frame)?.len() {
                Some(len) => drop(frame.insert(*target, Value::number(&len.to_string()))),
                None => return Ok(UNDEFINED),
            },
            Op::MakeArray { target, .. } => drop(frame.insert(*target, Value::array(Vec::new()))),
            Op::MakeNull { target } => drop(frame.insert(*target, Value::Null)),
            Op::MakeObject { target } => drop(frame.insert(*target, Value::object([]))),
            Op::MakeSet { target } => drop(frame.insert(*target, Value::set([]))),
            Op::Nop {} => {}
            Op::Not { block } => match self.block(block, frame)? {
                Flow::Done => return Ok(UNDEFINED),
                Flow::Break(0) => {}
                Flow::Break(n) => return Ok(Flow::Break(n - 1)),
                end => return Ok(end),
            },
            Op::ObjectInsertOnce { key, value, object } => {
                let (key, value) = (self.need(*key, frame)?, self.need(*value, frame)?);
                let object = self.need(Operand::Local(*object), frame)?;
                if object.get(&key).is_some_and(|old| old != value) {
                    return Err(Failure::Conflict("object keys must be unique"));
                }
                object.insert(key, value);
            }
            Op::ObjectInsert { key, value, object } => {
                let (key, value) = (self.need(*key, frame)?, self.need(*value, frame)?);
                self.need(Operand::Local(*object), frame)?.insert(key, value);
            }
            Op::ObjectMerge { a, b, target } => {
                let (a, b) = (self.need(Operand::Local(*a), frame)?, self.need(Operand::Local(*b), frame)?);
                frame.insert(*target, a.merge(&b));
            }
            Op::ResetLocal { target } => frame.remove(*target),
            Op::ResultSetAdd { value } => {
                let value = self.need(Operand::Local(*value), frame)?;
                self.results.push(value);
            }
            Op::ReturnLocal { source } => return Ok(Flow::Return(frame.get(*source).cloned())),
            Op::Scan { source, key, value, block } => {
                for (k, v) in self.need(Operand::Local(*source), frame)?.entries() {
                    frame.insert(*key, k);
                    frame.insert(*value, v);
                    match self.block(block, frame)? {
                        Flow::Done | Flow::Break(0) => {}
                        // The loop itself is a level, too.
                        Flow::Break(1) => break,
                        Flow::Break(n) => return Ok(Flow::Break(n - 2)),
                        end => return Ok(end),
                    }
                }
            }
            Op::SetAdd { value, set } => {
                let value = self.need(*value, frame)?;
                self.need(Operand::Local(*set), frame)?.add(value);
            }
            Op::With { local, path, value, block } => {
                let value = self.need(*value, frame)?;
                let path: Vec<Value> = path.iter().map(|&index| Value::string(self.text(index))).collect();
                let old = frame.get(*local).cloned();
                frame.values.insert(*local, Value::patched(old.as_ref(), &path, value));
                let end = self.block(block, frame)?;
                match old {
                    Some(old) => drop(frame.values.insert(*local, old)),
                    None => frame.remove(*local),
                }
                return Ok(match end {
                    Flow::Break(n) => Flow::Break(n.saturating_sub(1)),
                    end => end,
                });
            }
        }
        Ok(Flow::Done)
    }

    fn call(&mut self, name: &str, args: &[Operand], frame: &Frame) -> Result<Option<Value>, Failure> {
        let args: Vec<Option<Value>> = args.iter().map(|&arg| self.read(arg, frame)).collect();
        let Some(&func) = self.funcs.get(name) else {
            let args: Option<Vec<Value>> = args.into_iter().collect();
            let args = args.ok_or_else(|| Failure::Plan(format!("an argument of {name} is not set")))?;
            return builtins::call(name, &args);
        };
        if args.len() != func.params.len() {
            return Err(Failure::Plan(format!(
                "{name} takes {} arguments, not {}",
                func.params.len(),
                args.len()
            )));
        }
        let values = func.params.iter().zip(args).filter_map(|(&param, arg)| Some((param, arg?)));
        let data = func.params.get(1).copied().unwrap_or(1);
        let mut frame = Frame::new(values.collect(), data);
        for block in &func.blocks {
            match self.block(block, &mut frame)? {
                Flow::Done | Flow::Break(0) => {}
                Flow::Break(n) => return Err(Failure::Plan(format!("a break leaves {n} blocks too many in {name}"))),
                Flow::Return(value) => return Ok(value),
            }
        }
        Err(Failure::Plan(format!("{name} does not return")))
    }
}
