//! The world outside as an instance sees it: WASI's interfaces within what was granted, and within the time that a decision has.
//!
//! Most policies import nothing, so the state behind these interfaces is made when it is first asked for. All waiting goes through `wasi:io`, and that
//! ends with the deadline of the decision, or of loading: epochs cannot interrupt a host that waits.

mod network;
mod stderr;
mod wait;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::StdRng;
use tracing::info;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};
use wasmtime_wasi::p2::bindings;
use wasmtime_wasi::sockets::WasiSocketsView;
use wasmtime_wasi::{HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::bindings::logging::wasi::logging::logging;
use crate::error::LoadError;
use crate::grants::{Capability, Clock, Grants, Log, Random};
use network::{Hooks, Lookup, Lookups};
use wait::{Wait, Waiting};

/// Interfaces that only come along with others and grant nothing by themselves.
const INNOCENT: [&str; 6] = [
    "wasi:io/",
    "wasi:clocks/monotonic-clock@",
    "wasi:http/types@",
    "wasi:sockets/network@",
    "wasi:sockets/instance-network@",
    "wasi:cli/exit@",
];

/// How many things outside (requests, streams, fields) an instance may hold at once.
const RESOURCES: usize = 10_000;

/// What a store holds for its imports.
pub(crate) struct Outside {
    grants: Arc<Grants>,
    deadline: Option<Instant>,
    wasi: Option<Box<Wasi>>,
}

struct Wasi {
    context: WasiCtx,
    http: WasiHttpCtx,
    hooks: Hooks,
    table: ResourceTable,
}

/// A clock that stands still.
struct Still(Duration);

impl HostWallClock for Still {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

impl Wasi {
    fn new(grants: &Arc<Grants>) -> Self {
        let mut builder = WasiCtxBuilder::new();
        if let Clock::Fixed(time) = grants.clock {
            builder.wall_clock(Still(time));
        }
        if let Random::Seeded(seed) = grants.random {
            builder.secure_random(StdRng::seed_from_u64(seed));
            builder.insecure_random(StdRng::seed_from_u64(seed));
            builder.insecure_random_seed(seed.into());
        }
        if let Some(variables) = &grants.environment {
            builder.envs(variables);
        }
        builder.stderr(stderr::Stderr(Arc::clone(grants)));
        builder.allow_ip_name_lookup(!grants.network.is_empty());
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES);
        Self {
            context: builder.build(),
            http: WasiHttpCtx::new(),
            hooks: Hooks::new(Arc::clone(grants)),
            table,
        }
    }
}

impl Outside {
    pub(crate) fn new(grants: Arc<Grants>) -> Self {
        Self {
            grants,
            deadline: None,
            wasi: None,
        }
    }

    /// Something begins that has so much time.
    pub(crate) fn begin(&mut self, time: Option<Duration>) {
        self.deadline = time.and_then(|time| Instant::now().checked_add(time));
    }

    fn wasi(&mut self) -> &mut Wasi {
        let grants = &self.grants;
        self.wasi.get_or_insert_with(|| Box::new(Wasi::new(grants)))
    }

    pub(crate) fn ctx(&mut self) -> WasiCtxView<'_> {
        let wasi = self.wasi();
        WasiCtxView {
            ctx: &mut wasi.context,
            table: &mut wasi.table,
        }
    }

    pub(crate) fn http(&mut self) -> WasiHttpCtxView<'_> {
        let wasi = self.wasi();
        WasiHttpCtxView {
            ctx: &mut wasi.http,
            table: &mut wasi.table,
            hooks: &mut wasi.hooks,
        }
    }

    fn waiting(&mut self) -> Waiting<'_> {
        let deadline = self.deadline;
        Waiting {
            table: &mut self.wasi().table,
            deadline,
        }
    }
}

impl logging::Host for Outside {
    fn log(&mut self, _level: logging::Level, context: String, message: String) {
        log(&self.grants.log, &context, &message);
    }
}

/// Hands a message of the policy over to its log.
fn log(log: &Log, context: &str, message: &str) {
    match log {
        Log::Tracing => info!(target: "policy", context, "{message}"),
        Log::Function(function) => function(message),
        Log::Discard => {}
    }
}

/// A store's state that holds an [`Outside`].
pub(crate) trait HasOutside: WasiView + WasiHttpView + 'static {
    /// It.
    fn outside(&mut self) -> &mut Outside;
}

/// Whether an import is one that this host has, granted or not.
fn offered(import: &str) -> bool {
    import.starts_with("wasi:") && (crate::grants::Capability::of(import).is_some() || INNOCENT.iter().any(|name| import.starts_with(name)))
}

/// Gives a component what it imports, as far as it is granted; imports for which `is_other` holds are somebody else's matter.
pub(crate) fn link<T: HasOutside>(
    linker: &mut Linker<T>,
    imports: &[String],
    grants: &Grants,
    is_other: impl Fn(&str) -> bool,
) -> Result<(), LoadError> {
    check_offered(imports, is_other)?;
    let missing = grants.missing(imports);
    if !missing.is_empty() {
        return Err(LoadError::Denied(missing));
    }
    add(linker, imports).map_err(crate::policy::start)
}

/// Gives a component all that it imports. Functions of what is not granted are there and end the decision that calls one.
pub(crate) fn link_deferred<T: HasOutside>(
    linker: &mut Linker<T>,
    engine: &wasmtime::Engine,
    component: &Component,
    imports: &[String],
    grants: &Grants,
) -> Result<(), LoadError> {
    check_offered(imports, |_| false)?;
    let missing = grants.missing(imports);
    add(linker, imports)
        .and_then(|()| deny(linker, engine, component, &missing))
        .map_err(crate::policy::start)
}

fn check_offered(imports: &[String], is_other: impl Fn(&str) -> bool) -> Result<(), LoadError> {
    let unknown: Vec<String> = imports.iter().filter(|name| !is_other(name) && !offered(name)).cloned().collect();
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(LoadError::Imports(unknown))
    }
}

/// A function was called for which a grant is missing.
#[derive(Debug, thiserror::Error)]
#[error("missing grant: {0}")]
pub(crate) struct Denied(pub(crate) Capability);

/// Replaces the functions of capabilities by ones that only fail.
fn deny<T: HasOutside>(
    linker: &mut Linker<T>,
    engine: &wasmtime::Engine,
    component: &Component,
    missing: &[Capability],
) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    for (import, item) in component.component_type().imports(engine) {
        let Some(capability) = Capability::of(import).filter(|capability| missing.contains(capability)) else {
            continue;
        };
        let ComponentItem::ComponentInstance(interface) = &item.ty else {
            continue;
        };
        let mut instance = linker.instance(import)?;
        for (name, item) in interface.exports(engine) {
            if matches!(item.ty, ComponentItem::ComponentFunc(_)) {
                instance.func_new(name, move |_, _, _, _| Err(wasmtime::Error::from(Denied(capability))))?;
            }
        }
    }
    linker.allow_shadowing(false);
    Ok(())
}

fn add<T: HasOutside>(linker: &mut Linker<T>, imports: &[String]) -> wasmtime::Result<()> {
    let wants = |package: &str| imports.iter().any(|name| name.starts_with(package));
    if wants("wasi:") {
        wasmtime_wasi::p2::add_to_linker_sync(linker)?;
    }
    linker.allow_shadowing(true);
    if wants("wasi:io/") {
        bindings::sync::io::poll::add_to_linker::<T, Wait>(linker, |state| state.outside().waiting())?;
        bindings::sync::io::streams::add_to_linker::<T, Wait>(linker, |state| state.outside().waiting())?;
    }
    if wants("wasi:sockets/") {
        bindings::sockets::ip_name_lookup::add_to_linker::<T, Lookups>(linker, |state| {
            let grants = Arc::clone(&state.outside().grants);
            Lookup {
                grants,
                sockets: state.sockets(),
            }
        })?;
    }
    linker.allow_shadowing(false);
    if wants("wasi:http/") {
        wasmtime_wasi_http::p2::add_only_http_to_linker_sync(linker)?;
    }
    if wants("wasi:logging/") {
        logging::add_to_linker::<T, HasSelf<Outside>>(linker, |state| state.outside())?;
    }
    Ok(())
}
