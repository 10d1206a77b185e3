//! What compiling may cost. Policies of a few lines can ask for work without end; a budget ends it with an error that names the limit.
//!
//! The compiler has no clock and does not know what memory is in use: a [`Gauge`] of the caller's tells both. What takes time in the compiler calls
//! [`tick`], which asks the gauge every so often and looks at how much stack is left. Passes need not hand errors of that kind upwards: the stack is
//! unwound to [`within`], without a panic's message.
//!
//! A run of the compiler has a thread with a large stack, since trees are walked by recursion, or is on one already: see [`on_large_stack`].

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// How deep in OPA's measure a policy may be nested; the default of its parser.
const DEPTH_MAX: u32 = 100_000;

/// How deep on a stack of unknown size: the parser, and all that walk the tree later, stay below 2 MB.
const DEPTH_ON_SMALL_STACK: u32 = 1000;

/// Sizes of stacks, the best first. Only what is touched of them takes memory; where there is no room for the one there may be for the next.
const STACKS: [usize; 3] = [1 << 30, 1 << 28, 1 << 26];

/// The part of a stack that remains for what does not tick: dropping, copying and comparing trees.
const RESERVE: usize = 4;

/// So many ticks lie between two looks at the gauge.
const INTERVAL: u32 = 1 << 14;

/// What a run of the compiler may use.
#[derive(Debug, Clone, Default)]
pub struct Budget {
    /// The most memory in bytes, as [`Gauge::memory`] tells it; no limit if it is `None`.
    pub memory: Option<u64>,
    /// The longest time, as [`Gauge::time`] tells it; no limit if it is `None`.
    pub time: Option<Duration>,
    /// Who knows how much of both is used. Without one there are no limits.
    pub gauge: Option<Arc<dyn Gauge>>,
}

/// Knows how much a run of the compiler has used so far. Is asked on the thread that compiles.
pub trait Gauge: fmt::Debug + Send + Sync {
    /// The run begins.
    fn begin(&self);
    /// The bytes that are in use and were not before the run began.
    fn memory(&self) -> u64;
    /// The time since the run began.
    fn time(&self) -> Duration;
}

/// A limit that compiling went beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Exceeded {
    /// [`Budget::memory`]
    #[error("compiling takes more than the limit of {} MiB of memory", .0 >> 20)]
    Memory(u64),
    /// [`Budget::time`]
    #[error("compiling takes longer than the limit of {0:?}")]
    Time(Duration),
    /// The stack.
    #[error("the policy is nested too deep to be compiled")]
    Stack,
}

struct State {
    /// Ticks until the gauge is asked.
    left: Cell<u32>,
    /// The stack must not reach below this address; 0 where its size is not known.
    floor: Cell<usize>,
}

thread_local! {
    static STATE: State = const {
        State {
            left: Cell::new(INTERVAL),
            floor: Cell::new(0),
        }
    };
    static BUDGET: RefCell<Option<Budget>> = const { RefCell::new(None) };
}

/// Counts a step of work. Unwinds to [`within`] if a limit is exceeded.
#[inline]
pub fn tick() {
    STATE.with(|state| {
        let left = state.left.get();
        if left == 0 || here() < state.floor.get() {
            look(state);
        } else {
            state.left.set(left - 1);
        }
    });
}

/// Counts several steps.
pub fn ticks(steps: usize) {
    STATE.with(|state| {
        state
            .left
            .set(state.left.get().saturating_sub(u32::try_from(steps).unwrap_or(u32::MAX)))
    });
    tick();
}

#[cold]
fn look(state: &State) {
    if here() < state.floor.get() {
        exceeded(Exceeded::Stack);
    }
    state.left.set(INTERVAL);
    let budget = BUDGET.with_borrow(Clone::clone);
    let Some(Budget {
        memory,
        time,
        gauge: Some(gauge),
    }) = budget
    else {
        return;
    };
    if let Some(limit) = memory.filter(|&limit| gauge.memory() > limit) {
        exceeded(Exceeded::Memory(limit));
    }
    if let Some(limit) = time.filter(|&limit| gauge.time() > limit) {
        exceeded(Exceeded::Time(limit));
    }
}

/// The stack's end, more or less.
#[inline]
fn here() -> usize {
    let marker = 0_u8;
    std::ptr::from_ref(&marker).addr()
}

fn exceeded(limit: Exceeded) -> ! {
    resume_unwind(Box::new(limit))
}

/// How deep a policy may be nested on this thread.
pub(crate) fn depth() -> u32 {
    match STATE.with(|state| state.floor.get()) {
        0 => DEPTH_ON_SMALL_STACK,
        _ => DEPTH_MAX,
    }
}

/// Does work on a thread with a large stack: this one if it is one.
pub fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if STATE.with(|state| state.floor.get()) > 0 {
        return work();
    }
    let mut work = Some(work);
    for size in STACKS {
        let outcome = thread::scope(|scope| {
            let work = &mut work;
            let thread = thread::Builder::new().name("compiler".to_owned()).stack_size(size);
            let spawned = thread.spawn_scoped(scope, move || {
                STATE.with(|state| state.floor.set(here().saturating_sub(size - size / RESERVE)));
                work.take().map(|work| work())
            });
            spawned.ok().map(|thread| thread.join())
        });
        match outcome {
            Some(Ok(Some(value))) => return value,
            Some(Err(payload)) => resume_unwind(payload),
            Some(Ok(None)) | None => {}
        }
    }
    match work {
        Some(work) => work(),
        None => unreachable!("work that was done gave a value"),
    }
}

/// Does work within a budget, here; what [`tick`] found exceeded is the error.
pub fn within<T>(budget: &Budget, work: impl FnOnce() -> T) -> Result<T, Exceeded> {
    let Some(gauge) = budget.gauge.as_ref().filter(|_| BUDGET.with_borrow(Option::is_none)) else {
        // Without limits, or a part of a run whose limits hold.
        return caught(work);
    };
    BUDGET.set(Some(budget.clone()));
    gauge.begin();
    let outcome = caught(work);
    BUDGET.set(None);
    outcome
}

fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Exceeded> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload: Box<dyn Any + Send>| match payload.downcast::<Exceeded>() {
        Ok(exceeded) => *exceeded,
        Err(panic) => resume_unwind(panic),
    })
}
