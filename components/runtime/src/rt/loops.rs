//! Memory of loops: what an iteration allocated goes back when nothing of it leaves the iteration, which the compiler knows.

use crate::arena;

/// Where the arena stands, in one word.
#[unsafe(export_name = "rt.mark")]
pub extern "C" fn mark() -> u64 {
    arena::loop_mark()
}

/// Gives back what was allocated since the mark, unless older values came to depend on it; gives the mark for the next iteration.
#[unsafe(export_name = "rt.release")]
pub extern "C" fn release(mark: u64) -> u64 {
    arena::loop_release(mark)
}
