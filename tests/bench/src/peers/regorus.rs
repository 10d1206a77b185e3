//! regorus natively: its interpreter and its virtual machine. Both have no limits set, as its own benchmarks have.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::program::Program;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Rc, Value};

use super::{Built, Ready, Setting};
use crate::case::{Case, Input};

fn engine(case: &Case) -> Result<Engine> {
    let mut engine = Engine::new();
    for (name, text) in &case.modules {
        engine.add_policy(name.clone(), text.clone())?;
    }
    if case.data.is_some() {
        engine.add_data(Value::from_json_str(&case.data_text()?)?)?;
    }
    Ok(engine)
}

fn parse(input: &Input) -> Result<Value> {
    Value::from_json_str(std::str::from_utf8(&input.bytes)?)
}

/// Parsing is all that the interpreter does ahead of time.
pub fn build_interpreter(setting: &Setting<'_>) -> Result<Built> {
    let start = Instant::now();
    engine(setting.case)?;
    Ok(Built {
        time: Some(start.elapsed()),
        size: None,
    })
}

/// Parses the policy and compiles it for the machine.
pub fn build_machine(setting: &Setting<'_>) -> Result<Built> {
    let start = Instant::now();
    compile(setting.case)?;
    Ok(Built {
        time: Some(start.elapsed()),
        size: None,
    })
}

fn compile(case: &Case) -> Result<Arc<Program>> {
    let query = case.query();
    let policy = engine(case)?.compile_with_entrypoint(&Rc::from(query.as_str()))?;
    Ok(Compiler::compile_from_policy(&policy, &[&query])?)
}

/// The interpreter.
pub struct Interpreter {
    engine: Engine,
    query: String,
    policies: Vec<(String, String)>,
    data: Option<String>,
}

impl Interpreter {
    /// Parses the policy and the data.
    pub fn load(setting: &Setting<'_>) -> Result<Self> {
        let case = setting.case;
        Ok(Self {
            engine: engine(case)?,
            query: case.query(),
            policies: case.modules.clone(),
            data: case.data.is_some().then(|| case.data_text()).transpose()?,
        })
    }
}

fn ask(engine: &mut Engine, query: &str, input: &Input) -> Result<Vec<u8>> {
    engine.set_input(parse(input)?);
    Ok(engine.eval_rule(query.to_owned())?.to_json_str()?.into_bytes())
}

impl Ready for Interpreter {
    fn decide(&mut self, input: &Input) -> Result<Vec<u8>> {
        ask(&mut self.engine, &self.query, input)
    }

    fn first(&mut self, input: &Input) -> Result<Duration> {
        let start = Instant::now();
        let mut engine = Engine::new();
        for (name, text) in &self.policies {
            engine.add_policy(name.clone(), text.clone())?;
        }
        if let Some(data) = &self.data {
            engine.add_data(Value::from_json_str(data)?)?;
        }
        ask(&mut engine, &self.query, input)?;
        Ok(start.elapsed())
    }
}

/// The virtual machine.
pub struct Machine {
    vm: RegoVM,
    program: Arc<Program>,
    data: Option<String>,
    query: String,
}

impl Machine {
    /// Compiles the policy and parses the data.
    pub fn load(setting: &Setting<'_>) -> Result<Self> {
        let case = setting.case;
        let program = compile(case)?;
        let data = case.data.is_some().then(|| case.data_text()).transpose()?;
        Ok(Self {
            vm: machine(&program, data.as_deref())?,
            program,
            data,
            query: case.query(),
        })
    }
}

fn machine(program: &Arc<Program>, data: Option<&str>) -> Result<RegoVM> {
    let mut vm = RegoVM::new();
    vm.set_max_instructions(usize::MAX);
    vm.load_program(program.clone());
    if let Some(data) = data {
        vm.set_data(Value::from_json_str(data)?).context("setting the data")?;
    }
    Ok(vm)
}

fn execute(vm: &mut RegoVM, query: &str, input: &Input) -> Result<Vec<u8>> {
    vm.set_input(parse(input)?);
    Ok(vm.execute_entry_point_by_name(query)?.to_json_str()?.into_bytes())
}

impl Ready for Machine {
    fn decide(&mut self, input: &Input) -> Result<Vec<u8>> {
        execute(&mut self.vm, &self.query, input)
    }

    fn first(&mut self, input: &Input) -> Result<Duration> {
        let start = Instant::now();
        let mut vm = machine(&self.program, self.data.as_deref())?;
        execute(&mut vm, &self.query, input)?;
        Ok(start.elapsed())
    }
}
