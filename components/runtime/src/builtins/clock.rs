//! `time.now_ns`: the wall clock, from `wasi:clocks`. A policy that reaches [`now`] imports it, any other does not.
//!
//! Within a decision time stands still.

use crate::arena;
use crate::mem::Global;
use crate::number::integer;
use crate::value::Value;

/// When the clock was last read: in which decision, and the nanoseconds since 1970.
static READ: Global<Option<(u32, i64)>> = Global::new(None);

/// Nanoseconds since 1970, the same during the whole decision.
pub fn now() -> i64 {
    let decision = arena::decision();
    match *READ.get() {
        Some((read_in, now)) if read_in == decision => now,
        _ => {
            let now = read();
            *READ.get() = Some((decision, now));
            now
        }
    }
}

#[cfg(target_arch = "wasm32")]
fn read() -> i64 {
    /// The component model's record of seconds and nanoseconds.
    #[repr(C)]
    struct DateTime {
        seconds: u64,
        nanoseconds: u32,
    }
    #[link(wasm_import_module = "wasi:clocks/wall-clock@0.2.0")]
    unsafe extern "C" {
        #[link_name = "now"]
        fn wall_clock_now(result: *mut DateTime);
    }
    let mut time = DateTime {
        seconds: 0,
        nanoseconds: 0,
    };
    // SAFETY: the host writes one record to the address it gets.
    unsafe { wall_clock_now(&raw mut time) };
    (time.seconds as i64)
        .saturating_mul(1_000_000_000)
        .saturating_add(i64::from(time.nanoseconds))
}

#[cfg(not(target_arch = "wasm32"))]
fn read() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |time| time.as_nanos() as i64)
}

/// The time, in nanoseconds since 1970.
#[unsafe(export_name = "b.time.now_ns")]
pub extern "C" fn now_ns() -> Value {
    integer(now())
}
