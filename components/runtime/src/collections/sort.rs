//! Sorting entries by their keys in Rego's order: a stable merge sort over entries of one word (sets) or two (objects).

use crate::compare::compare;
use crate::value::Value;
use crate::{arena, mem};
use core::cmp::Ordering;

/// Runs of this many entries are sorted by insertion.
const RUN: u32 = 8;

/// Entries at an address, of so many bytes each: 8 or 16.
#[derive(Clone, Copy)]
pub(super) struct Entries {
    /// The address of the first.
    pub start: u32,
    /// Bytes of an entry.
    pub bytes: u32,
}

impl Entries {
    /// The address of an entry.
    #[inline(always)]
    pub fn at(self, position: u32) -> u32 {
        self.start + position * self.bytes
    }

    /// The key of an entry.
    #[inline(always)]
    pub fn key(self, position: u32) -> Value {
        Value::from_word(mem::load64(self.at(position)))
    }

    #[inline(always)]
    fn order(self, a: u32, b: u32) -> Ordering {
        compare(self.key(a), self.key(b))
    }

    /// Whether keys `from..to` rise without a repetition.
    pub fn ascending(self, from: u32, to: u32) -> bool {
        (from + 1..to).all(|i| self.order(i - 1, i) == Ordering::Less)
    }

    /// Copies an entry.
    #[inline(always)]
    pub fn copy(self, from: u32, to: Entries, position: u32) {
        mem::store64(to.at(position), mem::load64(self.at(from)));
        if self.bytes == 16 {
            mem::store64(to.at(position) + 8, mem::load64(self.at(from) + 8));
        }
    }

    /// Sorts entries `from..to`, keeping the order of equal ones. Does nothing when there is no memory for it.
    pub fn sort(self, from: u32, to: u32) {
        if self.ascending(from, to) {
            return;
        }
        let mut start = from;
        while start < to {
            self.insertion(start, (start + RUN).min(to));
            start += RUN;
        }
        let mut width = RUN;
        while width < to - from {
            let mut start = from;
            while start + width < to {
                let end = (start + 2 * width).min(to);
                if !self.merge(start, start + width, end) {
                    return;
                }
                start = end;
            }
            width *= 2;
        }
    }

    fn insertion(self, from: u32, to: u32) {
        // The key once more in a set, which has nothing else.
        let last = self.bytes - 8;
        for i in from + 1..to {
            let key = self.key(i);
            let value = mem::load64(self.at(i) + last);
            let mut j = i;
            while j > from && compare(self.key(j - 1), key) == Ordering::Greater {
                self.copy(j - 1, self, j);
                j -= 1;
            }
            mem::store64(self.at(j), key.word());
            mem::store64(self.at(j) + last, value);
        }
    }

    /// Merges two sorted runs next to each other; `false` without memory.
    pub fn merge(self, from: u32, middle: u32, to: u32) -> bool {
        if from == middle || middle == to || self.order(middle - 1, middle) != Ordering::Greater {
            return true;
        }
        let mark = arena::mark();
        let left = middle - from;
        let scratch = arena::alloc(left * self.bytes);
        if scratch == 0 {
            return false;
        }
        let scratch = Entries {
            start: scratch,
            bytes: self.bytes,
        };
        mem::copy_words(self.at(from), scratch.start, left * self.bytes / 8);
        let (mut a, mut b, mut out) = (0, middle, from);
        while a < left && b < to {
            if compare(scratch.key(a), self.key(b)) == Ordering::Greater {
                self.copy(b, self, out);
                b += 1;
            } else {
                scratch.copy(a, self, out);
                a += 1;
            }
            out += 1;
        }
        mem::copy_words(scratch.at(a), self.at(out), (left - a) * self.bytes / 8);
        arena::release(mark);
        true
    }

    /// Where a key lies among the sorted entries `from..to`.
    pub fn search(self, mut from: u32, mut to: u32, key: Value) -> Option<u32> {
        while from < to {
            let middle = from + (to - from) / 2;
            match compare(self.key(middle), key) {
                Ordering::Less => from = middle + 1,
                Ordering::Equal => return Some(middle),
                Ordering::Greater => to = middle,
            }
        }
        None
    }
}
