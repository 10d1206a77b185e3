//! The global allocator: what outlives a decision, and what libraries allocate. It frees.
//!
//! It is small because every policy carries it. Requests up to [`SMALL`] bytes are rounded up to a multiple of [`UNIT`], and each such size has a list
//! of blocks that were given back. Larger ones come from one list of free blocks in the order of their addresses: the first that fits is split, and
//! neighbours become one again when they are given back. Its memory comes from growing only: what lies between the end of static data and the end
//! of the memory the component starts with belongs to the arena.
//!
//! A free block begins with its size and the address of the next one (0: none). Blocks in use have no header, since Rust tells the size when it gives
//! one back.

use crate::arena::{self, SLACK};
use crate::mem::{self, PAGE};
use std::alloc::{GlobalAlloc, Layout};

/// All blocks are multiples of this, and aligned to it.
const UNIT: u32 = 16;
/// The largest request that has a list of its own.
const SMALL: u32 = 1024;
/// Small blocks are cut from pieces of this many bytes.
const PIECE: u32 = 8 * 1024;

const SIZE: u32 = 0;
const NEXT: u32 = 4;

struct Heap {
    /// Free blocks of each small size.
    small: [u32; (SMALL / UNIT) as usize],
    /// The rest of the piece that small blocks are cut from.
    piece: u32,
    piece_end: u32,
    /// Free blocks in the order of their addresses.
    large: u32,
    /// The end of what was got last from growing the memory.
    end: u32,
    /// Bytes of all blocks in use.
    used: u32,
}

impl Heap {
    fn alloc(&mut self, size: u32) -> u32 {
        if size > SMALL {
            return self.alloc_large(size);
        }
        let Some(list) = self.small.get_mut((size / UNIT).wrapping_sub(1) as usize) else {
            return 0;
        };
        if *list != 0 {
            let block = *list;
            *list = mem::load32(block + NEXT);
            return block;
        }
        if size > self.piece_end - self.piece {
            // What is left of the last piece is lost, less than a thousandth of what was asked for since.
            let piece = self.alloc_large(PIECE);
            if piece == 0 {
                return 0;
            }
            self.piece = piece;
            self.piece_end = piece + PIECE;
        }
        self.piece += size;
        self.piece - size
    }

    fn alloc_large(&mut self, size: u32) -> u32 {
        // Where the address of the block at hand is written.
        let mut link = mem::address(&raw const self.large);
        loop {
            let block = mem::load32(link);
            if block == 0 {
                // A block of the new region fits, or else there is no memory.
                return if self.grow(size) { self.alloc_large(size) } else { 0 };
            }
            let free = mem::load32(block + SIZE);
            let next = mem::load32(block + NEXT);
            if free == size {
                mem::store32(link, next);
                return block;
            }
            if free > size {
                let rest = block + size;
                mem::store32(rest + SIZE, free - size);
                mem::store32(rest + NEXT, next);
                mem::store32(link, rest);
                return block;
            }
            link = block + NEXT;
        }
    }

    /// Adds pages with room for a block of this size to the free ones.
    fn grow(&mut self, size: u32) -> bool {
        arena::prepare();
        let Some(pages) = size.checked_add(SLACK).map(|size| size.div_ceil(PAGE)) else {
            return false;
        };
        let Some(before) = mem::grow(pages) else {
            return false;
        };
        let Some(end) = (before + pages).checked_mul(PAGE) else {
            // The very last page: its end has no address.
            return false;
        };
        let mut start = before * PAGE;
        // Nobody gets the last bytes of the memory (see `arena`); when it grows right there, they are no longer the last.
        if self.end != 0 && start == self.end + SLACK {
            start = self.end;
        }
        self.end = end - SLACK;
        self.free_large(start, self.end - start);
        true
    }

    fn free(&mut self, block: u32, size: u32) {
        match self.small.get_mut((size / UNIT).wrapping_sub(1) as usize) {
            Some(list) => {
                mem::store32(block + NEXT, *list);
                *list = block;
            }
            None => self.free_large(block, size),
        }
    }

    fn free_large(&mut self, block: u32, mut size: u32) {
        let mut link = mem::address(&raw const self.large);
        let mut before = 0;
        while mem::load32(link) != 0 && mem::load32(link) < block {
            before = mem::load32(link);
            link = before + NEXT;
        }
        let mut next = mem::load32(link);
        if next != 0 && block + size == next {
            size += mem::load32(next + SIZE);
            next = mem::load32(next + NEXT);
        }
        if before != 0 && before + mem::load32(before + SIZE) == block {
            mem::store32(before + SIZE, mem::load32(before + SIZE) + size);
            mem::store32(before + NEXT, next);
        } else {
            mem::store32(block + SIZE, size);
            mem::store32(block + NEXT, next);
            mem::store32(link, block);
        }
    }
}

/// The size of a block for a layout: with stricter alignment than all blocks have, enough to move its beginning. `None` if it is too large.
fn block_size(layout: &Layout) -> Option<u32> {
    let extra = if layout.align() > UNIT as usize { layout.align() } else { 0 };
    let size = u32::try_from(layout.size().checked_add(extra)?).ok()?;
    size.max(1).checked_next_multiple_of(UNIT)
}

struct Global(mem::Global<Heap>);

#[global_allocator]
static GLOBAL: Global = Global(mem::Global::new(Heap {
    small: [0; (SMALL / UNIT) as usize],
    piece: 0,
    piece_end: 0,
    large: 0,
    end: 0,
    used: 0,
}));

/// Bytes that are in use. Caches learn from it how large their entries are.
pub fn used() -> u32 {
    GLOBAL.0.get().used
}

// SAFETY: blocks do not overlap, since each byte belongs to one block, one list or the piece; a component has one thread.
unsafe impl GlobalAlloc for Global {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(size) = block_size(&layout) else {
            return core::ptr::null_mut();
        };
        let heap = self.0.get();
        let block = heap.alloc(size);
        if block != 0 {
            heap.used = heap.used.wrapping_add(size);
        }
        if layout.align() <= UNIT as usize || block == 0 {
            return mem::ptr(block);
        }
        // The block's own address stands before the moved beginning, which is at least a unit further.
        let moved = (block + layout.align() as u32) & !(layout.align() as u32 - 1);
        mem::store32(moved - 4, block);
        mem::ptr(moved)
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        if let Some(size) = block_size(&layout) {
            let address = mem::address(ptr);
            let block = if layout.align() > UNIT as usize {
                mem::load32(address - 4)
            } else {
                address
            };
            let heap = self.0.get();
            heap.free(block, size);
            heap.used = heap.used.wrapping_sub(size);
        }
    }
}
