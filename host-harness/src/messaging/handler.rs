//! A component that handles messages, and what it is given: `wasmcloud:messaging/consumer` over a NATS client, or over nothing at all for a single
//! message whose answer is wanted. The component may answer the message that it handles; what else it publishes or asks has to be granted. It waits for
//! the broker no longer than until its deadline.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::Client;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::time::timeout_at;
use tracing::warn;
use wasmtime::component::{HasSelf, InstancePre, Linker};
use wasmtime::{Store, Trap};
use wasmtime_wasi::{WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView};

use crate::bindings::messaging::exports::wasmcloud::messaging::handler::GuestIndices;
use crate::bindings::messaging::wasmcloud::messaging::{consumer, types};
use crate::engine::Engine;
use crate::error::LoadError;
use crate::grants::{Grants, is_target};
use crate::limits::{Limits, MemoryLimiter};
use crate::outside::{self, HasOutside, Outside};
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
    grants: Arc<Grants>,
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
    /// The component returned without an answer to whoever waits for one.
    #[error("the component sent no answer")]
    Silent,
    /// The message waited for longer than whoever sent it does.
    #[error("overloaded: request waited longer than {} ms", .0.as_millis())]
    Expired(Duration),
    /// Too many messages waited, or they were too large.
    #[error("overloaded: too many requests wait")]
    Dropped,
    /// The message is too large.
    #[error("the request of {size} bytes exceeds the limit of {limit} bytes")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The largest size that is handled.
        limit: usize,
    },
}

/// What a store holds beside the instance.
struct State {
    limiter: MemoryLimiter,
    outside: Outside,
    grants: Arc<Grants>,
    broker: Broker,
    /// When waiting for the broker ends.
    deadline: Option<Instant>,
    /// Where an answer to the message at hand is awaited.
    reply_to: Option<String>,
    /// Whether it was sent.
    answered: bool,
}

/// Where messages go.
pub(crate) enum Broker {
    /// To a server; the runtime is the one that drives the client.
    Nats(Client, Handle),
    /// Nowhere: the first answer to the message at hand is kept.
    Local(Option<Vec<u8>>),
}

impl State {
    /// Whether something may be sent to a subject; the error is for the component.
    fn check(&self, subject: &str, answers: bool) -> Result<(), String> {
        if !is_target(subject) {
            Err(format!(
                "`{}` is not a subject to which messages can be sent",
                subject.escape_debug()
            ))
        } else if answers || self.grants.allows_publishing(subject) {
            Ok(())
        } else {
            warn!(target: "policy", subject, "publishing was not granted");
            Err(format!("publishing to `{subject}` was not granted"))
        }
    }
}

/// Waits for the broker, at most until the deadline.
fn until<T>(runtime: &Handle, deadline: Option<Instant>, thing: impl Future<Output = T>) -> wasmtime::Result<T> {
    runtime.block_on(async {
        match deadline {
            Some(deadline) => timeout_at(deadline.into(), thing).await.map_err(|_| Trap::Interrupt.into()),
            None => Ok(thing.await),
        }
    })
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.outside.ctx()
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        self.outside.http()
    }
}

impl HasOutside for State {
    fn outside(&mut self) -> &mut Outside {
        &mut self.outside
    }
}

impl types::Host for State {}

impl consumer::Host for State {
    fn request(&mut self, subject: String, body: Vec<u8>, timeout_ms: u32) -> wasmtime::Result<Result<types::BrokerMessage, String>> {
        if let Err(refused) = self.check(&subject, false) {
            return Ok(Err(refused));
        }
        let Broker::Nats(client, runtime) = &self.broker else {
            return Ok(Err("no server".to_owned()));
        };
        let limit = Duration::from_millis(timeout_ms.into());
        let answer = async { tokio::time::timeout(limit, client.request(subject, body.into())).await };
        Ok(match until(runtime, self.deadline, answer)? {
            Err(_) => Err(format!("no answer within {timeout_ms} ms")),
            Ok(Err(error)) => Err(error.to_string()),
            Ok(Ok(message)) => Ok(types::BrokerMessage {
                subject: message.subject.to_string(),
                body: message.payload.into(),
                reply_to: message.reply.map(|subject| subject.to_string()),
            }),
        })
    }

    fn publish(&mut self, message: types::BrokerMessage) -> wasmtime::Result<Result<(), String>> {
        let answers = self.reply_to.as_ref() == Some(&message.subject);
        let checked = self.check(&message.subject, answers).and_then(|()| match &message.reply_to {
            Some(reply) if !is_target(reply) => Err(format!("`{}` is not a subject for answers", reply.escape_debug())),
            _ => Ok(()),
        });
        if let Err(refused) = checked {
            return Ok(Err(refused));
        }
        match &mut self.broker {
            Broker::Nats(client, runtime) => {
                let body = message.body.into();
                let sent = match message.reply_to {
                    Some(reply) => until(runtime, self.deadline, client.publish_with_reply(message.subject, reply, body)),
                    None => until(runtime, self.deadline, client.publish(message.subject, body)),
                };
                if let Err(error) = sent? {
                    return Ok(Err(error.to_string()));
                }
            }
            Broker::Local(answer) if answers => {
                answer.get_or_insert(message.body);
            }
            Broker::Local(_) => {}
        }
        self.answered |= answers;
        Ok(Ok(()))
    }
}

impl Handler {
    /// Loads a component with the default [`Grants`], from the engine's cache if it has one.
    ///
    /// # Errors
    /// When it is no component, handles no messages, or imports what the host does not offer or grant.
    pub fn load(engine: &Engine, bytes: &[u8], limits: Limits) -> Result<Self, LoadError> {
        Self::load_with(engine, bytes, limits, Grants::default())
    }

    /// Loads a component that may use what it is granted.
    ///
    /// # Errors
    /// As [`Handler::load`].
    pub fn load_with(engine: &Engine, bytes: &[u8], limits: Limits, grants: Grants) -> Result<Self, LoadError> {
        let component = compile(engine, bytes)?;
        let mut linker = Linker::<State>::new(engine.wasmtime());
        outside::link(&mut linker, &imports(engine, &component), &grants, |name| name == CONSUMER)?;
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
                grants: Arc::new(grants),
                pre,
                handler,
            }),
        })
    }

    /// Handles one message that comes from no server and gives the answer, or `None` if the component sent none.
    ///
    /// # Errors
    /// When the component fails.
    pub fn answer(&self, subject: &str, body: &[u8]) -> Result<Option<Vec<u8>>, HandlerError> {
        let reply_to = "_INBOX.warrego";
        let message = types::BrokerMessage {
            subject: subject.to_owned(),
            body: body.to_vec(),
            reply_to: Some(reply_to.to_owned()),
        };
        let (state, result) = self.run(Broker::Local(None), &message);
        result?;
        Ok(match state.broker {
            Broker::Local(answer) => answer,
            Broker::Nats(..) => None,
        })
    }

    /// Handles one message on an instance of its own. Blocks; not to be called on a thread that drives asynchronous tasks. Tells whether the message's
    /// `reply-to` was answered, along with how it went.
    pub(crate) fn handle(&self, client: Client, runtime: Handle, message: &types::BrokerMessage) -> (bool, Result<(), HandlerError>) {
        let (state, result) = self.run(Broker::Nats(client, runtime), message);
        (state.answered, result)
    }

    fn run(&self, broker: Broker, message: &types::BrokerMessage) -> (State, Result<(), HandlerError>) {
        let loaded = &*self.inner;
        let limiter = MemoryLimiter::new(loaded.limits.memory);
        let state = State {
            limiter,
            outside: Outside::new(Arc::clone(&loaded.grants)),
            grants: Arc::clone(&loaded.grants),
            broker,
            deadline: loaded.limits.deadline.and_then(|time| Instant::now().checked_add(time)),
            reply_to: message.reply_to.clone(),
            answered: false,
        };
        let mut store = Store::new(loaded.engine.wasmtime(), state);
        store.limiter(|state| &mut state.limiter);
        store.set_epoch_deadline(loaded.ticks);
        store.data_mut().outside.begin(loaded.limits.deadline);
        let result = loaded.run(&mut store, message);
        (store.into_data(), result)
    }
}

impl Loaded {
    fn run(&self, store: &mut Store<State>, message: &types::BrokerMessage) -> Result<(), HandlerError> {
        let start = |error: wasmtime::Error| HandlerError::Start(format!("{error:#}"));
        let instance = match self.pre.instantiate(&mut *store) {
            Ok(instance) => instance,
            Err(error) => {
                return Err(match self.cause(store.data(), &error) {
                    HandlerError::Trap(_) => start(error),
                    limit => limit,
                });
            }
        };
        let handler = self.handler.load(&mut *store, &instance).map_err(start)?;
        match handler.call_handle_message(&mut *store, message) {
            Ok(result) => result.map_err(HandlerError::Failed),
            Err(error) => Err(self.cause(store.data(), &error)),
        }
    }

    /// Tells a trap's causes apart, as for a policy's instance.
    fn cause(&self, state: &State, error: &wasmtime::Error) -> HandlerError {
        match (error.downcast_ref::<Trap>(), self.limits.deadline) {
            _ if state.limiter.refused => HandlerError::Memory(self.limits.memory),
            (Some(Trap::Interrupt), Some(deadline)) => HandlerError::Deadline(deadline),
            (Some(trap), _) => HandlerError::Trap(trap.to_string()),
            (None, _) => HandlerError::Trap(format!("{error:#}")),
        }
    }
}
