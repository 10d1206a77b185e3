//! Raw reads and writes of linear memory: the only place where an address becomes a reference.
//!
//! These functions are safe to *call* and check nothing. They rely on
//!
//! INVARIANT: every address comes from a value, a header, the arena, the compiler's static data or the host, and the bytes behind it are
//! as long as its owner said. Wasm catches an access beyond the memory; one thread runs at a time.
//!
//! No slice of the standard library is copied or compared here: on this target that ends in calls of `memcpy` and `memcmp`, which cost more
//! than the short keys and entries they would be used on.

#[cfg(not(target_arch = "wasm32"))]
use core::mem::size_of;

/// A pointer to an address.
#[inline(always)]
pub fn ptr(address: u32) -> *mut u8 {
    address as usize as *mut u8
}

/// Reads a byte.
#[inline(always)]
pub fn load8(address: u32) -> u8 {
    // SAFETY: the module's invariant.
    unsafe { ptr(address).read() }
}

/// Reads two bytes, least significant first, from any address.
#[inline(always)]
pub fn load16(address: u32) -> u16 {
    // SAFETY: the module's invariant.
    unsafe { ptr(address).cast::<u16>().read_unaligned() }
}

/// Reads four bytes, least significant first, from any address.
#[inline(always)]
pub fn load32(address: u32) -> u32 {
    // SAFETY: the module's invariant.
    unsafe { ptr(address).cast::<u32>().read_unaligned() }
}

/// Reads eight bytes, least significant first, from any address.
#[inline(always)]
pub fn load64(address: u32) -> u64 {
    // SAFETY: the module's invariant.
    unsafe { ptr(address).cast::<u64>().read_unaligned() }
}

/// Writes a byte.
#[inline(always)]
pub fn store8(address: u32, value: u8) {
    // SAFETY: the module's invariant.
    unsafe { ptr(address).write(value) }
}

/// Writes four bytes, least significant first, to any address.
#[inline(always)]
pub fn store32(address: u32, value: u32) {
    // SAFETY: the module's invariant.
    unsafe { ptr(address).cast::<u32>().write_unaligned(value) }
}

/// Writes eight bytes, least significant first, to any address.
#[inline(always)]
pub fn store64(address: u32, value: u64) {
    // SAFETY: the module's invariant.
    unsafe { ptr(address).cast::<u64>().write_unaligned(value) }
}

/// The bytes at an address. They live as long as their owner: those of the arena until the next decision begins.
#[inline(always)]
pub fn bytes(address: u32, len: u32) -> &'static [u8] {
    // SAFETY: the module's invariant; a length of 0 needs no more than a pointer that is not null.
    unsafe { core::slice::from_raw_parts(ptr(address.max(1)), len as usize) }
}

/// Bytes to write to.
pub fn bytes_mut(address: u32, len: u32) -> &'static mut [u8] {
    // SAFETY: the module's invariant; the caller has just got the memory and nobody else knows of it.
    unsafe { core::slice::from_raw_parts_mut(ptr(address.max(1)), len as usize) }
}

/// The words at an address (aligned to 8).
#[inline(always)]
pub fn words(address: u32, len: u32) -> &'static [u64] {
    // SAFETY: the module's invariant; a length of 0 needs no more than an aligned pointer that is not null.
    unsafe { core::slice::from_raw_parts(ptr(address.max(8)).cast(), len as usize) }
}

/// The address of a reference. Only meaningful where addresses are 32 bits wide.
#[inline(always)]
pub fn address<T: ?Sized>(of: *const T) -> u32 {
    of.cast::<u8>() as usize as u32
}

/// Copies words between places that do not overlap.
#[inline]
pub fn copy_words(from: u32, to: u32, len: u32) {
    if len <= 16 {
        let mut at = 0;
        while at < len * 8 {
            store64(to + at, load64(from + at));
            at += 8;
        }
    } else {
        // SAFETY: the module's invariant.
        unsafe { core::ptr::copy_nonoverlapping(ptr(from), ptr(to), len as usize * 8) }
    }
}

/// Copies bytes between places that do not overlap.
#[inline]
pub fn copy_bytes(from: u32, to: u32, len: u32) {
    match len {
        8..=64 => {
            let mut at = 0;
            while at + 8 < len {
                store64(to + at, load64(from + at));
                at += 8;
            }
            store64(to + len - 8, load64(from + len - 8));
        }
        4..8 => {
            let (first, last) = (load32(from), load32(from + len - 4));
            store32(to, first);
            store32(to + len - 4, last);
        }
        0..4 => {
            for at in 0..len {
                store8(to + at, load8(from + at));
            }
        }
        // SAFETY: the module's invariant.
        _ => unsafe { core::ptr::copy_nonoverlapping(ptr(from), ptr(to), len as usize) },
    }
}

/// The first `len` of eight bytes (1 to 7 of them), in the upper bits of a word whose lower bits are zero. The bytes behind may be anybody's: memory does not
/// end so soon (see [`crate::arena::SLACK`]).
#[inline(always)]
pub fn few(address: u32, len: u32) -> u64 {
    load64(address) << (64 - 8 * len)
}

/// Whether two runs of bytes are the same.
#[inline]
pub fn same(a: u32, b: u32, len: u32) -> bool {
    if a == b {
        return true;
    }
    let mut at = 0;
    while at + 8 <= len {
        if load64(a + at) != load64(b + at) {
            return false;
        }
        at += 8;
    }
    at == len || few(a + at, len - at) == few(b + at, len - at)
}

/// Compares two runs of bytes as Go compares strings.
#[inline]
pub fn order(a: u32, a_len: u32, b: u32, b_len: u32) -> core::cmp::Ordering {
    let len = a_len.min(b_len);
    let mut at = 0;
    while at + 8 <= len {
        let (x, y) = (load64(a + at), load64(b + at));
        if x != y {
            return x.swap_bytes().cmp(&y.swap_bytes());
        }
        at += 8;
    }
    if at < len {
        let (x, y) = (few(a + at, len - at), few(b + at, len - at));
        if x != y {
            return x.swap_bytes().cmp(&y.swap_bytes());
        }
    }
    a_len.cmp(&b_len)
}

/// The first address behind everything the linker placed.
#[inline(always)]
pub fn heap_base() -> u32 {
    #[cfg(target_arch = "wasm32")]
    {
        unsafe extern "C" {
            static __heap_base: u8;
        }
        address(&raw const __heap_base)
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        size_of::<u64>() as u32
    }
}

/// Bytes of a Wasm page.
pub const PAGE: u32 = 65536;

/// The memory's size in pages.
#[inline(always)]
pub fn pages() -> u32 {
    #[cfg(target_arch = "wasm32")]
    {
        core::arch::wasm32::memory_size(0) as u32
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        0
    }
}

/// Adds pages at the memory's end; gives the number of pages before, or `None` where there are no more.
#[inline(always)]
pub fn grow(pages: u32) -> Option<u32> {
    #[cfg(target_arch = "wasm32")]
    {
        let before = core::arch::wasm32::memory_grow(0, pages as usize);
        (before != usize::MAX).then_some(before as u32)
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        let _ = pages;
        None
    }
}

/// A variable of the runtime. Wasm runs one thread at a time, and nothing holds a reference across a call.
pub struct Global<T>(core::cell::UnsafeCell<T>);

// SAFETY: components have one thread; on other targets nothing but compilation and tests of pure functions happens.
unsafe impl<T> Sync for Global<T> {}

impl<T> Global<T> {
    /// A variable with its first value.
    pub const fn new(value: T) -> Global<T> {
        Global(core::cell::UnsafeCell::new(value))
    }

    /// The variable.
    #[allow(
        clippy::mut_from_ref,
        reason = "one thread, and no caller keeps the reference while it calls what may take it again"
    )]
    #[inline(always)]
    pub fn get(&self) -> &mut T {
        // SAFETY: see above.
        unsafe { &mut *self.0.get() }
    }
}
