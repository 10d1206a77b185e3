//! What compiling may cost: the flags `--compile-memory` and `--compile-time`, and the gauge behind them, a clock and an allocator that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use warrego_compiler::budget::{Budget, Gauge};

use crate::duration::{self, GoDuration};

/// What compiling may cost
#[derive(Args, Debug, Clone, Copy)]
pub struct CompileLimits {
    /// The most memory that compiling may take, in MiB; 0 is no limit
    #[arg(long, value_name = "MIB", default_value_t = 4096)]
    compile_memory: u64,
    /// The longest that compiling may take, as in 30s; 0s is no limit
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration::parse)]
    compile_time: GoDuration,
}

impl CompileLimits {
    /// The budget of a run of the compiler.
    pub fn budget(self) -> Budget {
        Budget {
            memory: (self.compile_memory > 0).then(|| self.compile_memory.saturating_mul(1 << 20)),
            time: (!self.compile_time.0.is_zero()).then_some(self.compile_time.0),
            gauge: Some(Arc::new(Meter::new())),
        }
    }
}

/// Time and memory since a run began.
#[derive(Debug)]
struct Meter {
    begin: Mutex<(Instant, i64)>,
}

impl Meter {
    fn new() -> Self {
        Self {
            begin: Mutex::new((Instant::now(), in_use())),
        }
    }

    fn begun(&self) -> (Instant, i64) {
        *self.begin.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gauge for Meter {
    fn begin(&self) {
        *self.begin.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), in_use());
    }

    fn memory(&self) -> u64 {
        u64::try_from(in_use().saturating_sub(self.begun().1)).unwrap_or(0)
    }

    fn time(&self) -> Duration {
        self.begun().0.elapsed()
    }
}

thread_local! {
    static IN_USE: Cell<i64> = const { Cell::new(0) };
}

/// The bytes that this thread allocated and has not given back. What another thread gives back counts for that one.
fn in_use() -> i64 {
    IN_USE.get()
}

/// The system's allocator; counts what each thread has of it.
pub struct Counting;

fn count(bytes: i64) {
    // A thread that ends allocates uncounted.
    let _ = IN_USE.try_with(|in_use| in_use.set(in_use.get().wrapping_add(bytes)));
}

// SAFETY: all that is asked for is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}
