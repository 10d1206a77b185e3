//! The life of a decision: its memory begins with the first allocation or entry call and ends when the next one begins.

use crate::mem::{self, Global};
use crate::{arena, error};

static FINISHED: Global<bool> = Global::new(false);

/// Gives the last decision's memory back, if it is finished.
#[unsafe(export_name = "rt.begin")]
pub extern "C" fn begin() {
    if *FINISHED.get() {
        *FINISHED.get() = false;
        arena::reset();
        error::clear();
    }
}

/// The decision is over; its memory stays as it is until the next one begins.
#[unsafe(export_name = "rt.finish")]
pub extern "C" fn finish() {
    *FINISHED.get() = true;
}

/// The component model's allocation function: room for arguments in the arena. Traps when there is no memory, since the caller would write
/// wherever it is told.
#[unsafe(export_name = "rt.realloc")]
pub extern "C" fn realloc(old: u32, old_len: u32, align: u32, new_len: u32) -> u32 {
    begin();
    // The arena aligns to 8, as much as the component model ever asks for.
    if old_len == 0
        && let Some(new) = arena::alloc_at_hand(new_len)
    {
        return new;
    }
    move_or_extend(old, old_len, align, new_len)
}

#[inline(never)]
fn move_or_extend(old: u32, old_len: u32, align: u32, new_len: u32) -> u32 {
    if new_len == 0 {
        return align;
    }
    if old_len != 0 && arena::extend(old, old_len, new_len) {
        return old;
    }
    let new = arena::alloc(new_len);
    if new == 0 {
        out_of_memory();
    }
    if old_len != 0 {
        mem::copy_bytes(old, new, old_len.min(new_len));
    }
    new
}

fn out_of_memory() -> ! {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    std::process::abort()
}
