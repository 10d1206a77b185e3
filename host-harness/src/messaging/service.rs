//! The connection to the server, and the loop that takes messages from it.

use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, Event, ServerAddr, Subscriber};
use futures_util::StreamExt;
use futures_util::stream::{SelectAll, select_all};
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;
use tracing::{debug, error, info, warn};

use crate::bindings::messaging::wasmcloud::messaging::types::BrokerMessage;
use crate::messaging::handler::{Handler, HandlerError};

/// Makes an answer to a message that waits for one and that the component failed to answer.
pub type Fallback = fn(body: &[u8], cause: &HandlerError) -> Vec<u8>;

/// How a component is served.
#[derive(Clone)]
pub struct ServiceOptions {
    /// The server, e.g. `nats://127.0.0.1:4222`; several, separated by commas, are tried in turn.
    pub url: String,
    /// The subjects to subscribe to.
    pub subjects: Vec<String>,
    /// A queue group, so that of several services each message reaches one.
    pub queue: Option<String>,
    /// How many messages are handled at once.
    pub concurrency: usize,
    /// How long to wait for messages at work, and for the server, when draining.
    pub drain: Duration,
    /// What is said where the component fails without an answer; `None` is nothing, and whoever waits hits their own time-out.
    pub fallback: Option<Fallback>,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self {
            url: "nats://127.0.0.1:4222".to_owned(),
            subjects: Vec::new(),
            queue: None,
            concurrency: std::thread::available_parallelism().map_or(4, usize::from).max(4),
            drain: Duration::from_secs(30),
            fallback: None,
        }
    }
}

/// Why a component is not served.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The address is none.
    #[error("`{url}` is no address of a NATS server: {cause}")]
    Address {
        /// What was given.
        url: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The server does not let us in.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// There is no subject, or the server does not take it.
    #[error("cannot subscribe: {0}")]
    Subscribe(String),
    /// The connection was closed for good.
    #[error("the connection was closed")]
    Closed,
    /// Messages were still at work when the time for draining was over.
    #[error("{0} messages were not finished in time")]
    Unfinished(usize),
}

/// A component that is being served.
pub struct Service {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ServiceError>>,
}

impl Service {
    /// Connects, waiting for the server if it is not there yet, and subscribes. Messages are handled from when this returns.
    ///
    /// # Errors
    /// When the address or the subjects cannot be used.
    pub async fn start(handler: Handler, options: ServiceOptions) -> Result<Self, ServiceError> {
        let client = connect(&options).await?;
        let mut subscribers = Vec::new();
        for subject in &options.subjects {
            let subscriber = match &options.queue {
                Some(queue) => client.queue_subscribe(subject.clone(), queue.clone()).await,
                None => client.subscribe(subject.clone()).await,
            };
            subscribers.push(subscriber.map_err(|error| ServiceError::Subscribe(format!("`{subject}`: {error}")))?);
        }
        if subscribers.is_empty() {
            return Err(ServiceError::Subscribe("no subject was given".to_owned()));
        }
        // Once the server has answered this it knows of the subscriptions.
        client.flush().await.map_err(|error| ServiceError::Connect(error.to_string()))?;
        info!(url = %options.url, subjects = %options.subjects.join(", "), queue = options.queue.as_deref().unwrap_or("none"), "serving");
        let (stop, stopped) = oneshot::channel();
        let worker = Worker {
            handler,
            client,
            slots: Arc::new(Semaphore::new(options.concurrency.max(1))),
            options,
        };
        Ok(Self {
            stop,
            task: tokio::spawn(worker.run(subscribers, stopped)),
        })
    }

    /// Takes no more messages, finishes those at hand, and closes the connection.
    ///
    /// # Errors
    /// When that takes longer than [`ServiceOptions::drain`].
    pub async fn drain(self) -> Result<(), ServiceError> {
        // If the worker is gone already there is nothing to tell it.
        let _ = self.stop.send(());
        self.task.await.unwrap_or(Err(ServiceError::Closed))
    }

    /// Waits until the service ends by itself, which it does only when the connection is closed for good.
    ///
    /// # Errors
    /// When it has.
    pub async fn ended(&mut self) -> Result<(), ServiceError> {
        (&mut self.task).await.unwrap_or(Err(ServiceError::Closed))
    }
}

async fn connect(options: &ServiceOptions) -> Result<Client, ServiceError> {
    let addresses: Result<Vec<ServerAddr>, _> = options.url.split(',').map(|url| url.trim().parse::<ServerAddr>()).collect();
    let addresses = addresses.map_err(|error| ServiceError::Address {
        url: options.url.clone(),
        cause: error.to_string(),
    })?;
    let connect = ConnectOptions::new()
        .name("warrego")
        .retry_on_initial_connect()
        .max_reconnects(None)
        .reconnect_delay_callback(|attempts| Duration::from_millis(50 << attempts.min(5)).min(Duration::from_secs(1)))
        .event_callback(|event| async move {
            match event {
                Event::Connected => info!("connected"),
                Event::Disconnected => warn!("disconnected; trying to reconnect"),
                Event::SlowConsumer(_) => warn!("messages come in faster than they are handled; some are lost"),
                other => debug!(event = %other, "connection"),
            }
        });
    connect
        .connect(addresses)
        .await
        .map_err(|error| ServiceError::Connect(error.to_string()))
}

struct Worker {
    handler: Handler,
    client: Client,
    slots: Arc<Semaphore>,
    options: ServiceOptions,
}

impl Worker {
    async fn run(self, subscribers: Vec<Subscriber>, mut stopped: oneshot::Receiver<()>) -> Result<(), ServiceError> {
        let mut messages = select_all(subscribers);
        loop {
            let next = tokio::select! {
                biased;
                _ = &mut stopped => break,
                next = messages.next() => next,
            };
            match next {
                Some(message) => self.dispatch(message).await,
                None => return Err(ServiceError::Closed),
            }
        }
        info!("draining");
        match timeout(self.options.drain, self.finish(messages)).await {
            Ok(()) => Ok(()),
            Err(_) => Err(ServiceError::Unfinished(
                self.options.concurrency.max(1) - self.slots.available_permits(),
            )),
        }
    }

    /// Handles a message as soon as there is room for it.
    async fn dispatch(&self, message: async_nats::Message) {
        // INVARIANT: the semaphore is never closed.
        let Ok(slot) = self.slots.clone().acquire_owned().await else {
            return;
        };
        let (handler, client, fallback) = (self.handler.clone(), self.client.clone(), self.options.fallback);
        let runtime = Handle::current();
        spawn_blocking(move || handle(&handler, client, runtime, message, fallback, slot));
    }

    /// Handles what the server had sent before it learned that we want no more, and waits for all to be done. Without a connection there is nobody to
    /// answer, and nothing to wait for but what is at work.
    async fn finish(&self, mut messages: SelectAll<Subscriber>) {
        let connected = || self.client.connection_state() == State::Connected;
        if connected() {
            for subscriber in messages.iter_mut() {
                if let Err(error) = subscriber.drain().await {
                    warn!(%error, "cannot unsubscribe");
                }
            }
            while let Some(message) = messages.next().await {
                self.dispatch(message).await;
            }
        }
        let all = u32::try_from(self.options.concurrency.max(1)).unwrap_or(u32::MAX);
        let _all = self.slots.acquire_many(all).await;
        if connected()
            && let Err(error) = self.client.flush().await
        {
            warn!(%error, "cannot flush");
        }
    }
}

/// Handles one message, on a thread that may block, and sees to it that whoever waits gets an answer.
fn handle(
    handler: &Handler,
    client: Client,
    runtime: Handle,
    message: async_nats::Message,
    fallback: Option<Fallback>,
    slot: OwnedSemaphorePermit,
) {
    let body = message.payload.clone();
    let reply = message.reply.clone();
    let subject = message.subject.to_string();
    let message = BrokerMessage {
        subject,
        body: message.payload.into(),
        reply_to: message.reply.map(|reply| reply.to_string()),
    };
    let (answered, result) = handler.handle(client.clone(), runtime.clone(), message);
    if let Err(cause) = result {
        error!(%cause, "a message was not handled");
        if let (Some(reply), Some(fallback), false) = (reply, fallback, answered) {
            let answer = fallback(&body, &cause);
            if let Err(error) = runtime.block_on(client.publish(reply, answer.into())) {
                error!(%error, "no answer was sent");
            }
        }
    }
    drop(slot);
}
