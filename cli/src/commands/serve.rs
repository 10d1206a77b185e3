//! `warrego serve`: a composed component on a NATS server, until told to stop. SIGHUP loads the component's file again.

mod server;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::{JoinHandle, spawn_blocking};
use tracing::{error, info};
use warrego_host::messaging::{Handler, Service, ServiceOptions};
use warrego_host::{Engine, EngineOptions, Grants, Limits, LoadError, Log, compose, wasmcloud};

use self::server::Server;
use super::fail;
use super::files::component;
use crate::duration::{self, GoDuration};
use crate::granted::{Granted, explain};

/// Serve a composed component on a NATS server
///
/// SIGTERM and SIGINT finish the messages at hand and stop; SIGHUP loads the component's file again, and keeps the old one if that fails.
#[derive(Args)]
pub struct Serve {
    /// The component, composed with an adapter; a policy built with --policy-service is composed on the way
    component: PathBuf,
    /// A subject to subscribe to, such as the policy topic of a lattice; may be repeated
    #[arg(long = "subject", value_name = "SUBJECT", required = true)]
    subjects: Vec<String>,
    /// A queue group: of several servers in it, one answers each message
    #[arg(long)]
    queue: Option<String>,
    /// The longest a message may take; wasmCloud's hosts wait for a second
    #[arg(long, value_parser = duration::positive, default_value = "800ms")]
    timeout: GoDuration,
    /// The most memory a message may take, in MiB
    #[arg(long, value_name = "MIB", default_value = "256", value_parser = mebibytes)]
    memory: usize,
    /// How many messages are handled at once
    #[arg(long, value_name = "NUMBER", value_parser = at_least_one)]
    concurrency: Option<usize>,
    /// How long askers wait; requests that have waited for longer are denied without a decision
    #[arg(long, value_name = "DURATION", value_parser = duration::positive, default_value = "1s")]
    max_age: GoDuration,
    /// The largest message, in MiB; larger ones are denied without a decision
    #[arg(long, value_name = "MIB", default_value = "1", value_parser = mebibytes)]
    max_request: usize,
    /// How many messages may wait; the oldest of those who ask most are denied first
    #[arg(long, value_name = "NUMBER", default_value = "10000", value_parser = at_least_one)]
    max_pending: usize,
    /// How much memory the messages that wait may take, in MiB
    #[arg(long, value_name = "MIB", default_value = "64", value_parser = mebibytes)]
    max_pending_memory: usize,
    /// How long to wait for messages at work when told to stop
    #[arg(long, value_parser = duration::parse, default_value = "30s")]
    drain: GoDuration,
    /// A folder for compiled components that only this user may write to
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    granted: Granted,
}

impl Serve {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return fail(1, &format!("cannot start: {error}")),
        };
        let result = runtime.block_on(self.serve());
        // A component that is still being loaded is of no use any more.
        runtime.shutdown_background();
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => fail(1, &message),
        }
    }

    async fn serve(self) -> Result<(), String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let listen = |kind| signal(kind).map_err(|error| error.to_string());
        let mut terminate = listen(SignalKind::terminate())?;
        let mut interrupt = listen(SignalKind::interrupt())?;
        let mut reload = listen(SignalKind::hangup())?;
        let source = Arc::new(Source::new(&self)?);
        let handler = source.load()?;
        let mut options = ServiceOptions {
            subjects: self.subjects,
            queue: self.queue,
            max_age: self.max_age.0,
            max_request: self.max_request,
            max_pending: self.max_pending,
            max_pending_bytes: self.max_pending_memory,
            drain: self.drain.0,
            fallback: Some(wasmcloud::denial),
            ..ServiceOptions::default()
        };
        options.concurrency = self.concurrency.unwrap_or(options.concurrency);
        let options = self.server.apply(options);
        let starting = Service::start(handler, options);
        tokio::pin!(starting);
        let mut service = loop {
            tokio::select! {
                started = &mut starting => break started.map_err(|error| text(&error))?,
                // Nothing has been taken on yet.
                () = stop(&mut terminate, &mut interrupt) => return Ok(()),
                _ = reload.recv() => info!("not connected yet; nothing is loaded again"),
            }
        };
        let mut loading = None;
        loop {
            tokio::select! {
                ended = service.ended() => return ended.map_err(|error| text(&error)),
                () = stop(&mut terminate, &mut interrupt) => break,
                _ = reload.recv(), if loading.is_none() => {
                    let source = Arc::clone(&source);
                    loading = Some(spawn_blocking(move || source.load()));
                }
                loaded = finished(&mut loading) => {
                    loading = None;
                    match loaded {
                        Ok(handler) => {
                            service.replace(handler);
                            info!("loaded the component again");
                        }
                        Err(cause) => error!(%cause, "cannot load the component again; the old one stays"),
                    }
                }
            }
        }
        let statistics = service.drain().await.map_err(|error| text(&error))?;
        info!("stopped: {statistics}");
        Ok(())
    }
}

/// Waits for a signal to stop.
async fn stop(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Waits for a component that is being loaded, or for ever.
async fn finished(loading: &mut Option<JoinHandle<Result<Handler, String>>>) -> Result<Handler, String> {
    match loading {
        Some(loading) => loading.await.unwrap_or_else(|error| Err(error.to_string())),
        None => std::future::pending().await,
    }
}

/// Where the component comes from, and what it may do.
struct Source {
    path: PathBuf,
    engine: Engine,
    limits: Limits,
    grants: Grants,
}

impl Source {
    fn new(serve: &Serve) -> Result<Self, String> {
        let engine = Engine::new(EngineOptions {
            cache: serve.cache.clone(),
            ..EngineOptions::default()
        });
        Ok(Self {
            path: serve.component.clone(),
            engine: engine.map_err(|error| error.to_string())?,
            limits: Limits {
                deadline: Some(serve.timeout.0),
                memory: serve.memory,
            },
            grants: serve.granted.grants(Log::Tracing),
        })
    }

    fn load(&self) -> Result<Handler, String> {
        let bytes = component(&self.path)?;
        let handler = |bytes: &[u8]| Handler::load_with(&self.engine, bytes, self.limits, self.grants.clone());
        match handler(&bytes) {
            Err(LoadError::NoExport(_)) => {
                let composed = compose::wasmcloud(&bytes).map_err(|error| match error.hint() {
                    Some(hint) => format!("{}: {error}\nhint: {hint}", self.path.display()),
                    None => format!("{}: {error}", self.path.display()),
                })?;
                info!("composed with the adapter for wasmCloud");
                handler(&composed)
            }
            loaded => loaded,
        }
        .map_err(|error| format!("{}: {}", self.path.display(), explain(&error)))
    }
}

/// A number of MiB, in bytes.
fn mebibytes(text: &str) -> Result<usize, String> {
    at_least_one(text)?
        .checked_mul(1 << 20)
        .ok_or_else(|| format!("`{text}` MiB is more than an address can be"))
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err(format!("`{text}` is not a number")),
    }
}
