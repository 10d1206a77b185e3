//! Text that is written piece by piece into the arena.

use super::{alloc_bytes, exhausted, extend, shrink};
use crate::mem;
use crate::value::Value;
use warrego_abi as abi;

/// Bytes that grow at the arena's top: for text that is written piece by piece. Nothing is lost when something else is allocated meanwhile, but then the
/// buffer moves when it grows.
pub struct Buffer {
    start: u32,
    len: u32,
    cap: u32,
}

impl Buffer {
    /// An empty buffer with some room.
    pub fn with_capacity(cap: u32) -> Buffer {
        let start = alloc_bytes(cap);
        Buffer {
            start,
            len: 0,
            cap: if start == 0 { 0 } else { cap },
        }
    }

    /// An empty buffer.
    pub fn new() -> Buffer {
        Buffer::with_capacity(128)
    }

    /// Appends a byte.
    #[inline]
    pub fn push(&mut self, byte: u8) {
        if self.len < self.cap || self.grow(1) {
            mem::store8(self.start + self.len, byte);
            self.len += 1;
        }
    }

    /// Appends bytes.
    #[inline]
    pub fn extend(&mut self, bytes: &[u8]) {
        self.extend_from(mem::address(bytes.as_ptr()), bytes.len() as u32);
    }

    /// Appends the bytes at an address.
    #[inline]
    pub fn extend_from(&mut self, address: u32, len: u32) {
        if len <= self.cap - self.len || self.grow(len) {
            mem::copy_bytes(address, self.start + self.len, len);
            self.len += len;
        }
    }

    /// Makes sure that `more` bytes fit and gives the address where they go; `None` without memory. [`Buffer::advance`] tells how many were written.
    #[inline]
    pub fn reserve(&mut self, more: u32) -> Option<u32> {
        (more <= self.cap - self.len || self.grow(more)).then_some(self.start + self.len)
    }

    /// [`Buffer::reserve`], as a slice to write into.
    pub fn room_mut(&mut self, more: u32) -> Option<&mut [u8]> {
        let start = self.reserve(more)?;
        Some(mem::bytes_mut(start, more))
    }

    /// `by` bytes were written where [`Buffer::reserve`] said.
    #[inline]
    pub fn advance(&mut self, by: u32) {
        self.len += by;
    }

    /// How many bytes there are.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes so far.
    pub fn as_bytes(&self) -> &[u8] {
        mem::bytes(self.start, self.len)
    }

    /// Forgets the bytes behind the first `len`.
    pub fn truncate(&mut self, len: u32) {
        self.len = self.len.min(len);
    }

    /// The bytes, and what was left over is given back; `None` if memory ran out on the way.
    pub fn finish(self) -> Option<&'static [u8]> {
        if exhausted() {
            return None;
        }
        shrink(self.start, self.cap, self.len);
        Some(mem::bytes(self.start, self.len))
    }

    /// The bytes as a string value, or [`Value::ERROR`].
    pub fn into_string(self) -> Value {
        match self.finish() {
            Some(bytes) => Value::string_at(abi::STRING, mem::address(bytes.as_ptr()), bytes.len() as u32),
            None => Value::ERROR,
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, more: u32) -> bool {
        let Some(needed) = self.len.checked_add(more) else {
            return false;
        };
        let cap = needed.max(self.cap.saturating_mul(2)).max(64);
        if extend(self.start, self.cap, cap) {
            self.cap = cap;
            return true;
        }
        let start = alloc_bytes(cap);
        if start == 0 {
            return false;
        }
        mem::copy_bytes(self.start, start, self.len);
        self.start = start;
        self.cap = cap;
        true
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Buffer::new()
    }
}
