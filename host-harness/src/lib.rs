//! Runs compiled policies inside a service.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use warrego_host::{Engine, EngineOptions, Limits, Policy, Pool};
//!
//! let engine = Engine::new(EngineOptions::default())?;
//! let policy = Policy::load(&engine, &std::fs::read("policy.wasm")?, Limits::default())?;
//! let pool = Pool::new(policy);
//! let decision = pool.decide("wasmcloud/access/allow", Some(r#"{"kind": "startComponent"}"#))?;
//! # Ok(())
//! # }
//! ```
//!
//! From the bottom up: an [`Engine`] compiles components and runs them; a [`Policy`] is a loaded component; an [`Instance`] makes decisions, one at a
//! time; a [`Pool`] does so for many threads; a [`Switch`] lets a policy be replaced while they do. [`compose`] joins a policy with an adapter, and
//! [`messaging`] runs the result on a NATS server. Nothing here knows Rego.

mod bindings;
pub mod cache;
pub mod compose;
mod engine;
mod error;
mod grants;
mod instance;
mod limits;
pub mod messaging;
mod outside;
mod policy;
mod pool;
mod switch;
pub mod wasmcloud;

pub use bindings::policy::exports::warrego::policy::types;
pub use engine::{Effort, Engine, EngineOptions};
pub use error::{DecisionError, Detail, LoadError, Location};
pub use grants::{Capability, Clock, Grants, HostPattern, InvalidHost, InvalidSubject, Log, Random, SubjectPattern};
pub use instance::Instance;
pub use limits::Limits;
pub use policy::Policy;
pub use pool::Pool;
pub use switch::{Carry, Switch};
