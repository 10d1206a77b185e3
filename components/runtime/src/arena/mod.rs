//! The arena: where a decision's values live. Allocation moves a pointer; the next decision begins by moving it back.
//!
//! The first chunk lies right behind [`mem::heap_base`] and ends with the memory the component starts with. Further chunks come from growing
//! the memory; they are kept and used again, so a million decisions take no more than the largest of them. The global allocator takes its memory the
//! same way, so chunks need not touch; where they do they become one.
//!
//! INVARIANT: neither a chunk nor anything else that values point at ends less than [`SLACK`] bytes before the memory does, so readers may load whole
//! vectors at the end of a text.
//!
//! When the memory cannot grow the arena records [`error_kind::LIMIT`] and gives out address 0. Collections and buffers built on that stay empty
//! and become [`crate::Value::ERROR`]; functions that give nothing back do nothing. [`exhausted`] tells, and the JSON writer asks: such a decision never
//! gets out.

mod buffer;

pub use buffer::Buffer;

use crate::error;
use crate::mem::{self, Global};
use warrego_abi::error_kind;

/// Bytes left free at the memory's end.
pub const SLACK: u32 = 64;

/// Chunks behind the first begin with the address of the next one (0: none) and their own end.
const NEXT: u32 = 0;
const END: u32 = 4;
const HEADER: u32 = 16;

struct Arena {
    /// The next free byte, and the first byte that is not ours.
    at: u32,
    end: u32,
    /// The chunk `at` lies in; 0 for the first.
    chunk: u32,
    /// The first chunk: its end (0: not looked at yet), and the chunk that follows it.
    first_end: u32,
    first_next: u32,
    /// Bytes of all chunks.
    total: u32,
    /// How often something was allocated since the decision began that an older value refers to; see [`keep`].
    kept: u32,
    exhausted: bool,
    /// How often everything was given back.
    decision: u32,
}

static ARENA: Global<Arena> = Global::new(Arena {
    at: 0,
    end: 0,
    chunk: 0,
    first_end: 0,
    first_next: 0,
    total: 0,
    kept: 0,
    exhausted: false,
    decision: 0,
});

/// Room for `size` bytes, aligned to 8; 0 when there is none.
#[inline(always)]
pub fn alloc(size: u32) -> u32 {
    alloc_at_hand(size).unwrap_or_else(|| alloc_slow(size))
}

/// As [`alloc`], but `None` where that takes more than moving a pointer.
#[inline(always)]
pub fn alloc_at_hand(size: u32) -> Option<u32> {
    let arena = ARENA.get();
    // `at` is at most `end`, so this cannot overflow.
    let at = arena.at + (arena.at.wrapping_neg() & 7);
    if at < arena.end && size <= arena.end - at {
        arena.at = at + size;
        return Some(at);
    }
    None
}

/// Room for `size` bytes, aligned to nothing; 0 when there is none.
#[inline(always)]
pub fn alloc_bytes(size: u32) -> u32 {
    let arena = ARENA.get();
    if size <= arena.end - arena.at {
        let at = arena.at;
        arena.at = at + size;
        return at;
    }
    alloc_slow(size)
}

/// Makes `[address, address + old)` longer without moving it, if it was the last thing allocated and there is room.
#[inline]
pub fn extend(address: u32, old: u32, new: u32) -> bool {
    let arena = ARENA.get();
    if address != 0 && address + old == arena.at && new <= arena.end - address {
        arena.at = address + new;
        return true;
    }
    false
}

/// Gives back what lies behind `[address, address + used)`, if that was the last thing allocated.
#[inline]
pub fn shrink(address: u32, old: u32, used: u32) {
    let arena = ARENA.get();
    if address != 0 && address + old == arena.at {
        arena.at = address + used;
    }
}

/// A point to go back to.
#[derive(Clone, Copy)]
pub struct Mark {
    at: u32,
    end: u32,
    chunk: u32,
}

/// Where the arena stands.
#[inline]
pub fn mark() -> Mark {
    let arena = ARENA.get();
    Mark {
        at: arena.at,
        end: arena.end,
        chunk: arena.chunk,
    }
}

/// Gives back everything allocated since the mark. Nothing of it may be in use: this is for scratch space.
#[inline]
pub fn release(mark: Mark) {
    let arena = ARENA.get();
    if mark.end != 0 {
        arena.at = mark.at;
        // The chunk may have become longer since.
        if mark.chunk != arena.chunk {
            arena.chunk = mark.chunk;
            arena.end = if mark.chunk == 0 {
                arena.first_end
            } else {
                mem::load32(mark.chunk + END)
            };
        }
    }
}

/// What was just allocated belongs to a value that may be older than the last [`loop_mark`]: an index made at first use. Loops must not give it back.
#[inline]
pub fn keep() {
    let arena = ARENA.get();
    arena.kept = (arena.kept + 1).min(KEPT_MAX);
}

/// The most that [`keep`] counts to; nothing is given back from there on.
const KEPT_MAX: u32 = 0xffff;

/// A point to go back to after an iteration, in one word: position, page of the chunk, count of what was kept.
#[inline]
pub fn loop_mark() -> u64 {
    let arena = ARENA.get();
    // Before anything is allocated there is no position: going back to it would give out static data.
    if arena.first_end == 0 {
        prepare();
    }
    u64::from(arena.at) << 32 | u64::from(arena.chunk / mem::PAGE) << 16 | u64::from(arena.kept)
}

/// Gives back what an iteration allocated, unless something of it has to stay; gives the mark for the next iteration.
#[inline]
pub fn loop_release(word: u64) -> u64 {
    let arena = ARENA.get();
    let kept = word as u32 & 0xffff;
    if kept != arena.kept || kept == KEPT_MAX {
        return loop_mark();
    }
    let chunk = (word as u32 >> 16) * mem::PAGE;
    let end = if chunk == 0 { arena.first_end } else { mem::load32(chunk + END) };
    release(Mark {
        at: (word >> 32) as u32,
        end,
        chunk,
    });
    word
}

/// Gives back everything: the last decision is over.
#[inline]
pub fn reset() {
    let arena = ARENA.get();
    if arena.first_end != 0 {
        arena.at = first_start();
        arena.end = arena.first_end;
        arena.chunk = 0;
        arena.kept = 0;
        arena.exhausted = false;
        arena.decision = arena.decision.wrapping_add(1);
    }
}

/// A number that is another one in the next decision: for what must stay the same during one.
pub fn decision() -> u32 {
    ARENA.get().decision
}

/// Whether an allocation has failed since the decision began.
#[inline]
pub fn exhausted() -> bool {
    ARENA.get().exhausted
}

/// Finds out how large the first chunk is. Must happen before anything grows the memory.
pub fn prepare() {
    let arena = ARENA.get();
    if arena.first_end == 0 {
        let start = first_start();
        // A memory of 4 GiB has an end that no `u32` can tell.
        let end = (u64::from(mem::pages()) * u64::from(mem::PAGE)).min(u64::from(u32::MAX - SLACK)) as u32;
        arena.first_end = end.saturating_sub(SLACK).max(start);
        arena.total = arena.first_end - start;
        arena.at = start;
        arena.end = arena.first_end;
    }
}

fn first_start() -> u32 {
    (mem::heap_base() + 15) & !15
}

#[cold]
#[inline(never)]
fn alloc_slow(size: u32) -> u32 {
    let arena = ARENA.get();
    if arena.first_end == 0 {
        prepare();
        return alloc(size);
    }
    if arena.exhausted {
        return 0;
    }
    // Chunks kept from earlier decisions.
    loop {
        let next = if arena.chunk == 0 {
            arena.first_next
        } else {
            mem::load32(arena.chunk + NEXT)
        };
        if next == 0 {
            break;
        }
        arena.chunk = next;
        arena.at = next + HEADER;
        arena.end = mem::load32(next + END);
        if size <= arena.end - arena.at {
            arena.at += size;
            return next + HEADER;
        }
    }
    match add_chunk(arena, size) {
        Some(()) => {
            let at = (arena.at + 7) & !7;
            arena.at = at + size;
            at
        }
        None => {
            arena.exhausted = true;
            error::raise_static(error_kind::LIMIT, "memory_limit", "out of memory");
            0
        }
    }
}

/// Grows the memory by a chunk with room for `size` bytes behind the current chunk, which is the last one, and goes there.
fn add_chunk(arena: &mut Arena, size: u32) -> Option<()> {
    let needed = size.checked_add(HEADER + SLACK + 8)?.div_ceil(mem::PAGE);
    let generous = needed.max((arena.total / 4 / mem::PAGE).min(256));
    let (before, pages) = match mem::grow(generous) {
        Some(before) => (before, generous),
        None => (mem::grow(needed)?, needed),
    };
    let start = before * mem::PAGE;
    let end = (u64::from(before + pages) * u64::from(mem::PAGE) - u64::from(SLACK)).min(u64::from(u32::MAX - SLACK)) as u32;
    arena.total = arena.total.saturating_add(pages * mem::PAGE);
    if start == arena.end + SLACK {
        if arena.chunk == 0 {
            arena.first_end = end;
        } else {
            mem::store32(arena.chunk + END, end);
        }
    } else {
        mem::store32(start + NEXT, 0);
        mem::store32(start + END, end);
        if arena.chunk == 0 {
            arena.first_next = start;
        } else {
            mem::store32(arena.chunk + NEXT, start);
        }
        arena.chunk = start;
        arena.at = start + HEADER;
    }
    arena.end = end;
    Some(())
}

/// Copies bytes into the arena.
pub fn copy(bytes: &[u8]) -> Option<&'static [u8]> {
    let mut buffer = Buffer::with_capacity(bytes.len() as u32);
    buffer.extend(bytes);
    buffer.finish()
}
