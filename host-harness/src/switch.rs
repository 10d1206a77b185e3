//! A policy that can be replaced by another while decisions go on.
//!
//! A decision belongs to the policy that was in force when it began: it runs on an instance of that policy to its end, finds its entrypoint by name
//! in that same policy, and never sees the other. A replacement is started before it is put in force, so one that does not start changes nothing.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::bindings::policy::exports::warrego::policy::types::{PolicyRequest, PolicyResponse};
use crate::error::{DecisionError, Detail};
use crate::policy::Policy;
use crate::pool::Pool;

/// Which data a replacement begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Carry {
    /// What it was built with.
    #[default]
    Nothing,
    /// What was pushed to its predecessor.
    Data,
}

/// The policy in force.
pub struct Switch {
    current: RwLock<Arc<Pool>>,
    /// Held by whoever changes the policy or its data, so that no change falls between two policies.
    changes: Mutex<()>,
}

impl Switch {
    /// Puts a first policy in force.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn new(policy: Policy) -> Result<Self, DecisionError> {
        let pool = Pool::new(policy);
        pool.warm()?;
        Ok(Self {
            current: RwLock::new(Arc::new(pool)),
            changes: Mutex::default(),
        })
    }

    /// The instances of the policy in force: for several decisions that must be of one policy.
    pub fn current(&self) -> Arc<Pool> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another policy in force. Decisions that begin after this returns are made by it.
    ///
    /// # Errors
    /// When it cannot be started, or does not take the data; then the old one stays in force.
    pub fn replace(&self, policy: Policy, carry: Carry) -> Result<(), DecisionError> {
        let _change = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = match carry {
            Carry::Data => Pool::with_data_of(policy, &self.current())?,
            Carry::Nothing => Pool::new(policy),
        };
        pool.warm()?;
        let old = std::mem::replace(&mut *self.current.write().unwrap_or_else(PoisonError::into_inner), Arc::new(pool));
        // Its instances are given back here and not while the lock is held; those at work follow when they are done.
        drop(old);
        Ok(())
    }

    /// Decides by the entrypoint's name, with text in and text out.
    ///
    /// # Errors
    /// As [`Instance::decide`](crate::Instance::decide).
    pub fn decide(&self, entrypoint: &str, input: Option<&str>) -> Result<Option<String>, DecisionError> {
        self.current().decide(entrypoint, input)
    }

    /// Decides by the entrypoint's name, with bytes in and bytes out.
    ///
    /// # Errors
    /// As [`Instance::evaluate`](crate::Instance::evaluate).
    pub fn evaluate(&self, entrypoint: &str, input: Option<&[u8]>) -> Result<Option<Vec<u8>>, DecisionError> {
        let pool = self.current();
        let number = pool.policy().entrypoint(entrypoint).ok_or_else(|| unknown(entrypoint))?;
        pool.evaluate(number, input)
    }

    /// Decides a request of wasmCloud's policy service.
    ///
    /// # Errors
    /// As [`Instance::decide_request`](crate::Instance::decide_request).
    pub fn decide_request(&self, request: &PolicyRequest) -> Result<PolicyResponse, DecisionError> {
        self.current().decide_request(request)
    }

    /// Replaces the data of the policy in force.
    ///
    /// # Errors
    /// As [`Pool::set_data`].
    pub fn set_data(&self, data: &str) -> Result<(), DecisionError> {
        let _change = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        self.current().set_data(data)
    }

    /// Changes the data of the policy in force.
    ///
    /// # Errors
    /// As [`Pool::patch_data`].
    pub fn patch_data(&self, path: &str, value: Option<&str>) -> Result<(), DecisionError> {
        let _change = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        self.current().patch_data(path, value)
    }
}

fn unknown(entrypoint: &str) -> DecisionError {
    let message = format!("the policy has no entrypoint `{entrypoint}`");
    DecisionError::UnknownEntrypoint(Detail {
        code: "unknown_entrypoint".to_owned(),
        message,
        location: None,
    })
}
