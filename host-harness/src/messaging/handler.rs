//! A component that handles messages, and what it is given: `wasmcloud:messaging/consumer` over a NATS client.

use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::time::timeout;
use wasmtime::component::{HasSelf, InstancePre, Linker, ResourceTable};
use wasmtime::{Store, Trap};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::bindings::messaging::exports::wasmcloud::messaging::handler::GuestIndices;
use crate::bindings::messaging::wasmcloud::messaging::{consumer, types};
use crate::engine::Engine;
use crate::error::LoadError;
use crate::limits::{Limits, MemoryLimiter};
use crate::policy::{compile, imports, start};

/// What the component exports.
const HANDLER: &str = "wasmcloud:messaging/handler@0.2.0";
/// What it may import beside WASI.
const CONSUMER: &str = "wasmcloud:messaging/consumer@0.2.0";

/// A loaded component that handles messages. Cheap to clone.
#[derive(Clone)]
pub struct Handler {
    inner: Arc<Loaded>,
}

struct Loaded {
    engine: Engine,
    limits: Limits,
    ticks: u64,
    pre: InstancePre<State>,
    handler: GuestIndices,
}

/// Why a message was not handled.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HandlerError {
    /// No instance could be made.
    #[error("cannot start an instance: {0}")]
    Start(String),
    /// The time allowed for a message is over.
    #[error("not finished within {} ms", .0.as_millis())]
    Deadline(Duration),
    /// The memory allowed to an instance is used up.
    #[error("not finished within {0} bytes of memory")]
    Memory(usize),
    /// The component trapped.
    #[error("the component trapped: {0}")]
    Trap(String),
    /// The component says that it failed.
    #[error("the component failed: {0}")]
    Failed(String),
}

/// What a store holds beside the instance.
struct State {
    limiter: MemoryLimiter,
    wasi: Option<Box<Wasi>>,
    client: Client,
    runtime: Handle,
    /// Where an answer to the message at hand is awaited.
    reply_to: Option<String>,
    /// Whether it was sent.
    answered: bool,
}

#[derive(Default)]
struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let wasi = self.wasi.get_or_insert_default();
        WasiCtxView {
            ctx: &mut wasi.context,
            table: &mut wasi.table,
        }
    }
}

impl types::Host for State {}

impl consumer::Host for State {
    fn request(&mut self, subject: String, body: Vec<u8>, timeout_ms: u32) -> Result<types::BrokerMessage, String> {
        let request = self.client.request(subject, body.into());
        let limit = Duration::from_millis(timeout_ms.into());
        let answer = self.runtime.block_on(async { timeout(limit, request).await });
        let message = answer
            .map_err(|_| format!("no answer within {timeout_ms} ms"))?
            .map_err(|error| error.to_string())?;
        Ok(types::BrokerMessage {
            subject: message.subject.to_string(),
            body: message.payload.into(),
            reply_to: message.reply.map(|subject| subject.to_string()),
        })
    }

    fn publish(&mut self, message: types::BrokerMessage) -> Result<(), String> {
        let answers = self.reply_to.as_ref() == Some(&message.subject);
        let body = message.body.into();
        let sent = match message.reply_to {
            Some(reply) => self.runtime.block_on(self.client.publish_with_reply(message.subject, reply, body)),
            None => self.runtime.block_on(self.client.publish(message.subject, body)),
        };
        sent.map_err(|error| error.to_string())?;
        self.answered |= answers;
        Ok(())
    }
}

impl Handler {
    /// Loads a component, from the engine's cache if it has one.
    ///
    /// # Errors
    /// When it is no component, handles no messages, or imports what the host does not offer.
    pub fn load(engine: &Engine, bytes: &[u8], limits: Limits) -> Result<Self, LoadError> {
        let component = compile(engine, bytes)?;
        let unknown: Vec<String> = imports(engine, &component)
            .into_iter()
            .filter(|name| name != CONSUMER && !name.starts_with("wasi:"))
            .collect();
        if !unknown.is_empty() {
            return Err(LoadError::Imports(unknown));
        }
        let mut linker = Linker::<State>::new(engine.wasmtime());
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).map_err(start)?;
        types::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state).map_err(start)?;
        consumer::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state).map_err(start)?;
        let pre = linker.instantiate_pre(&component).map_err(start)?;
        let handler = GuestIndices::new(&pre).map_err(|_| LoadError::NoExport(HANDLER))?;
        let ticks = engine.ticks(limits.deadline);
        Ok(Self {
            inner: Arc::new(Loaded {
                engine: engine.clone(),
                limits,
                ticks,
                pre,
                handler,
            }),
        })
    }

    /// Handles one message on an instance of its own. Blocks; not to be called on a thread that drives asynchronous tasks. Tells whether the message's
    /// `reply-to` was answered, along with how it went.
    pub(crate) fn handle(&self, client: Client, runtime: Handle, message: types::BrokerMessage) -> (bool, Result<(), HandlerError>) {
        let loaded = &*self.inner;
        let reply_to = message.reply_to.clone();
        let limiter = MemoryLimiter::new(loaded.limits.memory);
        let mut store = Store::new(
            loaded.engine.wasmtime(),
            State {
                limiter,
                wasi: None,
                client,
                runtime,
                reply_to,
                answered: false,
            },
        );
        store.limiter(|state| &mut state.limiter);
        store.set_epoch_deadline(loaded.ticks);
        let result = loaded.run(&mut store, &message);
        (store.data().answered, result)
    }
}

impl Loaded {
    fn run(&self, store: &mut Store<State>, message: &types::BrokerMessage) -> Result<(), HandlerError> {
        let start = |error: wasmtime::Error| HandlerError::Start(format!("{error:#}"));
        let instance = self.pre.instantiate(&mut *store).map_err(start)?;
        let handler = self.handler.load(&mut *store, &instance).map_err(start)?;
        match handler.call_handle_message(&mut *store, message) {
            Ok(result) => result.map_err(HandlerError::Failed),
            Err(error) => Err(self.cause(store.data(), &error)),
        }
    }

    /// Tells a trap's causes apart.
    fn cause(&self, state: &State, error: &wasmtime::Error) -> HandlerError {
        match (error.downcast_ref::<Trap>(), self.limits.deadline) {
            (Some(Trap::Interrupt), Some(deadline)) => HandlerError::Deadline(deadline),
            _ if state.limiter.refused => HandlerError::Memory(self.limits.memory),
            (Some(trap), _) => HandlerError::Trap(trap.to_string()),
            (None, _) => HandlerError::Trap(format!("{error:#}")),
        }
    }
}
