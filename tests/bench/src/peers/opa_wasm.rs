//! OPA's own Wasm target: the core module of `opa build -t wasm`, called through `opa_eval` of its ABI 1.3. The heap is set back
//! before each decision, as the ABI's documentation tells hosts to do.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use wasmtime::{Caller, Engine, Extern, ExternType, Instance, InstancePre, Linker, Memory, MemoryType, Module, Store, TypedFunc};

use super::opa_builtins::{self, Builtin};
use super::{Built, Ready, Setting};
use crate::case::Input;
use crate::engine::Told;
use crate::tools::run;

type Eval = TypedFunc<(i32, i32, i32, i32, i32, i32, i32), i32>;

/// What stands around the value in the result that `opa_eval` writes.
const RESULT: (&[u8], &[u8]) = (br#"[{"result":"#, b"}]");

/// Runs `opa build -t wasm`; its time is that of the whole process.
pub fn build(setting: &Setting<'_>) -> Result<Built> {
    let (case, folder) = (setting.case, &setting.folder);
    let opa = setting.tools.opa()?;
    let bundle = folder.join("opa.tar.gz");
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let mut command = Command::new(&opa);
        command
            .args(["build", "-t", "wasm", "-e", &case.entrypoint, "-o"])
            .arg(&bundle)
            .arg(&case.policies);
        let start = Instant::now();
        run(&mut command)?;
        best = best.min(start.elapsed());
        if best > Duration::from_secs(1) {
            break;
        }
    }
    // The bundle holds the module below its root; base documents are given at run time, as OPA's own SDK does.
    run(Command::new("tar")
        .arg("-xzf")
        .arg(&bundle)
        .arg("-C")
        .arg(folder)
        .arg("/policy.wasm"))
    .context("unpacking the bundle")?;
    let wasm = std::fs::read(folder.join("policy.wasm"))?;
    let module = Module::new(setting.engine.wasmtime(), &wasm).told()?;
    std::fs::write(folder.join("opa.cwasm"), module.serialize().told()?)?;
    Ok(Built {
        time: Some(best),
        size: Some(wasm.len()),
    })
}

/// What the host functions need.
#[derive(Default)]
pub struct Host {
    builtins: Arc<Vec<Option<Builtin>>>,
    error: Option<String>,
}

/// A loaded module with one warm instance.
pub struct OpaWasm {
    engine: Engine,
    memory: MemoryType,
    linker: Linker<Host>,
    module: Module,
    builtins: Arc<Vec<Option<Builtin>>>,
    data: String,
    warm: Warm,
}

impl OpaWasm {
    /// Instantiates the module that `build` left and gives it the data.
    pub fn load(setting: &Setting<'_>) -> Result<Self> {
        let engine = setting.engine.wasmtime();
        // SAFETY: the file was written by `build` in this run, with the same wasmtime.
        let module = unsafe { Module::deserialize_file(engine, setting.folder.join("opa.cwasm")) }.told()?;
        let memory = module
            .imports()
            .find_map(|import| match import.ty() {
                ExternType::Memory(ty) => Some(ty),
                _ => None,
            })
            .context("the module imports no memory")?;
        let mut linker = Linker::new(engine);
        add_imports(&mut linker)?;
        let data = setting.case.data_text()?;
        let none = Arc::new(Vec::new());
        let mut warm = Warm::start(engine, &linker, &module, &memory, &none, &data)?;
        let builtins = Arc::new(warm.builtins()?);
        warm.store.data_mut().builtins = builtins.clone();
        Ok(Self {
            engine: engine.clone(),
            memory,
            linker,
            module,
            builtins,
            data,
            warm,
        })
    }
}

impl Ready for OpaWasm {
    fn decide(&mut self, input: &Input) -> Result<Vec<u8>> {
        self.warm.decide(&input.bytes)
    }

    fn first(&mut self, input: &Input) -> Result<Duration> {
        let start = Instant::now();
        let mut fresh = Warm::start(&self.engine, &self.linker, &self.module, &self.memory, &self.builtins, &self.data)?;
        fresh.decide(&input.bytes)?;
        Ok(start.elapsed())
    }
}

/// An instance with its data.
struct Warm {
    store: Store<Host>,
    instance: Instance,
    memory: Memory,
    eval: Eval,
    data: i32,
    heap: i32,
}

impl Warm {
    fn start(
        engine: &Engine,
        linker: &Linker<Host>,
        module: &Module,
        memory: &MemoryType,
        builtins: &Arc<Vec<Option<Builtin>>>,
        data: &str,
    ) -> Result<Self> {
        let host = Host {
            builtins: builtins.clone(),
            error: None,
        };
        let mut store = Store::new(engine, host);
        store.set_epoch_deadline(u64::MAX / 2);
        let memory = Memory::new(&mut store, memory.clone()).told()?;
        let mut linker = linker.clone();
        linker.define(&store, "env", "memory", memory).told()?;
        let ready: InstancePre<Host> = linker.instantiate_pre(module).told()?;
        let instance = ready.instantiate(&mut store).told()?;
        let eval = instance.get_typed_func(&mut store, "opa_eval").told()?;
        let mut warm = Self {
            store,
            instance,
            memory,
            eval,
            data: 0,
            heap: 0,
        };
        warm.data = warm.parse(data.as_bytes())?;
        warm.heap = warm.call("opa_heap_ptr_get", ())?;
        Ok(warm)
    }

    fn call<P: wasmtime::WasmParams>(&mut self, name: &str, arguments: P) -> Result<i32> {
        let function = self.instance.get_typed_func::<P, i32>(&mut self.store, name).told()?;
        function.call(&mut self.store, arguments).told()
    }

    fn parse(&mut self, json: &[u8]) -> Result<i32> {
        let length = i32::try_from(json.len())?;
        let address = self.call("opa_malloc", length)?;
        self.memory.write(&mut self.store, usize::try_from(address)?, json).told()?;
        match self.call("opa_json_parse", (address, length))? {
            0 => bail!("opa_json_parse refused the document"),
            value => Ok(value),
        }
    }

    /// Which of the built-ins that the module asks for can be served.
    fn builtins(&mut self) -> Result<Vec<Option<Builtin>>> {
        let value = self.call("builtins", ())?;
        let text = self.call("opa_json_dump", value)?;
        let names = c_string(self.memory.data(&self.store), text)?;
        opa_builtins::resolve(&String::from_utf8(names)?)
    }

    fn decide(&mut self, input: &[u8]) -> Result<Vec<u8>> {
        let address = usize::try_from(self.heap)?;
        let end = address + input.len();
        let size = self.memory.data_size(&self.store);
        if end > size {
            let pages = u64::try_from((end - size).div_ceil(1 << 16))?;
            self.memory.grow(&mut self.store, pages).told()?;
        }
        self.memory.write(&mut self.store, address, input).told()?;
        let arguments = (
            0,
            0,
            self.data,
            self.heap,
            i32::try_from(input.len())?,
            i32::try_from(end.next_multiple_of(8))?,
            0,
        );
        let result = self.eval.call(&mut self.store, arguments).told();
        if let Some(error) = self.store.data_mut().error.take() {
            bail!(error);
        }
        let text = c_string(self.memory.data(&self.store), result?)?;
        match text.strip_prefix(RESULT.0).and_then(|rest| rest.strip_suffix(RESULT.1)) {
            Some(value) => Ok(value.to_vec()),
            None => bail!("no decision: {}", String::from_utf8_lossy(&text)),
        }
    }
}

fn add_imports(linker: &mut Linker<Host>) -> Result<()> {
    linker
        .func_wrap(
            "env",
            "opa_abort",
            |mut caller: Caller<'_, Host>, message: i32| -> wasmtime::Result<()> {
                let memory = memory(&mut caller)?;
                let text = c_string(memory.data(&caller), message).unwrap_or_default();
                caller.data_mut().error = Some(String::from_utf8_lossy(&text).into_owned());
                Err(wasmtime::Error::msg("opa_abort"))
            },
        )
        .told()?;
    linker.func_wrap("env", "opa_println", |_: i32| {}).told()?;
    linker
        .func_wrap("env", "opa_builtin0", |mut caller: Caller<'_, Host>, id: i32, _: i32| {
            builtin(&mut caller, id, &[])
        })
        .told()?;
    linker
        .func_wrap("env", "opa_builtin1", |mut caller: Caller<'_, Host>, id: i32, _: i32, a: i32| {
            builtin(&mut caller, id, &[a])
        })
        .told()?;
    linker
        .func_wrap(
            "env",
            "opa_builtin2",
            |mut caller: Caller<'_, Host>, id: i32, _: i32, a: i32, b: i32| builtin(&mut caller, id, &[a, b]),
        )
        .told()?;
    linker
        .func_wrap(
            "env",
            "opa_builtin3",
            |mut caller: Caller<'_, Host>, id: i32, _: i32, a: i32, b: i32, c: i32| builtin(&mut caller, id, &[a, b, c]),
        )
        .told()?;
    linker
        .func_wrap(
            "env",
            "opa_builtin4",
            |mut caller: Caller<'_, Host>, id: i32, _: i32, a: i32, b: i32, c: i32, d: i32| builtin(&mut caller, id, &[a, b, c, d]),
        )
        .told()?;
    Ok(())
}

fn memory(caller: &mut Caller<'_, Host>) -> wasmtime::Result<Memory> {
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => Ok(memory),
        _ => Err(wasmtime::Error::msg("the module exports no memory")),
    }
}

/// Serves a built-in: arguments go out as terms, the result comes back as JSON.
fn builtin(caller: &mut Caller<'_, Host>, id: i32, arguments: &[i32]) -> wasmtime::Result<i32> {
    let builtins = caller.data().builtins.clone();
    let Some(Some(serve)) = usize::try_from(id).ok().and_then(|id| builtins.get(id)) else {
        return Err(wasmtime::Error::msg("a built-in that this host does not serve"));
    };
    let memory = memory(caller)?;
    let dump = function::<i32>(caller, "opa_value_dump")?;
    let mut texts = Vec::with_capacity(arguments.len());
    for &argument in arguments {
        let address = dump.call(&mut *caller, argument)?;
        texts.push(c_string(memory.data(&*caller), address).map_err(|error| wasmtime::Error::msg(error.to_string()))?);
    }
    let Some(json) = serve(&texts) else { return Ok(0) };
    let length = i32::try_from(json.len())?;
    let address = function::<i32>(caller, "opa_malloc")?.call(&mut *caller, length)?;
    memory.write(&mut *caller, usize::try_from(address)?, json.as_bytes())?;
    function::<(i32, i32)>(caller, "opa_json_parse")?.call(&mut *caller, (address, length))
}

fn function<P: wasmtime::WasmParams>(caller: &mut Caller<'_, Host>, name: &str) -> wasmtime::Result<TypedFunc<P, i32>> {
    match caller.get_export(name) {
        Some(Extern::Func(function)) => function.typed(&caller),
        _ => Err(wasmtime::Error::msg(format!("the module exports no {name}"))),
    }
}

/// The bytes before the zero byte.
fn c_string(memory: &[u8], address: i32) -> Result<Vec<u8>> {
    let tail = memory.get(usize::try_from(address)?..).context("an address beyond the memory")?;
    let end = tail.iter().position(|&byte| byte == 0).context("a string without end")?;
    Ok(tail[..end].to_vec())
}
