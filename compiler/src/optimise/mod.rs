//! Works on plans before code is generated from them: constants, early exit, the rule index, what a policy reads of `input`, which
//! functions are worth remembering and which can fail. Plans come in as they are and leave with what was found out beside them;
//! nothing here knows Wasm.

pub mod access;
pub mod constants;
mod documents;
mod entries;
mod exits;
pub mod index;
pub mod items;
mod locals;
mod loops;
mod once;
pub mod projection;

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::collections::BTreeSet;

use crate::ir::{Func, Local, Op, Policy};
use constants::Constants;
use index::Index;
use projection::Projection;

/// A policy ready for code generation.
#[derive(Debug)]
pub struct Optimised {
    /// Strings, file names; its functions and plans have moved to `functions`.
    pub policy: Policy,
    /// The policy's functions, then one for each entrypoint.
    pub functions: Vec<Function>,
    /// The entrypoints.
    pub entries: Vec<Entry>,
}

/// A function and what is known about it.
#[derive(Debug)]
pub struct Function {
    /// The function, rewritten.
    pub func: Func,
    /// Its constants.
    pub constants: Constants,
    /// How often each local is used other than by being set.
    pub uses: HashMap<Local, u32>,
    /// Rows of bodies behind an index, in order.
    pub indexes: Vec<Index>,
    /// Loops that allow more than others.
    pub loops: loops::Loops,
    /// Locals that hold a part of the base documents.
    pub documents: HashSet<Local>,
    /// Locals that hold what a single rule gives and are handed over to the result.
    pub values: BTreeSet<Local>,
    /// Whether its result is kept for the rest of the decision.
    pub memoised: bool,
    /// Whether it can end with an error.
    pub fails: bool,
}

impl Function {
    /// Whether a dynamic call can end here.
    pub fn is_dynamic_target(&self) -> bool {
        !self.func.path.is_empty() && self.func.params.len() == 2
    }
}

/// An entrypoint.
#[derive(Debug)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its function: a position in [`Optimised::functions`]. It takes `input` and `data` and gives the decision.
    pub function: usize,
    /// What it reads of `input`.
    pub projection: Projection,
    /// What it reads of the base documents.
    pub documents: Projection,
}

/// What an entrypoint gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResultShape {
    /// The value: plans of entrypoints add one object `{"result": value}` to the result set.
    #[default]
    Value,
    /// All results, as an array of objects: plans of queries add one object for each.
    Bindings,
}

/// A plan numbers its locals so high that there is no room for further ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid plan: there is no local {0}")]
pub struct NoSuchLocal(Local);

/// Locals that a plan may have; what is behind them is for the passes here.
const LOCALS: Local = 1 << 31;

/// Optimises a policy. `shape` tells what an entrypoint gives, by its name.
pub fn optimise(mut policy: Policy, shape: impl Fn(&str) -> ResultShape) -> Result<Optimised, NoSuchLocal> {
    check_locals(&mut policy)?;
    let mut functions: Vec<Func> = std::mem::take(&mut policy.funcs.funcs);
    let mut entries = Vec::new();
    for plan in std::mem::take(&mut policy.plans.plans) {
        entries.push((plan.name.clone(), functions.len()));
        let shape = shape(&plan.name);
        functions.push(entries::function(plan, shape));
    }
    let mut functions: Vec<Function> = functions.into_iter().map(|func| prepare(func, &policy)).collect();
    let names: Vec<String> = functions.iter().map(|function| function.func.name.clone()).collect();
    let by_name: HashMap<&str, usize> = names.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
    mark_failing(&mut functions, &by_name);
    mark_memoised(&mut functions, &by_name);
    let forgets = loops::forgetful(&functions, &by_name);
    for function in &mut functions {
        function.loops = loops::find(function, &policy.statics, &by_name, &forgets);
    }
    let entries = entries
        .into_iter()
        .map(|(name, function)| {
            let function = entries::answered_by(&functions[function].func, &by_name).unwrap_or(function);
            let [projection, documents] = projection::analyse(&policy, &functions, &by_name, function);
            Entry {
                name,
                function,
                projection,
                documents,
            }
        })
        .collect();
    Ok(Optimised {
        policy,
        functions,
        entries,
    })
}

/// A plan of others may number its locals as it likes; here there must be room behind them.
fn check_locals(policy: &mut Policy) -> Result<(), NoSuchLocal> {
    let mut last = 0;
    for func in &mut policy.funcs.funcs {
        last = func.params.iter().copied().fold(last.max(func.result), Local::max);
        access::walk_locals(&mut func.blocks, &mut |local, _| last = last.max(*local));
    }
    for plan in &mut policy.plans.plans {
        access::walk_locals(&mut plan.blocks, &mut |local, _| last = last.max(*local));
    }
    if last < LOCALS { Ok(()) } else { Err(NoSuchLocal(last)) }
}

fn prepare(mut func: Func, policy: &Policy) -> Function {
    locals::split(&mut func);
    let mut constants = constants::fold(&mut func, &policy.statics);
    exits::shorten(&mut func, &mut constants, &policy.statics);
    let values = once::values(&func);
    once::relax(&mut func);
    exits::return_constants(&mut func, &mut constants, &policy.statics);
    let uses = access::uses(&mut func);
    let documents = documents::find(&mut func);
    let mut function = Function {
        func,
        constants,
        uses,
        indexes: Vec::new(),
        loops: loops::Loops::default(),
        documents,
        values,
        memoised: false,
        fails: false,
    };
    function.indexes = index::find(&function, &policy.statics);
    function
}

/// A function fails if it can meet a conflict, or calls what can fail.
fn mark_failing(functions: &mut [Function], by_name: &HashMap<&str, usize>) {
    let mut callers: Vec<Vec<usize>> = vec![Vec::new(); functions.len()];
    let mut work = Vec::new();
    for (index, function) in functions.iter().enumerate() {
        let mut fails = false;
        access::walk(&function.func.blocks, &mut |op| match op {
            Op::AssignVarOnce { .. } | Op::ObjectInsertOnce { .. } | Op::CallDynamic { .. } => fails = true,
            Op::Call { func, .. } => match by_name.get(func.as_str()) {
                Some(&callee) => callers[callee].push(index),
                None => fails = true,
            },
            _ => {}
        });
        if fails {
            work.push(index);
        }
    }
    while let Some(index) = work.pop() {
        if !std::mem::replace(&mut functions[index].fails, true) {
            work.extend_from_slice(&callers[index]);
        }
    }
}

/// A rule is worth remembering if it is asked for more than once and costs more than looking it up.
fn mark_memoised(functions: &mut [Function], by_name: &HashMap<&str, usize>) {
    let mut asked = vec![0_u32; functions.len()];
    for function in functions.iter() {
        // What has arguments may itself be called any number of times.
        let often = function.func.params.len() > 2;
        count_calls(&function.func.blocks, often, by_name, &mut asked);
    }
    let dynamic = functions.iter().any(|function| {
        let mut found = false;
        access::walk(&function.func.blocks, &mut |op| found |= matches!(op, Op::CallDynamic { .. }));
        found
    });
    for (function, asked) in functions.iter_mut().zip(asked) {
        let asked = asked + if dynamic && function.is_dynamic_target() { 2 } else { 0 };
        function.memoised = function.func.params.len() == 2 && asked > 1 && is_costly(function);
    }
}

fn count_calls(blocks: &[crate::ir::Block], often: bool, by_name: &HashMap<&str, usize>, asked: &mut [u32]) {
    for block in blocks {
        for stmt in &block.stmts {
            if let Op::Call { func, .. } = &stmt.op
                && let Some(&callee) = by_name.get(func.as_str())
            {
                asked[callee] += if often { 2 } else { 1 };
            }
            count_calls(
                access::blocks(&stmt.op),
                often || matches!(stmt.op, Op::Scan { .. }),
                by_name,
                asked,
            );
        }
    }
}

fn is_costly(function: &Function) -> bool {
    let mut cost = 0;
    access::walk(&function.func.blocks, &mut |op| {
        cost += match op {
            Op::Scan { .. } | Op::Call { .. } | Op::CallDynamic { .. } | Op::ObjectMerge { .. } => 8,
            Op::MakeArray { .. } | Op::MakeObject { .. } | Op::MakeSet { .. } | Op::With { .. } => 4,
            Op::Dot { .. } => 2,
            _ => 0,
        };
    });
    cost >= 8
}
