//! Warm instances of one policy for any number of threads, all with the same data.
//!
//! A decision takes an idle instance, or makes one, and puts it back; an instance that was given up is dropped, and the next decision makes another.
//! Idle instances lie in a few shelves, so that threads seldom meet at a lock. An instance notes which revision of the data it has and catches up before
//! its next decision, so a push neither waits for decisions nor holds them up.
//!
//! A push is made on one instance first; what that one refuses changes nothing. Then it goes into the [`Document`], from which comes what new instances
//! are given, and into the [`Log`], from which others take what they miss. The log is cut when it has become longer than what a new instance is given,
//! so its size is bounded by that of the document.

mod document;
mod pointer;
mod text;

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::{hash, thread};

use crate::bindings::policy::exports::warrego::policy::types::{PolicyRequest, PolicyResponse};
use crate::error::{DecisionError, Detail};
use crate::instance::Instance;
use crate::policy::Policy;
use document::{Change, Contradiction, Document};

/// Idle instances kept on one shelf.
const SHELF: usize = 32;

/// The log may be longer by so many bytes than what a new instance is given.
const SLACK: usize = 4 << 10;

/// The longest path of a push, in steps.
const STEPS: usize = 256;

/// How deep the base documents may be nested. Instances read no deeper documents, and all of it may have to be read at once.
const DEPTH: usize = 10_000;

/// Instances of one policy.
pub struct Pool {
    policy: Policy,
    shelves: Box<[Mutex<Vec<Member>>]>,
    /// What was pushed. Held during a push, and by nobody who decides.
    document: Mutex<Document>,
    /// Changes only while `document` is held.
    log: RwLock<Log>,
    /// [`Log::revision`], to be read without the lock.
    revision: AtomicU64,
}

/// An instance, and the revision of the data it has.
struct Member {
    instance: Instance,
    /// 0 is the data as built.
    revision: u64,
}

/// How an instance gets the newest data.
#[derive(Default)]
struct Log {
    /// Counts pushes.
    revision: u64,
    /// The revision of `script`.
    since: u64,
    /// What makes the data of that revision of the data as built.
    script: Arc<[Change]>,
    /// The pushes since then, one a revision.
    tail: Vec<Change>,
    /// What `script` and `tail` cost to keep.
    weights: [usize; 2],
}

/// What an instance misses.
struct Missing {
    script: Arc<[Change]>,
    tail: Vec<Change>,
    revision: u64,
    /// Whether the instance cannot catch up, since the script begins with the data as built.
    outdated: bool,
}

impl Pool {
    /// A pool without instances, and with the policy's own data.
    pub fn new(policy: Policy) -> Self {
        let shelves = thread::available_parallelism().map_or(1, usize::from).min(64);
        let shelves = (0..shelves).map(|_| Mutex::default()).collect();
        Self {
            policy,
            shelves,
            document: Mutex::default(),
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
        let changes = lock(&other.document).script();
        for Change { path, value } in changes {
            pool.push(&path, value)?;
        }
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

    /// Decides by the entrypoint's name; see [`Instance::decide`].
    ///
    /// # Errors
    /// As there.
    pub fn decide(&self, entrypoint: &str, input: Option<&str>) -> Result<Option<String>, DecisionError> {
        self.run(|instance| instance.decide(entrypoint, input))
    }

    /// Decides by the entrypoint's number; see [`Instance::evaluate`].
    ///
    /// # Errors
    /// As there.
    pub fn evaluate(&self, entrypoint: u32, input: Option<&[u8]>) -> Result<Option<Vec<u8>>, DecisionError> {
        self.run(|instance| instance.evaluate(entrypoint, input))
    }

    /// Decides a request of wasmCloud's policy service; see [`Instance::decide_request`].
    ///
    /// # Errors
    /// As there.
    pub fn decide_request(&self, request: &PolicyRequest) -> Result<PolicyResponse, DecisionError> {
        self.run(|instance| instance.decide_request(request))
    }

    /// Replaces all base documents. Decisions that begin after this returns see it; each sees the data before or after, never a mixture.
    ///
    /// # Errors
    /// When the policy does not take it; then nothing has changed.
    pub fn set_data(&self, data: &str) -> Result<(), DecisionError> {
        self.push("", Some(data.as_bytes().into()))
    }

    /// Sets or removes the base document at a JSON pointer, as [`Pool::set_data`]. Pushes of several threads are made one after the other.
    ///
    /// # Errors
    /// As there; and when the path has more than 256 steps, or the documents would be nested more than 10 000 levels deep.
    pub fn patch_data(&self, path: &str, value: Option<&str>) -> Result<(), DecisionError> {
        self.push(path, value.map(|value| value.as_bytes().into()))
    }

    fn push(&self, path: &str, value: Option<Arc<[u8]>>) -> Result<(), DecisionError> {
        let steps = pointer::steps(path);
        if let Some(steps) = &steps {
            within_limits(steps, value.as_deref())?;
        }
        let change = Change { path: path.into(), value };
        let mut document = lock(&self.document);
        let mut member = self.take()?;
        let made = member.instance.push(&change);
        // What is not a pointer is refused by the instance.
        let (Ok(()), Some(steps)) = (&made, steps) else {
            self.put(member);
            return made;
        };
        document.prepare(&steps, change.value.is_some(), &mut |path| self.length(path))?;
        document.apply(&steps, change.value.clone());
        member.revision = self.publish(&document, change);
        self.put(member);
        Ok(())
    }

    /// Puts a push, of which the document knows, into the log; returns the revision.
    fn publish(&self, document: &Document, change: Change) -> u64 {
        let [script, tail] = read(&self.log).weights;
        let tail = tail + change.weight();
        let cut = change.path.is_empty() || tail > script + SLACK;
        // Made before the lock is taken, so that nobody waits for it.
        let script = cut.then(|| Arc::<[Change]>::from(document.script()));
        let mut log = write(&self.log);
        log.revision += 1;
        if let Some(script) = script {
            let weight = script.iter().map(Change::weight).sum();
            *log = Log {
                revision: log.revision,
                since: log.revision,
                script,
                tail: Vec::new(),
                weights: [weight, 0],
            };
        } else {
            log.tail.push(change);
            log.weights[1] = tail;
        }
        self.revision.store(log.revision, Ordering::Release);
        log.revision
    }

    /// The length of the array in the base documents at a path; `None` if there is an object or nothing. Asks new instances, which are given up, since the
    /// only way to find out is to push.
    fn length(&self, path: &str) -> Result<Option<usize>, DecisionError> {
        let accepts = |step: &str| {
            let mut member = self.fresh()?;
            let pushed = member.instance.patch_data(&format!("{path}/{step}"), Some("null"));
            match pushed {
                Err(error) if member.instance.is_spent() => Err(error),
                pushed => Ok(pushed.is_ok()),
            }
        };
        if accepts("kind")? {
            return Ok(None);
        }
        if !accepts("0")? {
            return Err(Contradiction.into());
        }
        // An array takes the positions of its elements, and the one that follows them.
        let (mut taken, mut refused) = (0_usize, 1);
        while accepts(&refused.to_string())? {
            (taken, refused) = (refused, refused * 2);
        }
        while refused - taken > 1 {
            let middle = taken.midpoint(refused);
            if accepts(&middle.to_string())? {
                taken = middle;
            } else {
                refused = middle;
            }
        }
        Ok(Some(taken))
    }

    /// Gives up all idle instances, so that decisions that follow are made on new ones.
    pub fn discard_idle(&self) {
        for shelf in &self.shelves {
            drop(std::mem::take(&mut *lock(shelf)));
        }
    }

    fn run<T>(&self, decide: impl FnOnce(&mut Instance) -> Result<T, DecisionError>) -> Result<T, DecisionError> {
        let mut member = self.take()?;
        let result = decide(&mut member.instance);
        self.put(member);
        result
    }

    /// An instance with the newest data.
    fn take(&self) -> Result<Member, DecisionError> {
        let idle = lock(self.shelf()).pop();
        match idle {
            Some(member) if member.revision == self.revision.load(Ordering::Acquire) => Ok(member),
            Some(member) => self.caught_up(member),
            None => self.fresh(),
        }
    }

    /// A new instance with the newest data.
    fn fresh(&self) -> Result<Member, DecisionError> {
        let mut member = Member {
            instance: self.policy.instance()?,
            revision: 0,
        };
        if self.revision.load(Ordering::Acquire) != 0 {
            let missing = read(&self.log).missing(0);
            member.catch_up(missing)?;
        }
        Ok(member)
    }

    /// The instance with the newest data, or another one if that one cannot catch up.
    fn caught_up(&self, mut member: Member) -> Result<Member, DecisionError> {
        let missing = read(&self.log).missing(member.revision);
        if !missing.outdated && member.catch_up(missing).is_ok() {
            return Ok(member);
        }
        drop(member);
        self.fresh()
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
    fn catch_up(&mut self, missing: Missing) -> Result<(), DecisionError> {
        for change in missing.script.iter().chain(&missing.tail) {
            self.instance.push(change)?;
        }
        self.revision = missing.revision;
        Ok(())
    }
}

impl Instance {
    fn push(&mut self, change: &Change) -> Result<(), DecisionError> {
        // What was pushed is text, and so is each value within it.
        let value = change.value.as_deref().map(std::str::from_utf8).transpose();
        match (&*change.path, value.map_err(|_| Contradiction)?) {
            ("", Some(data)) => self.set_data(data),
            (path, value) => self.patch_data(path, value),
        }
    }
}

impl Log {
    /// What an instance misses that has the data of a revision. Copies pointers only.
    fn missing(&self, revision: u64) -> Missing {
        let seen = revision.checked_sub(self.since).and_then(|seen| usize::try_from(seen).ok());
        let replaces = self.script.first().is_some_and(|change| change.path.is_empty());
        Missing {
            script: if seen.is_some() { Arc::default() } else { Arc::clone(&self.script) },
            tail: self.tail.get(seen.unwrap_or(0)..).unwrap_or_default().to_vec(),
            revision: self.revision,
            outdated: seen.is_none() && revision != 0 && !replaces,
        }
    }
}

impl From<Contradiction> for DecisionError {
    fn from(_: Contradiction) -> Self {
        Self::Trap("the component accepted a change that its base documents do not allow".to_owned())
    }
}

/// Checks what new instances, which are given whole documents, could not be given.
fn within_limits(steps: &[String], value: Option<&[u8]>) -> Result<(), DecisionError> {
    let limit = |message: &str| {
        Err(DecisionError::Limit(Detail {
            code: "data_limit".to_owned(),
            message: message.to_owned(),
            location: None,
        }))
    };
    if steps.len() > STEPS {
        return limit("the path of a change has more than 256 steps");
    }
    // A whole document is left to the instance.
    if !steps.is_empty() && value.is_some_and(|value| steps.len() + text::depth(value) > DEPTH) {
        return limit("the base documents would be nested more than 10000 levels deep");
    }
    Ok(())
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
