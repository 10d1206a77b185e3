//! A policy that is loaded: compiled, its imports resolved, its entrypoints known. It holds no state; [`Instance`]s do.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::bindings::policy::exports::warrego::policy::{evaluator, policy_service};
use crate::engine::Engine;
use crate::error::{DecisionError, LoadError};
use crate::grants::Grants;
use crate::instance::{Instance, State};
use crate::limits::Limits;
use crate::outside;

/// The interface every policy exports.
pub(crate) const EVALUATOR: &str = "warrego:policy/evaluator@0.2.0";

/// A loaded policy. Cheap to clone, and shared by all threads.
#[derive(Clone)]
pub struct Policy {
    pub(crate) inner: Arc<Loaded>,
}

/// What a missing grant does.
enum Missing {
    FailsLoading,
    FailsCall,
}

/// What a policy is made of.
pub(crate) struct Loaded {
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    pub(crate) ticks: u64,
    pub(crate) pre: InstancePre<State>,
    pub(crate) evaluator: evaluator::GuestIndices,
    pub(crate) service: Option<policy_service::GuestIndices>,
    pub(crate) grants: Arc<Grants>,
    /// Whether it can wait for something outside.
    pub(crate) waits: bool,
    imports: Vec<String>,
    entrypoints: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Policy {
    /// Loads a component with the default [`Grants`], from the engine's cache if it has one.
    ///
    /// # Errors
    /// When it is no component, no policy, imports what the host does not offer or grant, or does not start.
    pub fn load(engine: &Engine, bytes: &[u8], limits: Limits) -> Result<Self, LoadError> {
        Self::load_with(engine, bytes, limits, Grants::default())
    }

    /// Loads a component that may use what it is granted.
    ///
    /// # Errors
    /// As [`Policy::load`].
    pub fn load_with(engine: &Engine, bytes: &[u8], limits: Limits, grants: Grants) -> Result<Self, LoadError> {
        Self::from_component(engine, &compile(engine, bytes)?, limits, grants)
    }

    /// Loads a component, whatever it was not granted: a decision that calls a function for which a grant is missing fails with
    /// [`DecisionError::Denied`], and others do not. For tests of policies, which replace such functions by their own.
    ///
    /// # Errors
    /// As [`Policy::load`], but for missing grants.
    pub fn load_deferred(engine: &Engine, bytes: &[u8], limits: Limits, grants: Grants) -> Result<Self, LoadError> {
        Self::link(engine, &compile(engine, bytes)?, limits, grants, Missing::FailsCall)
    }

    /// Loads a component from a file.
    ///
    /// # Errors
    /// As [`Policy::load`], and when the file cannot be read.
    pub fn load_file(engine: &Engine, path: &Path, limits: Limits) -> Result<Self, LoadError> {
        let bytes = std::fs::read(path).map_err(|source| LoadError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::load(engine, &bytes, limits)
    }

    /// Loads what [`Policy::precompile`] made, by mapping the file; the policy may use what it is granted.
    ///
    /// # Errors
    /// As [`Policy::load`]; code of another wasmtime version, or compiled with other settings, is refused.
    ///
    /// # Safety
    /// The file holds machine code that will run in this process. It must come from [`Policy::precompile`], and nobody else may have been able to change
    /// it since, nor may it change while the policy is in use.
    pub unsafe fn load_precompiled(engine: &Engine, path: &Path, limits: Limits, grants: Grants) -> Result<Self, LoadError> {
        // SAFETY: what is asked of the file is the caller's promise.
        let component = unsafe { Component::deserialize_file(engine.wasmtime(), path) };
        Self::from_component(engine, &component.map_err(invalid)?, limits, grants)
    }

    /// Compiles a component to machine code for this engine, to be kept as a `.cwasm` file.
    ///
    /// # Errors
    /// When it is no valid component.
    pub fn precompile(engine: &Engine, bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
        engine.wasmtime().precompile_component(bytes).map_err(invalid)
    }

    fn from_component(engine: &Engine, component: &Component, limits: Limits, grants: Grants) -> Result<Self, LoadError> {
        Self::link(engine, component, limits, grants, Missing::FailsLoading)
    }

    fn link(engine: &Engine, component: &Component, limits: Limits, grants: Grants, missing: Missing) -> Result<Self, LoadError> {
        let imports = imports(engine, component);
        let mut linker = Linker::<State>::new(engine.wasmtime());
        match missing {
            Missing::FailsLoading => outside::link(&mut linker, &imports, &grants, |_| false)?,
            Missing::FailsCall => outside::link_deferred(&mut linker, engine.wasmtime(), component, &imports, &grants)?,
        }
        let pre = linker.instantiate_pre(component).map_err(start)?;
        let evaluator = evaluator::GuestIndices::new(&pre).map_err(|_| LoadError::NoExport(EVALUATOR))?;
        let service = policy_service::GuestIndices::new(&pre).ok();
        let ticks = engine.ticks(limits.deadline);
        let mut loaded = Loaded {
            engine: engine.clone(),
            limits,
            ticks,
            pre,
            evaluator,
            service,
            grants: Arc::new(grants),
            waits: imports.iter().any(|name| name.starts_with("wasi:io/")),
            imports,
            entrypoints: Vec::new(),
            numbers: HashMap::new(),
        };
        loaded.entrypoints = Instance::start(&loaded)
            .and_then(|mut live| live.entrypoints(&loaded))
            .map_err(|error| not_started(&error))?;
        loaded.numbers = loaded.entrypoints.iter().cloned().zip(0..).collect();
        Ok(Self { inner: Arc::new(loaded) })
    }

    /// The entrypoints by name, e.g. `system/main`; their positions are what decisions take.
    pub fn entrypoints(&self) -> &[String] {
        &self.inner.entrypoints
    }

    /// The position of an entrypoint.
    pub fn entrypoint(&self, name: &str) -> Option<u32> {
        self.inner.numbers.get(name).copied()
    }

    /// What the component imports: the policy's capabilities.
    pub fn imports(&self) -> &[String] {
        &self.inner.imports
    }

    /// Whether the policy decides wasmCloud's typed requests.
    pub fn has_policy_service(&self) -> bool {
        self.inner.service.is_some()
    }

    /// The limits of its instances.
    pub fn limits(&self) -> Limits {
        self.inner.limits
    }

    /// Makes an instance.
    ///
    /// # Errors
    /// [`DecisionError::Start`], most likely when as many are alive as the engine allows.
    pub fn instance(&self) -> Result<Instance, DecisionError> {
        Instance::new(self.clone())
    }

    /// Decides on a fresh instance, which is given up afterwards.
    ///
    /// # Errors
    /// As [`Instance::evaluate`].
    pub fn evaluate_fresh(&self, entrypoint: u32, input: Option<&[u8]>) -> Result<Option<Vec<u8>>, DecisionError> {
        self.instance()?.evaluate(entrypoint, input)
    }
}

/// Compiles a component, through the cache if there is one.
pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> Result<Component, LoadError> {
    match engine.cache() {
        Some(cache) => cache.load(engine.wasmtime(), bytes),
        None => Component::from_binary(engine.wasmtime(), bytes),
    }
    .map_err(invalid)
}

/// Names of the imports that are more than types.
pub(crate) fn imports(engine: &Engine, component: &Component) -> Vec<String> {
    let ty = component.component_type();
    let engine = engine.wasmtime();
    ty.imports(engine)
        .filter(|(_, item)| is_capability(engine, &item.ty))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// An instance that holds types only gives no capability and needs nobody to provide it.
fn is_capability(engine: &wasmtime::Engine, item: &ComponentItem) -> bool {
    match item {
        ComponentItem::Type(_) => false,
        ComponentItem::ComponentInstance(instance) => instance.exports(engine).any(|(_, item)| is_capability(engine, &item.ty)),
        _ => true,
    }
}

/// Says what it was that took too long or too much.
fn not_started(error: &DecisionError) -> LoadError {
    LoadError::Start(match error {
        DecisionError::Deadline(time) => format!("it was not ready within {} ms", time.as_millis()),
        DecisionError::Memory(bytes) => format!("it was not ready within {bytes} bytes of memory"),
        DecisionError::Start(cause) => cause.clone(),
        error => error.to_string(),
    })
}

pub(crate) fn invalid(error: wasmtime::Error) -> LoadError {
    LoadError::Invalid(format!("{error:#}"))
}

pub(crate) fn start(error: wasmtime::Error) -> LoadError {
    LoadError::Start(format!("{error:#}"))
}
