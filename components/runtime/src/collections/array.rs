//! Arrays: a header and the elements' words.

use super::Elements;
use crate::value::Value;
use crate::{arena, mem};
use warrego_abi::{self as abi, array as layout};

/// An array, by its header's address.
#[derive(Clone, Copy)]
pub struct Array(u32);

impl Array {
    /// The array whose header is at an address.
    pub const fn at(address: u32) -> Array {
        Array(address)
    }

    /// An empty array with room for some elements.
    pub fn with_capacity(cap: u32) -> Array {
        let Some(size) = cap.checked_mul(8).and_then(|size| size.checked_add(layout::SIZE)) else {
            return Array(0);
        };
        let header = arena::alloc(size);
        if header != 0 {
            mem::store32(header + layout::ITEMS, header + layout::SIZE);
            mem::store32(header + layout::LEN, 0);
            mem::store32(header + layout::CAP, cap);
            mem::store32(header + layout::RESERVED, 0);
        }
        Array(header)
    }

    /// An empty array.
    pub fn new() -> Array {
        Array::with_capacity(4)
    }

    /// The elements of an iterator.
    pub fn from_values(values: impl Iterator<Item = Value>) -> Array {
        let array = Array::with_capacity(values.size_hint().0.max(4) as u32);
        values.for_each(|value| array.push(value));
        array
    }

    /// The value.
    #[inline]
    pub fn value(self) -> Value {
        if self.0 == 0 {
            return Value::ERROR;
        }
        Value::from_word(abi::header(abi::ARRAY, self.0))
    }

    /// How many elements.
    #[inline]
    pub fn len(self) -> u32 {
        if self.0 == 0 { 0 } else { mem::load32(self.0 + layout::LEN) }
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The address of the first element.
    #[inline]
    pub fn items(self) -> u32 {
        mem::load32(self.0 + layout::ITEMS)
    }

    /// The element at a position.
    #[inline]
    pub fn get(self, index: u32) -> Option<Value> {
        if index < self.len() {
            Some(Value::from_word(mem::load64(self.items() + index * 8)))
        } else {
            None
        }
    }

    /// The elements.
    #[inline]
    pub fn iter(self) -> Elements {
        match self.len() {
            0 => Elements::new(8, 0),
            len => Elements::new(self.items(), len),
        }
    }

    /// Appends an element.
    #[inline]
    pub fn push(self, value: Value) {
        if self.0 == 0 {
            return;
        }
        let len = mem::load32(self.0 + layout::LEN);
        if len == mem::load32(self.0 + layout::CAP) && !self.grow() {
            return;
        }
        mem::store64(self.items() + len * 8, value.word());
        mem::store32(self.0 + layout::LEN, len + 1);
    }

    /// Replaces an element.
    pub(crate) fn set(self, index: u32, value: Value) {
        if index < self.len() {
            mem::store64(self.items() + index * 8, value.word());
        }
    }

    /// Puts an element before the one at a position.
    pub(crate) fn insert(self, index: u32, value: Value) {
        self.push(value);
        let items = self.items();
        for next in (index + 1..self.len()).rev() {
            mem::store64(items + next * 8, mem::load64(items + (next - 1) * 8));
        }
        self.set(index, value);
    }

    /// Removes an element.
    pub(crate) fn remove(self, index: u32) {
        let len = self.len();
        if index < len {
            let items = self.items();
            for next in index + 1..len {
                mem::store64(items + (next - 1) * 8, mem::load64(items + next * 8));
            }
            mem::store32(self.0 + layout::LEN, len - 1);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(self) -> bool {
        grow(self.0, 1)
    }
}

impl Default for Array {
    fn default() -> Self {
        Array::new()
    }
}

impl IntoIterator for Array {
    type Item = Value;
    type IntoIter = Elements;

    fn into_iter(self) -> Elements {
        self.iter()
    }
}

/// Doubles the room of a collection with entries of `stride` words. The first three fields of all headers are the same.
pub(super) fn grow(header: u32, stride: u32) -> bool {
    let entries = mem::load32(header + layout::ITEMS);
    let len = mem::load32(header + layout::LEN);
    let cap = mem::load32(header + layout::CAP);
    let new_cap = cap.saturating_mul(2).max(4);
    let Some(size) = new_cap.checked_mul(8 * stride) else {
        crate::error::raise_static(abi::error_kind::LIMIT, "memory_limit", "out of memory");
        return false;
    };
    if !arena::extend(entries, cap * 8 * stride, size) {
        let moved = arena::alloc(size);
        if moved == 0 {
            return false;
        }
        mem::copy_words(entries, moved, len * stride);
        mem::store32(header + layout::ITEMS, moved);
    }
    mem::store32(header + layout::CAP, new_cap);
    true
}
