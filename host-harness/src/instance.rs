//! One instance of a policy: the place where decisions are made. An instance belongs to one thread at a time and makes one decision after
//! another; nothing but the data pushed to it outlives a decision.
//!
//! A decision that traps or hits a limit leaves an undefined state behind in the instance's memory. Its store is thrown away on
//! the spot, and the instance says [`DecisionError::Spent`] from then on: there is no way to go on with it by mistake.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::{Store, Trap};
use wasmtime_wasi::{WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView};

use crate::bindings::policy::exports::warrego::policy::types::{self, PolicyInfo, PolicyRequest, PolicyResponse};
use crate::bindings::policy::exports::warrego::policy::{evaluator, policy_service};
use crate::error::DecisionError;
use crate::limits::MemoryLimiter;
use crate::outside::{Denied, HasOutside, Outside};
use crate::policy::{Loaded, Policy};

/// What a store holds beside the instance.
pub(crate) struct State {
    limiter: MemoryLimiter,
    outside: Outside,
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

/// An instance of a policy.
pub struct Instance {
    policy: Policy,
    live: Option<Live>,
}

/// What is thrown away when a decision goes wrong.
pub(crate) struct Live {
    store: Store<State>,
    evaluator: evaluator::Guest,
    service: Option<policy_service::Guest>,
}

impl Instance {
    pub(crate) fn new(policy: Policy) -> Result<Self, DecisionError> {
        let live = Some(Self::start(&policy.inner)?);
        Ok(Self { policy, live })
    }

    /// Starts an instance, which then has the rest of [`Limits::loading`](crate::Limits::loading) for a first call.
    pub(crate) fn start(policy: &Loaded) -> Result<Live, DecisionError> {
        let state = State {
            limiter: MemoryLimiter::new(policy.limits.memory),
            outside: Outside::new(Arc::clone(&policy.grants)),
        };
        let mut store = Store::new(policy.engine.wasmtime(), state);
        store.limiter(|state| &mut state.limiter);
        let time = policy.limits.loading();
        store.set_epoch_deadline(policy.engine.ticks(Some(time)));
        if policy.waits {
            store.data_mut().outside.begin(Some(time));
        }
        let instance = match policy.pre.instantiate(&mut store) {
            Ok(instance) => instance,
            Err(error) => {
                return Err(match cause(store.data(), policy, Some(time), &error) {
                    DecisionError::Trap(_) => DecisionError::Start(format!("{error:#}")),
                    limit => limit,
                });
            }
        };
        let start = |error: wasmtime::Error| DecisionError::Start(format!("{error:#}"));
        let evaluator = policy.evaluator.load(&mut store, &instance).map_err(start)?;
        let service = match &policy.service {
            Some(service) => Some(service.load(&mut store, &instance).map_err(start)?),
            None => None,
        };
        Ok(Live { store, evaluator, service })
    }

    /// The policy it is an instance of.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Whether it was given up after a failure.
    pub fn is_spent(&self) -> bool {
        self.live.is_none()
    }

    /// Bytes of linear memory and tables it holds.
    pub fn memory(&self) -> usize {
        self.live.as_ref().map_or(0, |live| live.store.data().limiter.used())
    }

    /// Describes the policy: its name, its entrypoints and what they read, its capabilities.
    ///
    /// # Errors
    /// When the component fails, after which the instance is spent.
    pub fn describe(&mut self) -> Result<PolicyInfo, DecisionError> {
        self.call(|live| live.evaluator.call_describe(&mut live.store).map(Ok))
    }

    /// Decides by the entrypoint's name, with text in and text out: `input` is a JSON document, or `None` for an undefined `input`. The result is a JSON
    /// document, or `None` for undefined.
    ///
    /// # Errors
    /// As [`Instance::evaluate`].
    pub fn decide(&mut self, entrypoint: &str, input: Option<&str>) -> Result<Option<String>, DecisionError> {
        self.call(|live| live.evaluator.call_decide(&mut live.store, entrypoint, input))
    }

    /// Decides by the entrypoint's number, with bytes in and bytes out: `input` is a JSON document, or `None` for an undefined `input`. The result is a JSON
    /// document, or `None` for undefined. Empty bytes are malformed input.
    ///
    /// # Errors
    /// The policy's own errors, of which it recovers; a deadline, exhausted memory or a trap, after which the instance is spent.
    pub fn evaluate(&mut self, entrypoint: u32, input: Option<&[u8]>) -> Result<Option<Vec<u8>>, DecisionError> {
        self.call(|live| live.evaluator.call_evaluate(&mut live.store, entrypoint, input))
    }

    /// Decides a request of wasmCloud's policy service, with no JSON in between.
    ///
    /// # Errors
    /// As [`Instance::evaluate`], and [`DecisionError::NoPolicyService`].
    pub fn decide_request(&mut self, request: &PolicyRequest) -> Result<PolicyResponse, DecisionError> {
        if self.live.as_ref().is_some_and(|live| live.service.is_none()) {
            return Err(DecisionError::NoPolicyService);
        }
        self.call(|live| match &live.service {
            Some(service) => service.call_decide(&mut live.store, request),
            None => Err(wasmtime::Error::msg("no policy service")),
        })
    }

    /// Replaces all base documents by a JSON object, for the decisions that follow.
    ///
    /// # Errors
    /// As [`Instance::evaluate`]; the data stays as it was unless the instance is spent.
    pub fn set_data(&mut self, data: &str) -> Result<(), DecisionError> {
        self.call(|live| live.evaluator.call_set_data(&mut live.store, data))
    }

    /// Sets the base document at a JSON pointer to a JSON document, or removes it.
    ///
    /// # Errors
    /// As [`Instance::set_data`].
    pub fn patch_data(&mut self, path: &str, value: Option<&str>) -> Result<(), DecisionError> {
        self.call(|live| live.evaluator.call_patch_data(&mut live.store, path, value))
    }

    /// Calls into the instance under its limits; gives it up if that fails in another way than the policy's own.
    #[inline]
    fn call<T>(&mut self, call: impl FnOnce(&mut Live) -> wasmtime::Result<Result<T, types::Error>>) -> Result<T, DecisionError> {
        let Some(live) = &mut self.live else {
            return Err(DecisionError::Spent);
        };
        live.store.set_epoch_deadline(self.policy.inner.ticks);
        live.store.data_mut().limiter.refused = false;
        if self.policy.inner.waits {
            live.store.data_mut().outside.begin(self.policy.inner.limits.deadline);
        }
        match call(live) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(error.into()),
            Err(error) => {
                let policy = &self.policy.inner;
                let error = cause(live.store.data(), policy, policy.limits.deadline, &error);
                self.live = None;
                Err(error)
            }
        }
    }
}

impl Live {
    /// Asks for the entrypoints' names, in the time that is left of the start.
    pub(crate) fn entrypoints(&mut self, policy: &Loaded) -> Result<Vec<String>, DecisionError> {
        self.evaluator
            .call_entrypoints(&mut self.store)
            .map_err(|error| cause(self.store.data(), policy, Some(policy.limits.loading()), &error))
    }
}

/// Tells a trap's causes apart. A decision that was refused memory and then trapped, or went on until its deadline, failed for want of memory.
fn cause(state: &State, policy: &Loaded, deadline: Option<Duration>, error: &wasmtime::Error) -> DecisionError {
    if let Some(Denied(capability)) = error.downcast_ref() {
        return DecisionError::Denied(*capability);
    }
    match (error.downcast_ref::<Trap>(), deadline) {
        _ if state.limiter.refused => DecisionError::Memory(policy.limits.memory),
        (Some(Trap::Interrupt), Some(deadline)) => DecisionError::Deadline(deadline),
        (Some(trap), _) => DecisionError::Trap(trap.to_string()),
        (None, _) => DecisionError::Trap(format!("{error:#}")),
    }
}
