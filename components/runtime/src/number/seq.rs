//! A growable run of plain items in the arena: limbs and digits. It stands where `Vec` would, since arithmetic on a number beyond 60 bits
//! must bring neither the global allocator nor the machinery behind its panics into a policy. Nothing is given back before the decision ends.
//!
//! On targets other than Wasm, where tests run, the items lie in leaked memory.

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

/// Items in a row.
pub struct Seq<T: Copy> {
    start: *mut T,
    len: usize,
    cap: usize,
    items: PhantomData<T>,
}

/// Room for `bytes` bytes, aligned to 8, or null.
fn room(bytes: usize) -> *mut u8 {
    #[cfg(target_arch = "wasm32")]
    {
        u32::try_from(bytes).map_or(core::ptr::null_mut(), |bytes| crate::mem::ptr(crate::arena::alloc(bytes)))
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        vec![0u64; bytes.div_ceil(8)].leak().as_mut_ptr().cast()
    }
}

/// A point in the arena to go back to; see [`release`].
pub fn mark() -> Mark {
    #[cfg(target_arch = "wasm32")]
    {
        crate::arena::mark()
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        Mark
    }
}

/// Gives back all items that were made since the mark. None of them may be in use.
pub fn release(mark: Mark) {
    #[cfg(target_arch = "wasm32")]
    crate::arena::release(mark);
    #[cfg(not(target_arch = "wasm32"))]
    let Mark = mark;
}

/// Whether memory ran out.
pub fn exhausted() -> bool {
    cfg!(target_arch = "wasm32") && crate::arena::exhausted()
}

#[cfg(target_arch = "wasm32")]
pub use crate::arena::Mark;

/// Nothing: see above.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone, Copy)]
pub struct Mark;

impl<T: Copy + Default> Seq<T> {
    /// No items.
    pub const fn new() -> Seq<T> {
        Seq {
            start: core::ptr::NonNull::dangling().as_ptr(),
            len: 0,
            cap: 0,
            items: PhantomData,
        }
    }

    /// No items yet, but room for some. When memory runs out it stays empty, and the arena has recorded the error.
    pub fn with_capacity(cap: usize) -> Seq<T> {
        let start: *mut T = room(cap.saturating_mul(size_of::<T>())).cast();
        if start.is_null() {
            return Seq::new();
        }
        Seq {
            start,
            len: 0,
            cap,
            items: PhantomData,
        }
    }

    /// `count` items that are all zero.
    pub fn zeroed(count: usize) -> Seq<T> {
        let mut items = Seq::with_capacity(count);
        items.fill_up(count);
        items
    }

    /// Makes room for so many more items.
    pub fn reserve(&mut self, more: usize) {
        if self.cap - self.len < more {
            self.move_to(Seq::with_capacity(self.len + more));
        }
    }

    /// Appends zeros until there are `count` items.
    pub fn fill_up(&mut self, count: usize) {
        self.fill_up_with(T::default(), count);
    }

    /// Appends an item until there are `count` of them.
    pub fn fill_up_with(&mut self, item: T, count: usize) {
        self.reserve(count.saturating_sub(self.len));
        for place in self.len..count.min(self.cap) {
            // SAFETY: `place` is less than `cap`, for which there is room.
            unsafe { self.start.add(place).write(item) };
            self.len = place + 1;
        }
    }

    /// Copies a slice.
    pub fn from_slice(items: &[T]) -> Seq<T> {
        let mut copy = Seq::with_capacity(items.len());
        if copy.cap >= items.len() {
            // SAFETY: there is room for them, and it is new.
            unsafe { core::ptr::copy_nonoverlapping(items.as_ptr(), copy.start, items.len()) };
            copy.len = items.len();
        }
        copy
    }

    /// Appends an item; `false` when memory ran out.
    #[inline]
    pub fn push(&mut self, item: T) -> bool {
        if self.len == self.cap && !self.grow() {
            return false;
        }
        // SAFETY: `len` is less than `cap`, for which there is room.
        unsafe { self.start.add(self.len).write(item) };
        self.len += 1;
        true
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> bool {
        self.move_to(Seq::with_capacity((self.cap * 2).max(16)))
    }

    /// Moves the items to an empty run; `false` if it has not more room.
    fn move_to(&mut self, mut larger: Seq<T>) -> bool {
        if larger.cap <= self.len {
            return false;
        }
        // SAFETY: `larger` is new and has room for more than `len` items.
        unsafe { core::ptr::copy_nonoverlapping(self.start, larger.start, self.len) };
        larger.len = self.len;
        *self = larger;
        true
    }

    /// Takes the last item off.
    pub fn pop(&mut self) {
        self.len = self.len.saturating_sub(1);
    }

    /// Forgets all but the first `len` items.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// The items; they live as long as the decision.
    pub fn into_slice(self) -> &'static [T] {
        // SAFETY: the items were written, and nothing frees them before the decision ends.
        unsafe { core::slice::from_raw_parts(self.start, self.len) }
    }
}

impl Seq<u8> {
    /// Appends bytes.
    pub fn extend(&mut self, bytes: impl IntoIterator<Item = u8>) {
        for byte in bytes {
            self.push(byte);
        }
    }
}

impl<T: Copy + Default> Default for Seq<T> {
    fn default() -> Seq<T> {
        Seq::new()
    }
}

impl<T: Copy> Deref for Seq<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: the first `len` items were written.
        unsafe { core::slice::from_raw_parts(self.start, self.len) }
    }
}

impl<T: Copy> DerefMut for Seq<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: the first `len` items were written, and they belong to this alone.
        unsafe { core::slice::from_raw_parts_mut(self.start, self.len) }
    }
}

impl<T: Copy + Default> Clone for Seq<T> {
    fn clone(&self) -> Seq<T> {
        Seq::from_slice(self)
    }
}

impl<T: Copy + PartialEq> PartialEq for Seq<T> {
    fn eq(&self, other: &Seq<T>) -> bool {
        **self == **other
    }
}

impl<T: Copy + core::fmt::Debug> core::fmt::Debug for Seq<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
