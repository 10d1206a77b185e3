//! The service: a component, a connection to a NATS server, and the way of each message from one to the other.
//!
//! A thread of its own takes messages from the connection as fast as they come and puts them into the [`Queue`], which sheds what cannot be answered in
//! time. The connection is driven by that same thread, so that nothing piles up between the two. As many threads as there are slots take requests
//! from the queue and run the component, where they may block.
//!
//! What is shed gets a denial from [`ServiceOptions::fallback`], though not before its asker has stopped waiting: wasmCloud's hosts remember every
//! denial that reaches them in time, and an overload passes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use async_nats::connection::State;
use async_nats::{Client, Subscriber};
use futures_util::stream::{SelectAll, select_all};
use futures_util::{FutureExt, StreamExt};
use thiserror::Error;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::{Notify, oneshot};
use tokio::task::{spawn_blocking, unconstrained, yield_now};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::{error, info, warn};

use crate::bindings::messaging::wasmcloud::messaging::types::BrokerMessage;
use crate::messaging::connection::{Credentials, Servers, Tls};
use crate::messaging::handler::{Handler, HandlerError};
use crate::messaging::queue::{Bounds, Lane, Queue, Request};
use crate::messaging::statistics::{Counters, Statistics};

/// How often the numbers are logged while messages are shed.
const REPORT: Duration = Duration::from_secs(10);
/// How often the queue is searched for old requests, while there are any.
const TICK: Duration = Duration::from_millis(20);
/// The most bytes that denials may take while they wait to be sent.
const LATE: usize = 8 << 20;

/// Makes an answer to a message that waits for one and that the component failed to answer.
pub type Fallback = fn(body: &[u8], cause: &HandlerError) -> Vec<u8>;

/// How a component is served.
#[derive(Clone)]
pub struct ServiceOptions {
    /// The server, e.g. `nats://127.0.0.1:4222`; several, separated by commas, are tried in turn. A user and a password, or a token, may stand before the
    /// host; they are used unless there are `credentials`.
    pub url: String,
    /// Who the service is to the server.
    pub credentials: Credentials,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// How long to try to reach a server at first; `None` is without end. A service that was connected once tries without end.
    pub connect_timeout: Option<Duration>,
    /// The subjects to subscribe to.
    pub subjects: Vec<String>,
    /// A queue group, so that of several services each message reaches one.
    pub queue: Option<String>,
    /// How many messages are handled at once. One asker gets three quarters of that at most.
    pub concurrency: usize,
    /// How long askers wait: a request that has waited for longer is not handled.
    pub max_age: Duration,
    /// The largest message that is handled, in bytes.
    pub max_request: usize,
    /// How many messages may wait.
    pub max_pending: usize,
    /// How many bytes the messages that wait may take.
    pub max_pending_bytes: usize,
    /// How long to wait for messages at work, and for the server, when draining.
    pub drain: Duration,
    /// What is said where the component fails without an answer; `None` is nothing, and whoever waits hits their own time-out.
    pub fallback: Option<Fallback>,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self {
            url: "nats://127.0.0.1:4222".to_owned(),
            credentials: Credentials::None,
            tls: Tls::default(),
            connect_timeout: None,
            subjects: Vec::new(),
            queue: None,
            concurrency: thread::available_parallelism().map_or(4, usize::from).max(4),
            max_age: Duration::from_secs(1),
            max_request: 1 << 20,
            max_pending: 10_000,
            max_pending_bytes: 64 << 20,
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
    #[error("`{url}` is not an address of a NATS server: {cause}")]
    Address {
        /// What was given, without what may be secret.
        url: String,
        /// What is wrong with it.
        cause: String,
    },
    /// An option has a value with which nothing could be answered.
    #[error("{0}")]
    Option(&'static str),
    /// The credentials cannot be used.
    #[error("cannot authenticate: {0}")]
    Credentials(String),
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
    /// The system refused what is needed, such as a thread.
    #[error("cannot start: {0}")]
    System(#[from] std::io::Error),
}

/// A component that is being served.
pub struct Service {
    stop: oneshot::Sender<()>,
    done: oneshot::Receiver<Result<(), ServiceError>>,
    shared: Arc<Shared>,
}

impl Service {
    /// Connects, waiting for the server if it is not there yet, and subscribes. Messages are handled from when this returns.
    ///
    /// # Errors
    /// When the options cannot be used, or the server refuses the service or its subjects.
    pub async fn start(handler: Handler, options: ServiceOptions) -> Result<Self, ServiceError> {
        check(&options)?;
        let (stop, mut stopped) = oneshot::channel();
        let (ready, started) = oneshot::channel();
        let (end, done) = oneshot::channel();
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(options.concurrency + 4)
            .thread_name("warrego-message")
            .build()?;
        let run = move || {
            let drain = options.drain;
            let result = runtime.block_on(async {
                let started = tokio::select! {
                    biased;
                    _ = &mut stopped => return Ok(()),
                    started = Worker::start(handler, options) => started,
                };
                let worker = match started {
                    Ok(worker) => worker,
                    Err(error) => {
                        // Who called may have stopped waiting.
                        let _ = ready.send(Err(error));
                        return Ok(());
                    }
                };
                if ready.send(Ok(Arc::clone(&worker.shared))).is_err() {
                    return Ok(());
                }
                // All that has been received is taken before the connection is read again; see `IN_HAND`.
                unconstrained(worker.run(stopped)).await
            });
            stop_threads(runtime, drain, &result);
            let _ = end.send(result);
        };
        thread::Builder::new().name("warrego-nats".to_owned()).spawn(run)?;
        let shared = started.await.unwrap_or(Err(ServiceError::Closed))?;
        Ok(Self { stop, done, shared })
    }

    /// Handles messages that begin from now on by another component.
    pub fn replace(&self, handler: Handler) {
        *self.shared.handler.write().unwrap_or_else(PoisonError::into_inner) = handler;
    }

    /// What has become of the messages so far.
    pub fn statistics(&self) -> Statistics {
        self.shared.counters.statistics()
    }

    /// Takes no more messages, finishes those at hand, and closes the connection.
    ///
    /// # Errors
    /// When that takes longer than [`ServiceOptions::drain`].
    pub async fn drain(self) -> Result<Statistics, ServiceError> {
        // If the worker is gone already there is nothing to tell it.
        let _ = self.stop.send(());
        self.done.await.unwrap_or(Err(ServiceError::Closed))?;
        Ok(self.shared.counters.statistics())
    }

    /// Waits until the service ends by itself, which it does only when the connection is closed for good, or a subscription is refused.
    ///
    /// # Errors
    /// When it has.
    pub async fn ended(&mut self) -> Result<(), ServiceError> {
        (&mut self.done).await.unwrap_or(Err(ServiceError::Closed))
    }
}

fn check(options: &ServiceOptions) -> Result<(), ServiceError> {
    let problem = if options.concurrency == 0 {
        "the concurrency must be at least 1"
    } else if options.max_age.is_zero() {
        "requests must be allowed to wait for longer than no time"
    } else if options.max_request == 0 || options.max_pending == 0 {
        "the sizes of a request and of the queue must be at least 1"
    } else if options.max_pending_bytes < options.max_request {
        "the queue must have room for the largest request"
    } else {
        return Ok(());
    };
    Err(ServiceError::Option(problem))
}

/// Ends a runtime. Threads that did not finish in time are left behind.
fn stop_threads(runtime: Runtime, patience: Duration, result: &Result<(), ServiceError>) {
    if result.is_ok() {
        runtime.shutdown_timeout(patience);
    } else {
        runtime.shutdown_background();
    }
}

/// What the thread of the connection and those of the component share.
struct Shared {
    handler: RwLock<Handler>,
    client: Client,
    runtime: Handle,
    fallback: Option<Fallback>,
    concurrency: usize,
    counters: Arc<Counters>,
    work: Mutex<Work>,
    /// Notified when nothing is at work any more.
    idle: Notify,
}

struct Work {
    queue: Queue,
    at_work: usize,
    late: Late,
}

/// Denials that wait to be sent.
#[derive(Default)]
struct Late {
    /// When it is to be sent, where, and what.
    denials: VecDeque<(Instant, String, Vec<u8>)>,
    bytes: usize,
}

impl Late {
    fn take(&mut self, now: Instant) -> Option<(Instant, String, Vec<u8>)> {
        self.denials.pop_front_if(|(due, ..)| *due <= now).inspect(|(_, reply, body)| {
            self.bytes -= reply.len() + body.len();
        })
    }
}

impl Shared {
    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Handles one message, and sees to it that whoever waits gets an answer.
    fn handle(&self, message: BrokerMessage) {
        let handler = self.handler.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (answered, result) = handler.handle(self.client.clone(), self.runtime.clone(), &message);
        let silent = !answered && message.reply_to.is_some() && self.fallback.is_some();
        let result = result.and(if silent { Err(HandlerError::Silent) } else { Ok(()) });
        let Err(cause) = result else {
            add(&self.counters.handled);
            return;
        };
        add(&self.counters.failed);
        error!(%cause, "a message was not handled");
        if let (Some(reply), Some(fallback), false) = (message.reply_to, self.fallback, answered) {
            let answer = fallback(&message.body, &cause);
            if let Err(error) = self.runtime.block_on(self.client.publish(reply, answer.into())) {
                error!(%error, "no answer was sent");
            }
        }
    }

    /// Denies requests that no component will see, when it is time to. Those that are denied later wait behind those that are denied at once.
    fn deny(&self, requests: Vec<BrokerMessage>, cause: &HandlerError, due: impl Fn() -> Option<Instant>) {
        for request in requests {
            let Some((reply, fallback)) = request.reply_to.zip(self.fallback) else {
                continue;
            };
            let body = fallback(&request.body, cause);
            let mut work = self.work();
            let late = &mut work.late;
            if late.bytes + reply.len() + body.len() > LATE {
                add(&self.counters.unanswered);
                continue;
            }
            late.bytes += reply.len() + body.len();
            match due() {
                Some(due) => late.denials.push_back((due, reply, body)),
                None => late.denials.push_front((Instant::now(), reply, body)),
            }
        }
    }

    /// Denies requests that have waited for too long.
    fn expire(&self, requests: Vec<Request>, age: Duration) {
        self.counters.expired.fetch_add(requests.len() as u64, Ordering::Relaxed);
        let requests = requests.into_iter().map(|request| request.message).collect();
        self.deny(requests, &HandlerError::Expired(age), || None);
    }

    /// Sends the denials that are due, as many as the connection takes without waiting.
    fn send(&self, now: Instant) {
        loop {
            let Some((due, reply, body)) = self.work().late.take(now) else {
                return;
            };
            let sent = self.client.publish(reply.clone(), body.clone().into()).now_or_never();
            if sent.is_none() {
                let mut work = self.work();
                work.late.bytes += reply.len() + body.len();
                work.late.denials.push_front((due, reply, body));
                return;
            }
            if !matches!(sent, Some(Ok(()))) {
                add(&self.counters.unanswered);
            }
        }
    }
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// A slot for one request after another, given back whatever happens.
struct Slot<'a> {
    shared: &'a Shared,
    /// The lane of the request at work.
    lane: Option<Lane>,
}

impl Slot<'_> {
    /// Ends the work on a request and takes the next one. Without a next one the slot is free before anybody else looks at the queue.
    fn next(&mut self, shed: &mut Vec<Request>) -> Option<Request> {
        let mut work = self.shared.work();
        work.finish(self.lane.take(), &self.shared.idle, |queue| {
            let request = queue.next(Instant::now(), shed);
            self.lane = request.as_ref().map(|request| request.lane);
            request
        })
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if self.lane.is_some() {
            self.shared.work().finish(self.lane.take(), &self.shared.idle, |_| None);
        }
    }
}

impl Work {
    /// Whether there is something to be looked at by and by.
    fn is_waiting(&self) -> bool {
        !self.queue.is_empty() || !self.late.denials.is_empty()
    }

    /// Ends the work on a request; its slot goes to the next one, if there is one.
    fn finish(&mut self, lane: Option<Lane>, idle: &Notify, next: impl FnOnce(&mut Queue) -> Option<Request>) -> Option<Request> {
        if let Some(lane) = lane {
            self.queue.finish(lane);
        }
        let next = next(&mut self.queue);
        if next.is_none() {
            self.at_work -= 1;
            if self.at_work == 0 {
                idle.notify_one();
            }
        }
        next
    }
}

/// The thread of the connection.
struct Worker {
    shared: Arc<Shared>,
    options: ServiceOptions,
    subscribers: SelectAll<Subscriber>,
    refused: UnboundedReceiver<String>,
}

impl Worker {
    async fn start(handler: Handler, options: ServiceOptions) -> Result<Self, ServiceError> {
        let servers = Servers::parse(&options.url, options.credentials.clone())?;
        let counters = Arc::new(Counters::default());
        let (refuse, refused) = unbounded_channel();
        let client = servers.connect(&options.tls, options.connect_timeout, &counters, &refuse).await?;
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
        client.flush().await.map_err(|error| ServiceError::Connect(error.to_string()))?;
        info!(url = %servers.names(), subjects = %options.subjects.join(", "), queue = options.queue.as_deref().unwrap_or("none"), "serving");
        let bounds = Bounds {
            messages: options.max_pending,
            bytes: options.max_pending_bytes,
            age: options.max_age,
            share: options.concurrency - options.concurrency / 4,
        };
        let shared = Shared {
            handler: RwLock::new(handler),
            client,
            runtime: Handle::current(),
            fallback: options.fallback,
            concurrency: options.concurrency,
            counters,
            work: Mutex::new(Work {
                queue: Queue::new(bounds),
                at_work: 0,
                late: Late::default(),
            }),
            idle: Notify::new(),
        };
        Ok(Self {
            shared: Arc::new(shared),
            subscribers: select_all(subscribers),
            refused,
            options,
        })
    }

    async fn run(mut self, mut stopped: oneshot::Receiver<()>) -> Result<(), ServiceError> {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut report = interval(REPORT);
        let mut reported = 0;
        loop {
            let waiting = self.shared.work().is_waiting();
            tokio::select! {
                biased;
                _ = &mut stopped => break,
                Some(cause) = self.refused.recv() => return Err(ServiceError::Subscribe(cause)),
                _ = tick.tick(), if waiting => self.tidy(),
                _ = report.tick() => {
                    let statistics = self.shared.counters.statistics();
                    if statistics.shed() > reported {
                        reported = statistics.shed();
                        warn!("overloaded: {statistics}");
                    }
                }
                next = self.subscribers.next() => match next {
                    Some(message) => self.take(message),
                    None => return Err(ServiceError::Closed),
                },
            }
        }
        info!("draining");
        let result = timeout(self.options.drain, self.finish()).await;
        info!("{}", self.shared.counters.statistics());
        result.map_err(|_| ServiceError::Unfinished(self.shared.work().at_work))
    }

    /// Puts a message into the queue. What it carries is copied, since it points into a larger piece of what was read.
    fn take(&self, message: async_nats::Message) {
        let shared = &self.shared;
        add(&shared.counters.received);
        let size = message.payload.len();
        let now = Instant::now();
        let message = BrokerMessage {
            subject: message.subject.to_string(),
            reply_to: message.reply.map(|reply| reply.to_string()),
            body: message.payload.to_vec(),
        };
        if size > self.options.max_request {
            add(&shared.counters.oversized);
            let limit = self.options.max_request;
            shared.deny(vec![message], &HandlerError::TooLarge { size, limit }, || None);
            shared.send(now);
            return;
        }
        let dropped = shared.work().queue.push(message, now);
        shared.counters.dropped.fetch_add(dropped.len() as u64, Ordering::Relaxed);
        for request in dropped {
            let due = request.received + self.options.max_age;
            shared.deny(vec![request.message], &HandlerError::Dropped, || Some(due));
        }
        self.dispatch(now);
    }

    /// Gives a waiting request to a thread of its own, if there is a slot for it.
    fn dispatch(&self, now: Instant) {
        let mut shed = Vec::new();
        let mut work = self.shared.work();
        if work.at_work < self.shared.concurrency
            && let Some(request) = work.queue.next(now, &mut shed)
        {
            work.at_work += 1;
            let (shared, age) = (Arc::clone(&self.shared), self.options.max_age);
            spawn_blocking(move || serve(&shared, request, age));
        }
        drop(work);
        self.shared.expire(shed, self.options.max_age);
    }

    /// Sheds what is old, and sends the denials that are due.
    fn tidy(&self) {
        let now = Instant::now();
        let old = self.shared.work().queue.expire(now);
        self.shared.expire(old, self.options.max_age);
        self.shared.send(now);
        // A thread that panicked has left its slot to nobody.
        self.dispatch(now);
    }

    /// Handles what the server had sent before it learned that we want no more, and waits for all to be done. Without a connection there is nobody to
    /// answer, and nothing to wait for but what is at work.
    async fn finish(&mut self) {
        let is_connected = |shared: &Shared| shared.client.connection_state() == State::Connected;
        if is_connected(&self.shared) {
            for subscriber in self.subscribers.iter_mut() {
                if let Err(error) = subscriber.drain().await {
                    warn!(%error, "cannot unsubscribe");
                }
            }
            while let Some(message) = self.subscribers.next().await {
                self.take(message);
            }
        }
        while self.shared.work().at_work > 0 {
            self.shared.idle.notified().await;
        }
        while self.shared.work().is_waiting() && is_connected(&self.shared) {
            self.shared.send(Instant::now() + self.options.max_age);
            yield_now().await;
        }
        if is_connected(&self.shared)
            && let Err(error) = self.shared.client.flush().await
        {
            warn!(%error, "cannot flush");
        }
    }
}

/// Handles a request, and then those that wait, until none does.
fn serve(shared: &Shared, request: Request, age: Duration) {
    let mut slot = Slot {
        shared,
        lane: Some(request.lane),
    };
    let mut next = Some(request);
    while let Some(request) = next {
        shared.handle(request.message);
        let mut shed = Vec::new();
        next = slot.next(&mut shed);
        shared.expire(shed, age);
    }
}
