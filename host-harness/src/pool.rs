//! Warm instances of one policy for any number of threads, all with the same data.
//!
//! A decision takes an idle instance, or makes one, and puts it back; an instance that was given up is dropped, and the next decision makes another.
//! Idle instances lie in a few shelves, so that threads seldom meet at a lock. Data pushed to the pool is kept as a log: an instance notes
//! how much of it it has seen and catches up before its next decision, so a push neither waits for decisions nor holds them up.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::{hash, thread};

use crate::bindings::policy::exports::warrego::policy::types::{PolicyRequest, PolicyResponse};
use crate::error::DecisionError;
use crate::instance::Instance;
use crate::policy::Policy;

/// Idle instances kept on one shelf.
const SHELF: usize = 32;

/// Instances of one policy.
pub struct Pool {
    policy: Policy,
    shelves: Box<[Mutex<Vec<Member>>]>,
    log: RwLock<Log>,
    /// [`Log::revision`], to be read without the lock.
    revision: AtomicU64,
}

/// An instance, and the revision of the data it has.
struct Member {
    instance: Instance,
    revision: u64,
}

/// The data pushed: all of it, then changes in order.
#[derive(Default, Clone)]
struct Log {
    /// Counts pushes.
    revision: u64,
    /// The revision of `data`.
    since: u64,
    data: Option<Arc<[u8]>>,
    patches: Vec<Patch>,
}

#[derive(Clone)]
struct Patch {
    revision: u64,
    path: Arc<str>,
    value: Option<Arc<[u8]>>,
}

impl Pool {
    /// A pool without instances, and with the policy's own data.
    pub fn new(policy: Policy) -> Self {
        let shelves = thread::available_parallelism().map_or(1, usize::from).min(64);
        let shelves = (0..shelves).map(|_| Mutex::default()).collect();
        Self {
            policy,
            shelves,
            log: RwLock::default(),
            revision: AtomicU64::new(0),
        }
    }

    /// A pool for another policy that has been pushed the same data.
    ///
    /// # Errors
    /// When the policy cannot be started, or does not take the data.
    pub fn with_data_of(policy: Policy, other: &Self) -> Result<Self, DecisionError> {
        let pool = Self::new(policy);
        let log = read(&other.log).clone();
        pool.revision.store(log.revision, Ordering::Release);
        *write(&pool.log) = log;
        pool.warm()?;
        Ok(pool)
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Makes sure of an idle instance, so that the first decision need not make one.
    ///
    /// # Errors
    /// When none can be made.
    pub fn warm(&self) -> Result<(), DecisionError> {
        let member = self.take()?;
        self.put(member);
        Ok(())
    }

    /// Decides on JSON; see [`Instance::evaluate`].
    ///
    /// # Errors
    /// As there.
    pub fn evaluate(&self, entrypoint: u32, input: &[u8]) -> Result<Option<Vec<u8>>, DecisionError> {
        self.run(|instance| instance.evaluate(entrypoint, input))
    }

    /// Decides a request of wasmCloud's policy service; see [`Instance::decide`].
    ///
    /// # Errors
    /// As there.
    pub fn decide(&self, request: &PolicyRequest) -> Result<PolicyResponse, DecisionError> {
        self.run(|instance| instance.decide(request))
    }

    /// Replaces all base documents. Decisions that begin after this returns see it; each sees the data before or after, never a mixture.
    ///
    /// # Errors
    /// When the policy does not take it; then nothing has changed.
    pub fn set_data(&self, data: &[u8]) -> Result<(), DecisionError> {
        let mut log = write(&self.log);
        let mut member = self.take_at(&log)?;
        let result = member.instance.set_data(data);
        if result.is_ok() {
            log.revision += 1;
            *log = Log {
                revision: log.revision,
                since: log.revision,
                data: Some(data.into()),
                patches: Vec::new(),
            };
            member.revision = log.revision;
            self.revision.store(log.revision, Ordering::Release);
        }
        self.put(member);
        result
    }

    /// Sets or removes the base document at a JSON pointer, as [`Pool::set_data`].
    ///
    /// # Errors
    /// As there.
    pub fn patch_data(&self, path: &str, value: Option<&[u8]>) -> Result<(), DecisionError> {
        let mut log = write(&self.log);
        let mut member = self.take_at(&log)?;
        let result = member.instance.patch_data(path, value);
        if result.is_ok() {
            log.revision += 1;
            if value.is_some() {
                log.forget_below(path);
            }
            let revision = log.revision;
            log.patches.push(Patch {
                revision,
                path: path.into(),
                value: value.map(Arc::from),
            });
            member.revision = revision;
            self.revision.store(revision, Ordering::Release);
        }
        self.put(member);
        result
    }

    fn run<T>(&self, decide: impl FnOnce(&mut Instance) -> Result<T, DecisionError>) -> Result<T, DecisionError> {
        let mut member = self.take()?;
        let result = decide(&mut member.instance);
        self.put(member);
        result
    }

    /// An instance with the newest data.
    fn take(&self) -> Result<Member, DecisionError> {
        let mut member = self.take_any()?;
        if member.revision != self.revision.load(Ordering::Acquire) {
            // A copy, which is a few pointers, so that nobody waits while the instance reads its data.
            let log = read(&self.log).clone();
            member.catch_up(&log)?;
        }
        Ok(member)
    }

    /// The same for a caller who holds the log.
    fn take_at(&self, log: &Log) -> Result<Member, DecisionError> {
        let mut member = self.take_any()?;
        member.catch_up(log)?;
        Ok(member)
    }

    fn take_any(&self) -> Result<Member, DecisionError> {
        let idle = lock(self.shelf()).pop();
        match idle {
            Some(member) => Ok(member),
            None => Ok(Member {
                instance: self.policy.instance()?,
                revision: 0,
            }),
        }
    }

    fn put(&self, member: Member) {
        if member.instance.is_spent() {
            return;
        }
        let mut shelf = lock(self.shelf());
        if shelf.len() < SHELF {
            shelf.push(member);
        }
    }

    /// The shelf of this thread.
    fn shelf(&self) -> &Mutex<Vec<Member>> {
        thread_local! {
            static NUMBER: usize = {
                let mut hasher = hash::DefaultHasher::new();
                thread::current().id().hash(&mut hasher);
                // On a target of 32 bits half of the hash is enough.
                hasher.finish() as usize
            };
        }
        let number = NUMBER.with(|number| *number);
        // INVARIANT: there is at least one shelf, and the remainder is less than their number.
        &self.shelves[number % self.shelves.len()]
    }
}

impl Member {
    /// Applies what the log has beyond the member's revision.
    fn catch_up(&mut self, log: &Log) -> Result<(), DecisionError> {
        if self.revision < log.since
            && let Some(data) = &log.data
        {
            self.instance.set_data(data)?;
            self.revision = log.since;
        }
        for patch in log.patches.iter().filter(|patch| patch.revision > self.revision) {
            self.instance.patch_data(&patch.path, patch.value.as_deref())?;
        }
        self.revision = log.revision;
        Ok(())
    }
}

impl Log {
    /// Drops changes that setting `path` makes void: those of the same place and below it. A path that appends to an array (`-`) names another
    /// place each time.
    fn forget_below(&mut self, path: &str) {
        if path.split('/').any(|step| step == "-") {
            return;
        }
        let below = |patch: &Patch| {
            patch
                .path
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                && !patch.path.ends_with("/-")
        };
        self.patches.retain(|patch| !below(patch));
    }
}

/// A panic while the lock was held leaves nothing half done: what is behind these locks is changed in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
