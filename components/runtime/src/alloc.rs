//! The global allocator: what outlives a decision, and what libraries allocate. It frees.
//!
//! It is the allocator that the standard library has for this target, but its memory comes from growing only: what lies between the end of static
//! data and the end of the memory the component starts with belongs to the arena.

use crate::{arena, mem};
use dlmalloc::{Allocator, Dlmalloc};
use std::alloc::{GlobalAlloc, Layout};

struct Pages;

// SAFETY: the regions are fresh pages at the memory's end, which nobody else gets.
unsafe impl Allocator for Pages {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        arena::prepare();
        let pages = (size + arena::SLACK as usize).div_ceil(mem::PAGE as usize);
        match mem::grow(pages as u32) {
            // The last page of 4 GiB stays unused: its end has no address.
            Some(before) if before as usize + pages < mem::PAGE as usize => (mem::ptr(before * mem::PAGE), pages * mem::PAGE as usize, 0),
            _ => (core::ptr::null_mut(), 0, 0),
        }
    }

    fn remap(&self, _ptr: *mut u8, _old: usize, _new: usize, _can_move: bool) -> *mut u8 {
        core::ptr::null_mut()
    }

    fn free_part(&self, _ptr: *mut u8, _old: usize, _new: usize) -> bool {
        false
    }

    fn free(&self, _ptr: *mut u8, _size: usize) -> bool {
        false
    }

    fn can_release_part(&self, _flags: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        mem::PAGE as usize
    }
}

struct Global(mem::Global<Dlmalloc<Pages>>);

#[global_allocator]
static GLOBAL: Global = Global(mem::Global::new(Dlmalloc::new_with_allocator(Pages)));

// SAFETY: hands the calls through; a component has one thread.
unsafe impl GlobalAlloc for Global {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { self.0.get().malloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { self.0.get().free(ptr, layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { self.0.get().calloc(layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { self.0.get().realloc(ptr, layout.size(), layout.align(), size) }
    }
}
