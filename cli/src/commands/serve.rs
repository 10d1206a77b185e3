//! `warrego serve`: a composed component on a NATS server, until told to stop.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;
use warrego_host::messaging::{Handler, Service, ServiceOptions};
use warrego_host::{Engine, EngineOptions, Limits, LoadError, Log, compose, wasmcloud};

use super::compose::read;
use super::fail;
use crate::duration::{self, GoDuration};
use crate::granted::{Granted, explain};

/// Serve a composed component on a NATS server
#[derive(Args)]
pub struct Serve {
    /// The component, composed with an adapter; a policy built with --policy-service is composed on the way
    component: PathBuf,
    /// The NATS server; several, separated by commas, are tried in turn
    #[arg(long, value_name = "URL", env = "NATS_URL", default_value = "nats://127.0.0.1:4222")]
    nats: String,
    /// A subject to subscribe to, such as the policy topic of a lattice; may be repeated
    #[arg(long = "subject", value_name = "SUBJECT", required = true)]
    subjects: Vec<String>,
    /// A queue group: of several servers in it, one answers each message
    #[arg(long)]
    queue: Option<String>,
    /// The longest a message may take; wasmCloud's hosts wait for a second
    #[arg(long, value_parser = duration::parse, default_value = "800ms")]
    timeout: GoDuration,
    /// The most memory a message may take, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    memory: usize,
    /// How many messages are handled at once
    #[arg(long)]
    concurrency: Option<usize>,
    /// How long to wait for messages at work when told to stop
    #[arg(long, value_parser = duration::parse, default_value = "30s")]
    drain: GoDuration,
    /// A folder for compiled components that only this user may write to
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,
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
        match runtime.block_on(self.serve()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => fail(1, &message),
        }
    }

    async fn serve(self) -> Result<(), String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let mut terminate = signal(SignalKind::terminate()).map_err(|error| text(&error))?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| text(&error))?;
        let handler = self.load()?;
        let mut options = ServiceOptions {
            url: self.nats,
            subjects: self.subjects,
            queue: self.queue,
            drain: self.drain.0,
            fallback: Some(wasmcloud::denial),
            ..ServiceOptions::default()
        };
        options.concurrency = self.concurrency.unwrap_or(options.concurrency);
        let mut service = tokio::select! {
            started = Service::start(handler, options) => started.map_err(|error| text(&error))?,
            // Nothing has been taken on yet.
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
        };
        tokio::select! {
            ended = service.ended() => return ended.map_err(|error| text(&error)),
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        service.drain().await.map_err(|error| text(&error))?;
        info!("stopped");
        Ok(())
    }

    fn load(&self) -> Result<Handler, String> {
        let bytes = read(&self.component)?;
        let engine = Engine::new(EngineOptions {
            cache: self.cache.clone(),
            ..EngineOptions::default()
        })
        .map_err(|error| error.to_string())?;
        let limits = Limits {
            deadline: Some(self.timeout.0),
            memory: self.memory << 20,
        };
        let grants = self.granted.grants(Log::Tracing);
        match Handler::load_with(&engine, &bytes, limits, grants.clone()) {
            Err(LoadError::NoExport(_)) => {
                let composed = compose::wasmcloud(&bytes).map_err(|error| match error.hint() {
                    Some(hint) => format!("{error}\nhint: {hint}"),
                    None => error.to_string(),
                })?;
                info!("composed with the adapter for wasmCloud");
                Handler::load_with(&engine, &composed, limits, grants)
            }
            loaded => loaded,
        }
        .map_err(|error| explain(&error))
    }
}
