//! Everything in WASI that waits, which is `wasi:io/poll` and `wasi:io/streams`, in a form that ends with the deadline, in the way in which running out of
//! time ends a decision elsewhere. All other interfaces only start something, and return what these two can wait for.

use std::future::Future;
use std::time::Instant;

use wasmtime::Trap;
use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::sync::io::{poll, streams};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, StreamError, StreamResult};
use wasmtime_wasi::runtime::in_tokio;
use wasmtime_wasi_io::bindings::wasi::io::poll as asynchronous;
use wasmtime_wasi_io::bindings::wasi::io::streams::{HostInputStream as In, HostOutputStream as Out};

/// Says that [`Waiting`] is what implements the interfaces.
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
fn until<T>(deadline: Option<Instant>, thing: impl Future<Output = T>) -> wasmtime::Result<T> {
    in_tokio(async {
        match deadline {
            Some(deadline) => tokio::time::timeout_at(deadline.into(), thing)
                .await
                .map_err(|_| Trap::Interrupt.into()),
            None => Ok(thing.await),
        }
    })
}

/// Waits for what a stream does, at most until then.
fn stream<T>(deadline: Option<Instant>, thing: impl Future<Output = StreamResult<T>>) -> StreamResult<T> {
    until(deadline, thing).map_err(StreamError::Trap)?
}

impl poll::Host for Waiting<'_> {
    fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
        until(self.deadline, asynchronous::Host::poll(self.table, pollables))?
    }
}

impl poll::HostPollable for Waiting<'_> {
    fn ready(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<bool> {
        until(self.deadline, asynchronous::HostPollable::ready(self.table, pollable))?
    }

    fn block(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        until(self.deadline, asynchronous::HostPollable::block(self.table, pollable))?
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        poll::HostPollable::drop(self.table, pollable)
    }
}

impl streams::Host for Waiting<'_> {
    fn convert_stream_error(&mut self, error: StreamError) -> wasmtime::Result<streams::StreamError> {
        streams::Host::convert_stream_error(self.table, error)
    }
}

impl streams::HostInputStream for Waiting<'_> {
    fn read(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<Vec<u8>> {
        In::read(self.table, stream, len)
    }

    fn blocking_read(&mut self, source: Resource<DynInputStream>, len: u64) -> StreamResult<Vec<u8>> {
        stream(self.deadline, In::blocking_read(self.table, source, len))
    }

    fn skip(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        In::skip(self.table, stream, len)
    }

    fn blocking_skip(&mut self, source: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        stream(self.deadline, In::blocking_skip(self.table, source, len))
    }

    fn subscribe(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        In::subscribe(self.table, stream)
    }

    fn drop(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<()> {
        until(self.deadline, In::drop(self.table, stream))?
    }
}

impl streams::HostOutputStream for Waiting<'_> {
    fn check_write(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<u64> {
        Out::check_write(self.table, stream)
    }

    fn write(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        Out::write(self.table, stream, bytes)
    }

    fn blocking_write_and_flush(&mut self, target: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        stream(self.deadline, Out::blocking_write_and_flush(self.table, target, bytes))
    }

    fn flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        Out::flush(self.table, stream)
    }

    fn blocking_flush(&mut self, target: Resource<DynOutputStream>) -> StreamResult<()> {
        stream(self.deadline, Out::blocking_flush(self.table, target))
    }

    fn write_zeroes(&mut self, stream: Resource<DynOutputStream>, len: u64) -> StreamResult<()> {
        Out::write_zeroes(self.table, stream, len)
    }

    fn blocking_write_zeroes_and_flush(&mut self, target: Resource<DynOutputStream>, len: u64) -> StreamResult<()> {
        stream(self.deadline, Out::blocking_write_zeroes_and_flush(self.table, target, len))
    }

    fn splice(&mut self, target: Resource<DynOutputStream>, source: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        Out::splice(self.table, target, source, len)
    }

    fn blocking_splice(&mut self, target: Resource<DynOutputStream>, source: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        stream(self.deadline, Out::blocking_splice(self.table, target, source, len))
    }

    fn subscribe(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        Out::subscribe(self.table, stream)
    }

    fn drop(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<()> {
        until(self.deadline, Out::drop(self.table, stream))?
    }
}
