//! `wasi:io/poll` that ends with the decision's deadline, in the way in which running out of time ends it elsewhere.

use std::future::Future;
use std::time::Instant;

use wasmtime::Trap;
use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::sync::io::poll;
use wasmtime_wasi::runtime::in_tokio;
use wasmtime_wasi_io::bindings::wasi::io::poll as asynchronous;

/// Says that [`Waiting`] is what implements the interface.
pub(super) struct Wait;

impl HasData for Wait {
    type Data<'a> = Waiting<'a>;
}

/// What can be waited for, and until when.
pub(super) struct Waiting<'a> {
    pub(super) table: &'a mut ResourceTable,
    pub(super) deadline: Option<Instant>,
}

/// Waits for something, at most until then.
fn until<T>(deadline: Option<Instant>, thing: impl Future<Output = wasmtime::Result<T>>) -> wasmtime::Result<T> {
    in_tokio(async {
        match deadline {
            Some(deadline) => tokio::time::timeout_at(deadline.into(), thing)
                .await
                .unwrap_or_else(|_| Err(Trap::Interrupt.into())),
            None => thing.await,
        }
    })
}

impl poll::Host for Waiting<'_> {
    fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
        until(self.deadline, asynchronous::Host::poll(self.table, pollables))
    }
}

impl poll::HostPollable for Waiting<'_> {
    fn ready(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<bool> {
        poll::HostPollable::ready(self.table, pollable)
    }

    fn block(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        until(self.deadline, asynchronous::HostPollable::block(self.table, pollable))
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        poll::HostPollable::drop(self.table, pollable)
    }
}
