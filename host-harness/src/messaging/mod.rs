//! `wasmcloud:messaging` on a NATS server: runs a component that handles messages, such as a policy composed with its adapter.
//!
//! [`Handler`] is the component, [`Service`] its connection to the server. Each message is handled by an instance of its own, as wasmCloud's hosts
//! do it, on a thread where it may block; how many at once is bounded, and what does not fit waits in a bounded queue. The client reconnects and
//! subscribes again when the server goes away, so only what was on its way at that moment is lost.

mod connection;
mod handler;
mod queue;
mod service;
mod statistics;

pub use connection::{Credentials, Tls};
pub use handler::{Handler, HandlerError};
pub use service::{Fallback, Service, ServiceError, ServiceOptions};
pub use statistics::Statistics;
